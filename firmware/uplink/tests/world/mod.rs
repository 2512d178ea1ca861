//! A branch, a collector and a line between them, in virtual time.

// Clippy knows a test by its attribute only; this is what tests stand on.
#![allow(clippy::unwrap_used, clippy::panic)]

use call::Number;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::time::Duration;
use uplink::{Answer, Courier, Health, Outbox, OutboxError, Parcel, Step, Unreachable};
use vault::DeviceKey;
use vault::envelope::{EnvelopeHash, Kind, OpeningKey, Sealer, Unverified};
use vault::lookup::LookupKey;
use vault::receipt::{Receipt, ReceiptKey};
use zeroize::Zeroizing;

/// What goes wrong with one delivery.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    Dead,
    WrongCertificate,
    /// Stored, and then the answer is lost: the collector was killed after its commit.
    AnswerLost,
    /// Stored, and then the collector says 500.
    StoredThenFails,
    Garbage,
    ReceiptByAnother,
    ReceiptForAnother,
    Status(u16),
    /// A good answer, after so many seconds.
    Slow(u64),
}

pub(crate) struct World {
    pub(crate) now: Duration,
    pub(crate) outbox: Records,
    pub(crate) collector: Collector,
    pub(crate) courier: Courier,
    device: DeviceKey,
    opening: OpeningKey,
    lookup: LookupKey,
    pub(crate) sends: u32,
    pub(crate) resting_polls: u32,
}

pub(crate) struct Records {
    pub(crate) waiting: BTreeMap<u64, Vec<u8>>,
    pub(crate) receipts: BTreeMap<u64, Receipt>,
    pub(crate) fail_keeping: u32,
}

#[derive(Default)]
pub(crate) struct Collector {
    pub(crate) stored: BTreeMap<u64, (EnvelopeHash, Vec<u8>)>,
    pub(crate) bodies: BTreeMap<u64, Vec<u8>>,
}

fn key() -> ReceiptKey {
    ReceiptKey::from_seed(&[3; 32])
}

impl Outbox for Records {
    fn next(&mut self, after: u64) -> Result<Option<Parcel>, OutboxError> {
        let next = self.waiting.range(after + 1..).next();
        Ok(next.map(|(sequence, body)| Parcel {
            kind: Kind::Record,
            sequence: *sequence,
            unix_ms: 1_772_000_000_000,
            customer: "+8613800138000".parse::<Number>().ok(),
            body: Zeroizing::new(body.clone()),
        }))
    }

    fn keep(&mut self, receipt: &Receipt, bytes: &[u8]) -> Result<(), OutboxError> {
        if self.fail_keeping > 0 {
            self.fail_keeping -= 1;
            return Err(OutboxError("the disk is full".to_owned()));
        }
        assert_eq!(Receipt::verify(bytes, &key().public()).unwrap(), *receipt);
        assert!(self.waiting.remove(&receipt.sequence).is_some(), "kept a receipt twice");
        assert!(self.receipts.insert(receipt.sequence, *receipt).is_none());
        Ok(())
    }

    fn waiting(&mut self) -> u64 {
        self.waiting.len() as u64
    }
}

impl World {
    pub(crate) fn new(records: u64) -> World {
        let device = DeviceKey::from_seed(&[1; 32]);
        let waiting = (1..=records).map(|n| (n, format!("record {n}").into_bytes())).collect();
        World {
            now: Duration::ZERO,
            outbox: Records { waiting, receipts: BTreeMap::new(), fail_keeping: 0 },
            collector: Collector::default(),
            courier: Courier::new(device.device(), key().public(), 11),
            device,
            opening: OpeningKey::from_seed(&[2; 32]),
            lookup: LookupKey::from_bytes(&[4; 32]),
            sends: 0,
            resting_polls: 0,
        }
    }

    pub(crate) fn health(&mut self) -> Health {
        let waiting = self.outbox.waiting();
        self.courier.health(self.now, waiting)
    }

    /// A process that died and came back: all that was in memory is gone.
    pub(crate) fn restart_appliance(&mut self, seed: u64) {
        self.courier = Courier::new(self.device.device(), key().public(), seed);
    }

    /// Lives until `end`, or until the outbox is empty. `fault` says what goes wrong with each
    /// delivery, given its sequence and the time.
    pub(crate) fn live(
        &mut self,
        end: Duration,
        mut fault: impl FnMut(u64, Duration) -> Option<Fault>,
    ) {
        while self.now < end {
            match self.courier.step(self.now) {
                Step::Fetch { after } => {
                    let sealer = Sealer::new(&self.device, self.opening.public().clone());
                    let found = self.outbox.next(after).map(|parcel| {
                        parcel.map(|parcel| {
                            (parcel.sequence, sealer.seal(&parcel.letter(&self.lookup)))
                        })
                    });
                    self.courier.fetched(self.now, found);
                }
                Step::Send(envelope) => {
                    self.sends += 1;
                    self.now += Duration::from_millis(20);
                    let sequence = Unverified::parse(&envelope).unwrap().header().sequence;
                    let fault = fault(sequence, self.now);
                    let answer = self.deliver(&envelope, fault);
                    self.courier.answered(self.now, answer);
                }
                Step::Keep { receipt, bytes } => {
                    let kept = self.outbox.keep(&receipt, &bytes);
                    self.courier.kept(self.now, kept);
                }
                Step::Wait { until } => {
                    if self.outbox.waiting.is_empty() {
                        return;
                    }
                    assert!(until > self.now, "a wait that is over already would spin");
                    self.resting_polls += 1;
                    self.now = until;
                }
            }
        }
    }

    fn deliver(&mut self, envelope: &[u8], fault: Option<Fault>) -> Answer {
        let http =
            |status, body: &[u8]| Answer::Http { status, retry_after: None, body: body.to_vec() };
        match fault {
            Some(Fault::Dead) => Answer::Unreachable(Unreachable::Connection),
            Some(Fault::WrongCertificate) => Answer::Unreachable(Unreachable::Certificate),
            Some(Fault::Garbage) => http(200, b"<html>Please log in</html>"),
            Some(Fault::Status(status)) => http(status, b"{}"),
            Some(Fault::AnswerLost) => {
                self.store(envelope);
                Answer::Unreachable(Unreachable::Broken)
            }
            Some(Fault::StoredThenFails) => {
                self.store(envelope);
                http(500, b"")
            }
            Some(Fault::ReceiptByAnother) => {
                http(201, &self.receipt(envelope, &ReceiptKey::from_seed(&[9; 32]), 0))
            }
            Some(Fault::ReceiptForAnother) => http(201, &self.receipt(envelope, &key(), 1)),
            Some(Fault::Slow(seconds)) => {
                self.now += Duration::from_secs(seconds);
                self.store(envelope)
            }
            None => self.store(envelope),
        }
    }

    /// What a collector does.
    fn store(&mut self, envelope: &[u8]) -> Answer {
        let parsed = Unverified::parse(envelope).unwrap();
        let verified = parsed.verify(&self.device.public()).unwrap();
        let sequence = verified.header().sequence;
        let receipt = self.receipt(envelope, &key(), 0).to_vec();
        let new = !self.collector.stored.contains_key(&sequence);
        let entry = self.collector.stored.entry(sequence).or_insert((verified.hash(), receipt));
        let (hash, receipt) = entry;
        let (status, body) = if *hash == verified.hash() {
            (200 + u16::from(new), receipt.clone())
        } else {
            (409, vec![])
        };
        let opened = self.opening.open(&verified).unwrap().to_vec();
        self.collector.bodies.insert(sequence, opened);
        Answer::Http { status, retry_after: None, body }
    }

    fn receipt(&self, envelope: &[u8], key: &ReceiptKey, off: u64) -> [u8; 152] {
        let header = *Unverified::parse(envelope).unwrap().header();
        key.sign(&Receipt {
            device: header.device,
            sequence: header.sequence + off,
            hash: EnvelopeHash::of(envelope),
            stored_at: 1_772_000_001_000,
            clock_differs: false,
            collector: key.collector(),
        })
    }

    /// Nothing lost, nothing twice: every record is at headquarters as it was written, and every
    /// receipt kept is for what headquarters holds.
    pub(crate) fn assert_all_delivered(&self, records: u64) {
        assert!(self.outbox.waiting.is_empty(), "{:?} wait", self.outbox.waiting.keys());
        assert_eq!(self.collector.stored.len() as u64, records);
        for sequence in 1..=records {
            assert_eq!(self.collector.bodies[&sequence], format!("record {sequence}").as_bytes());
            assert_eq!(self.outbox.receipts[&sequence].hash, self.collector.stored[&sequence].0);
        }
    }
}

/// Chance from a seed.
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        self.0.next_u32() % limit
    }
}

//! What to do next, and what the answers mean.

use crate::backoff::Backoff;
use crate::transport::Answer;
use crate::{Health, LastReceipt, OutboxError, Trouble};
use call::DeviceId;
use core::time::Duration;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::BTreeMap;
use std::sync::Arc;
use vault::envelope::{EnvelopeHash, SealError};
use vault::receipt::Receipt;

/// Rests after trouble with the way.
const WAY: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(300));
/// Rests of one record after trouble with it.
const ASIDE: Backoff = Backoff::new(Duration::from_secs(600), Duration::from_secs(6 * 3600));
/// The longest that a collector's `Retry-After` is followed.
const LONGEST_REQUESTED: Duration = Duration::from_secs(3600);
/// How long the courier idles before it looks into the outbox without having been woken.
const IDLE: Duration = Duration::from_secs(60);
/// Answers in a row that spoil one record before the others are let past it.
const STUBBORN: u32 = 5;

/// What the courier wants done. Each but [`Step::Wait`] is answered by the method it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Look for the next undelivered record above this sequence, seal it, tell [`Courier::fetched`].
    Fetch {
        /// The sequence to look above.
        after: u64,
    },
    /// Send this envelope, tell [`Courier::answered`].
    Send(Arc<[u8]>),
    /// Keep this receipt, tell [`Courier::kept`].
    Keep {
        /// What it says.
        receipt: Receipt,
        /// Its bytes.
        bytes: Arc<[u8]>,
    },
    /// Nothing until this time, or until [`Courier::woken`].
    Wait {
        /// When to ask again.
        until: Duration,
    },
}

/// An envelope's bytes, or why there is none.
pub type Sealed = Result<Vec<u8>, SealError>;

#[derive(Debug)]
enum State {
    Looking { after: u64 },
    Sending(Sending),
    Keeping { receipt: Receipt, bytes: Arc<[u8]> },
    Resting { after: u64, until: Duration },
    Idle { until: Duration },
}

#[derive(Clone, Debug)]
struct Sending {
    sequence: u64,
    envelope: Arc<[u8]>,
}

/// A record set aside.
#[derive(Debug)]
struct Aside {
    until: Duration,
    failures: u32,
    trouble: Trouble,
}

/// What an answer means.
enum Judgement {
    /// It is there.
    Good(Receipt),
    /// Nothing will get through just now.
    Way(Trouble, Option<Duration>),
    /// Nothing gets through, and it may be this record's fault.
    Either(Trouble),
    /// Only this record does not get through.
    Record(Trouble),
}

/// Delivers one envelope after the other. Times are spans on one clock that only goes forward.
#[derive(Debug)]
pub struct Courier {
    device: DeviceId,
    receipts: [u8; 32],
    random: ChaCha8Rng,
    state: State,
    /// Failures of the way in a row.
    failures: u32,
    /// Spoilt answers in a row to one sequence.
    spoilt: (u64, u32),
    aside: BTreeMap<u64, Aside>,
    trouble: Option<Trouble>,
    troubled_since: Duration,
    delivered: u64,
    last: Option<(Duration, Receipt)>,
}

impl Courier {
    /// A courier for `device`'s envelopes, who believes receipts of the collector whose public key
    /// this is, and rests by chance from `seed`.
    pub fn new(device: DeviceId, receipts: [u8; 32], seed: u64) -> Courier {
        Courier {
            device,
            receipts,
            random: ChaCha8Rng::seed_from_u64(seed),
            state: State::Looking { after: 0 },
            failures: 0,
            spoilt: (0, 0),
            aside: BTreeMap::new(),
            trouble: None,
            troubled_since: Duration::ZERO,
            delivered: 0,
            last: None,
        }
    }

    /// What to do now. Asking twice gives the same.
    pub fn step(&mut self, now: Duration) -> Step {
        match self.state {
            State::Resting { after, until } if now >= until => {
                self.state = State::Looking { after };
            }
            State::Idle { until } if now >= until => self.state = State::Looking { after: 0 },
            _ => {}
        }
        match &self.state {
            State::Looking { after } => Step::Fetch { after: *after },
            State::Sending(sending) => Step::Send(sending.envelope.clone()),
            State::Keeping { receipt, bytes } => {
                Step::Keep { receipt: *receipt, bytes: bytes.clone() }
            }
            State::Resting { until, .. } | State::Idle { until } => Step::Wait { until: *until },
        }
    }

    /// Something was put into the outbox. A courier who rests for trouble's sake rests on.
    pub fn woken(&mut self) {
        if let State::Idle { .. } = self.state {
            self.state = State::Looking { after: 0 };
        }
    }

    /// What [`Step::Fetch`] found: the next record's sequence and its envelope, or nothing.
    pub fn fetched(&mut self, now: Duration, found: Result<Option<(u64, Sealed)>, OutboxError>) {
        let State::Looking { after } = self.state else { return };
        match found {
            Err(error) => self.rest(now, after, Trouble::Outbox(error), None),
            Ok(None) => {
                self.aside.retain(|sequence, _| *sequence <= after);
                let soonest = self.aside.values().map(|aside| aside.until).min();
                let until = soonest.unwrap_or(Duration::MAX).min(now + IDLE);
                self.state = State::Idle { until };
            }
            Ok(Some((sequence, _))) if sequence <= after => {
                let error = format!("record {sequence} came where one after {after} was asked for");
                self.rest(now, after, Trouble::Outbox(OutboxError(error)), None);
            }
            Ok(Some((sequence, sealed))) => {
                // What stood aside in between is in the outbox no more.
                self.aside.retain(|other, _| *other <= after || *other >= sequence);
                if self.aside.get(&sequence).is_some_and(|aside| aside.until > now) {
                    self.state = State::Looking { after: sequence };
                    return;
                }
                match sealed {
                    Ok(envelope) => {
                        let envelope = envelope.into();
                        self.state = State::Sending(Sending { sequence, envelope });
                    }
                    Err(error) => {
                        self.set_aside(now, sequence, Trouble::Unsealable { sequence, error });
                        self.state = State::Looking { after: sequence };
                    }
                }
            }
        }
    }

    /// What came of [`Step::Send`].
    pub fn answered(&mut self, now: Duration, answer: Answer) {
        let State::Sending(sending) = &self.state else { return };
        let Sending { sequence, envelope } = sending.clone();
        match self.judge(sequence, &envelope, &answer) {
            Judgement::Good(receipt) => {
                let Answer::Http { body, .. } = answer else { return };
                self.state = State::Keeping { receipt, bytes: body.into() };
            }
            Judgement::Way(trouble, pause) => self.rest(now, sequence - 1, trouble, pause),
            Judgement::Either(trouble) => {
                let (spoilt, times) = self.spoilt;
                self.spoilt = (sequence, if spoilt == sequence { times + 1 } else { 1 });
                let mut after = sequence - 1;
                if self.spoilt.1 >= STUBBORN {
                    self.set_aside(now, sequence, trouble.clone());
                    after = sequence;
                }
                self.rest(now, after, trouble, None);
            }
            Judgement::Record(trouble) => {
                self.well();
                self.set_aside(now, sequence, trouble);
                self.state = State::Looking { after: sequence };
            }
        }
    }

    /// Whether [`Step::Keep`] was done. If not, the record is sent again; it gets the same receipt.
    pub fn kept(&mut self, now: Duration, kept: Result<(), OutboxError>) {
        let State::Keeping { receipt, .. } = &self.state else { return };
        let (receipt, sequence) = (*receipt, receipt.sequence);
        match kept {
            Ok(()) => {
                self.delivered += 1;
                self.last = Some((now, receipt));
                self.aside.remove(&sequence);
                self.spoilt = (0, 0);
                self.well();
                self.state = State::Looking { after: sequence };
            }
            Err(error) => self.rest(now, sequence - 1, Trouble::Outbox(error), None),
        }
    }

    /// How delivery is doing, with `waiting` records in the outbox.
    pub fn health(&self, now: Duration, waiting: u64) -> Health {
        let aside = self.aside.values().next_back();
        let last = |(at, receipt): (Duration, Receipt)| LastReceipt {
            age: now.saturating_sub(at),
            sequence: receipt.sequence,
            stored_at: receipt.stored_at,
        };
        Health {
            waiting,
            set_aside: self.aside.len(),
            delivered: self.delivered,
            last_receipt: self.last.map(last),
            trouble: self.trouble.clone().or_else(|| aside.map(|aside| aside.trouble.clone())),
            troubled_for: match self.trouble {
                Some(_) => now.saturating_sub(self.troubled_since),
                None => Duration::ZERO,
            },
            clock_differs: self.last.is_some_and(|(_, receipt)| receipt.clock_differs),
        }
    }

    fn judge(&self, sequence: u64, envelope: &[u8], answer: &Answer) -> Judgement {
        let (status, retry_after, body) = match answer {
            Answer::Unreachable(why) => {
                return Judgement::Way(Trouble::Unreachable(*why), None);
            }
            Answer::Http { status, retry_after, body } => (*status, *retry_after, body),
        };
        match status {
            200 | 201 => match Receipt::verify(body, &self.receipts) {
                Ok(receipt)
                    if receipt.device == self.device
                        && receipt.sequence == sequence
                        && receipt.hash == EnvelopeHash::of(envelope) =>
                {
                    Judgement::Good(receipt)
                }
                Ok(_) => Judgement::Either(Trouble::OtherReceipt),
                Err(
                    vault::receipt::ReceiptError::Length(_) | vault::receipt::ReceiptError::Magic,
                ) => Judgement::Either(Trouble::Garbage(status)),
                Err(error) => Judgement::Either(Trouble::Receipt(error)),
            },
            403 => Judgement::Way(Trouble::NotEnrolled, retry_after),
            409 => Judgement::Record(Trouble::Conflict(sequence)),
            400 | 413 => Judgement::Record(Trouble::Refused { sequence, status }),
            429 | 503 => Judgement::Way(Trouble::Busy, retry_after),
            507 => Judgement::Way(Trouble::Full, retry_after),
            500..=599 => Judgement::Either(Trouble::Failing(status)),
            _ => Judgement::Either(Trouble::Garbage(status)),
        }
    }

    /// The way is clear.
    fn well(&mut self) {
        self.failures = 0;
        self.trouble = None;
    }

    fn rest(&mut self, now: Duration, after: u64, trouble: Trouble, pause: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        if self.trouble.is_none() {
            self.troubled_since = now;
        }
        self.trouble = Some(trouble);
        let requested = pause.unwrap_or_default().min(LONGEST_REQUESTED);
        let until = now + WAY.rest(self.failures, &mut self.random).max(requested);
        self.state = State::Resting { after, until };
    }

    fn set_aside(&mut self, now: Duration, sequence: u64, trouble: Trouble) {
        let failures = self.aside.get(&sequence).map_or(0, |aside| aside.failures) + 1;
        let until = now + ASIDE.rest(failures, &mut self.random);
        self.aside.insert(sequence, Aside { until, failures, trouble });
    }
}

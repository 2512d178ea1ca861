//! A collector as a process of its own, and a branch that delivers to it over real HTTPS.

// Clippy knows a test by its attribute only; this is what tests stand on.
#![allow(clippy::unwrap_used, clippy::panic)]

use call::{
    CallId, CallerId, Cause, Cdr, Direction, Finding, Findings, Outcome, Record, Samples, Software,
    SpeechState, WallTime,
};
use collector::office::Office;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uplink::{Country, Https, Outbox, OutboxError, Parcel, Uplink};
use vault::Vault;
use vault::enrol::{DeviceCard, Enrolment};
use vault::receipt::Receipt;

pub(crate) struct House {
    folder: tempfile::TempDir,
    port: u16,
    process: Option<Child>,
    pub(crate) vault: Arc<Vault>,
}

impl House {
    /// A collector that has been set up, and a device that is enrolled there. Nothing runs yet.
    pub(crate) fn new() -> House {
        House::within(tempfile::tempdir().unwrap())
    }

    /// The same in a folder that is there.
    pub(crate) fn within(folder: tempfile::TempDir) -> House {
        // Freed again for the collector, which has to come back on the same port.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let vault = Arc::new(Vault::generate().unwrap());
        let house = House { folder, port, process: None, vault };
        let address = format!("127.0.0.1:{port}");
        assert!(house.run(&["init", "--address", &address]).status.success());
        let card = DeviceCard::new("branch", house.vault.device.public()).unwrap();
        let path = house.folder.path().join("device.toml");
        std::fs::write(&path, card.to_toml()).unwrap();
        assert!(house.run(&["enroll", path.to_str().unwrap()]).status.success());
        house
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("hq")
    }

    pub(crate) fn office(&self) -> Office {
        Office::new(&self.data())
    }

    pub(crate) fn enrolment(&self) -> Enrolment {
        self.office().enrolment().unwrap()
    }

    /// Runs the command with `--data` and waits for its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let data = self.data();
        Command::new(env!("CARGO_BIN_EXE_tipring-collector"))
            .arg(arguments[0])
            .arg("--data")
            .arg(data)
            .args(&arguments[1..])
            .output()
            .unwrap()
    }

    /// Starts the collector and returns when it listens.
    pub(crate) fn serve(&mut self, more: &[&str]) {
        let mut process = Command::new(env!("CARGO_BIN_EXE_tipring-collector"))
            .args(["serve", "--listen", &format!("127.0.0.1:{}", self.port), "--data"])
            .arg(self.data())
            .args(more)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let listening = lines.by_ref().map_while(Result::ok).any(|line| line.contains("receiving"));
        assert!(listening, "the collector did not start");
        // Its log has to go somewhere, or it blocks.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        self.process = Some(process);
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub(crate) fn https(&self) -> Https {
        Https::new(&self.enrolment(), Duration::from_secs(20)).unwrap()
    }

    /// A branch that delivers what is in `outbox`.
    pub(crate) fn uplink(&self, outbox: &Records) -> Uplink {
        self.uplink_as(outbox, self.enrolment())
    }

    pub(crate) fn uplink_as(&self, outbox: &Records, enrolment: Enrolment) -> Uplink {
        let https = Https::new(&enrolment, Duration::from_secs(20)).unwrap();
        let (vault, outbox) = (self.vault.clone(), Box::new(outbox.clone()));
        Uplink::start(vault, enrolment, outbox, Box::new(https), 5).unwrap()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.kill();
    }
}

/// An outbox in memory.
#[derive(Clone, Default)]
pub(crate) struct Records(Arc<Mutex<Shelves>>);

#[derive(Default)]
pub(crate) struct Shelves {
    pub(crate) waiting: BTreeMap<u64, Record>,
    pub(crate) receipts: BTreeMap<u64, Receipt>,
}

impl Records {
    pub(crate) fn with(records: impl IntoIterator<Item = (u64, Record)>) -> Records {
        let shelves = Shelves { waiting: records.into_iter().collect(), ..Shelves::default() };
        Records(Arc::new(Mutex::new(shelves)))
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&mut Shelves) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }

    /// Waits until the branch has so many receipts.
    pub(crate) fn wait_for(&self, receipts: usize, uplink: &Uplink) {
        assert!(self.come(receipts), "30 s and no {receipts} receipts: {:?}", uplink.health());
    }

    /// Whether the branch gets so many receipts within 30 s.
    pub(crate) fn come(&self, receipts: usize) -> bool {
        (0..3000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            self.look(|shelves| shelves.receipts.len()) >= receipts
        })
    }
}

impl Outbox for Records {
    fn next(&mut self, after: u64) -> Result<Option<Parcel>, OutboxError> {
        let china = Country { code: "86".to_owned(), international_prefix: "00".to_owned() };
        Ok(self.look(|shelves| {
            let next = shelves.waiting.range(after + 1..).next();
            next.map(|(sequence, record)| Parcel::of(*sequence, record, &china))
        }))
    }

    fn keep(&mut self, receipt: &Receipt, _: &[u8]) -> Result<(), OutboxError> {
        self.look(|shelves| {
            assert!(shelves.waiting.remove(&receipt.sequence).is_some());
            assert!(shelves.receipts.insert(receipt.sequence, *receipt).is_none());
        });
        Ok(())
    }

    fn waiting(&mut self) -> u64 {
        self.look(|shelves| shelves.waiting.len() as u64)
    }
}

/// One finished call with a customer whose number ends in `customer`.
pub(crate) fn record(
    house: &House,
    minute: u64,
    customer: u64,
    outcome: Option<Outcome>,
) -> Record {
    let opened = WallTime::parse("2026-03-02T10:00:00+08:00").unwrap();
    let opened = opened.after(Samples::from_ms(minute * 60_000));
    let finding = |value| Finding { value, p: 0.9, evidence: vec![], model: 0 };
    Record {
        call: CallId::new(opened.unix_ms, u128::from(minute)),
        device: house.vault.device_id(),
        revision: u16::from(outcome.is_some()),
        cdr: Cdr {
            direction: Direction::Outbound,
            line: "line-1".to_owned(),
            station: "desk-1".to_owned(),
            customer: Some(format!("1380013{customer:04}").parse().unwrap()),
            caller: CallerId::default(),
            opened_at: opened,
            dialled_at: Some(Samples::from_ms(2_000)),
            rang_at: Some(Samples::from_ms(3_000)),
            answered_at: Some(Samples::from_ms(5_000)),
            answer_sign: None,
            released_at: Samples::from_ms(25_000),
            cause: Cause::CustomerReleased,
        },
        audio: vec![],
        speech: SpeechState::Done,
        utterances: vec![],
        findings: outcome
            .map(|outcome| Findings { outcome: Some(finding(outcome)), ..Findings::default() }),
        software: Software { version: "tipring test".to_owned() },
        models: vec![],
    }
}

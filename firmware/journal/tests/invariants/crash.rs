//! Power lost at any write: everything acknowledged is there afterwards.

use crate::common::{NOW, audio, call_id, event, opened, options, record, software, vault};
use crate::model::ModelDisk;
use call::{CallId, LegEvent, Record, Side, entry};
use journal::{CallEntry, CallWriter, Journal, Options, Reader, Recovery, Standing};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use vault::AuditEntry;
use vault::audit::Action;

const DIR: &str = "/journal";

/// Everything that the journal said was on disk.
#[derive(Default)]
struct Acknowledged {
    opened: BTreeSet<CallId>,
    records: BTreeMap<CallId, Record>,
    deliveries: BTreeMap<u64, CallId>,
    receipts: BTreeSet<u64>,
    audits: Vec<String>,
    erased: BTreeSet<CallId>,
    audio: BTreeMap<CallId, Vec<entry::Audio>>,
}

/// A day at the gateway: calls that open, speak, close, are revised, delivered and erased.
struct Day {
    random: ChaCha8Rng,
    journal: Journal,
    running: BTreeMap<u64, (CallWriter, Vec<entry::Audio>)>,
    next: u64,
    /// Closed in this life: of earlier ones something that was not acknowledged may stand there.
    closed: Vec<CallId>,
    told: Acknowledged,
}

impl Day {
    /// One thing happens. `None`: the disk has failed.
    fn step(&mut self) -> Option<()> {
        let pick = |random: &mut ChaCha8Rng, count: usize| random.random_range(0..count);
        match self.random.random_range(0..13) {
            0..3 => {
                let n = self.next;
                self.next += 1;
                let writer = self.journal.open_call(&opened(n)).ok()?;
                self.told.opened.insert(call_id(n));
                self.running.insert(n, (writer, Vec::new()));
            }
            3..6 if !self.running.is_empty() => {
                let at = pick(&mut self.random, self.running.len());
                let (writer, spoken) = self.running.values_mut().nth(at)?;
                for _ in 0..3 {
                    let piece = audio(Side::Customer, spoken.len() as u64);
                    writer.audio(piece.clone()).ok()?;
                    spoken.push(piece);
                }
                writer.event(event(80, LegEvent::Digit('5'))).ok()?;
            }
            6 => {
                self.journal.settle().ok()?;
                for (n, (_, spoken)) in &self.running {
                    self.told.audio.insert(call_id(*n), spoken.clone());
                }
            }
            7..9 if !self.running.is_empty() => {
                let at = pick(&mut self.random, self.running.len());
                let n = *self.running.keys().nth(at)?;
                let (writer, spoken) = self.running.remove(&n)?;
                let delivery = writer.close(&record(n, 0)).ok()?;
                self.told.audio.insert(call_id(n), spoken);
                self.told.records.insert(call_id(n), record(n, 0));
                self.closed.push(call_id(n));
                assert_eq!(self.told.deliveries.insert(delivery, call_id(n)), None);
            }
            9 if !self.closed.is_empty() => {
                let at = pick(&mut self.random, self.closed.len());
                let last = self.told.records[&self.closed[at]].clone();
                if !self.told.erased.contains(&last.call) {
                    let next = Record { revision: last.revision + 1, ..last };
                    let delivery = self.journal.revise(&next).ok()?;
                    assert_eq!(self.told.deliveries.insert(delivery, next.call), None);
                    self.told.records.insert(next.call, next);
                }
            }
            10 if !self.told.deliveries.is_empty() => {
                let at = pick(&mut self.random, self.told.deliveries.len());
                let delivery = *self.told.deliveries.keys().nth(at)?;
                self.journal.receipt(delivery, b"signed").ok()?;
                self.told.receipts.insert(delivery);
            }
            12 => while self.journal.reclaim().ok()?.is_some() {},
            11 if !self.closed.is_empty() && self.random.random_bool(0.5) => {
                let call = self.closed[pick(&mut self.random, self.closed.len())];
                if !self.told.erased.contains(&call) {
                    self.journal.erase(call, NOW, "dpo", &call.to_string()).ok()?;
                    self.told.erased.insert(call);
                }
            }
            _ => {
                let why = format!("entry {}", self.random.random::<u32>());
                let entry = AuditEntry {
                    at: NOW,
                    who: "supervisor".into(),
                    action: Action::Listen,
                    call: None,
                    why: why.clone(),
                };
                self.journal.audit(entry).ok()?;
                self.told.audits.push(why);
            }
        }
        Some(())
    }
}

fn try_open(disk: &ModelDisk) -> Option<(Journal, Recovery)> {
    let options = Options { segment: 16 << 10, stretch: 1, ..options() };
    let disk = Arc::new(disk.clone());
    Journal::open_on(disk, Path::new(DIR), vault(), NOW, software(), options).ok()
}

fn check(told: &Acknowledged, reader: &Reader, what: &str) {
    let report = reader.verify().unwrap();
    assert!(report.is_sound(), "{what}: {:#?}", report.findings);
    assert_eq!(report.running, [], "{what}");
    for call in &told.opened {
        let standing = reader.call(*call).unwrap();
        if told.erased.contains(call) {
            assert_eq!(standing, Some(Standing::Erased), "{what}");
        } else {
            // An erasure that was asked for and not acknowledged may have happened.
            assert!(
                matches!(standing, Some(Standing::Closed(_) | Standing::Erased)),
                "{what}: {call} stands as {standing:?}"
            );
        }
    }
    let readable = |call: &CallId| matches!(reader.call(*call).unwrap(), Some(Standing::Closed(_)));
    for (call, record) in told.records.iter().filter(|(call, _)| readable(call)) {
        let found = reader.record(*call).unwrap().unwrap();
        // The revision after the last acknowledged one may have reached the disk, too.
        assert!(found.revision >= record.revision, "{what}: {call}");
        let same = Record { revision: record.revision, ..found };
        assert_eq!(same, *record, "{what}");
    }
    for (call, spoken) in told.audio.iter().filter(|(call, _)| readable(call)) {
        let entries = reader.entries(*call).unwrap();
        // Only one side speaks and without a gap, so its octets follow one another.
        let mut found = Vec::new();
        for entry in &entries {
            if let CallEntry::Audio(audio) = entry {
                assert_eq!(audio.at.0, found.len() as u64, "{what}: {call}");
                found.extend_from_slice(&audio.payload);
            }
        }
        let told: Vec<u8> = spoken.iter().flat_map(|audio| audio.payload.clone()).collect();
        assert!(found.starts_with(&told), "{what}: {call}");
    }
    let waiting: BTreeMap<u64, CallId> = reader
        .undelivered(0, usize::MAX)
        .unwrap()
        .into_iter()
        .map(|waiting| (waiting.number, waiting.record.call))
        .collect();
    assert_eq!(waiting.len(), reader.undelivered_count().unwrap(), "{what}");
    for (delivery, call) in told.deliveries.iter().filter(|(_, call)| readable(call)) {
        if told.receipts.contains(delivery) {
            assert!(!waiting.contains_key(delivery), "{what}: delivery {delivery} is back");
        } else if let Some(found) = waiting.get(delivery) {
            assert_eq!(found, call, "{what}: delivery {delivery} was given out twice");
        } else {
            // A receipt under way when the power went may have reached the disk.
            let receipts = reader.receipts().unwrap();
            assert!(receipts.iter().any(|(number, _)| number == delivery), "{what}: {delivery}");
        }
    }
    let audits: BTreeSet<String> =
        reader.audit().unwrap().into_iter().map(|entry| entry.why).collect();
    for why in &told.audits {
        assert!(audits.contains(why), "{what}: {why}");
    }
}

#[test]
fn whatever_was_acknowledged_is_there_after_power_is_lost_at_any_write() {
    let seed: u64 = 20_261_123;
    let mut pruned = 0;
    eprintln!("seed {seed}");
    for case in 0..250 {
        let mut random = ChaCha8Rng::seed_from_u64(seed + case);
        let mut disk = ModelDisk::new(random.random());
        let mut told = Acknowledged::default();
        let mut next = 1;
        // Three lives, each ended by a loss of power, some of them within the recovery itself.
        for life in 0..3 {
            let what = format!("seed {} life {life}", seed + case);
            disk.cut_after(random.random_range(1..160));
            if let Some((journal, _)) = try_open(&disk) {
                let random = ChaCha8Rng::seed_from_u64(random.random());
                let mut day = Day {
                    random,
                    journal,
                    running: BTreeMap::new(),
                    next,
                    closed: Vec::new(),
                    told,
                };
                while day.step().is_some() {}
                next = day.next;
                told = day.told;
            }
            assert!(disk.is_off(), "{what}: a step failed and the power was on");
            disk = disk.after_power_loss();
            // A look at it that changes nothing here: the next life begins with the same disk.
            let (journal, _) = try_open(&disk.copy()).unwrap();
            check(&told, &journal.reader(), &what);
        }
        let (journal, _) = try_open(&disk).unwrap();
        check(&told, &Reader::on(Arc::new(disk.clone()), Path::new(DIR), vault()), "beside");
        drop(journal);
        let (journal, recovery) = try_open(&disk).unwrap();
        assert!(!recovery.was_needed(), "the second start still mends: {recovery}");
        check(&told, &journal.reader(), "again");
        pruned += journal.reader().verify().unwrap().pruned;
    }
    assert!(pruned > 100, "{pruned} frames of erased calls gave their space back");
}

#[test]
fn a_write_that_fails_once_costs_what_it_refused_and_nothing_else() {
    for case in 0..150 {
        let mut random = ChaCha8Rng::seed_from_u64(77_000 + case);
        let disk = ModelDisk::new(random.random());
        let (journal, _) = try_open(&disk).unwrap();
        let random = ChaCha8Rng::seed_from_u64(random.random());
        let told = Acknowledged::default();
        let mut day =
            Day { random, journal, running: BTreeMap::new(), next: 1, closed: Vec::new(), told };
        let mut refused = 0;
        for step in 0..60 {
            if step % 7 == 3 {
                disk.fail(1 + case % 4);
            }
            // Audio of a refused commit is lost, and the rest of such a call is not looked at.
            if day.step().is_none() {
                refused += 1;
                day.running.clear();
            }
        }
        assert!(refused > 0 || case % 4 > 0, "case {case}: nothing failed");
        let Day { journal, mut told, running, .. } = day;
        drop(running);
        drop(journal);
        // What a failing commit took with it may be audio that nobody waited for.
        told.audio.clear();
        let (journal, _) = try_open(&disk).unwrap();
        check(&told, &journal.reader(), &format!("case {case}"));
    }
}

//! What is held against each other at a test's end: the branch's journal, headquarters' store.

use crate::{Branch, Headquarters, json_lines, path, program, run};
use call::{CallId, Record};
use collector::office::Office;
use collector::store::sqlite::SqliteStore;
use collector::store::{Search, Store};
use journal::disk::FileSystem;
use journal::{Filter, Reader, Standing};
use std::collections::BTreeSet;
use std::sync::Arc;
use vault::envelope::Unverified;

/// Reads a branch's journal as it lies on disk.
pub fn journal_of(branch: &Branch) -> Reader {
    let vault = journal::keys::load_or_create(&FileSystem, &branch.data).expect("the keys");
    Reader::open(&branch.data, Arc::new(vault))
}

/// Every envelope that headquarters keeps, opened: its sequence and the record inside.
pub fn envelopes(headquarters: &Headquarters) -> Vec<(u64, Record)> {
    let runtime = tokio::runtime::Runtime::new().expect("an executor");
    runtime.block_on(async {
        let office = Office::new(&headquarters.data);
        let key = office.opening_key(None).expect("headquarters' key");
        let store = SqliteStore::open(&office.database_path(), None).await.expect("the store");
        let enrolled = store.enrolled().await.expect("the enrolled devices");
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = store.search(&Search::default(), after, 256).await.expect("a page");
            let Some(last) = page.last() else { break };
            after = Some((last.device, last.sequence));
            for kept in &page {
                let card = enrolled.iter().map(|one| &one.card);
                let card = card.clone().find(|card| card.device() == kept.device);
                let public = card.expect("an enrolled device").public;
                let envelope = Unverified::parse(&kept.envelope).expect("an envelope");
                let envelope = envelope.verify(&public).expect("the device's signature");
                let plain = key.open(&envelope).expect("sealed to headquarters");
                all.push((kept.sequence, Record::decode(&plain).expect("a record")));
            }
        }
        store.close().await.expect("the store closes");
        all
    })
}

/// Asserts that headquarters has every revision of every closed call that the branch does not hold
/// to be undelivered, each once, with no sequence missing; and says how many those are.
pub fn delivered_once(branch: &Branch, headquarters: &Headquarters) -> usize {
    let reader = journal_of(branch);
    let undelivered = reader.undelivered(0, usize::MAX).expect("the outbox");
    let waiting: BTreeSet<(CallId, u16)> =
        undelivered.iter().map(|one| (one.record.call, one.record.revision)).collect();
    let mut written = BTreeSet::new();
    for listed in reader.calls(&Filter::default(), usize::MAX).expect("the calls") {
        if let Standing::Closed(record) = listed.standing {
            written.extend((0..=record.revision).map(|revision| (record.call, revision)));
        }
    }
    let stored = envelopes(headquarters);
    let mut seen = BTreeSet::new();
    for (sequence, record) in &stored {
        let new = seen.insert((record.call, record.revision));
        assert!(new, "{} revision {} came twice ({sequence})", record.call, record.revision);
    }
    for one in written.difference(&waiting) {
        assert!(seen.contains(one), "{one:?} has a receipt and is not at headquarters");
    }
    for one in &seen {
        assert!(written.contains(one), "{one:?} is at headquarters and not in the journal");
    }
    let arguments = ["query", "--missing", "--json", "--data", path(&headquarters.data)];
    let missing = json_lines(&run(&program("tipring-collector"), &arguments));
    assert!(missing.is_empty(), "{missing:?}");
    seen.len()
}

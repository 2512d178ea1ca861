//! The journal's promises, each by its name.

// Here a panic is how a test fails, in what the tests share as well.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
mod crash;
mod damage;
mod format;
mod full;
mod full_disk;
mod model;
mod real;
mod reclaim;

use call::{Cause, LegEvent, Samples, Side, SpeechState};
use common::{NOW, audio, call_id, event, opened, options, record, software, vault};
use journal::{
    AppendError, CallEntry, Filter, Gap, Journal, OpenError, Options, Reader, Recovery, Standing,
};
use model::ModelDisk;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const DIR: &str = "/journal";

fn open(disk: &ModelDisk, options: Options) -> (Journal, Recovery) {
    Journal::open_on(Arc::new(disk.clone()), Path::new(DIR), vault(), NOW, software(), options)
        .unwrap()
}

fn reader(disk: &ModelDisk) -> Reader {
    Reader::on(Arc::new(disk.clone()), Path::new(DIR), vault())
}

#[test]
fn a_call_comes_back_as_it_was_written() {
    let disk = ModelDisk::new(1);
    let (journal, recovery) = open(&disk, options());
    assert!(!recovery.was_needed(), "{recovery}");
    let writer = journal.open_call(&opened(1)).unwrap();
    writer.event(event(0, LegEvent::Seized)).unwrap();
    for block in 0..5 {
        writer.audio(audio(Side::Agent, block)).unwrap();
        writer.audio(audio(Side::Customer, block)).unwrap();
        journal.settle().unwrap();
    }
    assert_eq!(writer.close(&record(1, 0)).unwrap(), 1);
    assert_eq!(journal.revise(&record(1, 1)).unwrap(), 2);
    for reader in [journal.reader(), reader(&disk)] {
        let entries = reader.entries(call_id(1)).unwrap();
        assert_eq!(entries.len(), 1 + 1 + 10 + 2);
        assert_eq!(entries[0], CallEntry::Opened(opened(1)));
        assert_eq!(entries[2], CallEntry::Audio(audio(Side::Agent, 0)));
        assert_eq!(entries[13], CallEntry::Record(Box::new(record(1, 1))));
        assert_eq!(reader.record(call_id(1)).unwrap(), Some(record(1, 1)));
        let report = reader.verify().unwrap();
        assert!(report.is_sound(), "{:?}", report.findings);
        assert_eq!((report.opened, report.closed), (1, 1));
    }
}

#[test]
fn what_piled_up_of_one_side_is_one_frame_and_nothing_is_joined_over_a_gap_or_an_event() {
    let disk = ModelDisk::new(1);
    let (journal, _) = open(&disk, Options { lag: Duration::from_secs(600), ..options() });
    let writer = journal.open_call(&opened(1)).unwrap();
    for block in (0..12).chain(14..17) {
        writer.audio(audio(Side::Agent, block)).unwrap();
        writer.audio(audio(Side::Customer, block)).unwrap();
    }
    writer.event(event(17 * 800, LegEvent::Digit('1'))).unwrap();
    for block in 17..19 {
        writer.audio(audio(Side::Agent, block)).unwrap();
    }
    journal.settle().unwrap();
    let entries = journal.reader().entries(call_id(1)).unwrap();
    let lengths = |wanted: Side| -> Vec<(u64, usize)> {
        let audio = entries.iter().filter_map(|entry| match entry {
            CallEntry::Audio(audio) if audio.side == wanted => Some(audio),
            _ => None,
        });
        audio.map(|audio| (audio.at.0 / 800, audio.payload.len() / 800)).collect()
    };
    assert_eq!(lengths(Side::Agent), [(0, 10), (10, 2), (14, 3), (17, 2)]);
    assert_eq!(lengths(Side::Customer), [(0, 10), (10, 2), (14, 3)]);
    let sides = journal.reader().audio(call_id(1)).unwrap();
    for side in &sides {
        for block in (0..12).chain(14..17) {
            let at = block as usize * 800;
            assert_eq!(side.octets[at..at + 800], audio(side.side, block).payload);
        }
        assert_eq!(side.gaps[0], Gap { at: Samples(12 * 800), length: Samples(1600) });
    }
    writer.close(&record(1, 0)).unwrap();
    assert!(journal.reader().verify().unwrap().is_sound());
}

#[test]
fn an_opening_is_on_disk_before_it_is_answered() {
    let disk = ModelDisk::new(2);
    let (journal, _) = open(&disk, options());
    let writer = journal.open_call(&opened(1)).unwrap();
    disk.cut_after(1);
    let after = disk.after_power_loss();
    drop((writer, journal));
    let (journal, recovery) = open(&after, options());
    assert_eq!(recovery.closed, [call_id(1)]);
    let record = journal.reader().record(call_id(1)).unwrap().unwrap();
    assert_eq!(record.cdr.cause, Cause::Interrupted);
    assert_eq!(record.revision, 0);
}

#[test]
fn a_call_open_at_a_crash_is_closed_with_what_was_captured() {
    let disk = ModelDisk::new(3);
    let (journal, _) = open(&disk, options());
    let writer = journal.open_call(&opened(1)).unwrap();
    writer.event(event(80, LegEvent::Dialled)).unwrap();
    writer.audio(audio(Side::Customer, 2)).unwrap();
    writer.audio(audio(Side::Customer, 4)).unwrap();
    journal.settle().unwrap();
    let after = disk.after_power_loss();
    let (journal_after, recovery) = open(&after, options());
    assert_eq!(recovery.closed, [call_id(1)]);
    assert!(recovery.to_string().contains("1 calls closed as interrupted"), "{recovery}");
    let record = journal_after.reader().record(call_id(1)).unwrap().unwrap();
    assert_eq!(record.cdr.dialled_at, Some(Samples(80)));
    assert_eq!(record.cdr.released_at, Samples(4000));
    assert_eq!(record.speech, SpeechState::Pending);
    let [track] = &record.audio[..] else { panic!("{:?}", record.audio) };
    assert_eq!((track.start, track.samples, track.missing), (Samples(1600), 1600, 800));
    // And it is to be delivered like any other.
    let waiting = journal_after.undelivered(0, 10).unwrap();
    assert_eq!(waiting[0].record, record);
    drop(writer);
    drop(journal);
}

#[test]
fn a_writer_dropped_without_closing_leaves_a_closed_call() {
    let disk = ModelDisk::new(4);
    let (journal, _) = open(&disk, options());
    let writer = journal.open_call(&opened(1)).unwrap();
    writer.audio(audio(Side::Agent, 0)).unwrap();
    drop(writer);
    journal.settle().unwrap();
    let record = journal.reader().record(call_id(1)).unwrap().unwrap();
    assert_eq!(record.cdr.cause, Cause::Interrupted);
    assert_eq!(record.audio[0].samples, 800);
}

#[test]
fn a_closing_under_way_is_not_overtaken_by_its_writer_being_dropped() {
    let disk = ModelDisk::new(5);
    let (journal, _) = open(&disk, options());
    for n in 1..20 {
        let writer = journal.open_call(&opened(n)).unwrap();
        let closing = writer.begin_close(&record(n, 0));
        drop(writer);
        assert_eq!(closing.wait().unwrap(), n);
        assert_eq!(journal.reader().record(call_id(n)).unwrap(), Some(record(n, 0)));
    }
    assert!(journal.reader().verify().unwrap().is_sound());
}

#[test]
fn a_call_is_opened_once_closed_once_and_revised_in_order() {
    let disk = ModelDisk::new(6);
    let (journal, _) = open(&disk, options());
    let writer = journal.open_call(&opened(1)).unwrap();
    assert!(matches!(journal.open_call(&opened(1)), Err(AppendError::AlreadyOpened(_))));
    assert!(matches!(journal.revise(&record(1, 1)), Err(AppendError::StillRunning(_))));
    assert!(matches!(writer.close(&record(1, 3)), Err(AppendError::Revision { expected: 0, .. })));
    writer.close(&record(1, 0)).unwrap();
    assert!(matches!(writer.close(&record(1, 0)), Err(AppendError::NotRunning(_))));
    assert!(matches!(journal.open_call(&opened(1)), Err(AppendError::AlreadyOpened(_))));
    assert!(matches!(
        journal.revise(&record(1, 2)),
        Err(AppendError::Revision { expected: 1, given: 2, .. })
    ));
    assert!(matches!(journal.revise(&record(9, 1)), Err(AppendError::NotRunning(_))));
    journal.revise(&record(1, 1)).unwrap();
    assert!(journal.reader().verify().unwrap().is_sound());
}

#[test]
fn delivery_numbers_rise_are_never_reused_and_only_a_receipt_forgets_them() {
    let disk = ModelDisk::new(7);
    let (journal, _) = open(&disk, options());
    let mut last = 0;
    for n in 1..=3 {
        let delivery = journal.open_call(&opened(n)).unwrap().close(&record(n, 0)).unwrap();
        assert!(delivery > last);
        last = delivery;
    }
    journal.receipt(2, b"signed").unwrap();
    drop(journal);
    let (journal, _) = open(&disk, options());
    let waiting: Vec<u64> =
        journal.undelivered(0, 10).unwrap().iter().map(|waiting| waiting.number).collect();
    assert_eq!(waiting, [1, 3]);
    assert_eq!(journal.undelivered(1, 10).unwrap()[0].number, 3);
    assert_eq!(journal.reader().receipts().unwrap(), [(2, b"signed".to_vec())]);
    journal.receipt(3, b"signed").unwrap();
    drop(journal);
    let (journal, _) = open(&disk, options());
    let next = journal.open_call(&opened(4)).unwrap().close(&record(4, 0)).unwrap();
    assert_eq!(next, 4);
}

#[test]
fn an_erased_call_cannot_be_read_and_the_journal_stays_sound() {
    let disk = ModelDisk::new(8);
    let (journal, _) = open(&disk, options());
    for n in 1..=2 {
        journal.open_call(&opened(n)).unwrap().close(&record(n, 0)).unwrap();
    }
    journal.hold(call_id(1), true, NOW, "counsel", "case 7").unwrap();
    for (call, held) in [(1, true), (2, false), (3, false)] {
        assert_eq!(journal.reader().is_held(call_id(call)).unwrap(), held);
        assert_eq!(reader(&disk).is_held(call_id(call)).unwrap(), held);
    }
    assert!(matches!(journal.erase(call_id(1), NOW, "dpo", "asked"), Err(AppendError::Held(_))));
    journal.hold(call_id(1), false, NOW, "counsel", "case closed").unwrap();
    journal.erase(call_id(1), NOW, "dpo", "asked").unwrap();
    let again = journal.erase(call_id(1), NOW, "dpo", "asked");
    assert!(matches!(&again, Err(AppendError::Erased(call)) if *call == call_id(1)), "{again:?}");
    for reader in [journal.reader(), reader(&disk)] {
        assert_eq!(reader.call(call_id(1)).unwrap(), Some(Standing::Erased));
        assert!(reader.record(call_id(1)).is_err());
        assert!(reader.entries(call_id(1)).is_err());
        assert_eq!(reader.record(call_id(2)).unwrap(), Some(record(2, 0)));
        assert_eq!(reader.undelivered(0, 10).unwrap().len(), 1);
        assert!(reader.verify().unwrap().is_sound());
        let who: Vec<String> = reader.audit().unwrap().into_iter().map(|entry| entry.who).collect();
        assert_eq!(who, ["counsel", "counsel", "dpo"]);
        let newest = |limit, wanted: fn(&str) -> bool| -> Vec<String> {
            let found = reader.audit_newest(limit, |entry| wanted(&entry.who)).unwrap();
            found.into_iter().map(|entry| entry.why).collect()
        };
        assert_eq!(newest(2, |_| true), ["asked", "case closed"]);
        assert_eq!(newest(9, |who| who == "counsel"), ["case closed", "case 7"]);
    }
    assert!(matches!(journal.revise(&record(1, 1)), Err(AppendError::Erased(_))));
}

#[test]
fn a_day_past_retention_goes_but_for_its_held_calls() {
    let disk = ModelDisk::new(9);
    let (journal, _) = open(&disk, options());
    for n in 1..=3 {
        journal.open_call(&opened(n)).unwrap().close(&record(n, 0)).unwrap();
    }
    journal.hold(call_id(2), true, NOW, "counsel", "case 7").unwrap();
    let day = vault::ring::Day::of_call(call_id(1));
    assert_eq!(journal.retire(day, NOW, "tipring").unwrap(), 0);
    let next = vault::ring::Day(day.0 + 1);
    assert_eq!(journal.retire(next, NOW, "tipring").unwrap(), 2);
    assert_eq!(journal.reader().call(call_id(1)).unwrap(), Some(Standing::Erased));
    assert_eq!(journal.reader().record(call_id(2)).unwrap(), Some(record(2, 0)));
    journal.hold(call_id(2), false, NOW, "counsel", "case closed").unwrap();
    assert_eq!(journal.retire(next, NOW, "tipring").unwrap(), 1);
    assert!(!disk.files().iter().any(|path| path.to_string_lossy().ends_with(".ring")));
}

#[test]
fn calls_are_listed_newest_first_by_time_number_and_line() {
    let disk = ModelDisk::new(10);
    let (journal, _) = open(&disk, options());
    for n in 1..=9 {
        journal.open_call(&opened(n)).unwrap().close(&record(n, 0)).unwrap();
    }
    let running = journal.open_call(&opened(10)).unwrap();
    for reader in [journal.reader(), reader(&disk)] {
        let list = |filter: Filter, limit| -> Vec<call::CallId> {
            reader.calls(&filter, limit).unwrap().iter().map(|listed| listed.call).collect()
        };
        assert_eq!(list(Filter::default(), 3), [call_id(10), call_id(9), call_id(8)]);
        let page = Filter { before: Some(call_id(8)), ..Filter::default() };
        assert_eq!(list(page, 2), [call_id(7), call_id(6)]);
        let line = Filter { line: Some("line 1".into()), ..Filter::default() };
        assert_eq!(list(line, 9), [call_id(9), call_id(5), call_id(1)]);
        let number = Filter { number: opened(10).customer.clone(), ..Filter::default() };
        assert_eq!(list(number, 9), [call_id(10)]);
        let between =
            Filter { since: Some(opened(3).at), until: Some(opened(5).at), ..Filter::default() };
        assert_eq!(list(between, 9), [call_id(4), call_id(3)]);
        assert_eq!(reader.call(call_id(10)).unwrap(), Some(Standing::Running(opened(10))));
        assert_eq!(reader.verify().unwrap().running, [call_id(10)]);
    }
    running.close(&record(10, 0)).unwrap();
}

#[test]
fn audio_is_continuous_from_sample_zero_with_its_gaps_named() {
    let disk = ModelDisk::new(11);
    let (journal, _) = open(&disk, options());
    let writer = journal.open_call(&opened(1)).unwrap();
    for block in [1, 2, 4] {
        writer.audio(audio(Side::Customer, block)).unwrap();
    }
    writer.audio(audio(Side::Agent, 0)).unwrap();
    writer.close(&record(1, 0)).unwrap();
    let sides = journal.reader().audio(call_id(1)).unwrap();
    let gap =
        |block: u64, blocks: u64| Gap { at: Samples(block * 800), length: Samples(blocks * 800) };
    assert_eq!(sides[0].side, Side::Agent);
    assert_eq!(sides[0].gaps, [gap(1, 4)]);
    assert_eq!(sides[1].gaps, [gap(0, 1), gap(3, 1)]);
    assert_eq!((sides[0].octets.len(), sides[1].octets.len()), (4000, 4000));
    assert_eq!(sides[1].octets[799..801], [0xd5, audio(Side::Customer, 1).payload[0]]);
}

#[test]
fn a_second_writer_is_refused_and_a_reader_is_not() {
    let disk = ModelDisk::new(12);
    let (journal, _) = open(&disk, options());
    let second = Journal::open_on(
        Arc::new(disk.clone()),
        Path::new(DIR),
        vault(),
        NOW,
        software(),
        options(),
    );
    assert!(matches!(second.map(|_| ()), Err(OpenError::Locked(_))));
    assert!(reader(&disk).verify().unwrap().is_sound());
    drop(journal);
    open(&disk, options());
}

#[test]
fn segments_follow_one_another_and_each_is_within_its_size() {
    let disk = ModelDisk::new(13);
    let small = Options { segment: 64 << 10, ..options() };
    let (journal, _) = open(&disk, small.clone());
    let writer = journal.open_call(&opened(1)).unwrap();
    for block in 0..400 {
        writer.audio(audio(Side::Agent, block)).unwrap();
        if block % 10 == 0 {
            journal.settle().unwrap();
        }
    }
    writer.close(&record(1, 0)).unwrap();
    let report = reader(&disk).verify().unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    assert!(report.segments > 4, "{}", report.segments);
    for path in disk.files() {
        if path.extension().is_some_and(|end| end == "seg") {
            let mut length = 0;
            disk.tamper(&path, |bytes| length = bytes.len());
            assert!(length <= 64 << 10, "{} has {length} octets", path.display());
        }
    }
    assert_eq!(journal.reader().audio(call_id(1)).unwrap()[0].octets.len(), 400 * 800);
    drop(journal);
    let (journal, recovery) = open(&disk, small);
    assert!(!recovery.was_needed(), "{recovery}");
    let [side] = &journal.reader().audio(call_id(1)).unwrap()[..] else { panic!("one side") };
    assert_eq!((side.octets.len(), &side.gaps[..]), (400 * 800, &[][..]));
}

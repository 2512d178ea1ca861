//! Damage, strangers' files, and what becomes of them.

use crate::common::{NOW, audio, call_id, opened, options, record, software, vault};
use crate::model::ModelDisk;
use call::{Cause, Side};
use journal::mark::Mark;
use journal::verify::Wrong;
use journal::{Content, Journal, OpenError, Outgoing, Reader, Recovery, Standing};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vault::{DeviceKey, MasterKey, Vault};

const DIR: &str = "/journal";

fn open(disk: &ModelDisk) -> (Journal, Recovery) {
    try_open(disk).unwrap()
}

fn try_open(disk: &ModelDisk) -> Result<(Journal, Recovery), OpenError> {
    let disk = Arc::new(disk.clone());
    Journal::open_on(disk, Path::new(DIR), vault(), NOW, software(), options())
}

fn segment(number: u32) -> PathBuf {
    PathBuf::from(format!("{DIR}/segments/{number:010}.seg"))
}

/// Three closed calls of ten frames of audio each, in the first segment.
fn three_calls() -> ModelDisk {
    let disk = ModelDisk::new(1);
    let (journal, _) = open(&disk);
    for n in 1..=3 {
        let writer = journal.open_call(&opened(n)).unwrap();
        for block in 0..10 {
            writer.audio(audio(Side::Customer, block)).unwrap();
            journal.settle().unwrap();
        }
        writer.close(&record(n, 0)).unwrap();
    }
    drop(journal);
    disk
}

fn length(disk: &ModelDisk, path: &Path) -> usize {
    let mut length = 0;
    disk.tamper(path, |bytes| length = bytes.len());
    length
}

fn findings(disk: &ModelDisk) -> Vec<Wrong> {
    let reader = Reader::on(Arc::new(disk.clone()), Path::new(DIR), vault());
    reader.verify().unwrap().findings.into_iter().map(|finding| finding.what).collect()
}

#[test]
fn a_torn_tail_is_cut_and_set_aside() {
    let disk = three_calls();
    let whole = length(&disk, &segment(1));
    disk.tamper(&segment(1), |bytes| bytes.extend_from_slice(b"TPJF\x01\x03half a frame"));
    let (journal, recovery) = open(&disk);
    assert_eq!(recovery.cut, 18);
    let aside = PathBuf::from(format!("{DIR}/segments/0000000001.at-{whole}.torn"));
    assert_eq!(length(&disk, &aside), 18);
    assert_eq!(length(&disk, &segment(1)), whole);
    assert!(journal.reader().verify().unwrap().is_sound());
    assert_eq!(journal.reader().record(call_id(3)).unwrap(), Some(record(3, 0)));
}

#[test]
fn one_changed_octet_in_what_was_acknowledged_costs_one_frame_and_is_found() {
    let disk = three_calls();
    let at = length(&disk, &segment(1)) / 2;
    disk.tamper(&segment(1), |bytes| bytes[at] ^= 0x10);
    let found = findings(&disk);
    assert!(matches!(found[0], Wrong::Damage { .. }), "{found:?}");
    let (journal, recovery) = open(&disk);
    assert_eq!((recovery.damaged, recovery.cut), (1, 0), "{recovery}");
    for n in 1..=3 {
        assert_eq!(journal.reader().record(call_id(n)).unwrap(), Some(record(n, 0)));
    }
    // The call that lost a frame still gives all the others.
    let entries: usize = (1..=3).map(|n| journal.reader().entries(call_id(n)).unwrap().len()).sum();
    assert_eq!(entries, 3 * 12 - 1);
}

#[test]
fn any_changed_octet_is_found_by_verification_without_a_panic() {
    let clean = three_calls();
    let whole = length(&clean, &segment(1));
    assert_eq!(findings(&clean), []);
    for at in (0..whole).step_by(97) {
        let disk = clean.copy();
        disk.tamper(&segment(1), |bytes| bytes[at] ^= 0x01);
        let reader = Reader::on(Arc::new(disk.clone()), Path::new(DIR), vault());
        let report = reader.verify().unwrap();
        assert!(!report.is_sound() || report.unfinished > 0, "octet {at} of {whole}");
        assert!(try_open(&disk).is_ok(), "octet {at}");
    }
}

#[test]
fn a_frame_taken_out_or_swapped_is_found() {
    let disk = three_calls();
    let frames: Vec<(usize, usize)> = {
        let mut found = Vec::new();
        disk.tamper(&segment(1), |bytes| {
            for piece in journal::frame::pieces(bytes, 0) {
                if let journal::frame::Piece::Frame(at, frame) = piece {
                    found.push((at, at + frame.len()));
                }
            }
        });
        found
    };
    let gone = disk.copy();
    gone.tamper(&segment(1), |bytes| drop(bytes.drain(frames[5].0..frames[5].1)));
    let found = findings(&gone);
    assert!(found.contains(&Wrong::Chain), "{found:?}");
    assert!(found.contains(&Wrong::Sequence { expected: 5, found: 6 }), "{found:?}");
    let swapped = disk.copy();
    swapped.tamper(&segment(1), |bytes| {
        let (a, b) = (frames[5], frames[6]);
        let moved = [&bytes[b.0..b.1], &bytes[a.0..a.1]].concat();
        bytes[a.0..b.1].copy_from_slice(&moved);
    });
    assert!(findings(&swapped).contains(&Wrong::Chain));
}

#[test]
fn a_missing_segment_is_found() {
    let disk = three_calls();
    drop(open(&disk));
    drop(open(&disk));
    journal::disk::Disk::remove(&disk, &segment(2)).unwrap();
    let found = findings(&disk);
    assert!(found.contains(&Wrong::Sequence { expected: 37, found: 38 }), "{found:?}");
}

#[test]
fn a_newest_end_that_was_cut_off_is_found_after_a_stop() {
    let disk = three_calls();
    let mut frames = Vec::new();
    disk.tamper(&segment(1), |bytes| {
        for piece in journal::frame::pieces(bytes, 0) {
            if let journal::frame::Piece::Frame(at, _) = piece {
                frames.push(at);
            }
        }
        // The last call, whole: what is left is a journal without a flaw.
        bytes.truncate(frames[frames.len() - 12]);
    });
    assert_eq!(findings(&disk), [Wrong::CutShort { missing: 12 }]);
    let (journal, recovery) = open(&disk);
    assert_eq!(recovery.missing, 12);
    assert!(recovery.to_string().contains("12 FRAMES ARE GONE"), "{recovery}");
    drop(journal);

    // Another device's mark, and one that was made over another chain.
    let (clean, mark) = (three_calls(), PathBuf::from(format!("{DIR}/mark")));
    let was = Mark::from_file(&disk_read(&clean, &mark), &vault().device.public()).unwrap();
    let other = Mark { last: [1; 32], ..was };
    for (bytes, found) in [
        (was.to_file(&DeviceKey::from_seed(&[9; 32])), Wrong::Mark),
        (other.to_file(&vault().device), Wrong::Mark),
        (b"TPJM".to_vec(), Wrong::Mark),
    ] {
        let disk = clean.copy();
        disk.tamper(&mark, |file| *file = bytes);
        assert_eq!(findings(&disk), [found]);
    }
}

fn disk_read(disk: &ModelDisk, path: &Path) -> Vec<u8> {
    journal::disk::Disk::read(disk, path).unwrap()
}

#[test]
fn a_strangers_segment_is_set_aside_as_foreign() {
    let disk = three_calls();
    let stranger = ModelDisk::new(2);
    let theirs = Arc::new(Vault {
        device: DeviceKey::from_seed(&[8; 32]),
        master: MasterKey::from_bytes(&[9; 32]),
    });
    let (journal, _) = Journal::open_on(
        Arc::new(stranger.clone()),
        Path::new(DIR),
        theirs,
        NOW,
        software(),
        options(),
    )
    .unwrap();
    journal.open_call(&opened(7)).unwrap().close(&record(7, 0)).unwrap();
    drop(journal);
    let mut copied = Vec::new();
    stranger.tamper(&segment(1), |bytes| copied.clone_from(bytes));
    for (number, bytes) in [(2, copied.clone()), (3, b"not a segment at all".to_vec())] {
        disk.tamper(&segment(number), |file| *file = bytes);
    }
    // Another of our own under a number that is not its own.
    let mut ours = Vec::new();
    disk.tamper(&segment(1), |bytes| ours.clone_from(bytes));
    disk.tamper(&segment(4), |file| *file = ours);
    let (journal, recovery) = open(&disk);
    assert_eq!(
        recovery.set_aside,
        ["0000000002.foreign", "0000000003.foreign", "0000000004.foreign"]
    );
    let aside = PathBuf::from(format!("{DIR}/segments/0000000002.foreign"));
    assert_eq!(length(&disk, &aside), copied.len());
    assert!(journal.reader().verify().unwrap().is_sound());
    assert_eq!(journal.reader().record(call_id(3)).unwrap(), Some(record(3, 0)));
    assert_eq!(journal.reader().call(call_id(7)).unwrap(), None);
}

#[test]
fn a_damaged_ring_is_set_aside_and_the_day_goes_on() {
    let disk = three_calls();
    let day = vault::ring::Day::of_call(call_id(1));
    let ring = PathBuf::from(format!("{DIR}/rings/{}", day.file_name()));
    disk.tamper(&ring, |bytes| bytes.truncate(40));
    let (journal, _) = open(&disk);
    assert_eq!(journal.reader().call(call_id(1)).unwrap(), Some(Standing::Unreadable));
    journal.open_call(&opened(4)).unwrap().close(&record(4, 0)).unwrap();
    assert_eq!(journal.reader().record(call_id(4)).unwrap(), Some(record(4, 0)));
    assert_eq!(length(&disk, &ring.with_extension("ring.foreign")), 40);
}

#[test]
fn a_running_call_whose_key_is_lost_is_closed_without_a_record() {
    let disk = ModelDisk::new(3);
    let (journal, _) = open(&disk);
    let writer = journal.open_call(&opened(1)).unwrap();
    let after = disk.after_power_loss();
    for path in after.files() {
        if path.extension().is_some_and(|end| end == "ring") {
            journal::disk::Disk::remove(&after, &path).unwrap();
        }
    }
    let (recovered, recovery) = open(&after);
    assert_eq!(recovery.closed, [call_id(1)]);
    assert_eq!(recovered.reader().call(call_id(1)).unwrap(), Some(Standing::WithoutRecord));
    // Headquarters is told, under a number like any other, until it has signed for it.
    let outgoing = recovered.reader().outgoing(0, 10).unwrap();
    let [Outgoing { number: 1, content: Content::Unrecorded(told) }] = &outgoing[..] else {
        panic!("{outgoing:?}")
    };
    assert_eq!((told.call, told.reason.cause), (call_id(1), Cause::Interrupted));
    assert_eq!(recovered.undelivered(0, 10).unwrap(), []);
    let next = recovered.open_call(&opened(2)).unwrap().close(&record(2, 0)).unwrap();
    assert_eq!((next, recovered.reader().undelivered_count().unwrap()), (2, 2));
    recovered.receipt(1, b"signed").unwrap();
    assert_eq!(recovered.reader().outgoing(0, 10).unwrap().len(), 1);
    let report = recovered.reader().verify().unwrap();
    assert!(report.is_sound() && report.running.is_empty(), "{report:?}");
    drop((writer, journal));
}

//! The space of erased calls is given back, and the proof stays.

use crate::common::{NOW, audio, call_id, event, opened, options, record, software, vault};
use crate::model::ModelDisk;
use call::{LegEvent, Side};
use journal::disk::{Disk, FileSystem};
use journal::pruned::Pruned;
use journal::verify::Wrong;
use journal::{Journal, Options, Reader, Report, Standing};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const DIR: &str = "/journal";
const BLOCKS: u64 = 6;

fn open(disk: &ModelDisk) -> Journal {
    let options = Options { segment: 32 << 10, stretch: 1, ..options() };
    let (journal, recovery) =
        Journal::open_on(Arc::new(disk.clone()), Path::new(DIR), vault(), NOW, software(), options)
            .unwrap();
    assert_eq!(recovery.damaged, 0, "{recovery}");
    journal
}

/// Calls that speak by turns, one block after the other, all closed.
fn speak(journal: &Journal, calls: std::ops::Range<u64>) {
    let writers: Vec<_> = calls.map(|n| (n, journal.open_call(&opened(n)).unwrap())).collect();
    for block in 0..BLOCKS {
        for (_, writer) in &writers {
            writer.audio(audio(Side::Customer, block)).unwrap();
            writer.event(event(block * 800, LegEvent::Digit('1'))).unwrap();
            journal.settle().unwrap();
        }
    }
    for (n, writer) in writers {
        writer.close(&record(n, 0)).unwrap();
    }
}

/// Gives back all there is; returns how many octets it was.
fn reclaim(journal: &Journal) -> u64 {
    std::iter::from_fn(|| journal.reclaim().unwrap()).sum()
}

fn beside(disk: &ModelDisk) -> Reader {
    Reader::on(Arc::new(disk.clone()), Path::new(DIR), vault())
}

fn sound(disk: &ModelDisk) -> Report {
    let report = beside(disk).verify().unwrap();
    assert!(report.is_sound(), "{:#?}", report.findings);
    report
}

fn zeros(disk: &ModelDisk) -> usize {
    let segments =
        disk.files().into_iter().filter(|path| path.extension().is_some_and(|end| end == "seg"));
    let mut count = 0;
    for path in segments {
        let bytes = disk.read(&path).unwrap();
        count += bytes.chunk_by(|a, b| a == b).filter(|run| run[0] == 0 && run.len() > 500).count();
    }
    count
}

fn pruned_files(disk: &ModelDisk) -> Vec<PathBuf> {
    let mut files = disk.files();
    files.retain(|path| path.extension().is_some_and(|end| end == "pruned"));
    files
}

#[test]
fn only_erased_calls_lose_their_octets_and_the_chain_is_proved_over_the_holes() {
    let disk = ModelDisk::new(1);
    let journal = open(&disk);
    for first in [1, 11, 21] {
        speak(&journal, first..first + 10);
    }
    let frames = sound(&disk).frames;
    assert_eq!((reclaim(&journal), sound(&disk).pruned), (0, 0), "nothing is erased yet");

    let erased = |n: u64| n.is_multiple_of(3) || (11..21).contains(&n);
    for n in (1..31).filter(|n| erased(*n)) {
        journal.erase(call_id(n), NOW, "dpo", "asked").unwrap();
    }
    let given_back = reclaim(&journal);
    let report = sound(&disk);
    assert!(report.pruned > 100 && given_back > 60_000, "{given_back} octets, {report:?}");
    assert!(zeros(&disk) > 0);
    assert_eq!((report.opened, report.closed, report.erased), (30, 30, 17));
    assert_eq!(reclaim(&journal), 0, "what was given back is not looked at again");

    // Then the neighbours of a hole: it grows, and is still proved.
    for n in [1, 2, 4, 5] {
        journal.erase(call_id(n), NOW, "dpo", "asked").unwrap();
    }
    assert!(reclaim(&journal) > 10_000);
    let report = sound(&disk);
    assert!(report.frames + report.pruned > frames, "{report:?}");

    drop(journal);
    let journal = open(&disk);
    for n in 1..31 {
        let gone = erased(n) || [1, 2, 4, 5].contains(&n);
        for reader in [journal.reader(), beside(&disk)] {
            let standing = reader.call(call_id(n)).unwrap();
            if gone {
                assert_eq!(standing, Some(Standing::Erased), "{n}");
            } else {
                assert_eq!(standing, Some(Standing::Closed(Box::new(record(n, 0)))), "{n}");
                let sides = reader.audio(call_id(n)).unwrap();
                assert_eq!(
                    (sides[0].octets.len() as u64, &sides[0].gaps[..]),
                    (BLOCKS * 800, &[][..])
                );
            }
        }
    }
    assert_eq!(journal.reader().audit().unwrap().len(), 21);
}

#[test]
fn a_hole_that_the_device_did_not_make_is_found() {
    let disk = ModelDisk::new(2);
    let journal = open(&disk);
    speak(&journal, 1..9);
    for n in 1..5 {
        journal.erase(call_id(n), NOW, "dpo", "asked").unwrap();
    }
    assert!(reclaim(&journal) > 0);
    drop(journal);
    sound(&disk);
    let file = pruned_files(&disk).remove(0);
    let wrong = |disk: &ModelDisk| -> Vec<Wrong> {
        beside(disk).verify().unwrap().findings.into_iter().map(|finding| finding.what).collect()
    };

    // Without the file that says so a hole is damage.
    let without = disk.copy();
    without.remove(&file).unwrap();
    assert!(wrong(&without).iter().any(|what| matches!(what, Wrong::Damage { .. })));

    // A file that says more than the device has said: a frame of a call that was not erased.
    let forged = disk.copy();
    forged.tamper(&file, |bytes| {
        let mut pruned = Pruned::decode(bytes).unwrap();
        pruned.stretches.truncate(1);
        *bytes = pruned.encode();
    });
    assert!(wrong(&forged).contains(&Wrong::Pruned), "{:?}", wrong(&forged));

    // A damaged file is no file, and nothing panics over it.
    let whole = disk.read(&file).unwrap();
    for at in 0..whole.len() {
        let damaged = disk.copy();
        damaged.tamper(&file, |bytes| bytes[at] ^= 0x10);
        assert!(!wrong(&damaged).is_empty(), "octet {at}");
    }
}

#[test]
fn the_file_about_what_was_taken_out_is_these_bytes() {
    let pruned = Pruned {
        segment: 7,
        erased: 2,
        stretches: vec![journal::pruned::Stretch {
            from: 300,
            to: 9000,
            sequence: 4,
            frames: 9,
            last: [0xab; 32],
        }],
    };
    let mut bytes = b"TPJP\x01\x07\x02\x01\xac\x02\xa8\x46\x04\x09".to_vec();
    bytes.extend_from_slice(&[0xab; 32]);
    assert_eq!(pruned.encode(), bytes);
    assert_eq!(Pruned::decode(&bytes), Some(pruned));
    for end in 0..bytes.len() {
        assert_eq!(Pruned::decode(&bytes[..end]), None);
    }
}

#[test]
fn a_real_file_system_has_the_space_again() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment: 1 << 20, reserve: 0, low: 0, ..Options::default() };
    let open = || {
        let disk = Arc::new(FileSystem);
        Journal::open_on(disk, dir.path(), vault(), NOW, software(), options.clone()).unwrap().0
    };
    let journal = open();
    for n in 1..4 {
        let writer = journal.open_call(&opened(n)).unwrap();
        for block in 0..2000 {
            writer.audio(audio(Side::Customer, block)).unwrap();
        }
        writer.close(&record(n, 0)).unwrap();
    }
    let used = || -> u64 {
        let files = std::fs::read_dir(dir.path().join("segments")).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().blocks() * 512).sum()
    };
    let before = used();
    journal.erase(call_id(2), NOW, "dpo", "asked").unwrap();
    let mut given_back = 0;
    loop {
        match journal.reclaim() {
            Ok(Some(octets)) => given_back += octets,
            Ok(None) => break,
            Err(error) => {
                eprintln!("SKIPPED a test of space given back: {error}");
                return;
            }
        }
    }
    assert!(given_back > 1_300_000, "{given_back}");
    let freed = before - used();
    assert!(freed > 1_200_000, "{freed} of {before} octets");
    drop(journal);
    let journal = open();
    let report = journal.reader().verify().unwrap();
    assert!(report.is_sound() && report.pruned > 100, "{report:?}");
    for n in [1, 3] {
        let sides = journal.reader().audio(call_id(n)).unwrap();
        assert_eq!(sides[0].octets.len(), 2000 * 800);
    }
}

//! Killed on a real file system without one free block, and started again there.

use crate::common::{NOW, audio, call_id, opened, record, software, vault};
use call::{Cause, Side};
use journal::disk::FileSystem;
use journal::health::State;
use journal::{AppendError, Filter, Journal, Options, Reader, Recovery, Standing};
use small_disk::Small;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn open(dir: &Path) -> (Journal, Recovery) {
    let options = Options { reserve: 1 << 20, low: 2 << 20, ..Options::default() };
    Journal::open_on(Arc::new(FileSystem), dir, vault(), NOW, software(), options).unwrap()
}

/// Not a test by itself: the process that is killed. It closes calls, leaves others running, and
/// writes audio until its end, whether the disk takes it or not.
#[test]
fn speaker() {
    let Ok(dir) = std::env::var("JOURNAL_SPEAKER") else { return };
    let first: u64 = std::env::var("JOURNAL_FIRST").unwrap().parse().unwrap();
    let (journal, _) = open(Path::new(&dir));
    let mut running = Vec::new();
    for n in first..first + 40 {
        let writer = journal.open_call(&opened(n)).unwrap();
        if n % 2 == 0 {
            writer.close(&record(n, 0)).unwrap();
        } else {
            running.push(writer);
        }
    }
    println!("told ready");
    for block in 0.. {
        for writer in &running {
            let _ = writer.audio(audio(Side::Customer, block));
        }
        let _ = journal.settle();
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_journal_killed_on_a_full_disk_opens_there_closes_what_ran_and_goes_on_when_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Small::mount(&folder.path().join("journal"), 16) else { return };
    let dir = disk.path();
    let mut known = Vec::new();
    for round in 0..6_u64 {
        let first = round * 100 + 1;
        let mut speaker = Command::new(std::env::current_exe().unwrap())
            .args(["full_disk::speaker", "--exact", "--nocapture"])
            .env("JOURNAL_SPEAKER", dir)
            .env("JOURNAL_FIRST", first.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(speaker.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("told ready")), "round {round}");
        // Killed at once, later, and after its index has tried to flush.
        std::thread::sleep(Duration::from_millis(round * 50));
        disk.fill(0).unwrap();
        std::thread::sleep(Duration::from_millis([0, 30, 2500][round as usize % 3]));
        speaker.kill().unwrap();
        speaker.wait().unwrap();
        disk.fill(0).unwrap();
        known.extend(first..first + 40);

        // Another program may have eaten what the reserve had given back: then what ran is closed
        // when there is space. With a reserve it is closed at once.
        let without_reserve = round >= 3;
        if without_reserve {
            std::fs::remove_file(dir.join("reserve")).unwrap();
            disk.fill(0).unwrap();
        }
        let (journal, recovery) = open(dir);
        eprintln!("round {round}: {recovery}");
        let all = || journal.reader().calls(&Filter::default(), 1000).unwrap();
        assert_eq!(all().len(), known.len(), "round {round}: {recovery}");
        if !without_reserve {
            assert_eq!((recovery.closed.len(), recovery.still_open.len()), (20, 0), "{recovery}");
        }
        assert_eq!(recovery.closed.len() + recovery.still_open.len(), 20, "{recovery}");
        assert_eq!(journal.health().state, State::Full, "round {round}");
        let refused = journal.open_call(&opened(9_000)).map(drop);
        assert!(matches!(refused, Err(AppendError::Full)), "round {round}: {refused:?}");

        disk.free().unwrap();
        let begun = Instant::now();
        while journal.health().state != State::Working || journal.health().calls_open > 0 {
            assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", journal.health());
            std::thread::sleep(Duration::from_millis(20));
        }
        let n = first + 50;
        journal.open_call(&opened(n)).unwrap().close(&record(n, 0)).unwrap();
        known.push(n);
        for listed in all() {
            let Standing::Closed(record) = listed.standing else { panic!("{listed:?}") };
            let number = known.iter().find(|n| call_id(**n) == listed.call).unwrap();
            let ran = number % 100 < 50 && number % 2 == 1;
            assert_eq!(record.cdr.cause == Cause::Interrupted, ran, "{number}");
        }
        assert_eq!(journal.undelivered(0, 1000).unwrap().len(), known.len());
        drop(journal);
        let (journal, recovery) = open(dir);
        assert!(recovery.closed.is_empty() && recovery.still_open.is_empty(), "{recovery}");
        assert_eq!(journal.reader().undelivered_count().unwrap(), known.len());
        drop(journal);
        let report = Reader::open(dir, vault()).verify().unwrap();
        assert!(report.is_sound() && report.running.is_empty(), "round {round}: {report:?}");
    }
}

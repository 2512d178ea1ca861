//! On the machine's own file system, with sled, a killed process and its leftovers.

use crate::common::{NOW, audio, call_id, opened, record, software, vault};
use call::{Cause, Side};
use journal::disk::FileSystem;
use journal::{Filter, Journal, Options, Reader, Recovery};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

fn open(dir: &Path) -> (Journal, Recovery) {
    let options = Options { reserve: 1 << 20, low: 1 << 20, ..Options::default() };
    Journal::open_on(Arc::new(FileSystem), dir, vault(), NOW, software(), options).unwrap()
}

#[test]
fn keys_are_made_once_and_only_for_their_owner() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let made = journal::keys::load_or_create(&FileSystem, dir.path()).unwrap();
    let again = journal::keys::load_or_create(&FileSystem, dir.path()).unwrap();
    assert_eq!(made.device_id(), again.device_id());
    for name in ["device.key", "master.key"] {
        let path = dir.path().join("keys").join(name);
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    drop(open(dir.path()));
    std::fs::remove_file(dir.path().join("keys/master.key")).unwrap();
    let error = journal::keys::load_or_create(&FileSystem, dir.path()).unwrap_err();
    assert!(error.to_string().contains("master.key is missing"), "{error}");
}

#[test]
fn the_index_and_the_scan_tell_the_same_story() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    for n in 1..=20 {
        journal.open_call(&opened(n)).unwrap().close(&record(n, 0)).unwrap();
    }
    journal.revise(&record(5, 1)).unwrap();
    journal.receipt(3, b"signed").unwrap();
    journal.erase(call_id(7), NOW, "dpo", "asked").unwrap();
    let running = journal.open_call(&opened(21)).unwrap();
    running.audio(audio(Side::Agent, 0)).unwrap();
    journal.settle().unwrap();
    let (inside, beside) = (journal.reader(), Reader::open(dir.path(), vault()));
    let all = Filter::default();
    assert_eq!(inside.calls(&all, 50).unwrap(), beside.calls(&all, 50).unwrap());
    assert_eq!(inside.undelivered(0, 50).unwrap(), beside.undelivered(0, 50).unwrap());
    assert_eq!(inside.undelivered(0, 50).unwrap().len(), 19);
    assert_eq!(inside.undelivered_count().unwrap(), 19);
    assert_eq!(beside.undelivered_count().unwrap(), 19);
    for n in [5, 21] {
        assert_eq!(inside.entries(call_id(n)).unwrap(), beside.entries(call_id(n)).unwrap());
    }
    assert_eq!(inside.entries(call_id(21)).unwrap().len(), 2);
}

#[test]
fn a_damaged_index_is_swept_or_made_anew_and_tells_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    for n in 1..=20 {
        journal.open_call(&opened(n)).unwrap().close(&record(n, 0)).unwrap();
    }
    drop(journal);
    let index = dir.path().join("index");
    let check = |what: &str| {
        let (journal, recovery) = open(dir.path());
        assert_eq!(journal.undelivered(0, 50).unwrap().len(), 20, "{what}: {recovery}");
        for n in 1..=20 {
            assert_eq!(journal.reader().record(call_id(n)).unwrap(), Some(record(n, 0)), "{what}");
        }
        recovery
    };
    std::fs::write(index.join("snap.0000000000000001.generating"), b"half").unwrap();
    assert!(check("half a snapshot").index.is_some_and(|said| said.contains("swept")));

    std::fs::remove_file(index.join("db")).unwrap();
    std::fs::create_dir(index.join("db")).unwrap();
    let said = check("a folder in place of the file").index.unwrap();
    assert!(said.contains("index.damaged-1"), "{said}");
    assert!(dir.path().join("index.damaged-1").is_dir());

    for name in ["db", "conf"] {
        let path = index.join(name);
        let whole = std::fs::read(&path).unwrap();
        for (what, bytes) in [
            ("garbage", vec![0x5a; whole.len()]),
            ("half", whole[..whole.len() / 2].to_vec()),
            ("nothing", Vec::new()),
        ] {
            std::fs::write(&path, bytes).unwrap();
            check(&format!("{what} in {name}"));
        }
    }

    std::fs::remove_dir_all(&index).unwrap();
    check("no index");
    let (journal, _) = open(dir.path());
    assert_eq!(journal.open_call(&opened(21)).unwrap().close(&record(21, 0)).unwrap(), 21);
}

/// Not a test by itself: the process that `kill_at_any_moment…` kills. It opens calls, speaks, closes
/// every third, and says so on standard output as soon as the journal has answered.
#[test]
fn victim() {
    let Ok(dir) = std::env::var("JOURNAL_VICTIM") else { return };
    let first: u64 = std::env::var("JOURNAL_FIRST").unwrap().parse().unwrap();
    let (journal, _) = open(Path::new(&dir));
    let mut writers = Vec::new();
    for n in first.. {
        let writer = journal.open_call(&opened(n)).unwrap();
        println!("told opened {n}");
        for block in 0..3 {
            writer.audio(audio(Side::Customer, block)).unwrap();
        }
        if n % 3 == 0 {
            let delivery = writer.close(&record(n, 0)).unwrap();
            println!("told closed {n} {delivery}");
        }
        writers.push(writer);
    }
}

#[test]
fn kill_at_any_moment_loses_nothing_that_was_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut told_opened = Vec::new();
    let mut told_closed = Vec::new();
    for round in 0..6_u64 {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["real::victim", "--exact", "--nocapture"])
            .env("JOURNAL_VICTIM", dir.path())
            .env("JOURNAL_FIRST", (round * 100_000 + 1).to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
        let mut answers = 0;
        while answers < 15 + round * 7 {
            let line = lines.next().unwrap().unwrap();
            answers += u64::from(note(&line, &mut told_opened, &mut told_closed));
        }
        victim.kill().unwrap();
        victim.wait().unwrap();
        // What it said between the last line read and its death counts as told, too.
        for line in lines.map_while(Result::ok) {
            note(&line, &mut told_opened, &mut told_closed);
        }
        let (journal, recovery) = open(dir.path());
        let reader = journal.reader();
        assert!(!recovery.closed.is_empty(), "{recovery}");
        for &n in &told_opened {
            let record = reader.record(call_id(n)).unwrap().unwrap();
            let closed = told_closed.iter().any(|&(closed, _)| closed == n);
            assert!(closed || n % 3 == 0 || record.cdr.cause == Cause::Interrupted);
        }
        for &(n, delivery) in &told_closed {
            assert_eq!(reader.record(call_id(n)).unwrap(), Some(record(n, 0)));
            let waiting = reader.undelivered(delivery - 1, 1).unwrap();
            assert_eq!((waiting[0].number, waiting[0].record.call), (delivery, call_id(n)));
        }
        let report = Reader::open(dir.path(), vault()).verify().unwrap();
        assert!(report.is_sound() && report.running.is_empty(), "{report:?}");
    }
}

/// Notes an answer that the victim told; false for the test runner's own words.
fn note(line: &str, opened: &mut Vec<u64>, closed: &mut Vec<(u64, u64)>) -> bool {
    // The runner begins its line about the test and leaves it open.
    let Some(at) = line.find("told ") else { return false };
    let mut words = line[at..].split_whitespace().skip(1);
    let what = words.next();
    let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
    match (what, number()) {
        (Some("opened"), Some(n)) => opened.push(n),
        (Some("closed"), Some(n)) => match number() {
            Some(delivery) => closed.push((n, delivery)),
            None => return false,
        },
        _ => return false,
    }
    true
}

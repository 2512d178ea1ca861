//! Killed at any moment: every call ever opened is there, closed, with what was captured until
//! shortly before; headquarters has each revision of each record once.

// What the lints allow in a test they do not allow in what tests share.
#![allow(clippy::panic)]

use call::{CallId, Cause, Record};
use journal::{Filter, Standing};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use whole::{
    Branch, Headquarters, Setting, delivered_once, journal_of, json_lines, path, wait_for,
};

/// The lines that say what a start recovered.
fn recoveries(branch: &Branch) -> usize {
    branch.log().lines().filter(|line| line.contains("calls closed as interrupted")).count()
}

fn id(call: &Value) -> CallId {
    call["call"].as_str().expect("an identity").parse().expect("an identity")
}

/// The record of a call that is closed.
fn record(branch: &Branch, call: CallId) -> Record {
    match journal_of(branch).call(call).expect("the journal reads") {
        Some(Standing::Closed(record)) => *record,
        other => panic!("call {call} is not closed: {other:?}"),
    }
}

#[test]
fn whenever_it_is_killed_every_call_is_there_and_closed_and_delivered_once() {
    let seed = 20_261_123;
    eprintln!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let mut headquarters = Headquarters::new(folder.path());
    headquarters.start();
    let mut branch = Branch::new(folder.path(), &Setting::default(), Some(&headquarters));
    let mut seen = BTreeSet::new();
    for round in 1..=6 {
        // Some rounds end while the start is still at work.
        branch.launch();
        let span = if round % 3 == 0 { 700 } else { 4_000 };
        std::thread::sleep(Duration::from_millis(200 + random.next_u64() % span));
        if branch.data.join("segments").exists() {
            seen.extend(branch.calls().iter().map(id));
        }
        branch.process().kill_9();

        let reader = journal_of(&branch);
        let on_disk = reader.calls(&Filter::default(), usize::MAX).expect("the calls on disk");
        let running: Vec<_> = on_disk
            .iter()
            .filter(|listed| matches!(listed.standing, Standing::Running(_)))
            .map(|listed| listed.call)
            .collect();
        eprintln!("round {round}: {} calls on disk, {} running", on_disk.len(), running.len());
        seen.extend(on_disk.iter().map(|listed| listed.call));

        let said = recoveries(&branch);
        branch.start();
        assert_eq!(recoveries(&branch), said + 1, "{}", branch.log());
        let after: BTreeSet<_> = branch.calls().iter().map(id).collect();
        assert!(seen.is_subset(&after), "gone: {:?}", seen.difference(&after));
        for &call in &running {
            assert_eq!(record(&branch, call).cdr.cause, Cause::Interrupted, "{call}");
        }
        let report = json_lines(&branch.run(&["verify", "--json"])).remove(0);
        assert_eq!(report["sound"], true, "{report}");
        branch.process().kill_9();
    }
    branch.start();
    wait_for("every record to be delivered", Duration::from_secs(60), || {
        (branch.metric("tipring_uplink_waiting")? <= 1.0).then_some(())
    });
    assert!(branch.process().stop().success());
    let states: Vec<_> = branch.calls();
    assert!(states.iter().all(|call| call["state"] == "closed"), "{states:?}");
    let report = json_lines(&branch.run(&["verify", "--json"])).remove(0);
    assert!(report["sound"] == true && report["opened"] == report["closed"], "{report}");
    let stored = delivered_once(&branch, &headquarters);
    eprintln!("{} calls seen, {stored} records at headquarters", seen.len());
    assert!(seen.len() > 8 && stored > 8);
    assert!(!branch.log().contains("panicked"), "{}", branch.log());
}

#[test]
fn audio_is_there_up_to_200_ms_before_the_kill() {
    let seed = 200;
    eprintln!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let setting = Setting { lines: 2, speed: 1, ..Setting::default() };
    let mut branch = Branch::new(folder.path(), &setting, None);
    for round in 1..=3 {
        branch.start();
        let running = wait_for("two calls to run", Duration::from_secs(30), || {
            let calls = branch.calls();
            let running: Vec<_> =
                calls.iter().filter(|call| call["state"] == "running").map(id).collect();
            (running.len() >= 2).then_some(running)
        });
        let still = Stillness::watch();
        std::thread::sleep(Duration::from_millis(1_000 + random.next_u64() % 1_500));
        let killed_at = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_millis();
        branch.process().kill_9();
        let stood = still.longest();

        branch.start();
        for call in running {
            let record = record(&branch, call);
            if record.cdr.cause != Cause::Interrupted {
                continue;
            }
            let wav = folder.path().join(format!("{call}.wav"));
            let exported = branch.run(&["export", &call.to_string(), "--wav", path(&wav)]);
            assert!(exported.status.success(), "{}", whole::said(&exported));
            let frames = hound::WavReader::open(&wav).expect("a WAV file").duration();
            let captured = i64::from(frames) / 8;
            let end = record.cdr.opened_at.unix_ms + captured;
            let lost = i64::try_from(killed_at).expect("now") - end;
            eprintln!(
                "round {round}: {captured} ms captured, {lost} ms lost, the machine stood {stood} ms"
            );
            assert!(lost <= 200 + stood, "{lost} ms of audio before the kill are gone");
            assert_eq!(record.audio.len(), 2, "both sides are there");
        }
        assert!(branch.process().stop().success());
    }
}

/// How long the machine let a thread wait that had nothing to do but to wake up: a burdened machine
/// stands still for the appliance as well, and that is not its loss.
struct Stillness {
    longest: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Stillness {
    fn watch() -> Stillness {
        let (longest, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (high, end) = (longest.clone(), stop.clone());
        std::thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                let before = Instant::now();
                std::thread::sleep(Duration::from_millis(5));
                let late = before.elapsed().as_millis().saturating_sub(5);
                high.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
            }
        });
        Stillness { longest, stop }
    }

    fn longest(&self) -> i64 {
        self.stop.store(true, Ordering::Relaxed);
        i64::try_from(self.longest.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
    }
}

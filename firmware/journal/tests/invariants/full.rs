//! A disk that runs full, and has space again.

use crate::common::{NOW, audio, call_id, event, opened, options, record, software, vault};
use crate::model::ModelDisk;
use call::{LegEvent, Side};
use journal::health::State;
use journal::{AppendError, Journal, Options};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn open(disk: &ModelDisk) -> Journal {
    let options = Options { reserve: 64 << 10, low: 32 << 10, ..options() };
    let disk = Arc::new(disk.clone());
    let dir = Path::new("/journal");
    Journal::open_on(disk, dir, vault(), NOW, software(), options).unwrap().0
}

/// The journal looks at the space once a second; this waits for what it then does.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(20), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_full_disk_refuses_new_calls_and_audio_and_still_closes_what_runs() {
    let disk = ModelDisk::new(1);
    disk.set_capacity(256 << 10);
    let journal = open(&disk);
    let writers: Vec<_> = (1..=3).map(|n| (n, journal.open_call(&opened(n)).unwrap())).collect();
    let mut block = 0;
    until("full", || {
        let _ = writers[0].1.audio(audio(Side::Agent, block));
        block += 1;
        // Its answer is an error once the disk is full; that is what is waited for.
        let _ = journal.settle();
        journal.health().state == State::Full
    });
    assert!(matches!(writers[0].1.audio(audio(Side::Agent, block)), Err(AppendError::Full)));
    assert!(matches!(journal.open_call(&opened(9)), Err(AppendError::Full)));
    for (n, writer) in &writers {
        writer.event(event(800, LegEvent::Digit('1'))).unwrap();
        writer.close(&record(*n, 0)).unwrap();
    }
    let health = journal.health();
    assert!(health.audio_lost > 0 && health.calls_refused == 1 && health.failed > 0, "{health:?}");
    assert!(health.last_error.is_some());
    let report = journal.reader().verify().unwrap();
    assert!(report.is_sound() && report.running.is_empty(), "{report:?}");

    disk.set_capacity(1 << 20);
    until("working again", || journal.health().state == State::Working);
    let writer = journal.open_call(&opened(9)).unwrap();
    writer.audio(audio(Side::Agent, 0)).unwrap();
    writer.close(&record(9, 0)).unwrap();
    drop(journal);
    let journal = open(&disk);
    assert_eq!(journal.reader().entries(call_id(9)).unwrap().len(), 3);
    assert!(journal.reader().verify().unwrap().is_sound());
}

#[test]
fn below_the_low_mark_new_calls_are_refused_while_running_ones_go_on() {
    let disk = ModelDisk::new(2);
    disk.set_capacity(256 << 10);
    let journal = open(&disk);
    let writer = journal.open_call(&opened(1)).unwrap();
    disk.set_capacity(96 << 10);
    until("low", || journal.health().state == State::Low);
    assert!(matches!(journal.open_call(&opened(2)), Err(AppendError::Low)));
    writer.audio(audio(Side::Agent, 0)).unwrap();
    writer.close(&record(1, 0)).unwrap();
    assert_eq!(journal.reader().entries(call_id(1)).unwrap().len(), 3);
}

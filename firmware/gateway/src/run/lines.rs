//! The one thread that serves all lines.

use super::clock::Clock;
use super::keeper::Pulse;
use super::lessons::Lessons;
use super::recorder::Scribe;
use super::sound::Listening;
use crate::command::Trouble;
use crate::switchboard::Switchboard;
use call::{Cause, DeviceId, Station};
use fxo::Settings;
use line::LineCard;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// After the lines are released, so many blocks are given to the disk to close their calls.
const LAST_BLOCKS: u32 = 500;

/// The appliance's switchboard. Call identities take their randomness from the system.
pub fn switchboard(
    device: DeviceId,
    card: Box<dyn LineCard>,
    stations: Vec<Box<dyn Station>>,
    settings: &Settings,
    scribe: Scribe,
    lessons: &Lessons,
) -> Result<Switchboard<Scribe>, Trouble> {
    let lines = card.ports();
    let mut board = Switchboard::new(device, card, stations, settings, scribe, random())
        .map_err(Trouble::found)?;
    (0..lines).for_each(|index| board.recall(index, lessons.of(index)));
    Ok(board)
}

/// What gives call identities their randomness.
pub fn random() -> Box<dyn FnMut() -> u128 + Send> {
    let mut count = 0u128;
    Box::new(move || {
        let mut bytes = [0; 16];
        // A system without randomness has no keys either, and did not get here; were it to fail
        // later, identities stay apart by counting.
        if getrandom::fill(&mut bytes).is_err() {
            count += 1;
        }
        u128::from_le_bytes(bytes) ^ count
    })
}

/// Moves blocks until asked to stop; then releases every call and waits for its closing. `tests`
/// names the lines that are to be tested.
pub fn run(
    mut board: Switchboard<Scribe>,
    mut taps: Vec<Listening>,
    clock: &Clock,
    pulse: &Pulse,
    stop: &AtomicBool,
    tests: &Receiver<usize>,
) {
    while !stop.load(Ordering::Relaxed) {
        tests.try_iter().for_each(|index| board.test(index));
        step(&mut board, &mut taps, clock);
        pulse.beat();
    }
    board.release_all(Cause::Interrupted);
    taps.iter_mut().for_each(|tap| tap.release(board.recorder()));
    for _ in 0..LAST_BLOCKS {
        if board.recorder().is_settled() {
            return;
        }
        board.recorder().tend();
        std::thread::sleep(Duration::from_millis(10));
    }
    tracing::error!("some calls could not be closed on disk; the next start closes them");
}

fn step(board: &mut Switchboard<Scribe>, taps: &mut [Listening], clock: &Clock) {
    if let Err(error) = board.wait() {
        tracing::error!(%error, "the line card does not answer; it is asked again");
        std::thread::sleep(Duration::from_millis(500));
    }
    board.block(clock.now());
    taps.iter_mut().for_each(|tap| tap.block(clock, board.recorder()));
    board.recorder().tend();
}

//! The switchboard between an exchange in software and scripted handsets, in virtual time.

mod line_tests;

use super::*;
use call::SAMPLE_RATE;
use exchange::{Demonstration, Pace};
use std::path::Path;

/// What a recorder that writes nothing remembers.
#[derive(Default)]
pub(crate) struct Memory {
    /// Polls until an opening counts as written.
    pub(crate) patience: u32,
    /// Whether openings are refused.
    pub(crate) full: bool,
    pub(crate) opened: Vec<Opened>,
    /// Calls whose opening is written.
    pub(crate) written: Vec<CallId>,
    pub(crate) events: Vec<(CallId, Event)>,
    /// End of each call's audio so far.
    pub(crate) audio: std::collections::BTreeMap<CallId, Samples>,
    pub(crate) closed: Vec<(CallId, call::record::Cdr)>,
    pub(crate) tests: Vec<(usize, TestNews)>,
}

impl Recorder for Memory {
    type Opening = (CallId, u32);

    fn open(&mut self, opened: &Opened) -> Self::Opening {
        self.opened.push(opened.clone());
        (opened.call, self.patience)
    }

    fn poll_open(&mut self, (call, left): &mut Self::Opening) -> Poll<Result<(), NotRecorded>> {
        if self.full {
            return Poll::Ready(Err(NotRecorded));
        }
        if *left > 0 {
            *left -= 1;
            return Poll::Pending;
        }
        self.written.push(*call);
        Poll::Ready(Ok(()))
    }

    fn audio(&mut self, call: CallId, at: Samples, agent: &[i16], customer: &[i16]) {
        assert!(self.written.contains(&call), "audio of a call that is not opened on disk");
        assert_eq!(agent.len(), customer.len(), "both sides are in step");
        if let Some(end) = self.audio.get(&call) {
            assert_eq!(*end, at, "audio comes once and in order");
        }
        self.audio.insert(call, at + Samples(customer.len() as u64));
    }

    fn event(&mut self, call: &Call, event: Event) {
        let call = call.opened().call;
        assert!(self.written.contains(&call), "an event of a call that is not opened on disk");
        self.events.push((call, event));
    }

    fn close(&mut self, call: Call, end: Samples) {
        self.closed.push((call.opened().call, call.cdr(end)));
    }

    fn line(&mut self, _: usize, _: State, _: Option<CallId>, _: &Fxo) {}

    fn test(&mut self, index: usize, news: TestNews) {
        if self.tests.iter().all(|(tested, _)| *tested != index) {
            let line = line_name(index);
            let busy = self.opened.iter().any(|opened| {
                opened.line == line && self.closed.iter().all(|(call, _)| *call != opened.call)
            });
            let begun = matches!(news, TestNews::At(_));
            assert!(!(begun && busy), "a test on {line} while a call stands there");
        }
        self.tests.push((index, news));
    }
}

fn board(lines: usize, recorder: Memory) -> Switchboard<Memory> {
    let voices = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/voices");
    let demonstration =
        Demonstration { lines, pace: Pace::Pause { ms: 1_000 }, ..Demonstration::default() };
    let (exchange, stations) = demonstration.open(&voices).unwrap();
    board_of(exchange, stations, recorder)
}

fn board_of(
    exchange: exchange::Exchange,
    stations: Vec<Box<dyn Station>>,
    recorder: Memory,
) -> Switchboard<Memory> {
    let mut count = 0;
    let random = Box::new(move || {
        count += 1;
        count
    });
    let device = DeviceId([1; 16]);
    let settings = Settings::default();
    Switchboard::new(device, Box::new(exchange), stations, &settings, recorder, random).unwrap()
}

fn run(board: &mut Switchboard<Memory>, seconds: u64) {
    for block in 0..seconds * u64::from(SAMPLE_RATE) / BLOCK as u64 {
        let now = WallTime { unix_ms: 1_700_000_000_000 + block as i64 * 10, offset_min: 480 };
        board.wait().unwrap();
        board.block(now);
    }
}

#[test]
fn calls_run_from_seizure_to_release_and_every_opened_one_is_closed_once() {
    let mut board = board(4, Memory::default());
    run(&mut board, 240);
    board.release_all(Cause::Interrupted);
    let memory = board.recorder();
    assert!(memory.closed.len() >= 16, "{} calls in four minutes", memory.closed.len());
    let mut opened: Vec<CallId> = memory.opened.iter().map(|opened| opened.call).collect();
    let mut closed: Vec<CallId> = memory.closed.iter().map(|(call, _)| *call).collect();
    opened.sort();
    closed.sort();
    assert_eq!(opened, closed);
    let talked = memory.closed.iter().filter(|(_, cdr)| cdr.answered_at.is_some()).count();
    assert!(talked >= 8, "{talked} calls were answered");
    let inbound = memory.opened.iter().filter(|one| one.direction == Direction::Inbound).count();
    assert!(inbound >= 1, "the exchange calls in now and then");
}

#[test]
fn a_call_s_audio_reaches_from_its_opening_to_its_release_without_a_hole() {
    let mut board = board(2, Memory::default());
    run(&mut board, 90);
    let memory = board.recorder();
    for (call, cdr) in &memory.closed {
        let end = memory.audio.get(call).copied().unwrap_or_default();
        let missing = cdr.released_at.since(end).ms();
        assert!(missing <= 20, "call {call} lacks its last {missing} ms");
    }
    assert!(!memory.closed.is_empty());
}

#[test]
fn no_line_is_seized_before_the_opening_is_on_disk() {
    let slow = 150;
    let mut board = board(1, Memory { patience: slow, ..Memory::default() });
    run(&mut board, 30);
    let memory = board.recorder();
    let (_, first) = memory.events.first().expect("the call goes on when the disk is ready");
    assert_eq!(first.event, LegEvent::Seized);
    let waited = u64::from(slow) * BLOCK as u64;
    assert!(first.at.0 >= waited, "seized at {:?}, written at {waited}", first.at);
}

#[test]
fn a_call_that_cannot_be_recorded_is_not_taken_and_the_next_one_is() {
    let mut board = board(1, Memory { full: true, ..Memory::default() });
    run(&mut board, 30);
    let memory = board.recorder();
    assert!(memory.opened.len() >= 2, "the handset tries again");
    assert!(memory.events.is_empty() && memory.audio.is_empty() && memory.closed.is_empty());
    memory.full = false;
    run(&mut board, 60);
    assert!(!board.recorder().events.is_empty(), "with room on the disk calls go on");
}

/// A card whose second port is pulled out after a while.
struct Pulled {
    card: Box<dyn LineCard>,
    blocks: u32,
    gone: Gone,
}

/// A port that is not there any more.
struct Gone;

impl line::LineInterface for Gone {
    fn exchange(&mut self, _: &Block, _: &mut Block) -> Result<(), LineError> {
        Err(LineError::Vanished)
    }
    fn next_event(&mut self) -> Option<line::LineEvent> {
        None
    }
    fn set_hook(&mut self, _: line::Hook) -> Result<(), LineError> {
        Err(LineError::Vanished)
    }
    fn flash(&mut self, _: u16) -> Result<(), LineError> {
        Err(LineError::Vanished)
    }
}

impl LineCard for Pulled {
    fn ports(&self) -> usize {
        self.card.ports()
    }
    fn port(&mut self, index: usize) -> Option<&mut dyn line::LineInterface> {
        if index == 1 && self.blocks > 1_500 {
            return Some(&mut self.gone);
        }
        self.card.port(index)
    }
    fn wait(&mut self) -> Result<(), LineError> {
        self.blocks += 1;
        self.card.wait()
    }
}

#[test]
fn a_port_that_vanishes_ends_its_own_call_and_no_other() {
    let mut board = board(2, Memory::default());
    let card = std::mem::replace(&mut board.card, Box::new(NoCard));
    board.card = Box::new(Pulled { card, blocks: 0, gone: Gone });
    run(&mut board, 90);
    let memory = board.recorder();
    let line_of = |call: &CallId| {
        memory.opened.iter().find(|opened| opened.call == *call).map(|opened| opened.line.clone())
    };
    let faults: Vec<_> =
        memory.closed.iter().filter(|(_, cdr)| cdr.cause == Cause::LineFault).collect();
    assert!(faults.iter().all(|(call, _)| line_of(call).as_deref() == Some("line-2")));
    let late = |cdr: &call::record::Cdr| cdr.opened_at.unix_ms > 1_700_000_020_000;
    let after = memory.closed.iter().filter(|(_, cdr)| cdr.line == "line-1" && late(cdr)).count();
    assert!(after >= 1, "the other line goes on");
}

/// In place of a card for a moment.
struct NoCard;

impl LineCard for NoCard {
    fn ports(&self) -> usize {
        0
    }
    fn port(&mut self, _: usize) -> Option<&mut dyn line::LineInterface> {
        None
    }
    fn wait(&mut self) -> Result<(), LineError> {
        Ok(())
    }
}

//! How long it takes from the wire to us, and from us to the wire.

use crate::lines::{Ends, Lines};
use crate::{check, figure};
use dsp::level;
use line::{BLOCK, Block, Hook, LineEvent, Signal};
use std::time::{Duration, Instant};

/// Rings, and marks each way.
const TIMES: usize = 20;
/// What is waited for in vain.
const LIMIT: Duration = Duration::from_secs(2);
/// A block that stands out of silence.
const MARK: Block = [8_000; BLOCK];
const LOUD_DBM0: f32 = -20.0;

pub fn measure(ports: u32) -> Result<(), String> {
    let mut lines = Lines::open(ports)?;
    // The kernel keeps a ring's beginning back for 2 s after the hang-up at opening.
    lines.rest(2_500)?;
    let rings = rings(&mut lines)?;
    report("ring_to_event", &rings, 150);
    lines.port(0)?.set_hook(Hook::Off).map_err(|error| error.to_string())?;
    lines.rest(1_000)?;
    let to_line = marks(&mut lines, true)?;
    report("delay_to_line", &to_line, 40);
    let from_line = marks(&mut lines, false)?;
    report("delay_from_line", &from_line, 40);
    Ok(())
}

fn report(name: &str, times: &[Duration], allowed_ms: u128) {
    let sum: Duration = times.iter().sum();
    let mean = sum / times.len().max(1) as u32;
    let most = times.iter().max().copied().unwrap_or(LIMIT);
    figure(&format!("{name}_mean"), format_args!("{:.1}", mean.as_secs_f64() * 1e3), "ms");
    figure(&format!("{name}_most"), format_args!("{:.1}", most.as_secs_f64() * 1e3), "ms");
    check(name, most.as_millis() < allowed_ms, format_args!("under {allowed_ms} ms"));
}

/// Waits for a signal, in silence.
struct Wait {
    index: usize,
    signal: Signal,
    seen: bool,
}

impl Ends for Wait {
    fn near(&mut self, index: usize, _: &Block, events: &[LineEvent]) -> Block {
        self.seen |= index == self.index && events.iter().any(|event| event.what == self.signal);
        [0; BLOCK]
    }

    fn far(&mut self, _: usize, _: &Block) -> Block {
        [0; BLOCK]
    }
}

fn rings(lines: &mut Lines) -> Result<Vec<Duration>, String> {
    let mut times = Vec::new();
    for time in 0..TIMES {
        let index = time % lines.far.len();
        let failed = |error| format!("ringing: {error:?}");
        lines.far[index].ring(true).map_err(failed)?;
        let began = Instant::now();
        let mut wait = Wait { index, signal: Signal::RingOn, seen: false };
        while !wait.seen && began.elapsed() < LIMIT {
            lines.round(&mut wait)?;
        }
        times.push(began.elapsed());
        lines.far[index].ring(false).map_err(failed)?;
        lines.rest(300 + 7 * time as u64)?;
    }
    Ok(times)
}

/// One mark, from one end to the other.
struct Mark {
    to_line: bool,
    sent: Option<Instant>,
    came: Option<Instant>,
}

impl Mark {
    fn send(&mut self) -> Block {
        if self.sent.is_some() {
            return [0; BLOCK];
        }
        // It goes to the driver with the next block that is moved.
        self.sent = Some(Instant::now());
        MARK
    }

    fn hear(&mut self, heard: &Block) {
        if level::of(heard) > LOUD_DBM0 {
            self.came.get_or_insert_with(Instant::now);
        }
    }
}

impl Ends for Mark {
    fn near(&mut self, index: usize, heard: &Block, _: &[LineEvent]) -> Block {
        match (index, self.to_line) {
            (0, true) => self.send(),
            (0, false) => {
                self.hear(heard);
                [0; BLOCK]
            }
            _ => [0; BLOCK],
        }
    }

    fn far(&mut self, index: usize, heard: &Block) -> Block {
        match (index, self.to_line) {
            (0, true) => {
                self.hear(heard);
                [0; BLOCK]
            }
            (0, false) => self.send(),
            _ => [0; BLOCK],
        }
    }
}

/// From when a block is handed over at one end to when its sound is there at the other. Our own end
/// hands it over one block after it was made; that block is taken off.
fn marks(lines: &mut Lines, to_line: bool) -> Result<Vec<Duration>, String> {
    let held = if to_line { Duration::from_millis(10) } else { Duration::ZERO };
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let mut mark = Mark { to_line, sent: None, came: None };
        let began = Instant::now();
        while mark.came.is_none() && began.elapsed() < LIMIT {
            lines.round(&mut mark)?;
        }
        let passed = mark.sent.zip(mark.came).map(|(sent, came)| came - sent);
        times.push(passed.unwrap_or(LIMIT).saturating_sub(held));
        lines.rest(170)?;
    }
    Ok(times)
}

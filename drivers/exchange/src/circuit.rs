//! One line circuit of the office: the port that the appliance drives.
//!
//! A block is worked off in stretches: wherever the loop changes, a counter of the state runs out
//! or an event falls due, the stretch ends and the next begins, so everything happens at its sample.
//! The port's own clock is the count of samples exchanged.

use crate::directory::Directory;
use crate::foreign::{BALANCE_DB, CHOICE};
use crate::log::{Deed, Log};
use crate::office::{self, Mishap, Trouble};
use crate::ringing::Ringer;
use crate::state::State;
use crate::wire::WireState;
use line::{BLOCK, Block, Hook, Impedance, LineError, LineEvent, LineInterface, LoopState, Signal};
use std::collections::VecDeque;
use std::sync::Arc;

/// One line of the office.
pub(crate) struct Circuit {
    pub(crate) index: usize,
    pub(crate) directory: Arc<Directory>,
    pub(crate) line: office::Line,
    pub(crate) callers: Vec<Ringer>,
    pub(crate) due: Vec<Due>,
    pub(crate) mishaps: VecDeque<Mishap>,
    pub(crate) wire: WireState,
    pub(crate) state: State,
    pub(crate) now: u64,
    pub(crate) log: Log,
    events: VecDeque<LineEvent>,
    hook: Hook,
    /// Samples that a flash still keeps the loop open.
    flash_left: u64,
    closed: bool,
    /// Samples since the loop was opened.
    open_for: u64,
    pub(crate) cut: bool,
    vanished: bool,
    battery: bool,
    ringing_on: bool,
    pub(crate) reversed: bool,
    /// The impedance that the port presents.
    presented: Impedance,
}

/// A caller to come.
pub(crate) struct Due {
    pub(crate) at: u64,
    pub(crate) caller: usize,
    pub(crate) every: Option<u64>,
}

/// A line in use is tried again after so many samples.
const TRY_AGAIN: u64 = 2 * call::SAMPLE_RATE as u64;
/// A driver that does not read its events loses the oldest.
const EVENTS_KEPT: usize = 256;

impl Circuit {
    pub(crate) fn new(
        index: usize,
        directory: Arc<Directory>,
        line: office::Line,
        seed: u64,
        log: Log,
    ) -> Self {
        Circuit {
            index,
            directory,
            wire: {
                let mut wire = WireState::new(&line.wire, seed);
                if line.termination.map(|end| end.impedance()) == Some(CHOICE[0]) {
                    wire.balance(BALANCE_DB);
                }
                wire
            },
            line,
            callers: Vec::new(),
            due: Vec::new(),
            mishaps: VecDeque::new(),
            state: State::Idle,
            now: 0,
            log,
            events: VecDeque::with_capacity(EVENTS_KEPT),
            hook: Hook::On,
            flash_left: 0,
            closed: false,
            open_for: 0,
            cut: false,
            vanished: false,
            battery: true,
            ringing_on: false,
            reversed: false,
            presented: CHOICE[0],
        }
    }

    /// Something goes wrong, or right again, now.
    pub(crate) fn trouble(&mut self, what: Trouble) {
        match what {
            Trouble::Cut => {
                self.cut = true;
                self.ringing(false);
                self.battery(false);
            }
            Trouble::Mend => {
                self.cut = false;
                self.battery(true);
            }
            Trouble::Vanish => {
                self.vanished = true;
                self.hook = Hook::On;
            }
            Trouble::Return => self.vanished = false,
        }
        self.write(Deed::Trouble(what));
    }

    pub(crate) fn write(&self, deed: Deed) {
        self.write_at(0, deed);
    }

    pub(crate) fn write_at(&self, offset: usize, deed: Deed) {
        self.log.write(self.index, self.now + offset as u64, deed);
    }

    fn signal(&mut self, what: Signal) {
        if self.events.len() == EVENTS_KEPT {
            self.events.pop_front();
        }
        self.events.push_back(LineEvent { at: self.now, what });
    }

    /// Battery comes or goes; told once.
    pub(crate) fn battery(&mut self, present: bool) {
        let present = present && !self.cut;
        if present != self.battery {
            self.battery = present;
            self.signal(if present { Signal::BatteryPresent } else { Signal::BatteryLost });
        }
    }

    /// Ringing voltage comes or goes; told once, and not over a cut wire.
    pub(crate) fn ringing(&mut self, on: bool) {
        let on = on && !self.cut;
        if on != self.ringing_on {
            self.ringing_on = on;
            self.signal(if on { Signal::RingOn } else { Signal::RingOff });
        }
    }

    /// Tip and ring change places, or go back.
    pub(crate) fn reverse(&mut self, reversed: bool) {
        if reversed != self.reversed {
            self.reversed = reversed;
            if !self.cut {
                self.signal(Signal::PolarityReversed);
            }
        }
    }

    /// What falls due at the beginning of a block.
    fn keep_appointments(&mut self) {
        let now = self.now;
        while self.mishaps.front().is_some_and(|mishap| mishap.at_ms.saturating_mul(8) <= now) {
            if let Some(mishap) = self.mishaps.pop_front() {
                self.trouble(mishap.what);
            }
        }
        let free = matches!(self.state, State::Idle) && self.hook == Hook::On && !self.cut;
        let Some(place) = self.due.iter().position(|due| due.at <= now) else { return };
        if !free {
            self.due[place].at = now + TRY_AGAIN;
            return;
        }
        let caller = self.due[place].caller;
        match self.due[place].every {
            Some(every) => self.due[place].at = now + every.max(1),
            None => drop(self.due.swap_remove(place)),
        }
        self.offer(caller);
    }

    /// Works off samples `from..to` of a block over which the loop stays as it is.
    fn stretch(&mut self, from: usize, to: usize, closed: bool, heard: &Block, out: &mut Block) {
        self.turn_loop(closed);
        let mut at = from;
        while at < to {
            let mut end = to;
            if !closed && self.in_use() {
                let clear = crate::actor::samples(self.directory.rules.clear_ms);
                if self.open_for >= clear {
                    self.clear();
                    continue;
                }
                end = end.min(at + usize::try_from(clear - self.open_for).unwrap_or(to - at));
            }
            let used = self.step(&heard[at..end], &mut out[at..end]);
            if !closed {
                self.open_for += used as u64;
                if self.in_use() {
                    out[at..at + used].fill(0);
                }
            }
            self.now += used as u64;
            at += used;
        }
    }

    /// A call with our line as its caller, or taken by it.
    fn in_use(&self) -> bool {
        !matches!(self.state, State::Idle | State::Ringing { .. })
    }

    fn turn_loop(&mut self, closed: bool) {
        if closed == self.closed {
            return;
        }
        self.closed = closed;
        if !closed {
            self.open_for = 0;
            return;
        }
        let broken_for = self.open_for;
        match &mut self.state {
            State::Idle => self.seize(),
            State::Ringing { caller, .. } => {
                let caller = *caller;
                self.take(caller);
            }
            State::Collecting { register, dial_tone } => {
                register.broken(broken_for, &self.directory.rules);
                if register.begun() {
                    *dial_tone = None;
                }
            }
            _ => {
                let ms = u32::try_from(broken_for / 8).unwrap_or(u32::MAX);
                if self.directory.rules.flash_ms.contains(&ms) {
                    self.write(Deed::Flashed(ms));
                }
            }
        }
    }

    /// Whether the wire carries current at the office's end; a card that is gone holds no loop.
    fn loop_wanted(&self) -> bool {
        self.hook == Hook::Off && !self.cut && !self.vanished
    }
}

impl LineInterface for Circuit {
    fn exchange(&mut self, to_line: &Block, from_line: &mut Block) -> Result<(), LineError> {
        self.keep_appointments();
        let open = if self.loop_wanted() {
            usize::try_from(self.flash_left).unwrap_or(BLOCK).min(BLOCK)
        } else {
            BLOCK
        };
        self.flash_left = self.flash_left.saturating_sub(BLOCK as u64);
        let mut own = [0; BLOCK];
        if self.loop_wanted() {
            own[open..].copy_from_slice(&to_line[open..]);
        }
        let mut heard = [0; BLOCK];
        self.wire.carry_up(&own, &mut heard);
        let mut out = [0; BLOCK];
        if open > 0 {
            self.stretch(0, open, false, &heard, &mut out);
        }
        if open < BLOCK {
            self.stretch(open, BLOCK, true, &heard, &mut out);
        }
        if self.cut {
            out = [0; BLOCK];
        }
        if self.vanished {
            return Err(LineError::Vanished);
        }
        self.wire.carry_down(&own, &mut out);
        *from_line = out;
        Ok(())
    }

    fn next_event(&mut self) -> Option<LineEvent> {
        self.events.pop_front()
    }

    fn set_hook(&mut self, hook: Hook) -> Result<(), LineError> {
        if self.vanished {
            return Err(LineError::Vanished);
        }
        self.hook = hook;
        self.flash_left = 0;
        Ok(())
    }

    fn flash(&mut self, ms: u16) -> Result<(), LineError> {
        if self.vanished {
            return Err(LineError::Vanished);
        }
        if self.hook == Hook::On {
            return Err(LineError::Unsupported);
        }
        self.flash_left = u64::from(ms) * 8;
        Ok(())
    }

    fn loop_state(&mut self) -> LoopState {
        let volts = i32::from(self.line.battery_v.unwrap_or(48));
        let sign = if self.reversed { -1 } else { 1 };
        let (millivolts, microamps) = match (self.battery && !self.vanished, self.hook) {
            (false, _) => (0, 0),
            (true, Hook::On) => (sign * volts * 1_000, 0),
            (true, Hook::Off) => (sign * 7_000, 25_000),
        };
        LoopState { millivolts: Some(millivolts), microamps: Some(microamps) }
    }

    fn impedances(&self) -> &'static [Impedance] {
        if self.line.termination.is_some() { CHOICE } else { &[] }
    }

    fn impedance(&self) -> Option<Impedance> {
        self.line.termination.map(|_| self.presented)
    }

    fn set_impedance(&mut self, impedance: Impedance) -> Result<(), LineError> {
        let Some(end) = self.line.termination else { return Err(LineError::Unsupported) };
        if !CHOICE.contains(&impedance) {
            return Err(LineError::Unsupported);
        }
        let balance = if end.impedance() == impedance { BALANCE_DB } else { 0.0 };
        self.wire.balance(balance);
        self.presented = impedance;
        Ok(())
    }
}

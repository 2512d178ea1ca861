//! From one reading a block to what happened on the wire. No bus and no clock: each reading comes
//! with its sample count.
//!
//! * A ring begins when the chip's validation has confirmed one, and is off when no ringing voltage
//!   was seen for [`RING_GAP`] blocks: at 15 Hz there are 33 ms between two half waves. A ring of
//!   50 Hz may be looked at in its zero crossings only; then the chip's validation ends it too.
//! * While ringing voltage is there, and shortly after, the line voltage says nothing.
//! * While the hook switch has just moved ([`Watch::moved`]) neither do voltage and current.
//! * Polarity and battery must show the same for [`SURE`] readings before they are told: one reading
//!   may be torn by noise, or by a bus that stumbled.

use crate::chip::Reading;
use crate::settings::Parallel;
use line::{Hook, LineEvent, Signal};

/// Blocks without ringing voltage after which a ring is off: 50 ms.
const RING_GAP: u8 = 5;
/// Blocks after ringing voltage in which the line voltage says nothing: 200 ms.
const AFTER_RING: u8 = 20;
/// Readings that must agree.
const SURE: u8 = 3;
/// Blocks for which a parallel telephone must show: 100 ms.
const PARALLEL: u8 = 10;
/// Readings from which the usual loop current is learned.
const LEARNING: u8 = 10;
/// Off hook: how much of its current the line must be back to, to be ours alone again, in percent.
const ALONE: u16 = 85;
/// Events that wait to be fetched.
const WAITING: usize = 16;

/// What a line has shown so far.
#[derive(Clone, Debug)]
pub struct Watch {
    parallel: Parallel,
    /// Blocks since ringing voltage was last seen.
    quiet: u8,
    ringing: bool,
    /// The chip's validation said so at the last reading.
    valid: bool,
    /// Voltage was seen in this ring.
    voltage_seen: bool,
    /// Blocks until voltage and current count again.
    blank: u16,
    battery: Sure<bool>,
    reversed: Sure<bool>,
    elsewhere: bool,
    elsewhere_for: u8,
    usual: u16,
    learned: u8,
    events: Events,
}

impl Watch {
    /// A line of which nothing is known; battery is taken to be there.
    pub fn new(parallel: Parallel) -> Self {
        Watch {
            parallel,
            quiet: u8::MAX,
            ringing: false,
            valid: false,
            voltage_seen: false,
            blank: 0,
            battery: Sure::new(Some(true)),
            reversed: Sure::new(None),
            elsewhere: false,
            elsewhere_for: 0,
            usual: 0,
            learned: 0,
            events: Events::default(),
        }
    }

    /// The hook switch moved: for so many blocks what is seen of voltage and current is our doing.
    pub fn moved(&mut self, blocks: u16) {
        self.blank = self.blank.max(blocks);
        self.elsewhere_for = 0;
        self.usual = 0;
        self.learned = 0;
    }

    /// What the line shows at the end of the block that ends at sample `at`.
    pub fn see(&mut self, at: u64, hook: Hook, reading: Reading) {
        self.ring(at, hook, reading);
        if self.blank > 0 {
            self.blank -= 1;
            return;
        }
        if self.quiet < AFTER_RING {
            return;
        }
        let present = match hook {
            Hook::On => reading.volts != 0,
            Hook::Off => reading.milliamperes != 0,
        };
        if let Some(present) = self.battery.take(present) {
            let what = if present { Signal::BatteryPresent } else { Signal::BatteryLost };
            self.events.push(LineEvent { at, what });
        }
        if reading.volts != 0 {
            let known = self.reversed.known.is_some();
            let changed = self.reversed.take(reading.volts < 0);
            if changed.is_some() && known {
                self.events.push(LineEvent { at, what: Signal::PolarityReversed });
            }
        }
        self.others(hook, reading);
    }

    /// The oldest event not yet fetched.
    pub fn next_event(&mut self) -> Option<LineEvent> {
        self.events.pop()
    }

    /// Whether a telephone elsewhere on the line is off hook.
    pub fn in_use_elsewhere(&self) -> bool {
        self.elsewhere
    }

    /// Whether the line has battery, as far as is known.
    pub fn battery(&self) -> bool {
        self.battery.known.unwrap_or(true)
    }

    /// Events that came while too many waited, and were lost.
    pub fn lost(&self) -> u32 {
        self.events.lost
    }

    fn ring(&mut self, at: u64, hook: Hook, reading: Reading) {
        let voltage = reading.ringing && hook == Hook::On;
        let valid = reading.valid && hook == Hook::On;
        self.quiet = if voltage { 0 } else { self.quiet.saturating_add(1) };
        self.voltage_seen |= voltage;
        if !self.ringing && valid && (voltage || !self.valid) {
            self.ringing = true;
            self.voltage_seen = voltage;
            self.events.push(LineEvent { at, what: Signal::RingOn });
        }
        if self.ringing && self.quiet >= RING_GAP && (self.voltage_seen || !valid) {
            self.ringing = false;
            self.events.push(LineEvent { at, what: Signal::RingOff });
        }
        self.valid = valid;
    }

    fn others(&mut self, hook: Hook, reading: Reading) {
        let now = match hook {
            Hook::On => {
                let volts = reading.volts.unsigned_abs();
                volts != 0 && volts < self.parallel.on_hook_volts
            }
            Hook::Off => self.current_fell(reading.milliamperes),
        };
        if now == self.elsewhere {
            self.elsewhere_for = 0;
            return;
        }
        self.elsewhere_for += 1;
        if self.elsewhere_for >= PARALLEL {
            self.elsewhere = now;
            self.elsewhere_for = 0;
        }
    }

    fn current_fell(&mut self, milliamperes: u16) -> bool {
        if milliamperes == 0 {
            return false;
        }
        if self.learned < LEARNING {
            self.learned += 1;
            self.usual = self.usual.max(milliamperes);
            return self.elsewhere;
        }
        let percent = if self.elsewhere { ALONE } else { self.parallel.off_hook_percent.into() };
        u32::from(milliamperes) * 100 < u32::from(self.usual) * u32::from(percent)
    }
}

/// Something that is believed when enough readings in a row say so.
#[derive(Clone, Copy, Debug)]
struct Sure<T> {
    known: Option<T>,
    other_for: u8,
}

impl<T: PartialEq + Copy> Sure<T> {
    fn new(known: Option<T>) -> Self {
        Sure { known, other_for: 0 }
    }

    /// The new state when it has just become sure.
    fn take(&mut self, seen: T) -> Option<T> {
        if self.known == Some(seen) {
            self.other_for = 0;
            return None;
        }
        self.other_for += 1;
        if self.other_for < SURE {
            return None;
        }
        self.other_for = 0;
        self.known = Some(seen);
        Some(seen)
    }
}

/// The events that wait; when too many do, the oldest go.
#[derive(Clone, Debug, Default)]
struct Events {
    slots: [Option<LineEvent>; WAITING],
    first: usize,
    count: usize,
    lost: u32,
}

impl Events {
    fn push(&mut self, event: LineEvent) {
        if self.count == WAITING {
            self.pop();
            self.lost = self.lost.saturating_add(1);
        }
        self.slots[(self.first + self.count) % WAITING] = Some(event);
        self.count += 1;
    }

    fn pop(&mut self) -> Option<LineEvent> {
        if self.count == 0 {
            return None;
        }
        let event = self.slots[self.first].take();
        self.first = (self.first + 1) % WAITING;
        self.count -= 1;
        event
    }
}

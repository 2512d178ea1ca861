//! A Si3050 with its line side and the line it hangs on, as registers and time.
//!
//! It knows no bus and no driver: a test puts its own bus between this model and the driver it
//! tests. Registers are counted and named here a second time, on purpose, so that a slip in the
//! driver's own table shows.
//!
//! | shown | how |
//! |---|---|
//! | registers | reset values, writable bits, sticky interrupt sources, SR clears itself |
//! | power-up | the PLL locks 1 ms after reset while PCLK runs; the line side answers [`LINK_MS`] after PDL is cleared |
//! | ringing | a sine on the line: RDTP and RDTN follow its voltage, RDT what validation makes of it |
//! | line | battery over a loop resistance, reversed or cut, with a second telephone beside us: LVS and LCS2 by Ohm's law |
//! | off hook | LCS2 counts once the off-hook counter (FOH) has run out |
//! | faults | dropout, overload protection, a lost link, a reset behind the driver's back |
//!
//! Not shown: audio, calibration, the analog filters, ground start, GCI. Times that the data sheet
//! gives only as limits are constants here. A reversal shows as ringing voltage for some
//! milliseconds, as a transient on a real line does.

mod registers;
mod ring;

pub use ring::Ring;

use registers::{RESET, WRITABLE};
use ring::Validation;
use std::time::Duration;

/// How long the line side takes to answer once it is powered, in ms.
pub const LINK_MS: u64 = 20;
/// How long the PLL takes, in µs.
const PLL_US: u64 = 1000;
/// One step of the simulation, in µs.
const STEP_US: u64 = 500;
/// How long a reversal looks like ringing voltage, in µs.
const TRANSIENT_US: u64 = 8000;
/// What drops in the line side itself, in volts.
const BRIDGE_VOLTS: f64 = 4.0;
/// The current from which the overload protection opens the loop, in mA.
const OVERLOAD_MA: f64 = 160.0;

const ROV: u8 = 1 << 6;
const FDT: u8 = 1 << 5;
const DOD: u8 = 1 << 3;
const LCSO: u8 = 1 << 2;
const POL: u8 = 1 << 0;
const RDT: u8 = 1 << 7;

/// The line outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Battery in volts; 0: cut.
    pub battery_volts: f64,
    /// Tip and ring are changed over.
    pub reversed: bool,
    /// The loop's resistance, feed and wire together, in Ω.
    pub loop_ohms: f64,
    /// A telephone elsewhere on the line that is off hook: its resistance in Ω.
    pub parallel_ohms: Option<f64>,
    /// Ringing that the exchange sends.
    pub ring: Option<Ring>,
}

impl Default for Line {
    fn default() -> Self {
        Line {
            battery_volts: 48.0,
            reversed: false,
            loop_ohms: 1400.0,
            parallel_ohms: None,
            ring: None,
        }
    }
}

/// The chip on its line.
#[derive(Clone, Debug)]
pub struct Chip {
    /// The line; change it between two steps of time.
    pub line: Line,
    /// PCLK and FSYNC run.
    pub clocked: bool,
    registers: [u8; 60],
    line_side: u8,
    in_reset: bool,
    now_us: u64,
    awake_us: u64,
    powered_us: Option<u64>,
    linked: bool,
    off_hook_us: Option<u64>,
    protected: bool,
    positive: Option<bool>,
    transient_until_us: u64,
    ring_began_us: Option<u64>,
    validation: Validation,
}

impl Chip {
    /// A chip on an idle line, its clocks running, just powered. `line_side` is what LSID shows: 1
    /// for a Si3018, 3 for a Si3019.
    pub fn new(line_side: u8) -> Chip {
        Chip {
            line: Line::default(),
            clocked: true,
            registers: RESET,
            line_side,
            in_reset: false,
            now_us: 0,
            awake_us: 0,
            powered_us: None,
            linked: false,
            off_hook_us: None,
            protected: false,
            positive: None,
            transient_until_us: 0,
            ring_began_us: None,
            validation: Validation::default(),
        }
    }

    /// The RESET pin: held or let go.
    pub fn hold_reset(&mut self, held: bool) {
        if held || self.in_reset {
            self.reset();
        }
        self.in_reset = held;
    }

    /// The supply failed for a moment.
    pub fn brown_out(&mut self) {
        self.reset();
    }

    /// Reads a register; `None` in reset, when nothing drives SDO.
    pub fn read(&self, number: u8) -> Option<u8> {
        if self.in_reset {
            return None;
        }
        Some(match number {
            5 => self.hook_register(),
            11 => {
                if self.linked {
                    self.line_side << 4 | 4
                } else {
                    4
                }
            }
            12 => u8::from(self.linked) << 6 | (self.current_steps() / 3).min(31) as u8,
            13 => 0x40 | if self.linked { 5 << 2 } else { 0 },
            19 => u8::from(self.dropped_out()) << 1 | u8::from(self.protected),
            28 => self.current_steps() as u8,
            29 => self.voltage_steps().cast_unsigned(),
            _ => self.registers.get(usize::from(number)).copied().unwrap_or(0),
        })
    }

    /// Writes a register.
    pub fn write(&mut self, number: u8, value: u8) {
        let Some(kept) = self.registers.get(usize::from(number)).copied() else { return };
        if self.in_reset {
            return;
        }
        if number == 1 && value & 0x80 != 0 {
            self.reset();
            return;
        }
        if number == 4 {
            self.registers[4] = kept & value;
            return;
        }
        let writable = WRITABLE[usize::from(number)];
        self.registers[usize::from(number)] = kept & !writable | value & writable;
        match number {
            5 => self.hook_switch(),
            6 => {
                let powered = value & 0x18 == 0;
                self.powered_us = powered.then(|| self.powered_us.unwrap_or(self.now_us));
            }
            _ => {}
        }
    }

    /// Lets time pass.
    pub fn advance(&mut self, time: Duration) {
        let until = self.now_us + time.as_micros() as u64;
        while self.now_us < until {
            self.now_us = (self.now_us + STEP_US).min(until);
            self.step();
        }
    }

    /// Whether AOUT/INT asks for attention.
    pub fn interrupting(&self) -> bool {
        !self.in_reset
            && self.registers[2] & 0x80 != 0
            && self.registers[4] & self.registers[3] != 0
    }

    /// Whether the loop is closed on the line.
    pub fn off_hook(&self) -> bool {
        self.off_hook_us.is_some() && !self.protected
    }

    /// Whether what the line says reaches the PCM highway.
    pub fn hears_line(&self) -> bool {
        let hooked = self.registers[5] & 0x09 != 0;
        self.linked && hooked && self.registers[2] & 1 != 0 && self.registers[33] & 0x20 != 0
    }

    /// Loop current in mA, as the wire has it.
    pub fn loop_milliamperes(&self) -> f64 {
        self.loop_state().1
    }

    fn reset(&mut self) {
        self.registers = RESET;
        self.awake_us = self.now_us;
        self.powered_us = None;
        self.linked = false;
        self.off_hook_us = None;
        self.protected = false;
        self.positive = None;
        self.validation = Validation::default();
    }

    fn step(&mut self) {
        if self.in_reset {
            self.awake_us = self.now_us;
            return;
        }
        if !self.clocked {
            self.awake_us = self.now_us;
        }
        let locked = self.clocked && self.now_us >= self.awake_us + PLL_US;
        let answers = |since| locked && self.now_us >= since + LINK_MS * 1000;
        let linked = self.powered_us.is_some_and(answers);
        if linked != self.linked {
            self.linked = linked;
            self.registers[4] |= FDT;
        }
        if self.powered_us.is_some() && !locked {
            // Without its clock the link starts over.
            self.powered_us = Some(self.now_us);
        }
        self.watch_polarity();
        self.watch_loop();
        self.watch_ring();
    }

    fn watch_polarity(&mut self) {
        let volts = self.voltage_steps();
        if volts == 0 {
            return;
        }
        let positive = volts > 0;
        if self.positive.is_some_and(|before| before != positive) {
            self.registers[4] |= POL;
            self.transient_until_us = self.now_us + TRANSIENT_US;
        }
        self.positive = Some(positive);
    }

    fn watch_loop(&mut self) {
        if self.dropped_out() {
            self.registers[4] |= DOD;
        }
        if self.current_steps() >= 255 {
            self.registers[4] |= LCSO | ROV;
        }
        let protecting = self.registers[17] & 0x08 != 0;
        if protecting && self.off_hook_us.is_some() && self.loop_milliamperes() > OVERLOAD_MA {
            self.protected = true;
            self.registers[4] |= LCSO;
        }
    }

    fn watch_ring(&mut self) {
        let began = match self.line.ring {
            Some(_) => *self.ring_began_us.get_or_insert(self.now_us),
            None => {
                self.ring_began_us = None;
                self.now_us
            }
        };
        let volts = self.line.ring.map_or(0.0, |ring| ring.volts(self.now_us - began));
        let settings = ring::Settings::from_registers(&self.registers);
        let told = self.validation.see(self.now_us, volts, settings);
        if told && self.linked && self.off_hook_us.is_none() {
            self.registers[4] |= RDT;
        }
    }

    fn hook_switch(&mut self) {
        let off = self.registers[5] & 1 != 0;
        match (off, self.off_hook_us) {
            (true, None) if self.linked => {
                self.off_hook_us = Some(self.now_us);
                self.validation = Validation::default();
            }
            (false, Some(_)) => {
                self.off_hook_us = None;
                self.protected = false;
            }
            _ => {}
        }
    }

    fn hook_register(&self) -> u8 {
        let kept = self.registers[5] & 0x19;
        if !self.linked || self.off_hook_us.is_some() {
            return kept;
        }
        let transient = self.now_us < self.transient_until_us;
        let positive = self.validation.positive || transient && self.positive == Some(true);
        let negative = self.validation.negative || transient && self.positive == Some(false);
        let ringing = self.validation.ringing;
        kept | u8::from(negative) << 6 | u8::from(positive) << 5 | u8::from(ringing) << 2
    }

    /// Volts between tip and ring, and the current through us in mA.
    fn loop_state(&self) -> (f64, f64) {
        let Line { battery_volts, loop_ohms, parallel_ohms, .. } = self.line;
        let beside = parallel_ohms.map_or(0.0, |ohms| 1.0 / ohms);
        let feed = 1.0 / loop_ohms.max(1.0);
        let open = battery_volts * feed / (feed + beside);
        if !self.off_hook() || open <= BRIDGE_VOLTS {
            return (open, 0.0);
        }
        let ours = if self.registers[26] & 1 != 0 { 1.0 / 800.0 } else { 1.0 / 50.0 };
        let volts = (battery_volts * feed + BRIDGE_VOLTS * ours) / (feed + beside + ours);
        let current = (volts - BRIDGE_VOLTS) * ours * 1000.0;
        let limited = self.registers[26] & 2 != 0;
        (volts, if limited { current.min(60.0) } else { current })
    }

    /// LVS: 1 V a step, forced to 0 below 3 V.
    fn voltage_steps(&self) -> i8 {
        if !self.linked {
            return 0;
        }
        let volts = self.loop_state().0;
        if volts < 3.0 {
            return 0;
        }
        let steps = volts.round().min(127.0) as i8;
        if self.line.reversed { -steps } else { steps }
    }

    /// LCS2: 1.1 mA a step, 0 until the off-hook counter has run out.
    fn current_steps(&self) -> u16 {
        let Some(since) = self.off_hook_us else { return 0 };
        let counter_ms = [512, 128, 64, 8][usize::from(self.registers[31] >> 5 & 3)];
        if self.now_us < since + counter_ms * 1000 {
            return 0;
        }
        (self.loop_milliamperes() / 1.1).min(255.0) as u16
    }

    fn dropped_out(&self) -> bool {
        self.off_hook() && self.loop_milliamperes() < 1.0
    }
}

#[cfg(test)]
mod tests;

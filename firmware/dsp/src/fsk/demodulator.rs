//! The FSK receiver.
//!
//! Both standards lie around 1700 Hz, so one receiver hears either: the signal is shifted there,
//! low-passed, and how its phase turns from sample to sample is its frequency, whatever the
//! level of each tone (twist therefore costs nothing but noise margin). Which standard it was is
//! read off the mark before the first octet.

use super::{BAUD, FskStandard};
use crate::level;
use crate::oscillator;
use call::{SAMPLE_RATE, Samples};
use std::collections::VecDeque;
use std::f32::consts::TAU;

/// What came over the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FskEvent {
    /// [`MARK_BITS`] of steady mark: a message may begin.
    Mark(FskStandard),
    /// An octet, and the sample at which its stop bit was read.
    Octet {
        /// The eight data bits.
        octet: u8,
        /// Since the receiver was made.
        at: Samples,
    },
    /// After a mark, the carrier went away.
    Lost(Samples),
}

/// Bits of mark that announce a message. EN 300 659-1 sends 80 ± 25 at the least.
pub const MARK_BITS: u32 = 30;

/// Samples of mark that make [`MARK_BITS`].
const MARK_SAMPLES: u32 = MARK_BITS * SAMPLE_RATE / BAUD;
const SAMPLES_PER_BIT: f32 = SAMPLE_RATE as f32 / BAUD as f32;
const CENTRE_PERIOD: usize = 80;
/// 1700 Hz turns 17 times in 80 samples.
const CENTRE_TURNS: usize = 17;

/// One turn of the shift to zero: e^(-j 2π 1700 n / 8000).
static SHIFT: [(f32, f32); CENTRE_PERIOD] = {
    let mut table = [(0.0, 0.0); CENTRE_PERIOD];
    let mut n = 0;
    while n < CENTRE_PERIOD {
        let at = n * CENTRE_TURNS % CENTRE_PERIOD;
        table[n] = (
            oscillator::sine(at + CENTRE_PERIOD / 4, CENTRE_PERIOD),
            -oscillator::sine(at, CENTRE_PERIOD),
        );
        n += 1;
    }
    table
};

const TAPS: usize = 17;
/// Hamming-windowed low-pass, 750 Hz, its first half; it is symmetric about the ninth.
const LOW_PASS: [f32; TAPS / 2 + 1] = [
    -0.003_253_64,
    -0.004_445_03,
    -0.004_456_08,
    0.004_620_58,
    0.031_059_09,
    0.076_165_2,
    0.130_048_87,
    0.174_433_29,
    0.191_655_45,
];

/// Below this level there is no carrier, dBm0. EN 300 659-1 asks for -40 dBV at the
/// terminal, GR-30 for -32 dBm.
const LOWEST_DBM0: f32 = -48.0;
/// Samples below that level after which the carrier is lost: two bits.
const LOST_AFTER: u32 = 14;
/// How far a mark's frequency may be from a standard's, Hz: 1 % of either and the measuring.
const MARK_TOLERANCE_HZ: f32 = 45.0;

/// Listens for octets in FSK of both standards.
#[derive(Clone, Debug)]
pub struct FskDemodulator {
    lowest_power: f32,
    clock: u64,
    phase: usize,
    /// The last [`TAPS`] shifted samples, twice over so that any window lies in one piece.
    line: [(f32, f32); 2 * TAPS],
    at: usize,
    last: (f32, f32),
    /// Turn and power of the last three samples.
    turns: [(f32, f32); 3],
    power: f32,
    quiet: u32,
    previous: f32,
    state: State,
    mark: MarkRun,
    announced: bool,
    events: VecDeque<FskEvent>,
}

/// Mark so far: how many samples, and the sum of their frequencies.
#[derive(Clone, Copy, Debug, Default)]
struct MarkRun {
    samples: u32,
    sum: f32,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Waiting for a start bit; before the first mark, for the mark.
    Waiting,
    /// Within an octet: the next bit's number (0 start, 9 stop), how many samples until its
    /// middle, the bits so far.
    Octet { bit: u32, until: f32, octet: u8 },
}

impl Default for FskDemodulator {
    fn default() -> Self {
        Self::new()
    }
}

impl FskDemodulator {
    /// A receiver at sample 0.
    pub fn new() -> Self {
        // Shifting halves a real tone's amplitude.
        let amplitude = level::sine_peak(LOWEST_DBM0) / 2.0;
        FskDemodulator {
            lowest_power: amplitude * amplitude,
            clock: 0,
            phase: 0,
            line: [(0.0, 0.0); 2 * TAPS],
            at: 0,
            last: (0.0, 0.0),
            turns: [(0.0, 0.0); 3],
            power: 0.0,
            quiet: 0,
            previous: 0.0,
            state: State::Waiting,
            mark: MarkRun::default(),
            announced: false,
            events: VecDeque::with_capacity(64),
        }
    }

    /// Takes any number of samples in.
    pub fn push(&mut self, samples: &[i16]) {
        for &sample in samples {
            self.clock += 1;
            let offset = self.discriminate(f32::from(sample));
            if self.power < self.lowest_power {
                // Silence may last for weeks.
                self.quiet = self.quiet.saturating_add(1);
                if self.quiet == LOST_AFTER {
                    self.lose();
                }
            } else {
                self.quiet = 0;
            }
            if self.quiet < LOST_AFTER {
                self.read(offset);
            }
            self.previous = offset;
        }
    }

    /// The next event, in order.
    pub fn next_event(&mut self) -> Option<FskEvent> {
        self.events.pop_front()
    }

    /// The frequency now, as the sine of its turn per sample from 1700 Hz: mark is below zero.
    fn discriminate(&mut self, sample: f32) -> f32 {
        let (cos, sin) = SHIFT[self.phase];
        self.phase = (self.phase + 1) % CENTRE_PERIOD;
        let shifted = (sample * cos, sample * sin);
        self.line[self.at] = shifted;
        self.line[self.at + TAPS] = shifted;
        self.at = (self.at + 1) % TAPS;
        let window = &self.line[self.at..self.at + TAPS];

        let mut here = (0.0, 0.0);
        for (k, tap) in LOW_PASS[..TAPS / 2].iter().enumerate() {
            let (a, b) = (window[k], window[TAPS - 1 - k]);
            here = (here.0 + tap * (a.0 + b.0), here.1 + tap * (a.1 + b.1));
        }
        let middle = window[TAPS / 2];
        here.0 += LOW_PASS[TAPS / 2] * middle.0;
        here.1 += LOW_PASS[TAPS / 2] * middle.1;

        let turn = here.1 * self.last.0 - here.0 * self.last.1;
        let power = here.0 * here.0 + here.1 * here.1;
        self.last = here;
        self.power += (power - self.power) * 0.125;
        self.turns.rotate_left(1);
        self.turns[2] = (turn, power);
        let (turn, power) =
            self.turns.iter().fold((0.0, 0.0), |sum, next| (sum.0 + next.0, sum.1 + next.1));
        if power > 0.0 { turn / power } else { 0.0 }
    }

    fn read(&mut self, offset: f32) {
        match self.state {
            State::Waiting => self.wait(offset),
            State::Octet { bit, until, octet } => {
                let until = until - 1.0;
                if until > 0.0 {
                    self.state = State::Octet { bit, until, octet };
                    return;
                }
                // `until` is now how far back the bit's middle lies, as a negative.
                let middle = offset + (offset - self.previous) * until;
                self.read_bit(bit, middle < 0.0, octet, until + SAMPLES_PER_BIT);
            }
        }
    }

    fn read_bit(&mut self, bit: u32, mark: bool, octet: u8, until: f32) {
        self.state = match bit {
            // A start bit that is none was a click in the mark.
            0 if mark => State::Waiting,
            0 => State::Octet { bit: 1, until, octet },
            1..=8 => {
                let octet = octet | u8::from(mark) << (bit - 1);
                State::Octet { bit: bit + 1, until, octet }
            }
            _ => {
                self.events.push_back(FskEvent::Octet { octet, at: Samples(self.clock) });
                State::Waiting
            }
        };
    }

    fn wait(&mut self, offset: f32) {
        if offset < 0.0 {
            self.mark.samples = self.mark.samples.saturating_add(1);
            self.mark.sum += offset.max(-1.0).asin();
            if self.mark.samples == MARK_SAMPLES {
                self.end_of_mark();
            }
            return;
        }
        let began = self.previous < 0.0;
        self.mark = MarkRun::default();
        if self.announced && began {
            // The edge lies between the last sample and this one.
            let since = offset / (offset - self.previous);
            let until = SAMPLES_PER_BIT / 2.0 - since;
            self.state = State::Octet { bit: 0, until, octet: 0 };
        }
    }

    /// Enough mark: whose it is.
    fn end_of_mark(&mut self) {
        let mean = self.mark.sum / self.mark.samples as f32;
        let hz = 1700.0 + mean / TAU * SAMPLE_RATE as f32;
        let standard = [FskStandard::Bell202, FskStandard::V23]
            .into_iter()
            .find(|standard| (hz - standard.mark_hz()).abs() <= MARK_TOLERANCE_HZ);
        if let Some(standard) = standard {
            self.announced = true;
            self.events.push_back(FskEvent::Mark(standard));
        } else {
            // Something else that is steady; listen on.
            self.mark = MarkRun::default();
        }
    }

    fn lose(&mut self) {
        if self.announced {
            self.events.push_back(FskEvent::Lost(Samples(self.clock)));
        }
        self.announced = false;
        self.state = State::Waiting;
        self.mark = MarkRun::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_of_silence_or_of_mark_do_not_count_over() {
        let mut receiver = FskDemodulator { quiet: u32::MAX - 1, ..FskDemodulator::new() };
        receiver.push(&[0; 80]);
        assert_eq!(receiver.quiet, u32::MAX);
        assert_eq!(receiver.next_event(), None);
        let mut mark = crate::fsk::FskModulator::new(FskStandard::V23, -10.0);
        mark.push_mark(60);
        let mut samples = [0; 400];
        mark.fill(&mut samples);
        receiver.push(&samples);
        assert_eq!(receiver.next_event(), Some(FskEvent::Mark(FskStandard::V23)));
        receiver.mark.samples = u32::MAX - 1;
        receiver.push(&samples[100..180]);
        assert_eq!(receiver.next_event(), None);
    }
}

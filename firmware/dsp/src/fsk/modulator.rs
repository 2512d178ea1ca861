//! The FSK sender.

use super::{BAUD, FskStandard};
use crate::level;
use crate::oscillator::{Oscillator, step_of};
use call::SAMPLE_RATE;
use std::collections::VecDeque;

/// Sends queued bits with continuous phase.
///
/// A bit is 6⅔ samples; where one ends between two samples, the phase moves by each frequency's
/// share of that sample, so the edges are exact however long the message.
#[derive(Clone, Debug)]
pub struct FskModulator {
    bits: VecDeque<bool>,
    carrier: Oscillator,
    mark_step: u32,
    space_step: u32,
    current: Option<bool>,
    /// What is left of the current bit, in units of 1/(8000 × 1200) s: a bit is 8000 of them, a
    /// sample 1200.
    left: u32,
}

const BIT: u32 = SAMPLE_RATE;
const SAMPLE: u32 = BAUD;

impl FskModulator {
    /// A sender with nothing to send, at a level in dBm0.
    pub fn new(standard: FskStandard, dbm0: f32) -> Self {
        Self::detuned(standard.mark_hz(), standard.space_hz(), dbm0)
    }

    /// The same with frequencies of one's own, Hz: a sender that is off by what the standard
    /// still allows.
    pub fn detuned(mark_hz: f32, space_hz: f32, dbm0: f32) -> Self {
        FskModulator {
            bits: VecDeque::new(),
            carrier: Oscillator::new(mark_hz, level::sine_peak(dbm0)),
            mark_step: step_of(mark_hz),
            space_step: step_of(space_hz),
            current: None,
            left: 0,
        }
    }

    /// Queues one bit.
    pub fn push_bit(&mut self, bit: bool) {
        self.bits.push_back(bit);
    }

    /// Queues alternating bits, beginning with 0: the channel seizure signal.
    pub fn push_seizure(&mut self, bits: usize) {
        self.bits.extend((0..bits).map(|at| at % 2 == 1));
    }

    /// Queues marks.
    pub fn push_mark(&mut self, bits: usize) {
        self.bits.extend(std::iter::repeat_n(true, bits));
    }

    /// Queues octets, each with its start and stop bit.
    pub fn push_octets(&mut self, octets: &[u8]) {
        for &octet in octets {
            self.push_bit(false);
            for shift in 0..8 {
                self.push_bit(octet >> shift & 1 == 1);
            }
            self.push_bit(true);
        }
    }

    /// True when the last bit has been sent.
    pub fn is_idle(&self) -> bool {
        self.current.is_none() && self.bits.is_empty()
    }

    /// Overwrites `out`; returns how many samples carried bits. The rest of `out` is silence.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        for (at, sample) in out.iter_mut().enumerate() {
            if self.left == 0 && !self.begin_bit() {
                out[at..].fill(0);
                return at;
            }
            let step = self.sample_step();
            *sample = level::to_sample(self.carrier.next_stepping(step));
        }
        out.len()
    }

    /// Uses up one sample's time and says how far the phase moves in it.
    fn sample_step(&mut self) -> u32 {
        let mut need = SAMPLE;
        let mut moved = 0u64;
        while need > 0 {
            if self.left == 0 && !self.begin_bit() {
                break;
            }
            let run = need.min(self.left);
            let step = if self.current == Some(true) { self.mark_step } else { self.space_step };
            moved += u64::from(step) * u64::from(run);
            need -= run;
            self.left -= run;
        }
        if self.left == 0 && self.bits.is_empty() {
            self.current = None;
        }
        (moved / u64::from(SAMPLE)) as u32
    }

    fn begin_bit(&mut self) -> bool {
        self.current = self.bits.pop_front();
        self.left = if self.current.is_some() { BIT } else { 0 };
        self.current.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_hundred_bits_last_a_second_and_keep_their_phase() {
        let mut modulator = FskModulator::new(FskStandard::Bell202, -13.5);
        modulator.push_seizure(600);
        modulator.push_mark(600);
        let mut samples = vec![0; 9000];
        let mut done = 0;
        for piece in samples.chunks_mut(77) {
            done += modulator.fill(piece);
        }
        assert_eq!(done, 8000);
        assert!(modulator.is_idle());
        assert!((level::of(&samples[..8000]) + 13.5).abs() < 0.05);
        // With continuous phase no step between neighbours is beyond the space frequency's own.
        let steepest =
            level::sine_peak(-13.5) * 2.0 * (std::f32::consts::PI * 2200.0 / 8000.0).sin();
        for pair in samples[..8000].windows(2) {
            assert!(f32::from((pair[1] - pair[0]).abs()) <= steepest + 2.0);
        }
    }
}

//! The DTMF sender.

use super::frequencies;
use crate::level;
use crate::oscillator::Oscillator;
use call::Samples;
use std::collections::VecDeque;

/// How digits are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DtmfSettings {
    /// Level of the low-group frequency, dBm0.
    pub low_dbm0: f32,
    /// Level of the high-group frequency, dBm0. Q.23 wants it not below the low one; 2 dB above
    /// (ES 201 235-2) makes up for what the loop takes.
    pub high_dbm0: f32,
    /// How long a digit sounds, ms. ES 201 235-2: at least 65.
    pub on_ms: u32,
    /// Silence after a digit, ms. ES 201 235-2: at least 65.
    pub off_ms: u32,
}

impl Default for DtmfSettings {
    /// -9 and -7 dBm0, 80 ms on, 80 ms off.
    fn default() -> Self {
        DtmfSettings { low_dbm0: -9.0, high_dbm0: -7.0, on_ms: 80, off_ms: 80 }
    }
}

/// A character that no key sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("DTMF sends 0-9, *, # and A-D only")]
pub struct NotADtmfDigit;

/// Sends queued digits, one after the other, sample-exact.
#[derive(Clone, Debug)]
pub struct DtmfGenerator {
    settings: DtmfSettings,
    waiting: VecDeque<char>,
    low: Oscillator,
    high: Oscillator,
    /// Samples of the current digit still to sound, then of silence still to keep.
    on_left: u64,
    off_left: u64,
}

impl DtmfGenerator {
    /// A sender with nothing to send.
    pub fn new(settings: DtmfSettings) -> Self {
        DtmfGenerator {
            settings,
            waiting: VecDeque::with_capacity(32),
            low: Oscillator::default(),
            high: Oscillator::default(),
            on_left: 0,
            off_left: 0,
        }
    }

    /// Queues digits behind those already waiting; all or, if one cannot be sent, none.
    pub fn push(&mut self, digits: &str) -> Result<(), NotADtmfDigit> {
        if digits.chars().any(|digit| frequencies(digit).is_none()) {
            return Err(NotADtmfDigit);
        }
        self.waiting.extend(digits.chars());
        Ok(())
    }

    /// True when the last digit and the silence after it have been sent.
    pub fn is_idle(&self) -> bool {
        self.on_left == 0 && self.off_left == 0 && self.waiting.is_empty()
    }

    /// Forgets what waits and breaks off what sounds.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.on_left = 0;
        self.off_left = 0;
    }

    /// Overwrites `out`; returns how many samples were digits and their silences. The rest of
    /// `out` is silence.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        out.fill(0);
        let mut done = 0;
        while done < out.len() {
            if self.on_left == 0 && self.off_left == 0 && !self.begin_digit() {
                break;
            }
            let left = if self.on_left > 0 { self.on_left } else { self.off_left };
            let run = usize::try_from(left).unwrap_or(usize::MAX).min(out.len() - done);
            if self.on_left > 0 {
                for sample in &mut out[done..done + run] {
                    *sample = level::to_sample(self.low.next() + self.high.next());
                }
                self.on_left -= run as u64;
            } else {
                self.off_left -= run as u64;
            }
            done += run;
        }
        done
    }

    fn begin_digit(&mut self) -> bool {
        let Some((low, high)) = self.waiting.pop_front().and_then(frequencies) else {
            return false;
        };
        self.low = Oscillator::new(low, level::sine_peak(self.settings.low_dbm0));
        self.high = Oscillator::new(high, level::sine_peak(self.settings.high_dbm0));
        self.on_left = Samples::from_ms(u64::from(self.settings.on_ms)).0;
        self.off_left = Samples::from_ms(u64::from(self.settings.off_ms)).0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_pauses_last_to_the_sample_whatever_the_blocks() {
        let mut whole = DtmfGenerator::new(DtmfSettings::default());
        whole.push("1d*").unwrap();
        let mut samples = vec![0; 4000];
        assert_eq!(whole.fill(&mut samples), 3 * 1280);
        assert!(whole.is_idle());
        for start in [0, 1280, 2560] {
            assert!((level::of(&samples[start..start + 640]) + 4.88).abs() < 0.2);
            assert!(samples[start + 640..start + 1280].iter().all(|&sample| sample == 0));
        }
        let mut cut = DtmfGenerator::new(DtmfSettings::default());
        cut.push("1D").unwrap();
        cut.push("*").unwrap();
        let mut pieces = vec![0; 4000];
        for piece in pieces.chunks_mut(33) {
            cut.fill(piece);
        }
        assert_eq!(samples, pieces);
    }

    #[test]
    fn a_character_without_a_key_queues_nothing() {
        let mut generator = DtmfGenerator::new(DtmfSettings::default());
        assert_eq!(generator.push("12+"), Err(NotADtmfDigit));
        assert!(generator.is_idle());
        generator.push("12").unwrap();
        generator.clear();
        assert!(generator.is_idle());
    }
}

//! The register that takes digits, by DTMF and by dial pulses.

use crate::actor::samples;
use crate::office::Digits;
use crate::rules::Rules;
use dsp::dtmf::DtmfDetector;

/// The most digits a register holds; what comes after is not heard.
const LONGEST: usize = 32;

pub(crate) struct Register {
    digits: String,
    takes: Digits,
    detector: DtmfDetector,
    /// A DTMF digit has been heard, if only its beginning.
    sounding: bool,
    /// Breaks of the digit being pulsed.
    pulses: u8,
    /// Samples since the last digit, or since the register was attached.
    idle: u64,
    /// Samples since the last break ended.
    made: u64,
}

impl Register {
    pub(crate) fn new(takes: Digits) -> Self {
        Register {
            digits: String::with_capacity(LONGEST),
            takes,
            detector: DtmfDetector::default(),
            sounding: false,
            pulses: 0,
            idle: 0,
            made: 0,
        }
    }

    /// What has been dialled so far.
    pub(crate) fn digits(&self) -> &str {
        &self.digits
    }

    /// Samples since the last digit.
    pub(crate) fn idle(&self) -> u64 {
        self.idle
    }

    /// Whether anything of a digit has come.
    pub(crate) fn begun(&self) -> bool {
        self.sounding || !self.digits.is_empty() || self.pulses > 0
    }

    /// Hears a stretch of closed loop; answers the digit that it completed, if one.
    pub(crate) fn hear(&mut self, heard: &[i16], rules: &Rules) -> Option<char> {
        self.idle += heard.len() as u64;
        self.made += heard.len() as u64;
        if self.pulses > 0 {
            if self.made < samples(rules.digit_gap_ms) {
                return None;
            }
            let digit = char::from(b'0' + self.pulses % 10);
            self.pulses = 0;
            return self.take(digit);
        }
        if matches!(self.takes, Digits::PulseOnly | Digits::Neither) {
            return None;
        }
        self.detector.push(heard);
        if self.detector.sounding().is_some() {
            self.idle = 0;
            self.sounding = true;
        }
        let ended = self.detector.next_digit()?;
        self.take(ended.digit)
    }

    /// The loop was broken for so long and is closed again.
    pub(crate) fn broken(&mut self, for_samples: u64, rules: &Rules) {
        let pulse = samples(*rules.pulse_ms.start())..=samples(*rules.pulse_ms.end());
        let takes = matches!(self.takes, Digits::Both | Digits::PulseOnly);
        if takes && pulse.contains(&for_samples) {
            self.pulses = (self.pulses + 1).min(10);
        }
        self.made = 0;
        self.idle = 0;
    }

    fn take(&mut self, digit: char) -> Option<char> {
        self.idle = 0;
        if self.digits.len() == LONGEST {
            return None;
        }
        self.digits.push(digit);
        Some(digit)
    }
}

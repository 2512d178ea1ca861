//! The DTMF receiver.

use call::Samples;
use std::collections::VecDeque;

/// A digit that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DtmfDigit {
    /// `0`-`9`, `*`, `#`, `A`-`D`.
    pub digit: char,
    /// When it began, in samples since the detector was made.
    pub start: Samples,
    /// How long it sounded.
    pub duration: Samples,
}

/// Listens for DTMF digits.
#[derive(Clone, Debug, Default)]
pub struct DtmfDetector {
    heard: VecDeque<DtmfDigit>,
    clock: u64,
}

impl DtmfDetector {
    /// A detector at sample 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes any number of samples in.
    pub fn push(&mut self, samples: &[i16]) {
        self.clock += samples.len() as u64;
    }

    /// The digit that sounds now, as soon as it is sure; before [`DtmfDetector::next_digit`] has it.
    pub fn sounding(&self) -> Option<char> {
        None
    }

    /// The next digit that has ended, in order.
    pub fn next_digit(&mut self) -> Option<DtmfDigit> {
        self.heard.pop_front()
    }
}

//! Fax tones (ITU-T T.30 §4).

use call::Samples;
use std::collections::VecDeque;

/// A tone that a fax machine sends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaxTone {
    /// Calling tone: 1100 Hz, half a second every three.
    Cng,
    /// Called-station identification: 2100 Hz, some three seconds.
    Ced,
}

/// A fax tone that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaxHeard {
    /// The sample at which it was sure, since the detector was made.
    pub at: Samples,
    /// Which.
    pub tone: FaxTone,
}

/// Listens for fax tones.
#[derive(Clone, Debug, Default)]
pub struct FaxDetector {
    clock: u64,
    heard: VecDeque<FaxHeard>,
}

impl FaxDetector {
    /// A detector at sample 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes any number of samples in.
    pub fn push(&mut self, samples: &[i16]) {
        self.clock += samples.len() as u64;
    }

    /// The next tone heard, in order.
    pub fn next_tone(&mut self) -> Option<FaxHeard> {
        self.heard.pop_front()
    }
}

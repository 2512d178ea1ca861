//! The same names where the library is missing: none can be made.

use crate::Tone;
use core::convert::Infallible;
use dsp::fsk::FskStandard;
use dsp::plan::Country;

/// spandsp's DTMF receiver; not installed.
#[derive(Debug)]
pub struct Dtmf(Infallible);

impl Dtmf {
    /// `None`: the library is not installed.
    pub fn new() -> Option<Self> {
        None
    }

    /// Takes samples in.
    pub fn push(&mut self, _samples: &[i16]) {
        match self.0 {}
    }

    /// The digits heard since the last call.
    pub fn digits(&mut self) -> String {
        match self.0 {}
    }
}

/// spandsp's caller-identity receiver over FSK; not installed.
#[derive(Debug)]
pub struct CallerId(Infallible);

impl CallerId {
    /// `None`: the library is not installed.
    pub fn new(_standard: FskStandard) -> Option<Self> {
        None
    }

    /// Takes samples in.
    pub fn push(&mut self, _samples: &[i16]) {
        match self.0 {}
    }

    /// The messages heard since the last call.
    pub fn messages(&mut self) -> Vec<Vec<u8>> {
        match self.0 {}
    }
}

/// spandsp's call-progress detector; not installed.
#[derive(Debug)]
pub struct CallProgress(Infallible);

impl CallProgress {
    /// `None`: the library is not installed.
    pub fn new(_country: Country) -> Option<Self> {
        None
    }

    /// Takes samples in.
    pub fn push(&mut self, _samples: &[i16]) {
        match self.0 {}
    }

    /// The tones heard since the last call.
    pub fn tones(&mut self) -> Vec<Tone> {
        match self.0 {}
    }
}

/// spandsp's line echo canceller; not installed.
#[derive(Debug)]
pub struct EchoCanceller(Infallible);

impl EchoCanceller {
    /// `None`: the library is not installed.
    pub fn new(_taps: usize) -> Option<Self> {
        None
    }

    /// Takes what was sent and what was received; adds what is left.
    pub fn push(&mut self, _sent: &[i16], _received: &[i16], _out: &mut Vec<i16>) {
        match self.0 {}
    }
}

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

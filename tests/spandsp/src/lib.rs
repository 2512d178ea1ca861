//! libspandsp's detectors and its echo canceller, as an oracle beside ours.
//!
//! For tests and benchmarks only; nothing that ships links to it (it is LGPL). Where the library is
//! not installed every constructor answers `None`, and who compares says that it skips.
//!
//! Each detector takes blocks of samples at 8 kHz and gathers what it heard until it is asked.
//! [`trials`] and [`echo`] put both sides to the same work: the tests assert on what comes of it, and
//! `tools/bench` prints it.

pub mod echo;
pub mod trials;

#[cfg(spandsp)]
mod library;
#[cfg(spandsp)]
pub use library::{CallProgress, CallerId, Dtmf, EchoCanceller};

#[cfg(not(spandsp))]
mod absent;
#[cfg(not(spandsp))]
pub use absent::{CallProgress, CallerId, Dtmf, EchoCanceller};

/// Whether the library was found when this crate was built.
pub const PRESENT: bool = cfg!(spandsp);

/// A tone that spandsp's call-progress detector was given to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Dial tone.
    Dial,
    /// Ringback.
    Ringback,
    /// Busy.
    Busy,
    /// Congestion.
    Congestion,
}

/// The tones in the order of the detector's numbers.
pub const TONES: [Tone; 4] = [Tone::Dial, Tone::Ringback, Tone::Busy, Tone::Congestion];

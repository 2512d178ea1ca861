//! Voice-band data at 1200 bit/s by frequency shift keying, as caller identity is sent.
//!
//! Two standards, told apart by their frequencies: Bell 202 (Telcordia GR-30-CORE) and ITU-T V.23
//! mode 2 (ETSI EN 300 659-1). Octets go least significant bit first, one start bit (space), eight
//! data bits, one stop bit (mark).

mod demodulator;
mod modulator;

pub use demodulator::{FskDemodulator, FskEvent, MARK_BITS};
pub use modulator::FskModulator;

/// Bits a second of both standards.
pub const BAUD: u32 = 1200;

/// Which pair of frequencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FskStandard {
    /// Mark 1200 Hz, space 2200 Hz (GR-30-CORE).
    Bell202,
    /// Mark 1300 Hz, space 2100 Hz (EN 300 659-1, V.23 mode 2).
    V23,
}

impl FskStandard {
    /// The frequency of a binary 1 (mark), Hz.
    pub const fn mark_hz(self) -> f32 {
        match self {
            FskStandard::Bell202 => 1200.0,
            FskStandard::V23 => 1300.0,
        }
    }

    /// The frequency of a binary 0 (space), Hz.
    pub const fn space_hz(self) -> f32 {
        match self {
            FskStandard::Bell202 => 2200.0,
            FskStandard::V23 => 2100.0,
        }
    }
}

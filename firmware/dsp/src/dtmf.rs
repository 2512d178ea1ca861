//! Dual-tone multi-frequency signalling (ITU-T Q.23 and Q.24, ETSI ES 201 235).
//!
//! A digit is one frequency of a low and one of a high group of four. [`DtmfGenerator`] sends;
//! levels, twist and times are [`DtmfSettings`]. [`DtmfDetector`] hears, within [`DtmfLimits`].

mod detector;
mod generator;

pub use detector::{DtmfDetector, DtmfDigit, DtmfLimits};
pub use generator::{DtmfGenerator, DtmfSettings, NotADtmfDigit};

/// The low group, rows of the keypad, Hz (Q.23).
pub const LOW_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];

/// The high group, columns of the keypad, Hz (Q.23).
pub const HIGH_HZ: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];

/// The keypad: rows by columns.
const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// The low and high frequency of a digit (`0`-`9`, `*`, `#`, `A`-`D` in either case), Hz.
pub fn frequencies(digit: char) -> Option<(f32, f32)> {
    let digit = digit.to_ascii_uppercase();
    let row = KEYS.iter().position(|row| row.contains(&digit))?;
    let column = KEYS[row].iter().position(|&key| key == digit)?;
    Some((LOW_HZ[row], HIGH_HZ[column]))
}

//! How an exchange of a country reads the hook, and how long it is patient.
//!
//! Makers and operators set these; the figures are usual ones, in milliseconds.

use core::ops::RangeInclusive;
use dsp::plan::Country;

/// What a break of the loop means, by its length, and the time-outs of a call.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// While digits are taken: one break of a dial pulse. At 8 to 12 pulses a second and a ratio
    /// of 1.3 to 2 a break lasts 47 to 83 ms; ITU-T Q.28 lets a receiver be wider.
    pub(crate) pulse_ms: RangeInclusive<u32>,
    /// The loop closed for so long ends a digit.
    pub(crate) digit_gap_ms: u32,
    /// In a call: a hook flash (register recall).
    pub(crate) flash_ms: RangeInclusive<u32>,
    /// The loop open for so long ends the call.
    pub(crate) clear_ms: u32,
    /// From dial tone to the first digit.
    pub(crate) first_digit_ms: u32,
    /// Between digits; then the number is taken as complete.
    pub(crate) next_digit_ms: u32,
    /// Busy tone, when nothing happens.
    pub(crate) busy_ms: u32,
    /// Then the howler, then silence until the loop opens.
    pub(crate) howler_ms: u32,
}

impl Rules {
    pub(crate) fn of(country: Country) -> Rules {
        let rules = Rules {
            pulse_ms: 20..=120,
            digit_gap_ms: 200,
            flash_ms: 60..=350,
            clear_ms: 400,
            first_digit_ms: 15_000,
            next_digit_ms: 4_000,
            busy_ms: 40_000,
            howler_ms: 60_000,
        };
        match country {
            Country::China => rules,
            Country::Usa => Rules { flash_ms: 300..=1_000, clear_ms: 1_200, ..rules },
            Country::Uk => Rules { flash_ms: 50..=130, clear_ms: 300, ..rules },
        }
    }
}

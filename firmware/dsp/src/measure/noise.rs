//! The noise of a quiet line.
//!
//! Weighted as ITU-T O.41 table 1 weighs a telephone circuit (a psophometer, dBm0p), flat over
//! 300 to 3400 Hz, and the mains' share by itself, so that it can be said where noise comes from.

use super::spectrum::{self, STEP_HZ, WINDOW};
use crate::level;
use serde::Serialize;

/// ITU-T O.41 table 1: Hz, and dB relative to 800 Hz.
const PSOPHOMETER: [(f32, f32); 23] = [
    (16.66, -85.0),
    (50.0, -63.0),
    (100.0, -41.0),
    (200.0, -21.0),
    (300.0, -10.6),
    (400.0, -6.3),
    (500.0, -3.6),
    (600.0, -2.0),
    (700.0, -0.9),
    (800.0, 0.0),
    (900.0, 0.6),
    (1_000.0, 1.0),
    (1_200.0, 0.0),
    (1_400.0, -0.9),
    (1_600.0, -1.7),
    (1_800.0, -2.4),
    (2_000.0, -3.0),
    (2_500.0, -4.2),
    (3_000.0, -5.6),
    (3_500.0, -8.5),
    (4_000.0, -15.0),
    (4_500.0, -25.0),
    (5_000.0, -36.0),
];

/// The voice band, for the flat level, Hz.
const VOICE_BAND: std::ops::RangeInclusive<f32> = 300.0..=3_400.0;
/// Where mains hum and its third harmonic lie, 50 and 60 Hz alike.
const HUM: [std::ops::RangeInclusive<f32>; 2] = [40.0..=70.0, 140.0..=190.0];

/// Noise, in dBm0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Noise {
    /// Psophometrically weighted (dBm0p).
    pub psophometric: f32,
    /// 300 to 3400 Hz, unweighted.
    pub flat: f32,
    /// Mains hum: its fundamental and third harmonic, unweighted.
    pub hum: f32,
}

/// Measures noise over all the whole windows of 100 ms that it is fed.
#[derive(Clone, Debug)]
pub struct NoiseMeter {
    window: [f32; WINDOW],
    filled: usize,
    windows: u32,
    weighted: f64,
    flat: f64,
    hum: f64,
}

impl Default for NoiseMeter {
    fn default() -> Self {
        NoiseMeter::new()
    }
}

impl NoiseMeter {
    /// An empty meter.
    pub fn new() -> Self {
        let window = [0.0; WINDOW];
        NoiseMeter { window, filled: 0, windows: 0, weighted: 0.0, flat: 0.0, hum: 0.0 }
    }

    /// Takes samples in.
    pub fn push(&mut self, samples: &[i16]) {
        for &sample in samples {
            self.window[self.filled] = f32::from(sample);
            self.filled += 1;
            if self.filled == WINDOW {
                self.filled = 0;
                self.take();
            }
        }
    }

    /// What was measured; `None` before the first whole window.
    pub fn noise(&self) -> Option<Noise> {
        let windows = f64::from(self.windows);
        let dbm0 = |sum: f64| level::dbm0((sum / windows).sqrt() as f32);
        (self.windows > 0).then(|| Noise {
            psophometric: dbm0(self.weighted),
            flat: dbm0(self.flat),
            hum: dbm0(self.hum),
        })
    }

    fn take(&mut self) {
        let windowed = spectrum::windowed(&self.window);
        for number in 1..WINDOW / 2 {
            let hz = number as f32 * STEP_HZ;
            let power = f64::from(spectrum::bin(&windowed, number));
            self.weighted += power * 10f64.powf(f64::from(psophometer_db(hz)) / 10.0);
            if VOICE_BAND.contains(&hz) {
                self.flat += power;
            }
            if HUM.iter().any(|band| band.contains(&hz)) {
                self.hum += power;
            }
        }
        self.windows += 1;
    }
}

/// The weight at a frequency, between the table's points in dB over the logarithm of frequency.
fn psophometer_db(hz: f32) -> f32 {
    let [first, .., last] = PSOPHOMETER;
    if hz <= first.0 {
        return first.1;
    }
    let above = PSOPHOMETER.iter().position(|(at, _)| *at >= hz);
    let Some(above) = above else { return last.1 };
    let ((low, low_db), (high, high_db)) = (PSOPHOMETER[above - 1], PSOPHOMETER[above]);
    low_db + (high_db - low_db) * (hz / low).ln() / (high / low).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oscillator::Oscillator;

    fn measured(hz: f32, dbm0: f32) -> Noise {
        let mut tone = Oscillator::new(hz, level::sine_peak(dbm0));
        let mut meter = NoiseMeter::new();
        for _ in 0..100 {
            let block: [i16; 80] = core::array::from_fn(|_| level::to_sample(tone.next()));
            meter.push(&block);
        }
        meter.noise().unwrap()
    }

    #[test]
    fn a_sine_is_weighted_as_the_table_says() {
        for (hz, db) in PSOPHOMETER.into_iter().filter(|(hz, _)| (100.0..3_600.0).contains(hz)) {
            let noise = measured(hz, -20.0);
            assert!((noise.psophometric - (-20.0 + db)).abs() < 0.4, "{hz}: {noise:?}");
        }
    }

    #[test]
    fn hum_is_told_apart_from_what_is_heard() {
        let noise = measured(50.0, -30.0);
        assert!((noise.hum + 30.0).abs() < 0.2, "{noise:?}");
        assert!(noise.psophometric < -85.0 && noise.flat < -80.0, "{noise:?}");
        let noise = measured(1_000.0, -30.0);
        assert!(noise.hum < -80.0 && (noise.flat + 30.0).abs() < 0.2, "{noise:?}");
    }

    #[test]
    fn nothing_measured_is_said_and_silence_is_the_floor() {
        let mut meter = NoiseMeter::new();
        assert_eq!(meter.noise(), None);
        meter.push(&[0; 800]);
        assert_eq!(meter.noise().unwrap().flat, level::FLOOR_DBM0);
    }
}

//! Levels: dBm0 and the amplitude of linear samples.
//!
//! A sine whose peaks just reach ±32768 is +3.14 dBm0, the load capacity of A-law (ITU-T
//! G.711). So 0 dBm0 is a sine of peak 22,827, or 16,141 RMS.

use std::f32::consts::SQRT_2;

/// The level of a full-scale sine, dBm0.
#[allow(clippy::approx_constant, reason = "G.711's load capacity, not half a turn")]
pub const FULL_SCALE_DBM0: f32 = 3.14;

const FULL_SCALE: f32 = 32768.0;

/// What a meter says of silence instead of minus infinity, dBm0: below one least significant bit.
pub const FLOOR_DBM0: f32 = -96.0;

/// The peak amplitude, in linear samples, of a sine of this level.
pub fn sine_peak(dbm0: f32) -> f32 {
    FULL_SCALE * 10f32.powf((dbm0 - FULL_SCALE_DBM0) / 20.0)
}

/// The RMS, in linear samples, of any signal of this level.
pub fn rms(dbm0: f32) -> f32 {
    sine_peak(dbm0) / SQRT_2
}

/// The level of a signal of this RMS, dBm0; [`FLOOR_DBM0`] at and near zero.
pub fn dbm0(rms: f32) -> f32 {
    if rms <= 0.0 {
        return FLOOR_DBM0;
    }
    (FULL_SCALE_DBM0 + 20.0 * (rms * SQRT_2 / FULL_SCALE).log10()).max(FLOOR_DBM0)
}

/// The factor by which amplitude grows for a gain in dB.
pub fn gain(db: f32) -> f32 {
    10f32.powf(db / 20.0)
}

/// A linear value as a sample: rounded, held at the rails.
#[inline]
pub fn to_sample(value: f32) -> i16 {
    // A float cast saturates, and takes NaN to zero.
    value.round() as i16
}

/// Measures RMS and peak over what it is fed since the last [`Meter::reset`].
#[derive(Clone, Debug, Default)]
pub struct Meter {
    energy: u64,
    count: u64,
    peak: u16,
}

impl Meter {
    /// An empty meter.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes samples in. Wraps only after some 500 million years of full scale.
    pub fn push(&mut self, samples: &[i16]) {
        for &sample in samples {
            let size = sample.unsigned_abs();
            self.energy = self.energy.saturating_add(u64::from(size) * u64::from(size));
            self.peak = self.peak.max(size);
        }
        self.count += samples.len() as u64;
    }

    /// Samples taken since the last reset.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Root mean square, linear; 0 of nothing.
    pub fn rms(&self) -> f32 {
        if self.count == 0 {
            return 0.0;
        }
        (self.energy as f64 / self.count as f64).sqrt() as f32
    }

    /// Root mean square as a level, dBm0.
    pub fn dbm0(&self) -> f32 {
        dbm0(self.rms())
    }

    /// The largest absolute sample.
    pub fn peak(&self) -> u16 {
        self.peak
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// The level of one stretch of samples, dBm0.
pub fn of(samples: &[i16]) -> f32 {
    let mut meter = Meter::new();
    meter.push(samples);
    meter.dbm0()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_sine_is_3_14_dbm0() {
        assert!((sine_peak(FULL_SCALE_DBM0) - 32768.0).abs() < 0.5);
        assert!((sine_peak(0.0) - 22827.0).abs() < 2.0, "{}", sine_peak(0.0));
        assert!((dbm0(rms(-23.0)) + 23.0).abs() < 0.001);
    }

    #[test]
    fn the_meter_reads_a_square_wave_and_silence() {
        let mut meter = Meter::new();
        assert_eq!(meter.dbm0(), FLOOR_DBM0);
        meter.push(&[1000, -1000, 1000, -1000]);
        assert_eq!((meter.rms(), meter.peak(), meter.count()), (1000.0, 1000, 4));
        meter.push(&[i16::MIN]);
        assert_eq!(meter.peak(), 32768);
        meter.reset();
        assert_eq!(meter.rms(), 0.0);
        assert_eq!(of(&[0; 80]), FLOOR_DBM0);
    }

    #[test]
    fn a_sample_is_held_at_the_rails() {
        assert_eq!(to_sample(1e9), i16::MAX);
        assert_eq!(to_sample(-1e9), i16::MIN);
        assert_eq!(to_sample(f32::NAN), 0);
        assert_eq!(to_sample(-0.6), -1);
    }
}

//! Other sampling rates: doubling to 16 kHz for speech recognition, and bringing a recording of any
//! rate to 8 kHz.
//!
//! Doubling is a half-band filter in two phases: one is the samples themselves, the other lies
//! halfway between them. It is linear in phase, flat to 3400 Hz within 0.01 dB, and images above
//! 4600 Hz are 70 dB down.

use crate::level;
use call::SAMPLE_RATE;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

/// Taps of the phase that lies between the samples.
const TAPS: usize = 32;
/// Samples, at the lower rate, by which the doubled stream is late.
pub const DOUBLER_DELAY: usize = TAPS / 2;
/// Kaiser's β for 70 dB.
const BETA: f64 = 6.8;

/// Doubles the rate of a stream, from 8 to 16 kHz.
#[derive(Clone, Debug)]
pub struct Doubler {
    taps: [f32; TAPS],
    /// The last [`TAPS`] samples, twice over so that any window lies in one piece.
    line: [f32; 2 * TAPS],
    at: usize,
}

impl Default for Doubler {
    fn default() -> Self {
        Self::new()
    }
}

impl Doubler {
    /// A doubler that has heard nothing.
    pub fn new() -> Self {
        let mut taps = [0.0; TAPS];
        let centre = (TAPS as f64 - 1.0) / 2.0;
        for (k, tap) in taps.iter_mut().enumerate() {
            let x = k as f64 - centre;
            let turn = std::f64::consts::PI * x;
            let edge = 2.0 * x / TAPS as f64;
            let window = bessel(BETA * (1.0 - edge * edge).max(0.0).sqrt()) / bessel(BETA);
            *tap = (turn.sin() / turn * window) as f32;
        }
        // What stands still must come out as it went in.
        let sum: f32 = taps.iter().sum();
        Doubler { taps: taps.map(|tap| tap / sum), line: [0.0; 2 * TAPS], at: 0 }
    }

    /// Takes samples (full scale ±32768) and hands on two for each (full scale ±1), late by
    /// [`DOUBLER_DELAY`] samples.
    pub fn push(&mut self, samples: &[i16], mut to: impl FnMut(f32)) {
        for &sample in samples {
            let x = f32::from(sample) / 32768.0;
            self.line[self.at] = x;
            self.line[self.at + TAPS] = x;
            self.at = (self.at + 1) % TAPS;
            let window = &self.line[self.at..self.at + TAPS];
            to(window[TAPS / 2 - 1]);
            to(window.iter().zip(&self.taps).map(|(x, tap)| x * tap).sum());
        }
    }
}

/// A whole utterance at 16 kHz, twice as many samples, not late, full scale ±1.
pub fn doubled(samples: &[i16]) -> Vec<f32> {
    let mut doubler = Doubler::new();
    let mut out = Vec::with_capacity(2 * (samples.len() + DOUBLER_DELAY));
    doubler.push(samples, |x| out.push(x));
    doubler.push(&[0; DOUBLER_DELAY], |x| out.push(x));
    out.drain(..2 * DOUBLER_DELAY);
    out
}

/// Why a recording cannot be brought to 8 kHz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResampleError {
    /// A rate that no recording has.
    #[error("a sampling rate of {0} Hz is not allowed; allowed are 4000 to 384000")]
    Rate(u32),
    /// The resampling library refused.
    #[error("the recording could not be resampled from {0} Hz; convert it to 8000 Hz beforehand")]
    Failed(u32),
}

/// A whole recording of another rate (full scale ±1) as samples at 8 kHz, not late.
pub fn to_telephone(samples: &[f32], rate: u32) -> Result<Vec<i16>, ResampleError> {
    if !(4000..=384_000).contains(&rate) {
        return Err(ResampleError::Rate(rate));
    }
    let linear = |x: f32| level::to_sample(x * 32768.0);
    if rate == SAMPLE_RATE || samples.is_empty() {
        return Ok(samples.iter().copied().map(linear).collect());
    }
    let failed = ResampleError::Failed(rate);
    let mut resampler =
        Fft::<f32>::new(rate as usize, SAMPLE_RATE as usize, 1024, 1, FixedSync::Both)
            .map_err(|_| failed)?;
    let input = InterleavedSlice::new(samples, 1, samples.len()).map_err(|_| failed)?;
    let output = resampler.process_all(&input, samples.len(), None).map_err(|_| failed)?;
    Ok(output.take_data().into_iter().map(linear).collect())
}

/// The modified Bessel function of the first kind, order zero, by its series.
fn bessel(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..40 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn sine(hz: f64, rate: f64, count: usize) -> Vec<f32> {
        (0..count).map(|n| (0.5 * (TAU * hz / rate * n as f64).sin()) as f32).collect()
    }

    /// The amplitude of one frequency over the middle of a signal.
    fn amplitude(samples: &[f32], hz: f64, rate: f64) -> f64 {
        let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
        let (mut re, mut im, mut total) = (0.0, 0.0, 0.0);
        for (n, &x) in middle.iter().enumerate() {
            let window = 1.0 - (TAU * n as f64 / middle.len() as f64).cos();
            let angle = TAU * hz / rate * n as f64;
            re += window * f64::from(x) * angle.cos();
            im += window * f64::from(x) * angle.sin();
            total += window;
        }
        2.0 * re.hypot(im) / total
    }

    #[test]
    fn doubling_keeps_the_telephone_band_and_makes_no_images() {
        for hz in [100.0, 300.0, 1000.0, 2500.0, 3400.0] {
            let samples: Vec<i16> =
                sine(hz, 8000.0, 8000).iter().map(|x| (x * 32768.0) as i16).collect();
            let out = doubled(&samples);
            assert_eq!(out.len(), 16_000);
            let kept = 20.0 * (amplitude(&out, hz, 16_000.0) / 0.5).log10();
            let image = 20.0 * (amplitude(&out, 8000.0 - hz, 16_000.0) / 0.5).log10();
            assert!(kept.abs() < 0.02 && image < -68.0, "{hz}: {kept} dB, image {image} dB");
        }
    }

    #[test]
    fn doubling_is_neither_late_nor_early_and_knows_no_blocks() {
        let mut samples = [0i16; 400];
        samples[200] = 10_000;
        let out = doubled(&samples);
        let peak = (0..out.len()).max_by(|&a, &b| out[a].total_cmp(&out[b])).unwrap();
        assert_eq!(peak, 400);
        let mut doubler = Doubler::new();
        let mut pieces = Vec::new();
        for piece in samples.chunks(37) {
            doubler.push(piece, |x| pieces.push(x));
        }
        assert_eq!(pieces[2 * DOUBLER_DELAY..], out[..800 - 2 * DOUBLER_DELAY]);
    }

    #[test]
    fn recordings_of_usual_rates_become_telephone_rate() {
        for rate in [8000, 11_025, 16_000, 22_050, 44_100, 48_000] {
            let seconds = 2;
            let samples = sine(1000.0, f64::from(rate), rate as usize * seconds);
            let out = to_telephone(&samples, rate).unwrap();
            assert!(out.len().abs_diff(16_000) <= 2, "{rate}: {}", out.len());
            let floats: Vec<f32> = out.iter().map(|&x| f32::from(x) / 32768.0).collect();
            let db = 20.0 * (amplitude(&floats, 1000.0, 8000.0) / 0.5).log10();
            assert!(db.abs() < 0.05, "{rate}: {db} dB");
        }
        assert_eq!(to_telephone(&[0.0], 1000), Err(ResampleError::Rate(1000)));
        assert_eq!(to_telephone(&[], 44_100), Ok(Vec::new()));
    }

    #[test]
    fn what_is_above_the_band_does_not_fold_into_it() {
        let samples = sine(6000.0, 48_000.0, 96_000);
        let out = to_telephone(&samples, 48_000).unwrap();
        assert!(level::of(&out[800..15_000]) < -60.0, "{}", level::of(&out[800..15_000]));
    }
}

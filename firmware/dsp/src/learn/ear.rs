//! What one stretch sounds like: how loud, and whether it is one sine or two of the band.

use super::BAND_HZ;
use crate::bank::{Bank, Phasors, energy, fit, multiply};
use crate::level;
use call::SAMPLE_RATE;
use std::f32::consts::{PI, TAU};

/// Samples in a slice: 5 ms.
pub(super) const SLICE: usize = 40;
/// Slices that are looked at together for frequencies: 60 ms; and for loudness: 20 ms, in which
/// the beat of two tones evens out.
pub(super) const WINDOW: usize = 12;
pub(super) const SMOOTH: usize = 4;
/// The bank's places: every 20 Hz over the band and a little beyond.
const PLACES: usize = 24;
const FIRST_HZ: f32 = 280.0;
const STEP_HZ: f32 = 20.0;
/// A second sine is at least so far from the first, and at most 10 dB below it.
const APART_HZ: f32 = 75.0;
const SECOND: f32 = 0.1;
/// How far two sines' ratio must be from an octave.
const OCTAVE: f32 = 0.06;
/// The share of all power that the sines must carry.
const PURITY: f32 = 0.85;
/// Softer than this is no tone, dBm0.
const SOFTEST_DBM0: f32 = -45.0;

/// One look, every 5 ms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// The number of the slice that it ends with.
    pub(super) slice: u64,
    /// Mean square over the last 20 ms.
    pub(super) power: f32,
    /// The frequencies of a pure tone that fills the last 60 ms.
    pub(super) hz: Option<[f32; 2]>,
}

#[derive(Clone, Debug)]
pub(super) struct Ear {
    bank: Bank<PLACES, SLICE>,
    weights: [f32; WINDOW],
    slices: [Phasors<PLACES>; WINDOW],
    energies: [f32; WINDOW],
    slice: [f32; SLICE],
    filled: usize,
    count: u64,
    /// A first-order high-pass at some 60 Hz: a card's offset is no sound.
    before: [f32; 2],
    softest: f32,
}

impl Ear {
    pub(super) fn new() -> Self {
        let hz = core::array::from_fn(|place| FIRST_HZ + STEP_HZ * place as f32);
        Ear {
            bank: Bank::new(hz),
            weights: core::array::from_fn(|n| {
                (PI * (n as f32 + 0.5) / WINDOW as f32).sin().powi(2)
            }),
            slices: [Phasors::ZERO; WINDOW],
            energies: [0.0; WINDOW],
            slice: [0.0; SLICE],
            filled: 0,
            count: 0,
            before: [0.0; 2],
            softest: level::rms(SOFTEST_DBM0).powi(2),
        }
    }

    #[inline]
    pub(super) fn hear(&mut self, sample: i16) -> Option<Look> {
        let x = f32::from(sample);
        let y = x - self.before[0] + 0.954 * self.before[1];
        self.before = [x, y];
        self.slice[self.filled] = y;
        self.filled += 1;
        (self.filled == SLICE).then(|| self.look())
    }

    fn look(&mut self) -> Look {
        self.slices.rotate_left(1);
        self.energies.rotate_left(1);
        self.slices[WINDOW - 1] = self.bank.correlate(&self.slice);
        self.energies[WINDOW - 1] = energy(&self.slice) / SLICE as f32;
        self.filled = 0;
        self.count += 1;
        let newest = &self.energies[WINDOW - SMOOTH..];
        Look {
            slice: self.count,
            power: newest.iter().sum::<f32>() / SMOOTH as f32,
            hz: self.tone(),
        }
    }

    fn tone(&self) -> Option<[f32; 2]> {
        let weight: f32 = self.weights.iter().sum();
        let all = self.energies.iter().zip(self.weights).map(|(e, w)| e * w).sum::<f32>() / weight;
        if all < self.softest {
            return None;
        }
        let powers: [f32; PLACES] =
            core::array::from_fn(|place| self.power_at(place) / weight.powi(2));
        let first = strongest(&powers, |_| true)?;
        let (first_hz, first_power) = self.sine(first);
        let far = |place: usize| (hz_of(place) - first_hz).abs() >= APART_HZ;
        let second = strongest(&powers, far).map(|place| self.sine(place)).filter(|(hz, power)| {
            *power >= SECOND * first_power && (hz - first_hz).abs() >= APART_HZ
        });
        let carried = first_power + second.map_or(0.0, |(_, power)| power);
        let hz = match second {
            Some((second_hz, _)) => [first_hz.min(second_hz), first_hz.max(second_hz)],
            None => [first_hz, 0.0],
        };
        // A sine with its octave is a note: no network pairs its tones so.
        if (hz[1] / hz[0] - 2.0).abs() < OCTAVE {
            return None;
        }
        let inside = hz.iter().all(|hz| *hz == 0.0 || BAND_HZ.contains(&(hz.round() as u16)));
        (inside && carried >= PURITY * all).then_some(hz)
    }

    /// The mean square at a place's own frequency, times the square of all weights.
    fn power_at(&self, place: usize) -> f32 {
        let step = self.bank.step(place);
        let (mut at, mut sum) = ((1.0, 0.0), (0.0, 0.0));
        for (slice, weight) in self.slices.iter().zip(self.weights) {
            let (re, im) = multiply(slice.at(place), at);
            sum = (sum.0 + weight * re, sum.1 + weight * im);
            at = multiply(at, step);
        }
        (sum.0 * sum.0 + sum.1 * sum.1) / 2.0
    }

    /// The sine nearest to a place: its frequency, by how its phase turns from slice to slice beyond
    /// the place's own, and its mean square.
    fn sine(&self, place: usize) -> (f32, f32) {
        let slices = self.slices.map(|slice| slice.at(place));
        let spin = slices.windows(2).fold((0.0, 0.0), |spin, pair| {
            let (re, im) = multiply(pair[1], (pair[0].0, -pair[0].1));
            (spin.0 + re, spin.1 + im)
        });
        let beyond = multiply(spin, self.bank.step(place));
        let offset = beyond.1.atan2(beyond.0) / TAU * (SAMPLE_RATE as f32 / SLICE as f32);
        let amplitude = fit(&slices, &self.weights, self.bank.step(place)).amplitude;
        (hz_of(place) + offset, amplitude * amplitude / 2.0)
    }
}

fn hz_of(place: usize) -> f32 {
    FIRST_HZ + STEP_HZ * place as f32
}

fn strongest(powers: &[f32; PLACES], of: impl Fn(usize) -> bool) -> Option<usize> {
    (0..PLACES).filter(|place| of(*place)).max_by(|a, b| powers[*a].total_cmp(&powers[*b]))
}

//! Which sines a steady sound is made of.

use super::spectrum::{self, STEP_HZ, WINDOW};
use crate::level;

/// The most sines that are told of one sound.
const MOST: usize = 4;
/// Where they are looked for, Hz.
const FROM_HZ: f32 = 200.0;
const TO_HZ: f32 = 3_400.0;
/// A peak this much below the strongest is none of the tone's own (16 dB).
const WEAKEST: f32 = 0.025;
/// Bins on each side of a peak that its window's main lobe fills.
const LOBE: usize = 2;

/// One sine.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sine {
    /// Its frequency, Hz.
    pub hz: f32,
    /// Its level, dBm0.
    pub dbm0: f32,
}

/// What 100 ms of sound are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tones {
    sines: [Sine; MOST],
    count: usize,
    /// The share of the sound's power that the sines carry, 0 to 1.
    pub share: f32,
    /// The level of all of it, dBm0.
    pub dbm0: f32,
}

impl Tones {
    /// The sines, from low to high.
    pub fn sines(&self) -> &[Sine] {
        &self.sines[..self.count]
    }
}

/// Looks at a sound 100 ms at a time.
#[derive(Clone, Debug)]
pub struct ToneMeter {
    window: [f32; WINDOW],
    filled: usize,
}

impl Default for ToneMeter {
    fn default() -> Self {
        ToneMeter::new()
    }
}

impl ToneMeter {
    /// An empty meter.
    pub fn new() -> Self {
        ToneMeter { window: [0.0; WINDOW], filled: 0 }
    }

    /// Takes samples in; tells of each window of 100 ms that they complete.
    pub fn push(&mut self, samples: &[i16], mut tell: impl FnMut(Tones)) {
        for &sample in samples {
            self.window[self.filled] = f32::from(sample);
            self.filled += 1;
            if self.filled == WINDOW {
                self.filled = 0;
                tell(look(&self.window));
            }
        }
    }
}

fn look(samples: &[f32; WINDOW]) -> Tones {
    let windowed = spectrum::windowed(samples);
    let all = spectrum::power(&windowed);
    let mut tones = Tones { dbm0: level::dbm0(all.sqrt()), ..Tones::default() };
    if all < 1.0 {
        return tones;
    }
    let first = (FROM_HZ / STEP_HZ) as usize - LOBE;
    let count = ((TO_HZ - FROM_HZ) / STEP_HZ) as usize + 2 * LOBE;
    let bins: Vec<f32> = (0..count).map(|at| spectrum::bin(&windowed, first + at)).collect();
    let strongest = bins.iter().copied().fold(0.0, f32::max);
    let mut carried = 0.0;
    for at in LOBE..count - LOBE {
        let here = bins[at];
        let peak = here > bins[at - 1] && here >= bins[at + 1];
        if !peak || here < strongest * WEAKEST || tones.count == MOST {
            continue;
        }
        let power: f32 = bins[at - LOBE..=at + LOBE].iter().sum();
        let hz = (first + at) as f32 * STEP_HZ + STEP_HZ * beside(&bins[at - 1..=at + 1]);
        tones.sines[tones.count] = Sine { hz, dbm0: level::dbm0(power.sqrt()) };
        tones.count += 1;
        carried += power;
    }
    tones.share = (carried / all).min(1.0);
    tones
}

/// How far beside the middle of three bins a sine lies, in bins: by the two larger of them, whose
/// amplitudes under a Hann window stand as (1 + d) to (2 - d).
fn beside(bins: &[f32]) -> f32 {
    let [below, here, above] = [bins[0].sqrt(), bins[1].sqrt(), bins[2].sqrt()];
    let (next, side) = if above >= below { (above, 1.0) } else { (below, -1.0) };
    let ratio = next / here.max(f32::MIN_POSITIVE);
    side * ((2.0 * ratio - 1.0) / (ratio + 1.0)).clamp(0.0, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::{FOREVER, Segment, Tone, ToneGenerator};

    fn heard(hz: &'static [f32], dbm0: f32) -> Tones {
        let segments = vec![Segment::on(hz, dbm0, FOREVER)].leak();
        let mut samples = [0; WINDOW];
        ToneGenerator::new(Tone::endless(segments)).fill(&mut samples);
        let mut told = None;
        ToneMeter::new().push(&samples, |tones| told = Some(tones));
        told.unwrap()
    }

    #[test]
    fn frequency_and_level_of_each_sine_are_told() {
        for (hz, dbm0) in [
            (&[450.0][..], -10.0),
            (&[350.0, 440.0], -13.0),
            (&[425.3], -21.0),
            (&[1_004.7], -40.0),
            (&[480.0, 620.0], -24.0),
        ] {
            let tones = heard(hz, dbm0);
            assert_eq!(tones.sines().len(), hz.len(), "{hz:?}: {tones:?}");
            assert!(tones.share > 0.97, "{hz:?}: {tones:?}");
            for (sine, hz) in tones.sines().iter().zip(hz) {
                assert!((sine.hz - hz).abs() < 1.5, "{hz}: {tones:?}");
                assert!((sine.dbm0 - dbm0).abs() < 0.3, "{hz}: {tones:?}");
            }
        }
    }

    #[test]
    fn silence_and_noise_are_no_tone() {
        let mut told = Vec::new();
        ToneMeter::new().push(&[0; WINDOW], |tones| told.push(tones));
        assert_eq!((told[0].sines().len(), told[0].dbm0), (0, level::FLOOR_DBM0));
        let mut state = 1u32;
        let noise: Vec<i16> = (0..5 * WINDOW)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 16) as i16 / 16
            })
            .collect();
        ToneMeter::new().push(&noise, |tones| assert!(tones.share < 0.4, "{tones:?}"));
    }
}

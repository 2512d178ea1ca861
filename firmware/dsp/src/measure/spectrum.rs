//! The power spectrum of one window, by Goertzel's recursion at every tenth hertz that is wanted.

use call::SAMPLE_RATE;
use std::f32::consts::TAU;

/// Samples in a window: 100 ms, so that bins are 10 Hz apart and mains hum lies on one.
pub(super) const WINDOW: usize = 800;

/// Bins are this far apart, Hz.
pub(super) const STEP_HZ: f32 = SAMPLE_RATE as f32 / WINDOW as f32;

/// What the squared Hann window averages to.
const HANN_POWER: f32 = 3.0 / 8.0;

/// A window's samples under a Hann window.
pub(super) fn windowed(samples: &[f32; WINDOW]) -> [f32; WINDOW] {
    core::array::from_fn(|n| {
        let turn = TAU * (n as f32 + 0.5) / WINDOW as f32;
        samples[n] * 0.5 * (1.0 - turn.cos())
    })
}

/// The mean square of a windowed signal, as if it had not been windowed.
pub(super) fn power(windowed: &[f32; WINDOW]) -> f32 {
    windowed.iter().map(|x| x * x).sum::<f32>() / (WINDOW as f32 * HANN_POWER)
}

/// The mean square that a bin holds; all bins together come to [`power`].
pub(super) fn bin(windowed: &[f32; WINDOW], number: usize) -> f32 {
    let coefficient = 2.0 * (TAU * number as f32 / WINDOW as f32).cos();
    let (mut s1, mut s2) = (0.0f32, 0.0f32);
    for x in windowed {
        (s1, s2) = (x + coefficient * s1 - s2, s1);
    }
    let square = (s1 * s1 + s2 * s2 - coefficient * s1 * s2).max(0.0);
    2.0 * square / (WINDOW as f32 * WINDOW as f32 * HANN_POWER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bins_of_a_sound_come_to_its_power() {
        let samples: [f32; WINDOW] = core::array::from_fn(|n| {
            let t = n as f32 / SAMPLE_RATE as f32;
            1000.0 * (TAU * 433.0 * t).sin() + 300.0 * (TAU * 2_115.0 * t).cos()
        });
        let windowed = windowed(&samples);
        let all: f32 = (1..WINDOW / 2).map(|number| bin(&windowed, number)).sum();
        let meant = (1000.0f32.powi(2) + 300.0f32.powi(2)) / 2.0;
        assert!((power(&windowed) / meant - 1.0).abs() < 0.01, "{}", power(&windowed));
        assert!((all / meant - 1.0).abs() < 0.01, "{all} of {meant}");
    }
}

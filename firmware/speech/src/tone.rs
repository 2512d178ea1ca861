//! Telling steady tones from speech: what the network and a keypad send is one or two pure
//! frequencies that stand still; a voice's energy is spread over its harmonics and they move.
//!
//! The measure is the share of a frame's energy that lies in its two strongest spectral peaks
//! (Hann window, three bins each), and whether the strongest stays in its bin.

use crate::segment::FRAME;
use std::f32::consts::PI;

/// Frames quieter than this root mean square (about -50 dBm0) say nothing.
const AUDIBLE: f32 = 70.0;
/// Share of the energy in two peaks above which a frame is tonal.
const PURE: f32 = 0.93;
/// Share of audible frames that must be tonal and stand still.
const STEADY: f32 = 0.75;

/// Whether the frames are tones of the network or a keypad rather than a voice. Needs at least four
/// audible frames, else says no.
pub fn is_tones<'a>(frames: impl Iterator<Item = &'a [i16; FRAME]>) -> bool {
    let (mut audible, mut steady) = (0u32, 0u32);
    let mut before = None;
    for frame in frames.filter(|frame| rms(&frame[..]) >= AUDIBLE) {
        let (share, peak) = two_peaks(frame);
        let still = before.is_none_or(|bin: usize| bin.abs_diff(peak) <= 1);
        before = Some(peak);
        audible += 1;
        // A new tone of a sequence may begin: the jump itself costs one frame.
        steady += u32::from(share >= PURE && still);
    }
    audible >= 4 && steady as f32 >= STEADY * audible as f32
}

/// Root mean square of some samples.
pub fn rms(samples: &[i16]) -> f32 {
    let energy: f64 = samples.iter().map(|&sample| f64::from(sample) * f64::from(sample)).sum();
    (energy / samples.len().max(1) as f64).sqrt() as f32
}

/// The share of energy in the two strongest peaks, and the strongest's bin (31.25 Hz each).
fn two_peaks(frame: &[i16; FRAME]) -> (f32, usize) {
    let mut power = spectrum(frame);
    let total: f32 = power.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    let (first, strongest) = take_peak(&mut power);
    let (second, _) = take_peak(&mut power);
    ((first + second) / total, strongest)
}

/// Removes the strongest bin and two to either side (a Hann window's main lobe): their energy.
fn take_peak(power: &mut [f32; FRAME / 2]) -> (f32, usize) {
    let peak = (0..power.len()).max_by(|&a, &b| power[a].total_cmp(&power[b])).unwrap_or(0);
    let lobe = &mut power[peak.saturating_sub(2)..(peak + 3).min(FRAME / 2)];
    let energy = lobe.iter().sum();
    lobe.fill(0.0);
    (energy, peak)
}

/// Power in the bins from 0 to just below 4 kHz: radix-2 transform of the windowed frame.
fn spectrum(frame: &[i16; FRAME]) -> [f32; FRAME / 2] {
    let mut re = [0.0f32; FRAME];
    let mut im = [0.0f32; FRAME];
    let bits = FRAME.trailing_zeros();
    for (i, &sample) in frame.iter().enumerate() {
        let window = 0.5 - 0.5 * (2.0 * PI * i as f32 / FRAME as f32).cos();
        re[i.reverse_bits() >> (usize::BITS - bits)] = f32::from(sample) * window;
    }
    let mut half = 1;
    while half < FRAME {
        for k in 0..half {
            let (sin, cos) = (-PI * k as f32 / half as f32).sin_cos();
            for low in (k..FRAME).step_by(2 * half) {
                let high = low + half;
                let (a, b) = (re[high] * cos - im[high] * sin, re[high] * sin + im[high] * cos);
                (re[high], im[high]) = (re[low] - a, im[low] - b);
                (re[low], im[low]) = (re[low] + a, im[low] + b);
            }
        }
        half *= 2;
    }
    std::array::from_fn(|bin| re[bin] * re[bin] + im[bin] * im[bin])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of a sum of tones, each at 4,000 of 32,768, keyed by `on` (frame number to whether).
    fn tones(hertz: &[f32], frames: usize, on: impl Fn(usize) -> bool) -> Vec<[i16; FRAME]> {
        let sample = |t: usize| {
            let phase = |f: &f32| (2.0 * PI * f * t as f32 / 8000.0).sin() * 4000.0;
            hertz.iter().map(phase).sum::<f32>() as i16
        };
        let frame =
            |n: usize| std::array::from_fn(|i| if on(n) { sample(n * FRAME + i) } else { 0 });
        (0..frames).map(frame).collect()
    }

    #[test]
    fn tones_of_the_network_are_tones() {
        for plan in
            [&[450.0][..], &[350.0, 440.0], &[440.0, 480.0], &[480.0, 620.0], &[697.0, 1209.0]]
        {
            assert!(is_tones(tones(plan, 40, |_| true).iter()), "{plan:?} Hz");
            assert!(is_tones(tones(plan, 80, |n| n / 12 % 2 == 0).iter()), "{plan:?} Hz, keyed");
        }
    }

    #[test]
    fn silence_and_a_click_are_not_tones() {
        assert!(!is_tones(tones(&[], 40, |_| true).iter()));
        assert!(!is_tones(tones(&[450.0], 40, |n| n == 7).iter()));
    }

    #[test]
    fn a_buzz_of_many_harmonics_is_not_a_tone() {
        let voice: Vec<f32> = (1..12).map(|n| 140.0 * n as f32).collect();
        let quiet = tones(&voice, 40, |_| true).into_iter().map(|frame| frame.map(|s| s / 12));
        assert!(!is_tones(quiet.collect::<Vec<_>>().iter()));
    }
}

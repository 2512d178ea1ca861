//! Between the telephone's 8 kHz and the speech model's 16 kHz.
//!
//! A half-band low-pass: windowed sinc of 63 taps (Blackman), every other tap zero, -6 dB at 4 kHz,
//! flat to 3.5 kHz and 70 dB down from 4.5 kHz on.

use std::f32::consts::PI;
use std::sync::OnceLock;

/// Taps to either side of the middle.
const REACH: usize = 31;

/// The half-band filter's taps at odd distances 1, 3, … 31 from the middle; the middle one is ½.
fn taps() -> &'static [f32; REACH.div_ceil(2)] {
    static TAPS: OnceLock<[f32; REACH.div_ceil(2)]> = OnceLock::new();
    TAPS.get_or_init(|| {
        std::array::from_fn(|k| {
            let n = (2 * k + 1) as f32;
            let x = PI * n / (REACH as f32 + 1.0);
            let window = 0.42 + 0.5 * x.cos() + 0.08 * (2.0 * x).cos();
            let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
            sign / (PI * n) * window
        })
    })
}

/// Twice the rate: `samples` as floats of full scale 1, with one between every two.
pub fn double(samples: &[i16]) -> Vec<f32> {
    let at = |i: usize, off: isize| {
        let i = i.checked_add_signed(off)?;
        samples.get(i)
    };
    let value = |sample: Option<&i16>| sample.map_or(0.0, |&sample| f32::from(sample));
    let mut out = Vec::with_capacity(samples.len() * 2);
    for (i, &sample) in samples.iter().enumerate() {
        out.push(f32::from(sample) / 32_768.0);
        let between = taps().iter().zip(0isize..).map(|(tap, k)| {
            // Output 2i+1 lies half a sample after i: inputs i-k and i+1+k are 2k+1 away.
            tap * (value(at(i, -k)) + value(at(i, 1 + k)))
        });
        out.push(2.0 * between.sum::<f32>() / 32_768.0);
    }
    out
}

/// Half the rate.
pub fn halve(samples: &[i16]) -> Vec<i16> {
    let value =
        |i: Option<usize>| i.and_then(|i| samples.get(i)).map_or(0.0, |&sample| f32::from(sample));
    let kept = |i: usize| {
        let sides: f32 = taps()
            .iter()
            .zip(0usize..)
            .map(|(tap, k)| tap * (value(i.checked_sub(2 * k + 1)) + value(Some(i + 2 * k + 1))))
            .sum();
        (0.5 * value(Some(i)) + sides).round().clamp(-32_768.0, 32_767.0) as i16
    };
    (0..samples.len()).step_by(2).map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f32, rate: f32, length: usize) -> Vec<i16> {
        (0..length)
            .map(|t| ((2.0 * PI * hertz * t as f32 / rate).sin() * 10_000.0) as i16)
            .collect()
    }

    #[test]
    fn a_tone_keeps_its_shape_when_doubled() {
        for hertz in [300.0, 1000.0, 3400.0] {
            let doubled = double(&tone(hertz, 8000.0, 800));
            let wanted = tone(hertz, 16_000.0, 1600);
            for (t, (got, wanted)) in doubled.iter().zip(&wanted).enumerate().skip(64).take(1400) {
                let wanted = f32::from(*wanted) / 32_768.0;
                assert!((got - wanted).abs() < 0.004, "{hertz} Hz at {t}: {got} {wanted}");
            }
        }
    }

    #[test]
    fn what_8_khz_cannot_hold_is_gone_when_halved() {
        let halved = halve(&tone(5000.0, 16_000.0, 1600));
        assert!(halved[40..760].iter().all(|sample| sample.abs() < 30), "{halved:?}");
        let kept = halve(&tone(1000.0, 16_000.0, 1600));
        let wanted = tone(1000.0, 8000.0, 800);
        assert!(kept[40..760].iter().zip(&wanted[40..]).all(|(a, b)| a.abs_diff(*b) < 30));
    }
}

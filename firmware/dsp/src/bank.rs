//! Filters and correlators that several detectors are built of.
//!
//! All of them work on whole slices of samples, in loops that the compiler can lay out for vector
//! registers: no sample waits for the one before it, be it in a filter or in a correlation.

use call::SAMPLE_RATE;
use std::f32::consts::TAU;

/// Cuts a stream of any blocks into slices.
#[derive(Clone, Debug)]
pub(crate) struct Slicer<const SLICE: usize> {
    slice: [f32; SLICE],
    filled: usize,
}

impl<const SLICE: usize> Slicer<SLICE> {
    pub(crate) const fn new() -> Self {
        Slicer { slice: [0.0; SLICE], filled: 0 }
    }

    /// Takes from the front of `samples` what the slice still needs; gives the slice once it is
    /// full.
    pub(crate) fn take(&mut self, samples: &mut &[i16]) -> Option<[f32; SLICE]> {
        let (now, later) = samples.split_at(samples.len().min(SLICE - self.filled));
        for (to, &sample) in self.slice[self.filled..].iter_mut().zip(now) {
            *to = f32::from(sample);
        }
        *samples = later;
        self.filled += now.len();
        if self.filled < SLICE {
            return None;
        }
        self.filled = 0;
        Some(self.slice)
    }
}

/// One second-order section: b0, b1, b2, a1, a2 (a0 is 1).
pub(crate) type Section = [f32; 5];

/// Samples that are computed side by side.
const LANES: usize = 4;
/// How far a section looks back.
const BACK: usize = 2 * LANES;
/// The longest slice that is filtered.
const LONGEST_SLICE: usize = 80;

/// Second-order sections in a row.
#[derive(Clone, Debug)]
pub(crate) struct Cascade<const N: usize> {
    sections: [LookAhead; N],
}

impl<const N: usize> Cascade<N> {
    pub(crate) fn new(sections: [Section; N]) -> Self {
        Cascade { sections: sections.map(LookAhead::new) }
    }

    /// Filters one slice in its place. Its length is a multiple of four.
    pub(crate) fn filter<const SLICE: usize>(&mut self, slice: &mut [f32; SLICE]) {
        for section in &mut self.sections {
            section.filter(slice);
        }
    }
}

/// A section whose output depends on its own of four and eight samples ago only, so that four can be
/// computed at once (scattered look-ahead): numerator and denominator are multiplied by the same
/// zeros, which leaves powers of z⁻⁴ in the denominator.
#[derive(Clone, Copy, Debug)]
struct LookAhead {
    /// The numerator, oldest sample first.
    ahead: [f32; BACK + 1],
    four_ago: f32,
    eight_ago: f32,
    heard: [f32; BACK],
    told: [[f32; LANES]; 2],
}

impl LookAhead {
    fn new([b0, b1, b2, a1, a2]: Section) -> Self {
        let [b0, b1, b2, a1, a2] = [b0, b1, b2, a1, a2].map(f64::from);
        // A(z)·A(-z) = 1 + p z⁻² + q z⁻⁴, and that times itself with p turned round is
        // 1 + (2q - p²) z⁻⁴ + q² z⁻⁸.
        let (p, q) = (2.0 * a2 - a1 * a1, a2 * a2);
        let mut ahead = [0.0; BACK + 1];
        for (i, b) in [b0, b1, b2].into_iter().enumerate() {
            for (j, turned) in [1.0, -a1, a2].into_iter().enumerate() {
                for (k, other) in [1.0, -p, q].into_iter().enumerate() {
                    ahead[BACK - (i + j + 2 * k)] += b * turned * other;
                }
            }
        }
        LookAhead {
            ahead: ahead.map(|tap| tap as f32),
            four_ago: (p * p - 2.0 * q) as f32,
            eight_ago: (-q * q) as f32,
            heard: [0.0; BACK],
            told: [[0.0; LANES]; 2],
        }
    }

    fn filter<const SLICE: usize>(&mut self, slice: &mut [f32; SLICE]) {
        const { assert!(SLICE.is_multiple_of(LANES) && SLICE <= LONGEST_SLICE) };
        // The whole line is laid out before any of it is read: a read across two fresh writes waits.
        let mut line = [0.0; BACK + LONGEST_SLICE];
        line[..BACK].copy_from_slice(&self.heard);
        line[BACK..BACK + SLICE].copy_from_slice(slice);
        self.heard.copy_from_slice(&line[SLICE..SLICE + BACK]);
        for (at, out) in slice.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let window = &line[at * LANES..at * LANES + BACK + LANES];
            let mut sum = [0.0; LANES];
            for (tap, &weight) in self.ahead.iter().enumerate() {
                for lane in 0..LANES {
                    sum[lane] += weight * window[tap + lane];
                }
            }
            *out = sum;
        }
        let [mut before, mut last] = self.told;
        for out in slice.as_chunks_mut::<LANES>().0 {
            for lane in 0..LANES {
                out[lane] += self.eight_ago * before[lane] + self.four_ago * last[lane];
            }
            (before, last) = (last, *out);
        }
        // What fades out in silence would end in numbers so small that they are slow to compute.
        let faded = before.iter().chain(&last).all(|out| out.abs() < 1e-12);
        self.told = if faded { [[0.0; LANES]; 2] } else { [before, last] };
    }
}

/// The energy of a slice.
pub(crate) fn energy<const SLICE: usize>(slice: &[f32; SLICE]) -> f32 {
    let mut sums = [0.0; LANES];
    for piece in slice.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            sums[lane] += piece[lane] * piece[lane];
        }
    }
    sums.iter().sum()
}

/// What a [`Bank`] measured over one slice, for each of its frequencies: the sine there as a
/// complex amplitude, real parts and imaginary parts, its phase counted from the slice's beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phasors<const K: usize> {
    pub(crate) re: [f32; K],
    pub(crate) im: [f32; K],
}

impl<const K: usize> Phasors<K> {
    pub(crate) const ZERO: Self = Phasors { re: [0.0; K], im: [0.0; K] };

    pub(crate) fn at(&self, place: usize) -> (f32, f32) {
        (self.re[place], self.im[place])
    }
}

/// Correlates slices with `K` frequencies at once.
#[derive(Clone, Debug)]
pub(crate) struct Bank<const K: usize, const SLICE: usize> {
    /// `2/SLICE · e^(-jωn)` for each sample n of a slice.
    waves: Box<[Phasors<K>; SLICE]>,
    /// e^(-jω·SLICE): how far the phase of a tone exactly at the frequency turns from one slice to
    /// the next, undone.
    step: [(f32, f32); K],
}

impl<const K: usize, const SLICE: usize> Bank<K, SLICE> {
    /// A bank for these frequencies. Unused places take 0 Hz.
    pub(crate) fn new(hz: [f32; K]) -> Self {
        let turned = |hz: f32, samples: usize, scale: f64| {
            let turns = f64::from(hz) * samples as f64 / f64::from(SAMPLE_RATE);
            let angle = turns.fract() * std::f64::consts::TAU;
            ((scale * angle.cos()) as f32, (-scale * angle.sin()) as f32)
        };
        let mut waves = Box::new([Phasors::ZERO; SLICE]);
        for (n, wave) in waves.iter_mut().enumerate() {
            for (place, &hz) in hz.iter().enumerate() {
                (wave.re[place], wave.im[place]) = turned(hz, n, 2.0 / SLICE as f64);
            }
        }
        Bank { waves, step: hz.map(|hz| turned(hz, SLICE, 1.0)) }
    }

    /// [`fit`]'s `step` for a frequency.
    pub(crate) fn step(&self, place: usize) -> (f32, f32) {
        self.step[place]
    }

    /// Correlates one slice.
    pub(crate) fn correlate(&self, slice: &[f32; SLICE]) -> Phasors<K> {
        // Two sums in turn, so that one need not wait for the other.
        let mut sums = [Phasors::<K>::ZERO; 2];
        let pairs = slice.as_chunks::<2>().0.iter().zip(self.waves.as_chunks::<2>().0);
        for (samples, waves) in pairs {
            for ((sum, wave), sample) in sums.iter_mut().zip(waves).zip(samples) {
                for place in 0..K {
                    sum.re[place] += sample * wave.re[place];
                    sum.im[place] += sample * wave.im[place];
                }
            }
        }
        let [mut all, other] = sums;
        for place in 0..K {
            all.re[place] += other.re[place];
            all.im[place] += other.im[place];
        }
        all
    }
}

#[inline]
pub(crate) fn multiply(a: (f32, f32), b: (f32, f32)) -> (f32, f32) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// One tone, as the same place of a bank saw it over some slices.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Line {
    /// The cosine of how far its phase turns in a slice beyond the bank's frequency: see
    /// [`nearness`]; 0 if there is no tone.
    pub(crate) nearness: f32,
    /// The tone's peak amplitude, at the frequency it really has.
    pub(crate) amplitude: f32,
}

/// The [`Line::nearness`] of a tone that is off by `hz`, for slices of a length; a nearer tone has
/// more.
pub(crate) fn nearness(hz: f32, slice: usize) -> f32 {
    (TAU * hz * slice as f32 / SAMPLE_RATE as f32).cos()
}

/// Fits one steady tone to slices, weighted: its offset from how the phase turns beyond `step`
/// ([`Bank::step`]), then its amplitude with that turn undone.
pub(crate) fn fit<const N: usize>(
    slices: &[(f32, f32); N],
    weights: &[f32; N],
    step: (f32, f32),
) -> Line {
    let mut spin = (0.0, 0.0);
    for pair in slices.windows(2) {
        let (re, im) = multiply(pair[1], (pair[0].0, -pair[0].1));
        spin = (spin.0 + re, spin.1 + im);
    }
    let size = (spin.0 * spin.0 + spin.1 * spin.1).sqrt();
    if size <= f32::MIN_POSITIVE {
        return Line::default();
    }
    let back = (spin.0 / size, -spin.1 / size);
    let mut at = (1.0, 0.0);
    let mut sum = (0.0, 0.0);
    let mut total = 0.0;
    for (slice, weight) in slices.iter().zip(weights) {
        let (re, im) = multiply(*slice, at);
        sum = (sum.0 + weight * re, sum.1 + weight * im);
        total += weight;
        at = multiply(at, back);
    }
    let nearness = multiply(back, (step.0, -step.1)).0;
    let amplitude = (sum.0 * sum.0 + sum.1 * sum.1).sqrt() / total;
    Line { nearness, amplitude: amplitude / weakened(nearness) }
}

/// Within a slice an offset itself weakens the correlation, by the sinc of half the turn. The square
/// of the half turn is a series in the square of its sine.
pub(crate) fn weakened(nearness: f32) -> f32 {
    let s = (1.0 - nearness) / 2.0;
    let rest = 8.0 / 45.0 + s * (4.0 / 35.0 + s * (128.0 / 1575.0));
    let half_squared = s * (1.0 + s * (1.0 / 3.0 + s * rest));
    1.0 - half_squared / 6.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oscillator::Oscillator;

    #[test]
    fn a_tone_beside_the_frequency_is_measured_at_its_own() {
        for offset in [-40.0f32, -12.0, 0.0, 7.5, 40.0] {
            let bank = Bank::<2, 40>::new([1336.0, 0.0]);
            let mut tone = Oscillator::new(1336.0 + offset, 5000.0);
            let slices: [(f32, f32); 4] =
                core::array::from_fn(|_| bank.correlate(&[(); 40].map(|()| tone.next())).at(0));
            let line = fit(&slices, &[1.0; 4], bank.step(0));
            let within = |hz: f32| line.nearness > nearness(hz, 40);
            assert!(within(offset.abs() + 1.0), "{offset}: {line:?}");
            assert!(offset == 0.0 || !within(offset.abs() - 1.0), "{offset}: {line:?}");
            assert!((line.amplitude / 5000.0 - 1.0).abs() < 0.02, "{offset}: {}", line.amplitude);
        }
    }

    #[test]
    fn nothing_is_no_tone() {
        let line = fit(&[(0.0, 0.0); 4], &[1.0; 4], (1.0, 0.0));
        assert_eq!((line.nearness, line.amplitude), (0.0, 0.0));
    }

    #[test]
    fn a_section_that_looks_ahead_filters_as_its_difference_equation_says() {
        let [b0, b1, b2, a1, a2] = [1.0, -1.889_219_8, 1.0, -1.648_798_6, 0.886_951_44];
        let mut cascade = Cascade::new([[b0, b1, b2, a1, a2]]);
        let mut random = 1u32;
        let (mut x, mut y) = ([0.0f64; 3], [0.0f64; 3]);
        for _ in 0..50 {
            let mut slice = [(); 40].map(|()| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (random >> 17) as f32 - 16_384.0
            });
            let expected = slice.map(|sample| {
                x = [f64::from(sample), x[0], x[1]];
                y = [0.0, y[0], y[1]];
                y[0] = f64::from(b0) * x[0] + f64::from(b1) * x[1] + f64::from(b2) * x[2]
                    - f64::from(a1) * y[1]
                    - f64::from(a2) * y[2];
                y[0]
            });
            cascade.filter(&mut slice);
            for (got, expected) in slice.iter().zip(expected) {
                assert!((f64::from(*got) - expected).abs() < 0.05, "{got}, not {expected}");
            }
        }
        for _ in 0..200 {
            cascade.filter(&mut [0.0f32; 40]);
        }
        assert_eq!(cascade.sections[0].told, [[0.0; LANES]; 2]);
    }

    #[test]
    fn slices_come_whole_however_the_stream_is_cut() {
        let mut slicer = Slicer::<4>::new();
        let mut slices = Vec::new();
        for mut piece in [&[1i16, 2, 3][..], &[4, 5], &[], &[6, 7, 8, 9, 10, 11, 12, 13]] {
            while let Some(slice) = slicer.take(&mut piece) {
                slices.push(slice);
            }
        }
        assert_eq!(slices, [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0]]);
    }
}

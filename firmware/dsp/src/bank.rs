//! Filters and correlators that several detectors are built of.

use call::SAMPLE_RATE;
use std::f32::consts::TAU;

/// One second-order section: b0, b1, b2, a1, a2 (a0 is 1).
pub(crate) type Section = [f32; 5];

/// Second-order sections in a row, transposed direct form II.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cascade<const N: usize> {
    sections: [Section; N],
    state: [[f32; 2]; N],
}

impl<const N: usize> Cascade<N> {
    pub(crate) const fn new(sections: [Section; N]) -> Self {
        Cascade { sections, state: [[0.0; 2]; N] }
    }

    #[inline]
    pub(crate) fn next(&mut self, mut x: f32) -> f32 {
        for ([b0, b1, b2, a1, a2], state) in self.sections.iter().zip(&mut self.state) {
            let y = b0 * x + state[0];
            state[0] = b1 * x - a1 * y + state[1];
            state[1] = b2 * x - a2 * y;
            x = y;
        }
        x
    }
}

/// What a [`Bank`] measured over one slice, for each of its frequencies: the sine there as a
/// complex amplitude. Its phase stands still for a tone exactly at the frequency, and turns by
/// `2π × offset × slice` for one beside it.
pub(crate) type Phasors<const K: usize> = [(f32, f32); K];

/// Correlates with `K` frequencies at once, by Goertzel's recursion, slice by slice.
#[derive(Clone, Debug)]
pub(crate) struct Bank<const K: usize> {
    coefficient: [f32; K],
    s1: [f32; K],
    s2: [f32; K],
    /// e^(-jω), e^(-jω(N-1)) and e^(-jωN): the recursion's end, its own delay, one slice's turn.
    last: [(f32, f32); K],
    delay: [(f32, f32); K],
    turn: [(f32, f32); K],
    /// Where the reference stands: -ω × (samples before this slice).
    reference: [(f32, f32); K],
    scale: f32,
}

impl<const K: usize> Bank<K> {
    /// A bank for slices of `slice` samples. Unused places take 0 Hz.
    pub(crate) fn new(hz: [f32; K], slice: usize) -> Self {
        let omega = hz.map(|hz| TAU * hz / SAMPLE_RATE as f32);
        let unit = |angle: f32| (angle.cos(), -angle.sin());
        let turns = |omega: f32, samples: usize| {
            let angle = f64::from(omega) * samples as f64;
            (angle.cos() as f32, -angle.sin() as f32)
        };
        Bank {
            coefficient: omega.map(|omega| 2.0 * omega.cos()),
            s1: [0.0; K],
            s2: [0.0; K],
            last: omega.map(unit),
            delay: omega.map(|omega| turns(omega, slice - 1)),
            turn: omega.map(|omega| turns(omega, slice)),
            reference: [(1.0, 0.0); K],
            scale: 2.0 / slice as f32,
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, x: f32) {
        for k in 0..K {
            let s = x + self.coefficient[k] * self.s1[k] - self.s2[k];
            self.s2[k] = self.s1[k];
            self.s1[k] = s;
        }
    }

    /// Ends a slice; the caller has pushed exactly its length.
    pub(crate) fn finish(&mut self) -> Phasors<K> {
        let mut phasors = [(0.0, 0.0); K];
        for (k, phasor) in phasors.iter_mut().enumerate() {
            let (cos, sin) = self.last[k];
            let raw = (self.s1[k] - cos * self.s2[k], -sin * self.s2[k]);
            let here = multiply(raw, multiply(self.delay[k], self.reference[k]));
            *phasor = (here.0 * self.scale, here.1 * self.scale);
            // Held on the unit circle, for a bank may run for weeks.
            let (re, im) = multiply(self.reference[k], self.turn[k]);
            let hold = 1.5 - 0.5 * (re * re + im * im);
            self.reference[k] = (re * hold, im * hold);
            (self.s1[k], self.s2[k]) = (0.0, 0.0);
        }
        phasors
    }
}

#[inline]
pub(crate) fn multiply(a: (f32, f32), b: (f32, f32)) -> (f32, f32) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// One tone, as the same place of a bank saw it over some slices.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Line {
    /// How far the tone is from the bank's frequency, as a turn per slice, radians.
    pub(crate) turn: f32,
    /// The tone's peak amplitude, at the frequency it really has.
    pub(crate) amplitude: f32,
}

/// Fits one steady tone to slices, weighted: its offset from how the phase turns, then its
/// amplitude with that turn undone.
pub(crate) fn fit(slices: impl Iterator<Item = (f32, f32)> + Clone, weights: &[f32]) -> Line {
    let mut spin = (0.0, 0.0);
    for (a, b) in slices.clone().zip(slices.clone().skip(1)) {
        let (re, im) = multiply(b, (a.0, -a.1));
        spin = (spin.0 + re, spin.1 + im);
    }
    let size = spin.0.hypot(spin.1);
    if size <= f32::MIN_POSITIVE {
        return Line::default();
    }
    let back = (spin.0 / size, -spin.1 / size);
    let mut at = (1.0, 0.0);
    let mut sum = (0.0, 0.0);
    let mut total = 0.0;
    for (slice, weight) in slices.zip(weights) {
        let (re, im) = multiply(slice, at);
        sum = (sum.0 + weight * re, sum.1 + weight * im);
        total += weight;
        at = multiply(at, back);
    }
    let turn = spin.1.atan2(spin.0);
    // Within a slice the offset itself weakens the correlation, by its sinc.
    let half = turn / 2.0;
    let sinc = 1.0 - half * half / 6.0;
    Line { turn, amplitude: sum.0.hypot(sum.1) / total / sinc }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oscillator::Oscillator;

    #[test]
    fn a_tone_beside_the_frequency_is_measured_at_its_own() {
        for offset in [-40.0f32, -12.0, 0.0, 7.5, 40.0] {
            let mut bank = Bank::<2>::new([1336.0, 0.0], 40);
            let mut tone = Oscillator::new(1336.0 + offset, 5000.0);
            let slices: Vec<_> = (0..4)
                .map(|_| {
                    (0..40).for_each(|_| bank.push(tone.next()));
                    bank.finish()[0]
                })
                .collect();
            let line = fit(slices.iter().copied(), &[1.0; 4]);
            let hz = line.turn / TAU * 200.0;
            assert!((hz - offset).abs() < 1.0, "{offset}: {hz}");
            assert!((line.amplitude / 5000.0 - 1.0).abs() < 0.02, "{offset}: {}", line.amplitude);
        }
    }

    #[test]
    fn nothing_is_no_tone() {
        let line = fit([(0.0, 0.0); 4].into_iter(), &[1.0; 4]);
        assert_eq!((line.turn, line.amplitude), (0.0, 0.0));
    }
}

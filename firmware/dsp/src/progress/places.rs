//! The plan's frequencies over one window: how loud a steady tone is there, and how near.

use crate::bank::{Bank, Phasors, multiply, weakened};

/// The most frequencies of one plan; they are measured four at a time.
pub(super) const MAX_PLACES: usize = 12;
pub(super) const LANES: usize = 4;
pub(super) const MAX_BANKS: usize = MAX_PLACES / LANES;

/// Samples in a slice (5 ms), and slices that are looked at together (60 ms).
pub(super) const SLICE: usize = 40;
pub(super) const WINDOW: usize = 12;

/// Hann: two tones 40 Hz apart are told apart, others are 31 dB down.
pub(super) const WEIGHTS: [f32; WINDOW] = [
    0.017_037, 0.146_447, 0.370_59, 0.629_41, 0.853_553, 0.982_963, 0.982_963, 0.853_553, 0.629_41,
    0.370_59, 0.146_447, 0.017_037,
];
/// Their sum.
pub(super) const WEIGHT: f32 = 6.0;

/// What the window says of each place: its tone's amplitude and how near it is to the frequency
/// ([`crate::bank::Line`]), and the amplitude at the very frequency.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub(super) amplitude: [f32; MAX_PLACES],
    pub(super) nearness: [f32; MAX_PLACES],
    pub(super) exactly: [f32; MAX_PLACES],
}

impl Places {
    pub(super) const NONE: Places = Places {
        amplitude: [0.0; MAX_PLACES],
        nearness: [0.0; MAX_PLACES],
        exactly: [0.0; MAX_PLACES],
    };

    /// Fits one steady tone at each of a bank's frequencies, as [`crate::bank::fit`] does, all of
    /// them at once.
    pub(super) fn measure(
        &mut self,
        first: usize,
        window: &[Phasors<LANES>; WINDOW],
        bank: &Bank<LANES, SLICE>,
    ) {
        let (mut spin_re, mut spin_im) = ([0.0f32; LANES], [0.0f32; LANES]);
        for pair in window.windows(2) {
            let [a, b] = [&pair[0], &pair[1]];
            for lane in 0..LANES {
                spin_re[lane] += b.re[lane] * a.re[lane] + b.im[lane] * a.im[lane];
                spin_im[lane] += b.im[lane] * a.re[lane] - b.re[lane] * a.im[lane];
            }
        }
        let mut back = Phasors::<LANES>::ZERO;
        for lane in 0..LANES {
            let (re, im) = (spin_re[lane], spin_im[lane]);
            let size = (re * re + im * im).sqrt().max(f32::MIN_POSITIVE);
            (back.re[lane], back.im[lane]) = (re / size, -im / size);
        }
        let step = Phasors {
            re: core::array::from_fn(|lane| bank.step(lane).0),
            im: core::array::from_fn(|lane| bank.step(lane).1),
        };
        let fitted = turned_sum(window, &back);
        let exactly = turned_sum(window, &step);
        for lane in 0..LANES {
            let (back, step) = (back.at(lane), (step.re[lane], -step.im[lane]));
            let nearness = multiply(back, step).0;
            self.nearness[first + lane] = nearness;
            self.amplitude[first + lane] = fitted[lane] / weakened(nearness);
            self.exactly[first + lane] = exactly[lane];
        }
    }
}

/// The amplitude of slices that turn by so much from one to the next, that turn undone.
fn turned_sum(window: &[Phasors<LANES>; WINDOW], back: &Phasors<LANES>) -> [f32; LANES] {
    let mut at = Phasors { re: [1.0; LANES], im: [0.0; LANES] };
    let mut sum = Phasors::<LANES>::ZERO;
    for (slice, weight) in window.iter().zip(WEIGHTS) {
        for lane in 0..LANES {
            let (at_re, at_im) = (at.re[lane], at.im[lane]);
            sum.re[lane] += weight * (slice.re[lane] * at_re - slice.im[lane] * at_im);
            sum.im[lane] += weight * (slice.re[lane] * at_im + slice.im[lane] * at_re);
            at.re[lane] = at_re * back.re[lane] - at_im * back.im[lane];
            at.im[lane] = at_re * back.im[lane] + at_im * back.re[lane];
        }
    }
    core::array::from_fn(|lane| {
        (sum.re[lane] * sum.re[lane] + sum.im[lane] * sum.im[lane]).sqrt() / WEIGHT
    })
}

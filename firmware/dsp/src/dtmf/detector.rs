//! The DTMF receiver.
//!
//! Two filters part the low from the high group, after one that takes dial tone away. Each group's
//! four frequencies are correlated in slices of 5 ms. Over the last four slices the strongest of
//! each group is fitted as one steady tone: how its phase turns from slice to slice gives its
//! frequency to a hertz or two, which is what tells a digit from speech. A digit needs both tones
//! within the frequency and twist limits, and to carry nearly all energy there is. Most of what is no
//! digit is known by what the two groups share of the energy, and is not correlated at all.

use super::{HIGH_HZ, KEYS, LOW_HZ};
use crate::bank::{Bank, Cascade, Phasors, Slicer, energy, fit, nearness};
use crate::level;
use call::Samples;
use std::collections::VecDeque;

/// A digit that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DtmfDigit {
    /// `0`-`9`, `*`, `#`, `A`-`D`.
    pub digit: char,
    /// When it began, in samples since the detector was made; within 5 ms.
    pub start: Samples,
    /// How long it sounded; within 10 ms.
    pub duration: Samples,
}

/// What a receiver takes for a digit. Times are fixed: a tone of 40 ms is a digit and one of 20 ms
/// is not, a pause of 40 ms parts two digits and a break of 20 ms does not (ES 201 235-3; ITU-T Q.24 has each administration's figures about these).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DtmfLimits {
    /// The lowest level of either tone, dBm0.
    pub lowest_dbm0: f32,
    /// How far the high tone may be below the low one, dB ("normal" twist).
    pub twist_db: f32,
    /// How far the high tone may be above the low one, dB ("reverse" twist).
    pub reverse_twist_db: f32,
}

impl Default for DtmfLimits {
    /// -36 dBm0; 8 dB of twist one way, 6 dB the other, and 1 dB more each for the measuring:
    /// what AT&T (8 and 4) and ES 201 235-3 (6 and 6) ask for taken together.
    fn default() -> Self {
        DtmfLimits { lowest_dbm0: -36.0, twist_db: 9.0, reverse_twist_db: 7.0 }
    }
}

/// Elliptic high-pass: 36 dB off 350 to 450 Hz, 27 dB off 480 Hz, flat from 684 Hz.
const DIAL_TONE_STOP: [[f32; 5]; 2] = [
    [0.516_882_4, -1.021_462_4, 0.516_882_4, -1.016_783_8, 0.377_859_13],
    [1.0, -1.889_219_8, 1.0, -1.648_798_6, 0.886_951_44],
];
/// Elliptic low-pass: flat to 957 Hz, 22 dB off 1209 Hz and 30 dB from 1300 Hz.
const LOW_GROUP: [[f32; 5]; 2] = [
    [0.053_995_154, 0.019_338_02, 0.053_995_154, -1.222_246_5, 0.462_369_2],
    [1.0, -1.026_142_8, 1.0, -1.309_668, 0.850_406_1],
];
/// Elliptic high-pass: flat from 1187 Hz, 22 dB off 941 Hz and 30 dB below 850 Hz.
const HIGH_GROUP: [[f32; 5]; 2] = [
    [0.352_044_05, -0.666_314_6, 0.352_044_05, -0.477_708_08, 0.236_387_38],
    [1.0, -1.561_830_9, 1.0, -1.145_989_5, 0.835_865_3],
];

/// Samples in a slice: 5 ms.
const SLICE: usize = 40;
/// Slices that are looked at together: 20 ms.
const WINDOW: usize = 4;
/// The share of all energy that the two tones must carry. Windows that reach over a tone's end
/// fall below it when more than 3 ms are missing.
const PURITY: f32 = 0.85;
/// A slice holds no whole number of a tone's periods, so that its fit may find a little more than
/// was there.
const GROUP_MARGIN: f32 = 1.3;
/// Windows that must agree: with the purity above, between 30 and 36 ms of tone.
const HITS: u32 = 4;
/// Windows without the tone after which it has ended: between 28 and 38 ms.
const MISSES: u32 = 9;
/// From a tone's first sample to the end of the first window that hits, and from a tone's last
/// to the end of the last window: the shares that may be missing, and the filters' delay.
const FIRST_HIT_DELAY: u64 = 162;
const LAST_HIT_DELAY: u64 = 25;

/// Offsets up to ±(1.5 % + 2 Hz) are accepted, from ±3.5 % on refused (Q.24); the limit lies
/// between them.
fn widest_offset(hz: f32) -> f32 {
    0.025 * hz + 1.0
}

/// A digit under way.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    digit: char,
    first_hit: u64,
    last_hit: u64,
    hits: u32,
    misses: u32,
}

/// Listens for DTMF digits.
#[derive(Clone, Debug)]
pub struct DtmfDetector {
    lowest: f32,
    twist: f32,
    reverse_twist: f32,
    dial_tone_stop: Cascade<2>,
    low_group: Cascade<2>,
    high_group: Cascade<2>,
    low: Group,
    high: Group,
    slicer: Slicer<SLICE>,
    slices: [Slice; WINDOW],
    /// The oldest of the slices.
    oldest: usize,
    clock: u64,
    /// The digit that has been sure, and one that may become so.
    sure: Option<Candidate>,
    rising: Option<Candidate>,
    heard: VecDeque<DtmfDigit>,
}

/// A group's frequencies.
#[derive(Clone, Debug)]
struct Group {
    bank: Bank<4, SLICE>,
    /// How near a tone has to be to each.
    nearness: [f32; 4],
}

/// One group's part of a slice; correlated when it is asked for.
#[derive(Clone, Copy, Debug)]
struct Part {
    samples: [f32; SLICE],
    /// Mean square.
    energy: f32,
    phasors: Option<Phasors<4>>,
}

#[derive(Clone, Copy, Debug)]
struct Slice {
    low: Part,
    high: Part,
    /// Mean square, both groups together.
    energy: f32,
}

impl Default for DtmfDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl DtmfDetector {
    /// A detector at sample 0, with the limits of [`DtmfLimits::default`].
    pub fn new() -> Self {
        Self::with_limits(DtmfLimits::default())
    }

    /// A detector at sample 0.
    pub fn with_limits(limits: DtmfLimits) -> Self {
        DtmfDetector {
            lowest: level::sine_peak(limits.lowest_dbm0),
            twist: level::gain(limits.twist_db),
            reverse_twist: level::gain(limits.reverse_twist_db),
            dial_tone_stop: Cascade::new(DIAL_TONE_STOP),
            low_group: Cascade::new(LOW_GROUP),
            high_group: Cascade::new(HIGH_GROUP),
            low: Group::new(LOW_HZ),
            high: Group::new(HIGH_HZ),
            slicer: Slicer::new(),
            slices: [Slice { low: Part::SILENT, high: Part::SILENT, energy: 0.0 }; WINDOW],
            oldest: 0,
            clock: 0,
            sure: None,
            rising: None,
            heard: VecDeque::with_capacity(8),
        }
    }

    /// Takes any number of samples in.
    pub fn push(&mut self, mut samples: &[i16]) {
        while let Some(slice) = self.slicer.take(&mut samples) {
            self.clock += SLICE as u64;
            self.take(slice);
            let digit = self.window_digit();
            self.follow(digit);
        }
    }

    /// The digit that sounds now, as soon as it is sure; before [`DtmfDetector::next_digit`] has it.
    pub fn sounding(&self) -> Option<char> {
        self.sure.map(|sure| sure.digit)
    }

    /// The next digit that has ended, in order.
    pub fn next_digit(&mut self) -> Option<DtmfDigit> {
        self.heard.pop_front()
    }

    fn take(&mut self, mut slice: [f32; SLICE]) {
        self.dial_tone_stop.filter(&mut slice);
        let mean = energy(&slice) / SLICE as f32;
        let (mut low, mut high) = (slice, slice);
        self.low_group.filter(&mut low);
        self.high_group.filter(&mut high);
        self.slices[self.oldest] =
            Slice { low: Part::new(low), high: Part::new(high), energy: mean };
        self.oldest = (self.oldest + 1) % WINDOW;
    }

    /// The digit that fills the last window, if one does.
    fn window_digit(&mut self) -> Option<char> {
        let mean =
            |of: &dyn Fn(&Slice) -> f32| self.slices.iter().map(of).sum::<f32>() / WINDOW as f32;
        let energy = mean(&|slice| slice.energy);
        // Two tones at the lowest level carry its square together; below that, don't look closer.
        if energy < 0.7 * self.lowest * self.lowest {
            return None;
        }
        // Both tones carry PURITY of it, and neither more than the twist allows above the other. A
        // group's tone cannot carry more than the group, near enough.
        let least = |twist: f32| PURITY * energy / (1.0 + twist * twist) / GROUP_MARGIN;
        let either = mean(&|slice| slice.low.energy) >= least(self.reverse_twist)
            && mean(&|slice| slice.high.energy) >= least(self.twist);
        if !either {
            return None;
        }
        let window: [usize; WINDOW] = core::array::from_fn(|at| (self.oldest + at) % WINDOW);
        let slices = &mut self.slices;
        let low = window.map(|at| slices[at].low.phasors(&self.low));
        let high = window.map(|at| slices[at].high.phasors(&self.high));
        let ((row, low_power), (column, high_power)) = (strongest(&low), strongest(&high));
        // No fit finds more than was there, but for what it adds for an offset.
        if (low_power + high_power) / 2.0 < PURITY * energy / GROUP_MARGIN {
            return None;
        }
        let low = self.low.fit(row, &low)?;
        let high = self.high.fit(column, &high)?;
        let loud = low >= self.lowest && high >= self.lowest;
        let even = low <= high * self.twist && high <= low * self.reverse_twist;
        let pure = (low * low + high * high) / 2.0 >= PURITY * energy;
        (loud && even && pure).then_some(KEYS[row][column])
    }

    /// Follows digits over time: hits make a digit sure, misses end it.
    fn follow(&mut self, seen: Option<char>) {
        if let Some(mut sure) = self.sure {
            if seen == Some(sure.digit) {
                sure.last_hit = self.clock;
                sure.misses = 0;
                self.sure = Some(sure);
                self.rising = None;
                return;
            }
            sure.misses += 1;
            self.sure = Some(sure);
            if sure.misses >= MISSES {
                self.end(sure);
            }
        }
        match (seen, &mut self.rising) {
            (Some(digit), Some(rising)) if rising.digit == digit => {
                rising.hits += 1;
                rising.misses = 0;
                rising.last_hit = self.clock;
            }
            (Some(digit), rising) => {
                let now = self.clock;
                let first = Candidate { digit, first_hit: now, last_hit: now, hits: 1, misses: 0 };
                *rising = Some(first);
            }
            (None, Some(rising)) => {
                // One window that noise has spoiled is forgiven, two are not.
                rising.misses += 1;
                if rising.misses > 1 {
                    self.rising = None;
                }
            }
            (None, None) => {}
        }
        if let Some(rising) = self.rising.take_if(|rising| rising.hits >= HITS) {
            if let Some(sure) = self.sure {
                self.end(sure);
            }
            self.sure = Some(Candidate { misses: 0, ..rising });
        }
    }

    fn end(&mut self, sure: Candidate) {
        let start = sure.first_hit.saturating_sub(FIRST_HIT_DELAY);
        let end = sure.last_hit.saturating_sub(LAST_HIT_DELAY);
        self.heard.push_back(DtmfDigit {
            digit: sure.digit,
            start: Samples(start),
            duration: Samples(end.saturating_sub(start)),
        });
        self.sure = None;
    }
}

impl Part {
    const SILENT: Part = Part { samples: [0.0; SLICE], energy: 0.0, phasors: None };

    fn new(samples: [f32; SLICE]) -> Self {
        Part { samples, energy: energy(&samples) / SLICE as f32, phasors: None }
    }

    fn phasors(&mut self, group: &Group) -> Phasors<4> {
        *self.phasors.get_or_insert_with(|| group.bank.correlate(&self.samples))
    }
}

impl Group {
    fn new(hz: [f32; 4]) -> Self {
        Group { bank: Bank::new(hz), nearness: hz.map(|hz| nearness(widest_offset(hz), SLICE)) }
    }

    /// The amplitude of the tone near one of the four frequencies; `None` if it is too far off.
    fn fit(&self, at: usize, window: &[Phasors<4>; WINDOW]) -> Option<f32> {
        let line = fit(&window.map(|all| all.at(at)), &[1.0; WINDOW], self.bank.step(at));
        (line.nearness >= self.nearness[at]).then_some(line.amplitude)
    }
}

/// The strongest of a group's four frequencies over the window, and its mean square amplitude.
fn strongest(window: &[Phasors<4>; WINDOW]) -> (usize, f32) {
    let mut power = [0.0f32; 4];
    for Phasors { re, im } in window {
        for place in 0..4 {
            power[place] += re[place] * re[place] + im[place] * im[place];
        }
    }
    let at = (1..4).fold(0, |best, at| if power[at] > power[best] { at } else { best });
    (at, power[at] / WINDOW as f32)
}

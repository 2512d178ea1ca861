//! What one stretch of 60 ms sounds like: which of the plan's frequency sets it is, if it is purely
//! that, and how loud; or how much it sounds like a voice.

use super::places::{LANES, MAX_BANKS, MAX_PLACES, Places, SLICE, WEIGHT, WEIGHTS, WINDOW};
use crate::bank::{Bank, Cascade, Phasors, Slicer, energy, nearness};
use crate::level;
use crate::plan::{Country, TonePlan};
use crate::tone::{MAX_FREQUENCIES, Segment};
use call::SAMPLE_RATE;
use std::f32::consts::TAU;

/// The most frequency sets of one plan.
pub(super) const MAX_KINDS: usize = 12;

/// Slices between two looks (10 ms).
const SLICES_PER_LOOK: usize = 2;
/// Samples between two looks.
pub(super) const LOOK: u64 = (SLICE * SLICES_PER_LOOK) as u64;
/// From a window's middle, to which a look belongs, to its end.
pub(super) const LOOK_DELAY: u64 = (SLICE * WINDOW / 2) as u64;

/// Butterworth high-pass at 200 Hz: mains hum is no sound.
const HUM_STOP: [[f32; 5]; 1] =
    [[0.894_858_6, -1.789_717_2, 0.894_858_6, -1.778_631_8, 0.800_802_65]];

/// The share of all energy that a tone's frequencies carry: noise 6 dB below is allowed.
const PURITY: f32 = 0.75;
/// How much two frequencies of one tone may differ in level: 10 dB.
const UNEVEN: f32 = 3.2;
/// The softest tone, all its frequencies together, dBm0.
const SOFTEST_TONE_DBM0: f32 = -43.0;
/// How far a single frequency may be off: the widest of the national tolerances (China ±25 Hz).
const OFFSET_HZ: f32 = 25.0;
/// Where several frequencies lie far enough apart to be measured one by one, they may be off by this
/// share, or by as much as a single one. Closer ones are held to some 1.5 % by the window's width.
const OFFSET_SHARE: f32 = 0.015;
const FAR_APART_HZ: f32 = 150.0;
/// Special information: ±50 Hz (E.180), less what measuring takes.
const SPECIAL_OFFSET_HZ: f32 = 47.0;

/// Low, middle and high tone of special information, Hz.
const SPECIAL_HZ: [f32; 3] = [950.0, 1400.0, 1800.0];

/// The number of a frequency set within its plan.
pub(super) type KindId = usize;

/// Frequencies that sound together: places in the bank.
#[derive(Clone, Copy, Debug)]
struct Kind {
    places: [usize; MAX_FREQUENCIES],
    count: usize,
    /// How near each has to be to its frequency.
    nearness: [f32; MAX_FREQUENCIES],
    /// Each frequency can be fitted by itself.
    apart: bool,
}

/// One look, every 10 ms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// The sample in the middle of what was looked at.
    pub(super) middle: u64,
    /// The tone that fills the window purely.
    pub(super) kind: Option<KindId>,
    /// The amplitude of every kind's frequencies: root of the sum of their squares.
    pub(super) amplitudes: [f32; MAX_KINDS],
    /// Mean square of the newest 10 ms.
    pub(super) energy: f32,
    /// What a two-step prediction leaves of the newest 10 ms: 0 for a sine, near 1 for noise.
    pub(super) residue: f32,
    /// The frequency that the prediction points at, Hz.
    pub(super) resonance: f32,
}

#[derive(Clone, Copy, Debug)]
struct Slice {
    phasors: [Phasors<LANES>; MAX_BANKS],
    energy: f32,
}

#[derive(Clone, Debug)]
pub(super) struct Ear {
    hz: [f32; MAX_PLACES],
    places: usize,
    kinds: [Kind; MAX_KINDS],
    kind_count: usize,
    special: [KindId; 3],
    slicer: Slicer<SLICE>,
    high_pass: Cascade<1>,
    /// As many as the places need.
    banks: Vec<Bank<LANES, SLICE>>,
    slices: [Slice; WINDOW],
    /// The oldest of the slices.
    oldest: usize,
    slices_since_look: usize,
    /// Products of neighbours since the last look, at distance 0, 1 and 2.
    products: [f32; 3],
    before: [f32; 2],
    clock: u64,
    softest: f32,
}

impl Ear {
    pub(super) fn new(country: Country) -> Self {
        let softest = level::sine_peak(SOFTEST_TONE_DBM0);
        let empty = Kind::empty(false);
        let mut ear = Ear {
            hz: [0.0; MAX_PLACES],
            places: 0,
            kinds: [empty; MAX_KINDS],
            kind_count: 0,
            special: [0; 3],
            slicer: Slicer::new(),
            high_pass: Cascade::new(HUM_STOP),
            banks: Vec::new(),
            slices: [Slice { phasors: [Phasors::ZERO; MAX_BANKS], energy: 0.0 }; WINDOW],
            oldest: 0,
            slices_since_look: 0,
            products: [0.0; 3],
            before: [0.0; 2],
            clock: 0,
            softest,
        };
        for (id, hz) in SPECIAL_HZ.into_iter().enumerate() {
            ear.special[id] = ear.learn(&[hz], SPECIAL_OFFSET_HZ);
        }
        let TonePlan { dial, ringback, busy, congestion, unobtainable, howler, .. } =
            country.tones();
        for tone in [dial, ringback, busy, congestion, unobtainable, howler] {
            // A tone that is played once is special information, which is known by now.
            for Segment { hz, .. } in tone.segments.iter().filter(|_| tone.times.is_none()) {
                if !hz.is_empty() {
                    ear.learn(hz, OFFSET_HZ);
                }
            }
        }
        let (groups, _) = ear.hz.as_chunks::<LANES>();
        ear.banks = groups[..ear.places.div_ceil(LANES)].iter().map(|hz| Bank::new(*hz)).collect();
        ear
    }

    /// The frequency sets of special information, low to high.
    pub(super) fn special(&self) -> [KindId; 3] {
        self.special
    }

    /// The number of a frequency set of the plan.
    pub(super) fn kind_of(&self, hz: &[f32]) -> Option<KindId> {
        self.kinds[..self.kind_count].iter().position(|kind| {
            kind.count == hz.len()
                && hz
                    .iter()
                    .all(|hz| kind.places[..kind.count].iter().any(|&at| self.hz[at] == *hz))
        })
    }

    /// Makes room for a frequency set. A plan's own are known to fit (a test holds that); what
    /// would not fit is not listened for.
    fn learn(&mut self, hz: &[f32], offset_hz: f32) -> KindId {
        if let Some(known) = self.kind_of(hz) {
            return known;
        }
        let mut kind = Kind::empty(true);
        for &hz in hz.iter().take(MAX_FREQUENCIES) {
            let known = self.hz[..self.places].iter().position(|have| *have == hz);
            let at = known.unwrap_or(self.places);
            if at == MAX_PLACES || self.kind_count == MAX_KINDS {
                return 0;
            }
            self.hz[at] = hz;
            self.places = self.places.max(at + 1);
            let apart = |&place: &usize| (self.hz[place] - hz).abs() >= FAR_APART_HZ;
            kind.apart &= kind.places[..kind.count].iter().all(apart);
            kind.places[kind.count] = at;
            kind.nearness[kind.count] = nearness(offset_hz.max(OFFSET_SHARE * hz), SLICE);
            kind.count += 1;
        }
        self.kinds[self.kind_count] = kind;
        self.kind_count += 1;
        self.kind_count - 1
    }

    /// Takes from the front of `samples` what the next look needs, and gives the look, one every
    /// 10 ms; `None` once nothing is left.
    pub(super) fn hear(&mut self, samples: &mut &[i16]) -> Option<Look> {
        while let Some(mut slice) = self.slicer.take(samples) {
            self.clock += SLICE as u64;
            self.high_pass.filter(&mut slice);
            self.take(&slice);
            if self.slices_since_look == SLICES_PER_LOOK {
                return Some(self.look());
            }
        }
        None
    }

    fn take(&mut self, slice: &[f32; SLICE]) {
        let whole = energy(slice);
        let mut phasors = [Phasors::ZERO; MAX_BANKS];
        for (phasors, bank) in phasors.iter_mut().zip(&self.banks) {
            *phasors = bank.correlate(slice);
        }
        self.slices[self.oldest] = Slice { phasors, energy: whole / SLICE as f32 };
        self.oldest = (self.oldest + 1) % WINDOW;
        self.slices_since_look += 1;
        let [r1, r2] = neighbours(slice, self.before);
        self.products[0] += whole;
        self.products[1] += r1;
        self.products[2] += r2;
        self.before = [slice[SLICE - 2], slice[SLICE - 1]];
    }

    fn look(&mut self) -> Look {
        self.slices_since_look = 0;
        let [r0, r1, r2] = std::mem::take(&mut self.products);
        let (residue, resonance) = predict(r0, r1, r2);
        let mut look = Look {
            middle: self.clock.saturating_sub(LOOK_DELAY),
            kind: None,
            amplitudes: [0.0; MAX_KINDS],
            energy: r0 / LOOK as f32,
            residue,
            resonance,
        };
        let (newer, older) = self.slices.split_at(self.oldest);
        let slices = || older.iter().chain(newer);
        let energy: f32 = slices().zip(WEIGHTS).map(|(slice, weight)| slice.energy * weight).sum();
        let energy = energy / WEIGHT;
        // Nothing can be a tone below a quarter of the softest one's power.
        if energy * 8.0 < self.softest * self.softest {
            return look;
        }
        let mut places = Places::NONE;
        for (at, bank) in self.banks.iter().enumerate() {
            let window: [Phasors<LANES>; WINDOW] =
                core::array::from_fn(|nth| self.slices[(self.oldest + nth) % WINDOW].phasors[at]);
            places.measure(at * LANES, &window, bank);
        }
        let mut best = 0.0;
        for id in 0..self.kind_count {
            let (amplitude, fits) = self.kinds[id].measure(&places);
            look.amplitudes[id] = amplitude;
            let pure = amplitude * amplitude / 2.0 >= PURITY * energy;
            if fits && pure && amplitude >= self.softest && amplitude > best {
                best = amplitude;
                look.kind = Some(id);
            }
        }
        look
    }
}

impl Kind {
    const fn empty(apart: bool) -> Self {
        let (places, nearness) = ([0; MAX_FREQUENCIES], [0.0; MAX_FREQUENCIES]);
        Kind { places, count: 0, nearness, apart }
    }

    /// Its amplitude over the window, and whether its frequencies are where and as even as they
    /// should be.
    fn measure(&self, places: &Places) -> (f32, bool) {
        let (mut sum, mut most, mut least, mut near) = (0.0, 0.0f32, f32::MAX, true);
        for (&place, nearness) in self.places[..self.count].iter().zip(self.nearness) {
            let amplitude = if self.apart {
                near &= places.nearness[place] >= nearness;
                places.amplitude[place]
            } else {
                places.exactly[place]
            };
            let power = amplitude * amplitude;
            sum += power;
            most = most.max(power);
            least = least.min(power);
        }
        (sum.sqrt(), near && most <= least * UNEVEN * UNEVEN)
    }
}

/// Products of the slice's samples with those one and two before.
fn neighbours(slice: &[f32; SLICE], before: [f32; 2]) -> [f32; 2] {
    let mut line = [0.0; SLICE + 2];
    line[..2].copy_from_slice(&before);
    line[2..].copy_from_slice(slice);
    let mut sums = [[0.0f32; LANES]; 2];
    for (at, here) in slice.as_chunks::<LANES>().0.iter().enumerate() {
        let past = &line[at * LANES..at * LANES + LANES + 1];
        for lane in 0..LANES {
            sums[0][lane] += here[lane] * past[lane + 1];
            sums[1][lane] += here[lane] * past[lane];
        }
    }
    sums.map(|lanes| lanes.iter().sum())
}

/// Linear prediction from two samples: what it leaves, and the frequency of its resonance.
fn predict(r0: f32, r1: f32, r2: f32) -> (f32, f32) {
    if r0 < 1.0 {
        return (1.0, 0.0);
    }
    let (c1, c2) = ((r1 / r0).clamp(-0.9999, 0.9999), (r2 / r0).clamp(-0.9999, 0.9999));
    let across = 1.0 - c1 * c1;
    let a1 = c1 * (1.0 - c2) / across;
    let a2 = (c2 - c1 * c1) / across;
    let residue = (1.0 - a1 * c1 - a2 * c2).clamp(0.0, 1.0);
    let cos = if a2 < 0.0 { a1 / (2.0 * (-a2).sqrt()) } else { c1 };
    (residue, cos.clamp(-1.0, 1.0).acos() / TAU * SAMPLE_RATE as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plan_fits_into_the_bank() {
        for country in Country::ALL {
            let ear = Ear::new(country);
            let tones = country.tones();
            for tone in [tones.dial, tones.ringback, tones.busy, tones.congestion, tones.howler] {
                for segment in tone.segments.iter().filter(|segment| !segment.hz.is_empty()) {
                    assert!(ear.kind_of(segment.hz).is_some(), "{country}: {:?}", segment.hz);
                }
            }
        }
    }

    #[test]
    fn prediction_knows_a_sine() {
        let omega = TAU * 440.0 / 8000.0;
        let (residue, hz) = predict(1e6, 1e6 * omega.cos(), 1e6 * (2.0 * omega).cos());
        assert!(residue < 0.001 && (hz - 440.0).abs() < 5.0, "{residue} {hz}");
    }
}

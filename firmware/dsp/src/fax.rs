//! Fax tones (ITU-T T.30).
//!
//! Calling tone (CNG) is 1100 ±38 Hz for half a second every three, called-station identification
//! (CED) 2100 ±15 Hz for 2.6 to 4 s, whose phase a modern machine turns round every 450 ms (ANSam,
//! V.8). A tone counts if it is pure, on its frequency and long enough; CNG only with its end, for a
//! longer tone is another.

use crate::bank::{Bank, Phasors, Slicer, energy, fit, nearness};
use call::Samples;
use std::collections::VecDeque;

/// A tone that a fax machine sends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaxTone {
    /// Calling tone: 1100 Hz, half a second every three.
    Cng,
    /// Called-station identification: 2100 Hz, some three seconds.
    Ced,
}

/// A fax tone that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaxHeard {
    /// The sample at which it was sure, since the detector was made.
    pub at: Samples,
    /// Which.
    pub tone: FaxTone,
}

const HZ: [f32; 2] = [1100.0, 2100.0];
const TONES: [FaxTone; 2] = [FaxTone::Cng, FaxTone::Ced];
/// T.30's ±38 and ±15 Hz, and what measuring takes.
const OFFSET_HZ: [f32; 2] = [42.0, 22.0];

/// Samples in a slice (10 ms) and slices looked at together (40 ms).
const SLICE: usize = 80;
const WINDOW: usize = 4;
/// The share of all energy that the tone carries.
const PURITY: f32 = 0.8;
/// The softest tone, as mean square: -43 dBm0.
const SOFTEST: f32 = 13_000.0;
/// Slices that may be missing within a tone: a turn of the phase spoils the windows over it.
const MISSING: u32 = 6;
/// Half a second ±15 %, in windows that lie wholly within it, and one more for either edge.
const CNG_WINDOWS: std::ops::RangeInclusive<u32> = 38..=57;
/// CED is sure after half a second.
const CED_WINDOWS: u32 = 47;

/// One of the two tones under way.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    windows: u32,
    missing: u32,
    told: bool,
}

/// Listens for fax tones.
#[derive(Clone, Debug)]
pub struct FaxDetector {
    slicer: Slicer<SLICE>,
    bank: Bank<2, SLICE>,
    slices: [(Phasors<2>, f32); WINDOW],
    clock: u64,
    runs: [Run; 2],
    heard: VecDeque<FaxHeard>,
}

impl Default for FaxDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl FaxDetector {
    /// A detector at sample 0.
    pub fn new() -> Self {
        FaxDetector {
            slicer: Slicer::new(),
            bank: Bank::new(HZ),
            slices: [(Phasors::ZERO, 0.0); WINDOW],
            clock: 0,
            runs: [Run::default(); 2],
            heard: VecDeque::with_capacity(4),
        }
    }

    /// Takes any number of samples in.
    pub fn push(&mut self, mut samples: &[i16]) {
        while let Some(slice) = self.slicer.take(&mut samples) {
            self.clock += SLICE as u64;
            self.slices.rotate_left(1);
            self.slices[WINDOW - 1] = (self.bank.correlate(&slice), energy(&slice) / SLICE as f32);
            self.look();
        }
    }

    /// The next tone heard, in order.
    pub fn next_tone(&mut self) -> Option<FaxHeard> {
        self.heard.pop_front()
    }

    fn look(&mut self) {
        let energy = self.slices.iter().map(|(_, energy)| energy).sum::<f32>() / WINDOW as f32;
        for (at, run) in self.runs.iter_mut().enumerate() {
            let sounds = energy >= SOFTEST && {
                let slices = self.slices.map(|(all, _)| all.at(at));
                let line = fit(&slices, &[1.0; WINDOW], self.bank.step(at));
                line.nearness >= nearness(OFFSET_HZ[at], SLICE)
                    && line.amplitude * line.amplitude / 2.0 >= PURITY * energy
            };
            if run.take(sounds, TONES[at]) {
                self.heard.push_back(FaxHeard { at: Samples(self.clock), tone: TONES[at] });
            }
        }
    }
}

impl Run {
    /// Takes the next window; true when the tone is sure.
    fn take(&mut self, sounds: bool, tone: FaxTone) -> bool {
        if sounds {
            // Windows that the phase's turn spoiled lie within the tone.
            let more = 1 + std::mem::take(&mut self.missing);
            self.windows = self.windows.saturating_add(more);
            let sure = tone == FaxTone::Ced && self.windows >= CED_WINDOWS && !self.told;
            self.told |= sure;
            return sure;
        }
        if self.windows == 0 {
            return false;
        }
        self.missing += 1;
        if self.missing <= MISSING {
            return false;
        }
        let windows = std::mem::take(self).windows;
        tone == FaxTone::Cng && CNG_WINDOWS.contains(&windows)
    }
}

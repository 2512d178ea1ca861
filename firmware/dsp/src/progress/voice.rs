//! Sound that is no tone: whether it is a voice, and since when there has been none.
//!
//! A voiced sound stands out of the noise floor and is predictable from its own last samples, yet
//! does not stand still as a tone does.

use super::VOICE_HANG;
use super::ear::{LOOK, Look};
use crate::level;

/// Nothing below this is a voice, dBm0.
const SOFTEST_DBM0: f32 = -42.0;
/// How far above the floor a sound must be: 10 dB, as power.
const ABOVE_FLOOR: f32 = 10.0;
/// The floor is kept between these, dBm0.
const FLOOR_DBM0: (f32, f32) = (-68.0, -38.0);
/// The floor's rise per look: 1 dB a second.
const FLOOR_RISE: f32 = 1.002_305;
/// Prediction leaves less than this of a voiced sound.
const VOICED_RESIDUE: f32 = 0.4;
/// Prediction leaves less than this of a single tone.
const TONE_RESIDUE: f32 = 0.06;
/// Looks for which a single tone keeps its frequency within a fiftieth before it is called so.
const TONE_LOOKS: u32 = 6;
/// Looks of voiced sound that make a voice, where others take a quarter away each.
const ENOUGH: f32 = 9.0;
const MOST: f32 = 20.0;

/// What a look changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Began(u64),
    Ended(u64),
}

#[derive(Clone, Debug)]
pub(super) struct Voice {
    floor: f32,
    floor_limits: (f32, f32),
    softest: f32,
    score: f32,
    first: u64,
    last_voiced: u64,
    last_sound: u64,
    on: bool,
    resonance: f32,
    tone_looks: u32,
}

impl Voice {
    pub(super) fn new() -> Self {
        let power = |dbm0: f32| level::rms(dbm0).powi(2);
        Voice {
            floor: power(-55.0),
            floor_limits: (power(FLOOR_DBM0.0), power(FLOOR_DBM0.1)),
            softest: power(SOFTEST_DBM0),
            score: 0.0,
            first: 0,
            last_voiced: 0,
            last_sound: 0,
            on: false,
            resonance: 0.0,
            tone_looks: 0,
        }
    }

    /// The last sample at which there was any sound above the floor.
    pub(super) fn last_sound(&self) -> u64 {
        self.last_sound
    }

    /// Takes a look at the newest 10 ms, which end at `now`; `tone` if one of the plan's sounds.
    pub(super) fn take(&mut self, look: &Look, now: u64, tone: bool) -> Option<Change> {
        let loud = look.energy >= self.softest.max(self.floor * ABOVE_FLOOR);
        let (lowest, highest) = self.floor_limits;
        self.floor = (self.floor * FLOOR_RISE).min(look.energy.max(1.0)).clamp(lowest, highest);
        if loud || tone {
            self.last_sound = now;
        }
        self.watch_for_tone(look, loud);
        if tone || self.tone_looks >= TONE_LOOKS {
            self.score = 0.0;
        } else if loud && look.residue <= VOICED_RESIDUE {
            if self.score == 0.0 {
                self.first = now - LOOK.min(now);
            }
            self.score = (self.score + 1.0).min(MOST);
        } else {
            self.score = (self.score - 0.25).max(0.0);
        }
        self.turn(now, loud && !tone && self.tone_looks < TONE_LOOKS)
    }

    fn turn(&mut self, now: u64, sounds: bool) -> Option<Change> {
        if !self.on {
            if self.score < ENOUGH {
                return None;
            }
            self.on = true;
            self.last_voiced = now;
            return Some(Change::Began(self.first));
        }
        if sounds {
            self.last_voiced = now;
        } else if now - self.last_voiced >= VOICE_HANG.0 {
            self.on = false;
            self.score = 0.0;
            return Some(Change::Ended(self.last_voiced));
        }
        None
    }

    /// Counts looks in which one unknown tone stands still.
    fn watch_for_tone(&mut self, look: &Look, loud: bool) {
        let still = (look.resonance - self.resonance).abs() <= 0.02 * self.resonance;
        if loud && look.residue < TONE_RESIDUE && still {
            self.tone_looks = self.tone_looks.saturating_add(1);
        } else {
            self.tone_looks = 0;
        }
        self.resonance = look.resonance;
    }
}

//! Hearing whether somebody speaks: level against a floor that follows the line's noise.
//!
//! Both ends of a conversation take turns by it, so it only has to tell speech from the pauses of a
//! telephone line, not from music or tones: 10 ms frames, speech is 10 dB over the floor and over
//! -45 dBm0, for 50 ms to begin; the listener says how much silence ends a turn.

use dsp::level;

/// The mean square of any signal of a level in dBm0.
pub(crate) fn mean_square(dbm0: f32) -> f32 {
    let rms = level::rms(dbm0);
    rms * rms
}

/// Follows one voice.
#[derive(Clone, Debug)]
pub(crate) struct Ear {
    floor: f32,
    least: f32,
    highest_floor: f32,
    /// Frames in a row (with forgiveness) that were speech, up to `BEGIN_FRAMES`.
    loud: u32,
    /// Samples of speech since the turn began.
    speaking: u64,
    /// Samples of silence since the last speech frame.
    quiet: u64,
    began: bool,
}

const BEGIN_FRAMES: u32 = 5;
/// 10 dB.
const OVER_FLOOR: f32 = 10.0;
/// Per frame: about 0.5 dB a second.
const FLOOR_RISE: f32 = 1.001_2;

impl Ear {
    pub(crate) fn new() -> Self {
        Ear {
            floor: mean_square(-65.0),
            least: mean_square(-45.0),
            highest_floor: mean_square(-40.0),
            loud: 0,
            speaking: 0,
            quiet: 0,
            began: false,
        }
    }

    /// Forgets the turn heard so far; the floor stays.
    pub(crate) fn new_turn(&mut self) {
        self.loud = 0;
        self.speaking = 0;
        self.quiet = 0;
        self.began = false;
    }

    /// Takes in up to one block.
    pub(crate) fn hear(&mut self, samples: &[i16]) {
        if samples.is_empty() {
            return;
        }
        let sum: f32 = samples.iter().map(|&sample| f32::from(sample) * f32::from(sample)).sum();
        let power = sum / samples.len() as f32;
        self.floor = if power < self.floor {
            self.floor + (power - self.floor) * 0.2
        } else {
            (self.floor * FLOOR_RISE).min(self.highest_floor)
        }
        .max(1.0);
        let long = samples.len() as u64;
        if power > self.least.max(self.floor * OVER_FLOOR) {
            self.loud = (self.loud + 1).min(BEGIN_FRAMES);
            self.quiet = 0;
        } else {
            self.loud = self.loud.saturating_sub(1);
            self.quiet += long;
        }
        if self.loud == BEGIN_FRAMES {
            self.began = true;
        }
        if self.began {
            self.speaking += long;
        }
    }

    /// Whether the other has begun to speak in this turn.
    pub(crate) fn began(&self) -> bool {
        self.began
    }

    /// Samples since the other began to speak in this turn.
    pub(crate) fn since_began(&self) -> u64 {
        self.speaking
    }

    /// Samples of silence up to now.
    pub(crate) fn quiet(&self) -> u64 {
        self.quiet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    fn noise(seed: u64, dbm0: f32, blocks: usize) -> Vec<[i16; 80]> {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let peak = (mean_square(dbm0) * 3.0).sqrt();
        let mut sample = || {
            let unit = random.next_u32() as f32 / u32::MAX as f32;
            ((unit * 2.0 - 1.0) * peak) as i16
        };
        (0..blocks).map(|_| core::array::from_fn(|_| sample())).collect()
    }

    #[test]
    fn a_turn_begins_with_speech_and_ends_with_silence_on_a_noisy_line() {
        let mut ear = Ear::new();
        for block in noise(1, -50.0, 300) {
            ear.hear(&block);
        }
        assert!(!ear.began(), "line noise is no speech");
        for block in noise(2, -25.0, 100) {
            ear.hear(&block);
        }
        assert!(ear.began());
        assert_eq!(ear.quiet(), 0);
        for block in noise(3, -50.0, 90) {
            ear.hear(&block);
        }
        assert_eq!(ear.quiet(), 90 * 80);
        ear.new_turn();
        assert!(!ear.began());
    }

    #[test]
    fn a_click_is_no_turn() {
        let mut ear = Ear::new();
        for block in noise(4, -10.0, 2) {
            ear.hear(&block);
        }
        for block in noise(5, -70.0, 50) {
            ear.hear(&block);
        }
        assert!(!ear.began());
    }
}

//! Voice-operated recording: when a line that gives no sign but its sound is in use.
//!
//! A [`Vox`] takes blocks and keeps the newest ones (pre-roll), so that the sound which began a
//! conversation is not lost to the time that it took to be sure of it. It begins when sound stands
//! above the threshold for long enough, and ends when there was none for the hang-over. Levels are
//! dBm0, time is counted in blocks of 10 ms; no clock, no I/O.

use line::Block;
use std::collections::VecDeque;

/// When a conversation begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VoxSettings {
    /// What counts as sound, dBm0, -60 to -10. The noise of an idle line must stay below.
    pub threshold_dbm0: f32,
    /// Sound within 400 ms that begins a conversation, ms, 20 to 400: a click is shorter.
    pub attack_ms: u32,
    /// What is kept of before, ms, 500 to 5,000.
    pub pre_roll_ms: u32,
    /// Silence that ends it, seconds, 2 to 120.
    pub hang_over_s: u32,
}

impl Default for VoxSettings {
    fn default() -> Self {
        VoxSettings { threshold_dbm0: -42.0, attack_ms: 80, pre_roll_ms: 1_000, hang_over_s: 15 }
    }
}

/// A setting that is out of range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{key} = {value} is not allowed: {allowed}")]
pub struct VoxSettingError {
    /// Which.
    pub key: &'static str,
    /// What it is.
    pub value: String,
    /// What it may be.
    pub allowed: &'static str,
}

impl VoxSettings {
    /// Holds every setting to its range.
    pub fn check(&self) -> Result<(), VoxSettingError> {
        let refuse = |key, value: String, allowed| Err(VoxSettingError { key, value, allowed });
        if !(-60.0..=-10.0).contains(&self.threshold_dbm0) {
            return refuse("threshold_dbm0", self.threshold_dbm0.to_string(), "-60 to -10");
        }
        if !(20..=400).contains(&self.attack_ms) {
            return refuse("attack_ms", self.attack_ms.to_string(), "20 to 400");
        }
        if !(500..=5_000).contains(&self.pre_roll_ms) {
            return refuse("pre_roll_ms", self.pre_roll_ms.to_string(), "500 to 5000");
        }
        if !(2..=120).contains(&self.hang_over_s) {
            return refuse("hang_over_s", self.hang_over_s.to_string(), "2 to 120");
        }
        Ok(())
    }
}

/// Blocks in which the attack is counted.
const WINDOW: u32 = 40;
const BLOCK_MS: u32 = 10;

/// What a block changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A conversation has begun; its first blocks are in the pre-roll.
    Began,
    /// It is over: nothing was heard for the hang-over.
    Ended,
}

/// The detector.
#[derive(Clone, Debug)]
pub struct Vox {
    settings: VoxSettings,
    /// The newest blocks before a conversation, oldest first.
    pre_roll: VecDeque<Block>,
    /// Whether the last [`WINDOW`] blocks were sound, newest in the lowest bit.
    window: u64,
    quiet: u32,
    on: bool,
}

impl Vox {
    /// A detector that has heard nothing.
    pub fn new(settings: VoxSettings) -> Result<Vox, VoxSettingError> {
        settings.check()?;
        let pre_roll = VecDeque::with_capacity((settings.pre_roll_ms / BLOCK_MS) as usize + 1);
        Ok(Vox { settings, pre_roll, window: 0, quiet: 0, on: false })
    }

    /// Takes the next block.
    pub fn take(&mut self, block: &Block) -> Option<Change> {
        let sound = dsp::level::of(block) >= self.settings.threshold_dbm0;
        self.window = (self.window << 1 | u64::from(sound)) & ((1 << WINDOW) - 1);
        if self.on {
            self.quiet = if sound { 0 } else { self.quiet + 1 };
            let over = self.quiet >= self.settings.hang_over_s * 1000 / BLOCK_MS;
            if over {
                (self.on, self.window) = (false, 0);
            }
            return over.then_some(Change::Ended);
        }
        if self.pre_roll.len() as u32 >= self.settings.pre_roll_ms / BLOCK_MS {
            self.pre_roll.pop_front();
        }
        self.pre_roll.push_back(*block);
        let began = self.window.count_ones() >= self.settings.attack_ms.div_ceil(BLOCK_MS);
        if began {
            (self.on, self.quiet) = (true, 0);
        }
        began.then_some(Change::Began)
    }

    /// The blocks up to the one that began a conversation, that one included, oldest first; taken
    /// once. Later blocks are the caller's own.
    pub fn pre_roll(&mut self) -> impl Iterator<Item = Block> {
        std::mem::take(&mut self.pre_roll).into_iter()
    }

    /// Whether a conversation stands.
    pub fn is_on(&self) -> bool {
        self.on
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use line::BLOCK;

    /// A block of a square wave of this level.
    fn at(dbm0: f32) -> Block {
        let size = dsp::level::rms(dbm0) as i16;
        std::array::from_fn(|index| if index % 8 < 4 { size } else { -size })
    }

    /// The number of blocks until something changes, counted from 1.
    fn until(vox: &mut Vox, block: &Block, change: Change) -> Option<u32> {
        (1..20_000).find(|_| vox.take(block) == Some(change))
    }

    fn vox() -> Vox {
        Vox::new(VoxSettings::default()).unwrap()
    }

    #[test]
    fn a_voice_begins_it_within_the_attack_and_its_first_word_is_kept() {
        let mut vox = vox();
        for _ in 0..500 {
            assert_eq!(vox.take(&at(-60.0)), None);
        }
        assert_eq!(until(&mut vox, &at(-25.0), Change::Began), Some(8));
        let kept: Vec<Block> = vox.pre_roll().collect();
        assert_eq!(kept.len(), 100);
        assert_eq!(kept.iter().filter(|block| **block == at(-25.0)).count(), 8);
        assert_eq!(kept[91], at(-60.0));
        assert!(vox.is_on() && vox.pre_roll().next().is_none());
    }

    #[test]
    fn noise_below_the_threshold_and_clicks_begin_nothing() {
        let mut vox = vox();
        for round in 0..10_000 {
            // A click of 30 ms each half second.
            let block = if round % 50 < 3 { at(-10.0) } else { at(-44.0) };
            assert_eq!(vox.take(&block), None);
        }
    }

    #[test]
    fn a_pause_shorter_than_the_hang_over_ends_nothing_and_a_longer_one_does() {
        let mut vox = vox();
        until(&mut vox, &at(-20.0), Change::Began).unwrap();
        for _ in 0..3 {
            for _ in 0..1_499 {
                assert_eq!(vox.take(&[0; BLOCK]), None);
            }
            assert_eq!(vox.take(&at(-20.0)), None);
        }
        assert_eq!(until(&mut vox, &[0; BLOCK], Change::Ended), Some(1_500));
        assert!(!vox.is_on());
        // The tail of the last conversation does not begin the next one.
        assert_eq!(vox.take(&at(-20.0)), None);
        assert!(until(&mut vox, &at(-20.0), Change::Began).is_some());
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let wrong = VoxSettings { hang_over_s: 1, ..VoxSettings::default() };
        let error = Vox::new(wrong).unwrap_err().to_string();
        assert_eq!(error, "hang_over_s = 1 is not allowed: 2 to 120");
        let wrong = VoxSettings { threshold_dbm0: f32::NAN, ..VoxSettings::default() };
        assert_eq!(wrong.check().unwrap_err().key, "threshold_dbm0");
    }
}

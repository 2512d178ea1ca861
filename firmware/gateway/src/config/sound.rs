//! `[[stations.sound]]`, `[[tap]]` and `[monitor]`: what sound cards are used for.

use super::Refusal;
use alsa_pcm::{SoundSettings, VoxSettings};
use serde::Deserialize;
use std::collections::BTreeSet;

/// `[[stations.sound]]`: a handset that is a sound card.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundHandset {
    /// The name that records and the page show.
    pub name: String,
    /// What the agent speaks into.
    pub microphone: SoundSettings,
    /// What the agent hears.
    pub earpiece: SoundSettings,
    /// Seconds of ringing after which a call is answered by itself; never where absent.
    pub auto_answer_s: Option<f32>,
}

/// `[[tap]]`: a line with its own telephone, heard by a line input.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tap {
    /// The name that records and the page show.
    pub name: String,
    /// The line input.
    pub input: SoundSettings,
    /// When a conversation begins and ends.
    #[serde(default)]
    pub vox: VoxSettings,
}

/// `[monitor]`: a loudspeaker for listening to a line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monitor {
    /// The loudspeaker.
    pub loudspeaker: SoundSettings,
}

impl SoundHandset {
    /// `at` is its place in the configuration.
    pub(super) fn check(&self, at: &str) -> Result<(), Refusal> {
        device(&self.microphone, &format!("{at}.microphone"))?;
        device(&self.earpiece, &format!("{at}.earpiece"))?;
        match self.auto_answer_s {
            Some(seconds) => {
                let key = format!("{at}.auto_answer_s");
                Refusal::unless(key, seconds, 0.0..=60.0, "0 to 60 seconds, or no such key")
            }
            None => Ok(()),
        }
    }
}

/// Holds the taps to their ranges, and their names apart.
pub(super) fn check_taps(taps: &[Tap]) -> Result<(), Refusal> {
    let mut names = BTreeSet::new();
    for (index, tap) in taps.iter().enumerate() {
        let at = format!("tap[{index}]");
        let name = tap.name.trim();
        if !(1..=64).contains(&name.chars().count()) || name.starts_with("line-") {
            let allowed = "1 to 64 characters, not beginning with line-";
            return Refusal::of(format!("{at}.name"), format!("{:?}", tap.name), allowed);
        }
        if !names.insert(name) {
            let allowed = "a name that no other tap has";
            return Refusal::of(format!("{at}.name"), format!("{:?}", tap.name), allowed);
        }
        device(&tap.input, &format!("{at}.input"))?;
        tap.vox.check().map_err(|error| Refusal {
            key: format!("{at}.vox.{}", error.key),
            value: error.value,
            allowed: error.allowed.into(),
        })?;
    }
    Ok(())
}

impl Monitor {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        device(&self.loudspeaker, "monitor.loudspeaker")
    }
}

fn device(settings: &SoundSettings, at: &str) -> Result<(), Refusal> {
    if settings.device.trim().is_empty() {
        let allowed = "a name from `arecord -L` or `aplay -L`, such as \"plughw:1,0\"";
        return Refusal::of(format!("{at}.device"), "\"\"", allowed);
    }
    Refusal::unless(format!("{at}.channel"), settings.channel, 1..=32, "1 to 32")
}

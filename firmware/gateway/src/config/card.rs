//! `[card]`: what the lines belong to. `driver` says which, and so which keys there are.

use super::{Refusal, absolute};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What drives the lines, and how.
#[derive(Debug, Clone)]
pub enum Card {
    /// The software exchange, with scripted agents and customers: no hardware.
    Exchange(Exchange),
    /// FXO ports on DAHDI's kernel modules.
    Dahdi(Dahdi),
    /// Si3050 chips, as the board has them.
    Si3050(Si3050),
}

/// The values of `driver`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Driver {
    Exchange,
    Dahdi,
    Si3050,
}

impl Card {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        match self {
            Card::Exchange(exchange) => exchange.check(),
            Card::Dahdi(dahdi) => dahdi.check(),
            Card::Si3050(si3050) => si3050.check(),
        }
    }

    /// The driver's name in a board's profile.
    pub fn driver(&self) -> board::Driver {
        match self {
            Card::Exchange(_) => board::Driver::Exchange,
            Card::Dahdi(_) => board::Driver::Dahdi,
            Card::Si3050(_) => board::Driver::Si3050,
        }
    }

    pub(super) fn resolve(&mut self, folder: &Path) {
        match self {
            Card::Exchange(exchange) => absolute(&mut exchange.voices, folder),
            Card::Dahdi(_) => {}
            Card::Si3050(_) => {}
        }
    }
}

/// `driver = "exchange"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// Known by now; named so that it is no unknown key.
    #[serde(rename = "driver")]
    _driver: IgnoredAny,
    /// Lines, 1 to 64.
    pub lines: usize,
    /// The folder with the spoken calls.
    pub voices: PathBuf,
    /// Which languages are spoken: `zh`, `en` or `both`.
    #[serde(default)]
    pub language: SpokenLanguage,
    /// How many times faster than life the exchange runs, 1 to 32: for trying things out.
    #[serde(default = "default_speed")]
    pub speed: u32,
    /// Pause between two calls of one agent, in seconds.
    #[serde(default = "default_pause")]
    pub pause_s: f32,
    /// The seed of everything that chance decides.
    #[serde(default = "default_seed")]
    pub seed: u64,
}

impl Exchange {
    fn check(&self) -> Result<(), Refusal> {
        Refusal::unless("card.speed", self.speed, 1..=32, "1 to 32")?;
        Refusal::unless("card.lines", self.lines, 1..=64, "1 to 64")?;
        Refusal::unless("card.pause_s", self.pause_s, 0.0..=3600.0, "0 to 3600 seconds")?;
        if self.voices.as_os_str().is_empty() {
            return Refusal::of("card.voices", "\"\"", "the folder with the spoken calls");
        }
        Ok(())
    }
}

/// `driver = "si3050"`. Which chips there are and how they are wired, the board's profile says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Si3050 {
    /// Known by now; named so that it is no unknown key.
    #[serde(rename = "driver")]
    _driver: IgnoredAny,
    /// The ALSA device of the PCM highway, both ways: `hw:tipring`.
    pub audio: String,
    /// Its channels, 1 to 64; as many as the chips' slots need where absent.
    pub slots: Option<usize>,
    /// Blocks of 10 ms that run ahead of the way out, 1 to 8.
    #[serde(default = "default_lead")]
    pub lead: usize,
}

impl Si3050 {
    fn check(&self) -> Result<(), Refusal> {
        if self.audio.is_empty() {
            return Refusal::of("card.audio", "\"\"", "an ALSA device, such as \"hw:tipring\"");
        }
        if let Some(slots) = self.slots {
            Refusal::unless("card.slots", slots, 1..=64, "1 to 64")?;
        }
        Refusal::unless("card.lead", self.lead, 1..=8, "1 to 8")
    }
}

/// The languages of the exchange's callers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpokenLanguage {
    /// Mandarin only.
    Zh,
    /// English only.
    En,
    /// Both, mixed.
    #[default]
    Both,
}

/// `driver = "dahdi"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dahdi {
    /// Known by now; named so that it is no unknown key.
    #[serde(rename = "driver")]
    _driver: IgnoredAny,
    /// The lines, as DAHDI's channel numbers; all that face an exchange where absent.
    pub channels: Option<Vec<u32>>,
    /// Whether the exchange drops the battery when the caller is gone.
    #[serde(default)]
    pub supervision: Supervision,
    /// How samples are coded between driver and card; as the driver has it where absent.
    pub law: Option<Law>,
    /// The card's own gain for what comes from the line, -20 to 20 dB.
    #[serde(default)]
    pub gain_from_line_db: f32,
    /// The same for what goes to the line.
    #[serde(default)]
    pub gain_to_line_db: f32,
    /// The kernel's echo canceller before our own, by its module's name; none where absent.
    pub echo_canceller: Option<String>,
    /// How far that one reaches, 32 to 1024 samples.
    #[serde(default = "default_taps")]
    pub echo_taps: u16,
}

/// What the battery tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Supervision {
    /// The caller is gone when it goes away.
    #[default]
    Kewlstart,
    /// Nothing.
    LoopStart,
}

/// ITU-T G.711.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// A-law.
    ALaw,
    /// µ-law.
    MuLaw,
}

impl Dahdi {
    fn check(&self) -> Result<(), Refusal> {
        if let Some(channels) = &self.channels {
            let distinct: BTreeSet<&u32> = channels.iter().collect();
            let fits = (1..=64).contains(&channels.len())
                && distinct.len() == channels.len()
                && channels.iter().all(|channel| (1..=1024).contains(channel));
            if !fits {
                let allowed = "1 to 64 different channel numbers from 1 to 1024, or no such key";
                return Refusal::of("card.channels", format!("{channels:?}"), allowed);
            }
        }
        let gains = [
            ("card.gain_from_line_db", self.gain_from_line_db),
            ("card.gain_to_line_db", self.gain_to_line_db),
        ];
        for (key, gain) in gains {
            Refusal::unless(key, gain, -20.0..=20.0, "-20 to 20 dB")?;
        }
        if let Some(name) = &self.echo_canceller {
            let known = name.len() < 16 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !known || name.is_empty() {
                let allowed = "the name of one of DAHDI's, such as \"mg2\" or \"oslec\"";
                return Refusal::of("card.echo_canceller", format!("{name:?}"), allowed);
            }
        }
        Refusal::unless("card.echo_taps", self.echo_taps, 32..=1024, "32 to 1024 samples")
    }
}

fn default_taps() -> u16 {
    128
}

fn default_lead() -> usize {
    2
}

fn default_pause() -> f32 {
    4.0
}

fn default_speed() -> u32 {
    1
}

fn default_seed() -> u64 {
    1
}

//! `[card]`: what the lines belong to. `driver` says which, and so which keys there are.

use super::{Refusal, absolute};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::path::{Path, PathBuf};

/// What drives the lines, and how.
#[derive(Debug, Clone)]
pub enum Card {
    /// The software exchange, with scripted agents and customers: no hardware.
    Exchange(Exchange),
}

/// The values of `driver`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Driver {
    Exchange,
}

impl Card {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        match self {
            Card::Exchange(exchange) => exchange.check(),
        }
    }

    pub(super) fn resolve(&mut self, folder: &Path) {
        match self {
            Card::Exchange(exchange) => absolute(&mut exchange.voices, folder),
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

fn default_pause() -> f32 {
    4.0
}

fn default_speed() -> u32 {
    1
}

fn default_seed() -> u64 {
    1
}

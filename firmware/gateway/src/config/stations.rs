//! `[stations]`: the agents' side. Handsets that are sound cards, and handsets that act from a
//! script, on whatever card.

use super::sound::SoundHandset;
use super::{Refusal, absolute};
use exchange::Step;
use exchange::handset::Entry;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Who makes and takes calls, beside what the card brings with it. The first that is free takes
/// the next incoming call.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stations {
    /// The folder with the recordings (`*.wav`) that scripts speak.
    pub voices: Option<PathBuf>,
    /// Handsets without people, for demonstrations and tests.
    pub handset: Vec<ScriptedHandset>,
    /// Handsets of people, on sound cards.
    pub sound: Vec<SoundHandset>,
}

/// `[[stations.handset]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedHandset {
    /// The name that records and the page show.
    pub name: String,
    /// Whom it calls, in order and again from the start; none: it only answers.
    #[serde(default)]
    pub dials: Vec<Entry>,
    /// What it does in a call from anybody who is not on the list.
    #[serde(default = "hear_out")]
    pub answers: Vec<Step>,
    /// Pause between two calls, in seconds.
    #[serde(default = "default_pause")]
    pub pause_s: f32,
}

impl Stations {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let mut names = BTreeSet::new();
        let mut name = |at: &str, name: &str| {
            let refuse = |allowed| Refusal::of(format!("{at}.name"), format!("{name:?}"), allowed);
            if !(1..=64).contains(&name.trim().chars().count()) {
                return refuse("1 to 64 characters");
            }
            if names.insert(name.to_owned()) {
                Ok(())
            } else {
                refuse("a name that no other station has")
            }
        };
        for (index, handset) in self.handset.iter().enumerate() {
            let at = format!("stations.handset[{index}]");
            name(&at, &handset.name)?;
            let allowed = "2 to 3600 seconds";
            Refusal::unless(format!("{at}.pause_s"), handset.pause_s, 2.0..=3600.0, allowed)?;
        }
        for (index, handset) in self.sound.iter().enumerate() {
            let at = format!("stations.sound[{index}]");
            name(&at, &handset.name)?;
            handset.check(&at)?;
        }
        Ok(())
    }

    pub(super) fn resolve(&mut self, folder: &Path) {
        if let Some(voices) = &mut self.voices {
            absolute(voices, folder);
        }
    }
}

fn hear_out() -> Vec<Step> {
    vec![Step::Listen(exchange::Listen::default()), Step::HangUp]
}

fn default_pause() -> f32 {
    8.0
}

//! The stations that the configuration names.

use crate::command::Trouble;
use crate::config::{ScriptedHandset, Stations};
use call::Station;
use exchange::{Handset, Pace, Voices};
use std::fmt::Display;

/// Makes what the configuration names.
pub fn open(stations: &Stations) -> Result<Vec<Box<dyn Station>>, Trouble> {
    let refused =
        |error: &dyn Display| Trouble::Found(format!("the handsets of [stations]: {error}"));
    let voices = match &stations.voices {
        Some(folder) => Voices::read(folder).map_err(|error| refused(&error))?,
        None => Voices::default(),
    };
    let mut opened: Vec<Box<dyn Station>> = Vec::with_capacity(stations.handset.len());
    for (index, handset) in stations.handset.iter().enumerate() {
        let ScriptedHandset { name, dials, answers, pause_s } = handset;
        let pace = match dials.as_slice() {
            [] => Pace::OnlyAnswers,
            _ => Pace::Pause { ms: (pause_s * 1000.0) as u32 },
        };
        let handset = Handset::new(name, dials, 0, pace, index as u64, &voices)
            .and_then(|handset| handset.answering(answers, &voices))
            .map_err(|error| refused(&error))?;
        opened.push(Box::new(handset));
    }
    Ok(opened)
}

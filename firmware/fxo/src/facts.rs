//! What a line has shown of itself in its last calls, and how it is kept.
//!
//! A test cannot make the exchange send a caller's identity or hang up; calls do. So the line
//! machine notes how each of them signalled, and what busy tone it had to learn. A file of these
//! facts (JSON, `{"version":1,"lines":{NAME:FACTS}}`) carries them over a restart. Losing it costs
//! nothing but learning again, and nothing in it is a customer's.

use dsp::caller_id::Means;
use dsp::fsk::FskStandard;
use dsp::learn::{REMEMBERED, RepeatingTone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How callers' identities come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerIdKind {
    /// FSK of Bell 202 (GR-30).
    Bell202,
    /// FSK of V.23 (EN 300 659).
    V23,
    /// DTMF digits.
    Dtmf,
}

impl From<Means> for CallerIdKind {
    fn from(means: Means) -> Self {
        match means {
            Means::Fsk(FskStandard::Bell202) => CallerIdKind::Bell202,
            Means::Fsk(FskStandard::V23) => CallerIdKind::V23,
            Means::Dtmf => CallerIdKind::Dtmf,
        }
    }
}

/// What a line has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Facts {
    /// How the last caller's identity came that could be read.
    pub caller_id: Option<CallerIdKind>,
    /// Calls whose answer the exchange told by reversing polarity.
    pub answers_by_polarity: u32,
    /// Calls whose answer only sound told.
    pub answers_by_sound: u32,
    /// Far ends' releases that the exchange told by polarity.
    pub releases_by_polarity: u32,
    /// Far ends' releases that it told by taking loop current away.
    pub releases_by_loop_drop: u32,
    /// Far ends' releases that only a tone told.
    pub releases_by_tone: u32,
    /// Busy tones of no plan, the one learnt first first.
    pub busy_tones: Vec<RepeatingTone>,
}

/// The facts of all lines, by name, as one file keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactsFile {
    version: u8,
    lines: BTreeMap<String, Facts>,
}

/// The format that is written.
const VERSION: u8 = 1;
/// Lines that are read at most.
const MOST_LINES: usize = 256;

/// Why a file of facts is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactsError {
    /// It is not JSON of the right form.
    #[error("the file of line facts does not read ({0}); remove it, the lines learn anew")]
    Form(String),
    /// Another version's.
    #[error("the file of line facts has version {0}, known is 1; remove it, the lines learn anew")]
    Version(u8),
    /// More lines than any card has.
    #[error("the file of line facts names {0} lines, at most 256 are read; remove it")]
    Lines(usize),
}

impl Default for FactsFile {
    fn default() -> Self {
        FactsFile { version: VERSION, lines: BTreeMap::new() }
    }
}

impl FactsFile {
    /// Reads what [`FactsFile::to_bytes`] wrote. Busy tones that are none are left out.
    pub fn parse(bytes: &[u8]) -> Result<FactsFile, FactsError> {
        let mut file: FactsFile =
            serde_json::from_slice(bytes).map_err(|error| FactsError::Form(error.to_string()))?;
        if file.version != VERSION {
            return Err(FactsError::Version(file.version));
        }
        if file.lines.len() > MOST_LINES {
            return Err(FactsError::Lines(file.lines.len()));
        }
        for facts in file.lines.values_mut() {
            facts.busy_tones.retain(RepeatingTone::is_plausible);
            facts.busy_tones.truncate(REMEMBERED);
        }
        Ok(file)
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Numbers, words and maps with text for keys always become JSON.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// One line's facts; none yet for a name that it does not know.
    pub fn of(&self, line: &str) -> Facts {
        self.lines.get(line).cloned().unwrap_or_default()
    }

    /// Puts one line's facts in; says whether that changed anything.
    pub fn set(&mut self, line: &str, facts: &Facts) -> bool {
        if self.lines.get(line) == Some(facts) || self.of(line) == *facts {
            return false;
        }
        if self.lines.len() >= MOST_LINES && !self.lines.contains_key(line) {
            return false;
        }
        self.lines.insert(line.to_owned(), facts.clone());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &[u8] = include_bytes!("../tests/golden/facts.json");

    fn file() -> FactsFile {
        let tone = RepeatingTone { hz: [425, 0], on_ms: 480, off_ms: 481, dbm0: -13 };
        let facts = Facts {
            caller_id: Some(CallerIdKind::V23),
            answers_by_polarity: 2,
            releases_by_tone: 3,
            busy_tones: vec![tone],
            ..Facts::default()
        };
        let mut file = FactsFile::default();
        assert!(file.set("line-1", &facts) && !file.set("line-1", &facts));
        assert!(!file.set("line-2", &Facts::default()), "nothing learnt is nothing new");
        file
    }

    #[test]
    fn the_golden_bytes_are_what_is_written_and_read() {
        assert_eq!(String::from_utf8_lossy(GOLDEN), String::from_utf8_lossy(&file().to_bytes()));
        assert_eq!(FactsFile::parse(GOLDEN), Ok(file()));
    }

    #[test]
    fn what_is_damaged_or_of_another_version_is_refused_with_what_to_do() {
        for end in 0..GOLDEN.len() - 2 {
            let error = FactsFile::parse(&GOLDEN[..end]).unwrap_err();
            assert!(error.to_string().contains("remove it"), "{error}");
        }
        let other = String::from_utf8_lossy(GOLDEN).replace("\"version\": 1", "\"version\": 2");
        assert_eq!(FactsFile::parse(other.as_bytes()), Err(FactsError::Version(2)));
    }

    #[test]
    fn a_busy_tone_that_is_none_is_left_out() {
        let text = String::from_utf8_lossy(GOLDEN).replace("425", "2100");
        let read = FactsFile::parse(text.as_bytes()).unwrap();
        assert_eq!(read.of("line-1").busy_tones, []);
        assert_eq!(read.of("line-1").releases_by_tone, 3);
    }
}

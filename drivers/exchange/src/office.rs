//! The central office as data: its lines, who is reached behind which number, who calls in, and
//! what goes wrong when.
//!
//! ```toml
//! country = "CN"                        # CN, US or GB: tones, ringing, caller identity
//! seed = 7
//!
//! [[line]]                              # one per port, in order
//! dial_tone = { delay_ms = 600 }        # missing = true: none ever comes; of = "US": theirs
//!
//! [line.wire]
//! loss_db = 3.0
//! noise_dbm0 = -58.0
//! hum = { hz = 50.0, dbm0 = -55.0 }
//! echo = { path = "g168_d2", erl_db = 12.0 }
//!
//! [[party]]
//! number = "13800138001"
//! [party.does.answer]                   # or: does = "busy", "congestion", "unobtainable", …
//! ring_ms = 6000
//! supervision = "polarity"              # or "none"
//! release = { loop_drop = { ms = 400 } } # or "polarity", "tone_only"
//! script = [{ listen = {} }, { speak = "zh-01-loan-books.01.customer.wav" }]
//!
//! [[party]]
//! number = "13800138002"
//! does = { announce = { special_tone = true, recording = "zh-11-empty-announcement.00.customer.wav" } }
//!
//! [[caller]]                            # rings a line at a time, with caller identity
//! line = 0
//! at_ms = 30000
//! number = "02161234567"
//! script = [{ listen = {} }, { speak = "zh-04-call-back.01.customer.wav" }]
//!
//! [[mishap]]
//! line = 0
//! at_ms = 90000
//! what = "cut"                          # then "mend"; "vanish", then "return"
//! ```
//!
//! `tests/golden/office.toml` says everything once. Unknown keys are refused; what is left out has
//! the default of its field here.

use crate::caller::Caller;
use crate::foreign::{ForeignBusy, Termination};
use crate::script::Step;
use crate::wire::Wire;
use call::Number;
use dsp::plan::Country;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A central office.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// Whose tones, ringing and signals.
    #[serde(serialize_with = "write_country", deserialize_with = "read_country")]
    pub country: Country,
    /// From which all noise is made.
    #[serde(default)]
    pub seed: u64,
    /// A busy tone that is not the country's.
    #[serde(default)]
    pub busy_tone: Option<ForeignBusy>,
    /// The lines; their order is that of the card's ports.
    #[serde(default, rename = "line")]
    pub lines: Vec<Line>,
    /// Who is reached behind which number.
    #[serde(default, rename = "party")]
    pub parties: Vec<Party>,
    /// Who calls in.
    #[serde(default, rename = "caller")]
    pub callers: Vec<Caller>,
    /// What goes wrong.
    #[serde(default, rename = "mishap")]
    pub mishaps: Vec<Mishap>,
}

fn write_country<S: Serializer>(country: &Country, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(country.code())
}

fn read_country<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Country, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

fn write_other<S: Serializer>(country: &Option<Country>, serializer: S) -> Result<S::Ok, S::Error> {
    country.map(Country::code).serialize(serializer)
}

fn read_other<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Country>, D::Error> {
    read_country(deserializer).map(Some)
}

/// One line of the office.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Line {
    /// What the wire does to sound.
    pub wire: Wire,
    /// When dial tone comes.
    pub dial_tone: DialTone,
    /// What digits it takes.
    pub digits: Digits,
    /// The battery's voltage on hook; 48 V where absent.
    pub battery_v: Option<u16>,
    /// What the line's far end is, where the port can choose what it presents; a port has no choice
    /// where absent.
    pub termination: Option<Termination>,
}

/// When dial tone comes after the loop is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DialTone {
    /// How long the office takes.
    pub delay_ms: u32,
    /// It never comes, and digits are not taken.
    pub missing: bool,
    /// Whose it is; the office's own where absent.
    #[serde(
        serialize_with = "write_other",
        deserialize_with = "read_other",
        skip_serializing_if = "Option::is_none"
    )]
    pub of: Option<Country>,
}

impl Default for DialTone {
    fn default() -> Self {
        DialTone { delay_ms: 300, missing: false, of: None }
    }
}

/// What kinds of digits a line takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Digits {
    /// DTMF and pulses.
    #[default]
    Both,
    /// Pulses only: an old line.
    PulseOnly,
    /// DTMF only.
    DtmfOnly,
    /// None: its receiver is out of order.
    Neither,
}

/// Who is reached behind a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// The number, as it is dialled.
    pub number: Number,
    /// From the last digit to the first sound, in ms.
    #[serde(default = "default_routing")]
    pub routing_ms: u32,
    /// What becomes of the call.
    pub does: Behaviour,
}

pub(crate) fn default_routing() -> u32 {
    900
}

/// What becomes of a call to a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Rings, is answered, and a script runs.
    Answer(Answer),
    /// The network speaks without answering (early media), then gives busy tone.
    Announce(Announcement),
    /// Busy tone.
    Busy,
    /// Congestion tone.
    Congestion,
    /// The country's tone for a number that cannot be had, for ever (once, where it is a special
    /// information tone, then congestion tone).
    Unobtainable,
    /// Rings so long, then busy tone.
    NoAnswer {
        /// How long it rings.
        ring_ms: u32,
    },
}

/// A party that answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// From the first ringback to the answer.
    #[serde(default = "default_ring")]
    pub ring_ms: u32,
    /// A recording that the caller hears over and over in place of ringback (colour ring).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring_music: Option<String>,
    /// What the caller's line is told of the answer.
    #[serde(default)]
    pub supervision: Supervision,
    /// What the caller's line is told of the far end's release.
    #[serde(default)]
    pub release: Release,
    /// Hang up so long after the answer, wherever the script stands.
    #[serde(default)]
    pub hang_up_after_ms: Option<u32>,
    /// What is done.
    #[serde(default)]
    pub script: Vec<Step>,
}

fn default_ring() -> u32 {
    6_000
}

impl Default for Answer {
    fn default() -> Self {
        Answer {
            ring_ms: default_ring(),
            ring_music: None,
            supervision: Supervision::default(),
            release: Release::default(),
            hang_up_after_ms: None,
            script: Vec::new(),
        }
    }
}

/// Answer supervision on a loop-start line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Supervision {
    /// Nothing but the end of ringback.
    #[default]
    None,
    /// The polarity of the line is reversed.
    Polarity,
}

/// Disconnect supervision on a loop-start line. Busy tone follows in every case, then the howler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// Only busy tone.
    #[default]
    ToneOnly,
    /// The polarity is put back (if it had been reversed at the answer).
    Polarity,
    /// Loop current goes away for a time.
    LoopDrop {
        /// How long.
        ms: u32,
    },
}

/// An announcement of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    /// The special information tone comes first.
    #[serde(default)]
    pub special_tone: bool,
    /// What is played.
    pub recording: String,
    /// How often.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// Something that goes wrong, or right again, at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mishap {
    /// Which line, from 0.
    pub line: usize,
    /// When, in ms since the office was opened.
    pub at_ms: u64,
    /// What.
    pub what: Trouble,
}

/// What can go wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The wire is cut.
    Cut,
    /// The wire is whole again.
    Mend,
    /// The port itself fails: every exchange of a block is an error.
    Vanish,
    /// The port works again.
    Return,
}

/// Why a text or a set of data is no office.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfficeError {
    /// The TOML does not parse; the sentence names line and key.
    #[error("the office's description does not read: {0}")]
    Text(String),
    /// A script names a recording that was not given.
    #[error("{who} speaks {recording:?}, and there is no such recording")]
    NoRecording {
        /// Whose script: its place in the list, not its number.
        who: String,
        /// The name.
        recording: String,
    },
    /// Digits that no DTMF sender has.
    #[error("{who} sends digits that are none; allowed are 0-9, *, # and A-D")]
    NotDigits {
        /// Whose script.
        who: String,
    },
    /// A caller or mishap names a line that is not there.
    #[error("{who} names line {line}; this office has {lines} lines, counted from 0")]
    NoLine {
        /// Who: its place in the list.
        who: String,
        /// The line named.
        line: usize,
        /// How many there are.
        lines: usize,
    },
    /// A figure out of bounds.
    #[error("{who}: {what} must be {allowed}")]
    Figure {
        /// Whose: a line, party, caller or handset by its place.
        who: String,
        /// Which.
        what: &'static str,
        /// What is allowed.
        allowed: &'static str,
    },
}

impl Office {
    /// An office with some lines, all perfect, and nobody behind any number.
    pub fn new(country: Country, lines: usize) -> Self {
        Office {
            country,
            seed: 0,
            busy_tone: None,
            lines: vec![Line::default(); lines],
            parties: Vec::new(),
            callers: Vec::new(),
            mishaps: Vec::new(),
        }
    }

    /// Reads an office's description in TOML.
    pub fn parse(text: &str) -> Result<Self, OfficeError> {
        // The parser's message alone: its rendering with the source would show numbers.
        toml::from_str(text).map_err(|error| OfficeError::Text(error.message().to_owned()))
    }
}

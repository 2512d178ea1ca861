//! Who calls in, and how the office says who it is, as data ([`crate::office`] shows it as TOML).

use crate::office::Release;
use crate::script::Step;
use call::Number;
use dsp::plan::Country;
use serde::{Deserialize, Serialize};

/// Somebody who calls one of our lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// Which line, from 0.
    pub line: usize,
    /// When, in ms since the office was opened. A line in use is tried again every 2 s.
    pub at_ms: u64,
    /// And again after so many ms each.
    #[serde(default)]
    pub every_ms: Option<u64>,
    /// The number shown.
    #[serde(default)]
    pub number: Option<Number>,
    /// The name shown (with [`Message::Mdmf`]).
    #[serde(default)]
    pub name: Option<String>,
    /// The number is withheld by the caller.
    #[serde(default)]
    pub withheld: bool,
    /// How the identity is sent; the country's usual way if absent, none with
    /// [`Protocol::None`].
    #[serde(default)]
    pub identity: Option<Identity>,
    /// Gives up after so many rings.
    #[serde(default = "default_rings")]
    pub rings: u32,
    /// What the line is told of the caller's release.
    #[serde(default)]
    pub release: Release,
    /// Hang up so long after the answer, wherever the script stands.
    #[serde(default)]
    pub hang_up_after_ms: Option<u32>,
    /// What the caller does once answered.
    #[serde(default)]
    pub script: Vec<Step>,
}

fn default_rings() -> u32 {
    8
}

/// How a caller's identity is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// By which signals.
    pub protocol: Protocol,
    /// In which message format, where the signals are FSK.
    #[serde(default)]
    pub message: Message,
    /// When.
    pub moment: Moment,
}

/// The signals of caller identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// FSK of Bell 202 (GR-30).
    Bell202,
    /// FSK of V.23 (EN 300 659).
    V23,
    /// DTMF digits (EN 300 659's way, and China's).
    Dtmf,
    /// Not sent at all.
    None,
}

/// FSK message formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Multiple data message format, call set-up (type 80 hexadecimal).
    #[default]
    Mdmf,
    /// Single data message format (type 04).
    Sdmf,
}

/// When caller identity is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// In the silence after the first ring.
    AfterFirstRing,
    /// Before any ring, announced by nothing.
    BeforeRing,
    /// Before any ring, after a polarity reversal; FSK also after the dual tone alert DT-AS
    /// (EN 300 659-1).
    AfterReversal,
    /// After a short ring pulse RP-AS of 250 ms (EN 300 659-1).
    AfterRingPulse,
}

impl Identity {
    /// What a country's exchanges usually do.
    pub const fn usual(country: Country) -> Identity {
        match country {
            Country::China | Country::Usa => Identity {
                protocol: Protocol::Bell202,
                message: Message::Mdmf,
                moment: Moment::AfterFirstRing,
            },
            Country::Uk => Identity {
                protocol: Protocol::V23,
                message: Message::Mdmf,
                moment: Moment::AfterReversal,
            },
        }
    }
}

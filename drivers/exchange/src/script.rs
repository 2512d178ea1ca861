//! What a party at the far end does once the call stands, as data.
//!
//! A script is a list of [`Step`]s, done one after the other from the answer on. Behind the last
//! one the party hangs up. In TOML:
//!
//! ```toml
//! script = [
//!   { listen = {} },                          # until the other has spoken and fallen silent
//!   { speak = "zh-01-loan-books.01.customer.wav" },
//!   { interrupt = { after_ms = 1500 } },      # let the other speak so long, then go on
//!   { yield = "zh-13-insurance.00.agent.wav" }, # speak, but fall silent when interrupted
//!   { speak = "zh-01-loan-books.03.customer.wav" },
//!   { wait = 800 },
//!   { tone = { hz = 1400, ms = 300 } },
//!   { digits = "1#" },
//!   "hang_up",                                # or "stay": say nothing more, never hang up
//! ]
//! ```
//!
//! [`Voices`] holds the recordings that `speak` names.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One thing that a party does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Plays a recording of [`Voices`], by its name, to its end.
    Speak(String),
    /// Plays a recording as well, but breaks off when the other speaks into it.
    Yield(String),
    /// Waits until the other has spoken and fallen silent.
    Listen(Listen),
    /// Waits until the other has been speaking for some time, and goes on while they still speak.
    Interrupt(Interrupt),
    /// Says nothing for some milliseconds.
    Wait(u32),
    /// Plays a single tone.
    Tone(Beep),
    /// Sends DTMF digits, 80 ms each with pauses as long.
    Digits(String),
    /// Says nothing more and never hangs up.
    Stay,
    /// Hangs up.
    HangUp,
}

/// How long a listener is patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// Go on if nobody has begun to speak by then, in ms.
    pub patience_ms: u32,
    /// Silence of this many ms ends the other's turn.
    pub hang_ms: u32,
    /// Go on however long the other speaks, in ms from the listening's start.
    pub at_most_ms: u32,
}

impl Default for Listen {
    fn default() -> Self {
        Listen { patience_ms: 15_000, hang_ms: 900, at_most_ms: 60_000 }
    }
}

/// How much of the other's turn is heard before it is cut into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interrupt {
    /// Milliseconds from the beginning of the other's speech.
    pub after_ms: u32,
    /// Go on if nobody has begun to speak by then, in ms.
    #[serde(default = "default_patience")]
    pub patience_ms: u32,
}

fn default_patience() -> u32 {
    Listen::default().patience_ms
}

/// A single tone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beep {
    /// Frequency.
    pub hz: f32,
    /// Duration.
    pub ms: u32,
    /// Level.
    #[serde(default = "default_level")]
    pub dbm0: f32,
}

fn default_level() -> f32 {
    -13.0
}

/// A voicemail: it greets, beeps, records until the caller has fallen silent, and hangs up.
pub fn voicemail(greeting: &str) -> Vec<Step> {
    vec![
        Step::Wait(600),
        Step::Speak(greeting.to_owned()),
        Step::Tone(Beep { hz: 1400.0, ms: 350, dbm0: -16.0 }),
        Step::Listen(Listen { patience_ms: 8_000, hang_ms: 4_000, at_most_ms: 120_000 }),
        Step::HangUp,
    ]
}

/// A called fax machine: answer tone CED, then silence (ITU-T T.30: 2100 Hz, 2.6 to 4 s).
pub fn fax_answering() -> Vec<Step> {
    let ced = Step::Tone(Beep { hz: 2100.0, ms: 3_000, dbm0: -13.0 });
    vec![Step::Wait(1_800), ced, Step::Wait(10_000), Step::HangUp]
}

/// A calling fax machine: CNG, 1100 Hz, 0.5 s on and 3 s off, eleven times (ITU-T T.30).
pub fn fax_calling() -> Vec<Step> {
    let cng = Step::Tone(Beep { hz: 1100.0, ms: 500, dbm0: -13.0 });
    let round = [cng, Step::Wait(3_000)];
    let mut steps: Vec<Step> = round.iter().cycle().take(22).cloned().collect();
    steps.push(Step::HangUp);
    steps
}

/// Recordings by name, as linear samples at 8 kHz.
#[derive(Clone, Default)]
pub struct Voices {
    by_name: BTreeMap<String, Arc<[i16]>>,
}

impl Voices {
    /// Adds or replaces a recording.
    pub fn insert(&mut self, name: &str, samples: Arc<[i16]>) {
        self.by_name.insert(name.to_owned(), samples);
    }

    /// A recording.
    pub fn named(&self, name: &str) -> Option<&Arc<[i16]>> {
        self.by_name.get(name)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

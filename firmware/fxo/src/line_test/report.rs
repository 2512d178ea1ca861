//! What a test came to, as data: for each item what was found, what is allowed, a verdict, and what
//! to do. Words are made of it where people read it.

use crate::CallerIdKind;
use dsp::learn::RepeatingTone;
use dsp::measure::{EchoResponse, Noise};
use line::Impedance;
use serde::{Serialize, Serializer};

/// What is allowed, and on whose word.
pub mod limits {
    use std::ops::RangeInclusive;

    /// Battery on hook, volts: exchanges feed 48, adapters for VoIP down to 18.
    pub const BATTERY_V: RangeInclusive<f32> = 18.0..=60.0;
    /// Dial tone in this time is good, ms.
    pub const DIAL_TONE_MS: u32 = 3_000;
    /// What the loop may take from dial tone, dB; beyond, calls are still understood.
    pub const LOSS_DB: RangeInclusive<f32> = -3.0..=10.0;
    /// Beyond this they are not, dB.
    pub const WORST_LOSS_DB: RangeInclusive<f32> = -6.0..=16.0;
    /// Loss that gains are proposed for: that of a loop of some kilometres, dB.
    pub const USUAL_LOSS_DB: f32 = 4.0;
    /// Dial tone breaks within this after a digit, ms.
    pub const BREAK_MS: u32 = 1_500;
    /// Noise that nobody minds, and noise that words drown in, dBm0p.
    pub const NOISE_DBM0P: f32 = -55.0;
    /// See [`NOISE_DBM0P`].
    pub const WORST_NOISE_DBM0P: f32 = -45.0;
    /// Echo return loss that the canceller has it easy with, dB.
    pub const ERL_DB: f32 = 10.0;
    /// Least echo return loss (ITU-T G.122's stability; G.168 wants 6 dB of a hybrid), dB.
    pub const WORST_ERL_DB: f32 = 6.0;
    /// An impedance is proposed where it gains this much, dB.
    pub const WORTH_DB: f32 = 3.0;
}

/// How good something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, and could be better.
    Fair,
    /// Calls suffer or fail.
    Bad,
    /// It could not be measured, or has not been seen yet.
    NotMeasured,
}

/// Why a test ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Abort {
    /// A call came in, and was taken.
    Ring,
    /// The line lost its battery, or its port failed.
    Fault,
    /// The appliance stops.
    Stopped,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "check")]
pub enum Found {
    /// Battery on hook.
    Battery {
        /// Whether there is any.
        present: bool,
        /// Its size, where the port can tell.
        volts: Option<f32>,
    },
    /// When dial tone came.
    DialTone {
        /// From the loop's closing; `None` if it did not come in time.
        after_ms: Option<u32>,
        /// A tone came and went instead.
        interrupted: bool,
    },
    /// Whose dial tone it is.
    Plan {
        /// Its frequencies, Hz.
        hz: Vec<f32>,
        /// The country that is set.
        set: &'static str,
        /// The countries whose dial tone it could be.
        fits: Vec<&'static str>,
    },
    /// How loud dial tone is.
    Level {
        /// Its level, dBm0.
        dbm0: f32,
        /// What the loop takes, against the plan's level, dB.
        loss_db: f32,
    },
    /// Whether a digit breaks dial tone.
    Digits {
        /// By tones, after so long; `None` if it does not.
        tones_ms: Option<u32>,
        /// By pulses; absent where tones did.
        pulses_ms: Option<u32>,
    },
    /// Noise of the quiet line.
    Noise(Noise),
    /// Echo.
    Echo {
        /// What the path does.
        #[serde(flatten)]
        response: EchoResponse,
        /// The impedance that is set, where the port can choose.
        #[serde(serialize_with = "maybe_impedance")]
        impedance: Option<Impedance>,
        /// The others, and what came of them.
        others: Vec<Tried>,
    },
    /// How callers' identities come, as learnt from calls.
    CallerId {
        /// The kind; `None`: none was seen yet.
        kind: Option<CallerIdKind>,
    },
    /// How answers are told, as learnt from calls.
    Answer {
        /// By polarity, so many.
        polarity: u32,
        /// By sound alone.
        sound: u32,
    },
    /// How the far end's release is told, as learnt from calls.
    Release {
        /// By polarity, so many.
        polarity: u32,
        /// By loop current going away.
        loop_drop: u32,
        /// By a tone alone.
        tone: u32,
        /// Busy tones of no plan that were learnt.
        learnt: Vec<RepeatingTone>,
    },
}

/// An impedance that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tried {
    /// Which.
    #[serde(serialize_with = "one_impedance")]
    pub impedance: Impedance,
    /// Echo return loss with it, dB.
    pub loss_db: f32,
}

fn maybe_impedance<S: Serializer>(
    value: &Option<Impedance>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.map(|value| value.to_string()).serialize(serializer)
}

fn one_impedance<S: Serializer>(value: &Impedance, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// What to do about something that is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Check plug, pair and the exchange's port.
    CheckPair,
    /// Low voltage: another telephone is off hook on the pair, or the adapter is weak.
    LowBattery,
    /// High voltage: see what feeds this line.
    HighBattery,
    /// No dial tone though there is battery: ask the operator whether the line is in service.
    AskOperator,
    /// A tone that comes and goes: the exchange was still busy with the line; test again.
    TestAgain,
    /// Dial tone is late: raise `dial_tone_timeout_ms`, tell the operator.
    SlowDialTone,
    /// Another country's dial tone: set `country`.
    SetCountry,
    /// Nobody's dial tone: set `dial_without_tone`.
    UnknownPlan,
    /// Too soft: raise the card's gains, or ask for a shorter loop.
    TooSoft,
    /// Too loud: lower the card's gains.
    TooLoud,
    /// Tones are not heard, pulses are: set `dialling = "pulse"`.
    DialByPulse,
    /// Neither is heard.
    NoDigits,
    /// Mains hum.
    Hum,
    /// Noise that is no hum: joints, damp, a DSL filter that is missing.
    Noise,
    /// Echo: another impedance is better.
    OtherImpedance,
    /// Echo: a bridged tap, a second set, a bad hybrid.
    Echo,
    /// No polarity at answer: ask the operator for it.
    NoAnswerSignal,
    /// The far end's release is told by tones alone.
    ToneReleaseOnly,
    /// Call this line and answer, then place a call: then it is known.
    PlaceCalls,
}

/// One thing that was tested.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// What was found.
    #[serde(flatten)]
    pub found: Found,
    /// How good that is.
    pub verdict: Verdict,
    /// What to do.
    pub advice: Option<Advice>,
}

/// A setting that would suit this line better.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "setting", content = "value")]
pub enum Proposal {
    /// `country`: one of these.
    Country(Vec<&'static str>),
    /// The card's receive gain, dB more.
    ReceiveGain(f32),
    /// The card's transmit gain, dB more.
    TransmitGain(f32),
    /// The card's impedance.
    #[serde(serialize_with = "one_impedance")]
    Impedance(Impedance),
    /// `dialling = "pulse"`.
    DialByPulse,
    /// `dial_without_tone = true`.
    DialWithoutTone,
    /// A busy tone that no plan has, learnt and in use already.
    BusyTone(RepeatingTone),
}

/// The whole of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Each item, in the order of testing.
    pub items: Vec<Item>,
    /// Settings that would suit better.
    pub proposals: Vec<Proposal>,
    /// Why it ended early, if it did.
    pub aborted: Option<Abort>,
    /// How long it took, in ms of line time.
    pub took_ms: u64,
}

impl Report {
    /// Whether calls can go over this line: the test was not broken off, nothing is bad, and all
    /// that a test can measure was measured.
    pub fn passed(&self) -> bool {
        let fails = |item: &Item| match item.verdict {
            Verdict::Good | Verdict::Fair => false,
            Verdict::Bad => true,
            Verdict::NotMeasured => !item.found.is_learnt(),
        };
        self.aborted.is_none() && !self.items.iter().any(fails)
    }
}

impl Found {
    /// Whether it is known from calls only, and no test can bring it about.
    pub const fn is_learnt(&self) -> bool {
        matches!(self, Found::CallerId { .. } | Found::Answer { .. } | Found::Release { .. })
    }
}

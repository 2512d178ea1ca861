//! The parts of the live state.

use crate::{Row, Saying};
use call::{CallId, Direction, Interest, Number, Outcome, Record, Samples, Side, WallTime};
use serde::Serialize;
use std::collections::VecDeque;

/// Everything that is known at one instant.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Snapshot {
    /// The lines, in the order of the configuration.
    pub lines: Vec<Line>,
    /// The sound cards in use, in the order of the configuration.
    pub sounds: Vec<SoundDevice>,
    /// The calls that run, oldest first.
    pub running: Vec<RunningCall>,
    /// The newest finished calls, newest first.
    pub newest: Vec<Row>,
    /// The current day's figures.
    pub today: Today,
    /// The way to headquarters; absent until told.
    pub uplink: Option<Uplink>,
    /// The journal's disk; absent until told.
    pub storage: Option<Storage>,
    /// Speech recognition; absent until told.
    pub speech: Option<Speech>,
    /// What runs; absent until told.
    pub identity: Option<Identity>,
    /// The board; absent where none is configured.
    pub board: Option<Board>,
    /// What else a person should know, newest first.
    pub warnings: VecDeque<Warning>,
}

/// What a line is doing, in the words of the line machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// On hook, ready.
    Idle,
    /// The exchange rings.
    Ringing,
    /// Off hook, waiting for dial tone.
    Seized,
    /// Sending digits.
    Dialling,
    /// The far end is being rung.
    Alerting,
    /// The parties can talk.
    Talking,
    /// A line test runs.
    Testing,
    /// On hook again, in the guard time before the next seizure.
    Guard,
    /// Out of service; the line's fault says why.
    Faulty,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its name, as configured.
    pub name: String,
    /// What it is, for people: `exchange in software, port 1`.
    pub card: String,
    /// What it does.
    pub state: LineState,
    /// Since when.
    pub since: WallTime,
    /// The call on it.
    pub call: Option<CallId>,
    /// What is wrong with it, and what to do.
    pub fault: Option<Saying>,
    /// What happened on it since the start.
    pub counters: Counters,
    /// Its last test since the start.
    pub test: Option<super::LineTest>,
}

/// What a sound card is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SoundRole {
    /// An agent speaks into it.
    Microphone,
    /// An agent hears it.
    Earpiece,
    /// It listens to a line that has its own telephone.
    Tap,
    /// It plays what is said on a line.
    Monitor,
}

/// One sound card, one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SoundDevice {
    /// The station or tap that it belongs to; `monitor`.
    pub name: String,
    /// What for.
    pub role: SoundRole,
    /// Its ALSA name, as configured.
    pub device: String,
    /// At work at so many frames a second; absent while it is not.
    pub hz: Option<u32>,
    /// Why it is not at work, and what to do; absent while it is being opened.
    pub fault: Option<Saying>,
    /// Times that samples were missed since the start.
    pub xruns: u64,
    /// Times that it went away.
    pub losses: u64,
    /// How much faster its clock is than the lines', in parts per million.
    pub ppm: i32,
}

/// What happened on a line since the appliance's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Calls placed.
    pub placed: u64,
    /// Calls that came in.
    pub received: u64,
    /// Calls answered, of both.
    pub answered: u64,
    /// Times that it failed.
    pub faults: u64,
}

/// How far a running call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Seizing, waiting for dial tone, dialling.
    Dialling,
    /// The far end is rung, or this line rings.
    Ringing,
    /// Answered.
    Talking,
    /// Released; its last words are being recognised and understood.
    Finishing,
}

/// One call that runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunningCall {
    /// The call.
    pub call: CallId,
    /// The line's name.
    pub line: String,
    /// The station's name; empty while none takes part.
    pub station: String,
    /// Who began it.
    pub direction: Direction,
    /// The customer's number, masked; empty while unknown.
    pub customer: String,
    /// Wall time of sample zero.
    pub opened_at: WallTime,
    /// How far it is.
    pub state: CallState,
    /// When it was answered.
    pub answered_at: Option<WallTime>,
    /// When it was released.
    pub released_at: Option<WallTime>,
    /// What was said so far, by start; the newest [`super::MAX_WORDS`].
    pub words: Vec<Words>,
}

impl RunningCall {
    /// A call that has just been opened. Of the number only its masked form is kept.
    pub fn new(opened: &call::entry::Opened) -> Self {
        RunningCall {
            call: opened.call,
            line: opened.line.clone(),
            station: opened.station.clone(),
            direction: opened.direction,
            customer: opened.customer.as_ref().map(Number::masked).unwrap_or_default(),
            opened_at: opened.at,
            state: match opened.direction {
                Direction::Outbound => CallState::Dialling,
                Direction::Inbound => CallState::Ringing,
            },
            answered_at: None,
            released_at: None,
            words: Vec::new(),
        }
    }
}

/// One utterance of a running call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// Who speaks.
    pub side: Side,
    /// From when, on the call's clock.
    pub start: Samples,
    /// The text so far, masked.
    pub text: String,
    /// Whether it will change no more.
    pub settled: bool,
}

/// The day's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Today {
    /// An instant of the day; absent before its first call.
    pub day: Option<WallTime>,
    /// Calls finished.
    pub calls: u64,
    /// Of these, answered.
    pub answered: u64,
    /// Time between answer and release, in milliseconds.
    pub talk_ms: u64,
    /// Calls with high interest.
    pub interested: u64,
    /// Calls with an agreed next step.
    pub agreed: u64,
}

impl Today {
    pub(super) fn of(record: &Record) -> Self {
        let cdr = &record.cdr;
        let talk = cdr.answered_at.map(|at| cdr.released_at.since(at).ms());
        let findings = record.findings.as_ref();
        let interest = findings.and_then(|all| all.interest.as_ref()).map(|one| one.value);
        let outcome = findings.and_then(|all| all.outcome.as_ref()).map(|one| one.value);
        Today {
            day: None,
            calls: 1,
            answered: u64::from(talk.is_some()),
            talk_ms: talk.unwrap_or(0),
            interested: u64::from(interest == Some(Interest::High)),
            agreed: u64::from(outcome == Some(Outcome::Agreed)),
        }
    }

    /// Takes what a call weighed `before` out of the sum and puts in what it weighs `now`.
    pub(super) fn replace(&mut self, before: Today, now: Today) {
        let part = |sum: u64, out: u64, add: u64| sum.saturating_sub(out).saturating_add(add);
        self.calls = part(self.calls, before.calls, now.calls);
        self.answered = part(self.answered, before.answered, now.answered);
        self.talk_ms = part(self.talk_ms, before.talk_ms, now.talk_ms);
        self.interested = part(self.interested, before.interested, now.interested);
        self.agreed = part(self.agreed, before.agreed, now.agreed);
    }
}

/// The way to headquarters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Uplink {
    /// Where to: host and port, no secrets.
    pub endpoint: String,
    /// Records that wait for their receipt.
    pub waiting: u64,
    /// Receipts since the start.
    pub delivered: u64,
    /// The last receipt.
    pub last_success: Option<WallTime>,
    /// Why it does not work just now, and what to do.
    pub error: Option<Saying>,
}

/// The journal's disk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Storage {
    /// Bytes free.
    pub free: u64,
    /// Bytes that the file system has.
    pub total: u64,
    /// Bytes that the journal holds.
    pub journal: u64,
    /// 99th percentile of the delay from append to disk, in milliseconds; absent before the first.
    pub commit_p99_ms: Option<f64>,
    /// What the last start recovered, in one sentence.
    pub recovered: Option<Saying>,
    /// Why nothing can be written, and what to do.
    pub error: Option<Saying>,
}

/// Speech recognition and what waits for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Speech {
    /// Finished calls that wait for their transcript in the backlog.
    pub waiting: u64,
    /// For how long the call that was released first has been without its record, in milliseconds,
    /// where it is not in the backlog; 0 if there is none.
    pub behind_ms: u64,
    /// Times that the recogniser had to be started again.
    pub restarts: u64,
    /// Why nothing is recognised just now (a model is missing, for instance), and what to do.
    pub error: Option<Saying>,
}

/// The board that it runs on: what it has beside its processor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Board {
    /// What it is, for people.
    pub name: String,
    /// Its temperature in °C, where it can be read.
    pub celsius: Option<f32>,
    /// Whether the lines are served, not connected through to the telephones behind them; absent
    /// where the board cannot connect them through.
    pub served: Option<bool>,
    /// Whether the watchdog is fed; absent where there is none.
    pub watched: Option<bool>,
    /// What is wrong with it, and what to do.
    pub troubles: Vec<Saying>,
}

/// What runs here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The device, as headquarters knows it.
    pub device: String,
    /// Software and version: `tipring 0.1.0`.
    pub software: String,
    /// When the appliance started.
    pub started_at: WallTime,
    /// The models and rule sets.
    pub models: Vec<ModelState>,
}

/// One model or rule set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelState {
    /// Its name, as `tipring models` lists it.
    pub name: String,
    /// The SHA-256 that it must have, in hexadecimal.
    pub sha256: String,
    /// How its file is.
    pub standing: ModelStanding,
}

/// How a model's file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelStanding {
    /// The very file, or built into the software.
    Ready,
    /// There is none.
    Missing,
    /// Another one than it must be.
    Damaged,
    /// It cannot be read.
    Unreadable,
}

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// When it was noticed.
    pub at: WallTime,
    /// What, where, and what to do.
    pub says: Saying,
}

impl Snapshot {
    /// The same without calls, for whoever may see none.
    pub(crate) fn without_calls(self) -> Snapshot {
        let (running, newest, today) = (Vec::new(), Vec::new(), Today::default());
        Snapshot { running, newest, today, ..self }
    }
}

//! Where finished records, their audio and the access log come from: the gateway implements it over
//! the journal.

use call::{
    CallId, Cause, Codec, Direction, Interest, Number, Outcome, Record, Side, SpeechState, WallTime,
};
use serde::Serialize;
use std::net::IpAddr;

/// Records, audio, access log. Calls block; the page runs them off its own threads.
pub trait Source: Send + Sync + 'static {
    /// Records that match, newest first.
    fn list(&self, query: &Query) -> Result<Listing, SourceError>;

    /// One call's newest revision; `None` if there is no such call, or it was erased.
    fn record(&self, call: CallId) -> Result<Option<Entry>, SourceError>;

    /// One side's audio from sample zero of the call's clock, gaps filled with the codec's silence;
    /// `None` if nothing is kept.
    fn audio(&self, call: CallId, side: Side) -> Result<Option<Sound>, SourceError>;

    /// The call as vCon JSON, in full (numbers and words unmasked); `None` where that is not
    /// offered.
    fn vcon(&self, _call: CallId) -> Result<Option<String>, SourceError> {
        Ok(None)
    }

    /// Whether [`Source::vcon`] is offered.
    fn offers_vcon(&self) -> bool {
        false
    }

    /// Writes into the access log, durably. What is to be logged is shown only after this has
    /// returned `Ok`.
    fn audit(&self, deed: &Deed) -> Result<(), SourceError>;
}

/// Which records are wanted.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words of the summary, keywords or masked transcript; or, where it is a telephone number, the
    /// calls with exactly that number. At most 100 characters.
    pub text: Option<String>,
    /// Opened at or after.
    pub since: Option<WallTime>,
    /// Opened before.
    pub until: Option<WallTime>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
    /// With this interest.
    pub interest: Option<Interest>,
    /// On the line of this name.
    pub line: Option<String>,
    /// Which page, from 0.
    pub page: u32,
    /// Records a page.
    pub page_size: u32,
}

impl std::fmt::Debug for Query {
    /// The searched text may be a customer's number, so it does not print.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query").field("page", &self.page).finish_non_exhaustive()
    }
}

/// One page of records.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Listing {
    /// The records, newest first.
    pub rows: Vec<Row>,
    /// Whether there is a further page.
    pub more: bool,
    /// How many match in all, if that is known without reading everything.
    pub total: Option<u64>,
}

/// One record in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The call.
    pub call: CallId,
    /// The record's revision.
    pub revision: u16,
    /// Wall time of sample zero.
    pub opened_at: WallTime,
    /// Who began it.
    pub direction: Direction,
    /// The line's name.
    pub line: String,
    /// The station's name.
    pub station: String,
    /// The customer's number, masked; empty if unknown.
    pub customer: String,
    /// Between answer and release, in milliseconds; absent if it was not answered.
    pub talk_ms: Option<u64>,
    /// Why it ended.
    pub cause: Cause,
    /// How far speech recognition got.
    pub speech: SpeechState,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// How interested the customer is.
    pub interest: Option<Interest>,
    /// The summary, masked.
    pub summary: String,
    /// Whether headquarters has it.
    pub receipt: Receipt,
}

impl Row {
    /// What a list shows of a record.
    pub fn of(record: &Record, receipt: Receipt) -> Self {
        let cdr = &record.cdr;
        let findings = record.findings.as_ref();
        let customer = cdr.customer.as_ref().or(cdr.caller.number.as_ref());
        Row {
            call: record.call,
            revision: record.revision,
            opened_at: cdr.opened_at,
            direction: cdr.direction,
            line: cdr.line.clone(),
            station: cdr.station.clone(),
            customer: customer.map(Number::masked).unwrap_or_default(),
            talk_ms: cdr.answered_at.map(|at| cdr.released_at.since(at).ms()),
            cause: cdr.cause,
            speech: record.speech,
            outcome: findings.and_then(|all| all.outcome.as_ref()).map(|one| one.value),
            interest: findings.and_then(|all| all.interest.as_ref()).map(|one| one.value),
            summary: findings.map(|all| all.summary.clone()).unwrap_or_default(),
            receipt,
        }
    }
}

/// A record and what became of its delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The newest revision.
    pub record: Record,
    /// Its delivery.
    pub receipt: Receipt,
}

/// What became of a record's delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "at")]
pub enum Receipt {
    /// No headquarters is configured: records stay here.
    Local,
    /// It waits for delivery.
    Queued,
    /// Headquarters signed for this revision; at that time, where it is known.
    Delivered(Option<WallTime>),
}

impl Receipt {
    /// In one word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Receipt::Local => "local",
            Receipt::Queued => "queued",
            Receipt::Delivered(_) => "delivered",
        }
    }
}

/// One side's audio.
#[derive(Clone, PartialEq, Eq)]
pub struct Sound {
    /// How `payload` is coded.
    pub codec: Codec,
    /// One octet a sample at 8 kHz, from the call's sample zero.
    pub payload: Vec<u8>,
}

/// Something done with a customer's data, or to get at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deed {
    /// The signed-in user; empty before sign-in.
    pub who: String,
    /// From which address.
    pub from: Option<IpAddr>,
    /// What.
    pub what: What,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The page's password was set for the first time.
    SetUp,
    /// Signed in.
    SignedIn,
    /// A wrong password or set-up code.
    SignInRefused,
    /// Signed out.
    SignedOut,
    /// Changed the password.
    PasswordChanged,
    /// Searched or listed records.
    Listed,
    /// Looked at a record.
    Viewed(CallId),
    /// Made the customer's number visible.
    NumberRevealed(CallId),
    /// Listened to the audio.
    Listened(CallId),
    /// Took the audio away as a WAV file.
    AudioExported(CallId),
    /// Took the call away as a vCon.
    VconExported(CallId),
}

/// Why the records cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The journal cannot be read.
    #[error("the journal cannot be read: {0}")]
    Unreadable(String),
    /// The access log cannot be written, so nothing that it should hold is shown.
    #[error("the access log cannot be written: {0}")]
    Unwritable(String),
}

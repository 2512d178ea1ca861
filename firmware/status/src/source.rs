//! Where finished records, their audio and the access log come from: the gateway implements it over
//! the journal.

use crate::Saying;
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

    /// Begins to test a line, or every line, as soon as it is free. Who asked stands in the access
    /// log before a line is seized.
    fn test_lines(
        &self,
        _who: &str,
        _from: Option<IpAddr>,
        _line: Option<&str>,
    ) -> Result<(), SourceError> {
        Err(SourceError::Unreadable("lines are not tested here".to_owned()))
    }

    /// Writes into the access log, durably. What is to be logged is shown only after this has
    /// returned `Ok`.
    fn audit(&self, deed: &Deed) -> Result<(), SourceError>;

    /// The access log, newest first.
    fn log(&self, query: &LogQuery) -> Result<LogPage, SourceError>;

    /// Whether a call is held: neither erasure nor retention touches it.
    fn is_held(&self, call: CallId) -> Result<bool, SourceError>;

    /// Does what [`What::Held`], [`What::Released`] and [`What::Erased`] say, for the reason in
    /// [`Deed::note`], and writes it into the access log in the same step.
    fn keep(&self, deed: &Deed) -> Result<(), SourceError>;
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
    /// The reason that was given, or to whom it was done; empty where `what` says it all.
    pub note: String,
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
    /// Took a list of records away.
    ListExported,
    /// Read the access log.
    LogRead,
    /// Put a hold on a call.
    Held(CallId),
    /// Lifted a hold.
    Released(CallId),
    /// Erased a call.
    Erased(CallId),
    /// Gave somebody an account.
    PersonAdded,
    /// Gave somebody another role.
    RoleChanged,
    /// Gave somebody else another password.
    PasswordReset,
    /// Took somebody's account away.
    PersonRemoved,
}

impl What {
    /// In one word, as the access log keeps it.
    pub const fn word(self) -> &'static str {
        match self {
            What::SetUp => "set_up",
            What::SignedIn => "signed_in",
            What::SignInRefused => "sign_in_refused",
            What::SignedOut => "signed_out",
            What::PasswordChanged => "password_changed",
            What::Listed => "listed",
            What::Viewed(_) => "viewed",
            What::NumberRevealed(_) => "number_revealed",
            What::Listened(_) => "listened",
            What::AudioExported(_) => "audio_exported",
            What::VconExported(_) => "vcon_exported",
            What::ListExported => "list_exported",
            What::LogRead => "log_read",
            What::Held(_) => "held",
            What::Released(_) => "released",
            What::Erased(_) => "erased",
            What::PersonAdded => "person_added",
            What::RoleChanged => "role_changed",
            What::PasswordReset => "password_reset",
            What::PersonRemoved => "person_removed",
        }
    }

    /// The call that it was about.
    pub const fn call(self) -> Option<CallId> {
        match self {
            What::Viewed(call)
            | What::NumberRevealed(call)
            | What::Listened(call)
            | What::AudioExported(call)
            | What::VconExported(call)
            | What::Held(call)
            | What::Released(call)
            | What::Erased(call) => Some(call),
            _ => None,
        }
    }
}

/// Which entries of the access log are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Of this person.
    pub who: Option<String>,
    /// About this call.
    pub call: Option<CallId>,
    /// Of this kind: a word of [`Logged::what`].
    pub what: Option<String>,
    /// Which page, from 0.
    pub page: u32,
    /// Entries a page.
    pub page_size: u32,
}

/// One page of the access log.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LogPage {
    /// The entries, newest first.
    pub entries: Vec<Logged>,
    /// Whether there is a further page.
    pub more: bool,
}

/// One entry of the access log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Logged {
    /// When.
    pub at: WallTime,
    /// Who; empty before sign-in.
    pub who: String,
    /// What: [`What::word`], or the journal's own word where it was not done on the page.
    pub what: String,
    /// The call that it was about.
    pub call: Option<CallId>,
    /// From which address, where it was done on the page.
    pub from: String,
    /// The reason that was given, or to whom it was done.
    pub note: String,
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
    /// It may not be done: why, and what to do first.
    #[error("refused: {}", .0.en)]
    Refused(Saying),
}

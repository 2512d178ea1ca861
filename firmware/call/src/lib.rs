//! The words that every room of Tipring shares.
//!
//! Identities ([`CallId`], [`DeviceId`]), time on a call's own clock ([`Samples`]) and on the wall
//! ([`WallTime`]), telephone numbers that never print themselves ([`Number`]), what a leg can tell
//! and be asked ([`LegEvent`], [`LegRequest`]), the station behind which the agent sits
//! ([`Station`]), the state machine that joins a line and a station to one call ([`Call`]), what is
//! written down while the call runs ([`entry`]) and the versioned [`Record`] that remains of it,
//! which leaves the house as an IETF vCon ([`mod@vcon`]).
//!
//! Promises:
//! * No I/O and no clock: time comes in as a value, bytes come in and go out.
//! * A [`Number`] shows its digits only where [`Number::digits`] is called by name.
//! * A record's bytes are `magic | schema version | postcard`; a schema version is one frozen
//!   struct, labels are only ever appended ([`record`]).
//! * Nothing here panics on what comes from outside.

mod cause;
mod codec;
pub mod entry;
mod findings;
mod id;
mod labels;
mod leg;
mod machine;
mod number;
pub mod record;
mod station;
mod time;
pub mod vcon;

pub use cause::{AnswerSign, Cause};
pub use codec::Codec;
pub use findings::{Finding, Findings, Sensitive, UtteranceFindings};
pub use id::{CallId, DeviceId, IdError};
pub use labels::{Act, Interest, Need, Outcome, SensitiveKind, Sentiment};
pub use leg::{CallerId, Direction, LegEvent, LegRequest, Side};
pub use machine::{Action, Call, State};
pub use number::{Number, NumberError};
pub use record::{
    AudioTrack, Cdr, Language, ModelIdentity, Record, Software, SpeechState, Utterance,
};
pub use station::{Station, StationNews, StationRequest};
pub use time::{SAMPLE_RATE, Samples, WallTime};

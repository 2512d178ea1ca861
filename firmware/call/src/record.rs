//! The record: what remains of a call, schema version 1.
//!
//! ```text
//! offset  size  field
//!      0     4  magic "TPRC"
//!      4     2  schema version, little-endian
//!      6     …  postcard of the version's frozen struct, to the end
//! ```
//!
//! A version is one frozen struct: a field is never added, removed or moved in place, enums are
//! only appended to. The golden bytes in `tests/golden` hold both to it. A reader demands that
//! nothing follows the struct, since postcard itself would pass over trailing bytes.

use crate::entry::Opened;
use crate::{
    AnswerSign, CallId, CallerId, Cause, Codec, DeviceId, Direction, Findings, Number, Samples,
    Side, WallTime,
};
use serde::{Deserialize, Serialize};

/// The first four bytes of a record.
pub const MAGIC: [u8; 4] = *b"TPRC";
/// The schema version that this firmware writes.
pub const VERSION: u16 = 1;

/// What remains of a call. Revision 0 is written at release; later revisions of the same call carry
/// the transcript and the findings, and replace it whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The call.
    pub call: CallId,
    /// Who recorded it.
    pub device: DeviceId,
    /// 0 at release, counting up.
    pub revision: u16,
    /// Who, when, over what, why it ended.
    pub cdr: Cdr,
    /// What audio the journal holds.
    pub audio: Vec<AudioTrack>,
    /// How far speech recognition got.
    pub speech: SpeechState,
    /// What was said, in order of its start.
    pub utterances: Vec<Utterance>,
    /// What it means; absent until understood.
    pub findings: Option<Findings>,
    /// What wrote this record.
    pub software: Software,
    /// The models and rule sets that `utterances` and `findings` refer to by index.
    pub models: Vec<ModelIdentity>,
}

/// The call detail record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cdr {
    /// Who began it.
    pub direction: Direction,
    /// The line's name, as configured.
    pub line: String,
    /// The station's name; empty if no station took part.
    pub station: String,
    /// The customer's number: as dialled, or as received.
    pub customer: Option<Number>,
    /// What the exchange said of the caller (inbound).
    pub caller: CallerId,
    /// Wall time of sample zero: the seizure, or the first ring.
    pub opened_at: WallTime,
    /// Last digit sent (outbound).
    pub dialled_at: Option<Samples>,
    /// First ringback heard (outbound) or first ring (inbound).
    pub rang_at: Option<Samples>,
    /// Answer.
    pub answered_at: Option<Samples>,
    /// How the answer was known.
    pub answer_sign: Option<AnswerSign>,
    /// Release.
    pub released_at: Samples,
    /// Why.
    pub cause: Cause,
}

/// One side's audio in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioTrack {
    /// Whose.
    pub side: Side,
    /// How it is coded.
    pub codec: Codec,
    /// When its first sample was taken.
    pub start: Samples,
    /// Samples kept.
    pub samples: u64,
    /// Samples known to be missing in between.
    pub missing: u64,
}

/// How far speech recognition got with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpeechState {
    /// Still to come: the call has just ended, or a model is missing (backlog).
    Pending,
    /// Done.
    Done,
    /// There was nobody to listen to.
    NothingSaid,
    /// Given up, after retries; the audio is kept.
    Failed,
}

/// The language of an utterance. Append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// Mandarin, in Simplified Chinese.
    #[serde(rename = "zh")]
    Mandarin,
    /// English.
    #[serde(rename = "en")]
    English,
}

/// One stretch of one party's speech.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Utterance {
    /// Who spoke.
    pub side: Side,
    /// From when.
    pub start: Samples,
    /// Until when.
    pub end: Samples,
    /// The words, unmasked: for the sealed record only.
    pub text: String,
    /// How sure the recogniser is of them, 0 to 1.
    pub p: f32,
    /// In which language.
    pub language: Language,
    /// Which model heard them: an index into the record's models.
    pub model: u8,
}

/// The software that wrote a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Software {
    /// `tipring` and its version.
    pub version: String,
}

/// A model or rule set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelIdentity {
    /// Its name, as `tipring models` lists it.
    pub name: String,
    /// SHA-256 of its file; for a rule set, of its tables.
    pub sha256: [u8; 32],
}

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Shorter than magic and version.
    #[error("a record starts with six bytes of magic and version; these are fewer")]
    Short,
    /// Another magic.
    #[error("these bytes do not start with a record's magic")]
    Magic,
    /// A schema version that this firmware does not know.
    #[error("record schema version {0}; this firmware reads version {VERSION}")]
    Version(u16),
    /// The body does not parse.
    #[error("the record's body is damaged")]
    Body,
    /// More bytes than the record has.
    #[error("{0} bytes follow the record's end")]
    Trailing(usize),
}

impl Record {
    /// Revision 0: what is known of a call at its release, or at recovery after an interruption.
    /// Its speech is still to come where there is audio, and there is nothing to hear where not.
    pub fn at_release(
        cdr: Cdr,
        opened: &Opened,
        audio: Vec<AudioTrack>,
        software: Software,
    ) -> Self {
        let heard = cdr.answered_at.is_some() && audio.iter().any(|track| track.samples > 0);
        Record {
            call: opened.call,
            device: opened.device,
            revision: 0,
            cdr,
            audio,
            speech: if heard { SpeechState::Pending } else { SpeechState::NothingSaid },
            utterances: Vec::new(),
            findings: None,
            software,
            models: Vec::new(),
        }
    }

    /// The record's bytes, in the version that this firmware writes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        // A `Vec` takes what is written to it, and every type above has a serialised form.
        postcard::to_extend(self, bytes).unwrap_or_default()
    }

    /// Reads a record of any version that this firmware knows.
    pub fn decode(bytes: &[u8]) -> Result<Record, DecodeError> {
        let (head, body) = bytes.split_at_checked(6).ok_or(DecodeError::Short)?;
        if head[..4] != MAGIC {
            return Err(DecodeError::Magic);
        }
        match u16::from_le_bytes([head[4], head[5]]) {
            1 => whole(body),
            version => Err(DecodeError::Version(version)),
        }
    }
}

/// Decodes one value and demands that nothing follows.
fn whole<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, DecodeError> {
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(DecodeError::Trailing(rest.len())),
        Err(_) => Err(DecodeError::Body),
    }
}

//! What the appliance and its recogniser process `tipring-asr` say to each other, over the
//! process's standard input and output.
//!
//! ```text
//! offset  size  field
//!      0     4  length of what follows, little-endian; 1 to MAX_FRAME
//!      4     1  protocol version
//!      5     …  postcard of a Request (to the worker) or a Reply (from it)
//! ```
//!
//! The worker gets one [`Request::Open`], answers [`Reply::Ready`] or [`Reply::Refused`], then gets
//! [`Request::Transcribe`] one at a time and answers each with [`Reply::Heard`] or
//! [`Reply::Failed`]. A [`Request::Abandon`] may follow a job: it is answered by nothing, but the job
//! may then fail at once. The end of its input is its end, also while it computes.
//!
//! Promises:
//! * A frame longer than [`MAX_FRAME`] is refused before any memory is taken for it.
//! * Bytes left over behind a message are an error, as is any other version: both programs come
//!   from one build, and a mix-up has to be seen.
//! * Audio is at most [`crate::engine::LONGEST`] samples; an odd octet is an error.

use crate::engine::{Heard, LONGEST, Settings};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};

/// The protocol's version.
pub const VERSION: u8 = 2;
/// The longest frame, in octets after the length: the longest audio and some room.
pub const MAX_FRAME: usize = LONGEST * 2 + 4096;

/// To the worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Load this model.
    Open {
        /// The model's file.
        model: String,
        /// What its SHA-256 must be, where it is known.
        sha256: Option<[u8; 32]>,
        /// How many threads to compute with.
        threads: u8,
    },
    /// Recognise an utterance.
    Transcribe {
        /// Comes back with the answer.
        job: u64,
        /// How to listen.
        settings: Settings,
        /// Linear 16-bit samples at 8 kHz.
        audio: Pcm,
    },
    /// The job in hand is not worth its time any more.
    Abandon,
}

/// From the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The model is loaded.
    Ready {
        /// SHA-256 of the model's file.
        sha256: [u8; 32],
    },
    /// The model cannot be used; the worker ends.
    Refused(Refusal),
    /// What was said.
    Heard {
        /// In which job.
        job: u64,
        /// The words.
        heard: Heard,
    },
    /// There is no answer; the worker goes on.
    Failed {
        /// In which job.
        job: u64,
        /// The engine's code.
        code: i32,
    },
}

/// Why a model cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// There is no such file.
    #[error("the speech model {path} is missing; make it with `tipring-models`")]
    Missing {
        /// The file.
        path: String,
    },
    /// It cannot be read.
    #[error("the speech model {path} cannot be read ({why}); check the file's owner and the disk")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's words.
        why: String,
    },
    /// It is not what it should be.
    #[error(
        "the speech model {path} is damaged (SHA-256 {found}, expected {expected}); make it again with `tipring-models`"
    )]
    Corrupt {
        /// The file.
        path: String,
        /// Hexadecimal.
        expected: String,
        /// Hexadecimal.
        found: String,
    },
    /// The engine does not take it.
    #[error(
        "the recogniser does not take {path} as a speech model; make it again with `tipring-models`"
    )]
    NoModel {
        /// The file.
        path: String,
    },
}

/// Linear 16-bit samples, as octets on the wire, little-endian.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pcm(pub Vec<i16>);

/// Why bytes are no message.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// The pipe is broken or at its end.
    #[error("the recogniser's pipe failed: {0}")]
    Pipe(#[from] std::io::Error),
    /// Empty or longer than allowed.
    #[error("a frame of {0} octets is outside 1 to {MAX_FRAME}")]
    Length(u32),
    /// Another version.
    #[error(
        "protocol version {0} where {VERSION} is spoken; reinstall tipring and tipring-asr together"
    )]
    Version(u8),
    /// The body does not parse, or more follows it.
    #[error("a message is damaged")]
    Body,
}

/// A message's frame.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, ProtocolError> {
    let mut frame = vec![0, 0, 0, 0, VERSION];
    frame = postcard::to_extend(message, frame).map_err(|_| ProtocolError::Body)?;
    let length = u32::try_from(frame.len() - 4).unwrap_or(u32::MAX);
    check_length(length)?;
    frame[..4].copy_from_slice(&length.to_le_bytes());
    Ok(frame)
}

/// A message from what a frame holds after its length.
pub fn decode<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, ProtocolError> {
    match body.split_first() {
        Some((&VERSION, message)) => match postcard::take_from_bytes(message) {
            Ok((message, [])) => Ok(message),
            _ => Err(ProtocolError::Body),
        },
        Some((&other, _)) => Err(ProtocolError::Version(other)),
        None => Err(ProtocolError::Length(0)),
    }
}

/// Reads one message; `None` if the pipe ended between two messages.
pub fn read<T: for<'a> Deserialize<'a>>(pipe: &mut impl Read) -> Result<Option<T>, ProtocolError> {
    let mut length = [0; 4];
    let first = loop {
        match pipe.read(&mut length[..1]) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    if first == 0 {
        return Ok(None);
    }
    pipe.read_exact(&mut length[1..])?;
    let length = u32::from_le_bytes(length);
    let mut body = vec![0; check_length(length)?];
    pipe.read_exact(&mut body)?;
    decode(&body).map(Some)
}

/// Writes one message.
pub fn write<T: Serialize>(pipe: &mut impl Write, message: &T) -> Result<(), ProtocolError> {
    pipe.write_all(&encode(message)?)?;
    Ok(pipe.flush()?)
}

fn check_length(length: u32) -> Result<usize, ProtocolError> {
    match usize::try_from(length) {
        Ok(octets) if (1..=MAX_FRAME).contains(&octets) => Ok(octets),
        _ => Err(ProtocolError::Length(length)),
    }
}

impl Serialize for Pcm {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let octets: Vec<u8> = self.0.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        serializer.serialize_bytes(&octets)
    }
}

impl<'de> Deserialize<'de> for Pcm {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let octets = <&[u8]>::deserialize(deserializer)?;
        let (pairs, []) = octets.as_chunks::<2>() else {
            return Err(serde::de::Error::custom("half a sample"));
        };
        if pairs.len() > LONGEST {
            return Err(serde::de::Error::custom("too long"));
        }
        Ok(Pcm(pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect()))
    }
}

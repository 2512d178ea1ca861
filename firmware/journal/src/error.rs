//! Why something could not be written, opened or read.

use crate::frame::TooLong;
use crate::rings::RingsError;
use call::CallId;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why an entry is not in the journal.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// Too little space for another call.
    #[error("storage is nearly full: no new call is taken until space is freed")]
    Low,
    /// No space at all.
    #[error("storage is full: free space on the journal's file system")]
    Full,
    /// The disk failed.
    #[error("the journal's disk failed: {0}")]
    Io(Arc<io::Error>),
    /// The ring could not be written, or the call's key is gone.
    #[error("the call's key: {0}")]
    Key(Arc<RingsError>),
    /// The disk is slower than what is handed in.
    #[error("the disk does not keep up: the entry was dropped")]
    Behind,
    /// No such call runs.
    #[error("call {0} does not run: it was never opened, or has been closed")]
    NotRunning(CallId),
    /// The call was opened before.
    #[error("call {0} was opened before; a call is opened once")]
    AlreadyOpened(CallId),
    /// Not closed yet.
    #[error("call {0} still runs")]
    StillRunning(CallId),
    /// Another revision follows.
    #[error("call {call}: revision {expected} follows, not {given}")]
    Revision {
        /// The call.
        call: CallId,
        /// The revision that follows.
        expected: u16,
        /// The one given.
        given: u16,
    },
    /// Erased before.
    #[error("call {0} is already erased")]
    Erased(CallId),
    /// Held.
    #[error("call {0} is held; lift the hold first")]
    Held(CallId),
    /// Larger than a frame.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// The journal was stopped.
    #[error("the journal has been stopped")]
    Stopped,
}

/// Why space could not be given back.
#[derive(Debug, thiserror::Error)]
pub enum ReclaimError {
    /// The file system says no, or cannot take something out of the middle of a file.
    #[error("giving back the space of erased calls: {0}")]
    Io(#[from] io::Error),
    /// It could not be written down first.
    #[error("giving back the space of erased calls: {0}")]
    Append(#[from] AppendError),
}

/// Why a journal does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody writes it already.
    #[error("{0} is held by another process: is tipring running already?")]
    Locked(PathBuf),
    /// The file system says no.
    #[error("{path}: {error}")]
    Io {
        /// Where.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] vault::key::Entropy),
}

/// Why something cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file system says no, or the index.
    #[error("reading the journal: {0}")]
    Io(#[from] io::Error),
    /// The key is gone or its ring damaged.
    #[error("call {call}: {error}")]
    Key {
        /// The call.
        call: CallId,
        /// Why.
        error: RingsError,
    },
    /// A frame is damaged.
    #[error("call {call}: the frame at octet {offset} of segment {segment} is damaged")]
    Damaged {
        /// The call.
        call: CallId,
        /// The segment's number.
        segment: u32,
        /// Where in it.
        offset: u32,
    },
    /// No such call.
    #[error("call {0} is not in the journal")]
    Unknown(CallId),
}

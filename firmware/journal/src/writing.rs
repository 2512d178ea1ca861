//! The callers' side of writing: a journal's handle, a running call's handle.

use crate::error::AppendError;
use crate::health::State;
use crate::request::{Asked, Request, Shared};
use crate::ticket::{Answer, Ticket, ticket};
use call::{CallId, Record, Utterance, entry};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::Instant;

/// The way to the writer.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) sender: Sender<Asked>,
    pub(crate) shared: Arc<Shared>,
    /// Octets that may wait before audio is refused.
    pub(crate) queue: usize,
}

impl Desk {
    pub(crate) fn hand_in(&self, request: Request) -> Result<(), AppendError> {
        let size = request.size();
        self.shared.queued.fetch_add(size, Ordering::Relaxed);
        self.sender.send(Asked { request, at: Instant::now(), size }).map_err(|_| {
            self.shared.queued.fetch_sub(size, Ordering::Relaxed);
            AppendError::Stopped
        })
    }

    /// Hands in what is answered. If the writer is gone, the answer says so.
    pub(crate) fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Ticket<T> {
        let (ticket, answer) = ticket();
        // A request that is not taken is dropped, and with it the answer: `Stopped`.
        let _ = self.hand_in(request(answer));
        ticket
    }
}

/// A running call, to write to. One a call; handed out when its opening is on disk.
///
/// Nothing here blocks but [`CallWriter::close`]. Dropped before it is closed, the call is closed by
/// the journal itself with what it holds, as interrupted.
pub struct CallWriter {
    call: CallId,
    desk: Desk,
    closed: AtomicBool,
}

impl CallWriter {
    pub(crate) fn new(call: CallId, desk: Desk) -> CallWriter {
        CallWriter { call, desk, closed: AtomicBool::new(false) }
    }

    /// The call.
    pub fn call(&self) -> CallId {
        self.call
    }

    /// Some audio; on disk within 100 ms. About 100 ms of one side is a good size.
    pub fn audio(&self, audio: entry::Audio) -> Result<(), AppendError> {
        let error = if self.desk.shared.state() == State::Full {
            AppendError::Full
        } else if self.desk.shared.queued.load(Ordering::Relaxed) > self.desk.queue {
            AppendError::Behind
        } else {
            return self.desk.hand_in(Request::Audio { call: self.call, audio });
        };
        self.desk.shared.lost_audio(&error);
        Err(error)
    }

    /// Something a leg told; on disk within 100 ms.
    pub fn event(&self, event: entry::Event) -> Result<(), AppendError> {
        self.desk.hand_in(Request::Event { call: self.call, event })
    }

    /// Something that was said; on disk within 100 ms.
    pub fn utterance(&self, utterance: Utterance) -> Result<(), AppendError> {
        self.desk.hand_in(Request::Utterance { call: self.call, utterance })
    }

    /// Closes the call with revision 0 of its record, and returns its delivery number when it is on
    /// disk. After an error the call still runs and can be closed again.
    pub fn close(&self, record: &Record) -> Result<u64, AppendError> {
        let delivery = self.begin_close(record).wait()?;
        self.closed.store(true, Ordering::Release);
        Ok(delivery)
    }

    /// The same without waiting. Keep this handle until the answer has come: see
    /// [`CallWriter::settled`].
    pub fn begin_close(&self, record: &Record) -> Ticket<u64> {
        let record = Box::new(Record { call: self.call, ..record.clone() });
        self.desk.ask(|answer| Request::Close { record, answer: Some(answer) })
    }

    /// Says that the answer of [`CallWriter::begin_close`] was good. Without it the journal, when
    /// the handle is dropped, looks whether the call still runs; that is harmless, but is work.
    pub fn settled(self) {
        self.closed.store(true, Ordering::Release);
    }
}

impl Drop for CallWriter {
    fn drop(&mut self) {
        if !self.closed.load(Ordering::Acquire) {
            // If the writer is gone, the next start closes the call.
            let _ = self.desk.hand_in(Request::Abandon { call: self.call });
        }
    }
}

//! The journal: the append-only sealed log that is the truth of every call.
//!
//! ```text
//! DIR/keys/device.key, master.key     who this device is, what its storage hangs from
//! DIR/rings/2026-11-23.ring           the keys of the calls opened on a day
//! DIR/segments/0000000001.seg         the frames, appended only, up to 64 MiB a file
//! DIR/segments/0000000001.pruned      what of them was given back after an erasure
//! DIR/index/                          sled: thrown away and made anew when in doubt
//! DIR/reserve                         space laid by for closing calls when the disk is full
//! DIR/mark                            how far the chain has got, signed
//! DIR/lock                            held by the one process that writes
//! ```
//!
//! Byte layouts: [`frame`], `vault::ring`, `vault::identity`; the whole story is docs/journal.md.
//!
//! Promises:
//! * An opening, an end, a revision, a receipt, an audit entry is on disk (`fdatasync`) before its
//!   writer is told; audio, events and utterances are at most 100 ms behind.
//! * Every opened call ends in exactly one closed frame: by its writer, or by the journal itself when
//!   the writer vanished or the appliance stopped.
//! * A delivery number is given to each record once, rises, and is never used again.
//! * After a crash at any moment everything that was told is there; what lies on disk never makes
//!   this crate panic, and nothing of it is deleted, only set aside by name.
//! * [`Reader`] reads beside a running writer and changes nothing.

mod catalogue;
pub mod disk;
mod error;
pub mod frame;
pub mod health;
mod index;
pub mod keys;
pub mod mark;
pub mod pruned;
mod reader;
mod reclaim;
mod reconstruct;
mod recovery;
mod request;
mod reserve;
mod rings;
mod segment;
mod ticket;
pub mod verify;
mod writer;
mod writing;

pub use error::{AppendError, OpenError, ReadError, ReclaimError};
pub use health::Health;
pub use reader::{Content, Delivery, Filter, Listed, Outgoing, Reader, Standing};
pub use reconstruct::{CallEntry, Gap, SideAudio, tracks};
pub use recovery::Recovery;
pub use rings::RingsError;
pub use ticket::Ticket;
pub use verify::Report;
pub use writer::audio_into;
pub use writing::CallWriter;

use call::{CallId, Record, Software, WallTime, entry};
use disk::{Disk, FileSystem};
use reclaim::Reclaim;
use request::Request;
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use vault::Vault;
use vault::audit::{Action, AuditEntry};
use vault::ring::Day;
use writing::Desk;

/// How a journal behaves. The default is the appliance's.
#[derive(Clone, Debug)]
pub struct Options {
    /// Octets after which a segment is full.
    pub segment: u32,
    /// Octets laid by for closing calls when the disk is full.
    pub reserve: u64,
    /// Free octets below which no new call is taken.
    pub low: u64,
    /// How long audio may wait for company before it is written.
    pub lag: Duration,
    /// Octets that may wait for the disk before audio is refused.
    pub queue: usize,
    /// Whether the catalogue is kept in sled; otherwise in memory, read anew at each opening.
    pub index: bool,
    /// Whether a segment is begun at opening, or with the first entry.
    pub begin_at_once: bool,
    /// Octets of erased calls in a row below which their space is not given back: less than two of
    /// the file system's blocks need not hold a whole one.
    pub stretch: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            segment: 64 << 20,
            reserve: 16 << 20,
            low: 64 << 20,
            lag: Duration::from_millis(40),
            queue: 64 << 20,
            index: true,
            begin_at_once: true,
            stretch: 8 << 10,
        }
    }
}

/// A journal open for writing. Cheap to clone; the last clone to go stops the writer after all that
/// was handed in is on disk.
#[derive(Clone)]
pub struct Journal(Arc<Inner>);

struct Inner {
    desk: Desk,
    reader: Reader,
    reclaim: Mutex<Reclaim>,
    stretch: u32,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Journal {
    /// Opens the journal in `dir`, mending what a crash left, and starts its writer.
    ///
    /// `now` gives the offset of the local clock for what the journal itself writes; `software` is
    /// named in the records of calls that it closes itself.
    pub fn open(
        dir: &Path,
        vault: Arc<Vault>,
        now: WallTime,
        software: Software,
    ) -> Result<(Journal, Recovery), OpenError> {
        Journal::open_on(Arc::new(FileSystem), dir, vault, now, software, Options::default())
    }

    /// The same on another disk or with other options.
    pub fn open_on(
        disk: Arc<dyn Disk>,
        dir: &Path,
        vault: Arc<Vault>,
        now: WallTime,
        software: Software,
        options: Options,
    ) -> Result<(Journal, Recovery), OpenError> {
        let (queue, stretch) = (options.queue, options.stretch);
        let (writer, recovery) = recovery::recover(disk, dir, vault, now, software, options)?;
        let (sender, inbox) = channel();
        let shared = Arc::clone(&writer.shared);
        let reader = Reader::inside(
            Arc::clone(&writer.disk),
            dir.to_owned(),
            Arc::clone(&writer.rings),
            Arc::clone(&writer.catalogue),
            Arc::clone(&shared),
        );
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || writer.run(&inbox))
            .map_err(|error| OpenError::Io { path: dir.to_owned(), error })?;
        let desk = Desk { sender, shared, queue };
        let (reclaim, thread) = (Mutex::default(), Mutex::new(Some(thread)));
        let inner = Inner { desk, reader, reclaim, stretch, thread };
        Ok((Journal(Arc::new(inner)), recovery))
    }

    /// Opens a call, and returns when its opening is on disk. Before any other work for the call.
    pub fn open_call(&self, opened: &entry::Opened) -> Result<CallWriter, AppendError> {
        self.begin_call(opened).wait()
    }

    /// The same without waiting: for a thread that may not block, or a task that awaits.
    pub fn begin_call(&self, opened: &entry::Opened) -> Ticket<CallWriter> {
        let writer = CallWriter::new(opened.call, self.0.desk.clone());
        let opened = opened.clone();
        self.0.desk.ask(|answer| Request::Open {
            opened,
            writer: Some(writer),
            answer: Some(answer),
        })
    }

    /// Writes the next revision of a closed call's record; returns its delivery number when it is on
    /// disk.
    pub fn revise(&self, record: &Record) -> Result<u64, AppendError> {
        self.begin_revise(record).wait()
    }

    /// The same without waiting.
    pub fn begin_revise(&self, record: &Record) -> Ticket<u64> {
        let record = Box::new(record.clone());
        self.0.desk.ask(|answer| Request::Revise { record, answer: Some(answer) })
    }

    /// Writes headquarters' receipt for a delivery number. When it is on disk the outbox forgets the
    /// record.
    pub fn receipt(&self, delivery: u64, receipt: &[u8]) -> Result<(), AppendError> {
        self.begin_receipt(delivery, receipt).wait()
    }

    /// The same without waiting.
    pub fn begin_receipt(&self, delivery: u64, receipt: &[u8]) -> Ticket<()> {
        let receipt = receipt.to_vec();
        self.0.desk.ask(|answer| Request::Receipt { delivery, receipt, answer: Some(answer) })
    }

    /// Writes an audit entry.
    pub fn audit(&self, entry: AuditEntry) -> Result<(), AppendError> {
        self.begin_audit(entry).wait()
    }

    /// The same without waiting.
    pub fn begin_audit(&self, entry: AuditEntry) -> Ticket<()> {
        self.0.desk.ask(|answer| Request::Audit { entry, answer: Some(answer) })
    }

    /// Erases a call: writes who and why, removes its key and rolls its ring. Refused while the call
    /// runs or is held.
    pub fn erase(
        &self,
        call: CallId,
        at: WallTime,
        who: &str,
        why: &str,
    ) -> Result<(), AppendError> {
        let entry = audit_entry(at, who, Action::Erase, call, why);
        self.0.desk.ask(|answer| Request::Erase { call, entry, answer: Some(answer) }).wait()
    }

    /// Holds a call (`on`) or lifts the hold. Neither erasure nor retention touches a held call.
    pub fn hold(
        &self,
        call: CallId,
        on: bool,
        at: WallTime,
        who: &str,
        why: &str,
    ) -> Result<(), AppendError> {
        let action = if on { Action::Hold } else { Action::Release };
        let entry = audit_entry(at, who, action, call, why);
        self.0.desk.ask(|answer| Request::Hold { call, entry, on, answer: Some(answer) }).wait()
    }

    /// Lets every day before `before` go, but for calls that run or are held. Returns how many
    /// calls went.
    pub fn retire(&self, before: Day, at: WallTime, who: &str) -> Result<usize, AppendError> {
        let who = who.to_owned();
        self.0.desk.ask(|answer| Request::Retire { before, at, who, answer: Some(answer) }).wait()
    }

    /// Gives the space of erased calls in the next segment that has some back to the file system:
    /// of their audio, events and words; their openings, closings and records stay. Returns how many
    /// octets it was, or nothing if no segment is left to look at. Reads a whole segment, so it is for
    /// a thread that may take its time.
    pub fn reclaim(&self) -> Result<Option<u64>, ReclaimError> {
        let mut reclaim = self.0.reclaim.lock().unwrap_or_else(PoisonError::into_inner);
        reclaim.step(&self.0.reader.ground(&self.0.desk, self.0.stretch)?)
    }

    /// Returns when everything handed in before is on disk.
    pub fn settle(&self) -> Result<(), AppendError> {
        self.0.desk.ask(|answer| Request::Settle { answer: Some(answer) }).wait()
    }

    /// Reads what the writer has put on disk, by the index.
    pub fn reader(&self) -> Reader {
        self.0.reader.clone()
    }

    /// Records that headquarters has not signed for: see [`Reader::undelivered`].
    pub fn undelivered(&self, after: u64, limit: usize) -> Result<Vec<Delivery>, ReadError> {
        self.0.reader.undelivered(after, limit)
    }

    /// How it stands.
    pub fn health(&self) -> Health {
        self.0.desk.shared.health()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // If the thread is gone already there is nothing to stop.
        let _ = self.desk.hand_in(Request::Stop);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the journal's writer had panicked");
        }
    }
}

fn audit_entry(at: WallTime, who: &str, action: Action, call: CallId, why: &str) -> AuditEntry {
    AuditEntry { at, who: who.to_owned(), action, call: Some(call), why: why.to_owned() }
}

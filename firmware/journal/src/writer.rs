//! The one thread that writes.
//!
//! It gathers what is handed in, seals it as one stretch of the chain, appends and syncs once, and
//! only then answers. What somebody waits for is written at once, together with all that came until
//! then; audio, events and utterances wait for company, at most [`Options::lag`].
//!
//! A write that fails leaves the chain where it was: everything in it is taken back, the segment is
//! given up at its last good octet, and the next commit begins a new one under a new salt.

mod answering;
mod keeping;
mod runs;
mod staging;

use crate::Options;
use crate::catalogue::{Catalogue, Entry};
use crate::disk::{Disk, Tail};
use crate::error::AppendError;
use crate::frame::{Chain, Draft, Header, Kind, Position};
use crate::health::State;
use crate::request::{Asked, Request, Shared};
use crate::reserve::{Reserve, is_full};
use crate::rings::{Rings, RingsError};
use crate::segment;
use crate::ticket::Answer;
use call::{CallId, Software, WallTime, entry};
use runs::Runs;
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};
use vault::{CallKey, Vault};

/// How often free space is looked at and calls left open are closed.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// How often the mark is written while the chain grows.
const MARKING: Duration = Duration::from_secs(60);
/// The most that one commit takes.
const BATCH: usize = 8 << 20;

/// A call that runs.
#[derive(Clone)]
pub(crate) struct OpenCall {
    pub(crate) key: Option<Arc<CallKey>>,
    pub(crate) opened: Position,
    pub(crate) tail: Position,
}

/// What became of one request of a commit.
#[derive(Clone)]
enum Done {
    Fine,
    Delivery(u64),
    Count(usize),
    Refused(AppendError),
}

/// Everything the thread owns.
pub(crate) struct Writer {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
    pub(crate) vault: Arc<Vault>,
    pub(crate) rings: Arc<Rings>,
    pub(crate) catalogue: Arc<dyn Catalogue>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) options: Options,
    pub(crate) software: Software,
    /// The offset of the local clock from UTC, in minutes.
    pub(crate) offset_min: i16,
    /// Where the chain ends on disk, all of it acknowledged.
    pub(crate) chain: Chain,
    /// The segment written to; none before the first and after a failure.
    pub(crate) segment: Option<Box<dyn Tail>>,
    /// The number that the next segment gets.
    pub(crate) next_segment: u32,
    /// The highest delivery number given out.
    pub(crate) delivery: u64,
    pub(crate) open: BTreeMap<CallId, OpenCall>,
    /// Calls nobody writes to any more, to be closed as interrupted.
    pub(crate) orphans: BTreeSet<CallId>,
    /// Those among them that came with the last commit.
    pub(crate) abandoned: Vec<CallId>,
    /// Who waits for all that, too.
    pub(crate) settling: Vec<Answer<()>>,
    /// Erased calls whose keys are still to be removed.
    pub(crate) condemned: BTreeSet<CallId>,
    pub(crate) reserve: Reserve,
    /// When the mark was last written, and for how many frames.
    pub(crate) marked: (Instant, u64),
    pub(crate) buffer: Vec<u8>,
    pub(crate) lock: Box<dyn Any + Send + Sync>,
}

/// What a commit under way has changed, so that it can be taken back.
struct Undo {
    chain: Chain,
    delivery: u64,
    open: BTreeMap<CallId, Option<OpenCall>>,
}

/// A commit under way.
struct Commit {
    undo: Undo,
    keys: BTreeMap<CallId, Result<Arc<CallKey>, AppendError>>,
    filed: Vec<(Header, Position)>,
    /// The catalogue's entries as they will be.
    entries: BTreeMap<CallId, Entry>,
    /// Keys to remove once the frames that say so are on disk.
    erase: Vec<CallId>,
}

impl Writer {
    pub(crate) fn run(mut self, inbox: &Receiver<Asked>) {
        let mut batch: Vec<Asked> = Vec::new();
        let (mut size, mut urgent) = (0, false);
        let mut housekeeping = Instant::now() + HOUSEKEEPING;
        loop {
            let now = Instant::now();
            let due = batch.first().map(|asked| asked.at + self.options.lag);
            let until = due.map_or(housekeeping, |due| due.min(housekeeping));
            let mut stop = false;
            match inbox.recv_timeout(until.saturating_duration_since(now)) {
                Ok(asked) => {
                    let mut next = Some(asked);
                    while let Some(asked) = next {
                        stop |= matches!(asked.request, Request::Stop);
                        urgent |= asked.request.is_urgent();
                        size += asked.size;
                        batch.push(asked);
                        next = if size < BATCH && !stop { inbox.try_recv().ok() } else { None };
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => stop = true,
            }
            let due =
                batch.first().is_some_and(|asked| asked.at + self.options.lag <= Instant::now());
            if due || urgent || stop || size >= BATCH {
                self.commit(std::mem::take(&mut batch));
                (size, urgent) = (0, false);
                if !self.abandoned.is_empty() {
                    self.orphans.extend(std::mem::take(&mut self.abandoned));
                    self.close_orphans();
                }
                for answer in self.settling.drain(..) {
                    answer.give(Ok(()));
                }
            }
            if stop {
                self.leave_mark();
                return;
            }
            if Instant::now() >= housekeeping {
                self.keep_house();
                housekeeping = Instant::now() + HOUSEKEEPING;
            }
        }
    }

    /// Writes all of a batch, or tells each of it why not.
    pub(crate) fn commit(&mut self, batch: Vec<Asked>) {
        let mut batch = self.take(batch);
        if batch.is_empty() {
            return;
        }
        let mut result = self.attempt(&mut batch);
        while let Err(error) = &result
            && is_full(error)
        {
            self.note_failure(error);
            self.shared.set_state(State::Full);
            // The reserve is for what must not be lost: everything but audio and new calls.
            batch = self.take(batch);
            if batch.is_empty() {
                return;
            }
            if !self.reserve.give() {
                break;
            }
            result = self.attempt(&mut batch);
        }
        match result {
            Ok(done) => {
                if self.shared.state() == State::Failing {
                    self.shared.set_state(State::Working);
                }
                let now = Instant::now();
                let open = self.shared.open_for(now);
                let mut counts = self.shared.counts();
                counts.commits += 1;
                for asked in &batch {
                    counts.delays.add(now.saturating_duration_since(asked.at), open);
                }
                drop(counts);
                self.answer(batch, done);
            }
            Err(error) => {
                let full = is_full(&error);
                if !full {
                    self.note_failure(&error);
                    self.shared.set_state(State::Failing);
                }
                let error = if full { AppendError::Full } else { AppendError::Io(Arc::new(error)) };
                let done = batch.iter().map(|_| Done::Refused(error.clone())).collect();
                self.answer(batch, done);
            }
        }
    }

    /// Sorts out what cannot be written in the present state, answering it.
    fn take(&mut self, batch: Vec<Asked>) -> Vec<Asked> {
        let state = self.shared.state();
        let mut kept = Vec::with_capacity(batch.len());
        let mut refused = Vec::new();
        for asked in batch {
            match (&asked.request, state) {
                (Request::Stop, _) => {}
                (Request::Open { .. } | Request::Audio { .. }, State::Full) => {
                    refused.push((asked, AppendError::Full));
                }
                (Request::Open { .. }, State::Low) => refused.push((asked, AppendError::Low)),
                _ => kept.push(asked),
            }
        }
        if !refused.is_empty() {
            let (batch, done) =
                refused.into_iter().map(|(asked, error)| (asked, Done::Refused(error))).unzip();
            self.answer(batch, done);
        }
        kept
    }

    /// Seals, appends, syncs. On an error nothing has changed but the segment, which is given up.
    fn attempt(&mut self, batch: &mut [Asked]) -> io::Result<Vec<Done>> {
        let estimate: usize = batch.iter().map(|asked| asked.size).sum();
        // A sixteenth is left for records longer than estimated.
        let room = (self.options.segment - self.options.segment / 16) as usize;
        let full = self.chain.next.offset as usize + estimate > room;
        if self.segment.is_none() || full {
            self.begin_segment()?;
        }
        let mut commit = Commit {
            undo: Undo { chain: self.chain, delivery: self.delivery, open: BTreeMap::new() },
            keys: self.fresh_keys(batch),
            filed: Vec::new(),
            entries: BTreeMap::new(),
            erase: Vec::new(),
        };
        self.buffer.clear();
        self.chain.begins_commit = true;
        let runs = Runs::of(batch);
        let mut done: Vec<Done> = Vec::with_capacity(batch.len());
        for (index, asked) in batch.iter().enumerate() {
            let first = runs.first(index);
            if first < index {
                done.push(done[first].clone());
                continue;
            }
            let staged = match &asked.request {
                Request::Audio { call, .. } => {
                    self.stage_audio(&mut commit, *call, runs.pieces(batch, index))
                }
                request => self.stage(&mut commit, request),
            };
            done.push(staged.unwrap_or_else(Done::Refused));
        }
        if !self.buffer.is_empty()
            && let Err(error) = self.put_down()
        {
            self.chain = commit.undo.chain;
            self.delivery = commit.undo.delivery;
            for (call, was) in commit.undo.open {
                match was {
                    Some(was) => self.open.insert(call, was),
                    None => self.open.remove(&call),
                };
            }
            self.give_up_segment();
            return Err(error);
        }
        self.shared.counts().written += self.buffer.len() as u64;
        self.show_running(commit.undo.open.keys());
        if let Err(error) = self.catalogue.apply(&commit.filed) {
            // The index is not the truth: the next start makes up for it.
            tracing::error!(%error, "the journal's index failed; restart to have it made anew");
            self.shared.counts().last_error = Some(format!("index: {error}"));
        }
        self.condemned.extend(&commit.erase);
        if !commit.erase.is_empty()
            && let Err(error) = self.remove_keys()
        {
            let refused = AppendError::Key(Arc::new(error));
            for (asked, done) in batch.iter().zip(&mut done) {
                if matches!(asked.request, Request::Erase { .. } | Request::Retire { .. }) {
                    *done = Done::Refused(refused.clone());
                }
            }
        }
        Ok(done)
    }

    /// Removes the keys of erased calls. What fails is tried again once a second, and at the start.
    pub(crate) fn remove_keys(&mut self) -> Result<(), RingsError> {
        let calls: Vec<CallId> = self.condemned.iter().copied().collect();
        loop {
            match self.rings.erase(&calls) {
                Ok(_) => {
                    self.condemned.clear();
                    self.shared.counts().erased += calls.len() as u64;
                    return Ok(());
                }
                Err(error) if error.is_full() && self.reserve.give() => {}
                Err(error) => {
                    tracing::error!(%error, "the keys of erased calls could not be removed yet");
                    return Err(error);
                }
            }
        }
    }

    fn put_down(&mut self) -> io::Result<()> {
        let segment =
            self.segment.as_mut().ok_or_else(|| io::Error::other("no segment to write to"))?;
        segment.append(&self.buffer)?;
        segment.sync()
    }

    /// Keys for the calls that a batch opens, on disk before any frame under them. Calls that are
    /// open or known are left out: their requests are refused when staged.
    fn fresh_keys(
        &mut self,
        batch: &[Asked],
    ) -> BTreeMap<CallId, Result<Arc<CallKey>, AppendError>> {
        let mut calls: Vec<CallId> = Vec::new();
        for asked in batch {
            if let Request::Open { opened, .. } = &asked.request
                && !self.open.contains_key(&opened.call)
                && !calls.contains(&opened.call)
                && matches!(self.catalogue.call(opened.call), Ok(None))
            {
                calls.push(opened.call);
            }
        }
        if calls.is_empty() {
            return BTreeMap::new();
        }
        match self.rings.add(&calls) {
            Ok(keys) => {
                calls.into_iter().zip(keys.into_iter().map(|key| Ok(Arc::new(key)))).collect()
            }
            Err(error) => {
                let error = if error.is_full() {
                    self.shared.set_state(State::Full);
                    AppendError::Full
                } else {
                    AppendError::Key(Arc::new(error))
                };
                self.shared.counts().last_error = Some(error.to_string());
                calls.into_iter().map(|call| (call, Err(error.clone()))).collect()
            }
        }
    }

    fn show_running<'a>(&self, calls: impl Iterator<Item = &'a CallId>) {
        let mut running = self.shared.running_mut();
        for call in calls {
            match self.open.get(call) {
                Some(open) => running.insert(*call, (open.opened, open.tail)),
                None => running.remove(call),
            };
        }
    }

    fn note_failure(&self, error: &io::Error) {
        tracing::error!(%error, "a commit of the journal failed");
        let mut counts = self.shared.counts();
        counts.failed += 1;
        counts.last_error = Some(error.to_string());
    }

    pub(crate) fn now(&self) -> WallTime {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        WallTime {
            unix_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            offset_min: self.offset_min,
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // What still waits is refused by its answers being dropped; the lock goes last.
        self.segment = None;
        self.lock = Box::new(());
    }
}

fn journal_draft(kind: Kind, call: Option<CallId>) -> Draft {
    let call = call.unwrap_or_else(segment::no_call);
    Draft { kind, revision: 0, call, delivery: 0, back: Position::NONE }
}

/// Appends a value's postcard bytes.
pub(crate) fn put<T: serde::Serialize>(value: &T, out: &mut Vec<u8>) {
    // A `Vec` takes what is written to it, and every entry has a serialised form.
    if let Ok(done) = postcard::to_extend(value, std::mem::take(out)) {
        *out = done;
    }
}

/// `put(audio, out)` at memory speed: postcard writes a vector octet by octet.
pub fn audio_into(audio: &entry::Audio, out: &mut Vec<u8>) {
    run_into(std::iter::once(audio), out);
}

/// The same of pieces that go on where the one before ended, as one entry.
fn run_into<'a>(pieces: impl Iterator<Item = &'a entry::Audio> + Clone, out: &mut Vec<u8>) {
    let length: usize = pieces.clone().map(|audio| audio.payload.len()).sum();
    if let Some(first) = pieces.clone().next() {
        put(&(first.side, first.at, first.codec, length), out);
    }
    for audio in pieces {
        out.extend_from_slice(&audio.payload);
    }
}

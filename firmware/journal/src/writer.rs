//! The one thread that writes.
//!
//! It gathers what is handed in, seals it as one stretch of the chain, appends and syncs once, and
//! only then answers. What somebody waits for is written at once, together with all that came until
//! then; audio, events and utterances wait for company, at most [`Options::lag`].
//!
//! A write that fails leaves the chain where it was: everything in it is taken back, the segment is
//! given up at its last good octet, and the next commit begins a new one under a new salt.

mod keeping;
mod staging;

use crate::Options;
use crate::catalogue::{Catalogue, Entry};
use crate::disk::{Disk, Tail};
use crate::error::AppendError;
use crate::frame::{Chain, Draft, Header, Kind, Position};
use crate::health::State;
use crate::request::{Asked, Request, Shared};
use crate::rings::Rings;
use crate::segment;
use crate::ticket::Answer;
use call::{CallId, Software, WallTime, entry};
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};
use vault::{CallKey, Vault};

/// How often free space is looked at and calls left open are closed.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// The most that one commit takes.
const BATCH: usize = 8 << 20;
pub(crate) const RESERVE: &str = "reserve";

/// A call that runs.
#[derive(Clone)]
pub(crate) struct OpenCall {
    pub(crate) key: Option<Arc<CallKey>>,
    pub(crate) opened: Position,
    pub(crate) tail: Position,
}

/// What became of one request of a commit.
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
    pub(crate) reserve_held: bool,
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
        let mut size = 0;
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
            let urgent = batch.iter().any(|asked| asked.request.is_urgent());
            if due || urgent || stop || size >= BATCH {
                self.commit(std::mem::take(&mut batch));
                size = 0;
                if !self.abandoned.is_empty() {
                    self.orphans.extend(std::mem::take(&mut self.abandoned));
                    self.close_orphans();
                }
                for answer in self.settling.drain(..) {
                    answer.give(Ok(()));
                }
            }
            if stop {
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
        if let Err(error) = &result
            && is_full(error)
        {
            self.note_failure(error);
            self.shared.set_state(State::Full);
            self.give_up_reserve();
            // The reserve is for what must not be lost: everything but audio and new calls.
            batch = self.take(batch);
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
                self.note_failure(&error);
                let full = is_full(&error);
                if !full {
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
        let mut done = Vec::with_capacity(batch.len());
        for asked in batch.iter() {
            done.push(match self.stage(&mut commit, &asked.request) {
                Ok(done) => done,
                Err(error) => Done::Refused(error),
            });
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
        if !commit.erase.is_empty()
            && let Err(error) = self.rings.erase(&commit.erase)
        {
            tracing::error!(%error, "removing keys failed; the next start does it");
            let refused = AppendError::Key(Arc::new(error));
            for (asked, done) in batch.iter().zip(&mut done) {
                if matches!(asked.request, Request::Erase { .. } | Request::Retire { .. }) {
                    *done = Done::Refused(refused.clone());
                }
            }
        }
        Ok(done)
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
                let error = AppendError::Key(Arc::new(error));
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

    fn answer(&mut self, batch: Vec<Asked>, done: Vec<Done>) {
        for (asked, done) in batch.into_iter().zip(done) {
            self.shared.queued.fetch_sub(asked.size, Ordering::Relaxed);
            self.answer_one(asked.request, done);
        }
    }

    fn answer_one(&mut self, request: Request, done: Done) {
        match request {
            Request::Open { writer, answer, .. } => match done {
                Done::Refused(error) => {
                    self.shared.counts().calls_refused += 1;
                    // Its handle must not ask for a call to be closed that was never opened.
                    if let Some(writer) = writer {
                        writer.settled();
                    }
                    give(answer, Err(error));
                }
                _ => {
                    if let Some(writer) = writer {
                        give(answer, Ok(writer));
                    }
                }
            },
            Request::Audio { .. } => {
                if let Done::Refused(error) = done {
                    self.shared.lost_audio(&error);
                }
            }
            Request::Event { call, .. } | Request::Utterance { call, .. } => {
                if let Done::Refused(error) = done {
                    tracing::warn!(%call, %error, "an entry of a call was not written");
                    self.shared.counts().last_error = Some(error.to_string());
                }
            }
            Request::Close { answer, .. } | Request::Revise { answer, .. } => match done {
                Done::Delivery(delivery) => give(answer, Ok(delivery)),
                Done::Refused(error) => give(answer, Err(error)),
                _ => {}
            },
            Request::Receipt { answer, .. }
            | Request::Audit { answer, .. }
            | Request::Erase { answer, .. }
            | Request::Hold { answer, .. } => match done {
                Done::Refused(error) => give(answer, Err(error)),
                _ => give(answer, Ok(())),
            },
            Request::Retire { answer, .. } => match done {
                Done::Count(count) => give(answer, Ok(count)),
                Done::Refused(error) => give(answer, Err(error)),
                _ => {}
            },
            Request::Settle { answer } => match done {
                Done::Refused(error) => give(answer, Err(error)),
                _ => self.settling.extend(answer),
            },
            Request::Abandon { call } => {
                // Behind all that its writer handed in, so its own closing came first if there is one.
                if self.open.contains_key(&call) {
                    self.abandoned.push(call);
                }
            }
            Request::Stop => {}
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

fn give<T>(answer: Option<Answer<T>>, result: Result<T, AppendError>) {
    if let Some(answer) = answer {
        answer.give(result);
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
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
    put(&(audio.side, audio.at, audio.codec, audio.payload.len()), out);
    out.extend_from_slice(&audio.payload);
}

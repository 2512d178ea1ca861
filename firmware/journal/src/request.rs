//! What is asked of the writer, and what it shares with those who ask.

use crate::error::AppendError;
use crate::frame::Position;
use crate::health::{Health, RecentDelays, State};
use crate::pruned::Statement;
use crate::ticket::Answer;
use crate::writing::CallWriter;
use call::{CallId, Record, Utterance, WallTime, entry};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};
use vault::AuditEntry;
use vault::ring::Day;

/// Something to be written.
pub(crate) enum Request {
    Open {
        opened: entry::Opened,
        writer: Option<CallWriter>,
        answer: Option<Answer<CallWriter>>,
    },
    Audio {
        call: CallId,
        audio: entry::Audio,
    },
    Event {
        call: CallId,
        event: entry::Event,
    },
    Utterance {
        call: CallId,
        utterance: Utterance,
    },
    Close {
        record: Box<Record>,
        answer: Option<Answer<u64>>,
    },
    Revise {
        record: Box<Record>,
        answer: Option<Answer<u64>>,
    },
    Receipt {
        delivery: u64,
        receipt: Vec<u8>,
        answer: Option<Answer<()>>,
    },
    Audit {
        entry: AuditEntry,
        answer: Option<Answer<()>>,
    },
    Erase {
        call: CallId,
        entry: AuditEntry,
        answer: Option<Answer<()>>,
    },
    Hold {
        call: CallId,
        entry: AuditEntry,
        on: bool,
        answer: Option<Answer<()>>,
    },
    Retire {
        before: Day,
        at: WallTime,
        who: String,
        answer: Option<Answer<usize>>,
    },
    Prune {
        statement: Statement,
        answer: Option<Answer<()>>,
    },
    /// The call's writer is gone without having closed it.
    Abandon {
        call: CallId,
    },
    /// Everything handed in before is to be on disk.
    Settle {
        answer: Option<Answer<()>>,
    },
    /// The writer is to end.
    Stop,
}

impl Request {
    /// Whether somebody waits for it to be on disk.
    pub(crate) fn is_urgent(&self) -> bool {
        !matches!(self, Request::Audio { .. } | Request::Event { .. } | Request::Utterance { .. })
    }

    /// The call that it is about.
    pub(crate) fn call(&self) -> Option<CallId> {
        match self {
            Request::Open { opened, .. } => Some(opened.call),
            Request::Close { record, .. } | Request::Revise { record, .. } => Some(record.call),
            Request::Audit { entry, .. } => entry.call,
            Request::Audio { call, .. }
            | Request::Event { call, .. }
            | Request::Utterance { call, .. }
            | Request::Erase { call, .. }
            | Request::Hold { call, .. }
            | Request::Abandon { call } => Some(*call),
            Request::Receipt { .. }
            | Request::Prune { .. }
            | Request::Retire { .. }
            | Request::Settle { .. }
            | Request::Stop => None,
        }
    }

    /// About how many octets it comes to on disk.
    pub(crate) fn size(&self) -> usize {
        match self {
            Request::Audio { audio, .. } => audio.payload.len() + 160,
            Request::Utterance { utterance, .. } => utterance.text.len() + 200,
            Request::Receipt { receipt, .. } => receipt.len() + 160,
            Request::Close { record, .. } | Request::Revise { record, .. } => {
                record
                    .utterances
                    .iter()
                    .map(|utterance| utterance.text.len() * 2 + 200)
                    .sum::<usize>()
                    + 2048
            }
            _ => 512,
        }
    }
}

/// A request, and since when it waits.
pub(crate) struct Asked {
    pub(crate) request: Request,
    pub(crate) at: Instant,
    pub(crate) size: usize,
}

/// What the writer counts.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) delays: RecentDelays,
    pub(crate) written: u64,
    pub(crate) commits: u64,
    pub(crate) failed: u64,
    pub(crate) audio_lost: u64,
    pub(crate) calls_refused: u64,
    /// Calls whose keys were removed.
    pub(crate) erased: u64,
    pub(crate) free: u64,
    pub(crate) last_error: Option<String>,
}

/// Known to the writer, its callers and in-process readers.
pub(crate) struct Shared {
    state: Mutex<State>,
    counts: Mutex<Counts>,
    /// Octets handed in and not yet on disk.
    pub(crate) queued: AtomicUsize,
    /// The calls that run, each with its opening and its last frame on disk.
    running: RwLock<BTreeMap<CallId, (Position, Position)>>,
    since: Instant,
}

impl Shared {
    pub(crate) fn new() -> Shared {
        Shared {
            state: Mutex::new(State::Working),
            counts: Mutex::default(),
            queued: AtomicUsize::new(0),
            running: RwLock::default(),
            since: Instant::now(),
        }
    }

    pub(crate) fn state(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_state(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// For how long the journal has been open.
    pub(crate) fn open_for(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.since)
    }

    pub(crate) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn running(&self) -> RwLockReadGuard<'_, BTreeMap<CallId, (Position, Position)>> {
        self.running.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn running_mut(
        &self,
    ) -> RwLockWriteGuard<'_, BTreeMap<CallId, (Position, Position)>> {
        self.running.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn health(&self) -> Health {
        let open = self.open_for(Instant::now());
        let mut counts = self.counts();
        let delays = &mut counts.delays;
        let (delay_p50, delay_p99) = (delays.within(0.5, open), delays.within(0.99, open));
        Health {
            state: self.state(),
            free: counts.free,
            last_error: counts.last_error.clone(),
            calls_open: self.running().len(),
            written: counts.written,
            commits: counts.commits,
            failed: counts.failed,
            audio_lost: counts.audio_lost,
            calls_refused: counts.calls_refused,
            queued: self.queued.load(Ordering::Relaxed),
            delay_p50,
            delay_p99,
        }
    }

    /// Counts one audio entry that was lost.
    pub(crate) fn lost_audio(&self, error: &AppendError) {
        let mut counts = self.counts();
        counts.audio_lost += 1;
        counts.last_error = Some(error.to_string());
    }
}

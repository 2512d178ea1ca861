//! The queue in front of the recogniser, and the thread that serves it.
//!
//! A [`Recognizer`] is a handle that may be cloned; behind all of them are one queue and one thread
//! that owns the [`Seat`]: the worker process, or an engine in this process (tests).
//!
//! Promises:
//! * Order: utterances of released calls, whose records wait for them, then finished ones of running
//!   calls, then partial ones, then the backlog; within each in order of asking.
//! * A partial one gives way to a newer one of the same utterance, and to every finished one: while
//!   it waits, and also when it is in hand already.
//! * Every job is answered exactly once, also when the worker dies, hangs, has no model, or the
//!   recogniser is shut down.
//! * A worker's death costs the job in hand one retry; the second death on the same job answers it
//!   with [`NoAnswer::WorkerDied`].
//! * An utterance is blamed for a failure only where the model is known to work: it has recognised
//!   something before, or it recognises a second of silence now. Else the model is to blame, and the
//!   job is answered with [`NoAnswer::Unavailable`].
//! * Without a model every job is answered at once with [`NoAnswer::Unavailable`]; whether it has
//!   come is looked at again after [`LOOK_AGAIN`].

use crate::clerk::Clerk;
use crate::engine::{Engine, EngineError, Heard, Settings};
use crate::worker::{Seat, WorkerConfig, WorkerSeat};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// After this long without a model, the next job looks for one again.
pub const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How urgent a job is, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A finished utterance of a call that is over: its record waits.
    Released,
    /// A finished utterance of a call that runs.
    Live,
    /// An utterance that is still being spoken.
    Partial,
    /// A call of the past.
    Backlog,
}

/// Something to recognise.
pub struct Job {
    /// How urgent.
    pub priority: Priority,
    /// How to listen.
    pub settings: Settings,
    /// Linear 16-bit samples at 8 kHz, at most [`crate::engine::LONGEST`].
    pub audio: Vec<i16>,
    /// Which call it is of, by a number of the asker's.
    pub call: u64,
    /// Which utterance of the call. A partial job is replaced by a newer one of the same utterance.
    pub utterance: u32,
    /// Called once with the answer, on the recogniser's thread.
    pub answer: Box<dyn FnOnce(Result<Heard, NoAnswer>) + Send>,
}

impl Job {
    fn is_of(&self, call: u64, utterance: u32) -> bool {
        (self.call, self.utterance) == (call, utterance)
    }
}

/// Why a job has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The model or the worker is not there; the audio can be recognised later.
    #[error("{0}")]
    Unavailable(String),
    /// The worker died or hung twice on this utterance.
    #[error("the recogniser died twice on one utterance")]
    WorkerDied,
    /// The engine says why.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Something newer or more urgent took its place (partial only).
    #[error("a newer or more urgent utterance took its place")]
    Superseded,
    /// The recogniser was shut down before its turn came.
    #[error("the recogniser was shut down")]
    ShutDown,
}

/// Whether the recogniser can recognise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Nothing has been asked of it yet, or the worker is loading its model.
    Starting,
    /// The model (by its SHA-256) is loaded.
    Ready([u8; 32]),
    /// It cannot: a sentence that says why, and what to do.
    Unavailable(String),
}

/// What has happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Jobs answered with words.
    pub heard: u64,
    /// Jobs answered without.
    pub unanswered: u64,
    /// Partial jobs that gave way to newer or more urgent ones.
    pub superseded: u64,
    /// Worker processes started.
    pub starts: u64,
    /// Worker processes that died with a job in hand.
    pub deaths: u64,
    /// Worker processes killed because they took too long.
    pub hangs: u64,
    /// Milliseconds of audio recognised.
    pub audio_ms: u64,
    /// Milliseconds that recognising took.
    pub compute_ms: u64,
}

/// A handle on the recogniser.
#[derive(Clone)]
pub struct Recognizer {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    desk: Mutex<Desk>,
    pub(crate) work: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the asking side and the thread share.
pub(crate) struct Desk {
    pub(crate) queues: [VecDeque<Waiting>; 4],
    pub(crate) in_hand: Option<Priority>,
    /// Told to the seat: the partial job in hand is not worth its time any more.
    pub(crate) give_way: Arc<AtomicBool>,
    pub(crate) closed: bool,
    pub(crate) health: Health,
    pub(crate) counts: Counts,
}

/// A job and what it has cost so far.
pub(crate) struct Waiting {
    pub(crate) job: Job,
    pub(crate) deaths: u8,
}

impl Recognizer {
    /// Recognises in a worker process, which is started with the first job or [`Self::warm_up`].
    pub fn with_worker(config: WorkerConfig) -> std::io::Result<Recognizer> {
        Self::with_seat(Box::new(WorkerSeat::new(config)))
    }

    /// Recognises in this process: for tests and for engines that cannot take it down.
    pub fn with_engine(engine: Box<dyn Engine>) -> std::io::Result<Recognizer> {
        Self::with_seat(Box::new(crate::worker::EngineSeat(engine)))
    }

    fn with_seat(seat: Box<dyn Seat>) -> std::io::Result<Recognizer> {
        let shared = Arc::new(Shared {
            desk: Mutex::new(Desk {
                queues: Default::default(),
                in_hand: None,
                give_way: Arc::default(),
                closed: false,
                health: Health::Starting,
                counts: Counts::default(),
            }),
            work: Condvar::new(),
            thread: Mutex::new(None),
        });
        let served = shared.clone();
        let thread = std::thread::Builder::new()
            .name("recogniser".into())
            .spawn(move || Clerk::new(served, seat).serve())?;
        *shared.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(Recognizer { shared })
    }

    /// Queues a job; its answer is called later, or at once if the recogniser is shut down.
    pub fn submit(&self, job: Job) {
        let mut desk = self.shared.desk();
        if desk.closed {
            drop(desk);
            return (job.answer)(Err(NoAnswer::ShutDown));
        }
        let replaced = desk.replaced_by(&job);
        desk.counts.superseded += replaced.len() as u64;
        if job.priority < Priority::Partial && desk.in_hand == Some(Priority::Partial) {
            desk.give_way.store(true, Ordering::Relaxed);
        }
        desk.queues[job.priority as usize].push_back(Waiting { job, deaths: 0 });
        drop(desk);
        self.shared.work.notify_all();
        for old in replaced {
            (old.job.answer)(Err(NoAnswer::Superseded));
        }
    }

    /// A call is over: what waits of its finished utterances goes before those of running calls.
    pub fn hurry(&self, call: u64) {
        let mut desk = self.shared.desk();
        let live = std::mem::take(&mut desk.queues[Priority::Live as usize]);
        let (urgent, rest): (Vec<_>, Vec<_>) =
            live.into_iter().partition(|waiting| waiting.job.call == call);
        desk.queues[Priority::Live as usize] = rest.into();
        desk.queues[Priority::Released as usize].extend(urgent);
    }

    /// Starts the worker before the first job comes.
    pub fn warm_up(&self) {
        self.submit(Job {
            priority: Priority::Live,
            settings: Settings {
                language: crate::engine::LanguageChoice::Fixed(call::Language::Mandarin),
                partial: true,
            },
            audio: vec![0; call::SAMPLE_RATE as usize],
            call: u64::MAX,
            utterance: u32::MAX,
            answer: Box::new(|_| ()),
        });
    }

    /// Whether nothing waits and nothing is in hand: partial utterances are worth asking for.
    pub fn is_idle(&self) -> bool {
        let desk = self.shared.desk();
        desk.in_hand.is_none() && desk.queues.iter().all(VecDeque::is_empty)
    }

    /// How many jobs wait, by priority.
    pub fn waiting(&self) -> [usize; 4] {
        let desk = self.shared.desk();
        std::array::from_fn(|priority| desk.queues[priority].len())
    }

    /// Whether it can recognise.
    pub fn health(&self) -> Health {
        self.shared.desk().health.clone()
    }

    /// What has happened so far.
    pub fn counts(&self) -> Counts {
        self.shared.desk().counts
    }

    /// Answers what waits with [`NoAnswer::ShutDown`], lets the job in hand end, ends the worker.
    pub fn shut_down(&self) {
        self.shared.desk().closed = true;
        self.shared.work.notify_all();
        let thread = self.shared.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.thread().id() != std::thread::current().id()
        {
            // The thread answers for its own panics: there is nothing to add here.
            drop(thread.join());
        }
    }
}

impl std::fmt::Debug for Recognizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recognizer").field("health", &self.health()).finish_non_exhaustive()
    }
}

impl Shared {
    /// The desk; a panic elsewhere while it was held leaves nothing half-done in it.
    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// Takes out the partial jobs that a new job makes needless.
    fn replaced_by(&mut self, job: &Job) -> Vec<Waiting> {
        let queue = &mut self.queues[Priority::Partial as usize];
        let (old, keep): (Vec<_>, Vec<_>) =
            queue.drain(..).partition(|old| old.job.is_of(job.call, job.utterance));
        *queue = keep.into();
        old
    }

    pub(crate) fn next(&mut self) -> Option<Waiting> {
        self.queues.iter_mut().find_map(VecDeque::pop_front)
    }
}

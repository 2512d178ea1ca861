//! What every request shares.

use super::Fault;
use crate::access::{Attempts, Person, Sessions};
use crate::web::sound::Shelf;
use crate::web::visitor::Visitor;
use crate::{Live, Settings, Source, SourceError, What};
use std::ops::Deref;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, watch};

/// Questions to the source at one time; more wait their turn.
const QUESTIONS: usize = 4;
/// Browsers that watch events at one time; more are turned away.
pub(crate) const WATCHERS: usize = 32;

/// Shared by every request.
#[derive(Clone)]
pub(crate) struct Site(Arc<Parts>);

/// What [`Site`] holds.
pub(crate) struct Parts {
    pub(crate) live: Live,
    pub(crate) settings: Settings,
    source: Arc<dyn Source>,
    questions: Semaphore,
    /// One password is hashed at a time: each takes 19 MiB and a while.
    pub(crate) hashing: Semaphore,
    pub(crate) watchers: Arc<Semaphore>,
    closing: watch::Sender<bool>,
    sessions: Mutex<Sessions>,
    attempts: Mutex<Attempts>,
    shelf: Mutex<Shelf>,
    pub(crate) counts: Counts,
}

/// Counted for the metrics.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) requests: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) wrong_passwords: AtomicU64,
    pub(crate) slow_watchers: AtomicU64,
}

impl Deref for Site {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Site {
    pub(crate) fn new(live: Live, source: Arc<dyn Source>, settings: Settings) -> Self {
        Site(Arc::new(Parts {
            live,
            source,
            questions: Semaphore::new(QUESTIONS),
            hashing: Semaphore::new(1),
            watchers: Arc::new(Semaphore::new(WATCHERS)),
            closing: watch::Sender::new(false),
            sessions: Mutex::new(Sessions::new(settings.idle, settings.longest)),
            attempts: Mutex::default(),
            shelf: Mutex::default(),
            counts: Counts::default(),
            settings,
        }))
    }

    /// Asks the source, off this runtime's own threads.
    pub(crate) async fn ask<T, F>(&self, question: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Source) -> Result<T, SourceError> + Send + 'static,
    {
        let _turn = self.questions.acquire().await.map_err(|_| Fault::Inside)?;
        let source = self.source.clone();
        match tokio::task::spawn_blocking(move || question(source.as_ref())).await {
            Ok(answer) => answer.map_err(Fault::from),
            Err(_) => Err(Fault::Inside),
        }
    }

    /// Writes a deed that says everything by itself into the access log.
    pub(crate) async fn audit(&self, visitor: &Visitor, what: What) -> Result<(), Fault> {
        self.note(visitor, what, String::new()).await
    }

    /// Writes a deed and what is to be said of it into the access log.
    pub(crate) async fn note(
        &self,
        visitor: &Visitor,
        what: What,
        note: String,
    ) -> Result<(), Fault> {
        let deed = visitor.deed(what, note);
        self.ask(move |source| source.audit(&deed)).await
    }

    /// Whether a person is still who they were when they signed in.
    pub(crate) fn knows(&self, person: &Person) -> bool {
        self.settings.access.person(&person.name).as_ref() == Some(person)
    }

    /// Ends what would not end by itself: the streams of events.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Hears of [`Site::close`].
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Whether vCons are offered.
    pub(crate) fn offers_vcon(&self) -> bool {
        self.source.offers_vcon()
    }

    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

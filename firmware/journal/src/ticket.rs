//! A promise of the writer's answer.
//!
//! A thread that may block waits ([`Ticket::wait`]), a real-time thread looks at it between blocks
//! ([`Ticket::look`]), an async task awaits it.

use crate::AppendError;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

enum Slot<T> {
    Empty(Option<Waker>),
    Full(Result<T, AppendError>),
    Taken,
}

struct Shared<T> {
    slot: Mutex<Slot<T>>,
    filled: Condvar,
}

impl<T> Shared<T> {
    fn slot(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to come.
#[must_use = "the answer says whether it is on disk"]
pub struct Ticket<T>(Arc<Shared<T>>);

/// The writer's end. Dropped without an answer, it answers [`AppendError::Stopped`].
pub(crate) struct Answer<T>(Option<Arc<Shared<T>>>);

pub(crate) fn ticket<T>() -> (Ticket<T>, Answer<T>) {
    let shared = Arc::new(Shared { slot: Mutex::new(Slot::Empty(None)), filled: Condvar::new() });
    (Ticket(Arc::clone(&shared)), Answer(Some(shared)))
}

impl<T> Ticket<T> {
    /// Waits for the answer.
    pub fn wait(self) -> Result<T, AppendError> {
        let mut slot = self.0.slot();
        loop {
            match std::mem::replace(&mut *slot, Slot::Taken) {
                Slot::Full(answer) => return answer,
                Slot::Taken => return Err(AppendError::Stopped),
                empty => *slot = empty,
            }
            slot = self.0.filled.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The answer, if it has come; it comes once. Never blocks for the disk.
    pub fn look(&mut self) -> Option<Result<T, AppendError>> {
        let mut slot = self.0.slot();
        match std::mem::replace(&mut *slot, Slot::Taken) {
            Slot::Full(answer) => Some(answer),
            other => {
                *slot = other;
                None
            }
        }
    }
}

impl<T> Future for Ticket<T> {
    type Output = Result<T, AppendError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.0.slot();
        match std::mem::replace(&mut *slot, Slot::Taken) {
            Slot::Full(answer) => Poll::Ready(answer),
            Slot::Taken => Poll::Ready(Err(AppendError::Stopped)),
            Slot::Empty(_) => {
                *slot = Slot::Empty(Some(context.waker().clone()));
                Poll::Pending
            }
        }
    }
}

impl<T> Answer<T> {
    pub(crate) fn give(mut self, answer: Result<T, AppendError>) {
        self.fill(answer);
    }

    fn fill(&mut self, answer: Result<T, AppendError>) {
        let Some(shared) = self.0.take() else { return };
        let was = std::mem::replace(&mut *shared.slot(), Slot::Full(answer));
        shared.filled.notify_all();
        if let Slot::Empty(Some(waker)) = was {
            waker.wake();
        }
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        self.fill(Err(AppendError::Stopped));
    }
}

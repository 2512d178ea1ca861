//! What the office did, and when: the truth that tests hold the appliance's account against.

use crate::office::Trouble;
use call::Number;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// One thing that happened on a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Which line, from 0.
    pub line: usize,
    /// At which sample of that line.
    pub at: u64,
    /// What.
    pub deed: Deed,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// The loop was closed: a seizure, or an inbound call taken.
    LoopClosed,
    /// The loop was opened for long enough that the call is over.
    LoopOpened,
    /// A hook flash of so many ms.
    Flashed(u32),
    /// Dial tone came on.
    DialTone,
    /// A digit was understood.
    Digit(char),
    /// The number is complete.
    Collected(Number),
    /// Ringback began: the called party's telephone rings.
    Ringback,
    /// A tone or announcement of the network began.
    Progress(Progress),
    /// The called party answered.
    Answered,
    /// An inbound call began: its first ring, or the identity before it.
    CallOffered,
    /// One ring of an inbound call began (and the line's ringing voltage with it).
    Ring,
    /// Caller identity began to be sent.
    IdentitySent,
    /// The line was answered while it rang.
    Taken,
    /// The caller gave up before an answer.
    Abandoned,
    /// A recording began.
    SpeechBegan(String),
    /// A recording ended, or was broken off.
    SpeechEnded,
    /// A turn of the other side was heard to its end.
    Listened,
    /// The far end hung up.
    FarEndReleased,
    /// Something went wrong, or right again.
    Trouble(Trouble),
}

/// A tone or announcement that tells a caller how the call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Progress {
    /// Busy tone.
    Busy,
    /// Congestion tone.
    Congestion,
    /// The special information tone before an announcement.
    Special,
    /// A recorded announcement.
    Announcement,
    /// The tone for a number that cannot be had.
    Unobtainable,
    /// The howler.
    Howler,
}

/// The most entries that are kept; older ones are forgotten.
pub const KEPT: usize = 1 << 16;

/// A handle on the office's log, good also when the office itself is somewhere else.
#[derive(Clone, Debug, Default)]
pub struct Log {
    entries: Arc<Mutex<VecDeque<Entry>>>,
}

impl Log {
    /// What is in it now, in order of writing.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().iter().cloned().collect()
    }

    /// What one line did, with its sample counts.
    pub fn of_line(&self, line: usize) -> Vec<(u64, Deed)> {
        let entries = self.lock();
        let mine = entries.iter().filter(|entry| entry.line == line);
        mine.map(|entry| (entry.at, entry.deed.clone())).collect()
    }

    pub(crate) fn write(&self, line: usize, at: u64, deed: Deed) {
        let mut entries = self.lock();
        if entries.len() == KEPT {
            entries.pop_front();
        }
        entries.push_back(Entry { line, at, deed });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Entry>> {
        // A reader that panicked has changed nothing.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What goes on right now, in memory, as the gateway tells it.
//!
//! Every telling bumps a version; whoever watches ([`Live::watch`]) hears that there is something
//! new and takes a [`Live::snapshot`] when it pleases: a slow watcher costs nothing and misses
//! nothing but the steps in between. Everything kept is bounded (the constants below), so that no
//! torrent of calls, words or warnings can fill the memory.
//!
//! Nothing here is a source of truth: it is gone at a restart, and the gateway tells it again.

mod line_test;
mod state;

pub use line_test::{LineTest, TestRow, TestState, TestVerdict};
pub use state::{
    Board, CallState, Counters, Identity, Line, LineState, ModelStanding, ModelState, RunningCall,
    Snapshot, SoundDevice, SoundRole, Speech, Storage, Today, Uplink, Warning, Words,
};

use crate::{Receipt, Row, Saying};
use call::{CallId, Record, WallTime};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Lines shown; more are left out.
pub const MAX_LINES: usize = 256;
/// Calls that run at once and are shown; more are left out.
pub const MAX_RUNNING: usize = 256;
/// Utterances kept of a running call: the newest.
pub const MAX_WORDS: usize = 60;
/// Unicode scalar values kept of one utterance.
pub const MAX_TEXT: usize = 600;
/// Finished calls kept: the newest.
pub const MAX_NEWEST: usize = 8;
/// Warnings kept: the newest.
pub const MAX_WARNINGS: usize = 40;
/// Calls whose last receipt is remembered: the newest.
pub const MAX_RECEIPTS: usize = 4096;
/// Calls of the current day whose figures are counted.
const MAX_TODAY: usize = 50_000;

/// The live state: cheap to clone, shared by whoever tells and whoever watches.
#[derive(Clone)]
pub struct Live {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    version: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    snapshot: Snapshot,
    /// The day that `today` counts, in days since the epoch of the local clock.
    day: i64,
    /// What each call of the day weighs, so that a later revision replaces an earlier one.
    today: BTreeMap<CallId, Today>,
    /// Of each call the newest revision whose delivery was told of, and what was told: a receipt may
    /// be here before the record that it is for.
    receipts: BTreeMap<CallId, (u16, Receipt)>,
}

impl Default for Live {
    fn default() -> Self {
        Live::new()
    }
}

impl Live {
    /// Nothing known yet.
    pub fn new() -> Self {
        let version = watch::Sender::new(0);
        Live { shared: Arc::new(Shared { state: Mutex::default(), version }) }
    }

    /// What is known now.
    pub fn snapshot(&self) -> Snapshot {
        self.lock().snapshot.clone()
    }

    /// Hears of every change; the value is the version.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.shared.version.subscribe()
    }

    /// A line as it is now; lines are told apart by name and stay in the order of their first
    /// telling.
    pub fn line(&self, line: Line) {
        self.tell(|state| {
            let lines = &mut state.snapshot.lines;
            match lines.iter().position(|known| known.name == line.name) {
                Some(at) => lines[at] = line,
                None if lines.len() < MAX_LINES => lines.push(line),
                None => {}
            }
        });
    }

    /// Changes a line that was told before; an unknown name changes nothing.
    pub fn line_changed(&self, name: &str, change: impl FnOnce(&mut Line)) {
        self.tell(|state| {
            if let Some(line) = state.snapshot.lines.iter_mut().find(|line| line.name == name) {
                change(line);
            }
        });
    }

    /// The sound cards as they are now, all of them; nobody hears of what has not changed.
    pub fn sounds(&self, sounds: Vec<SoundDevice>) {
        if self.lock().snapshot.sounds != sounds {
            self.tell(|state| state.snapshot.sounds = sounds);
        }
    }

    /// A call began.
    pub fn call_opened(&self, call: RunningCall) {
        self.tell(|state| {
            let running = &mut state.snapshot.running;
            running.retain(|known| known.call != call.call);
            if running.len() < MAX_RUNNING {
                running.push(call);
            }
        });
    }

    /// Changes a running call: its state, its number once caller identity has come.
    pub fn call_changed(&self, call: CallId, change: impl FnOnce(&mut RunningCall)) {
        self.tell(|state| {
            if let Some(running) = state.snapshot.running.iter_mut().find(|run| run.call == call) {
                change(running);
            }
        });
    }

    /// The call was answered.
    pub fn call_answered(&self, call: CallId, at: WallTime) {
        self.call_changed(call, |running| {
            running.state = CallState::Talking;
            running.answered_at = Some(at);
        });
    }

    /// The call was released; it stays, being finished, until [`Live::call_finished`].
    pub fn call_released(&self, call: CallId, at: WallTime) {
        self.call_changed(call, |running| {
            running.state = CallState::Finishing;
            running.released_at = Some(at);
        });
    }

    /// Words of a running call. Words of one side with the same start replace those told before,
    /// so a partial grows until it is settled. The text is masked by the teller: what is given
    /// here is shown.
    pub fn words(&self, call: CallId, mut words: Words) {
        if let Some((end, _)) = words.text.char_indices().nth(MAX_TEXT) {
            words.text.truncate(end);
        }
        self.call_changed(call, |running| {
            let key = (words.start, words.side);
            match running.words.binary_search_by_key(&key, |known| (known.start, known.side)) {
                Ok(at) => running.words[at] = words,
                Err(at) => running.words.insert(at, words),
            }
            if running.words.len() > MAX_WORDS {
                running.words.remove(0);
            }
        });
    }

    /// A call's record was written, or revised: the call runs no more and stands among the newest.
    /// At its start the gateway tells the day's records here, oldest first.
    pub fn call_finished(&self, record: &Record, receipt: Receipt) {
        self.tell(|state| {
            let receipt = state.receipt_of(record.call, record.revision).unwrap_or(receipt);
            let row = Row::of(record, receipt);
            state.snapshot.running.retain(|running| running.call != record.call);
            state.count_today(record);
            let newest = &mut state.snapshot.newest;
            match newest.iter().position(|known| known.call == row.call) {
                Some(at) if newest[at].revision > row.revision => {}
                Some(at) => newest[at] = row,
                None => {
                    let at = newest.partition_point(|known| known.call > row.call);
                    newest.insert(at, row);
                    newest.truncate(MAX_NEWEST);
                }
            }
        });
    }

    /// A call ran out without a record (its closing says why in the journal).
    pub fn call_dropped(&self, call: CallId) {
        self.tell(|state| state.snapshot.running.retain(|running| running.call != call));
    }

    /// What became of a revision's delivery. It may be told before the revision itself, and says
    /// nothing of an older or a newer one.
    pub fn receipt(&self, call: CallId, revision: u16, receipt: Receipt) {
        self.tell(|state| {
            let known = state.receipts.get(&call).map(|&(newest, _)| newest);
            if known.is_none_or(|newest| newest <= revision) {
                state.receipts.insert(call, (revision, receipt));
            }
            if state.receipts.len() > MAX_RECEIPTS {
                state.receipts.pop_first();
            }
            let newest = &mut state.snapshot.newest;
            let row = newest.iter_mut().find(|row| (row.call, row.revision) == (call, revision));
            if let Some(row) = row {
                row.receipt = receipt;
            }
        });
    }

    /// What was told of a revision's delivery since the start, if it is still remembered.
    pub fn receipt_of(&self, call: CallId, revision: u16) -> Option<Receipt> {
        self.lock().receipt_of(call, revision)
    }

    /// The way to headquarters.
    pub fn uplink(&self, uplink: Uplink) {
        self.tell(|state| state.snapshot.uplink = Some(uplink));
    }

    /// The journal's disk.
    pub fn storage(&self, storage: Storage) {
        self.tell(|state| state.snapshot.storage = Some(storage));
    }

    /// Speech recognition and what waits for it.
    pub fn speech(&self, speech: Speech) {
        self.tell(|state| state.snapshot.speech = Some(speech));
    }

    /// The board; nobody hears of what has not changed.
    pub fn board(&self, board: Board) {
        if self.lock().snapshot.board.as_ref() != Some(&board) {
            self.tell(|state| state.snapshot.board = Some(board));
        }
    }

    /// Which software and models run.
    pub fn identity(&self, identity: Identity) {
        self.tell(|state| state.snapshot.identity = Some(identity));
    }

    /// Something that a person should know, which none of the above says. A warning of the same
    /// sentence replaces the one told before.
    pub fn warn(&self, at: WallTime, says: Saying) {
        self.tell(|state| {
            let warnings: &mut VecDeque<Warning> = &mut state.snapshot.warnings;
            warnings.retain(|known| known.says != says);
            warnings.push_front(Warning { at, says });
            warnings.truncate(MAX_WARNINGS);
        });
    }

    /// Takes a warning back.
    pub fn settled(&self, says: &Saying) {
        self.tell(|state| state.snapshot.warnings.retain(|known| known.says != *says));
    }

    fn tell(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.shared.version.send_modify(|version| *version = version.wrapping_add(1));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole after every statement above; a panic elsewhere does not spoil it.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn receipt_of(&self, call: CallId, revision: u16) -> Option<Receipt> {
        self.receipts.get(&call).filter(|told| told.0 == revision).map(|told| told.1)
    }

    fn count_today(&mut self, record: &Record) {
        let opened = record.cdr.opened_at;
        let local_ms = opened.unix_ms.saturating_add(i64::from(opened.offset_min) * 60_000);
        let day = local_ms.div_euclid(86_400_000);
        if day < self.day {
            return;
        }
        if day > self.day {
            self.day = day;
            self.today.clear();
            self.snapshot.today = Today { day: Some(opened), ..Today::default() };
        }
        let before = self.today.get(&record.call).copied();
        if before.is_none() && self.today.len() >= MAX_TODAY {
            return;
        }
        let now = Today::of(record);
        self.today.insert(record.call, now);
        self.snapshot.today.replace(before.unwrap_or_default(), now);
    }
}

#[cfg(test)]
pub(crate) mod tests;

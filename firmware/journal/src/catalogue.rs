//! What can be told of calls from frames' headers alone: where each lies, and what is not delivered.
//!
//! A catalogue is never the truth: it is what one gets by applying every frame's header in order,
//! and can be thrown away and made again. Applying a header twice changes nothing.

use crate::frame::{Header, Kind, Position};
use call::CallId;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where a call's frames are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The call's opening.
    pub(crate) opened: Position,
    /// The last frame known, from which the others are reached by `back`.
    pub(crate) tail: Position,
    /// The last record.
    pub(crate) record: Position,
    /// The last record's revision.
    pub(crate) revision: u16,
    /// Its end was written: with a record, or with the reason why there is none.
    pub(crate) closed: bool,
    /// Its key was removed.
    pub(crate) erased: bool,
    /// Neither erasure nor retention touches it.
    pub(crate) held: bool,
}

impl Entry {
    /// The same, after a frame of the call.
    pub(crate) fn after(mut self, header: &Header, at: Position) -> Entry {
        match header.kind {
            Kind::Opened => {
                self.opened = at;
                self.tail = self.tail.max(at);
            }
            Kind::Audio | Kind::Event | Kind::Utterance => self.tail = self.tail.max(at),
            Kind::Closed | Kind::Revised => {
                self.closed = true;
                self.tail = self.tail.max(at);
                if at >= self.record {
                    (self.record, self.revision) = (at, header.revision);
                }
            }
            Kind::ClosedWithout => self.closed = true,
            Kind::Erased => self.erased = true,
            Kind::Held => self.held = true,
            Kind::Released => self.held = false,
            _ => {}
        }
        self
    }
}

/// A record that headquarters has not signed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Undelivered {
    pub(crate) delivery: u64,
    pub(crate) call: CallId,
    pub(crate) at: Position,
}

/// Frames' headers with their places, as they were appended.
pub(crate) type Applied = [(Header, Position)];

/// Whether a catalogue keeps something of such a frame while its call runs.
pub(crate) fn is_filed(kind: Kind) -> bool {
    !matches!(kind, Kind::Audio | Kind::Event | Kind::Utterance)
}

/// Whether such a frame changes what is known of the call that its header names.
pub(crate) fn is_of_call(kind: Kind) -> bool {
    !matches!(kind, Kind::SegmentHead | Kind::Receipt | Kind::Audit | Kind::Other(_))
}

/// Made from headers, asked by readers.
pub(crate) trait Catalogue: Send + Sync {
    /// Takes in frames, all or none.
    fn apply(&self, frames: &Applied) -> io::Result<()>;
    /// What is known of a call.
    fn call(&self, call: CallId) -> io::Result<Option<Entry>>;
    /// Up to `limit` calls older than `before`, newest first.
    fn older(&self, before: Option<CallId>, limit: usize) -> io::Result<Vec<(CallId, Entry)>>;
    /// Up to `limit` records whose delivery number is above `after`, in order.
    fn undelivered(&self, after: u64, limit: usize) -> io::Result<Vec<Undelivered>>;
    /// Every frame before this segment has been applied, durably.
    fn settled(&self, segment: u32) -> io::Result<()>;
}

/// A catalogue in memory.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    calls: BTreeMap<CallId, Entry>,
    undelivered: BTreeMap<u64, (CallId, Position)>,
}

impl Ledger {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Catalogue for Ledger {
    fn apply(&self, frames: &Applied) -> io::Result<()> {
        let mut pages = self.pages();
        for (header, at) in frames {
            match header.kind {
                Kind::Receipt => {
                    pages.undelivered.remove(&header.delivery);
                }
                kind if !is_of_call(kind) => {}
                kind => {
                    let entry = pages.calls.entry(header.call).or_default();
                    *entry = entry.after(header, *at);
                    if kind.is_record() {
                        pages.undelivered.insert(header.delivery, (header.call, *at));
                    }
                    if kind == Kind::Erased {
                        pages.undelivered.retain(|_, (call, _)| *call != header.call);
                    }
                }
            }
        }
        Ok(())
    }

    fn call(&self, call: CallId) -> io::Result<Option<Entry>> {
        Ok(self.pages().calls.get(&call).copied())
    }

    fn older(&self, before: Option<CallId>, limit: usize) -> io::Result<Vec<(CallId, Entry)>> {
        let pages = self.pages();
        let bound = match before {
            Some(call) => std::ops::Bound::Excluded(call),
            None => std::ops::Bound::Unbounded,
        };
        let range = pages.calls.range((std::ops::Bound::Unbounded, bound));
        Ok(range.rev().take(limit).map(|(call, entry)| (*call, *entry)).collect())
    }

    fn undelivered(&self, after: u64, limit: usize) -> io::Result<Vec<Undelivered>> {
        let pages = self.pages();
        let range = pages.undelivered.range(after.saturating_add(1)..);
        let named = range.map(|(&delivery, &(call, at))| Undelivered { delivery, call, at });
        Ok(named.take(limit).collect())
    }

    fn settled(&self, _segment: u32) -> io::Result<()> {
        Ok(())
    }
}

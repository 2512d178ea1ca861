//! What can be told of calls from frames' headers alone: where each lies, and what is not delivered.
//!
//! A catalogue is never the truth: it is what one gets by applying every frame's header in order,
//! and can be thrown away and made again. Applying a header twice changes nothing.

use crate::frame::{Header, Kind, Position};
use call::CallId;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Bound;
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
    !matches!(kind, Kind::SegmentHead | Kind::Receipt | Kind::Audit | Kind::Pruned | Kind::Other(_))
}

/// What some frames change of a catalogue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    /// Calls as they stand afterwards.
    pub(crate) calls: BTreeMap<CallId, Entry>,
    /// By delivery number: the record that waits, or that none does any more.
    pub(crate) deliveries: BTreeMap<u64, Option<(CallId, Position)>>,
}

impl Changes {
    /// What `frames` change of what `known` tells.
    pub(crate) fn of(frames: &Applied, known: &dyn Catalogue) -> io::Result<Changes> {
        let mut changes = Changes::default();
        let mut erased = BTreeSet::new();
        for (header, at) in frames {
            if header.kind == Kind::Receipt {
                changes.deliveries.insert(header.delivery, None);
            }
            if !is_of_call(header.kind) {
                continue;
            }
            let entry = match changes.calls.get(&header.call) {
                Some(entry) => *entry,
                None => known.call(header.call)?.unwrap_or_default(),
            };
            changes.calls.insert(header.call, entry.after(header, *at));
            if header.kind.is_delivered() && header.delivery > 0 {
                changes.deliveries.insert(header.delivery, Some((header.call, *at)));
            }
            if header.kind == Kind::Erased {
                erased.insert(header.call);
            }
        }
        if !erased.is_empty() {
            // Nothing follows an erasure, so what waits of the call at the end goes.
            for waiting in known.undelivered(0, usize::MAX)? {
                if erased.contains(&waiting.call) {
                    changes.deliveries.entry(waiting.delivery).or_insert(None);
                }
            }
            for waits in changes.deliveries.values_mut() {
                if waits.is_some_and(|(call, _)| erased.contains(&call)) {
                    *waits = None;
                }
            }
        }
        Ok(changes)
    }

    /// Takes in what came after.
    pub(crate) fn extend(&mut self, later: Changes) {
        self.calls.extend(later.calls);
        self.deliveries.extend(later.deliveries);
    }
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
    /// How many records wait. Costs the same however many they are.
    fn waiting(&self) -> usize;
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
        let changes = Changes::of(frames, self)?;
        let mut pages = self.pages();
        pages.calls.extend(changes.calls);
        for (delivery, waits) in changes.deliveries {
            match waits {
                Some(record) => pages.undelivered.insert(delivery, record),
                None => pages.undelivered.remove(&delivery),
            };
        }
        Ok(())
    }

    fn call(&self, call: CallId) -> io::Result<Option<Entry>> {
        Ok(self.pages().calls.get(&call).copied())
    }

    fn older(&self, before: Option<CallId>, limit: usize) -> io::Result<Vec<(CallId, Entry)>> {
        let pages = self.pages();
        let range = pages.calls.range(below(before));
        Ok(range.rev().take(limit).map(|(call, entry)| (*call, *entry)).collect())
    }

    fn undelivered(&self, after: u64, limit: usize) -> io::Result<Vec<Undelivered>> {
        let pages = self.pages();
        let range = pages.undelivered.range(after.saturating_add(1)..);
        let named = range.map(|(&delivery, &(call, at))| Undelivered { delivery, call, at });
        Ok(named.take(limit).collect())
    }

    fn waiting(&self) -> usize {
        self.pages().undelivered.len()
    }

    fn settled(&self, _segment: u32) -> io::Result<()> {
        Ok(())
    }
}

/// The calls older than one, or all.
pub(crate) fn below(before: Option<CallId>) -> (Bound<CallId>, Bound<CallId>) {
    (Bound::Unbounded, before.map_or(Bound::Unbounded, Bound::Excluded))
}

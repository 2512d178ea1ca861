//! What the writer does unasked: segments begun and given up, space watched, abandoned calls closed.

use super::{Commit, MARKING, Undo, Writer, is_full, journal_draft, put};
use crate::disk::Tail;
use crate::frame::{Chain, Draft, Kind, Position};
use crate::health::State;
use crate::mark::Mark;
use crate::reconstruct;
use crate::request::{Asked, Request};
use crate::segment::{self, Head, Running};
use call::{CallId, entry};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// How many abandoned calls one commit closes.
const ORPHANS: usize = 256;

impl Writer {
    /// Begins the next segment with its head, on disk.
    pub(crate) fn begin_segment(&mut self) -> io::Result<()> {
        let number = self.next_segment;
        let path = segment::path(&self.dir, number);
        let result = self.write_head(number);
        match result {
            Ok((tail, chain)) => {
                self.segment = Some(tail);
                self.chain = chain;
                self.next_segment = number + 1;
                self.leave_mark();
                if let Err(error) = self.catalogue.settled(number) {
                    tracing::error!(%error, "the journal's index does not flush");
                }
                Ok(())
            }
            Err(error) => {
                self.segment = None;
                // Ours, of this moment, and nothing in it was told to anybody.
                if self.disk.remove(&path).is_err() && self.disk.length(&path).is_ok() {
                    self.next_segment = number + 1;
                }
                Err(error)
            }
        }
    }

    pub(super) fn write_head(&self, number: u32) -> io::Result<(Box<dyn Tail>, Chain)> {
        let mut salt = [0; 4];
        getrandom::fill(&mut salt).map_err(|_| io::Error::other("no randomness for a salt"))?;
        let mut chain = Chain {
            salt: u32::from_le_bytes(salt),
            next: Position { segment: number, offset: 0 },
            begins_commit: true,
            ..self.chain
        };
        let back = self.chain.next;
        let running = self
            .open
            .iter()
            .map(|(call, open)| Running::new(*call, open.opened, open.tail))
            .collect();
        let head = Head::new(&self.vault.device, &chain, back, self.now(), running);
        let draft = Draft {
            kind: Kind::SegmentHead,
            revision: 0,
            call: segment::head_call(number),
            delivery: self.delivery,
            back,
        };
        let mut bytes = Vec::new();
        chain
            .seal(&mut bytes, self.rings.journal_key(), draft, |out| put(&head, out))
            .map_err(io::Error::other)?;
        let mut tail = self.disk.create(&segment::path(&self.dir, number))?;
        tail.append(&bytes)?;
        tail.sync()?;
        self.disk.sync_folder(&segment::folder(&self.dir))?;
        Ok((tail, chain))
    }

    /// Leaves the segment at its last good octet. If cutting it fails, too, the next head still says
    /// where it ends.
    pub(super) fn give_up_segment(&mut self) {
        self.segment = None;
        let Position { segment, offset } = self.chain.next;
        if let Err(error) =
            self.disk.truncate(&segment::path(&self.dir, segment), u64::from(offset))
        {
            tracing::warn!(segment, %error, "a segment given up could not be cut");
        }
    }

    /// Once a second: looks at the space, and closes what nobody will close.
    pub(crate) fn keep_house(&mut self) {
        if let Ok(free) = self.disk.free(&self.dir) {
            self.shared.counts().free = free;
            let low = self.options.low;
            let enough = free >= low.saturating_add(self.reserve.missing());
            match self.shared.state() {
                State::Full | State::Low if enough && self.reserve.lay_by().is_ok() => {
                    tracing::info!(free, "storage has space again");
                    self.shared.set_state(State::Working);
                }
                State::Working if free < low => {
                    tracing::warn!(free, "storage is nearly full: new calls are refused");
                    self.shared.set_state(State::Low);
                }
                _ => {}
            }
        }
        if self.marked.0.elapsed() >= MARKING {
            self.leave_mark();
        }
        if !self.condemned.is_empty() {
            // It has said why not, and is tried again.
            let _ = self.remove_keys();
        }
        self.close_orphans();
    }

    /// Writes down how far the chain has got, all of it on disk. Without room for that the last mark
    /// stays, which is true of a shorter chain.
    pub(super) fn leave_mark(&mut self) {
        let Chain { sequence, previous: last, .. } = self.chain;
        if sequence == self.marked.1 {
            return;
        }
        let mark = Mark { sequence, last };
        if let Err(error) = mark.write(&*self.disk, &self.dir, &self.vault.device) {
            tracing::warn!(%error, "the journal's mark could not be written");
        }
        self.marked = (Instant::now(), sequence);
    }

    /// Does something that a full disk may not stop, out of the reserve where it must be.
    pub(crate) fn out_of_reserve(
        &mut self,
        act: impl Fn(&mut Writer) -> io::Result<()>,
    ) -> io::Result<()> {
        loop {
            match act(self) {
                Err(error) if is_full(&error) => {
                    self.note_failure(&error);
                    self.shared.set_state(State::Full);
                    if !self.reserve.give() {
                        return Err(error);
                    }
                }
                done => return done,
            }
        }
    }

    /// Closes the calls that nobody writes to, each with a record of what the journal holds, many in
    /// one commit.
    pub(crate) fn close_orphans(&mut self) {
        let orphans: Vec<CallId> = std::mem::take(&mut self.orphans).into_iter().collect();
        for some in orphans.chunks(ORPHANS) {
            let mut batch = Vec::new();
            let mut tickets = Vec::new();
            for &call in some {
                let Some(open) = self.open.get(&call) else { continue };
                let places = (open.opened, open.tail);
                let (disk, dir) = (&*self.disk, self.dir.as_path());
                match reconstruct::record(disk, dir, &self.rings, call, places, &self.software) {
                    Ok(record) => {
                        let (ticket, answer) = crate::ticket::ticket();
                        let request =
                            Request::Close { record: Box::new(record), answer: Some(answer) };
                        let size = request.size();
                        self.shared.queued.fetch_add(size, Ordering::Relaxed);
                        batch.push(Asked { request, at: Instant::now(), size });
                        tickets.push((call, ticket));
                    }
                    Err(error) => {
                        tracing::error!(%call, %error, "an interrupted call has no record");
                        let closed = self.out_of_reserve(|writer| writer.close_without(call));
                        if let Err(error) = closed {
                            tracing::error!(%call, %error, "it could not be closed yet");
                            self.orphans.insert(call);
                        }
                    }
                }
            }
            self.commit(batch);
            for (call, ticket) in tickets {
                if let Err(error) = ticket.wait() {
                    tracing::error!(%call, %error, "an interrupted call could not be closed yet");
                    self.orphans.insert(call);
                }
            }
        }
    }

    /// The last resort: the call's key or its opening is gone.
    pub(super) fn close_without(&mut self, call: CallId) -> io::Result<()> {
        if self.segment.is_none() {
            self.begin_segment()?;
        }
        let reason = entry::Reason { cause: call::Cause::Interrupted, at: self.now() };
        let mut commit = Commit {
            undo: Undo { chain: self.chain, delivery: self.delivery, open: BTreeMap::new() },
            keys: BTreeMap::new(),
            filed: Vec::new(),
            entries: BTreeMap::new(),
            erase: Vec::new(),
        };
        self.buffer.clear();
        self.chain.begins_commit = true;
        let delivery = self.delivery + 1;
        let draft = Draft { delivery, ..journal_draft(Kind::ClosedWithout, Some(call)) };
        self.stage_own(&mut commit, draft, |out| put(&reason, out)).map_err(io::Error::other)?;
        if let Err(error) = self.put_down() {
            self.chain = commit.undo.chain;
            self.give_up_segment();
            return Err(error);
        }
        self.delivery = delivery;
        self.open.remove(&call);
        self.show_running([call].iter());
        self.catalogue.apply(&commit.filed)
    }
}

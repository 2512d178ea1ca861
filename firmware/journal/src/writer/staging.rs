//! What each request becomes on the buffer, and what it must find to be allowed to.

use super::{Commit, Done, OpenCall, Writer, journal_draft, put, run_into};
use crate::catalogue::{Entry, is_filed, is_of_call};
use crate::error::AppendError;
use crate::frame::{Chain, Draft, Header, Kind, Position};
use crate::request::Request;
use call::{CallId, Record, WallTime, entry};
use std::sync::Arc;
use vault::CallKey;
use vault::audit::{Action, AuditEntry};

impl Writer {
    /// Seals what one request asks for onto the buffer.
    pub(super) fn stage(
        &mut self,
        commit: &mut Commit,
        request: &Request,
    ) -> Result<Done, AppendError> {
        match request {
            Request::Open { opened, .. } => self.stage_opening(commit, opened),
            Request::Audio { call, audio } => {
                self.stage_audio(commit, *call, std::iter::once(audio))
            }
            Request::Event { call, event } => {
                self.stage_entry(commit, *call, Kind::Event, |out| put(event, out))
            }
            Request::Utterance { call, utterance } => {
                self.stage_entry(commit, *call, Kind::Utterance, |out| put(utterance, out))
            }
            Request::Close { record, .. } => self.stage_closing(commit, record),
            Request::Revise { record, .. } => self.stage_revision(commit, record),
            Request::Receipt { delivery, receipt, .. } => {
                let draft = Draft { delivery: *delivery, ..journal_draft(Kind::Receipt, None) };
                self.stage_own(commit, draft, |out| out.extend_from_slice(receipt))
            }
            Request::Audit { entry, .. } => {
                let draft = journal_draft(Kind::Audit, entry.call);
                self.stage_own(commit, draft, |out| put(entry, out))
            }
            Request::Erase { call, entry, .. } => self.stage_erasure(commit, *call, entry),
            Request::Hold { call, entry, on, .. } => {
                if self.entry(commit, *call)?.is_none() {
                    return Err(AppendError::NotRunning(*call));
                }
                let kind = if *on { Kind::Held } else { Kind::Released };
                self.stage_own(commit, journal_draft(kind, Some(*call)), |out| put(entry, out))
            }
            Request::Prune { statement, .. } => {
                self.stage_own(commit, journal_draft(Kind::Pruned, None), |out| put(statement, out))
            }
            Request::Retire { before, at, who, .. } => self.retire(commit, *before, *at, who),
            Request::Abandon { .. } | Request::Settle { .. } | Request::Stop => Ok(Done::Fine),
        }
    }

    pub(super) fn stage_opening(
        &mut self,
        commit: &mut Commit,
        opened: &entry::Opened,
    ) -> Result<Done, AppendError> {
        let call = opened.call;
        if self.open.contains_key(&call) || self.entry(commit, call)?.is_some() {
            return Err(AppendError::AlreadyOpened(call));
        }
        let key = match commit.keys.get(&call) {
            Some(Ok(key)) => Arc::clone(key),
            Some(Err(error)) => return Err(error.clone()),
            None => return Err(AppendError::AlreadyOpened(call)),
        };
        let draft =
            Draft { kind: Kind::Opened, revision: 0, call, delivery: 0, back: Position::NONE };
        let at = self.seal(commit, Some(&key), draft, |out| put(opened, out))?;
        commit.undo.open.entry(call).or_insert(None);
        self.open.insert(call, OpenCall { key: Some(key), opened: at, tail: at });
        Ok(Done::Fine)
    }

    /// Pieces of one side that go on without a gap, as one frame.
    pub(super) fn stage_audio<'a>(
        &mut self,
        commit: &mut Commit,
        call: CallId,
        pieces: impl Iterator<Item = &'a entry::Audio> + Clone,
    ) -> Result<Done, AppendError> {
        self.stage_entry(commit, call, Kind::Audio, |out| run_into(pieces, out))
    }

    pub(super) fn stage_entry(
        &mut self,
        commit: &mut Commit,
        call: CallId,
        kind: Kind,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Done, AppendError> {
        let (key, back) = self.writable(commit, call)?;
        let draft = Draft { kind, revision: 0, call, delivery: 0, back };
        let at = self.seal(commit, Some(&key), draft, write)?;
        if let Some(open) = self.open.get_mut(&call) {
            open.tail = at;
        }
        Ok(Done::Fine)
    }

    pub(super) fn stage_closing(
        &mut self,
        commit: &mut Commit,
        record: &Record,
    ) -> Result<Done, AppendError> {
        let call = record.call;
        if record.revision != 0 {
            return Err(AppendError::Revision { call, expected: 0, given: record.revision });
        }
        let (key, back) = self.writable(commit, call)?;
        let delivery = self.delivery + 1;
        let draft = Draft { kind: Kind::Closed, revision: 0, call, delivery, back };
        self.seal(commit, Some(&key), draft, |out| out.extend_from_slice(&record.encode()))?;
        self.delivery = delivery;
        self.open.remove(&call);
        Ok(Done::Delivery(delivery))
    }

    pub(super) fn stage_revision(
        &mut self,
        commit: &mut Commit,
        record: &Record,
    ) -> Result<Done, AppendError> {
        let call = record.call;
        if self.open.contains_key(&call) {
            return Err(AppendError::StillRunning(call));
        }
        let entry = self.entry(commit, call)?.ok_or(AppendError::NotRunning(call))?;
        if entry.erased {
            return Err(AppendError::Erased(call));
        }
        let expected = entry.revision.saturating_add(1);
        if record.revision != expected {
            return Err(AppendError::Revision { call, expected, given: record.revision });
        }
        let key = self.rings.key(call).map_err(|error| AppendError::Key(Arc::new(error)))?;
        let delivery = self.delivery + 1;
        let revision = record.revision;
        let draft = Draft { kind: Kind::Revised, revision, call, delivery, back: entry.tail };
        self.seal(commit, Some(&key), draft, |out| out.extend_from_slice(&record.encode()))?;
        self.delivery = delivery;
        Ok(Done::Delivery(delivery))
    }

    pub(super) fn stage_erasure(
        &mut self,
        commit: &mut Commit,
        call: CallId,
        entry: &AuditEntry,
    ) -> Result<Done, AppendError> {
        if self.open.contains_key(&call) {
            return Err(AppendError::StillRunning(call));
        }
        let known = self.entry(commit, call)?.ok_or(AppendError::NotRunning(call))?;
        if known.erased {
            return Err(AppendError::Erased(call));
        }
        if known.held {
            return Err(AppendError::Held(call));
        }
        commit.erase.push(call);
        self.stage_own(commit, journal_draft(Kind::Erased, Some(call)), |out| put(entry, out))
    }

    /// Lets the days before one go: an erasure is written for each call, then the rings are removed.
    pub(super) fn retire(
        &mut self,
        commit: &mut Commit,
        before: vault::ring::Day,
        at: WallTime,
        who: &str,
    ) -> Result<Done, AppendError> {
        let key = |error| AppendError::Key(Arc::new(error));
        let mut count = 0;
        for day in self.rings.days().map_err(key)? {
            if day >= before {
                break;
            }
            for call in self.rings.calls(day).map_err(key)? {
                let known = self.entry(commit, call)?.unwrap_or_default();
                if known.held || known.erased || self.open.contains_key(&call) {
                    continue;
                }
                let entry = AuditEntry {
                    at,
                    who: who.to_owned(),
                    action: Action::Retire,
                    call: Some(call),
                    why: format!("{day} is past retention"),
                };
                let draft = journal_draft(Kind::Erased, Some(call));
                self.stage_own(commit, draft, |out| put(&entry, out))?;
                commit.erase.push(call);
                count += 1;
            }
        }
        Ok(Done::Count(count))
    }

    /// A frame of the journal's own.
    pub(super) fn stage_own(
        &mut self,
        commit: &mut Commit,
        draft: Draft,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Done, AppendError> {
        self.seal(commit, None, draft, write)?;
        Ok(Done::Fine)
    }

    /// A running call's key and last frame; from here on it can be taken back.
    pub(super) fn writable(
        &mut self,
        commit: &mut Commit,
        call: CallId,
    ) -> Result<(Arc<CallKey>, Position), AppendError> {
        let open = self.open.get_mut(&call).ok_or(AppendError::NotRunning(call))?;
        commit.undo.open.entry(call).or_insert_with(|| Some(open.clone()));
        let key = match &open.key {
            Some(key) => Arc::clone(key),
            None => {
                let key =
                    self.rings.key(call).map_err(|error| AppendError::Key(Arc::new(error)))?;
                Arc::clone(open.key.insert(Arc::new(key)))
            }
        };
        Ok((key, open.tail))
    }

    pub(super) fn entry(
        &self,
        commit: &Commit,
        call: CallId,
    ) -> Result<Option<Entry>, AppendError> {
        match commit.entries.get(&call) {
            Some(entry) => Ok(Some(*entry)),
            None => self.catalogue.call(call).map_err(|error| AppendError::Io(Arc::new(error))),
        }
    }

    pub(super) fn seal(
        &mut self,
        commit: &mut Commit,
        key: Option<&CallKey>,
        draft: Draft,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Position, AppendError> {
        let key = key.unwrap_or_else(|| self.rings.journal_key());
        let Chain { salt, sequence, previous, begins_commit, .. } = self.chain;
        let at = self.chain.seal(&mut self.buffer, key, draft, write)?;
        if is_filed(draft.kind) {
            let Draft { kind, revision, call, delivery, back } = draft;
            let header = Header {
                kind,
                revision,
                length: 0,
                salt,
                sequence,
                call,
                delivery,
                back,
                previous,
                begins_commit,
            };
            if is_of_call(kind) {
                let was = self.entry(commit, call)?.unwrap_or_default();
                commit.entries.insert(call, was.after(&header, at));
            }
            commit.filed.push((header, at));
        }
        Ok(at)
    }
}

//! Reading back, in the writer's process or in another one.
//!
//! A reader takes no lock and changes nothing. In another process it reads the segments' headers
//! and remembers what it has read; in the writer's process it asks the index.

use crate::catalogue::{Catalogue, Entry, Ledger};
use crate::disk::{Disk, FileSystem};
use crate::error::ReadError;
use crate::frame::{Frame, Kind, Piece, Position, pieces};
use crate::reclaim::Ground;
use crate::reconstruct::{self, CallEntry, SideAudio};
use crate::request::Shared;
use crate::rings::{Rings, RingsError};
use crate::segment;
use crate::writing::Desk;
use call::entry::{self, Unrecorded};
use call::{CallId, Number, Record, WallTime};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use vault::ring::KeyError;
use vault::{AuditEntry, Vault};

/// Which calls are wanted. The default is all of them.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Opened at or after this instant.
    pub since: Option<WallTime>,
    /// Opened before this instant.
    pub until: Option<WallTime>,
    /// With this customer, as the record has the number.
    pub number: Option<Number>,
    /// On this line.
    pub line: Option<String>,
    /// Only calls older than this one: for the next page.
    pub before: Option<CallId>,
}

/// How a call stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It runs.
    Running(entry::Opened),
    /// Closed, with its latest record.
    Closed(Box<Record>),
    /// Closed without a record: its opening could not be read when it was to be closed.
    WithoutRecord,
    /// Its key was removed; nothing can be read of it.
    Erased,
    /// Its key or its frame is damaged.
    Unreadable,
}

/// One line of a list of calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The call.
    pub call: CallId,
    /// How it stands.
    pub standing: Standing,
}

/// A record that headquarters has not signed for.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Its delivery number.
    pub number: u64,
    /// The record: the revision that this number stands for.
    pub record: Record,
}

/// Something that headquarters has not signed for.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Its delivery number.
    pub number: u64,
    /// What it is.
    pub content: Content,
}

/// What headquarters is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A revision of a record.
    Record(Box<Record>),
    /// A call has no record.
    Unrecorded(Unrecorded),
}

/// Reads a journal.
#[derive(Clone)]
pub struct Reader {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    rings: Arc<Rings>,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Index { catalogue: Arc<dyn Catalogue>, shared: Arc<Shared> },
    Scan(Arc<Mutex<Scanned>>),
}

/// How far a reader in another process has read.
#[derive(Default)]
struct Scanned {
    ledger: Arc<Ledger>,
    upto: Position,
}

impl Reader {
    /// A reader of the journal in `dir`, for a process that does not write it.
    pub fn open(dir: &Path, vault: Arc<Vault>) -> Reader {
        Reader::on(Arc::new(FileSystem), dir, vault)
    }

    /// The same on another disk.
    pub fn on(disk: Arc<dyn Disk>, dir: &Path, vault: Arc<Vault>) -> Reader {
        let rings = Arc::new(Rings::new(Arc::clone(&disk), dir, vault));
        Reader { disk, dir: dir.to_owned(), rings, source: Source::Scan(Arc::default()) }
    }

    pub(crate) fn inside(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        rings: Arc<Rings>,
        catalogue: Arc<dyn Catalogue>,
        shared: Arc<Shared>,
    ) -> Reader {
        Reader { disk, dir, rings, source: Source::Index { catalogue, shared } }
    }

    /// Calls, newest first.
    pub fn calls(&self, filter: &Filter, limit: usize) -> Result<Vec<Listed>, ReadError> {
        let catalogue = self.catalogue()?;
        // A call's identity begins with its opening instant, so one bound of the search is free.
        let until = filter.until.map(|until| CallId::new(until.unix_ms, 0));
        let mut before = match (until, filter.before) {
            (Some(until), Some(before)) => Some(until.min(before)),
            (until, before) => until.or(before),
        };
        let mut listed = Vec::new();
        while listed.len() < limit {
            let page = catalogue.older(before, 64)?;
            let Some((last, _)) = page.last() else { break };
            before = Some(*last);
            for (call, entry) in page {
                if filter.since.is_some_and(|since| call.unix_ms() < since.unix_ms) {
                    return Ok(listed);
                }
                let standing = self.standing(call, &entry)?;
                if listed.len() < limit && wanted(filter, &standing) {
                    listed.push(Listed { call, standing });
                }
            }
        }
        Ok(listed)
    }

    /// How a call stands; `None` if the journal does not know it.
    pub fn call(&self, call: CallId) -> Result<Option<Standing>, ReadError> {
        let entry = self.catalogue()?.call(call)?;
        entry.map(|entry| self.standing(call, &entry)).transpose()
    }

    /// The latest revision of a call's record; `None` while it runs or where there is none.
    pub fn record(&self, call: CallId) -> Result<Option<Record>, ReadError> {
        let entry = self.catalogue()?.call(call)?.ok_or(ReadError::Unknown(call))?;
        if !entry.record.is_some() {
            return Ok(None);
        }
        self.record_at(call, entry.record).map(Some)
    }

    /// Everything the journal holds of a call, in order.
    pub fn entries(&self, call: CallId) -> Result<Vec<CallEntry>, ReadError> {
        let entry = self.catalogue()?.call(call)?.ok_or(ReadError::Unknown(call))?;
        let tail = match &self.source {
            Source::Index { shared, .. } => shared.running().get(&call).map(|(_, tail)| *tail),
            Source::Scan(_) => None,
        };
        let key = self.rings.key(call).map_err(|error| ReadError::Key { call, error })?;
        let tail = tail.unwrap_or(entry.tail);
        let frames = segment::frames_of(&*self.disk, &self.dir, call, entry.opened, tail)?;
        Ok(reconstruct::entries(&frames, &key))
    }

    /// Both sides' audio of a call from its sample zero, gaps filled with silence and named.
    pub fn audio(&self, call: CallId) -> Result<Vec<SideAudio>, ReadError> {
        Ok(reconstruct::sides(&self.entries(call)?))
    }

    /// Records that headquarters has not signed for, by delivery number, from the first above
    /// `after`. One whose key is gone is passed over.
    pub fn undelivered(&self, after: u64, limit: usize) -> Result<Vec<Delivery>, ReadError> {
        let mut found = Vec::new();
        let mut after = after;
        while found.len() < limit {
            let page = self.outgoing(after, limit - found.len())?;
            let Some(last) = page.last() else { break };
            after = last.number;
            found.extend(page.into_iter().filter_map(|outgoing| match outgoing.content {
                Content::Record(record) => {
                    Some(Delivery { number: outgoing.number, record: *record })
                }
                Content::Unrecorded(_) => None,
            }));
        }
        Ok(found)
    }

    /// The same, and the closings without a record among them: all that headquarters is to get.
    pub fn outgoing(&self, after: u64, limit: usize) -> Result<Vec<Outgoing>, ReadError> {
        let catalogue = self.catalogue()?;
        let mut found = Vec::new();
        let mut after = after;
        while found.len() < limit {
            let page = catalogue.undelivered(after, limit - found.len())?;
            let Some(last) = page.last() else { break };
            after = last.delivery;
            for waiting in page {
                match self.content_at(waiting.call, waiting.at) {
                    Ok(content) => found.push(Outgoing { number: waiting.delivery, content }),
                    Err(ReadError::Key { .. }) => {}
                    Err(error @ ReadError::Damaged { .. }) => {
                        tracing::error!(delivery = waiting.delivery, %error, "not deliverable");
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(found)
    }

    /// The calls whose latest record headquarters has not signed for. Reads no record.
    pub fn calls_undelivered(&self) -> Result<BTreeSet<CallId>, ReadError> {
        let catalogue = self.catalogue()?;
        let mut found = BTreeSet::new();
        for waiting in catalogue.undelivered(0, usize::MAX)? {
            let entry = catalogue.call(waiting.call)?;
            if entry.is_some_and(|entry| entry.record == waiting.at) {
                found.insert(waiting.call);
            }
        }
        Ok(found)
    }

    /// How many records headquarters has not signed for. Costs the same however many they are.
    pub fn undelivered_count(&self) -> Result<usize, ReadError> {
        Ok(self.catalogue()?.waiting())
    }

    /// Whether a call is held: neither erasure nor retention touches it.
    pub fn is_held(&self, call: CallId) -> Result<bool, ReadError> {
        Ok(self.catalogue()?.call(call)?.is_some_and(|entry| entry.held))
    }

    /// The audit entries, oldest first, erasures, holds and releases among them.
    pub fn audit(&self) -> Result<Vec<AuditEntry>, ReadError> {
        let mut found = Vec::new();
        self.own_frames(|frame, body| found.extend(audited(frame, body)))?;
        Ok(found)
    }

    /// The newest audit entries that are `wanted`, newest first, up to `limit`. Reads segments from
    /// the newest back, and no more of them than it takes.
    pub fn audit_newest(
        &self,
        limit: usize,
        wanted: impl Fn(&AuditEntry) -> bool,
    ) -> Result<Vec<AuditEntry>, ReadError> {
        let mut found = Vec::new();
        let (numbers, _) = segment::numbers(&*self.disk, &self.dir)?;
        let ends = segment::ends(&*self.disk, &self.dir, &numbers)?;
        for number in numbers.into_iter().rev() {
            let mut here = Vec::new();
            self.own_frames_of(number, ends.get(&number).copied(), &mut |frame, body| {
                here.extend(audited(frame, body).filter(|entry| wanted(entry)));
            })?;
            found.extend(here.into_iter().rev());
            if found.len() >= limit {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The receipts, in the order they came: delivery number and what headquarters signed.
    pub fn receipts(&self) -> Result<Vec<(u64, Vec<u8>)>, ReadError> {
        let mut found = Vec::new();
        self.own_frames(|frame, body| {
            if frame.header.kind == Kind::Receipt {
                found.push((frame.header.delivery, body.to_vec()));
            }
        })?;
        Ok(found)
    }

    /// Proves the whole journal; see [`crate::verify`].
    pub fn verify(&self) -> Result<crate::verify::Report, ReadError> {
        crate::verify::verify(&*self.disk, &self.dir, &self.rings)
    }

    /// What is needed to give space back.
    pub(crate) fn ground<'a>(&'a self, desk: &'a Desk, shortest: u32) -> io::Result<Ground<'a>> {
        let catalogue = self.catalogue().map_err(io::Error::other)?;
        let (disk, dir) = (&*self.disk, self.dir.as_path());
        Ok(Ground { disk, dir, catalogue, shared: &desk.shared, desk, shortest })
    }

    fn own_frames(&self, mut each: impl FnMut(&Frame<'_>, &[u8])) -> Result<(), ReadError> {
        let (numbers, _) = segment::numbers(&*self.disk, &self.dir)?;
        let ends = segment::ends(&*self.disk, &self.dir, &numbers)?;
        for number in numbers {
            self.own_frames_of(number, ends.get(&number).copied(), &mut each)?;
        }
        Ok(())
    }

    /// The journal's own frames of one segment, up to where it ends.
    fn own_frames_of(
        &self,
        number: u32,
        end: Option<usize>,
        each: &mut impl FnMut(&Frame<'_>, &[u8]),
    ) -> Result<(), ReadError> {
        let mut bytes = self.disk.read(&segment::path(&self.dir, number))?;
        bytes.truncate(end.unwrap_or(usize::MAX));
        for piece in pieces(&bytes, 0) {
            if let Piece::Frame(_, frame) = piece
                && !frame.header.kind.under_call_key()
                && let Ok(body) = frame.open(self.rings.journal_key())
            {
                each(&frame, &body);
            }
        }
        Ok(())
    }

    fn catalogue(&self) -> Result<Arc<dyn Catalogue>, ReadError> {
        match &self.source {
            Source::Index { catalogue, .. } => Ok(Arc::clone(catalogue)),
            Source::Scan(scanned) => {
                let mut scanned = scanned.lock().unwrap_or_else(PoisonError::into_inner);
                scanned.refresh(&*self.disk, &self.dir)?;
                Ok(Arc::clone(&scanned.ledger) as Arc<dyn Catalogue>)
            }
        }
    }

    fn standing(&self, call: CallId, entry: &Entry) -> Result<Standing, ReadError> {
        if entry.erased {
            return Ok(Standing::Erased);
        }
        let found = if entry.record.is_some() {
            self.record_at(call, entry.record).map(|record| Standing::Closed(Box::new(record)))
        } else if entry.closed {
            return Ok(Standing::WithoutRecord);
        } else {
            self.entry_at(call, entry.opened).map(|entry| match entry {
                CallEntry::Opened(opened) => Standing::Running(opened),
                _ => Standing::Unreadable,
            })
        };
        match found {
            Err(ReadError::Key { error: RingsError::Key(KeyError::Gone), .. }) => {
                Ok(Standing::Erased)
            }
            Err(ReadError::Key { .. } | ReadError::Damaged { .. }) => Ok(Standing::Unreadable),
            found => found,
        }
    }

    fn content_at(&self, call: CallId, at: Position) -> Result<Content, ReadError> {
        let bytes = self.bytes_at(call, at)?;
        let frame = Frame::parse(&bytes).map_err(|_| damaged(call, at))?;
        if frame.header.kind != Kind::ClosedWithout {
            return self.record_at(call, at).map(|record| Content::Record(Box::new(record)));
        }
        let body = frame.open(self.rings.journal_key()).map_err(|_| damaged(call, at))?;
        match postcard::take_from_bytes(&body) {
            Ok((reason, [])) => Ok(Content::Unrecorded(Unrecorded { call, reason })),
            _ => Err(damaged(call, at)),
        }
    }

    fn record_at(&self, call: CallId, at: Position) -> Result<Record, ReadError> {
        match self.entry_at(call, at)? {
            CallEntry::Record(record) => Ok(*record),
            _ => Err(damaged(call, at)),
        }
    }

    fn entry_at(&self, call: CallId, at: Position) -> Result<CallEntry, ReadError> {
        let key = self.rings.key(call).map_err(|error| ReadError::Key { call, error })?;
        let bytes = self.bytes_at(call, at)?;
        let frame = Frame::parse(&bytes).map_err(|_| damaged(call, at))?;
        reconstruct::open_entry(&frame, &key).ok_or_else(|| damaged(call, at))
    }

    fn bytes_at(&self, call: CallId, at: Position) -> Result<Vec<u8>, ReadError> {
        segment::read_frame(&*self.disk, &self.dir, at).map_err(|error| {
            if error.kind() == io::ErrorKind::Other { damaged(call, at) } else { error.into() }
        })
    }
}

impl Scanned {
    /// Takes in what was written since the last look.
    fn refresh(&mut self, disk: &dyn Disk, dir: &Path) -> io::Result<()> {
        let (numbers, _) = segment::numbers(disk, dir)?;
        let ends = segment::ends(disk, dir, &numbers)?;
        // Frames that the disk refused afterwards were taken in: all over again.
        if ends.get(&self.upto.segment).is_some_and(|&end| end < self.upto.offset as usize) {
            *self = Scanned::default();
        }
        let first = self.upto.segment;
        for number in numbers.into_iter().filter(|&number| number >= first) {
            let path = segment::path(dir, number);
            let from = if number == self.upto.segment { self.upto.offset as usize } else { 0 };
            let until = match ends.get(&number) {
                Some(&end) => end,
                None => usize::try_from(disk.length(&path)?).unwrap_or(usize::MAX),
            };
            let mut bytes = vec![0; until.saturating_sub(from)];
            let count = disk.read_at(&path, from as u64, &mut bytes)?;
            let mut applied = Vec::new();
            let mut end = from;
            for piece in pieces(&bytes[..count], 0) {
                if let Piece::Frame(offset, frame) = piece {
                    end = from + offset + frame.len();
                    let at = Position { segment: number, offset: (from + offset) as u32 };
                    applied.push((frame.header, at));
                }
            }
            self.ledger.apply(&applied)?;
            self.upto = Position { segment: number, offset: end as u32 };
        }
        Ok(())
    }
}

/// The audit entry in one of the journal's own frames, if that is what it holds.
fn audited(frame: &Frame<'_>, body: &[u8]) -> Option<AuditEntry> {
    let kinds = [Kind::Audit, Kind::Erased, Kind::Held, Kind::Released];
    if !kinds.contains(&frame.header.kind) {
        return None;
    }
    postcard::take_from_bytes(body).ok().filter(|(_, rest)| rest.is_empty()).map(|(entry, _)| entry)
}

fn wanted(filter: &Filter, standing: &Standing) -> bool {
    if filter.number.is_none() && filter.line.is_none() {
        return true;
    }
    let (line, number) = match standing {
        Standing::Running(opened) => (&opened.line, &opened.customer),
        Standing::Closed(record) => (&record.cdr.line, &record.cdr.customer),
        _ => return false,
    };
    filter.line.as_ref().is_none_or(|wanted| wanted == line)
        && filter.number.as_ref().is_none_or(|wanted| Some(wanted) == number.as_ref())
}

fn damaged(call: CallId, at: Position) -> ReadError {
    ReadError::Damaged { call, segment: at.segment, offset: at.offset }
}

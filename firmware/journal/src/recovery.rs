//! From what lies on disk to a writer that goes on.
//!
//! Segments are read from the first that the index has not settled; where there is no index, all of
//! them. Every whole frame is kept. What follows the last whole frame of the last segment is cut and
//! set aside as `NNNNNNNNNN.at-OFFSET.torn`; a segment without one whole frame is set aside as
//! `*.torn`, one that is not this journal's as `*.foreign`. Nothing is deleted. Writing goes on in a
//! new segment. Calls that were running are closed with what was captured.

use crate::Options;
use crate::catalogue::{Catalogue, Ledger, is_filed};
use crate::disk::Disk;
use crate::error::OpenError;
use crate::frame::{Chain, Frame, Header, Kind, Piece, Position, pieces};
use crate::health::State;
use crate::index::Index;
use crate::mark::{self, Found};
use crate::pruned::{self, Part, Pruned, parts};
use crate::request::Shared;
use crate::reserve::{Reserve, is_full};
use crate::rings::Rings;
use crate::segment::{self, Head};
use crate::writer::{OpenCall, Writer};
use call::{CallId, Software, WallTime};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use vault::Vault;

/// What an opening found and did. `Display` says it in one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Segments read.
    pub segments: usize,
    /// Whole frames read in them.
    pub frames: u64,
    /// Octets cut from the last segment's end, and set aside.
    pub cut: u64,
    /// Stretches of damage inside segments; the frames around them are kept.
    pub damaged: usize,
    /// Calls that were running, and are closed now.
    pub closed: Vec<CallId>,
    /// Calls that were running, and could not be closed for want of a disk; they will be.
    pub still_open: Vec<CallId>,
    /// Files and folders set aside, by their new names.
    pub set_aside: Vec<String>,
    /// What had to be done to the index, if anything.
    pub index: Option<String>,
    /// Frames that were on disk once, as the journal's mark says, and are gone from its end.
    pub missing: u64,
}

impl Recovery {
    /// Whether there was anything to mend.
    pub fn was_needed(&self) -> bool {
        self.cut > 0
            || self.damaged > 0
            || !self.closed.is_empty()
            || !self.still_open.is_empty()
            || !self.set_aside.is_empty()
            || self.index.is_some()
            || self.missing > 0
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} frames kept in {} segments, {} octets cut, {} calls closed as interrupted",
            self.frames,
            self.segments,
            self.cut,
            self.closed.len()
        )?;
        if self.damaged > 0 {
            write!(f, ", {} damaged stretches (see `tipring verify`)", self.damaged)?;
        }
        if !self.still_open.is_empty() {
            write!(f, ", {} calls still to be closed", self.still_open.len())?;
        }
        if !self.set_aside.is_empty() {
            write!(f, ", set aside: {}", self.set_aside.join(" "))?;
        }
        if self.missing > 0 {
            write!(f, ", {} FRAMES ARE GONE from the newest end", self.missing)?;
        }
        if let Some(index) = &self.index {
            write!(f, ", {index}")?;
        }
        Ok(())
    }
}

/// What the scan of the segments leaves behind.
struct Scan<'a> {
    disk: &'a dyn Disk,
    reserve: &'a mut Reserve,
    dir: &'a Path,
    rings: &'a Rings,
    catalogue: Arc<dyn Catalogue>,
    recovery: Recovery,
    chain: Chain,
    delivery: u64,
    open: BTreeMap<CallId, OpenCall>,
    erased: BTreeSet<CallId>,
    begun: bool,
}

/// Opens what is in `dir`, mends it, and makes the writer of it.
pub(crate) fn recover(
    disk: Arc<dyn Disk>,
    dir: &Path,
    vault: Arc<Vault>,
    now: WallTime,
    software: Software,
    options: Options,
) -> Result<(Writer, Recovery), OpenError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |error| OpenError::Io { path, error }
    };
    disk.create_folder(dir).map_err(at(dir))?;
    let lock_path = dir.join("lock");
    let lock = disk.lock(&lock_path).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => OpenError::Locked(lock_path.clone()),
        _ => OpenError::Io { path: lock_path.clone(), error },
    })?;
    let folder = segment::folder(dir);
    disk.create_folder(&folder).map_err(at(&folder))?;
    let rings = Arc::new(Rings::new(Arc::clone(&disk), dir, Arc::clone(&vault)));
    rings.create_folder().map_err(at(dir))?;

    let mut recovery = Recovery::default();
    let mut reserve = Reserve::found(Arc::clone(&disk), dir, options.reserve);
    let (numbers, mut highest) = segment::numbers(&*disk, dir).map_err(at(&folder))?;
    let (catalogue, from) = if options.index {
        let index = reserve.help(|| index(&*disk, dir, &numbers, &mut recovery));
        match index {
            Err(error) if is_full(&error) => {
                recovery.index = Some("no room for the index: it is in memory for now".into());
                (Arc::new(Ledger::default()) as Arc<dyn Catalogue>, 0)
            }
            index => index.map_err(at(&dir.join("index")))?,
        }
    } else {
        (Arc::new(Ledger::default()) as Arc<dyn Catalogue>, 0)
    };
    let chain = Chain {
        salt: 0,
        sequence: 0,
        previous: [0; 32],
        next: Position::NONE,
        begins_commit: true,
    };
    let mut scan = Scan {
        disk: &*disk,
        reserve: &mut reserve,
        dir,
        rings: &rings,
        catalogue: Arc::clone(&catalogue),
        recovery,
        chain,
        delivery: 0,
        open: BTreeMap::new(),
        erased: BTreeSet::new(),
        begun: false,
    };
    scan.all(&numbers, from).map_err(at(&folder))?;
    let Scan { mut recovery, chain, delivery, open, erased, .. } = scan;
    if let Found::Mark(mark) = mark::read(&*disk, dir, &vault.device.public()).map_err(at(dir))? {
        recovery.missing = mark.sequence.saturating_sub(chain.sequence);
    }
    highest = highest.max(numbers.last().copied().unwrap_or(0));
    let mut writer = Writer {
        orphans: open.keys().copied().collect(),
        shared: Arc::new(Shared::new()),
        disk,
        dir: dir.to_owned(),
        vault,
        rings,
        catalogue,
        options,
        software,
        offset_min: now.offset_min,
        chain,
        segment: None,
        next_segment: highest + 1,
        delivery,
        open,
        abandoned: Vec::new(),
        settling: Vec::new(),
        condemned: erased,
        reserve,
        marked: (Instant::now(), 0),
        buffer: Vec::new(),
        lock,
    };
    // A crash between the frame and the ring: the erasure is finished now. If it fails it has said so,
    // and is tried again.
    let _ = writer.remove_keys();
    if let Err(error) = writer.reserve.lay_by() {
        tracing::warn!(%error, "the journal's reserve could not be laid by");
        if is_full(&error) {
            // What goes on goes on out of what is left of it.
            writer.shared.set_state(State::Full);
        }
    }
    let were_open = writer.orphans.clone();
    // A reserve that could not be laid by is no reason to close calls any later.
    if writer.options.begin_at_once
        && let Err(error) = writer.out_of_reserve(Writer::begin_segment)
    {
        tracing::error!(%error, "no segment could be begun; tried again with the first entry");
    }
    writer.keep_house();
    recovery.still_open = writer.orphans.iter().copied().collect();
    recovery.closed = were_open.difference(&writer.orphans).copied().collect();
    Ok((writer, recovery))
}

/// The index, and the first segment to apply to it.
fn index(
    disk: &dyn Disk,
    dir: &Path,
    numbers: &[u32],
    recovery: &mut Recovery,
) -> io::Result<(Arc<dyn Catalogue>, u32)> {
    let (index, from, said) = Index::open(disk, dir)?;
    recovery.index = said;
    // An index of segments that are not there is another journal's, or of one put back from a
    // backup; an empty one beside segments says nothing.
    if from == 0 || numbers.contains(&from) {
        return Ok((Arc::new(index), from));
    }
    drop(index);
    let (index, aside) = Index::anew(dir)?;
    recovery.set_aside.push(aside);
    recovery.index = Some("index did not match the segments and was made anew".into());
    Ok((Arc::new(index), 0))
}

impl Scan<'_> {
    fn all(&mut self, numbers: &[u32], from: u32) -> io::Result<()> {
        let ends = segment::ends(self.disk, self.dir, numbers)?;
        let last = numbers.last().copied();
        for &number in numbers {
            let pruned = pruned::read(self.disk, self.dir, number)?.map(|(pruned, _)| pruned);
            let pruned = pruned.unwrap_or_default();
            // A crash between the file that says so and the hole: the space is given back now.
            if let Err(error) = pruned.punch(self.disk, self.dir) {
                tracing::warn!(number, %error, "the space of erased calls could not be given back");
            }
            if number < from {
                continue;
            }
            let path = segment::path(self.dir, number);
            let mut bytes = self.disk.read(&path)?;
            if let Some(&end) = ends.get(&number) {
                bytes.truncate(end);
            }
            let last = Some(number) == last && !ends.contains_key(&number);
            self.segment(number, &bytes, &pruned, last)?;
        }
        Ok(())
    }

    fn segment(
        &mut self,
        number: u32,
        bytes: &[u8],
        pruned: &Pruned,
        last: bool,
    ) -> io::Result<()> {
        let mut found = pieces(bytes, 0);
        match found.next() {
            Some(Piece::Frame(0, frame)) if self.is_ours(number, &frame) => {}
            // The head is gone, and what follows fits where the chain stands: ours, damaged.
            Some(Piece::Damage { .. }) if self.goes_on(bytes) => {}
            Some(Piece::Frame(..)) => return self.set_aside(number, "foreign"),
            _ => {
                let whole = pieces(bytes, 0).any(|piece| matches!(piece, Piece::Frame(..)));
                let torn = last && !whole || bytes.is_empty();
                return self.set_aside(number, if torn { "torn" } else { "foreign" });
            }
        }
        self.recovery.segments += 1;
        let whole = if last { acknowledged(bytes) } else { bytes.len() };
        let mut filed = Vec::new();
        let mut end = 0;
        for part in parts(&bytes[..whole], &pruned.stretches) {
            match part {
                Part::Piece(Piece::Frame(offset, frame)) => {
                    end = offset + frame.len();
                    let at = Position { segment: number, offset: offset as u32 };
                    self.frame(&frame, at);
                    if is_filed(frame.header.kind) {
                        filed.push((frame.header, at));
                    }
                }
                Part::Pruned(stretch) => {
                    end = stretch.to as usize;
                    self.chain.previous = stretch.last;
                    self.chain.sequence = self.chain.sequence.max(stretch.next());
                }
                Part::Piece(Piece::Damage { .. }) => self.recovery.damaged += 1,
            }
        }
        self.catalogue.apply(&filed)?;
        self.chain.next = Position { segment: number, offset: end as u32 };
        if whole < bytes.len() {
            self.cut(number, bytes, whole)?;
        }
        Ok(())
    }

    fn is_ours(&self, number: u32, frame: &Frame<'_>) -> bool {
        let header = &frame.header;
        header.kind == Kind::SegmentHead
            && header.segment() == u64::from(number)
            && Head::read(frame, self.rings.journal_key()).is_some()
    }

    fn goes_on(&self, bytes: &[u8]) -> bool {
        let first = pieces(bytes, 0).find_map(|piece| match piece {
            Piece::Frame(_, frame) => Some(frame.header.sequence),
            Piece::Damage { .. } => None,
        });
        self.begun && first.is_some_and(|sequence| sequence > self.chain.sequence)
    }

    fn frame(&mut self, frame: &Frame<'_>, at: Position) {
        let header = &frame.header;
        self.recovery.frames += 1;
        self.delivery = self.delivery.max(match header.kind {
            Kind::SegmentHead => header.delivery,
            kind if kind.is_delivered() => header.delivery,
            _ => 0,
        });
        self.follow(header, at);
        if header.kind == Kind::SegmentHead
            && !self.begun
            && let Some(head) = Head::read(frame, self.rings.journal_key())
        {
            for running in &head.running {
                let open = OpenCall { key: None, opened: running.opened(), tail: running.tail() };
                self.open.insert(running.call, open);
            }
        }
        self.begun = true;
        self.chain.previous = frame.hash();
        self.chain.sequence = self.chain.sequence.max(header.sequence.saturating_add(1));
    }

    fn follow(&mut self, header: &Header, at: Position) {
        match header.kind {
            Kind::Opened => {
                self.open.insert(header.call, OpenCall { key: None, opened: at, tail: at });
            }
            Kind::Audio | Kind::Event | Kind::Utterance => {
                if let Some(open) = self.open.get_mut(&header.call) {
                    open.tail = at;
                }
            }
            Kind::Closed | Kind::ClosedWithout => {
                self.open.remove(&header.call);
            }
            Kind::Erased => {
                self.erased.insert(header.call);
            }
            _ => {}
        }
    }

    /// Sets the octets behind the last whole frame aside, and cuts them. Where there is no room for
    /// that they stay: the next segment's head says that they do not count.
    fn cut(&mut self, number: u32, bytes: &[u8], end: usize) -> io::Result<()> {
        let folder = segment::folder(self.dir);
        let name = format!("{number:010}.at-{end}.torn");
        let (disk, torn) = (self.disk, &bytes[end..]);
        match self.reserve.help(|| disk.replace(&folder, &name, torn)) {
            Err(error) if is_full(&error) => {
                tracing::warn!(number, "no room to set aside the torn end of a segment");
                return Ok(());
            }
            done => done?,
        }
        self.disk.truncate(&segment::path(self.dir, number), end as u64)?;
        self.recovery.cut += (bytes.len() - end) as u64;
        self.recovery.set_aside.push(name);
        Ok(())
    }

    /// Gives a segment another name.
    fn set_aside(&mut self, number: u32, why: &str) -> io::Result<()> {
        let folder = segment::folder(self.dir);
        let name = format!("{number:010}.{why}");
        self.disk.rename(&segment::path(self.dir, number), &folder.join(&name))?;
        self.disk.sync_folder(&folder)?;
        self.recovery.set_aside.push(name);
        Ok(())
    }
}

/// How many octets of the last segment can have been acknowledged: up to its last whole frame, or, if
/// there is a hole with no beginning of a commit behind it, up to the hole (see [`crate::frame`]).
fn acknowledged(bytes: &[u8]) -> usize {
    let mut end = 0;
    let mut hole = None;
    let mut previous = None;
    for piece in pieces(bytes, 0) {
        let Piece::Frame(offset, frame) = piece else {
            hole = hole.or(Some(end));
            continue;
        };
        if previous.is_some_and(|hash| hash != frame.header.previous) {
            hole = hole.or(Some(end));
        }
        if frame.header.begins_commit {
            hole = None;
        }
        end = offset + frame.len();
        previous = Some(frame.hash());
    }
    hole.unwrap_or(end)
}

//! The proof that no call is missing and no frame was changed.
//!
//! Every segment is read whole. Checked without any key: each frame's CRC32C, that it holds the hash
//! of the frame before, that the sequence has no hole, that every call has one opening and not more
//! than one end. With the journal's key: that each segment's head is signed by this device, and that
//! what was taken out of a segment ([`crate::pruned`]) was taken out by this device.

use crate::disk::Disk;
use crate::error::ReadError;
use crate::frame::{Frame, FrameError, Hash, Kind, Piece};
use crate::mark::{self, Found};
use crate::pruned::{self, Part, Pruned, Statement, Stretch, parts};
use crate::rings::Rings;
use crate::segment::{self, Head};
use call::CallId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Segments read.
    pub segments: usize,
    /// Frames in their chain.
    pub frames: u64,
    /// Octets read.
    pub bytes: u64,
    /// Calls opened.
    pub opened: u64,
    /// Calls closed.
    pub closed: u64,
    /// Calls erased.
    pub erased: u64,
    /// Frames of erased calls whose space was given back; their place in the chain is kept.
    pub pruned: u64,
    /// Calls that run: opened, not closed. While no writer runs, the next start closes them.
    pub running: Vec<CallId>,
    /// Octets at the very end that are not yet a whole frame: being written, or torn.
    pub unfinished: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether everything is as it must be.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Something wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The segment's number.
    pub segment: u32,
    /// Octets from its beginning.
    pub offset: u64,
    /// What.
    pub what: Wrong,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Octets that are no frame.
    Damage {
        /// How many.
        length: u64,
        /// Why not.
        why: FrameError,
    },
    /// The frame does not hold the hash of the one before.
    Chain,
    /// Frames are missing before this one.
    Sequence {
        /// The number that should come.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// The segment's head is not this device's.
    Head,
    /// A segment is missing before this one.
    Missing {
        /// Its number.
        segment: u32,
    },
    /// The call was opened a second time.
    OpenedTwice(CallId),
    /// The call was closed a second time.
    ClosedTwice(CallId),
    /// A frame of a call that was never opened, or was closed already.
    NotOpen(CallId),
    /// A delivery number that is not above all before.
    Delivery(u64),
    /// The file that says what was taken out of the segment is not this device's.
    Pruned,
    /// The chain was longer once: its newest frames are gone.
    CutShort {
        /// How many frames.
        missing: u64,
    },
    /// The journal's mark is not this device's, or was made over another chain.
    Mark,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "segment {} at octet {}: ", self.segment, self.offset)?;
        match self.what {
            Wrong::Damage { length, why } => write!(f, "{length} octets of damage: {why}"),
            Wrong::Chain => f.write_str("the chain is broken: the frame before is another one"),
            Wrong::Sequence { expected, found } => {
                write!(f, "frame {expected} should come, frame {found} came")
            }
            Wrong::Head => f.write_str("the segment's head is not signed by this device"),
            Wrong::Missing { segment } => write!(f, "segment {segment} is missing before it"),
            Wrong::OpenedTwice(call) => write!(f, "call {call} is opened a second time"),
            Wrong::ClosedTwice(call) => write!(f, "call {call} is closed a second time"),
            Wrong::NotOpen(call) => write!(f, "call {call} was never opened"),
            Wrong::Delivery(number) => write!(f, "delivery number {number} was given out before"),
            Wrong::CutShort { missing } => write!(f, "the newest {missing} frames are gone"),
            Wrong::Mark => f.write_str("the journal's mark was not made over this chain"),
            Wrong::Pruned => {
                f.write_str("what was taken out here was not taken out by this device")
            }
        }
    }
}

/// Where a call stands while the journal is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Open,
    Closed,
}

struct Proof<'a> {
    rings: &'a Rings,
    mark: Found,
    report: Report,
    calls: BTreeMap<CallId, Call>,
    /// The next sequence number and the last frame's hash, after the first frame.
    next: Option<(u64, [u8; 32])>,
    delivery: u64,
    /// The files that the chain says were written about segments pruned.
    stated: BTreeSet<(u32, Hash)>,
    /// Those that are there, with the first octet that each is about.
    pruned: Vec<(u32, Hash, u32)>,
}

pub(crate) fn verify(disk: &dyn Disk, dir: &Path, rings: &Rings) -> Result<Report, ReadError> {
    // First of all, so that a chain that grows meanwhile is only longer.
    let mark = mark::read(disk, dir, &rings.vault().device.public())?;
    let (numbers, _) = segment::numbers(disk, dir)?;
    let ends = segment::ends(disk, dir, &numbers)?;
    let mut proof = Proof {
        rings,
        mark,
        report: Report::default(),
        calls: BTreeMap::new(),
        next: None,
        delivery: 0,
        stated: BTreeSet::new(),
        pruned: Vec::new(),
    };
    for &number in &numbers {
        let (mut bytes, pruned) = pruned::read_segment(disk, dir, number)?;
        if let Some(&end) = ends.get(&number) {
            if end > bytes.len() {
                let length = (end - bytes.len()) as u64;
                let what = Wrong::Damage { length, why: FrameError::Short };
                proof.find(number, bytes.len(), what);
            }
            bytes.truncate(end);
        }
        let (pruned, hash) = pruned.unwrap_or_default();
        if let Some(first) = pruned.stretches.first() {
            proof.pruned.push((number, hash, first.from));
        }
        proof.segment(number, &bytes, &pruned, Some(&number) == numbers.last());
    }
    proof.end(numbers.last().copied().unwrap_or(0));
    for (number, hash, from) in std::mem::take(&mut proof.pruned) {
        if !proof.stated.contains(&(number, hash)) {
            proof.find(number, from as usize, Wrong::Pruned);
        }
    }
    let Proof { mut report, calls, .. } = proof;
    report.running =
        calls.iter().filter(|(_, at)| **at == Call::Open).map(|(call, _)| *call).collect();
    Ok(report)
}

impl Proof<'_> {
    fn segment(&mut self, number: u32, bytes: &[u8], pruned: &Pruned, last: bool) {
        self.report.segments += 1;
        self.report.bytes += bytes.len() as u64;
        for part in parts(bytes, &pruned.stretches) {
            let piece = match part {
                Part::Piece(piece) => piece,
                Part::Pruned(stretch) => {
                    self.stretch(number, stretch);
                    continue;
                }
            };
            match piece {
                Piece::Frame(offset, frame) => self.frame(number, offset, &frame),
                Piece::Damage { from, to, .. } if last && to == bytes.len() => {
                    self.report.unfinished = (to - from) as u64;
                }
                Piece::Damage { from, to, why } => {
                    self.find(number, from, Wrong::Damage { length: (to - from) as u64, why });
                }
            }
        }
    }

    /// Whether the chain is as long as it was.
    fn end(&mut self, last: u32) {
        let length = self.next.map_or(0, |(sequence, _)| sequence);
        match self.mark {
            Found::Mark(mark) if mark.sequence > length => {
                self.find(last, 0, Wrong::CutShort { missing: mark.sequence - length });
            }
            Found::Foreign => self.find(last, 0, Wrong::Mark),
            Found::Mark(_) | Found::Nothing => {}
        }
    }

    /// Over what was taken out, from the frame before it to the one behind it.
    fn stretch(&mut self, number: u32, stretch: &Stretch) {
        if let Some((expected, _)) = self.next
            && expected != stretch.sequence
        {
            let what = Wrong::Sequence { expected, found: stretch.sequence };
            self.find(number, stretch.from as usize, what);
        }
        self.next = Some((stretch.next(), stretch.last));
        self.report.pruned += u64::from(stretch.frames);
    }

    fn frame(&mut self, number: u32, offset: usize, frame: &Frame<'_>) {
        let header = &frame.header;
        if offset == 0 || header.kind == Kind::SegmentHead {
            self.head(number, offset, frame);
        }
        if let Some((expected, previous)) = self.next {
            let found = header.sequence;
            if found != expected {
                self.find(number, offset, Wrong::Sequence { expected, found });
            }
            if header.previous != previous {
                self.find(number, offset, Wrong::Chain);
            }
        }
        let hash = frame.hash();
        self.next = Some((header.sequence.saturating_add(1), hash));
        if let Found::Mark(mark) = self.mark
            && mark.sequence == header.sequence.saturating_add(1)
            && mark.last != hash
        {
            self.find(number, offset, Wrong::Mark);
        }
        self.report.frames += 1;
        if header.kind == Kind::Pruned
            && let Ok(body) = frame.open(self.rings.journal_key())
            && let Ok((Statement { segment, hash }, [])) = postcard::take_from_bytes(&body)
        {
            self.stated.insert((segment, hash));
        }
        if header.kind.is_delivered() && header.delivery > 0 {
            if header.delivery <= self.delivery {
                self.find(number, offset, Wrong::Delivery(header.delivery));
            }
            self.delivery = self.delivery.max(header.delivery);
        }
        self.call(number, offset, header.kind, header.call);
    }

    fn head(&mut self, number: u32, offset: usize, frame: &Frame<'_>) {
        let header = &frame.header;
        let head = Head::read(frame, self.rings.journal_key());
        let (Some(head), 0, true) = (head, offset, header.segment() == u64::from(number)) else {
            return self.find(number, offset, Wrong::Head);
        };
        if self.next.is_none() {
            // Earlier segments may have been let go; the calls that ran then are named here.
            self.calls.extend(head.running.iter().map(|running| (running.call, Call::Open)));
            self.delivery = header.delivery;
            if header.sequence > 0 && header.back.is_some() {
                self.find(number, 0, Wrong::Missing { segment: header.back.segment });
            }
        }
    }

    fn call(&mut self, number: u32, offset: usize, kind: Kind, call: CallId) {
        let stands = self.calls.get(&call).copied();
        match (kind, stands) {
            (Kind::Opened, None) => {
                self.report.opened += 1;
                self.calls.insert(call, Call::Open);
            }
            (Kind::Opened, Some(_)) => self.find(number, offset, Wrong::OpenedTwice(call)),
            (Kind::Closed | Kind::ClosedWithout, Some(Call::Open)) => {
                self.report.closed += 1;
                self.calls.insert(call, Call::Closed);
            }
            (Kind::Closed | Kind::ClosedWithout, Some(Call::Closed)) => {
                self.find(number, offset, Wrong::ClosedTwice(call));
            }
            (Kind::Closed | Kind::ClosedWithout, None)
            | (Kind::Audio | Kind::Event | Kind::Utterance, None | Some(Call::Closed))
            | (Kind::Revised, None | Some(Call::Open)) => {
                self.find(number, offset, Wrong::NotOpen(call));
            }
            (Kind::Erased, _) => self.report.erased += 1,
            _ => {}
        }
    }

    fn find(&mut self, segment: u32, offset: usize, what: Wrong) {
        self.report.findings.push(Finding { segment, offset: offset as u64, what });
    }
}

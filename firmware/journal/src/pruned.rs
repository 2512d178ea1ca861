//! Space given back: the stretches of a segment that held nothing but audio, events and words of
//! erased calls.
//!
//! Their octets are taken out of the file (a hole: everything else stays where it is), and
//! `NNNNNNNNNN.pruned` beside the segment says what was there:
//!
//! ```text
//! offset  size  field (little-endian)
//!      0     4  magic "TPJP"
//!      4     1  format version (1)
//!      5     …  postcard of `Pruned`
//! ```
//!
//! The chain goes over a stretch from the hash before it to the hash of its last frame. That this is
//! true is the device's word: a *pruned* frame in the chain, under the journal's key, holds the file's
//! BLAKE3. The frame is on disk before the file, the file before any hole, so whatever a crash leaves
//! can be proved. What openings, closings and records of erased calls there are stays in its place.

use crate::disk::Disk;
use crate::frame::{Frame, Hash, Kind, Piece, pieces};
use crate::segment;
use call::CallId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

const MAGIC: [u8; 4] = *b"TPJP";
const VERSION: u8 = 1;

/// What was taken out of one segment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// The segment's number.
    pub segment: u32,
    /// How many erased calls reached into it then: with more of them it is worth another look.
    pub erased: u32,
    /// The stretches, in order.
    pub stretches: Vec<Stretch>,
}

/// Frames that are not there any more, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The first octet.
    pub from: u32,
    /// One past the last.
    pub to: u32,
    /// The first frame's number.
    pub sequence: u64,
    /// How many frames.
    pub frames: u32,
    /// The last frame's hash.
    pub last: Hash,
}

/// The body of a *pruned* frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statement {
    pub(crate) segment: u32,
    /// BLAKE3 of the file.
    pub(crate) hash: Hash,
}

/// What was taken out, and the BLAKE3 of the file that says so.
pub(crate) type Known = (Pruned, Hash);

/// A part of a segment.
pub(crate) enum Part<'a> {
    Piece(Piece<'a>),
    Pruned(&'a Stretch),
}

impl Pruned {
    /// The file's name in the folder of the segments.
    pub(crate) fn name(segment: u32) -> String {
        format!("{segment:010}.pruned")
    }

    /// The file's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(VERSION);
        crate::writer::put(self, &mut bytes);
        bytes
    }

    /// Reads a file; nothing if it is none, or says what cannot be. Takes any bytes.
    pub fn decode(bytes: &[u8]) -> Option<Pruned> {
        let body = bytes.strip_prefix(&MAGIC)?.strip_prefix(&[VERSION])?;
        let Ok((pruned, [])) = postcard::take_from_bytes::<Pruned>(body) else { return None };
        let (mut end, mut next) = (0, 0);
        for stretch in &pruned.stretches {
            if stretch.from < end
                || stretch.to <= stretch.from
                || stretch.sequence < next
                || stretch.frames == 0
            {
                return None;
            }
            end = stretch.to;
            next = stretch.sequence.checked_add(stretch.frames.into())?;
        }
        Some(pruned)
    }

    /// What is taken out of a segment, what was taken out before included: the stretches of at least
    /// `shortest` octets in which there is nothing but audio, events and words of erased calls.
    pub(crate) fn of(
        segment: u32,
        bytes: &[u8],
        before: &[Stretch],
        erased: &BTreeSet<CallId>,
        shortest: u32,
    ) -> Pruned {
        let mut stretches = Vec::new();
        let mut open: Option<Stretch> = None;
        for part in parts(bytes, before) {
            let goes_on = match part {
                Part::Pruned(stretch) => Some(*stretch),
                Part::Piece(Piece::Frame(at, frame)) => prunable(at, &frame, erased),
                Part::Piece(Piece::Damage { .. }) => None,
            };
            open = match (open, goes_on) {
                (Some(open), Some(more))
                    if open.to == more.from && open.next() == more.sequence =>
                {
                    let frames = open.frames.saturating_add(more.frames);
                    Some(Stretch { to: more.to, frames, last: more.last, ..open })
                }
                (open, goes_on) => {
                    stretches.extend(open);
                    goes_on
                }
            };
        }
        stretches.extend(open);
        stretches.retain(|stretch| stretch.to - stretch.from >= shortest);
        let count = u32::try_from(erased.len()).unwrap_or(u32::MAX);
        Pruned { segment, erased: count, stretches }
    }

    /// Octets that were taken out.
    pub(crate) fn octets(&self) -> u64 {
        self.stretches.iter().map(|stretch| u64::from(stretch.to - stretch.from)).sum()
    }

    /// Takes the stretches out of the segment where they are not out yet.
    pub(crate) fn punch(&self, disk: &dyn Disk, dir: &Path) -> io::Result<()> {
        let path = segment::path(dir, self.segment);
        for Stretch { from, to, .. } in &self.stretches {
            let mut first = [0; 4];
            disk.read_at(&path, u64::from(*from), &mut first)?;
            if first != [0; 4] {
                disk.punch(&path, u64::from(*from), u64::from(to - from))?;
            }
        }
        Ok(())
    }
}

impl Stretch {
    /// The number of the frame that follows it.
    pub(crate) fn next(&self) -> u64 {
        self.sequence.saturating_add(self.frames.into())
    }
}

/// A frame as a stretch of its own, if its space may be given back.
fn prunable(at: usize, frame: &Frame<'_>, erased: &BTreeSet<CallId>) -> Option<Stretch> {
    let header = &frame.header;
    let kind = matches!(header.kind, Kind::Audio | Kind::Event | Kind::Utterance);
    let from = u32::try_from(at).ok()?;
    let to = u32::try_from(at + frame.len()).ok()?;
    (kind && erased.contains(&header.call)).then(|| Stretch {
        from,
        to,
        sequence: header.sequence,
        frames: 1,
        last: frame.hash(),
    })
}

/// What was taken out of a segment, if anything. A file that is damaged says nothing.
pub(crate) fn read(disk: &dyn Disk, dir: &Path, number: u32) -> io::Result<Option<Known>> {
    let path = path(dir, number);
    let bytes = match disk.read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let pruned = Pruned::decode(&bytes).filter(|pruned| pruned.segment == number);
    Ok(pruned.map(|pruned| (pruned, *blake3::hash(&bytes).as_bytes())))
}

fn path(dir: &Path, number: u32) -> PathBuf {
    segment::folder(dir).join(Pruned::name(number))
}

/// A segment and what was taken out of it, read so that the one fits the other though it is being
/// pruned just now.
pub(crate) fn read_segment(
    disk: &dyn Disk,
    dir: &Path,
    number: u32,
) -> io::Result<(Vec<u8>, Option<Known>)> {
    let mut before = read(disk, dir, number)?;
    loop {
        let bytes = disk.read(&segment::path(dir, number))?;
        let after = read(disk, dir, number)?;
        if before == after {
            return Ok((bytes, after));
        }
        before = after;
    }
}

/// The parts of a segment from its beginning: like [`pieces`], but what was taken out is no damage.
pub(crate) fn parts<'a>(
    bytes: &'a [u8],
    stretches: &'a [Stretch],
) -> impl Iterator<Item = Part<'a>> {
    let mut at = 0;
    stretches.iter().map(Some).chain(std::iter::once(None)).flat_map(move |stretch| {
        let end = stretch.map_or(bytes.len(), |stretch| stretch.from as usize).min(bytes.len());
        let before = pieces(&bytes[..end], at).map(Part::Piece);
        at = stretch.map_or(end, |stretch| stretch.to as usize);
        before.chain(stretch.map(Part::Pruned))
    })
}

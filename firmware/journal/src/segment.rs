//! Segment files: their names, their heads, their whole frames.

use crate::disk::Disk;
use crate::frame::{Chain, Frame, HEADER, Header, Kind, Piece, Position, pieces};
use call::{CallId, DeviceId, WallTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use vault::identity::verify_signature;
use vault::{CallKey, DeviceKey};

/// The folder of the segments.
pub(crate) fn folder(dir: &Path) -> PathBuf {
    dir.join("segments")
}

/// A segment's file name.
pub(crate) fn name(number: u32) -> String {
    format!("{number:010}.seg")
}

/// A segment's path.
pub(crate) fn path(dir: &Path, number: u32) -> PathBuf {
    folder(dir).join(name(number))
}

/// The number in a segment's file name; of a name that a set-aside segment has, too.
fn number(file: &str) -> Option<u32> {
    file.get(..10)?.parse().ok()
}

/// The numbers of all segments, in order, and the highest number that any file ever had.
pub(crate) fn numbers(disk: &dyn Disk, dir: &Path) -> io::Result<(Vec<u32>, u32)> {
    let files = disk.list(&folder(dir))?;
    let highest = files.iter().filter_map(|file| number(file)).max().unwrap_or(0);
    let mut numbers: Vec<u32> = files
        .iter()
        .filter_map(|file| number(file).filter(|&found| *file == name(found) && found > 0))
        .collect();
    numbers.sort_unstable();
    Ok((numbers, highest))
}

/// A call that runs while a segment begins: where it was opened and its last frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Running {
    pub(crate) call: CallId,
    opened: u64,
    tail: u64,
}

impl Running {
    pub(crate) fn new(call: CallId, opened: Position, tail: Position) -> Running {
        Running { call, opened: opened.to_u64(), tail: tail.to_u64() }
    }

    pub(crate) fn opened(&self) -> Position {
        Position::from_u64(self.opened)
    }

    pub(crate) fn tail(&self) -> Position {
        Position::from_u64(self.tail)
    }
}

/// The body of a segment's first frame: whose it is, and all that a recovery must know of the
/// segments before. Signed, so the chain up to here is the device's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) device: DeviceId,
    pub(crate) public: [u8; 32],
    pub(crate) began: WallTime,
    pub(crate) running: Vec<Running>,
    signature: [[u8; 32]; 2],
}

impl Head {
    /// The head of the segment at `chain`'s end.
    pub(crate) fn new(
        key: &DeviceKey,
        chain: &Chain,
        back: Position,
        began: WallTime,
        running: Vec<Running>,
    ) -> Head {
        let mut head = Head {
            device: key.device(),
            public: key.public(),
            began,
            running,
            signature: [[0; 32]; 2],
        };
        let message =
            head.message(chain.next.segment.into(), chain.sequence, &chain.previous, back);
        let signature = key.sign(&message);
        for (half, octets) in head.signature.iter_mut().zip(signature.chunks_exact(32)) {
            half.copy_from_slice(octets);
        }
        head
    }

    /// Reads and checks the head in a frame.
    pub(crate) fn read(frame: &Frame<'_>, key: &CallKey) -> Option<Head> {
        let body = frame.open(key).ok()?;
        let Ok((head, [])) = postcard::take_from_bytes::<Head>(&body) else { return None };
        let header = &frame.header;
        let message =
            head.message(header.segment(), header.sequence, &header.previous, header.back);
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&head.signature[0]);
        signature[32..].copy_from_slice(&head.signature[1]);
        let signed = verify_signature(&head.public, &message, &signature);
        (signed && vault::identity::device_of(&head.public) == head.device).then_some(head)
    }

    fn message(&self, segment: u64, sequence: u64, previous: &[u8; 32], back: Position) -> Vec<u8> {
        let mut message = b"tipring journal segment head 1".to_vec();
        message.extend_from_slice(&self.device.0);
        message.extend_from_slice(&segment.to_le_bytes());
        message.extend_from_slice(&sequence.to_le_bytes());
        message.extend_from_slice(previous);
        message.extend_from_slice(&back.to_u64().to_le_bytes());
        message.extend_from_slice(&self.began.unix_ms.to_le_bytes());
        message
    }
}

/// The call field of a segment head's header.
pub(crate) fn head_call(number: u32) -> CallId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    CallId::from_bytes(bytes)
}

/// No call.
pub(crate) fn no_call() -> CallId {
    CallId::from_bytes([0; 16])
}

/// Where each segment ends, as the head of the one after it says: what lies beyond was written,
/// refused by the disk, told to nobody, and does not count.
pub(crate) fn ends(
    disk: &dyn Disk,
    dir: &Path,
    numbers: &[u32],
) -> io::Result<BTreeMap<u32, usize>> {
    let mut ends = BTreeMap::new();
    for &number in numbers {
        let mut raw = [0; HEADER];
        let count = disk.read_at(&path(dir, number), 0, &mut raw)?;
        if let Ok(header) = Frame::header(&raw[..count])
            && header.kind == Kind::SegmentHead
            && header.segment() == u64::from(number)
            && header.back.is_some()
        {
            let Ok(frame) = read_frame(disk, dir, Position { segment: number, offset: 0 }) else {
                continue;
            };
            if Frame::parse(&frame).is_ok() {
                ends.insert(header.back.segment, header.back.offset as usize);
            }
        }
    }
    Ok(ends)
}

/// The bytes of the frame at a position, unchecked beyond its header's form.
pub(crate) fn read_frame(disk: &dyn Disk, dir: &Path, at: Position) -> io::Result<Vec<u8>> {
    let path = path(dir, at.segment);
    // Enough for most frames in one reading: a header and 100 ms of one side's A-law.
    let mut bytes = vec![0; 1024];
    let count = disk.read_at(&path, at.offset.into(), &mut bytes)?;
    bytes.truncate(count);
    let header = Frame::header(&bytes).map_err(io::Error::other)?;
    let have = bytes.len();
    bytes.resize(header.frame_length(), 0);
    if header.frame_length() > have {
        let more = disk.read_at(&path, u64::from(at.offset) + have as u64, &mut bytes[have..])?;
        bytes.truncate(have + more);
    }
    Ok(bytes)
}

/// All frames of a call between its opening and its last frame, in order: by the way back from the
/// last one, or, where that is broken, by looking through every segment in between.
pub(crate) fn frames_of(
    disk: &dyn Disk,
    dir: &Path,
    call: CallId,
    opened: Position,
    tail: Position,
) -> io::Result<Vec<Vec<u8>>> {
    match walk_back(disk, dir, call, tail) {
        Ok(Some(frames)) => Ok(frames),
        Ok(None) => look_through(disk, dir, call, opened, tail),
        Err(_) => look_through(disk, dir, call, opened, tail),
    }
}

/// `None` where the way back is broken.
fn walk_back(
    disk: &dyn Disk,
    dir: &Path,
    call: CallId,
    tail: Position,
) -> io::Result<Option<Vec<Vec<u8>>>> {
    let mut frames = Vec::new();
    let mut at = tail;
    while at.is_some() {
        let bytes = read_frame(disk, dir, at)?;
        let Ok(frame) = Frame::parse(&bytes) else { return Ok(None) };
        let Header { kind, call: of, back, .. } = frame.header;
        // Only ever backwards, so damage cannot lead in a circle.
        if of != call || back >= at {
            return Ok(None);
        }
        frames.push(bytes);
        if kind == Kind::Opened {
            frames.reverse();
            return Ok(Some(frames));
        }
        at = back;
    }
    Ok(None)
}

fn look_through(
    disk: &dyn Disk,
    dir: &Path,
    call: CallId,
    opened: Position,
    tail: Position,
) -> io::Result<Vec<Vec<u8>>> {
    let (numbers, _) = numbers(disk, dir)?;
    let ends = ends(disk, dir, &numbers)?;
    let mut found = Vec::new();
    for number in numbers.into_iter().filter(|n| (opened.segment..=tail.segment).contains(n)) {
        let mut bytes = disk.read(&path(dir, number))?;
        bytes.truncate(ends.get(&number).copied().unwrap_or(usize::MAX));
        for piece in pieces(&bytes, 0) {
            if let Piece::Frame(offset, frame) = piece
                && frame.header.call == call
                && frame.header.kind.under_call_key()
            {
                found.push(bytes[offset..offset + frame.len()].to_vec());
            }
        }
    }
    Ok(found)
}

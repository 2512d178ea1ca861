//! One frame on disk, and the chain that frames form.
//!
//! ```text
//! offset  size  field (little-endian)
//!      0     4  magic "TPJF"
//!      4     1  format version (1)
//!      5     1  kind
//!      6     2  revision of the record (closed and revised frames; 0 otherwise)
//!      8     4  length of the body in octets, its 16-octet tag included
//!     12     4  salt of the segment, random
//!     16     8  sequence: counts every frame of the journal from 0
//!     24    16  call; in a segment head the segment's number (8) and zeros; zeros where no call
//!     40     8  delivery number (closed with or without a record, revised, receipt); in a segment
//!               head the highest given out
//!     48     8  back: position of the call's frame before this one, 0 if none; in a segment head
//!               where the segment before ends. A position is offset (4) and segment (4).
//!     56    32  BLAKE3 of the whole frame before, header and body
//!     88     1  flags: 1 = first frame of a commit
//!     89     3  zeros
//!     92     4  CRC32C of bytes 0..92 and of the body
//!     96     …  body: ChaCha20-Poly1305 ciphertext, then its tag
//! ```
//!
//! The nonce is salt (4) and sequence (8); the associated data are bytes 0..92, so every field and
//! through them every frame before is bound to the seal. A sequence number that is written again
//! after a failed write comes under a new salt, since every failure begins a new segment.
//! The chain needs no key to be checked: each header holds the hash of the frame before.
//!
//! A commit is written only when the one before is on disk. So a hole with the beginning of a later
//! commit behind it is damage to what was acknowledged; a hole with none behind it is the last
//! commit, torn by a loss of power and told to nobody.

use call::CallId;
use vault::CallKey;
use vault::key::{SealBroken, TAG};

/// Octets of a header.
pub const HEADER: usize = 96;
/// The longest body that is written or believed.
pub const MAX_BODY: usize = 8 << 20;
const MAGIC: [u8; 4] = *b"TPJF";
const VERSION: u8 = 1;
const BOUND: usize = 92;
const FIRST_OF_COMMIT: u8 = 1;

/// A frame's BLAKE3 hash.
pub type Hash = [u8; 32];

/// What a frame is. Numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A segment's first frame.
    SegmentHead,
    /// `call::entry::Opened`.
    Opened,
    /// `call::entry::Audio`.
    Audio,
    /// `call::entry::Event`.
    Event,
    /// `call::Utterance`.
    Utterance,
    /// Revision 0 of the record: its bytes.
    Closed,
    /// `call::entry::Reason`, under the journal's key: closed, and no record can be made.
    ClosedWithout,
    /// A later revision of the record: its bytes.
    Revised,
    /// Headquarters' receipt for a delivery number, under the journal's key.
    Receipt,
    /// `vault::AuditEntry`, under the journal's key.
    Audit,
    /// `vault::AuditEntry` of an erasure; the header names the call.
    Erased,
    /// `vault::AuditEntry`: the call is held.
    Held,
    /// `vault::AuditEntry`: the call is held no more.
    Released,
    /// `pruned::Statement`, under the journal's key: what was taken out of a segment.
    Pruned,
    /// Written by a later firmware: kept in its chain, not understood.
    Other(u8),
}

const KINDS: [Kind; 14] = [
    Kind::SegmentHead,
    Kind::Opened,
    Kind::Audio,
    Kind::Event,
    Kind::Utterance,
    Kind::Closed,
    Kind::ClosedWithout,
    Kind::Revised,
    Kind::Receipt,
    Kind::Audit,
    Kind::Erased,
    Kind::Held,
    Kind::Released,
    Kind::Pruned,
];

impl Kind {
    /// The kind's octet: 1 for the first of the table, and so on.
    pub fn octet(self) -> u8 {
        match self {
            Kind::Other(octet) => octet,
            kind => KINDS.iter().position(|&k| k == kind).map_or(0, |at| at as u8 + 1),
        }
    }

    /// The kind of an octet.
    pub fn of(octet: u8) -> Kind {
        let known = usize::from(octet).checked_sub(1).and_then(|at| KINDS.get(at));
        known.copied().unwrap_or(Kind::Other(octet))
    }

    /// Whether the body is under the call's own key (as against the journal's).
    pub fn under_call_key(self) -> bool {
        matches!(
            self,
            Kind::Opened
                | Kind::Audio
                | Kind::Event
                | Kind::Utterance
                | Kind::Closed
                | Kind::Revised
        )
    }

    /// Whether headquarters gets what the frame holds, under the frame's delivery number. A closing
    /// without a record has none where an earlier version has written it.
    pub fn is_delivered(self) -> bool {
        matches!(self, Kind::Closed | Kind::ClosedWithout | Kind::Revised)
    }
}

/// Where a frame lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The segment's number, from 1.
    pub segment: u32,
    /// Octets from the segment's beginning.
    pub offset: u32,
}

impl Position {
    /// No frame.
    pub const NONE: Position = Position { segment: 0, offset: 0 };

    /// Whether it is one.
    pub fn is_some(self) -> bool {
        self.segment != 0
    }

    pub(crate) fn to_u64(self) -> u64 {
        u64::from(self.segment) << 32 | u64::from(self.offset)
    }

    pub(crate) fn from_u64(packed: u64) -> Position {
        Position { segment: (packed >> 32) as u32, offset: (packed & 0xffff_ffff) as u32 }
    }
}

/// A header's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the frame is.
    pub kind: Kind,
    /// Which revision of the record.
    pub revision: u16,
    /// Octets of the body, tag included.
    pub length: u32,
    /// The segment's salt.
    pub salt: u32,
    /// The frame's number.
    pub sequence: u64,
    /// The call; in a segment head see [`Header::segment`].
    pub call: CallId,
    /// The delivery number, or 0.
    pub delivery: u64,
    /// The call's frame before.
    pub back: Position,
    /// The hash of the frame before.
    pub previous: Hash,
    /// Whether a commit begins with it: all before it was on disk when it was written.
    pub begins_commit: bool,
}

impl Header {
    /// Octets of the whole frame.
    pub fn frame_length(&self) -> usize {
        HEADER + self.length as usize
    }

    /// The number that a segment head gives its segment.
    pub fn segment(&self) -> u64 {
        let bytes = self.call.to_bytes();
        u64::from_le_bytes(array(&bytes, 0))
    }
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// They end before the frame does.
    #[error("the frame is cut short")]
    Short,
    /// Another magic.
    #[error("no frame begins here")]
    Magic,
    /// A format that this firmware does not know.
    #[error("frame version {0}; this firmware reads version {VERSION}")]
    Version(u8),
    /// A length that no frame has.
    #[error("a body of {0} octets; a frame has {TAG} to {MAX_BODY}")]
    Length(u32),
    /// The CRC32C does not match.
    #[error("the frame is damaged: its CRC32C does not match")]
    Crc,
}

/// A whole frame whose CRC is right, as it lies on disk.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Its header.
    pub header: Header,
    bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads the frame at the beginning of `bytes`. Takes any bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Frame<'a>, FrameError> {
        let header = Frame::header(bytes)?;
        let whole = bytes.get(..header.frame_length()).ok_or(FrameError::Short)?;
        let crc = u32::from_le_bytes(array(whole, BOUND));
        if crc32c::crc32c_append(crc32c::crc32c(&whole[..BOUND]), &whole[HEADER..]) != crc {
            return Err(FrameError::Crc);
        }
        Ok(Frame { header, bytes: whole })
    }

    /// Reads a header only; its CRC is not checked.
    pub fn header(bytes: &[u8]) -> Result<Header, FrameError> {
        let known = bytes.len().min(4);
        if bytes[..known] != MAGIC[..known] {
            return Err(FrameError::Magic);
        }
        let raw = bytes.get(..HEADER).ok_or(FrameError::Short)?;
        if raw[4] != VERSION {
            return Err(FrameError::Version(raw[4]));
        }
        let length = u32::from_le_bytes(array(raw, 8));
        if (length as usize) < TAG || length as usize > MAX_BODY {
            return Err(FrameError::Length(length));
        }
        Ok(Header {
            kind: Kind::of(raw[5]),
            revision: u16::from_le_bytes(array(raw, 6)),
            length,
            salt: u32::from_le_bytes(array(raw, 12)),
            sequence: u64::from_le_bytes(array(raw, 16)),
            call: CallId::from_bytes(array(raw, 24)),
            delivery: u64::from_le_bytes(array(raw, 40)),
            back: Position::from_u64(u64::from_le_bytes(array(raw, 48))),
            previous: array(raw, 56),
            begins_commit: raw[88] & FIRST_OF_COMMIT != 0,
        })
    }

    /// The frame's hash, which the next frame holds.
    pub fn hash(&self) -> Hash {
        *blake3::hash(self.bytes).as_bytes()
    }

    /// Octets of the whole frame.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Never: a frame has a header.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The body in clear.
    pub fn open(&self, key: &CallKey) -> Result<Vec<u8>, SealBroken> {
        let (text, tag) = self.bytes[HEADER..].split_at(self.header.length as usize - TAG);
        let mut text = text.to_vec();
        let nonce = nonce(self.header.salt, self.header.sequence);
        key.open(&nonce, &self.bytes[..BOUND], &mut text, &array(tag, 0))?;
        Ok(text)
    }
}

/// What of a frame its writer decides; the chain decides the rest.
#[derive(Clone, Copy, Debug)]
pub struct Draft {
    /// What the frame is.
    pub kind: Kind,
    /// Which revision of the record.
    pub revision: u16,
    /// The call, or zeros.
    pub call: CallId,
    /// The delivery number, or 0.
    pub delivery: u64,
    /// The call's frame before.
    pub back: Position,
}

/// The end of the chain: all that the next frame needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The segment's salt.
    pub salt: u32,
    /// The next frame's number.
    pub sequence: u64,
    /// The last frame's hash.
    pub previous: Hash,
    /// Where the next frame goes.
    pub next: Position,
    /// Whether the next frame is the first of a commit.
    pub begins_commit: bool,
}

/// A payload longer than a frame takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an entry of {0} octets; a frame takes {MAX_BODY}")]
pub struct TooLong(pub usize);

impl Chain {
    /// Seals a frame onto the end of `out`, in place and without a copy; `write` appends the
    /// payload to the vector that it is given. Returns where the frame goes on disk.
    pub fn seal(
        &mut self,
        out: &mut Vec<u8>,
        key: &CallKey,
        draft: Draft,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Position, TooLong> {
        let start = out.len();
        out.extend_from_slice(&[0; HEADER]);
        write(out);
        let length = out.len() - start - HEADER + TAG;
        let at = self.next;
        let end = u64::from(at.offset) + (HEADER + length) as u64;
        let (Some(end), true) = (u32::try_from(end).ok(), length <= MAX_BODY) else {
            out.truncate(start);
            return Err(TooLong(length - TAG));
        };
        let frame = &mut out[start..];
        frame[..4].copy_from_slice(&MAGIC);
        frame[4] = VERSION;
        frame[5] = draft.kind.octet();
        frame[6..8].copy_from_slice(&draft.revision.to_le_bytes());
        frame[8..12].copy_from_slice(&(length as u32).to_le_bytes());
        frame[12..16].copy_from_slice(&self.salt.to_le_bytes());
        frame[16..24].copy_from_slice(&self.sequence.to_le_bytes());
        frame[24..40].copy_from_slice(&draft.call.to_bytes());
        frame[40..48].copy_from_slice(&draft.delivery.to_le_bytes());
        frame[48..56].copy_from_slice(&draft.back.to_u64().to_le_bytes());
        frame[56..88].copy_from_slice(&self.previous);
        frame[88] = if self.begins_commit { FIRST_OF_COMMIT } else { 0 };
        let (header, body) = frame.split_at_mut(HEADER);
        let Ok(tag) = key.seal(&nonce(self.salt, self.sequence), &header[..BOUND], body) else {
            out.truncate(start);
            return Err(TooLong(length - TAG));
        };
        out.extend_from_slice(&tag);
        let frame = &mut out[start..];
        let crc = crc32c::crc32c_append(crc32c::crc32c(&frame[..BOUND]), &frame[HEADER..]);
        frame[BOUND..HEADER].copy_from_slice(&crc.to_le_bytes());
        self.previous = *blake3::hash(frame).as_bytes();
        self.sequence += 1;
        self.next.offset = end;
        self.begins_commit = false;
        Ok(at)
    }
}

/// A stretch of a segment.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    /// A whole frame at an offset.
    Frame(usize, Frame<'a>),
    /// Octets `from..to` that are no frame, with the first reason why not.
    Damage {
        /// The first octet.
        from: usize,
        /// One past the last.
        to: usize,
        /// What was wrong at `from`.
        why: FrameError,
    },
}

/// Walks a segment's bytes from an offset: every whole frame, and what lies between. After damage it
/// looks for the next whole frame, so one bad octet costs one frame. Takes any bytes.
pub fn pieces(bytes: &[u8], from: usize) -> impl Iterator<Item = Piece<'_>> {
    let mut at = from.min(bytes.len());
    core::iter::from_fn(move || {
        if at >= bytes.len() {
            return None;
        }
        match Frame::parse(&bytes[at..]) {
            Ok(frame) => {
                let here = at;
                at += frame.len();
                Some(Piece::Frame(here, frame))
            }
            Err(why) => {
                let from = at;
                at = next_frame(bytes, at + 1);
                Some(Piece::Damage { from, to: at, why })
            }
        }
    })
}

/// Where the next whole frame begins, or the end.
fn next_frame(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = bytes[at..].windows(4).position(|window| window == MAGIC) {
        at += found;
        if Frame::parse(&bytes[at..]).is_ok() {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

fn nonce(salt: u32, sequence: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[..4].copy_from_slice(&salt.to_le_bytes());
    nonce[4..].copy_from_slice(&sequence.to_le_bytes());
    nonce
}

/// `N` octets at `at`; zeros where there are fewer, which no caller here asks for.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    if let Some(found) = bytes.get(at..at + N) {
        array.copy_from_slice(found);
    }
    array
}

//! How far the journal has got, beside it, so that it shows when its newest end is cut off.
//!
//! ```text
//! offset  size  field (little-endian)
//!      0     4  magic "TPJM"
//!      4     1  format version (1)
//!      5     8  sequence: how many frames the chain has
//!     13    32  BLAKE3 of the last of them
//!     45    64  Ed25519 signature by the device over octets 0..45
//! ```
//!
//! Written at a stop, at the beginning of a segment, and once a minute; never before the frames are
//! on disk, so a crash leaves a journal that is at least as long. Whoever cuts frames off can take the
//! mark away or put an older one in its place: then only headquarters' numbers tell.

use crate::disk::Disk;
use crate::frame::Hash;
use std::io;
use std::path::Path;
use vault::DeviceKey;
use vault::identity::verify_signature;

const NAME: &str = "mark";
const MAGIC: [u8; 4] = *b"TPJM";
const VERSION: u8 = 1;
const SIGNED: usize = 45;
const LENGTH: usize = SIGNED + 64;

/// How long a chain was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// How many frames it had.
    pub sequence: u64,
    /// The hash of the last of them.
    pub last: Hash,
}

/// What lies where the mark should.
pub(crate) enum Found {
    Nothing,
    Mark(Mark),
    /// Bytes that this device has not signed.
    Foreign,
}

impl Mark {
    /// The file's bytes.
    pub fn to_file(&self, key: &DeviceKey) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.sequence.to_le_bytes());
        bytes.extend_from_slice(&self.last);
        let signature = key.sign(&bytes);
        bytes.extend_from_slice(&signature);
        bytes
    }

    /// Reads a file that the device with this public key has signed. Takes any bytes.
    pub fn from_file(bytes: &[u8], public: &[u8; 32]) -> Option<Mark> {
        let bytes: &[u8; LENGTH] = bytes.try_into().ok()?;
        let (signed, signature) = bytes.split_at(SIGNED);
        let signature = signature.try_into().ok()?;
        if signed[..4] != MAGIC
            || signed[4] != VERSION
            || !verify_signature(public, signed, signature)
        {
            return None;
        }
        let sequence = u64::from_le_bytes(signed[5..13].try_into().ok()?);
        Some(Mark { sequence, last: signed[13..].try_into().ok()? })
    }

    pub(crate) fn write(&self, disk: &dyn Disk, dir: &Path, key: &DeviceKey) -> io::Result<()> {
        disk.replace(dir, NAME, &self.to_file(key))
    }
}

/// The mark beside a journal.
pub(crate) fn read(disk: &dyn Disk, dir: &Path, public: &[u8; 32]) -> io::Result<Found> {
    match disk.read(&dir.join(NAME)) {
        Ok(bytes) => Ok(Mark::from_file(&bytes, public).map_or(Found::Foreign, Found::Mark)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
        Err(error) => Err(error),
    }
}

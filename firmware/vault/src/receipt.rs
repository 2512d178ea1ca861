//! The receipt: headquarters' signed word that an envelope is safe there, version 1.
//!
//! ```text
//! offset  size  field (integers little-endian)
//!      0     4  magic "TPRT"
//!      4     2  format version (1)
//!      6     2  remarks: bit 0, the device's clock differs from the collector's; others 0
//!      8    16  device
//!     24     8  sequence
//!     32    32  envelope hash, BLAKE3
//!     64     8  when it was stored, milliseconds since 1970, signed; the collector's clock
//!     72    16  collector: first 16 bytes of BLAKE3(receipt public key)
//!     88    64  Ed25519 signature by the collector over bytes 0..88
//! ```
//!
//! A receipt is made before the envelope is committed and stored with it, so that the same envelope
//! sent again gets the same receipt, byte for byte. It leaves the collector only after the commit.

use crate::envelope::EnvelopeHash;
use crate::identity::{DeviceKey, KeyFileError, device_of, verify_signature};
use call::DeviceId;
use zeroize::Zeroizing;

/// A receipt's length in bytes.
pub const LENGTH: usize = 152;
/// The first four bytes of a receipt.
pub const MAGIC: [u8; 4] = *b"TPRT";
/// The format version that this firmware writes.
pub const VERSION: u16 = 1;

const SIGNED: usize = 88;
const CLOCK_DIFFERS: u16 = 1;

/// Who signed a receipt: the first 16 bytes of BLAKE3 of the receipt public key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CollectorId(pub [u8; 16]);

impl core::fmt::Display for CollectorId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl core::fmt::Debug for CollectorId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

impl CollectorId {
    /// The identity that belongs to a receipt public key.
    pub fn of(public: &[u8; 32]) -> CollectorId {
        CollectorId(device_of(public).0)
    }
}

/// What a collector says of one envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Whose envelope.
    pub device: DeviceId,
    /// Which.
    pub sequence: u64,
    /// And what exactly.
    pub hash: EnvelopeHash,
    /// Since when it is safe, milliseconds since the Unix epoch by the collector's clock.
    pub stored_at: i64,
    /// Whether the device's clock and the collector's differ by more than the collector allows.
    pub clock_differs: bool,
    /// Who says so.
    pub collector: CollectorId,
}

/// Why bytes are no receipt to rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Another length.
    #[error("a receipt has {LENGTH} bytes; these are {0}")]
    Length(usize),
    /// Another magic.
    #[error("these bytes do not start with a receipt's magic")]
    Magic,
    /// A format that this version does not know.
    #[error("receipt format version {0}; this firmware reads version {VERSION}: update it")]
    Version(u16),
    /// Remarks that this version does not know.
    #[error("the receipt carries remarks that this firmware does not know: update it")]
    Remarks,
    /// Signed by somebody else, or changed.
    #[error(
        "the receipt's signature is not the enrolled collector's: enrol this device anew if headquarters changed its key"
    )]
    Signature,
}

/// The key that a collector signs receipts with.
#[derive(Debug)]
pub struct ReceiptKey(DeviceKey);

impl ReceiptKey {
    /// A fresh key.
    pub fn generate() -> Result<ReceiptKey, crate::key::Entropy> {
        DeviceKey::generate().map(ReceiptKey)
    }

    /// The key that a seed gives: always the same one.
    pub fn from_seed(seed: &[u8; 32]) -> ReceiptKey {
        ReceiptKey(DeviceKey::from_seed(seed))
    }

    /// The key file's bytes, in the form of every signing key ([`crate::identity`]).
    pub fn to_file(&self) -> Zeroizing<Vec<u8>> {
        self.0.to_file()
    }

    /// Reads a key file.
    pub fn from_file(bytes: &[u8]) -> Result<ReceiptKey, KeyFileError> {
        DeviceKey::from_file(bytes).map(ReceiptKey)
    }

    /// The public half, which devices check receipts with.
    pub fn public(&self) -> [u8; 32] {
        self.0.public()
    }

    /// The collector's identity.
    pub fn collector(&self) -> CollectorId {
        CollectorId::of(&self.public())
    }

    /// The signed receipt of an envelope; `collector` of `receipt` is replaced by this key's own.
    pub fn sign(&self, receipt: &Receipt) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        let remarks = if receipt.clock_differs { CLOCK_DIFFERS } else { 0 };
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
        bytes[6..8].copy_from_slice(&remarks.to_le_bytes());
        bytes[8..24].copy_from_slice(&receipt.device.0);
        bytes[24..32].copy_from_slice(&receipt.sequence.to_le_bytes());
        bytes[32..64].copy_from_slice(&receipt.hash.0);
        bytes[64..72].copy_from_slice(&receipt.stored_at.to_le_bytes());
        bytes[72..88].copy_from_slice(&self.collector().0);
        let signature = self.0.sign(&bytes[..SIGNED]);
        bytes[SIGNED..].copy_from_slice(&signature);
        bytes
    }
}

impl Receipt {
    /// Reads a receipt and checks that the collector whose public key this is signed it.
    pub fn verify(bytes: &[u8], public: &[u8; 32]) -> Result<Receipt, ReceiptError> {
        let bytes: &[u8; LENGTH] =
            bytes.try_into().map_err(|_| ReceiptError::Length(bytes.len()))?;
        if bytes[..4] != MAGIC {
            return Err(ReceiptError::Magic);
        }
        let version = u16::from_le_bytes(at(bytes, 4));
        if version != VERSION {
            return Err(ReceiptError::Version(version));
        }
        let collector = CollectorId(at(bytes, 72));
        if collector != CollectorId::of(public)
            || !verify_signature(public, &bytes[..SIGNED], &at(bytes, SIGNED))
        {
            return Err(ReceiptError::Signature);
        }
        let remarks = u16::from_le_bytes(at(bytes, 6));
        if remarks & !CLOCK_DIFFERS != 0 {
            return Err(ReceiptError::Remarks);
        }
        Ok(Receipt {
            device: DeviceId(at(bytes, 8)),
            sequence: u64::from_le_bytes(at(bytes, 24)),
            hash: EnvelopeHash(at(bytes, 32)),
            stored_at: i64::from_le_bytes(at(bytes, 64)),
            clock_differs: remarks & CLOCK_DIFFERS != 0,
            collector,
        })
    }
}

/// Takes any bytes through the parser: for fuzzing.
pub fn fuzz(bytes: &[u8]) {
    // Whether it is one does not matter here.
    let _ = Receipt::verify(bytes, &ReceiptKey::from_seed(&[3; 32]).public());
}

/// The `N` bytes of a fixed field; the layout above keeps it inside.
fn at<const N: usize>(bytes: &[u8; LENGTH], offset: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[offset..offset + N]);
    field
}

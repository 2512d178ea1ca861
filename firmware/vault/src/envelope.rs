//! The envelope: one record on its way to headquarters, version 1.
//!
//! ```text
//! offset  size  field (integers little-endian)
//!      0     4  magic "TPEV"
//!      4     2  format version (1)
//!      6     2  kind of the body: 1 record
//!      8    16  device
//!     24     8  sequence: the device counts its envelopes from 1, so a gap is a missing envelope
//!     32     8  time the body was written, milliseconds since 1970, signed; the device's own clock
//!     40     8  which of headquarters' keys it is sealed to: first bytes of BLAKE3(public key)
//!     48     4  body length n, before sealing
//!     52    32  customer: keyed BLAKE3 of the E.164 number, zeros if there is none
//!     84    32  HPKE encapsulated key
//!    116   n+16  HPKE ciphertext
//!  132+n    64  Ed25519 signature by the device over bytes 0..132+n
//! ```
//!
//! HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305; info
//! `tipring envelope 1`; associated data bytes 0..84. The signature is Ed25519 (RFC 8032), checked
//! strictly.
//!
//! Promises:
//! * Sealing the same body under the same header gives the same bytes, before and after a restart:
//!   the ephemeral key comes from a secret of the device, the header and the body (the construction
//!   of RFC 8937, with nothing random left in it). So what was sent and not acknowledged is sent
//!   again as it was, and headquarters can tell "once more" from "something else".
//! * Whoever holds an [`Unverified`] envelope can read its header and nothing else; only
//!   [`Unverified::verify`] gives an [`Envelope`], and only headquarters' [`OpeningKey`] its body.
//! * The parser takes any bytes, allocates nothing and refuses whatever has another length than its
//!   header says.

use crate::DeviceKey;
use crate::identity::{device_of, verify_signature};
use crate::lookup::CustomerTag;
use header::is_sequence;
use hpke::aead::{AeadCtxS, ChaCha20Poly1305};
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{OpModeS, Serializable};
use keys::Encapsulated;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use zeroize::Zeroizing;

mod header;
mod keys;

pub use header::{Header, Kind, RecipientId};
pub use keys::{OpeningKey, SealingKey};

/// The first four bytes of an envelope.
pub const MAGIC: [u8; 4] = *b"TPEV";
/// The format version that this firmware writes.
pub const VERSION: u16 = 1;
/// The longest body that is sealed: some forty hours of transcript.
pub const MAX_BODY: usize = 4 << 20;
/// The longest envelope.
pub const MAX_ENVELOPE: usize = MAX_BODY + OVERHEAD;

const HEADER: usize = 84;
const ENCAPSULATED: usize = 32;
const TAG: usize = 16;
const SIGNATURE: usize = 64;
const OVERHEAD: usize = HEADER + ENCAPSULATED + TAG + SIGNATURE;
const INFO: &[u8] = b"tipring envelope 1";
/// What a device signs, and shows nobody, to get the secret that its ephemeral keys come from.
const SEED_MESSAGE: &[u8] = b"tipring 2026-11-23 envelope seed, never published";
const SEED_CONTEXT: &str = "tipring 2026-11-23 envelope ephemeral key";

/// The hash by which an envelope is known: BLAKE3 of all its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvelopeHash(pub [u8; 32]);

impl EnvelopeHash {
    /// The hash of an envelope's bytes.
    pub fn of(envelope: &[u8]) -> EnvelopeHash {
        EnvelopeHash(*blake3::hash(envelope).as_bytes())
    }
}

impl core::fmt::Display for EnvelopeHash {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl core::fmt::Debug for EnvelopeHash {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

/// Why bytes are no envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Shorter than an empty envelope.
    #[error("an envelope has at least {OVERHEAD} bytes; these are {0}")]
    Short(usize),
    /// Another magic.
    #[error("these bytes do not start with an envelope's magic")]
    Magic,
    /// A format that this version does not know.
    #[error("envelope format version {0}; version {VERSION} is read here: update this side")]
    Version(u16),
    /// A body beyond the limit.
    #[error("an envelope's body has at most {MAX_BODY} bytes; this one claims {0}")]
    TooLarge(u32),
    /// Another length than the header says.
    #[error("the header makes this envelope {expected} bytes long; these are {got}")]
    Length {
        /// By the header.
        expected: usize,
        /// As came.
        got: usize,
    },
    /// Sequences count from 1, and fit the signed integers of databases.
    #[error("an envelope's sequence counts from 1 and stays below 2^63")]
    Sequence,
}

/// Why an envelope cannot be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The public key is another device's.
    #[error("the envelope names another device than the one whose key was given")]
    Device,
    /// The signature does not fit.
    #[error("the envelope's signature is not its device's: it was changed on its way, or forged")]
    Signature,
}

/// Why an envelope does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Sealed to another key.
    #[error("the envelope is sealed to another key of headquarters: give the key it names")]
    Recipient,
    /// The ciphertext does not fit header and key.
    #[error("the envelope does not open: it was sealed wrongly, or damaged before it was signed")]
    Damaged,
}

/// Why a body is not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A body beyond the limit.
    #[error("an envelope's body has at most {MAX_BODY} bytes; this one has {0}")]
    TooLarge(usize),
    /// Sequences count from 1, and fit the signed integers of databases.
    #[error("an envelope's sequence counts from 1 and stays below 2^63")]
    Sequence,
    /// Headquarters' key is no good point of the curve.
    #[error("headquarters' public key is unusable: enrol this device anew")]
    Key,
}

/// What a device is asked to seal.
#[derive(Clone, Copy)]
pub struct Letter<'a> {
    /// What `body` is.
    pub kind: Kind,
    /// The device's count of envelopes, from 1.
    pub sequence: u64,
    /// When the body was written, milliseconds since the Unix epoch. It must be the same when the
    /// letter is sealed again, so it is the body's time, not the sealing's.
    pub unix_ms: i64,
    /// The customer.
    pub customer: Option<CustomerTag>,
    /// The bytes to seal.
    pub body: &'a [u8],
}

/// A device's hand: seals letters to one of headquarters' keys, and signs them.
pub struct Sealer<'k> {
    device: &'k DeviceKey,
    to: SealingKey,
    secret: Zeroizing<[u8; 32]>,
}

impl<'k> Sealer<'k> {
    /// Seals as `device`, to `to`.
    pub fn new(device: &'k DeviceKey, to: SealingKey) -> Sealer<'k> {
        let unseen = Zeroizing::new(device.sign(SEED_MESSAGE));
        let secret = Zeroizing::new(blake3::derive_key(SEED_CONTEXT, unseen.as_ref()));
        Sealer { device, to, secret }
    }

    /// The envelope's bytes: the same for the same letter, whenever it is sealed.
    pub fn seal(&self, letter: &Letter<'_>) -> Result<Vec<u8>, SealError> {
        if !is_sequence(letter.sequence) {
            return Err(SealError::Sequence);
        }
        let too_large = SealError::TooLarge(letter.body.len());
        if letter.body.len() > MAX_BODY {
            return Err(too_large);
        }
        let header = Header {
            kind: letter.kind,
            device: self.device.device(),
            sequence: letter.sequence,
            unix_ms: letter.unix_ms,
            recipient: self.to.id(),
            body_length: u32::try_from(letter.body.len()).map_err(|_| too_large)?,
            customer: letter.customer,
        };
        let mut bytes = Vec::with_capacity(OVERHEAD + letter.body.len());
        bytes.extend_from_slice(&header.emit());

        let mut ephemeral = blake3::Hasher::new_keyed(&self.secret);
        ephemeral.update(&self.to.bytes).update(&bytes).update(letter.body);
        let seed = Zeroizing::new(*ephemeral.finalize().as_bytes());
        let mut rng = ChaCha20Rng::from_seed(*seed);
        let (encapsulated, mut context): (
            Encapsulated,
            AeadCtxS<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>,
        ) = hpke::setup_sender_with_rng(&OpModeS::Base, &self.to.key, INFO, &mut rng)
            .map_err(|_| SealError::Key)?;
        let ciphertext = context.seal(letter.body, &bytes).map_err(|_| SealError::Key)?;
        bytes.extend_from_slice(&encapsulated.to_bytes());
        bytes.extend_from_slice(&ciphertext);
        let signature = self.device.sign(&bytes);
        bytes.extend_from_slice(&signature);
        Ok(bytes)
    }
}

impl core::fmt::Debug for Sealer<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Sealer({:?} to {:?})", self.device, self.to)
    }
}

/// An envelope of the right shape that nobody has vouched for yet.
#[derive(Clone, Copy, Debug)]
pub struct Unverified<'a> {
    bytes: &'a [u8],
    header: Header,
}

impl<'a> Unverified<'a> {
    /// Takes one whole envelope, nothing before and nothing behind it.
    pub fn parse(bytes: &'a [u8]) -> Result<Unverified<'a>, ParseError> {
        let short = ParseError::Short(bytes.len());
        if bytes.len() < OVERHEAD {
            return Err(short);
        }
        let header = Header::parse(bytes.first_chunk::<HEADER>().ok_or(short)?)?;
        let body = header.body_length as usize;
        if body > MAX_BODY {
            return Err(ParseError::TooLarge(header.body_length));
        }
        if bytes.len() != OVERHEAD + body {
            return Err(ParseError::Length { expected: OVERHEAD + body, got: bytes.len() });
        }
        Ok(Unverified { bytes, header })
    }

    /// What the outside says; not yet to be believed.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The hash of all of it.
    pub fn hash(&self) -> EnvelopeHash {
        EnvelopeHash::of(self.bytes)
    }

    /// Checks that the device whose public key this is sealed and signed it.
    pub fn verify(self, public: &[u8; 32]) -> Result<Envelope<'a>, VerifyError> {
        if device_of(public) != self.header.device {
            return Err(VerifyError::Device);
        }
        let (message, signature) = self.bytes.split_at(self.bytes.len() - SIGNATURE);
        let signature = signature.first_chunk().ok_or(VerifyError::Signature)?;
        if verify_signature(public, message, signature) {
            Ok(Envelope(self))
        } else {
            Err(VerifyError::Signature)
        }
    }

    fn associated(&self) -> &'a [u8] {
        &self.bytes[..HEADER]
    }

    fn encapsulated(&self) -> &'a [u8] {
        &self.bytes[HEADER..HEADER + ENCAPSULATED]
    }

    fn ciphertext(&self) -> &'a [u8] {
        &self.bytes[HEADER + ENCAPSULATED..self.bytes.len() - SIGNATURE]
    }
}

/// An envelope whose signature was checked.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a>(Unverified<'a>);

impl<'a> Envelope<'a> {
    /// What the outside says, by the device's word.
    pub fn header(&self) -> &Header {
        &self.0.header
    }

    /// The hash of all of it.
    pub fn hash(&self) -> EnvelopeHash {
        self.0.hash()
    }

    /// All of it.
    pub fn bytes(&self) -> &'a [u8] {
        self.0.bytes
    }
}

/// Takes any bytes through the parser and the checks behind it: for fuzzing.
pub fn fuzz(bytes: &[u8]) {
    let device = DeviceKey::from_seed(&[1; 32]);
    if let Ok(envelope) = Unverified::parse(bytes)
        && let Ok(envelope) = envelope.verify(&device.public())
    {
        drop(OpeningKey::from_seed(&[2; 32]).open(&envelope));
    }
}

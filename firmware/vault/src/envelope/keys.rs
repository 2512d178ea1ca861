//! Headquarters' key pair: what envelopes are sealed to, and what opens them.

use super::{Envelope, INFO, OpenError, RecipientId};
use crate::identity::{KeyFileError, OPENING, from_file, to_file};
use hpke::aead::{AeadCtxR, ChaCha20Poly1305};
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, Serializable, setup_receiver};
use zeroize::Zeroizing;

pub(super) type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
pub(super) type Encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Headquarters' public key, which records are sealed to.
#[derive(Clone)]
pub struct SealingKey {
    pub(super) key: PublicKey,
    pub(super) bytes: [u8; 32],
}

impl SealingKey {
    /// From the key's 32 bytes; `None` if they are no public key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<SealingKey> {
        let key = PublicKey::from_bytes(bytes).ok()?;
        Some(SealingKey { key, bytes: *bytes })
    }

    /// The key's 32 bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.bytes
    }

    /// The name that headers call it by.
    pub fn id(&self) -> RecipientId {
        let mut id = [0; 8];
        id.copy_from_slice(&blake3::hash(&self.bytes).as_bytes()[..8]);
        RecipientId(id)
    }
}

impl core::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SealingKey({:02x?})", self.id().0)
    }
}

/// Headquarters' private key. The part of the collector that receives does not need it.
pub struct OpeningKey {
    seed: Zeroizing<[u8; 32]>,
    key: PrivateKey,
    public: SealingKey,
}

impl OpeningKey {
    /// A fresh key.
    pub fn generate() -> Result<OpeningKey, crate::key::Entropy> {
        let mut seed = Zeroizing::new([0; 32]);
        crate::key::fill_random(seed.as_mut())?;
        Ok(OpeningKey::from_seed(&seed))
    }

    /// The key that a seed gives (`DeriveKeyPair` of RFC 9180 §7.1.3): always the same one.
    pub fn from_seed(seed: &[u8; 32]) -> OpeningKey {
        let (key, public) = X25519HkdfSha256::derive_keypair(seed);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&public.to_bytes());
        OpeningKey { seed: Zeroizing::new(*seed), key, public: SealingKey { key: public, bytes } }
    }

    /// The key file's bytes, in the form of every key file ([`crate::identity`]).
    pub fn to_file(&self) -> Zeroizing<Vec<u8>> {
        to_file(OPENING, &self.seed)
    }

    /// Reads a key file.
    pub fn from_file(bytes: &[u8]) -> Result<OpeningKey, KeyFileError> {
        Ok(OpeningKey::from_seed(&*from_file(OPENING, bytes)?))
    }

    /// The public half.
    pub fn public(&self) -> &SealingKey {
        &self.public
    }

    /// The body of an envelope whose signature was checked.
    pub fn open(&self, envelope: &Envelope<'_>) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let raw = envelope.0;
        if raw.header().recipient != self.public.id() {
            return Err(OpenError::Recipient);
        }
        let encapsulated = Encapsulated::from_bytes(raw.encapsulated());
        let mut context: AeadCtxR<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256> = encapsulated
            .and_then(|encapsulated| setup_receiver(&OpModeR::Base, &self.key, &encapsulated, INFO))
            .map_err(|_| OpenError::Damaged)?;
        let body = context.open(raw.ciphertext(), raw.associated());
        body.map(Zeroizing::new).map_err(|_| OpenError::Damaged)
    }
}

impl core::fmt::Debug for OpeningKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "OpeningKey({:02x?})", self.public.id().0)
    }
}

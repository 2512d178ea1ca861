//! Who this device is (an Ed25519 key) and the master key of all that it stores.
//!
//! Each secret is a file of its own, 55 bytes:
//!
//! ```text
//! offset  size  field
//!      0     4  magic "TPKY"
//!      4     2  format version (1), little-endian
//!      6     1  kind: 1 signing key, 2 storage master key, 3 headquarters' opening
//!               key (a seed of RFC 9180's DeriveKeyPair)
//!      7    32  the secret
//!     39    16  first 16 bytes of BLAKE3 over bytes 0..39, against a damaged file
//! ```

use crate::key::{CallKey, Entropy, fill_random};
use call::DeviceId;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

const MAGIC: [u8; 4] = *b"TPKY";
const VERSION: u16 = 1;
const LENGTH: usize = 55;
const DEVICE: u8 = 1;
const MASTER: u8 = 2;
pub(crate) const OPENING: u8 = 3;
/// BLAKE3 key-derivation context of the key that seals the journal's own frames.
const JOURNAL_CONTEXT: &str = "tipring 2026-11-23 journal's own frames";

/// Why bytes are no key file. None of them says anything of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// Another length.
    #[error("a key file has {LENGTH} bytes; this one has {0}")]
    Length(usize),
    /// Another magic.
    #[error("these bytes do not start with a key file's magic")]
    Magic,
    /// A format that this firmware does not know.
    #[error("key file version {0}; this firmware reads version {VERSION}")]
    Version(u16),
    /// The other of the two files.
    #[error("this key file holds another kind of key: are the two files swapped?")]
    Kind,
    /// The check does not match.
    #[error("the key file is damaged: restore it from its backup")]
    Damaged,
}

/// The device's signing key, Ed25519.
pub struct DeviceKey(SigningKey);

impl DeviceKey {
    /// A fresh key.
    pub fn generate() -> Result<DeviceKey, Entropy> {
        let mut seed = Zeroizing::new([0; 32]);
        fill_random(seed.as_mut())?;
        Ok(DeviceKey(SigningKey::from_bytes(&seed)))
    }

    /// The key that a seed gives: always the same one. For tests and for a seed out of a safe.
    pub fn from_seed(seed: &[u8; 32]) -> DeviceKey {
        DeviceKey(SigningKey::from_bytes(seed))
    }

    /// The device's identity: the first 16 bytes of the BLAKE3 hash of the public key.
    pub fn device(&self) -> DeviceId {
        device_of(&self.public())
    }

    /// The public key.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// Signs a message. The caller puts a context in front, so that a signature made for one
    /// purpose is worth nothing for another.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// The key file's bytes.
    pub fn to_file(&self) -> Zeroizing<Vec<u8>> {
        to_file(DEVICE, self.0.as_bytes())
    }

    /// Reads a key file.
    pub fn from_file(bytes: &[u8]) -> Result<DeviceKey, KeyFileError> {
        Ok(DeviceKey(SigningKey::from_bytes(&*from_file(DEVICE, bytes)?)))
    }
}

impl core::fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "DeviceKey({})", self.device())
    }
}

/// The identity that belongs to a public key.
pub fn device_of(public: &[u8; 32]) -> DeviceId {
    let mut id = [0; 16];
    id.copy_from_slice(&blake3::hash(public).as_bytes()[..16]);
    DeviceId(id)
}

/// Whether `signature` over `message` was made by the key whose public half is `public`
/// (RFC 8032, with the strict checks of `verify_strict`).
pub fn verify_signature(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(public)
        .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

/// The key that wraps every day's ring and that the journal's own frames hang from.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// A fresh key.
    pub fn generate() -> Result<MasterKey, Entropy> {
        let mut key = Zeroizing::new([0; 32]);
        fill_random(key.as_mut())?;
        Ok(MasterKey(key))
    }

    /// The key that these bytes are. For tests and for a key out of a safe.
    pub fn from_bytes(bytes: &[u8; 32]) -> MasterKey {
        MasterKey(Zeroizing::new(*bytes))
    }

    /// The key of the frames that belong to no call: segment heads, receipts, audit entries. They
    /// outlive every call's erasure.
    pub fn journal_key(&self) -> CallKey {
        CallKey::from_bytes(&Zeroizing::new(blake3::derive_key(JOURNAL_CONTEXT, self.0.as_ref())))
    }

    /// The key file's bytes.
    pub fn to_file(&self) -> Zeroizing<Vec<u8>> {
        to_file(MASTER, &self.0)
    }

    /// Reads a key file.
    pub fn from_file(bytes: &[u8]) -> Result<MasterKey, KeyFileError> {
        Ok(MasterKey(from_file(MASTER, bytes)?))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl core::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// All that a device keeps secret.
#[derive(Debug)]
pub struct Vault {
    /// Who it is.
    pub device: DeviceKey,
    /// What its storage hangs from.
    pub master: MasterKey,
}

impl Vault {
    /// A new device's.
    pub fn generate() -> Result<Vault, Entropy> {
        Ok(Vault { device: DeviceKey::generate()?, master: MasterKey::generate()? })
    }

    /// The device's identity.
    pub fn device_id(&self) -> DeviceId {
        self.device.device()
    }
}

pub(crate) fn to_file(kind: u8, secret: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    // Reserved whole, so that growing never leaves a copy of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH));
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.push(kind);
    bytes.extend_from_slice(secret);
    let check = blake3::hash(&bytes);
    bytes.extend_from_slice(&check.as_bytes()[..16]);
    bytes
}

pub(crate) fn from_file(kind: u8, bytes: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let whole: &[u8; LENGTH] = bytes.try_into().map_err(|_| KeyFileError::Length(bytes.len()))?;
    if whole[..4] != MAGIC {
        return Err(KeyFileError::Magic);
    }
    let version = u16::from_le_bytes([whole[4], whole[5]]);
    if version != VERSION {
        return Err(KeyFileError::Version(version));
    }
    if blake3::hash(&whole[..39]).as_bytes()[..16] != whole[39..] {
        return Err(KeyFileError::Damaged);
    }
    if whole[6] != kind {
        return Err(KeyFileError::Kind);
    }
    let mut secret = Zeroizing::new([0; 32]);
    secret.copy_from_slice(&whole[7..39]);
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_comes_back_as_it_went_out() {
        let device = DeviceKey::from_seed(&[7; 32]);
        let again = DeviceKey::from_file(&device.to_file()).unwrap();
        assert_eq!(device.public(), again.public());
        let master = MasterKey::from_bytes(&[9; 32]);
        assert_eq!(MasterKey::from_file(&master.to_file()).unwrap().bytes(), master.bytes());
    }

    #[test]
    fn swapped_short_and_damaged_key_files_are_told_apart() {
        let mut bytes = DeviceKey::from_seed(&[7; 32]).to_file();
        assert_eq!(MasterKey::from_file(&bytes).unwrap_err(), KeyFileError::Kind);
        assert_eq!(DeviceKey::from_file(&bytes[..54]).unwrap_err(), KeyFileError::Length(54));
        bytes[20] ^= 1;
        assert_eq!(DeviceKey::from_file(&bytes).unwrap_err(), KeyFileError::Damaged);
        bytes[0] = b'X';
        assert_eq!(DeviceKey::from_file(&bytes).unwrap_err(), KeyFileError::Magic);
    }

    #[test]
    fn a_signature_is_worth_nothing_for_another_message_or_key() {
        let (one, two) = (DeviceKey::from_seed(&[1; 32]), DeviceKey::from_seed(&[2; 32]));
        let signature = one.sign(b"head");
        assert!(verify_signature(&one.public(), b"head", &signature));
        assert!(!verify_signature(&one.public(), b"tail", &signature));
        assert!(!verify_signature(&two.public(), b"head", &signature));
    }

    #[test]
    fn secrets_do_not_print_themselves() {
        let vault = Vault {
            device: DeviceKey::from_seed(&[0x41; 32]),
            master: MasterKey::from_bytes(&[0x42; 32]),
        };
        let printed = format!("{vault:?}");
        assert!(!printed.contains("65, 65") && !printed.contains("66, 66"), "{printed}");
    }
}

//! One key a call: ChaCha20-Poly1305 (RFC 8439), in place, the tag apart.
//!
//! The caller owes every sealing under one key a nonce of its own. The journal's nonce is its
//! segment's random salt and the frame's sequence number.

use chacha20poly1305::aead::{AeadInOut, inout::InOutBuf};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, XChaCha20Poly1305};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Octets that sealing adds: the Poly1305 tag.
pub const TAG: usize = 16;

/// The operating system gave no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no randomness; a key cannot be made")]
pub struct Entropy;

/// What was sealed does not open: another key, another place, or changed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the seal does not open: wrong key, or changed bytes")]
pub struct SealBroken;

/// A call's key, ready for use. The secret inside is wiped when dropped.
pub struct CallKey {
    secret: Zeroizing<[u8; 32]>,
    cipher: ChaCha20Poly1305,
}

impl CallKey {
    /// A fresh random key.
    pub fn generate() -> Result<CallKey, Entropy> {
        let mut secret = Zeroizing::new([0; 32]);
        fill_random(secret.as_mut())?;
        Ok(CallKey::from_bytes(&secret))
    }

    /// The key that these bytes are.
    pub fn from_bytes(bytes: &[u8; 32]) -> CallKey {
        CallKey { cipher: ChaCha20Poly1305::new(&(*bytes).into()), secret: Zeroizing::new(*bytes) }
    }

    /// Encrypts `text` where it lies and returns the tag. `nonce` must be new under this key.
    pub fn seal(
        &self,
        nonce: &[u8; 12],
        associated: &[u8],
        text: &mut [u8],
    ) -> Result<[u8; TAG], SealBroken> {
        // Fails beyond 256 GiB only.
        let tag = self
            .cipher
            .encrypt_inout_detached(&(*nonce).into(), associated, InOutBuf::from(text))
            .map_err(|_| SealBroken)?;
        Ok(tag.into())
    }

    /// Decrypts `text` where it lies, if the tag is right; leaves it untouched if not.
    pub fn open(
        &self,
        nonce: &[u8; 12],
        associated: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), SealBroken> {
        self.cipher
            .decrypt_inout_detached(
                &(*nonce).into(),
                associated,
                InOutBuf::from(text),
                &(*tag).into(),
            )
            .map_err(|_| SealBroken)
    }

    /// A second handle on the same key.
    #[must_use]
    pub fn share(&self) -> CallKey {
        CallKey::from_bytes(&self.secret)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.secret
    }
}

impl core::fmt::Debug for CallKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("CallKey(…)")
    }
}

/// A key under another key: XChaCha20-Poly1305, whose 24-octet nonce may be drawn at random.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wrapped {
    nonce: [u8; 24],
    key: [u8; 32],
    tag: [u8; TAG],
}

impl Wrapped {
    /// Wraps `key` under `by`, bound to `associated`.
    pub(crate) fn wrap(
        by: &[u8; 32],
        key: &[u8; 32],
        associated: &[u8],
    ) -> Result<Wrapped, Entropy> {
        let mut nonce = [0; 24];
        fill_random(&mut nonce)?;
        let mut sealed = *key;
        let tag = XChaCha20Poly1305::new(&(*by).into())
            .encrypt_inout_detached(&nonce.into(), associated, InOutBuf::from(&mut sealed[..]))
            .map_err(|_| Entropy)?;
        Ok(Wrapped { nonce, key: sealed, tag: tag.into() })
    }

    /// The key inside.
    pub(crate) fn unwrap_by(
        &self,
        by: &[u8; 32],
        associated: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, SealBroken> {
        let mut key = Zeroizing::new(self.key);
        XChaCha20Poly1305::new(&(*by).into())
            .decrypt_inout_detached(
                &self.nonce.into(),
                associated,
                InOutBuf::from(&mut key[..]),
                &self.tag.into(),
            )
            .map_err(|_| SealBroken)?;
        Ok(key)
    }
}

pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), Entropy> {
    getrandom::fill(bytes).map_err(|_| Entropy)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8439 §2.8.2, the AEAD test vector: our nonce, associated data and tag are the standard's.
    #[test]
    fn the_standards_own_vector_seals_to_its_tag() {
        let key: [u8; 32] = core::array::from_fn(|at| 0x80 + u8::try_from(at).unwrap());
        let nonce = [7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47];
        let associated = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let mut text = *b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        let tag = CallKey::from_bytes(&key).seal(&nonce, &associated, &mut text).unwrap();
        assert_eq!(text[..4], [0xd3, 0x1a, 0x8d, 0x34]);
        assert_eq!(
            tag,
            [
                0x1a, 0xe1, 0x0b, 0x59, 0x4f, 0x09, 0xe2, 0x6a, 0x7e, 0x90, 0x2e, 0xcb, 0xd0, 0x60,
                0x06, 0x91
            ]
        );
    }

    #[test]
    fn a_changed_octet_anywhere_breaks_the_seal_and_leaves_the_text_as_it_was() {
        let key = CallKey::from_bytes(&[3; 32]);
        let mut text = *b"unmasked words";
        let tag = key.seal(&[0; 12], b"header", &mut text).unwrap();
        let sealed = text;
        text[3] ^= 1;
        assert_eq!(key.open(&[0; 12], b"header", &mut text, &tag), Err(SealBroken));
        assert_eq!(text[..3], sealed[..3]);
        text[3] ^= 1;
        assert_eq!(key.open(&[0; 12], b"heaDer", &mut text, &tag), Err(SealBroken));
        assert_eq!(key.open(&[1; 12], b"header", &mut text, &tag), Err(SealBroken));
        key.open(&[0; 12], b"header", &mut text, &tag).unwrap();
        assert_eq!(&text, b"unmasked words");
    }

    #[test]
    fn a_wrapped_key_opens_only_where_it_was_wrapped_for() {
        let wrapped = Wrapped::wrap(&[1; 32], &[2; 32], b"one call").unwrap();
        assert_eq!(*wrapped.unwrap_by(&[1; 32], b"one call").unwrap(), [2; 32]);
        assert!(wrapped.unwrap_by(&[1; 32], b"another").is_err());
        assert!(wrapped.unwrap_by(&[9; 32], b"one call").is_err());
    }
}

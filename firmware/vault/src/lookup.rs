//! Finding one customer's envelopes without their number standing anywhere.
//!
//! A tag is BLAKE3, keyed with a look-up key that headquarters gives its branches, of the number in
//! E.164 (`+` and digits). Telephone numbers are few enough to be tried out one by one, so the tag
//! hides the number only from those who lack the key: the key is a secret.

use call::Number;
use zeroize::Zeroizing;

/// A customer as the outside of an envelope names them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerTag(pub [u8; 32]);

impl core::fmt::Debug for CustomerTag {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "CustomerTag({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

/// The key that makes tags of numbers.
#[derive(Clone)]
pub struct LookupKey(Zeroizing<[u8; 32]>);

impl LookupKey {
    /// A fresh key.
    pub fn generate() -> Result<LookupKey, crate::key::Entropy> {
        let mut key = Zeroizing::new([0; 32]);
        crate::key::fill_random(key.as_mut())?;
        Ok(LookupKey(key))
    }

    /// The key that these bytes are.
    pub fn from_bytes(bytes: &[u8; 32]) -> LookupKey {
        LookupKey(Zeroizing::new(*bytes))
    }

    /// The key's bytes, for the enrolment file.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The tag of a number that is E.164 already (`Number::e164`).
    pub fn tag(&self, e164: &Number) -> CustomerTag {
        CustomerTag(*blake3::keyed_hash(&self.0, e164.digits().as_bytes()).as_bytes())
    }
}

impl core::fmt::Debug for LookupKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("LookupKey(…)")
    }
}

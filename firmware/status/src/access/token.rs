//! Random tokens of 256 bits.

use core::fmt;

/// A secret of 256 random bits, written as 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub(crate) struct Token([u8; 32]);

impl Token {
    /// From the operating system's generator.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Token(bytes))
    }

    /// Reads the 64 digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text).ok().map(|hash| Token(*hash.as_bytes()))
    }

    /// The 64 digits: only for the cookie or the form that carries it.
    pub(crate) fn reveal(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// What tables keep in the token's place: it finds, and it does not sign in.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        *blake3::hash(&self.0).as_bytes()
    }

    /// A token that belongs to this one for one purpose, and does not tell it.
    pub(crate) fn derive(&self, purpose: &str) -> Token {
        Token(*blake3::keyed_hash(&self.0, purpose.as_bytes()).as_bytes())
    }

    /// Compares in constant time.
    pub(crate) fn matches(&self, text: &str) -> bool {
        // `Hash` compares in constant time.
        blake3::Hash::from_hex(text).is_ok_and(|hash| hash == blake3::Hash::from_bytes(self.0))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

//! The set-up code: twelve letters and digits in three groups, 60 bits.

use super::AccessError;
use zeroize::Zeroizing;

/// Letters and digits that are not taken for one another.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A code that nobody knows yet.
pub(super) fn random() -> Result<Zeroizing<String>, AccessError> {
    let mut bytes = Zeroizing::new([0; 12]);
    getrandom::fill(bytes.as_mut_slice()).map_err(AccessError::Random)?;
    let mut code = Zeroizing::new(String::with_capacity(14));
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    Ok(code)
}

/// Compares codes in constant time, whatever the case, the dashes and the spaces.
pub(super) fn same(known: &str, given: &str) -> bool {
    let plain = |code: &str| -> Zeroizing<String> {
        let letters = code.chars().filter(char::is_ascii_alphanumeric);
        Zeroizing::new(letters.map(|letter| letter.to_ascii_uppercase()).collect())
    };
    // Hashes compare in constant time.
    blake3::hash(plain(known).as_bytes()) == blake3::hash(plain(given).as_bytes())
}

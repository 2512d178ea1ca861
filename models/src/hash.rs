//! SHA-256, of files and as text.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// SHA-256 of a file, read piece by piece.
pub fn file(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(&piece[..read]),
        }
    }
}

/// SHA-256 of some bytes.
pub fn bytes(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// As 64 hexadecimal digits.
pub fn text(hash: &[u8; 32]) -> String {
    hash.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// From 64 hexadecimal digits.
pub fn parse(text: &str) -> Option<[u8; 32]> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let digit = |octet: u8| char::from(octet).to_digit(16);
    let mut hash = [0; 32];
    if pairs.len() != hash.len() {
        return None;
    }
    for (octet, [high, low]) in hash.iter_mut().zip(pairs) {
        *octet = u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_comes_back_from_its_text() {
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(text(&bytes(b"abc")), abc);
        assert_eq!(parse(abc), Some(bytes(b"abc")));
        assert_eq!(parse(&abc[1..]), None);
        assert_eq!(parse(&abc.replace('b', "g")), None);
    }
}

//! The vocabulary: OpenAI's `.tiktoken` text, one token a line, in base 64, and its rank.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Why a text is no vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {0} of the vocabulary is not a token in base 64 and its rank, counted from 0")]
pub struct TokensError(pub usize);

/// Tokens in the order of their ranks, which have to count from 0 without a gap.
pub fn read(text: &str) -> Result<Vec<Vec<u8>>, TokensError> {
    let lines = text.lines().filter(|line| !line.is_empty()).enumerate();
    lines
        .map(|(n, line)| {
            let (token, rank) = line.split_once(' ').ok_or(TokensError(n + 1))?;
            let in_order = rank.parse() == Ok(n);
            // Python, which wrote this, reads a lone `=` as nothing: the vocabulary's last entry.
            let token = if token == "=" { "" } else { token };
            STANDARD.decode(token).ok().filter(|_| in_order).ok_or(TokensError(n + 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_in_the_order_of_their_ranks() {
        let tokens = read("IQ== 0\n5Zy6 1\nYWI= 2\n= 3\n").unwrap();
        assert_eq!(tokens, [b"!".to_vec(), "场".as_bytes().to_vec(), b"ab".to_vec(), Vec::new()]);
    }

    #[test]
    fn a_damaged_line_is_named() {
        assert_eq!(read("IQ== 0\nIQ== 2\n"), Err(TokensError(2)));
        assert_eq!(read("IQ=A 0\n"), Err(TokensError(1)));
        assert_eq!(read("I=== 0\n"), Err(TokensError(1)));
        assert_eq!(read("IQ==\n"), Err(TokensError(1)));
        assert_eq!(read("IQ=\u{e9} 0\n"), Err(TokensError(1)));
    }
}

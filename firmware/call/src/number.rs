//! Telephone numbers that do not print themselves.

use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A dialled or received number: digits, `*`, `#`, and a leading `+` where it is E.164.
///
/// `Debug` and `Display` mask all but the first three and the last two digits, so that a number
/// cannot slip into a log; [`Number::digits`] says it in full, by name.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Number(String);

/// The longest number taken: E.164 allows 15 digits; access codes and extensions come on top.
const MAX_LENGTH: usize = 32;

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Nothing to dial.
    #[error("a number needs at least one digit")]
    Empty,
    /// Longer than any number that can be dialled.
    #[error("a number has at most {MAX_LENGTH} digits")]
    TooLong,
    /// A character that cannot be dialled.
    #[error(
        "a number is made of the digits 0-9, *, # and a leading +; spaces, dots, dashes and brackets are skipped"
    )]
    NotADigit,
}

impl Number {
    /// The number in full, for dialling and for the sealed record. Not for logs.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// All but the first three and the last two digits as `*`; of five and fewer only the last.
    pub fn masked(&self) -> String {
        let count = self.0.chars().count();
        let (head, tail) = if count > 7 { (3, 2) } else { (0, 1) };
        let mask = |(at, digit)| if at < head || at + tail >= count { digit } else { '*' };
        self.0.chars().enumerate().map(mask).collect()
    }

    /// The number as E.164 in a country: a trunk `0` and an international prefix are replaced by
    /// the country's code, and a number already international stays as it is (ITU-T E.164).
    ///
    /// This is what two ways of writing one customer's number have in common, so look-ups use it.
    #[must_use]
    pub fn e164(&self, country_code: &str, international_prefix: &str) -> Number {
        let digits = self.0.as_str();
        if digits.starts_with('+') {
            return self.clone();
        }
        if let Some(rest) = digits.strip_prefix(international_prefix)
            && !international_prefix.is_empty()
            && rest.len() > 6
        {
            return Number(format!("+{rest}"));
        }
        let national = digits.strip_prefix('0').unwrap_or(digits);
        Number(format!("+{country_code}{national}"))
    }
}

impl FromStr for Number {
    type Err = NumberError;
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let mut digits = String::with_capacity(text.len().min(MAX_LENGTH));
        for letter in text.trim().chars() {
            match letter {
                '0'..='9' | '*' | '#' => digits.push(letter),
                '+' if digits.is_empty() => digits.push(letter),
                ' ' | '-' | '.' | '(' | ')' => {}
                _ => return Err(NumberError::NotADigit),
            }
            if digits.len() > MAX_LENGTH {
                return Err(NumberError::TooLong);
            }
        }
        if digits.trim_start_matches('+').is_empty() {
            return Err(NumberError::Empty);
        }
        Ok(Number(digits))
    }
}

impl TryFrom<String> for Number {
    type Error = NumberError;
    fn try_from(text: String) -> Result<Self, NumberError> {
        text.parse()
    }
}

impl From<Number> for String {
    fn from(number: Number) -> String {
        number.0.clone()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn a_number_never_prints_itself() {
        let mobile = number("138 0013-8000");
        assert_eq!(format!("{mobile} {mobile:?}"), "138******00 138******00");
        assert_eq!(number("110").to_string(), "**0");
        assert_eq!(mobile.digits(), "13800138000");
    }

    #[test]
    fn one_customer_written_three_ways_is_one_e164_number() {
        for text in ["013800138000", "13800138000", "+8613800138000", "008613800138000"] {
            assert_eq!(number(text).e164("86", "00").digits(), "+8613800138000", "{text}");
        }
    }

    #[test]
    fn what_cannot_be_dialled_is_refused() {
        assert_eq!("".parse::<Number>(), Err(NumberError::Empty));
        assert_eq!("+".parse::<Number>(), Err(NumberError::Empty));
        assert_eq!("12+3".parse::<Number>(), Err(NumberError::NotADigit));
        assert_eq!("1".repeat(33).parse::<Number>(), Err(NumberError::TooLong));
    }
}

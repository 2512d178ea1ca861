//! Messages as DTMF digits.

use super::message::{Field, Message};

const END: char = 'C';
/// Codes after `B` (EN 300 659): why no number comes.
const UNAVAILABLE: &str = "00";
const WITHHELD: &str = "10";

impl Message {
    /// The digits to send: `start` (`A` or `D`), the number, `C`; or the code for its absence.
    /// A leading `+` has no key and is left out.
    pub fn dtmf(&self, start: char) -> String {
        match &self.number {
            Field::Sent(number) => {
                format!("{start}{}{END}", number.digits().trim_start_matches('+'))
            }
            Field::Withheld => format!("B{WITHHELD}{END}"),
            Field::Unavailable | Field::Absent => format!("B{UNAVAILABLE}{END}"),
        }
    }
}

/// The message that digits spell, from start code to end code; `None` if they spell none.
///
/// Beside `C` the end code `#` is taken, and `D1#` (withheld), `D2#`, `D3#` (unavailable) of some
/// networks.
pub fn parse_dtmf(digits: &str) -> Option<Message> {
    let body = digits.strip_suffix([END, '#'])?;
    let mut letters = body.chars();
    let start = letters.next()?;
    let body = letters.as_str();
    let number = match (start, body, digits.ends_with('#')) {
        ('B', UNAVAILABLE, _) | ('D', "2" | "3", true) => Field::Unavailable,
        ('B', WITHHELD, _) | ('D', "1", true) => Field::Withheld,
        ('A' | 'D', _, _) if body.chars().all(|digit| digit.is_ascii_digit()) => {
            Field::Sent(body.parse().ok()?)
        }
        _ => return None,
    };
    Some(Message { number, ..Message::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(digits: &str) -> Field<call::Number> {
        Field::Sent(digits.parse().unwrap())
    }

    #[test]
    fn a_number_goes_there_and_back() {
        let message = Message { number: sent("02087654321"), ..Message::default() };
        assert_eq!(message.dtmf('D'), "D02087654321C");
        assert_eq!(parse_dtmf("D02087654321C"), Some(message.clone()));
        assert_eq!(parse_dtmf("A02087654321#"), Some(message));
    }

    #[test]
    fn withheld_and_unavailable_are_told_apart() {
        for (field, digits) in [(Field::Withheld, "B10C"), (Field::Unavailable, "B00C")] {
            let message = Message { number: field, ..Message::default() };
            assert_eq!(message.dtmf('A'), digits);
            assert_eq!(parse_dtmf(digits), Some(message));
        }
        assert_eq!(parse_dtmf("D1#").unwrap().number, Field::Withheld);
        assert_eq!(parse_dtmf("D3#").unwrap().number, Field::Unavailable);
    }

    #[test]
    fn digits_that_spell_nothing_are_no_message() {
        for digits in ["", "C", "AC", "A12", "12C", "A1*2C", "B55C", "A12D3C"] {
            assert_eq!(parse_dtmf(digits), None, "{digits}");
        }
    }
}

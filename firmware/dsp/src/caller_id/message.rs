//! What a caller-identity message says, whichever way it was sent.

use call::{CallerId, Number};
use core::fmt;

/// A part of the message that may be missing for a reason.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Field<T> {
    /// Nothing was said of it.
    #[default]
    Absent,
    /// Here it is.
    Sent(T),
    /// The caller asked to have it withheld (reason `P`).
    Withheld,
    /// The network does not have it (reason `O`).
    Unavailable,
}

impl<T> Field<T> {
    /// The value, if one was sent.
    pub fn sent(&self) -> Option<&T> {
        match self {
            Field::Sent(value) => Some(value),
            _ => None,
        }
    }
}

/// When the exchange says the call came, by its own local clock; the year is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SentAt {
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

impl SentAt {
    /// From eight ASCII digits `MMDDhhmm`; `None` for anything that no calendar or clock shows.
    pub(super) fn from_digits(digits: &[u8]) -> Option<SentAt> {
        let digits: &[u8; 8] = digits.try_into().ok()?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let two = |at: usize| (digits[at] - b'0') * 10 + (digits[at + 1] - b'0');
        let sent = SentAt { month: two(0), day: two(2), hour: two(4), minute: two(6) };
        let possible = (1..=12).contains(&sent.month)
            && (1..=31).contains(&sent.day)
            && sent.hour < 24
            && sent.minute < 60;
        possible.then_some(sent)
    }
}

impl fmt::Display for SentAt {
    /// `MMDDhhmm`, as it is sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}{:02}{:02}{:02}", self.month, self.day, self.hour, self.minute)
    }
}

/// The two layouts of octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Single data message, type `04`: date, time and number.
    Sdmf,
    /// Multiple data message, type `80`: parameters.
    Mdmf,
}

/// Everything the exchange said of a caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The exchange's local time.
    pub sent_at: Option<SentAt>,
    /// The calling number.
    pub number: Field<Number>,
    /// The calling name.
    pub name: Field<String>,
}

impl From<Message> for CallerId {
    fn from(message: Message) -> CallerId {
        CallerId {
            withheld: message.number == Field::Withheld,
            number: match message.number {
                Field::Sent(number) => Some(number),
                _ => None,
            },
            name: match message.name {
                Field::Sent(name) => Some(name),
                _ => None,
            },
        }
    }
}

//! Messages as octets: building and parsing.

use super::message::{Field, Format, Message, SentAt};
use super::text;
use call::Number;

const SDMF: u8 = 0x04;
const MDMF: u8 = 0x80;

/// Parameters of a multiple data message (EN 300 659-3 §5.4).
mod parameter {
    pub(super) const DATE_TIME: u8 = 0x01;
    pub(super) const NUMBER: u8 = 0x02;
    pub(super) const NO_NUMBER: u8 = 0x04;
    pub(super) const NAME: u8 = 0x07;
    pub(super) const NO_NAME: u8 = 0x08;
}

const UNAVAILABLE: u8 = b'O';
const WITHHELD: u8 = b'P';
const DATE_TIME_LENGTH: usize = 8;
/// Of the number (EN 300 659-3 §5.4.2) and the name (§5.4.5).
const MOST_NUMBER_OCTETS: usize = 20;
const MOST_NAME_OCTETS: usize = 50;

/// Why octets are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Fewer octets than the shortest message, or than the length octet promises.
    #[error("the message ends before its length says")]
    Truncated,
    /// More octets than the length octet promises.
    #[error("octets follow the message's checksum")]
    Trailing,
    /// The octets do not add up to zero.
    #[error("the checksum is wrong; noise on the line while the message came")]
    Checksum,
    /// A type that is no call set-up.
    #[error("message type {0:#04x} is no call set-up")]
    Type(u8),
    /// A parameter reaches beyond the body, or the body is shorter than its layout.
    #[error("a part of the message reaches beyond its end")]
    Layout,
}

/// Parses one whole message, type octet to checksum.
pub fn parse(octets: &[u8]) -> Result<Message, ParseError> {
    let (&[kind, length], rest) = octets.split_first_chunk().ok_or(ParseError::Truncated)?;
    let length = usize::from(length);
    match rest.len() {
        have if have < length + 1 => return Err(ParseError::Truncated),
        have if have > length + 1 => return Err(ParseError::Trailing),
        _ => {}
    }
    if octets.iter().fold(0u8, |sum, &octet| sum.wrapping_add(octet)) != 0 {
        return Err(ParseError::Checksum);
    }
    let body = &rest[..length];
    match kind {
        SDMF => parse_single(body),
        MDMF => parse_multiple(body),
        other => Err(ParseError::Type(other)),
    }
}

fn parse_single(body: &[u8]) -> Result<Message, ParseError> {
    let (when, number) = body.split_at_checked(DATE_TIME_LENGTH).ok_or(ParseError::Layout)?;
    let number = match number {
        [reason] if absence::<Number>(*reason) != Field::Absent => absence(*reason),
        digits => number_field(digits),
    };
    Ok(Message { sent_at: SentAt::from_digits(when), number, name: Field::Absent })
}

fn parse_multiple(mut body: &[u8]) -> Result<Message, ParseError> {
    let mut message = Message::default();
    while let Some((&kind, rest)) = body.split_first() {
        let (&length, rest) = rest.split_first().ok_or(ParseError::Layout)?;
        let (value, rest) = rest.split_at_checked(usize::from(length)).ok_or(ParseError::Layout)?;
        body = rest;
        match kind {
            parameter::DATE_TIME => message.sent_at = SentAt::from_digits(value),
            parameter::NUMBER => message.number = number_field(value),
            parameter::NO_NUMBER => reason_field(&mut message.number, value),
            parameter::NAME => {
                message.name = text::decode(value).map_or(Field::Absent, Field::Sent);
            }
            parameter::NO_NAME => reason_field(&mut message.name, value),
            _ => {}
        }
    }
    Ok(message)
}

/// A reason never takes away a value that was sent.
fn reason_field<T: PartialEq>(field: &mut Field<T>, value: &[u8]) {
    if let ([reason], true) = (value, *field == Field::Absent) {
        *field = absence(*reason);
    }
}

fn absence<T>(reason: u8) -> Field<T> {
    match reason {
        UNAVAILABLE => Field::Unavailable,
        WITHHELD => Field::Withheld,
        _ => Field::Absent,
    }
}

fn number_field(digits: &[u8]) -> Field<Number> {
    let text = core::str::from_utf8(digits).ok();
    text.and_then(|text| text.parse().ok()).map_or(Field::Absent, Field::Sent)
}

impl Message {
    /// The message's octets, type to checksum. A single data message has no room for a name; one
    /// without a time says `01010000`. A number is cut at 20 octets, a name at 50.
    pub fn encode(&self, format: Format) -> Vec<u8> {
        let mut octets = vec![
            match format {
                Format::Sdmf => SDMF,
                Format::Mdmf => MDMF,
            },
            0,
        ];
        match format {
            Format::Sdmf => self.encode_single(&mut octets),
            Format::Mdmf => self.encode_multiple(&mut octets),
        }
        // The longest body is 8+2 + 20+2 + 50+2 octets.
        octets[1] = (octets.len() - 2) as u8;
        let sum = octets.iter().fold(0u8, |sum, &octet| sum.wrapping_add(octet));
        octets.push(sum.wrapping_neg());
        octets
    }

    fn encode_single(&self, octets: &mut Vec<u8>) {
        let unset = SentAt { month: 1, day: 1, hour: 0, minute: 0 };
        octets.extend(self.sent_at.unwrap_or(unset).to_string().into_bytes());
        match &self.number {
            Field::Sent(number) => octets.extend(number_octets(number)),
            Field::Withheld => octets.push(WITHHELD),
            Field::Unavailable | Field::Absent => octets.push(UNAVAILABLE),
        }
    }

    fn encode_multiple(&self, octets: &mut Vec<u8>) {
        let mut put = |kind: u8, value: &[u8]| {
            octets.extend([kind, value.len() as u8]);
            octets.extend(value);
        };
        if let Some(sent_at) = self.sent_at {
            put(parameter::DATE_TIME, sent_at.to_string().as_bytes());
        }
        match &self.number {
            Field::Sent(number) => put(parameter::NUMBER, &number_octets(number)),
            Field::Withheld => put(parameter::NO_NUMBER, &[WITHHELD]),
            Field::Unavailable => put(parameter::NO_NUMBER, &[UNAVAILABLE]),
            Field::Absent => {}
        }
        match &self.name {
            Field::Sent(name) => put(parameter::NAME, &text::encode(name, MOST_NAME_OCTETS)),
            Field::Withheld => put(parameter::NO_NAME, &[WITHHELD]),
            Field::Unavailable => put(parameter::NO_NAME, &[UNAVAILABLE]),
            Field::Absent => {}
        }
    }
}

fn number_octets(number: &Number) -> Vec<u8> {
    number.digits().bytes().take(MOST_NUMBER_OCTETS).collect()
}

//! The octets of caller-identity messages: golden ones, and any others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use dsp::caller_id::{Field, Format, Message, ParseError, SentAt, parse, parse_dtmf};
use proptest::prelude::*;

/// A golden message, as hexadecimal digits with what they mean after `;`.
fn golden(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let digits =
        text.lines().filter_map(|line| line.split(';').next()).flat_map(str::split_whitespace);
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn message(number: Field<&str>, name: Field<&str>) -> Message {
    fn own<T>(field: Field<&str>, to: impl Fn(&str) -> T) -> Field<T> {
        match field {
            Field::Absent => Field::Absent,
            Field::Sent(text) => Field::Sent(to(text)),
            Field::Withheld => Field::Withheld,
            Field::Unavailable => Field::Unavailable,
        }
    }
    Message {
        sent_at: Some(SentAt { month: 3, day: 2, hour: 10, minute: 15 }),
        number: own(number, |text| text.parse().unwrap()),
        name: own(name, str::to_owned),
    }
}

#[test]
fn golden_messages_are_built_and_parsed_to_the_octet() {
    for (name, format, expected) in [
        ("sdmf_number.hex", Format::Sdmf, message(Field::Sent("6085551212"), Field::Absent)),
        ("sdmf_withheld.hex", Format::Sdmf, message(Field::Withheld, Field::Absent)),
        (
            "mdmf_number_and_name.hex",
            Format::Mdmf,
            message(Field::Sent("02087654321"), Field::Sent("张伟")),
        ),
        ("mdmf_unavailable.hex", Format::Mdmf, message(Field::Unavailable, Field::Withheld)),
    ] {
        let octets = golden(name);
        assert_eq!(parse(&octets), Ok(expected.clone()), "{name}");
        assert_eq!(expected.encode(format), octets, "{name}");
    }
}

#[test]
fn withheld_unavailable_and_silent_are_three_things() {
    let number = |octets: &[u8]| parse(octets).unwrap().number;
    let mdmf = |field| message(field, Field::Absent).encode(Format::Mdmf);
    assert_eq!(number(&mdmf(Field::Withheld)), Field::Withheld);
    assert_eq!(number(&mdmf(Field::Unavailable)), Field::Unavailable);
    assert_eq!(number(&mdmf(Field::Absent)), Field::Absent);
    let caller = call::CallerId::from(parse(&mdmf(Field::Withheld)).unwrap());
    assert!(caller.withheld && caller.number.is_none());
    let caller = call::CallerId::from(parse(&mdmf(Field::Unavailable)).unwrap());
    assert!(!caller.withheld && caller.number.is_none());
}

/// Puts a body behind type and length, and a right checksum after it.
fn sealed(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut octets = vec![kind, body.len() as u8];
    octets.extend(body);
    let sum = octets.iter().fold(0u8, |sum, &octet| sum.wrapping_add(octet));
    octets.push(sum.wrapping_neg());
    octets
}

#[test]
fn unknown_parameters_are_skipped_and_impossible_values_left_out() {
    let body = [
        &[0x11, 1, 1][..],
        &[0x01, 8],
        b"13450000",
        &[0x02, 3],
        b"1x2",
        &[0x07, 4, 0x07, b'B', 0x1b, b'o'],
    ]
    .concat();
    let message = parse(&sealed(0x80, &body)).unwrap();
    assert_eq!(message.sent_at, None);
    assert_eq!(message.number, Field::Absent);
    assert_eq!(message.name, Field::Sent("Bo".to_owned()));
}

#[test]
fn what_cannot_be_right_is_refused_by_its_fault() {
    let good = message(Field::Sent("123"), Field::Absent).encode(Format::Mdmf);
    let mut wrong = good.clone();
    wrong[5] ^= 1;
    assert_eq!(parse(&wrong), Err(ParseError::Checksum));
    assert_eq!(parse(&good[..good.len() - 1]), Err(ParseError::Truncated));
    assert_eq!(parse(&[]), Err(ParseError::Truncated));
    assert_eq!(parse(&[good.as_slice(), &[0]].concat()), Err(ParseError::Trailing));
    assert_eq!(parse(&sealed(0x82, &[])), Err(ParseError::Type(0x82)));
    assert_eq!(parse(&sealed(0x80, &[0x02, 9, b'1'])), Err(ParseError::Layout));
    assert_eq!(parse(&sealed(0x04, b"0302")), Err(ParseError::Layout));
}

proptest! {
    #[test]
    fn no_octets_panic(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&octets);
        let _ = parse(&sealed(0x80, &octets[..octets.len().min(255)]));
        let _ = parse(&sealed(0x04, &octets[..octets.len().min(255)]));
    }

    #[test]
    fn no_digits_panic(digits in "[0-9A-D#*\\PC]{0,40}") {
        let _ = parse_dtmf(&digits);
    }

    #[test]
    fn what_is_built_is_parsed(
        number in "[0-9]{1,20}",
        name in "[ -~]{0,60}",
        month in 1u8..=12, day in 1u8..=31, hour in 0u8..24, minute in 0u8..60,
    ) {
        let message = Message {
            sent_at: Some(SentAt { month, day, hour, minute }),
            number: Field::Sent(number.parse().unwrap()),
            name: Field::Sent(name.clone()),
        };
        let back = parse(&message.encode(Format::Mdmf)).unwrap();
        prop_assert_eq!(&back.number, &message.number);
        prop_assert_eq!(back.sent_at, message.sent_at);
        let cut: String = name.chars().take(50).collect();
        let cut = cut.trim();
        prop_assert_eq!(back.name.sent().map_or("", String::as_str), cut);
        let single = parse(&message.encode(Format::Sdmf)).unwrap();
        prop_assert_eq!(single.number, message.number);
    }

    #[test]
    fn one_wrong_octet_is_always_found(at in 0usize..20, flip in 1u8..=255) {
        let mut octets = message(Field::Sent("02087654321"), Field::Absent).encode(Format::Mdmf);
        let at = at % octets.len();
        octets[at] ^= flip;
        prop_assert!(parse(&octets).is_err());
    }
}

//! Envelopes, receipts and enrolment: what comes back, what is refused, and the bytes on the wire.

// Clippy knows a test by its attribute only; this is for what tests share.
#![allow(clippy::unwrap_used, clippy::panic)]

use call::Number;
use proptest::prelude::*;
use vault::DeviceKey;
use vault::enrol::{DeviceCard, EnrolError, Enrolment};
use vault::envelope::{
    Kind, Letter, MAX_BODY, OpenError, OpeningKey, ParseError, SealError, Sealer, Unverified,
    VerifyError,
};
use vault::lookup::LookupKey;
use vault::receipt::{Receipt, ReceiptError, ReceiptKey};

const ENVELOPE: &[u8] = include_bytes!("golden/envelope-1.bin");
const RECEIPT: &[u8] = include_bytes!("golden/receipt-1.bin");

fn device() -> DeviceKey {
    DeviceKey::from_seed(&[1; 32])
}

fn headquarters() -> OpeningKey {
    OpeningKey::from_seed(&[2; 32])
}

fn collector() -> ReceiptKey {
    ReceiptKey::from_seed(&[3; 32])
}

fn lookup() -> LookupKey {
    LookupKey::from_bytes(&[4; 32])
}

fn customer() -> Number {
    "+8613800138000".parse().unwrap()
}

fn letter(body: &[u8]) -> Letter<'_> {
    Letter {
        kind: Kind::Record,
        sequence: 7,
        unix_ms: 1_772_417_700_000,
        customer: Some(lookup().tag(&customer())),
        body,
    }
}

fn seal(letter: &Letter<'_>) -> Vec<u8> {
    Sealer::new(&device(), headquarters().public().clone()).seal(letter).unwrap()
}

fn receipt() -> [u8; 152] {
    let envelope = Unverified::parse(ENVELOPE).unwrap();
    collector().sign(&Receipt {
        device: device().device(),
        sequence: 7,
        hash: envelope.hash(),
        stored_at: 1_772_417_701_234,
        clock_differs: true,
        collector: collector().collector(),
    })
}

/// Golden bytes are compared; with `TIPRING_WRITE_GOLDEN` set they are written instead, for a new
/// version of a format.
fn golden(name: &str, golden: &[u8], bytes: &[u8]) {
    if std::env::var_os("TIPRING_WRITE_GOLDEN").is_some() {
        let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, bytes).unwrap();
    } else {
        assert_eq!(golden, bytes, "{name}: version 1 is frozen");
    }
}

#[test]
fn the_envelope_s_bytes_are_those_of_version_1() {
    golden("envelope-1.bin", ENVELOPE, &seal(&letter(b"a record")));
}

#[test]
fn the_receipt_s_bytes_are_those_of_version_1() {
    golden("receipt-1.bin", RECEIPT, &receipt());
}

#[test]
fn an_old_envelope_still_opens() {
    let envelope = Unverified::parse(ENVELOPE).unwrap().verify(&device().public()).unwrap();
    assert_eq!(**headquarters().open(&envelope).unwrap(), *b"a record");
    let header = envelope.header();
    assert_eq!((header.sequence, header.kind, header.body_length), (7, Kind::Record, 8));
    assert_eq!(header.customer, Some(lookup().tag(&customer())));
    assert_eq!(header.device, device().device());
}

#[test]
fn sealing_again_gives_the_same_bytes_and_another_letter_shares_no_key() {
    let (one, again) = (seal(&letter(b"a record")), seal(&letter(b"a record")));
    assert_eq!(one, again);
    let other = seal(&letter(b"a recorD"));
    let later = seal(&Letter { sequence: 8, ..letter(b"a record") });
    for different in [&other, &later] {
        assert_ne!(one[84..116], different[84..116], "an ephemeral key was used twice");
    }
}

#[test]
fn neither_number_nor_words_show_on_the_outside() {
    let bytes = seal(&letter(b"the customer's own words"));
    for secret in [&b"13800138000"[..], b"customer's", b"words"] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}

#[test]
fn a_changed_bit_anywhere_is_noticed() {
    let bytes = seal(&letter(b"a record"));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let believed = Unverified::parse(&changed)
            .is_ok_and(|envelope| envelope.verify(&device().public()).is_ok());
        assert!(!believed, "byte {at}");
    }
}

#[test]
fn another_device_s_envelope_is_not_this_one_s() {
    let bytes = seal(&letter(b"a record"));
    let stranger = DeviceKey::from_seed(&[9; 32]);
    let envelope = Unverified::parse(&bytes).unwrap();
    assert_eq!(envelope.verify(&stranger.public()).unwrap_err(), VerifyError::Device);
    let other = OpeningKey::from_seed(&[8; 32]);
    let envelope = envelope.verify(&device().public()).unwrap();
    assert_eq!(other.open(&envelope).unwrap_err(), OpenError::Recipient);
}

#[test]
fn limits_are_kept_on_both_sides() {
    let sealer_device = device();
    let sealer = Sealer::new(&sealer_device, headquarters().public().clone());
    let long = vec![0; MAX_BODY + 1];
    assert_eq!(sealer.seal(&letter(&long)).unwrap_err(), SealError::TooLarge(MAX_BODY + 1));
    let none = Letter { sequence: 0, ..letter(b"") };
    assert_eq!(sealer.seal(&none).unwrap_err(), SealError::Sequence);

    let mut bytes = seal(&letter(b"a record"));
    assert_eq!(Unverified::parse(&bytes[..100]).unwrap_err(), ParseError::Short(100));
    let (expected, got) = (bytes.len(), bytes.len() - 1);
    assert_eq!(Unverified::parse(&bytes[..got]).unwrap_err(), ParseError::Length { expected, got });
    bytes[48..52].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(Unverified::parse(&bytes).unwrap_err(), ParseError::TooLarge(u32::MAX));
    bytes[4] = 2;
    assert_eq!(Unverified::parse(&bytes).unwrap_err(), ParseError::Version(2));
    bytes[0] = b'X';
    assert_eq!(Unverified::parse(&bytes).unwrap_err(), ParseError::Magic);
}

#[test]
fn a_receipt_says_what_was_signed_and_nothing_else_is_believed() {
    let read = Receipt::verify(RECEIPT, &collector().public()).unwrap();
    assert_eq!(read.hash, Unverified::parse(ENVELOPE).unwrap().hash());
    assert_eq!((read.sequence, read.stored_at, read.clock_differs), (7, 1_772_417_701_234, true));
    let other = ReceiptKey::from_seed(&[5; 32]).public();
    assert_eq!(Receipt::verify(RECEIPT, &other).unwrap_err(), ReceiptError::Signature);
    assert_eq!(Receipt::verify(&RECEIPT[1..], &other).unwrap_err(), ReceiptError::Length(151));
    for at in 0..RECEIPT.len() {
        let mut changed = RECEIPT.to_vec();
        changed[at] ^= 1;
        assert!(Receipt::verify(&changed, &collector().public()).is_err(), "byte {at}");
    }
}

#[test]
fn one_number_has_one_tag_under_one_key() {
    let tag = lookup().tag(&customer());
    assert_eq!(tag, lookup().tag(&"+86 138 0013 8000".parse().unwrap()));
    assert_ne!(tag, LookupKey::from_bytes(&[5; 32]).tag(&customer()));
    assert_ne!(tag, lookup().tag(&"+8613800138001".parse().unwrap()));
}

fn enrolment() -> Enrolment {
    Enrolment {
        url: "https://collector.example:8443".to_owned(),
        sealing: headquarters().public().clone(),
        receipts: collector().public(),
        lookup: lookup(),
        ca_certificate: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n".to_owned(),
    }
}

#[test]
fn enrolment_and_device_card_come_back_as_they_went_out() {
    let read = Enrolment::from_toml(&enrolment().to_toml()).unwrap();
    assert_eq!(read.url, "https://collector.example:8443");
    assert_eq!(read.sealing.id(), headquarters().public().id());
    assert_eq!(read.lookup.as_bytes(), &[4; 32]);
    assert_eq!(read.collector(), collector().collector());

    let card = DeviceCard::new("杭州 3 号网点", device().public()).unwrap();
    assert_eq!(DeviceCard::from_toml(&card.to_toml()).unwrap(), card);
}

#[test]
fn what_is_wrong_with_an_enrolment_is_named_without_showing_the_key() {
    let good = enrolment().to_toml();
    let text = |from: &str, to: &str| {
        let changed = good.replace(from, to);
        assert_ne!(*changed, **good, "{from}");
        Enrolment::from_toml(&changed).unwrap_err()
    };
    assert_eq!(text("version = 1", "version = 2"), EnrolError::Version(2));
    assert_eq!(text("https://", "http://"), EnrolError::Url);
    assert_eq!(text("BEGIN", "START"), EnrolError::Certificate);
    assert_eq!(text("0404", "04x4"), EnrolError::Key("lookup_key"));
    for broken in [text("lookup_key = \"04", "lookup_key = 04"), text("url", "uri")] {
        let sentence = broken.to_string();
        assert!(sentence.contains("line ") && !sentence.contains("0404"), "{sentence}");
    }
    let card = DeviceCard::new("branch", device().public()).unwrap().to_toml();
    let swapped = card.replace(&device().device().to_string(), &"0".repeat(32));
    assert_eq!(DeviceCard::from_toml(&swapped).unwrap_err(), EnrolError::Device);
    assert_eq!(DeviceCard::new("", device().public()).unwrap_err(), EnrolError::Name);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_body_comes_back(body in proptest::collection::vec(any::<u8>(), 0..600), n in 1_u64..1 << 40) {
        let bytes = seal(&Letter { sequence: n, customer: None, ..letter(&body) });
        let envelope = Unverified::parse(&bytes).unwrap().verify(&device().public()).unwrap();
        prop_assert_eq!(&**headquarters().open(&envelope).unwrap(), &body[..]);
        prop_assert_eq!(envelope.header().customer, None);
    }

    #[test]
    fn no_bytes_make_a_parser_panic(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..400),
        envelope in any::<bool>(),
        head in 0_usize..160,
    ) {
        let good = if envelope { ENVELOPE } else { RECEIPT };
        let head = head.min(bytes.len()).min(good.len());
        bytes[..head].copy_from_slice(&good[..head]);
        vault::envelope::fuzz(&bytes);
        vault::receipt::fuzz(&bytes);
        vault::enrol::fuzz(&bytes);
    }
}

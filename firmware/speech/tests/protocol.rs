//! The worker protocol: golden bytes, and what is refused.

use call::Language;
use proptest::prelude::*;
use speech::protocol::{self, MAX_FRAME, Pcm, ProtocolError, Refusal, Reply, Request, VERSION};
use speech::{Heard, LanguageChoice, Settings};
use std::fmt::Write as _;

fn requests() -> Vec<Request> {
    let settings = |language, partial| Settings { language, partial };
    vec![
        Request::Open { model: "m.bin".into(), sha256: Some([0xab; 32]), threads: 2 },
        Request::Open { model: String::new(), sha256: None, threads: 1 },
        Request::Transcribe {
            job: 300,
            settings: settings(LanguageChoice::Fixed(Language::English), true),
            audio: Pcm(vec![0, 1, -1, i16::MIN, i16::MAX]),
        },
        Request::Transcribe {
            job: 0,
            settings: settings(LanguageChoice::Detect, false),
            audio: Pcm(vec![]),
        },
        Request::Abandon,
    ]
}

fn replies() -> Vec<Reply> {
    let heard = Heard {
        text: "好的，再见。".into(),
        p: 0.75,
        no_speech: 0.125,
        tokens: 6,
        language: Language::Mandarin,
        compute_ms: 350,
    };
    vec![
        Reply::Ready { sha256: [1; 32] },
        Reply::Refused(Refusal::Missing { path: "m".into() }),
        Reply::Refused(Refusal::Unreadable { path: "m".into(), why: "w".into() }),
        Reply::Refused(Refusal::Corrupt {
            path: "m".into(),
            expected: "00".into(),
            found: "ff".into(),
        }),
        Reply::Refused(Refusal::NoModel { path: "m".into() }),
        Reply::Heard { job: 300, heard },
        Reply::Failed { job: 1, code: -6 },
    ]
}

#[test]
fn messages_have_their_golden_bytes() {
    let frames = requests()
        .into_iter()
        .map(|request| protocol::encode(&request).unwrap())
        .chain(replies().into_iter().map(|reply| protocol::encode(&reply).unwrap()));
    let mut found = String::new();
    for frame in frames {
        frame.iter().for_each(|octet| write!(found, "{octet:02x}").unwrap());
        found.push('\n');
    }
    assert_eq!(found, include_str!("golden/protocol-2.hex"), "{found}");
}

#[test]
fn messages_come_back_through_a_pipe() {
    let mut pipe = Vec::new();
    for request in requests() {
        protocol::write(&mut pipe, &request).unwrap();
    }
    let mut reader = pipe.as_slice();
    for request in requests() {
        assert_eq!(protocol::read::<Request>(&mut reader).unwrap(), Some(request));
    }
    assert_eq!(protocol::read::<Request>(&mut reader).unwrap(), None);
}

#[test]
fn what_is_too_long_empty_torn_or_of_another_version_is_refused() {
    let read = |bytes: &[u8]| protocol::read::<Reply>(&mut &bytes[..]).unwrap_err();
    assert!(matches!(read(&[0, 0, 0, 0]), ProtocolError::Length(0)));
    assert!(matches!(read(&[0xff; 4]), ProtocolError::Length(u32::MAX)));
    assert!(matches!(read(&[2, 0, 0, 0, VERSION]), ProtocolError::Pipe(_)));
    assert!(matches!(read(&[2, 0]), ProtocolError::Pipe(_)));
    assert!(matches!(read(&[2, 0, 0, 0, 9, 0]), ProtocolError::Version(9)));
    let mut frame = protocol::encode(&replies()[0]).unwrap();
    frame[0] += 1;
    frame.push(0);
    assert!(matches!(read(&frame), ProtocolError::Body));
}

#[test]
fn audio_beyond_thirty_seconds_is_refused_on_both_ways() {
    let long = Request::Transcribe {
        job: 1,
        settings: Settings { language: LanguageChoice::Detect, partial: false },
        audio: Pcm(vec![0; MAX_FRAME / 2 + 1]),
    };
    assert!(matches!(protocol::encode(&long), Err(ProtocolError::Length(_))));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = protocol::decode::<Request>(&bytes);
        let _ = protocol::decode::<Reply>(&bytes);
        let _ = protocol::read::<Reply>(&mut &bytes[..]);
    }

    #[test]
    fn a_damaged_message_is_an_error_or_another_message(
        at in 0usize..100, bit in 0u8..8, which in 0usize..7,
    ) {
        let mut frame = protocol::encode(&replies()[which]).unwrap();
        let at = at % frame.len();
        frame[at] ^= 1 << bit;
        if let Ok(Some(reply)) = protocol::read::<Reply>(&mut &frame[..]) {
            prop_assert!(protocol::encode(&reply).is_ok());
        }
    }
}

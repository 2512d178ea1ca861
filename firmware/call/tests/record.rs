//! The record's bytes: frozen, checked to the last one, and harmless when damaged.

#![allow(clippy::unwrap_used)]

use call::record::DecodeError;
use call::*;

fn record() -> Record {
    let number: Number = "13800138000".parse().unwrap();
    let utterance = |side, start, end, text: &str| Utterance {
        side,
        start: Samples(start),
        end: Samples(end),
        text: text.into(),
        p: 0.75,
        language: Language::Mandarin,
        model: 0,
    };
    Record {
        call: CallId::new(1_772_417_700_000, 0x0123_4567_89ab_cdef_0123),
        device: DeviceId([7; 16]),
        revision: 1,
        cdr: Cdr {
            direction: Direction::Outbound,
            line: "line-1".into(),
            station: "desk-1".into(),
            customer: Some(number),
            caller: CallerId::default(),
            opened_at: WallTime::parse("2026-03-02T10:15:00+08:00").unwrap(),
            dialled_at: Some(Samples(20_000)),
            rang_at: Some(Samples(30_000)),
            answered_at: Some(Samples(60_000)),
            answer_sign: Some(AnswerSign::Polarity),
            released_at: Samples(400_000),
            cause: Cause::CustomerReleased,
        },
        audio: vec![AudioTrack {
            side: Side::Customer,
            codec: Codec::ALaw,
            start: Samples(0),
            samples: 400_000,
            missing: 0,
        }],
        speech: SpeechState::Done,
        utterances: vec![
            utterance(Side::Agent, 64_000, 90_000, "您好"),
            utterance(Side::Customer, 95_000, 120_000, "明天下午三点"),
        ],
        findings: Some(Findings {
            interest: Some(Finding { value: Interest::High, p: 0.5, evidence: vec![1], model: 1 }),
            outcome: Some(Finding { value: Outcome::Agreed, p: 0.5, evidence: vec![1], model: 1 }),
            sentiment: None,
            needs: vec![Finding { value: Need::Price, p: 0.5, evidence: vec![1], model: 1 }],
            follow_up_at: Some(Finding {
                value: WallTime::parse("2026-03-03T15:00:00+08:00").unwrap(),
                p: 1.0,
                evidence: vec![1],
                model: 1,
            }),
            utterances: vec![
                UtteranceFindings { masked: "您好".into(), ..UtteranceFindings::default() },
                UtteranceFindings {
                    acts: vec![Finding { value: Act::Book, p: 0.5, evidence: vec![1], model: 1 }],
                    sensitive: vec![Sensitive { kind: SensitiveKind::Mobile, start: 0, end: 3 }],
                    masked: "***下午三点".into(),
                },
            ],
            summary: "约好明天下午三点。".into(),
            suggestion: "准时联系。".into(),
            keywords: vec!["下午".into()],
        }),
        software: Software { version: "tipring 0.1.0".into() },
        models: vec![ModelIdentity { name: "whisper-base-q8_0".into(), sha256: [9; 32] }],
    }
}

#[test]
fn version_1_is_frozen_to_the_byte() {
    let golden = include_bytes!("golden/record-v1.bin");
    assert_eq!(record().encode(), golden, "schema version 1 has changed its bytes");
    assert_eq!(Record::decode(golden), Ok(record()));
}

#[test]
fn what_follows_a_record_is_refused() {
    let mut bytes = record().encode();
    bytes.push(0);
    assert_eq!(Record::decode(&bytes), Err(DecodeError::Trailing(1)));
}

#[test]
fn other_magic_and_other_versions_are_named() {
    let mut bytes = record().encode();
    bytes[4] = 2;
    assert_eq!(Record::decode(&bytes), Err(DecodeError::Version(2)));
    bytes[0] = b'X';
    assert_eq!(Record::decode(&bytes), Err(DecodeError::Magic));
    assert_eq!(Record::decode(b"TPRC\x01"), Err(DecodeError::Short));
}

#[test]
fn a_record_cut_anywhere_is_an_error_and_never_a_panic() {
    let bytes = record().encode();
    for end in 0..bytes.len() {
        assert!(Record::decode(&bytes[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_record_with_any_byte_changed_never_panics() {
    let bytes = record().encode();
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            // Either reading fails, or what was read is a record that can be written again.
            if let Ok(record) = Record::decode(&damaged) {
                assert_eq!(Record::decode(&record.encode()).as_ref(), Ok(&record));
            }
        }
    }
}

#[test]
fn a_number_in_a_debug_print_of_a_record_is_masked() {
    assert!(!format!("{:?}", record().cdr).contains("13800138000"));
}

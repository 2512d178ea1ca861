//! A record leaves as an IETF vCon.

// Clippy knows a test by its attribute only; this is for what tests share.
#![allow(clippy::unwrap_used, clippy::panic)]

use call::vcon::{Audio, vcon};
use call::{Cause, Record, WallTime};
use serde_json::{Value, json};

fn record() -> Record {
    Record::decode(include_bytes!("golden/record-v1.bin")).unwrap()
}

fn export(record: &Record, audio: Option<Audio<'_>>) -> Value {
    vcon(record, audio, WallTime::parse("2026-03-02T11:00:00+08:00").unwrap(), "86")
}

#[test]
fn an_answered_call_is_a_recording_of_two_parties_with_its_analysis() {
    let vcon = export(&record(), Some(Audio { wav: b"RIFF\xff\xfe", name: "call.wav" }));
    assert_eq!(vcon["vcon"], "0.4.0");
    assert_eq!(vcon["created_at"], "2026-03-02T11:00:00+08:00");
    assert_eq!(vcon["parties"][0]["name"], "desk-1");
    assert_eq!(vcon["parties"][1]["tel"], "tel:13800138000;phone-context=+86");
    let dialog = &vcon["dialog"][0];
    assert_eq!(dialog["type"], "recording");
    assert_eq!(dialog["start"], "2026-03-02T10:15:00+08:00");
    assert_eq!((&dialog["duration"], &dialog["originator"]), (&json!(50), &json!(0)));
    assert_eq!(dialog["mediatype"], "audio/x-wav");
    assert_eq!((&dialog["encoding"], &dialog["body"]), (&json!("base64url"), &json!("UklGRv_-")));

    let kinds: Vec<_> =
        vcon["analysis"].as_array().unwrap().iter().map(|one| &one["type"]).collect();
    assert_eq!(kinds, ["transcript", "summary", "report"]);
    let transcript = &vcon["analysis"][0];
    assert_eq!((&transcript["vendor"], &transcript["dialog"]), (&json!("Tipring"), &json!(0)));
    assert_eq!(transcript["product"], "whisper-base-q8_0");
    assert_eq!(transcript["body"][1]["party"], 1);
    assert_eq!(transcript["body"][1]["start"], 11.875);
    assert_eq!(transcript["body"][1]["text"], "明天下午三点");
    assert_eq!(vcon["analysis"][2]["body"]["interest"]["value"], "high");
    assert_eq!(vcon["attachments"][0]["purpose"], "cdr");
    assert_eq!(vcon["attachments"][0]["body"]["cause"], "customer_released");
}

#[test]
fn a_call_that_nobody_answered_is_incomplete_and_says_why() {
    let mut record = record();
    record.cdr.answered_at = None;
    record.cdr.cause = Cause::Busy;
    record.cdr.customer = Some("+8613800138000".parse().unwrap());
    (record.utterances, record.findings) = (Vec::new(), None);
    let vcon = export(&record, Some(Audio { wav: b"RIFF", name: "call.wav" }));
    let dialog = &vcon["dialog"][0];
    assert_eq!((&dialog["type"], &dialog["disposition"]), (&json!("incomplete"), &json!("busy")));
    assert!(dialog.get("body").is_none(), "an incomplete dialog has no content");
    assert_eq!(vcon["analysis"], json!([]));
    assert_eq!(vcon["parties"][1]["tel"], "tel:+8613800138000");
}

#[test]
fn the_uuid_is_the_call_s_and_of_version_8() {
    let (one, two) = (export(&record(), None), export(&record(), None));
    assert_eq!(one["uuid"], two["uuid"]);
    let uuid = one["uuid"].as_str().unwrap();
    let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 4, 4, 4, 12]);
    assert_eq!(&uuid[14..15], "8");
    assert!("89ab".contains(&uuid[19..20]));
}

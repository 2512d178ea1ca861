//! A record as a vCon, the IETF's container for conversations (draft-ietf-vcon-vcon-core, JSON
//! syntax 0.4.0, unsigned form of its section 4).
//!
//! Party 0 is the agent, party 1 the customer. Dialog 0 is the call: a `recording`, with the audio
//! inline if it is given and without content if not, or `incomplete` with its disposition if nobody
//! answered. Transcript, sentiment, summary and findings are `analysis`, the call detail record an
//! attachment. The words are unmasked, as in the record: a vCon is as secret as the record it is
//! made of. `content_hash` belongs to content behind a URL (section 2.4.2), and there is none here.

use crate::{Cause, Direction, Number, Record, Samples, Side, WallTime};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value, json};

/// The syntax version that is written.
pub const VERSION: &str = "0.4.0";
const VENDOR: &str = "Tipring";
/// The format of the transcript's and the findings' bodies: docs/record.md.
const SCHEMA: &str = "tipring-record-1";
const AGENT: usize = 0;
const CUSTOMER: usize = 1;

/// Audio to put into a vCon.
#[derive(Clone, Copy, Debug)]
pub struct Audio<'a> {
    /// The file's bytes: WAV, two channels, the agent left and the customer right, from the call's
    /// opening.
    pub wav: &'a [u8],
    /// The file's name.
    pub name: &'a str,
}

/// The vCon of a record.
///
/// `created_at` is the time of the export. `country_code` (`86`, without `+`) is what a number not
/// written in E.164 is local to (RFC 3966 §5.1.5). The identity is the call's, so two exports of one
/// call have the same.
pub fn vcon(
    record: &Record,
    audio: Option<Audio<'_>>,
    created_at: WallTime,
    country_code: &str,
) -> Value {
    let mut vcon = json!({
        "vcon": VERSION,
        "uuid": uuid(record.call.to_bytes()),
        "created_at": created_at.to_string(),
        "parties": parties(record, country_code),
        "dialog": [dialog(record, audio)],
        "analysis": analysis(record),
    });
    if let Ok(cdr) = serde_json::to_value(&record.cdr) {
        vcon["attachments"] = json!([{
            "purpose": "cdr",
            "start": record.cdr.opened_at.to_string(),
            "party": AGENT,
            "dialog": 0,
            "mediatype": "application/json",
            "encoding": "json",
            "body": cdr,
        }]);
    }
    vcon
}

/// A version 8 UUID (RFC 9562 §5.8) of the call's identity: its bytes, but for the six fixed bits.
fn uuid(mut id: [u8; 16]) -> String {
    id[6] = id[6] & 0x0f | 0x80;
    id[8] = id[8] & 0x3f | 0x80;
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn parties(record: &Record, country_code: &str) -> Value {
    let cdr = &record.cdr;
    let mut agent = Map::from_iter([("type".to_owned(), json!("person"))]);
    if !cdr.station.is_empty() {
        agent.insert("name".to_owned(), json!(cdr.station));
    }
    let mut customer = Map::new();
    if let Some(number) = cdr.customer.as_ref().or(cdr.caller.number.as_ref()) {
        customer.insert("tel".to_owned(), json!(tel(number, country_code)));
    }
    if let Some(name) = &cdr.caller.name {
        customer.insert("name".to_owned(), json!(name));
    }
    json!([agent, customer])
}

/// RFC 3966.
fn tel(number: &Number, country_code: &str) -> String {
    let digits = number.digits();
    if digits.starts_with('+') {
        format!("tel:{digits}")
    } else {
        // `#` would begin a fragment.
        format!("tel:{};phone-context=+{country_code}", digits.replace('#', "%23"))
    }
}

fn dialog(record: &Record, audio: Option<Audio<'_>>) -> Value {
    let cdr = &record.cdr;
    let originator = match cdr.direction {
        Direction::Outbound => AGENT,
        Direction::Inbound => CUSTOMER,
    };
    let mut dialog = json!({
        "start": cdr.opened_at.to_string(),
        "duration": seconds(cdr.released_at),
        "parties": [AGENT, CUSTOMER],
        "originator": originator,
        "application": "pstn",
    });
    if cdr.answered_at.is_none() {
        dialog["type"] = json!("incomplete");
        dialog["disposition"] = json!(disposition(cdr.cause));
        return dialog;
    }
    dialog["type"] = json!("recording");
    if let Some(audio) = audio {
        dialog["mediatype"] = json!("audio/x-wav");
        dialog["filename"] = json!(audio.name);
        dialog["encoding"] = json!("base64url");
        dialog["body"] = json!(BASE64URL_NOPAD.encode(audio.wav));
    }
    dialog
}

/// Section 4.3.11.
const fn disposition(cause: Cause) -> &'static str {
    match cause {
        Cause::NoAnswer => "no-answer",
        Cause::Busy => "busy",
        Cause::Congestion => "congestion",
        Cause::AgentReleased | Cause::CustomerReleased | Cause::RingAbandoned => "hung-up",
        Cause::Unobtainable
        | Cause::NoDialTone
        | Cause::Silence
        | Cause::MaximumTime
        | Cause::Howler
        | Cause::LineFault
        | Cause::Interrupted
        | Cause::Refused => "failed",
    }
}

fn analysis(record: &Record) -> Vec<Value> {
    let mut analysis = Vec::new();
    let product = |model: Option<u8>| {
        model
            .and_then(|index| record.models.get(usize::from(index)))
            .map_or(record.software.version.as_str(), |model| model.name.as_str())
    };
    let mut add = |kind: &str, product: &str, body: Value| {
        let text = body.is_string();
        analysis.push(json!({
            "type": kind,
            "dialog": 0,
            "vendor": VENDOR,
            "product": product,
            "schema": SCHEMA,
            "mediatype": if text { "text/plain" } else { "application/json" },
            "encoding": if text { "none" } else { "json" },
            "body": body,
        }));
    };
    if let Some(first) = record.utterances.first() {
        let utterance = |utterance: &crate::Utterance| {
            json!({
                "party": match utterance.side { Side::Agent => AGENT, Side::Customer => CUSTOMER },
                "start": seconds(utterance.start),
                "end": seconds(utterance.end),
                "language": utterance.language,
                "text": utterance.text,
                "p": utterance.p,
            })
        };
        let body = record.utterances.iter().map(utterance).collect();
        add("transcript", product(Some(first.model)), body);
    }
    let Some(findings) = &record.findings else { return analysis };
    if let Some(sentiment) = &findings.sentiment {
        add("sentiment", product(Some(sentiment.model)), json!(sentiment.value.as_str()));
    }
    if !findings.summary.is_empty() {
        add("summary", product(None), json!(findings.summary));
    }
    if let Ok(body) = serde_json::to_value(findings) {
        add("report", product(None), body);
    }
    analysis
}

/// Seconds, to the millisecond.
fn seconds(span: Samples) -> Value {
    let ms = span.ms();
    if ms.is_multiple_of(1000) { json!(ms / 1000) } else { json!(ms as f64 / 1000.0) }
}

//! The text interface: one call as a JSON line in, its findings as a JSON line out.
//!
//! The shapes are docs/insight-labels.md, "The text interface every evaluation uses". A line that
//! is not of that form comes back as `{"id":null,"error":"…"}`; the error names what is wrong and
//! never repeats what was said. A value that was not found is left out.

use crate::{Conversation, Insight};
use call::{Finding, Findings, Language, Side, WallTime};
use serde::{Deserialize, Serialize};

/// Answers one line. The answer has no line break in it.
pub fn answer(insight: &Insight, line: &str) -> String {
    match parse(line) {
        Ok(call) => render(&call.id, &insight.understand(&call.conversation())),
        Err(error) => serde_json::to_string(&Refusal { id: None, error: error.to_string() })
            .unwrap_or_default(),
    }
}

/// A call as it came in.
#[derive(Clone, Debug)]
pub struct Call {
    /// The sender's name for it.
    pub id: String,
    /// When it began.
    pub started_at: WallTime,
    /// In which language.
    pub language: Language,
    /// Who said what.
    pub turns: Vec<(Side, String)>,
}

impl Call {
    /// The call as [`Insight::understand`] takes it.
    pub fn conversation(&self) -> Conversation<'_> {
        Conversation {
            started_at: self.started_at,
            language: self.language,
            turns: self.turns.iter().map(|(side, text)| (*side, text.as_str())).collect(),
        }
    }
}

/// Why a line is no call.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// Not JSON, or a field is missing or of another type.
    #[error(
        "not a call: {0}; expected {{\"id\",\"started_at\",\"language\",\"turns\":[{{\"speaker\",\"text\"}}]}}"
    )]
    Form(String),
    /// `started_at` is no instant with an offset.
    #[error("started_at is not an RFC 3339 instant with an offset, as 2026-03-02T10:15:00+08:00")]
    StartedAt,
    /// A language that has no rules here.
    #[error("language is neither \"zh\" nor \"en\"")]
    Language,
    /// A speaker that is neither side.
    #[error("turns[{0}].speaker is neither \"agent\" nor \"customer\"")]
    Speaker(usize),
}

#[derive(Deserialize)]
struct CallLine {
    id: String,
    started_at: String,
    language: String,
    turns: Vec<TurnLine>,
}

#[derive(Deserialize)]
struct TurnLine {
    speaker: String,
    text: String,
}

/// Reads one line. Fuzz entry: any text may come in.
pub fn parse(line: &str) -> Result<Call, LineError> {
    let call: CallLine = serde_json::from_str(line).map_err(|error| form(&error))?;
    let started_at = WallTime::parse(&call.started_at).ok_or(LineError::StartedAt)?;
    let language = language(&call.language).ok_or(LineError::Language)?;
    let turns =
        call.turns.into_iter().enumerate().map(|(index, turn)| match turn.speaker.as_str() {
            "agent" => Ok((Side::Agent, turn.text)),
            "customer" => Ok((Side::Customer, turn.text)),
            _ => Err(LineError::Speaker(index)),
        });
    Ok(Call { id: call.id, started_at, language, turns: turns.collect::<Result<_, _>>()? })
}

/// `zh` or `en`, with or without a region or script (BCP 47).
fn language(code: &str) -> Option<Language> {
    match code.split(['-', '_']).next()? {
        "zh" | "cmn" => Some(Language::Mandarin),
        "en" => Some(Language::English),
        _ => None,
    }
}

/// What serde says of a line, without the words it found there.
fn form(error: &serde_json::Error) -> LineError {
    let said = error.to_string();
    let what = match said.split_once("missing field `") {
        Some((_, rest)) => {
            let field = rest.split('`').next().unwrap_or_default();
            format!("the field \"{field}\" is missing")
        }
        None if error.is_data() => {
            format!("a field has the wrong type at column {}", error.column())
        }
        None => format!("no valid JSON at column {}", error.column()),
    };
    LineError::Form(what)
}

#[derive(Serialize)]
struct Refusal {
    id: Option<String>,
    error: String,
}

#[derive(Serialize)]
struct AnswerLine<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    interest: Option<Value<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Value<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sentiment: Option<Value<&'static str>>,
    needs: Vec<Value<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    follow_up_at: Option<TimeAnswer>,
    turns: Vec<TurnAnswer<'a>>,
    summary: &'a str,
    suggestion: &'a str,
    keywords: &'a [String],
}

#[derive(Serialize)]
struct Value<T> {
    value: T,
    #[serde(serialize_with = "short")]
    p: f32,
    evidence: Vec<u32>,
}

/// The one value that the contract's interface shows without a probability.
#[derive(Serialize)]
struct TimeAnswer {
    value: String,
    evidence: Vec<u32>,
}

#[derive(Serialize)]
struct TurnAnswer<'a> {
    acts: Vec<ActAnswer>,
    sensitive: Vec<SensitiveAnswer>,
    masked: &'a str,
}

#[derive(Serialize)]
struct ActAnswer {
    value: &'static str,
    #[serde(serialize_with = "short")]
    p: f32,
}

#[derive(Serialize)]
struct SensitiveAnswer {
    kind: &'static str,
    start: u32,
    end: u32,
}

/// A probability to three decimals: more would pretend to know.
fn short<S: serde::Serializer>(p: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((f64::from(*p) * 1000.0).round() / 1000.0)
}

fn value<T, U>(finding: &Finding<T>, text: impl Fn(&T) -> U) -> Value<U> {
    Value { value: text(&finding.value), p: finding.p, evidence: finding.evidence.clone() }
}

/// Writes findings as the answer's line.
pub fn render(id: &str, findings: &Findings) -> String {
    let line = AnswerLine {
        id,
        interest: findings.interest.as_ref().map(|f| value(f, |v| v.as_str())),
        outcome: findings.outcome.as_ref().map(|f| value(f, |v| v.as_str())),
        sentiment: findings.sentiment.as_ref().map(|f| value(f, |v| v.as_str())),
        needs: findings.needs.iter().map(|f| value(f, |v| v.as_str())).collect(),
        follow_up_at: findings
            .follow_up_at
            .as_ref()
            .map(|f| TimeAnswer { value: f.value.to_string(), evidence: f.evidence.clone() }),
        turns: findings
            .utterances
            .iter()
            .map(|utterance| TurnAnswer {
                acts: utterance
                    .acts
                    .iter()
                    .map(|act| ActAnswer { value: act.value.as_str(), p: act.p })
                    .collect(),
                sensitive: utterance
                    .sensitive
                    .iter()
                    .map(|span| SensitiveAnswer {
                        kind: span.kind.as_str(),
                        start: span.start,
                        end: span.end,
                    })
                    .collect(),
                masked: &utterance.masked,
            })
            .collect(),
        summary: &findings.summary,
        suggestion: &findings.suggestion,
        keywords: &findings.keywords,
    };
    serde_json::to_string(&line).unwrap_or_default()
}

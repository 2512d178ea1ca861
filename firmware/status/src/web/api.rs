//! The same in JSON, for programs: masked like the pages, in the same session.

use super::calls::{unclear, viewed, wanted};
use super::visitor::Visitor;
use super::{Fault, Site};
use crate::view::calls::Filters;
use crate::view::health::{Problem, problems};
use crate::view::record::{hex, shown_words};
use crate::{Entry, Listing, Role, Row, Snapshot, What};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use call::{Act, AnswerSign, Finding, Language, Need, Sentiment, Side, WallTime};
use serde::Serialize;

/// What goes on right now.
#[derive(Serialize)]
pub(crate) struct Now {
    #[serde(flatten)]
    snapshot: Snapshot,
    problems: Vec<Problem>,
}

/// `/api/state`.
pub(crate) async fn state(State(site): State<Site>, visitor: Visitor) -> Json<Now> {
    let snapshot = visitor.sees(&site);
    let problems = problems(&snapshot, visitor.tongue);
    Json(Now { snapshot, problems })
}

/// `/api/calls`, with the filters of the page.
pub(crate) async fn calls(
    State(site): State<Site>,
    visitor: Visitor,
    filters: Result<Query<Filters>, QueryRejection>,
) -> Result<Json<Listing>, Fault> {
    let Query(filters) = filters.map_err(unclear)?;
    let query = wanted(&filters)?;
    visitor.allowed(Role::may_read)?;
    site.audit(&visitor, What::Listed).await?;
    Ok(Json(site.ask(move |source| source.list(&query)).await?))
}

/// `/api/calls/ID`.
pub(crate) async fn record(
    State(site): State<Site>,
    visitor: Visitor,
    Path(call): Path<String>,
) -> Result<Json<OneCall>, Fault> {
    Ok(Json(OneCall::of(&viewed(&site, &visitor, &call).await?)))
}

/// One record, masked. Instants are milliseconds from the call's opening.
#[derive(Serialize)]
pub(crate) struct OneCall {
    #[serde(flatten)]
    row: Row,
    device: String,
    software: String,
    dialled_ms: Option<u64>,
    rang_ms: Option<u64>,
    answered_ms: Option<u64>,
    answer_sign: Option<AnswerSign>,
    released_ms: u64,
    q850: u8,
    findings: Option<Found>,
    utterances: Vec<Said>,
    models: Vec<Model>,
}

#[derive(Serialize)]
struct Found {
    interest: Option<Finding<call::Interest>>,
    outcome: Option<Finding<call::Outcome>>,
    sentiment: Option<Finding<Sentiment>>,
    needs: Vec<Finding<Need>>,
    follow_up_at: Option<Finding<WallTime>>,
    suggestion: String,
    keywords: Vec<String>,
}

#[derive(Serialize)]
struct Said {
    side: Side,
    start_ms: u64,
    end_ms: u64,
    language: Language,
    text: String,
    acts: Vec<Finding<Act>>,
}

#[derive(Serialize)]
struct Model {
    name: String,
    sha256: String,
}

impl OneCall {
    fn of(entry: &Entry) -> Self {
        let record = &entry.record;
        let (cdr, findings) = (&record.cdr, record.findings.as_ref());
        let said = |(at, utterance): (usize, &call::Utterance)| Said {
            side: utterance.side,
            start_ms: utterance.start.ms(),
            end_ms: utterance.end.ms(),
            language: utterance.language,
            text: shown_words(findings, at, utterance),
            acts: findings
                .and_then(|all| all.utterances.get(at))
                .map(|one| one.acts.clone())
                .unwrap_or_default(),
        };
        OneCall {
            row: Row::of(record, entry.receipt),
            device: record.device.to_string(),
            software: record.software.version.clone(),
            dialled_ms: cdr.dialled_at.map(call::Samples::ms),
            rang_ms: cdr.rang_at.map(call::Samples::ms),
            answered_ms: cdr.answered_at.map(call::Samples::ms),
            answer_sign: cdr.answer_sign,
            released_ms: cdr.released_at.ms(),
            q850: cdr.cause.q850(),
            findings: findings.map(|all| Found {
                interest: all.interest.clone(),
                outcome: all.outcome.clone(),
                sentiment: all.sentiment.clone(),
                needs: all.needs.clone(),
                follow_up_at: all.follow_up_at.clone(),
                suggestion: all.suggestion.clone(),
                keywords: all.keywords.clone(),
            }),
            utterances: record.utterances.iter().enumerate().map(said).collect(),
            models: record
                .models
                .iter()
                .map(|model| Model { name: model.name.clone(), sha256: hex(&model.sha256) })
                .collect(),
        }
    }
}

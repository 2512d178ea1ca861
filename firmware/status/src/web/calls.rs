//! The list of calls, one record, its number, its vCon.

use super::visitor::{Nothing, Posted, Visitor};
use super::{Fault, Site};
use crate::view::calls::{self as list_view, Filters};
use crate::view::layout::Place;
use crate::view::record::{self as record_view, Shown};
use crate::{Entry, Role, What};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use call::{CallId, Interest, Number, Outcome, WallTime};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::Markup;

/// Records on a page.
const PAGE_SIZE: u32 = 25;
/// Pages that can be asked for.
const LAST_PAGE: u32 = 100_000;
/// Characters that can be searched for.
const LONGEST_SEARCH: usize = 100;

/// The list.
pub(crate) async fn list(
    State(site): State<Site>,
    visitor: Visitor,
    filters: Result<Query<Filters>, QueryRejection>,
) -> Result<Markup, Fault> {
    let Query(filters) = filters.map_err(unclear)?;
    let query = wanted(&filters)?;
    let at = query.page;
    visitor.allowed(Role::may_read)?;
    site.audit(&visitor, What::Listed).await?;
    let listing = site.ask(move |source| source.list(&query)).await?;
    let lines: Vec<_> = site.live.snapshot().lines.into_iter().map(|line| line.name).collect();
    let tongue = visitor.tongue;
    let takes = visitor.may(Role::may_listen);
    let main = list_view::page(&filters, &listing, at, &lines, takes, tongue);
    Ok(visitor.page(tongue.pick("通话", "Calls"), Some(Place::Calls), "", &main))
}

/// One record.
pub(crate) async fn record(
    State(site): State<Site>,
    visitor: Visitor,
    Path(call): Path<String>,
) -> Result<Response, Fault> {
    let entry = viewed(&site, &visitor, &call).await?;
    Ok(record_page(&site, &visitor, &entry, None, None).await?.into_response())
}

/// One record with the customer's number; or only the number, as JSON, where that is asked for.
pub(crate) async fn reveal(
    State(site): State<Site>,
    visitor: Visitor,
    Path(call): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, Fault> {
    visitor.allowed(Role::may_listen)?;
    let call = parse(&call)?;
    let entry = found(&site, call).await?;
    site.audit(&visitor, What::NumberRevealed(call)).await?;
    let cdr = &entry.record.cdr;
    let number = cdr.customer.as_ref().or(cdr.caller.number.as_ref());
    if Visitor::wants_data(&uri, &headers) {
        let digits = number.map_or("", Number::digits);
        return Ok(Json(serde_json::json!({ "number": digits })).into_response());
    }
    Ok(record_page(&site, &visitor, &entry, number, None).await?.into_response())
}

/// The call as a vCon, to take away.
pub(crate) async fn vcon(
    State(site): State<Site>,
    visitor: Visitor,
    Path(call): Path<String>,
) -> Result<Response, Fault> {
    visitor.allowed(Role::may_listen)?;
    let call = parse(&call)?;
    if !site.offers_vcon() {
        return Err(Fault::NotFound);
    }
    found(&site, call).await?;
    site.audit(&visitor, What::VconExported(call)).await?;
    let text = site.ask(move |source| source.vcon(call)).await?.ok_or(Fault::NoSuchCall)?;
    let name = format!("attachment; filename=\"{call}.vcon.json\"");
    let kind = "application/vcon+json".to_owned();
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], text).into_response())
}

/// A record's page; `fault` is why it could not be held, released or erased.
pub(crate) async fn record_page(
    site: &Site,
    visitor: &Visitor,
    entry: &Entry,
    number: Option<&Number>,
    fault: Option<&str>,
) -> Result<Markup, Fault> {
    let form = visitor.form_token();
    let call = entry.record.call;
    let held = match visitor.may(Role::may_answer_for) {
        true => Some(site.ask(move |source| source.is_held(call)).await?),
        false => None,
    };
    let shown = Shown {
        tongue: visitor.tongue,
        form: &form,
        number,
        may_listen: visitor.may(Role::may_listen),
        vcon: site.offers_vcon(),
        held,
        fault,
    };
    let main = record_view::page(entry, &shown);
    let title = visitor.tongue.pick("通话记录", "Record");
    Ok(visitor.page(title, Some(Place::Calls), "/events/record", &main))
}

/// A record that the access log knows to have been looked at.
pub(crate) async fn viewed(site: &Site, visitor: &Visitor, call: &str) -> Result<Entry, Fault> {
    visitor.allowed(Role::may_read)?;
    let call = parse(call)?;
    let entry = found(site, call).await?;
    site.audit(visitor, What::Viewed(call)).await?;
    Ok(entry)
}

/// A record that there is.
pub(crate) async fn found(site: &Site, call: CallId) -> Result<Entry, Fault> {
    site.ask(move |source| source.record(call)).await?.ok_or(Fault::NoSuchCall)
}

/// A call's identity in a path.
pub(crate) fn parse(call: &str) -> Result<CallId, Fault> {
    call.parse().map_err(|_| Fault::NoSuchCall)
}

pub(crate) fn unclear(_: QueryRejection) -> Fault {
    Fault::Unclear("query", "text, since, until, outcome, interest, line, page")
}

/// What the filters ask for.
pub(crate) fn wanted(filters: &Filters) -> Result<crate::Query, Fault> {
    let text = filters.text.trim();
    if text.chars().count() > LONGEST_SEARCH {
        return Err(Fault::Unclear("text", "≤ 100"));
    }
    Ok(crate::Query {
        text: (!text.is_empty()).then(|| text.to_owned()),
        since: day("since", &filters.since, 0)?,
        until: day("until", &filters.until, 1)?,
        outcome: one_of("outcome", &filters.outcome, Outcome::ALL, OUTCOMES)?,
        interest: one_of(
            "interest",
            &filters.interest,
            Interest::ALL,
            "high, medium, low, unknown",
        )?,
        line: (!filters.line.is_empty())
            .then(|| filters.line.chars().take(LONGEST_SEARCH).collect()),
        page: page_number(&filters.page)?,
        page_size: PAGE_SIZE,
    })
}

/// Which page is asked for, from 0.
pub(crate) fn page_number(text: &str) -> Result<u32, Fault> {
    let page = if text.is_empty() { Some(1) } else { text.parse().ok() };
    let page: Option<u32> = page.filter(|page| (1..=LAST_PAGE).contains(page));
    page.map(|page| page - 1).ok_or(Fault::Unclear("page", "1 – 100000"))
}

const OUTCOMES: &str = "agreed, follow_up, call_back, undecided, refused, do_not_call, complaint, \
    wrong_number, voicemail, no_conversation";

fn one_of<L: Copy + core::fmt::Display>(
    name: &'static str,
    text: &str,
    all: &[L],
    allowed: &'static str,
) -> Result<Option<L>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    let found = all.iter().copied().find(|one| one.to_string() == text);
    found.map(Some).ok_or(Fault::Unclear(name, allowed))
}

/// Midnight of a day, or of some day after it, on this machine's clock.
fn day(name: &'static str, text: &str, days: i64) -> Result<Option<WallTime>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    let fault = Fault::Unclear(name, "YYYY-MM-DD");
    let date: Date = text.parse().map_err(|_| fault.clone())?;
    let date = date.checked_add(jiff::Span::new().days(days)).map_err(|_| fault.clone())?;
    let midnight = date.to_zoned(TimeZone::system()).map_err(|_| fault)?;
    let offset_min = i16::try_from(midnight.offset().seconds() / 60).unwrap_or(0);
    Ok(Some(WallTime { unix_ms: midnight.timestamp().as_millisecond(), offset_min }))
}

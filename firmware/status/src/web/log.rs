//! The access log.

use super::calls::{page_number, unclear};
use super::visitor::Visitor;
use super::{Fault, Site};
use crate::view::layout::Place;
use crate::view::log::{self as view, LogFilters};
use crate::{LogQuery, Role, What};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use maud::Markup;

/// Entries on a page.
const PAGE_SIZE: u32 = 50;

/// The log, newest first.
pub(crate) async fn page(
    State(site): State<Site>,
    visitor: Visitor,
    filters: Result<Query<LogFilters>, QueryRejection>,
) -> Result<Markup, Fault> {
    visitor.allowed(Role::may_answer_for)?;
    let Query(filters) = filters.map_err(unclear)?;
    let some = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    let call = match some(&filters.call) {
        Some(text) => Some(text.parse().map_err(|_| Fault::Unclear("call", "01… (26)"))?),
        None => None,
    };
    let what = some(&filters.what);
    if what.as_ref().is_some_and(|what| view::words(what).is_none()) {
        return Err(Fault::Unclear("what", "signed_in, viewed, listened, …"));
    }
    let query = LogQuery {
        who: some(&filters.who),
        call,
        what,
        page: page_number(&filters.page)?,
        page_size: PAGE_SIZE,
    };
    let at = query.page;
    site.audit(&visitor, What::LogRead).await?;
    let found = site.ask(move |source| source.log(&query)).await?;
    let tongue = visitor.tongue;
    let main = view::page(&filters, &found, at, tongue);
    Ok(visitor.page(tongue.pick("访问日志", "Access log"), Some(Place::Log), "", &main))
}

//! Holding a call, lifting the hold, erasing the call: with a reason, by who answers for it.

use super::calls::{found, parse, record_page};
use super::visitor::{Posted, Visitor};
use super::{Fault, Site};
use crate::view::{layout::Place, record};
use crate::{Role, SourceError, What};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use call::CallId;
use serde::Deserialize;

/// Characters that a reason has at most.
const LONGEST_REASON: usize = 200;

/// Why it is done.
#[derive(Deserialize)]
pub(crate) struct Reason {
    #[serde(default)]
    why: String,
}

/// Puts a hold on a call.
pub(crate) async fn hold(
    site: State<Site>,
    visitor: Visitor,
    call: Path<String>,
    reason: Posted<Reason>,
) -> Result<Response, Fault> {
    keep(site, visitor, call, reason, What::Held).await
}

/// Lifts the hold.
pub(crate) async fn release(
    site: State<Site>,
    visitor: Visitor,
    call: Path<String>,
    reason: Posted<Reason>,
) -> Result<Response, Fault> {
    keep(site, visitor, call, reason, What::Released).await
}

/// Erases the call.
pub(crate) async fn erase(
    site: State<Site>,
    visitor: Visitor,
    call: Path<String>,
    reason: Posted<Reason>,
) -> Result<Response, Fault> {
    keep(site, visitor, call, reason, What::Erased).await
}

async fn keep(
    State(site): State<Site>,
    visitor: Visitor,
    Path(call): Path<String>,
    Posted(Reason { why }): Posted<Reason>,
    what: fn(CallId) -> What,
) -> Result<Response, Fault> {
    visitor.allowed(Role::may_answer_for)?;
    let (call, why) = (parse(&call)?, why.trim().to_owned());
    let entry = found(&site, call).await?;
    let tongue = visitor.tongue;
    if why.is_empty() || why.chars().count() > LONGEST_REASON {
        let fault = tongue.pick(
            "请填写原因（最多 200 个字符），它会写入访问日志。",
            "Give a reason of at most 200 characters; it is written into the access log.",
        );
        let page = record_page(&site, &visitor, &entry, None, Some(fault)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let deed = visitor.deed(what(call), why);
    match site.ask(move |source| source.keep(&deed)).await {
        Ok(()) => {}
        Err(Fault::Source(SourceError::Refused(saying))) => {
            let page =
                record_page(&site, &visitor, &entry, None, Some(saying.tell(tongue))).await?;
            return Ok((StatusCode::CONFLICT, page).into_response());
        }
        Err(fault) => return Err(fault),
    }
    if matches!(what(call), What::Erased(_)) {
        site.shelf().forget(call);
        let title = tongue.pick("通话已删除", "The call is erased");
        let main = record::erased(call, tongue);
        return Ok(visitor.page(title, Some(Place::Calls), "", &main).into_response());
    }
    Ok(Redirect::to(&format!("/calls/{call}")).into_response())
}

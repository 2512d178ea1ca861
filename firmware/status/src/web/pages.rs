//! The overview, the lines, the system; the choice of language.

use super::guard::set_cookie;
use super::visitor::{TONGUE, Visitor};
use super::{Fault, Site};
use crate::Role;
use crate::view::layout::Place;
use crate::view::{lines as lines_view, overview as overview_view, system as system_view};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::Markup;
use std::collections::HashMap;

/// Seconds that a browser keeps the chosen language: a year.
const YEAR: u32 = 365 * 24 * 60 * 60;

/// The overview.
pub(crate) async fn overview(State(site): State<Site>, visitor: Visitor) -> Response {
    if !visitor.may(Role::may_read) {
        return Redirect::to("/lines").into_response();
    }
    let main = overview_view::page(&visitor.sees(&site), visitor.tongue);
    let title = visitor.tongue.pick("总览", "Overview");
    visitor.page(title, Some(Place::Overview), "/events/overview", &main).into_response()
}

/// The lines.
pub(crate) async fn lines(State(site): State<Site>, visitor: Visitor) -> Markup {
    let form = visitor.may(Role::may_test_lines).then(|| visitor.form_token());
    let main = lines_view::page(&visitor.sees(&site), visitor.tongue, form.as_deref());
    let title = visitor.tongue.pick("线路", "Lines");
    visitor.page(title, Some(Place::Lines), "/events/lines", &main)
}

/// The system.
pub(crate) async fn system(State(site): State<Site>, visitor: Visitor) -> Markup {
    let main = system_view::page(&visitor.sees(&site), visitor.tongue);
    let title = visitor.tongue.pick("系统", "System");
    visitor.page(title, Some(Place::System), "/events/system", &main)
}

/// Another language, and back to where the visitor was.
pub(crate) async fn language(
    State(site): State<Site>,
    Path(code): Path<String>,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Response, Fault> {
    if !matches!(code.as_str(), "zh" | "en") {
        return Err(Fault::Unclear("language", "zh, en"));
    }
    let to = query.ok().and_then(|Query(mut query)| query.remove("to")).unwrap_or_default();
    let mut response = Redirect::to(here(&to)).into_response();
    set_cookie(&mut response, &site, TONGUE, &code, Some(YEAR));
    Ok(response)
}

/// A path of this site, whatever was asked: nothing that could lead to another one.
pub(crate) fn here(to: &str) -> &str {
    let fine = to.starts_with('/')
        && !to.starts_with("//")
        && to.len() <= 2048
        && to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if fine { to } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::here;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for to in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "javascript:1",
            "",
            "/\r\nx: y",
            "/ä",
        ] {
            assert_eq!(here(to), "/", "{to}");
        }
        assert_eq!(here("/calls?page=2"), "/calls?page=2");
    }
}

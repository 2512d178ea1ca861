//! Beginning a line test from the page. How it goes on comes by the events of the lines.

use super::visitor::{Posted, Visitor};
use super::{Fault, Site};
use crate::Role;
use axum::extract::State;
use axum::response::Redirect;
use serde::Deserialize;

/// Which line; empty for all.
#[derive(Deserialize)]
pub(crate) struct Which {
    #[serde(default)]
    line: String,
}

/// Asks for the test, and goes back to the lines.
pub(crate) async fn begin(
    State(site): State<Site>,
    visitor: Visitor,
    Posted(which): Posted<Which>,
) -> Result<Redirect, Fault> {
    let who = visitor.allowed(Role::may_test_lines)?.person.name.clone();
    let line = (!which.line.is_empty()).then_some(which.line);
    let lines = site.live.snapshot().lines;
    if line.as_ref().is_some_and(|line| lines.iter().all(|known| known.name != *line)) {
        return Err(Fault::Unclear("line", "a line's name, or nothing for every line"));
    }
    let from = visitor.peer;
    site.ask(move |source| source.test_lines(&who, from, line.as_deref())).await?;
    Ok(Redirect::to("/lines"))
}

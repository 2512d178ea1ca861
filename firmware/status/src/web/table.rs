//! The list of records as a table to take away (RFC 4180), masked as the page is.

use super::calls::{unclear, wanted};
use super::visitor::Visitor;
use super::{Fault, Site};
use crate::view::calls::Filters;
use crate::{Role, Row, What};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use core::fmt::Write;
use serde::Serialize;

/// Rows at most.
const MOST: u32 = 10_000;

/// Every record that the filters let through.
pub(crate) async fn csv(
    State(site): State<Site>,
    visitor: Visitor,
    filters: Result<Query<Filters>, QueryRejection>,
) -> Result<Response, Fault> {
    visitor.allowed(Role::may_listen)?;
    let Query(filters) = filters.map_err(unclear)?;
    let query = crate::Query { page: 0, page_size: MOST, ..wanted(&filters)? };
    site.audit(&visitor, What::ListExported).await?;
    let listing = site.ask(move |source| source.list(&query)).await?;
    let kind = "text/csv; charset=utf-8; header=present";
    let name = "attachment; filename=\"tipring-calls.csv\"";
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, table(&listing.rows)).into_response())
}

fn table(rows: &[Row]) -> String {
    // Spreadsheets take a file for UTF-8 only where it begins with a byte order mark.
    let mut text = String::from(
        "\u{feff}call,revision,opened,direction,line,station,customer,talk_s,cause,speech,outcome,interest,summary,receipt\r\n",
    );
    for row in rows {
        let label = |label: Option<&str>| label.unwrap_or_default().to_owned();
        let cells = [
            row.call.to_string(),
            row.revision.to_string(),
            row.opened_at.to_string(),
            word(&row.direction),
            row.line.clone(),
            row.station.clone(),
            row.customer.clone(),
            row.talk_ms.map(|ms| (ms / 1000).to_string()).unwrap_or_default(),
            word(&row.cause),
            word(&row.speech),
            label(row.outcome.as_ref().map(|one| one.as_str())),
            label(row.interest.as_ref().map(|one| one.as_str())),
            row.summary.clone(),
            row.receipt.word().to_owned(),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        // A `String` takes what is written to it.
        let _ = write!(text, "{}\r\n", cells.join(","));
    }
    text
}

/// A label as the API spells it.
fn word(label: &impl Serialize) -> String {
    let value = serde_json::to_value(label).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// One cell. What a spreadsheet would take for a formula becomes text.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{cell}") } else { cell.to_owned() };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_stays_one_cell_and_never_becomes_a_formula() {
        assert_eq!(quoted("客户，想换车"), "客户，想换车");
        assert_eq!(quoted("a, \"b\"\nc"), "\"a, \"\"b\"\"\nc\"");
        assert_eq!(quoted("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(quoted("+8613800138000"), "'+8613800138000");
    }
}

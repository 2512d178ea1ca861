//! `tipring calls`: the calls, newest first.

use super::{Done, Trouble, print, print_json};
use crate::folder::Folder;
use call::{CallId, Cause, Direction, Interest, Number, Outcome, Record, WallTime};
use journal::{Filter, Listed, Standing};
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;

/// Which calls.
#[derive(clap::Args)]
pub struct Arguments {
    /// Opened at or after this instant, as 2026-03-02T10:15:00+08:00
    #[arg(long, value_parser = instant, value_name = "TIME")]
    since: Option<WallTime>,
    /// Opened before this instant
    #[arg(long, value_parser = instant, value_name = "TIME")]
    until: Option<WallTime>,
    /// With this customer's number, as dialled or received
    #[arg(long, value_name = "NUMBER")]
    number: Option<Number>,
    /// On this line
    #[arg(long, value_name = "NAME")]
    line: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "COUNT")]
    limit: usize,
}

fn instant(text: &str) -> Result<WallTime, String> {
    WallTime::parse(text)
        .ok_or_else(|| "an instant with an offset, as 2026-03-02T10:15:00+08:00".into())
}

/// One call as a JSON line. The number is masked.
#[derive(Serialize)]
struct Row {
    call: CallId,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<Summary>,
}

#[derive(Serialize)]
struct Summary {
    revision: u16,
    opened_at: String,
    direction: Direction,
    line: String,
    station: String,
    customer: String,
    answered: bool,
    duration_ms: u64,
    talk_ms: u64,
    cause: Cause,
    speech: call::SpeechState,
    interest: Option<Interest>,
    outcome: Option<Outcome>,
    summary: String,
}

/// Lists calls.
pub fn main(config: &Path, json: bool, arguments: &Arguments) -> Done {
    let filter = Filter {
        since: arguments.since,
        until: arguments.until,
        number: arguments.number.clone(),
        line: arguments.line.clone(),
        before: None,
    };
    let reader = Folder::named_in(config)?.reader()?;
    let listed = reader.calls(&filter, arguments.limit).map_err(Trouble::found)?;
    for one in &listed {
        if json { print_json(&row(one))? } else { people(one)? }
    }
    if listed.is_empty() && !json {
        eprintln!("no calls");
    }
    Ok(ExitCode::SUCCESS)
}

fn row(listed: &Listed) -> Row {
    let (state, record) = match &listed.standing {
        Standing::Running(_) => ("running", None),
        Standing::Closed(record) => ("closed", Some(summary(record))),
        Standing::WithoutRecord => ("closed_without_record", None),
        Standing::Erased => ("erased", None),
        Standing::Unreadable => ("unreadable", None),
    };
    Row { call: listed.call, state, record }
}

fn summary(record: &Record) -> Summary {
    let cdr = &record.cdr;
    let findings = record.findings.as_ref();
    Summary {
        revision: record.revision,
        opened_at: cdr.opened_at.to_string(),
        direction: cdr.direction,
        line: cdr.line.clone(),
        station: cdr.station.clone(),
        customer: cdr.customer.as_ref().map(Number::masked).unwrap_or_default(),
        answered: cdr.answered_at.is_some(),
        duration_ms: cdr.released_at.ms(),
        talk_ms: cdr.answered_at.map_or(0, |at| cdr.released_at.since(at).ms()),
        cause: cdr.cause,
        speech: record.speech,
        interest: findings.and_then(|all| all.interest.as_ref()).map(|one| one.value),
        outcome: findings.and_then(|all| all.outcome.as_ref()).map(|one| one.value),
        summary: findings.map(|all| all.summary.clone()).unwrap_or_default(),
    }
}

fn people(listed: &Listed) -> Result<(), Trouble> {
    let row = row(listed);
    let Some(record) = row.record else {
        return print(format_args!("{}  {}", row.call, row.state));
    };
    let arrow = match record.direction {
        Direction::Outbound => "→",
        Direction::Inbound => "←",
    };
    let word = |label: Option<&str>| label.unwrap_or("-").to_owned();
    print(format_args!(
        "{}  {}  {:<8} {arrow} {:<13} {:>4} s  {:<8} {:<15} {}",
        row.call,
        record.opened_at.get(..19).unwrap_or(&record.opened_at),
        record.line,
        record.customer,
        record.talk_ms / 1000,
        word(record.interest.map(Interest::as_str)),
        word(record.outcome.map(Outcome::as_str)),
        record.summary,
    ))
}

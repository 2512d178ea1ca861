//! `query` and `export` on the command line.

use crate::Data;
use call::entry::Unrecorded;
use call::{CallId, DeviceId, Interest, Number, Outcome, Record, WallTime, vcon};
use clap::{ArgGroup, Args};
use collector::office::Office;
use collector::query::{Answer, Found, Wanted, Without, find};
use collector::store::sqlite::SqliteStore;
use collector::store::{Search, Store};
use serde_json::{Value, json};
use std::error::Error;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How numbers are written where this collector's branches stand.
#[derive(Debug, Args)]
struct Country {
    /// The country code of numbers that are not written in E.164.
    #[arg(long, value_name = "CODE", default_value = "86")]
    country: String,
    /// What is dialled there before a foreign country's code.
    #[arg(long, value_name = "DIGITS", default_value = "00")]
    international_prefix: String,
}

#[derive(Debug, Args)]
struct Reading {
    #[command(flatten)]
    data: Data,
    /// The key that opens envelopes; headquarters.key in the folder unless given.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Query {
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    country: Country,
    /// Calls with one customer.
    #[arg(long)]
    number: Option<Number>,
    /// Calls begun at this instant or later, RFC 3339: 2026-03-02T10:15:00+08:00.
    #[arg(long, value_parser = instant)]
    since: Option<WallTime>,
    /// Calls begun before this instant.
    #[arg(long, value_parser = instant)]
    until: Option<WallTime>,
    /// Calls of one device.
    #[arg(long)]
    device: Option<DeviceId>,
    /// Calls found to be so interesting: high, medium, low, unknown.
    #[arg(long, value_parser = label(Interest::ALL, Interest::as_str))]
    interest: Option<Interest>,
    /// Calls with this outcome: agreed, follow_up, call_back, …
    #[arg(long, value_parser = label(Outcome::ALL, Outcome::as_str))]
    outcome: Option<Outcome>,
    /// Instead: which sequences never came, and which came twice with different content. Needs no
    /// key.
    #[arg(long, conflicts_with_all = ["number", "since", "until", "interest", "outcome"])]
    missing: bool,
    /// JSON Lines instead of a table. Numbers and words are in full there.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("form").required(true))]
pub(crate) struct Export {
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    country: Country,
    /// The call.
    call: CallId,
    /// Write an IETF vCon; `-` is standard output.
    #[arg(long, value_name = "FILE", group = "form")]
    vcon: Option<PathBuf>,
}

pub(crate) async fn query(arguments: &Query) -> Result<ExitCode, Box<dyn Error>> {
    let office = Office::new(&arguments.reading.data.data);
    let enrolment = office.enrolment()?;
    let store = SqliteStore::open(&office.database_path(), None).await?;
    if arguments.missing {
        return missing(&store, arguments).await;
    }
    let key = office.opening_key(arguments.reading.key.as_deref())?;
    let (code, prefix) = (&arguments.country.country, &arguments.country.international_prefix);
    let search = Search {
        customer: arguments
            .number
            .as_ref()
            .map(|number| enrolment.lookup.tag(&number.e164(code, prefix))),
        device: arguments.device,
        since: arguments.since.map(|time| time.unix_ms),
        until: arguments.until.map(|time| time.unix_ms),
    };
    let wanted = Wanted { call: None, interest: arguments.interest, outcome: arguments.outcome };
    let answer = find(&store, &key, &search, &wanted).await?;
    store.close().await?;
    let lines: Vec<String> = if arguments.json {
        let found = answer.found.iter().map(json_line);
        found.chain(answer.without.iter().map(json_without)).map(|line| line.to_string()).collect()
    } else {
        let mut lines = table(&answer.found);
        lines.extend(answer.without.iter().map(row_without));
        lines
    };
    print(&lines)?;
    Ok(unreadable(&answer))
}

pub(crate) async fn export(arguments: &Export) -> Result<ExitCode, Box<dyn Error>> {
    let office = Office::new(&arguments.reading.data.data);
    office.enrolment()?;
    let store = SqliteStore::open(&office.database_path(), None).await?;
    let key = office.opening_key(arguments.reading.key.as_deref())?;
    let wanted = Wanted { call: Some(arguments.call), ..Wanted::default() };
    let answer = find(&store, &key, &Search::default(), &wanted).await?;
    store.close().await?;
    let Some(found) = answer.found.first() else {
        eprintln!("no call {} has come here", arguments.call);
        unreadable(&answer);
        return Ok(ExitCode::from(1));
    };
    let now = WallTime { unix_ms: crate::unix_ms(), offset_min: 0 };
    let vcon = vcon::vcon(&found.record, None, now, &arguments.country.country);
    let text = serde_json::to_string_pretty(&vcon)?;
    match arguments.vcon.as_deref() {
        Some(path) if path != Path::new("-") => {
            let mut options = OpenOptions::new();
            let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
            file.and_then(|mut file| writeln!(file, "{text}"))
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
        _ => print(&[text])?,
    }
    Ok(unreadable(&answer))
}

async fn missing(store: &SqliteStore, arguments: &Query) -> Result<ExitCode, Box<dyn Error>> {
    let gaps = store.gaps(arguments.device).await?;
    let conflicts = store.conflicts(arguments.device).await?;
    store.close().await?;
    let mut lines = Vec::new();
    for gap in &gaps {
        lines.push(if arguments.json {
            json!({ "device": gap.device, "missing": { "from": gap.from, "to": gap.to } })
                .to_string()
        } else {
            format!("{}  sequences {} to {} never came", gap.device, gap.from, gap.to)
        });
    }
    for conflict in &conflicts {
        lines.push(if arguments.json {
            json!({
                "device": conflict.device,
                "conflict": {
                    "sequence": conflict.sequence,
                    "hash": conflict.hash.to_string(),
                    "seen_at": time(conflict.seen_at),
                },
            })
            .to_string()
        } else {
            format!(
                "{}  sequence {} came a second time with other content, {}",
                conflict.device,
                conflict.sequence,
                time(conflict.seen_at)
            )
        });
    }
    print(&lines)?;
    let whole = gaps.is_empty() && conflicts.is_empty();
    Ok(ExitCode::from(u8::from(!whole)))
}

/// Says what could not be read, if anything; then the exit status is 1.
fn unreadable(answer: &Answer) -> ExitCode {
    for one in &answer.unreadable {
        eprintln!("tipring-collector: {one}");
    }
    ExitCode::from(u8::from(!answer.unreadable.is_empty()))
}

fn json_line(found: &Found) -> Value {
    json!({
        "sequence": found.sequence,
        "stored_at": time(found.stored_at),
        "clock_differs": found.clock_differs,
        "record": found.record,
    })
}

fn json_without(without: &Without) -> Value {
    json!({
        "sequence": without.sequence,
        "stored_at": time(without.stored_at),
        "device": without.device,
        "without_record": without.unrecorded,
    })
}

fn row_without(without: &Without) -> String {
    let Unrecorded { call, reason } = &without.unrecorded;
    let opened = WallTime { unix_ms: call.unix_ms(), offset_min: reason.at.offset_min };
    format!(
        "{:26}  {:29}  closed without a record: {:?}",
        call.to_string(),
        opened.to_string(),
        reason.cause
    )
}

/// A line for each call; numbers are masked, words are left out.
fn table(found: &[Found]) -> Vec<String> {
    let mut lines = vec![format!(
        "{:26}  {:29}  {:8}  {:18}  {:>6}  {:8}  {}",
        "call", "opened", "way", "customer", "talk s", "interest", "outcome"
    )];
    lines.extend(found.iter().map(|found| {
        let Record { call, cdr, findings, .. } = &found.record;
        let number = cdr.customer.as_ref().or(cdr.caller.number.as_ref());
        let findings = findings.as_ref();
        let interest = findings.and_then(|findings| findings.interest.as_ref());
        let outcome = findings.and_then(|findings| findings.outcome.as_ref());
        format!(
            "{:26}  {:29}  {:8}  {:18}  {:>6}  {:8}  {}",
            call.to_string(),
            cdr.opened_at.to_string(),
            match cdr.direction {
                call::Direction::Outbound => "outbound",
                call::Direction::Inbound => "inbound",
            },
            number.map_or_else(String::new, Number::masked),
            cdr.answered_at.map_or(0, |answered| cdr.released_at.since(answered).ms() / 1000),
            interest.map_or("", |interest| interest.value.as_str()),
            outcome.map_or("", |outcome| outcome.value.as_str()),
        )
    }));
    lines
}

/// Prints lines; a reader who has had enough is no trouble.
fn print(lines: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let printed = lines.iter().try_for_each(|line| writeln!(out, "{line}"));
    match printed.and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn time(unix_ms: i64) -> String {
    WallTime { unix_ms, offset_min: 0 }.to_string()
}

fn instant(text: &str) -> Result<WallTime, String> {
    WallTime::parse(text)
        .ok_or_else(|| "RFC 3339 with an offset is wanted: 2026-03-02T10:15:00+08:00".to_owned())
}

/// Reads one of a set of labels.
fn label<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    text: fn(T) -> &'static str,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |wanted| {
        all.iter().copied().find(|label| text(*label) == wanted).ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|label| text(*label)).collect();
            format!("one of {} is wanted", names.join(", "))
        })
    }
}

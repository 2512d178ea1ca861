//! `/metrics` in Prometheus' text format. No customer's data: names of lines, counts, sizes, times.

use super::visitor::Visitor;
use super::{Fault, Site, site};
use crate::{Board, CallState, LineState, ModelStanding, Snapshot};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use core::fmt::{Display, Write};
use std::sync::atomic::Ordering::Relaxed;

const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Serves them to this machine itself, or, where so configured, to everybody.
pub(crate) async fn serve(State(site): State<Site>, visitor: Visitor) -> Result<Response, Fault> {
    let loopback = visitor.peer.is_some_and(|peer| peer.to_canonical().is_loopback());
    if !loopback && !site.settings.open_metrics {
        return Err(Fault::NotAllowed);
    }
    let mut text = Text::default();
    live(&mut text, &site.live.snapshot());
    let counts = &site.counts;
    text.one(
        "page_requests_total",
        "counter",
        "Requests to the page.",
        counts.requests.load(Relaxed),
    );
    text.one(
        "page_refused_total",
        "counter",
        "Requests that got no answer of their own.",
        counts.refused.load(Relaxed),
    );
    text.one(
        "page_wrong_passwords_total",
        "counter",
        "Wrong passwords and set-up codes.",
        counts.wrong_passwords.load(Relaxed),
    );
    text.one(
        "page_slow_watchers_total",
        "counter",
        "Browsers let go because they took nothing.",
        counts.slow_watchers.load(Relaxed),
    );
    text.one(
        "page_watchers",
        "gauge",
        "Browsers that watch.",
        site::WATCHERS - site.watchers.available_permits(),
    );
    if let Some(more) = &site.settings.more_metrics {
        text.0.push_str(&more());
    }
    Ok(([(header::CONTENT_TYPE, KIND)], text.0).into_response())
}

fn live(text: &mut Text, now: &Snapshot) {
    text.head("line_up", "gauge", "Whether the line is in service.");
    for line in &now.lines {
        text.sample("line_up", &[("line", &line.name)], u8::from(line.state != LineState::Faulty));
    }
    text.head("line_busy", "gauge", "Whether the line is in use.");
    for line in &now.lines {
        let busy = !matches!(line.state, LineState::Idle | LineState::Guard | LineState::Faulty);
        text.sample("line_busy", &[("line", &line.name)], u8::from(busy));
    }
    text.head("line_calls_total", "counter", "Calls on the line since the start.");
    for line in &now.lines {
        let counters = line.counters;
        for (kind, count) in [
            ("placed", counters.placed),
            ("received", counters.received),
            ("answered", counters.answered),
        ] {
            text.sample("line_calls_total", &[("line", &line.name), ("kind", kind)], count);
        }
    }
    text.head("line_faults_total", "counter", "Times that the line failed since the start.");
    for line in &now.lines {
        text.sample("line_faults_total", &[("line", &line.name)], line.counters.faults);
    }
    let finishing = now.running.iter().filter(|call| call.state == CallState::Finishing).count();
    let running = now.running.len() - finishing;
    text.one("calls_running", "gauge", "Calls that run.", running);
    text.one(
        "calls_finishing",
        "gauge",
        "Calls that are over and whose words are being made.",
        finishing,
    );
    if let Some(identity) = &now.identity {
        text.head("model_ready", "gauge", "Whether the model's file is the one it must be.");
        for model in &identity.models {
            let ready = u8::from(model.standing == ModelStanding::Ready);
            text.sample("model_ready", &[("model", &model.name)], ready);
        }
    }
    if let Some(uplink) = &now.uplink {
        text.one("uplink_waiting", "gauge", "Records without a receipt.", uplink.waiting);
        text.one(
            "uplink_delivered_total",
            "counter",
            "Receipts since the start.",
            uplink.delivered,
        );
        text.one(
            "uplink_up",
            "gauge",
            "Whether headquarters can be reached.",
            u8::from(uplink.error.is_none()),
        );
        if let Some(at) = uplink.last_success {
            text.one(
                "uplink_last_receipt_timestamp_seconds",
                "gauge",
                "Time of the last receipt.",
                at.unix_ms as f64 / 1000.0,
            );
        }
    }
    if let Some(storage) = &now.storage {
        text.one("storage_free_bytes", "gauge", "Free space.", storage.free);
        text.one("storage_size_bytes", "gauge", "Size of the file system.", storage.total);
        text.one("journal_bytes", "gauge", "Size of the journal.", storage.journal);
        text.one(
            "storage_up",
            "gauge",
            "Whether the journal can be written.",
            u8::from(storage.error.is_none()),
        );
        if let Some(delay) = storage.commit_p99_ms {
            text.one(
                "journal_commit_p99_seconds",
                "gauge",
                "99th percentile of the delay from append to disk.",
                delay / 1000.0,
            );
        }
    }
    if let Some(speech) = &now.speech {
        text.one(
            "speech_waiting",
            "gauge",
            "Calls that wait for their transcript.",
            speech.waiting,
        );
        text.one(
            "speech_restarts_total",
            "counter",
            "Times that the recogniser was started again.",
            speech.restarts,
        );
        text.one(
            "speech_up",
            "gauge",
            "Whether speech is recognised.",
            u8::from(speech.error.is_none()),
        );
    }
    if let Some(board) = &now.board {
        self::board(text, board);
    }
    text.one("warnings", "gauge", "Warnings shown on the page.", now.warnings.len());
}

fn board(text: &mut Text, board: &Board) {
    if let Some(celsius) = board.celsius {
        text.one("board_temperature_celsius", "gauge", "The board's temperature.", celsius);
    }
    if let Some(served) = board.served {
        let help = "Whether the lines are served, not connected through.";
        text.one("board_serving", "gauge", help, u8::from(served));
    }
    if let Some(watched) = board.watched {
        text.one("board_watchdog_fed", "gauge", "Whether the watchdog is fed.", u8::from(watched));
    }
    text.one("board_troubles", "gauge", "What is wrong with the board.", board.troubles.len());
}

/// The text as it grows. A `String` takes what is written to it.
#[derive(Default)]
struct Text(String);

impl Text {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP tipring_{name} {help}\n# TYPE tipring_{name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let _ = write!(self.0, "tipring_{name}");
        for (at, (label, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{}{label}=\"{text}\"", if at == 0 { '{' } else { ',' });
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{end} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.head(name, kind, help);
        self.sample(name, &[], value);
    }
}

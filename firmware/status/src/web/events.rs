//! What is new, as server-sent events: a part of the page, rendered in the visitor's language,
//! each time it looks different, at most five times a second.

use super::visitor::Visitor;
use super::{Fault, Site};
use crate::view::{health, lines, overview, system};
use crate::{Snapshot, Tongue};
use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use maud::Markup;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;

/// The least time between two updates of one browser.
const PACE: Duration = Duration::from_millis(200);
/// A browser that takes nothing for so long is let go.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a browser that has nothing to hear is looked after.
const ROUND: Duration = Duration::from_secs(15);

/// Where a part is, and what it looks like.
type Part = (&'static str, fn(&Snapshot, Tongue) -> Markup);

const OVERVIEW: &[Part] = &[
    ("health", health::panel),
    ("today", |now, tongue| overview::today(&now.today, tongue)),
    ("lines", overview::lines),
    ("state", overview::state),
    ("running", overview::running),
    ("newest", overview::newest),
];
const LINES: &[Part] = &[("line-cards", lines::cards)];
const SYSTEM: &[Part] =
    &[("health", health::panel), ("parts", system::parts), ("identity", system::identity)];

/// The events of one page.
pub(crate) async fn stream(
    State(site): State<Site>,
    visitor: Visitor,
    Path(place): Path<String>,
) -> Result<Response, Fault> {
    let parts: &[Part] = match place.as_str() {
        "overview" => OVERVIEW,
        "lines" => LINES,
        "system" => SYSTEM,
        "record" => &[],
        _ => return Err(Fault::NotFound),
    };
    let session = visitor.session.as_ref().ok_or(Fault::SignedOut)?.key;
    let permit = site.watchers.clone().try_acquire_owned();
    let permit = permit.map_err(|_| Fault::TooManyWatchers)?;
    let (out, events) = mpsc::channel(8);
    tokio::spawn(watch(site, Watcher { visitor, session, parts, out }, permit));
    let keep = KeepAlive::new().interval(ROUND);
    Ok(Sse::new(ReceiverStream::new(events)).keep_alive(keep).into_response())
}

struct Watcher {
    visitor: Visitor,
    session: [u8; 32],
    parts: &'static [Part],
    out: mpsc::Sender<Result<Event, Infallible>>,
}

/// Runs until the browser goes or takes nothing any more, the session ends, or the page closes.
async fn watch(site: Site, watcher: Watcher, _permit: OwnedSemaphorePermit) {
    let mut versions = site.live.watch();
    versions.mark_changed();
    let mut shown = Shown::default();
    let mut closing = site.closing();
    loop {
        tokio::select! {
            changed = versions.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(ROUND) => {}
            () = watcher.out.closed() => return,
            _ = closing.wait_for(|&closing| closing) => return,
        }
        if !stands(&site, &watcher.session) {
            let _ = watcher.out.try_send(Ok(Event::default().event("over").data("")));
            return;
        }
        versions.mark_unchanged();
        let events = shown.news(&watcher.visitor.sees(&site), &watcher);
        for event in events {
            match tokio::time::timeout(PATIENCE, watcher.out.send(Ok(event))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return,
                Err(_) => {
                    site.counts.slow_watchers.fetch_add(1, Relaxed);
                    return;
                }
            }
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Whether the session goes on, and its person is who they were.
fn stands(site: &Site, session: &[u8; 32]) -> bool {
    let person = site.sessions().standing(session, Instant::now()).cloned();
    person.is_some_and(|person| site.knows(&person))
}

/// What a browser has been shown.
#[derive(Default)]
struct Shown {
    parts: HashMap<&'static str, blake3::Hash>,
    records: HashMap<String, String>,
}

impl Shown {
    /// What looks different now.
    fn news(&mut self, now: &Snapshot, watcher: &Watcher) -> Vec<Event> {
        let mut events = Vec::new();
        for (id, render) in watcher.parts {
            let html = render(now, watcher.visitor.tongue).into_string();
            let hash = blake3::hash(html.as_bytes());
            if self.parts.insert(id, hash) != Some(hash) {
                let data = serde_json::json!({ "id": id, "html": html }).to_string();
                events.push(Event::default().event("part").data(data));
            }
        }
        if watcher.parts.is_empty() {
            self.revisions(now, &mut events);
        }
        events
    }

    /// A record's page hears how each of the newest stands, and asks for itself again where that
    /// is not what it shows.
    fn revisions(&mut self, now: &Snapshot, events: &mut Vec<Event>) {
        let mut records = HashMap::new();
        for row in &now.newest {
            let (call, state) =
                (row.call.to_string(), format!("{} {}", row.revision, row.receipt.word()));
            if self.records.get(&call) != Some(&state) {
                let data = serde_json::json!({ "call": call, "state": state }).to_string();
                events.push(Event::default().event("record").data(data));
            }
            records.insert(call, state);
        }
        self.records = records;
    }
}

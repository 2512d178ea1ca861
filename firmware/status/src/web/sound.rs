//! A call's audio: heard, taken away, drawn.

use super::calls::{found, parse};
use super::visitor::Visitor;
use super::{Fault, Site};
use crate::sound::{Stereo, range};
use crate::{Role, What};
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use call::{CallId, Side};
use std::collections::HashMap;
use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Calls whose audio is held at one time.
const SHELF: usize = 2;
/// Bytes of audio held at one time.
const SHELF_BYTES: usize = 64 << 20;
/// How long audio is held after it was last asked for.
const KEPT: Duration = Duration::from_secs(60);
/// One look into a call's audio is one entry of the access log, however many ranges a browser asks
/// for within this time.
const ONE_LISTENING: Duration = Duration::from_secs(10 * 60);
/// Who has listened to what, remembered.
const LISTENINGS: usize = 512;
/// Bytes made at a time.
const PIECE: u64 = 64 * 1024;
/// Stretches of the drawn waveform.
const PEAKS: usize = 400;

/// Audio at hand while a browser asks for it in ranges, and who is known to be listening.
#[derive(Default)]
pub(crate) struct Shelf {
    held: Vec<(CallId, Arc<Stereo>, Instant)>,
    listening: HashMap<([u8; 32], CallId), Instant>,
}

impl Shelf {
    fn held(&mut self, call: CallId, now: Instant) -> Option<Arc<Stereo>> {
        self.sweep(now);
        let (_, sound, since) = self.held.iter_mut().find(|(known, ..)| *known == call)?;
        *since = now;
        Some(sound.clone())
    }

    fn put(&mut self, call: CallId, sound: Arc<Stereo>, now: Instant) {
        self.held.retain(|(known, ..)| *known != call);
        self.held.push((call, sound, now));
        let full = |held: &[(CallId, Arc<Stereo>, Instant)]| {
            held.len() > SHELF
                || held.iter().map(|(_, sound, _)| sound.kept()).sum::<usize>() > SHELF_BYTES
        };
        while full(&self.held) {
            self.held.remove(0);
        }
    }

    /// Lets go of what nobody has asked for lately; whether anything is left.
    fn sweep(&mut self, now: Instant) -> bool {
        self.held.retain(|(_, _, since)| now.saturating_duration_since(*since) < KEPT);
        !self.held.is_empty()
    }

    /// A call was erased: nobody hears it from here.
    pub(crate) fn forget(&mut self, call: CallId) {
        self.held.retain(|(known, ..)| *known != call);
    }

    fn knows(&self, key: ([u8; 32], CallId), now: Instant) -> bool {
        let since = self.listening.get(&key);
        since.is_some_and(|since| now.saturating_duration_since(*since) < ONE_LISTENING)
    }

    fn remember(&mut self, key: ([u8; 32], CallId), now: Instant) {
        self.listening.retain(|_, since| now.saturating_duration_since(*since) < ONE_LISTENING);
        if self.listening.len() < LISTENINGS {
            self.listening.insert(key, now);
        }
    }
}

/// The audio, whole or a range of it; `?download=1` to take it away.
pub(crate) async fn wav(
    State(site): State<Site>,
    visitor: Visitor,
    Path(call): Path<String>,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let session = visitor.allowed(Role::may_listen)?;
    let call = parse(&call)?;
    let sound = stereo(&site, call).await?;
    let length = sound.length();
    let wanted = match headers.get(header::RANGE) {
        None => None,
        Some(value) => {
            let value = value.to_str().map_err(|_| Fault::Range(length))?;
            Some(range(value, length).map_err(|_| Fault::Range(length))?)
        }
    };
    let download = query.is_ok_and(|Query(query)| query.contains_key("download"));
    let key = (session.key, call);
    if download {
        site.audit(&visitor, What::AudioExported(call)).await?;
    } else if !site.shelf().knows(key, Instant::now()) {
        site.audit(&visitor, What::Listened(call)).await?;
        site.shelf().remember(key, Instant::now());
    }

    let bytes = wanted.clone().unwrap_or(0..length);
    let mut answer = Response::builder()
        .header(header::CONTENT_TYPE, "audio/wav")
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_LENGTH, bytes.end - bytes.start);
    if wanted.is_some() {
        let part = format!("bytes {}-{}/{length}", bytes.start, bytes.end - 1);
        answer = answer.status(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, part);
    }
    if download {
        let name = format!("attachment; filename=\"{call}.wav\"");
        answer = answer.header(header::CONTENT_DISPOSITION, name);
    }
    answer.body(pieces(sound, bytes)).map_err(|_| Fault::Inside)
}

/// The loudness of both sides over the call, for drawing.
pub(crate) async fn peaks(
    State(site): State<Site>,
    visitor: Visitor,
    Path(call): Path<String>,
) -> Result<Response, Fault> {
    visitor.allowed(Role::may_listen)?;
    let sound = stereo(&site, parse(&call)?).await?;
    let ms = call::Samples(sound.samples()).ms();
    let drawn = tokio::task::spawn_blocking(move || sound.peaks(PEAKS)).await;
    let [agent, customer] = drawn.map_err(|_| Fault::Inside)?;
    Ok(Json(serde_json::json!({ "ms": ms, "agent": agent, "customer": customer })).into_response())
}

/// Made as the browser takes it, so that a long call costs no more memory than a short one.
fn pieces(sound: Arc<Stereo>, bytes: Range<u64>) -> Body {
    let starts = (bytes.start..bytes.end).step_by(PIECE as usize);
    let end = bytes.end;
    let made =
        starts.map(move |start| Ok::<_, Infallible>(sound.bytes(start..end.min(start + PIECE))));
    Body::from_stream(tokio_stream::iter(made))
}

async fn stereo(site: &Site, call: CallId) -> Result<Arc<Stereo>, Fault> {
    // The record is asked for each time: what was erased is not heard from the shelf.
    let entry = found(site, call).await?;
    if let Some(sound) = site.shelf().held(call, Instant::now()) {
        return Ok(sound);
    }
    if entry.record.audio.is_empty() {
        return Err(Fault::NoAudio);
    }
    let sides = site
        .ask(move |source| {
            Ok((source.audio(call, Side::Agent)?, source.audio(call, Side::Customer)?))
        })
        .await?;
    let sound = match sides {
        (None, None) => return Err(Fault::NoAudio),
        (agent, customer) => Arc::new(Stereo { agent, customer }),
    };
    site.shelf().put(call, sound.clone(), Instant::now());
    let site = site.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(KEPT).await;
            if !site.shelf().sweep(Instant::now()) {
                return;
            }
        }
    });
    Ok(sound)
}

//! The receiving half: HTTPS in, receipts out (docs/upstream.md has the interface).
//!
//! `POST /v1/envelopes` takes one envelope and answers 201 (new) or 200 (had it already) with the
//! signed receipt. `GET /healthz` and `GET /metrics` are for those who watch.

use crate::store::{Deposit, Store, StoreError, Stored};
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use call::DeviceId;
use rate::Rates;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::Semaphore;
use vault::envelope::{Envelope, MAX_ENVELOPE, ParseError, Unverified};
use vault::receipt::{Receipt, ReceiptKey};

mod rate;
#[cfg(test)]
mod tests;
pub mod tls;

/// The media type of an envelope.
pub const ENVELOPE_TYPE: &str = "application/vnd.tipring.envelope";
/// The media type of a receipt.
pub const RECEIPT_TYPE: &str = "application/vnd.tipring.receipt";
/// The request header with the sender's clock, milliseconds since the Unix epoch.
pub const SENT_AT: &str = "tipring-sent-at";

/// How far a device's clock may be off before its receipts say so.
const CLOCK_TOLERANCE_MS: i64 = 5 * 60 * 1000;
/// How long a sender may take over one envelope.
const BODY_TIME: Duration = Duration::from_secs(60);
/// How much of a body that is too long is read before the connection is given up.
const PATIENCE: usize = 4 * MAX_ENVELOPE;

/// What one collector takes at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Envelopes being received and stored at one time; beyond it, 503.
    pub at_once: usize,
    /// Envelopes a second from one device, in the long run; beyond it, 429.
    pub per_second: f64,
    /// And in one burst.
    pub burst: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { at_once: 64, per_second: 50.0, burst: 500.0 }
    }
}

/// What has happened since the start.
#[derive(Debug, Default)]
struct Counts {
    stored: AtomicU64,
    again: AtomicU64,
    conflicts: AtomicU64,
    malformed: AtomicU64,
    strangers: AtomicU64,
    forged: AtomicU64,
    too_many: AtomicU64,
    full: AtomicU64,
    failed: AtomicU64,
    clock_differs: AtomicU64,
}

struct Desk<S> {
    store: S,
    key: ReceiptKey,
    places: Semaphore,
    rates: Rates,
    counts: Counts,
    now: fn() -> i64,
}

/// The interface of a collector over `store`, which signs with `key`.
pub fn router<S: Store>(store: S, key: ReceiptKey, limits: Limits) -> Router {
    router_at(store, key, limits, unix_ms)
}

/// The same with a clock of its own.
fn router_at<S: Store>(store: S, key: ReceiptKey, limits: Limits, now: fn() -> i64) -> Router {
    let desk = Arc::new(Desk {
        store,
        key,
        places: Semaphore::new(limits.at_once),
        rates: Rates::new(limits.per_second, limits.burst),
        counts: Counts::default(),
        now,
    });
    Router::new()
        .route("/v1/envelopes", post(take::<S>))
        .route("/healthz", get(health::<S>))
        .route("/metrics", get(metrics::<S>))
        .with_state(desk)
}

/// Why an envelope was not taken.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0}")]
    Malformed(ParseError),
    #[error("an envelope has at most {MAX_ENVELOPE} bytes")]
    TooLarge,
    #[error("the envelope did not arrive whole within {} s", BODY_TIME.as_secs())]
    Torn,
    #[error("this device is not enrolled here: give its device.toml to `tipring-collector enroll`")]
    Stranger,
    #[error("the envelope's signature is not its device's")]
    Forged,
    #[error(
        "another envelope has this sequence already: two devices share a key, or a journal was restored from a copy"
    )]
    Conflict,
    #[error("too many envelopes at once: send again later")]
    TooMany,
    #[error("the collector is at its limit: send again later")]
    Busy,
    #[error("the collector has no room left: send again later")]
    Full,
    #[error("the collector could not store the envelope: send again later")]
    Failed,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
            Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Torn => StatusCode::REQUEST_TIMEOUT,
            Refusal::Stranger | Refusal::Forged => StatusCode::FORBIDDEN,
            Refusal::Conflict => StatusCode::CONFLICT,
            Refusal::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Refusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::Full => StatusCode::INSUFFICIENT_STORAGE,
            Refusal::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn code(&self) -> &'static str {
        match self {
            Refusal::Malformed(_) => "malformed",
            Refusal::TooLarge => "too_large",
            Refusal::Torn => "torn",
            Refusal::Stranger => "not_enrolled",
            Refusal::Forged => "bad_signature",
            Refusal::Conflict => "conflict",
            Refusal::TooMany => "too_many",
            Refusal::Busy => "busy",
            Refusal::Full => "full",
            Refusal::Failed => "failed",
        }
    }

    fn count<'c>(&self, counts: &'c Counts) -> &'c AtomicU64 {
        match self {
            Refusal::Malformed(_) | Refusal::TooLarge | Refusal::Torn => &counts.malformed,
            Refusal::Stranger => &counts.strangers,
            Refusal::Forged => &counts.forged,
            Refusal::Conflict => &counts.conflicts,
            Refusal::TooMany | Refusal::Busy => &counts.too_many,
            Refusal::Full => &counts.full,
            Refusal::Failed => &counts.failed,
        }
    }

    fn answer(&self) -> Response {
        let body = serde_json::json!({ "error": self.code(), "message": self.to_string() });
        let mut response = (self.status(), axum::Json(body)).into_response();
        if matches!(self, Refusal::TooMany | Refusal::Busy | Refusal::Full) {
            let later = HeaderValue::from_static("5");
            response.headers_mut().insert(header::RETRY_AFTER, later);
        }
        response
    }
}

async fn take<S: Store>(State(desk): State<Arc<Desk<S>>>, request: Request) -> Response {
    match desk.take(request).await {
        Ok((status, receipt)) => {
            (status, [(header::CONTENT_TYPE, RECEIPT_TYPE)], receipt).into_response()
        }
        Err(refusal) => {
            refusal.count(&desk.counts).fetch_add(1, Ordering::Relaxed);
            refusal.answer()
        }
    }
}

impl<S: Store> Desk<S> {
    async fn take(&self, request: Request) -> Result<(StatusCode, Vec<u8>), Refusal> {
        let _place = self.places.try_acquire().map_err(|_| Refusal::Busy)?;
        let (parts, body) = request.into_parts();
        let bytes = receive(body).await?;
        let unverified = Unverified::parse(&bytes).map_err(Refusal::Malformed)?;
        let device = unverified.header().device;
        let public =
            self.store.public_key(device).await.map_err(|error| refusal(device, &error))?;
        let public = public.ok_or(Refusal::Stranger)?;
        let envelope = unverified.verify(&public).map_err(|_| {
            tracing::warn!(%device, "an envelope with a bad signature was refused");
            Refusal::Forged
        })?;
        if !self.rates.allow(device, Instant::now()) {
            return Err(Refusal::TooMany);
        }
        self.store(&envelope, clock(&parts.headers)).await
    }

    async fn store(
        &self,
        envelope: &Envelope<'_>,
        sent_at: Option<i64>,
    ) -> Result<(StatusCode, Vec<u8>), Refusal> {
        let header = *envelope.header();
        let now = (self.now)();
        // A record may be old when it comes; it cannot come before it was written.
        let clock_differs = header.unix_ms.saturating_sub(now) > CLOCK_TOLERANCE_MS
            || sent_at.is_some_and(|sent| {
                sent.saturating_sub(now).unsigned_abs() > CLOCK_TOLERANCE_MS as u64
            });
        let receipt = self.key.sign(&Receipt {
            device: header.device,
            sequence: header.sequence,
            hash: envelope.hash(),
            stored_at: now,
            clock_differs,
            collector: self.key.collector(),
        });
        let deposit = Deposit {
            header,
            hash: envelope.hash(),
            envelope: envelope.bytes().to_vec(),
            receipt,
            stored_at: now,
            clock_differs,
        };
        let (device, sequence) = (header.device, header.sequence);
        let counts = &self.counts;
        match self.store.deposit(deposit).await.map_err(|error| refusal(device, &error))? {
            Stored::New(receipt) => {
                counts.stored.fetch_add(1, Ordering::Relaxed);
                if clock_differs {
                    counts.clock_differs.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(%device, "a device's clock differs by more than five minutes");
                }
                Ok((StatusCode::CREATED, receipt))
            }
            Stored::Again(receipt) => {
                counts.again.fetch_add(1, Ordering::Relaxed);
                Ok((StatusCode::OK, receipt))
            }
            Stored::Conflict => {
                tracing::warn!(%device, sequence, "a second envelope under a taken sequence was refused");
                Err(Refusal::Conflict)
            }
        }
    }
}

/// The whole body, within the limits of size and time. What is too long is read on for a while and
/// thrown away, since a sender who is still writing does not hear the answer.
async fn receive(body: Body) -> Result<Vec<u8>, Refusal> {
    tokio::time::timeout(BODY_TIME, collect(body)).await.unwrap_or(Err(Refusal::Torn))
}

async fn collect(mut body: Body) -> Result<Vec<u8>, Refusal> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| Refusal::Torn)?.into_data() else { continue };
        length += data.len();
        if length > PATIENCE {
            return Err(Refusal::TooLarge);
        } else if length > MAX_ENVELOPE {
            bytes = Vec::new();
        } else {
            bytes.extend_from_slice(&data);
        }
    }
    if length > MAX_ENVELOPE { Err(Refusal::TooLarge) } else { Ok(bytes) }
}

fn clock(headers: &HeaderMap) -> Option<i64> {
    headers.get(SENT_AT)?.to_str().ok()?.parse().ok()
}

fn refusal(device: DeviceId, error: &StoreError) -> Refusal {
    tracing::error!(%device, %error, "an envelope could not be stored; nothing was acknowledged");
    match error {
        StoreError::Full => Refusal::Full,
        StoreError::Busy => Refusal::Busy,
        StoreError::Foreign(_) | StoreError::Database(_) => Refusal::Failed,
    }
}

/// Healthy is: the store answers.
async fn health<S: Store>(State(desk): State<Arc<Desk<S>>>) -> Response {
    match desk.store.public_key(DeviceId([0; 16])).await {
        Ok(_) => "ok\n".into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

async fn metrics<S: Store>(State(desk): State<Arc<Desk<S>>>) -> Response {
    let counts = &desk.counts;
    let outcomes = [
        ("stored", &counts.stored),
        ("again", &counts.again),
        ("conflict", &counts.conflicts),
        ("malformed", &counts.malformed),
        ("not_enrolled", &counts.strangers),
        ("bad_signature", &counts.forged),
        ("too_many", &counts.too_many),
        ("full", &counts.full),
        ("failed", &counts.failed),
    ];
    let mut text = String::from(
        "# HELP tipring_collector_envelopes_total Envelopes by what became of them.\n\
         # TYPE tipring_collector_envelopes_total counter\n",
    );
    for (outcome, count) in outcomes {
        let count = count.load(Ordering::Relaxed);
        text += &format!("tipring_collector_envelopes_total{{outcome=\"{outcome}\"}} {count}\n");
    }
    text += &format!(
        "# HELP tipring_collector_clock_differs_total Envelopes from devices whose clock is wrong.\n\
         # TYPE tipring_collector_clock_differs_total counter\n\
         tipring_collector_clock_differs_total {}\n",
        counts.clock_differs.load(Ordering::Relaxed)
    );
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

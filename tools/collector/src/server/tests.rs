//! Clocks that are wrong at either end: told, and nothing else changes.

use super::*;
use crate::store::Enrolled;
use crate::store::sqlite::SqliteStore;
use tower::ServiceExt;
use vault::DeviceKey;
use vault::enrol::DeviceCard;
use vault::envelope::{EnvelopeHash, Kind, Letter, OpeningKey, Sealer};

/// 2027, by the side whose clock is right.
const RIGHT: i64 = 1_800_000_000_000;
const HOUR: i64 = 3_600_000;

fn right() -> i64 {
    RIGHT
}

fn never_set() -> i64 {
    0
}

fn a_century_ahead() -> i64 {
    RIGHT + 100 * 365 * 24 * HOUR
}

fn key() -> ReceiptKey {
    ReceiptKey::from_seed(&[3; 32])
}

async fn send(router: Router, envelope: &[u8], sent_at: Option<&str>) -> (StatusCode, Vec<u8>) {
    let mut request = Request::post("/v1/envelopes");
    if let Some(sent_at) = sent_at {
        request = request.header(SENT_AT, sent_at);
    }
    let request = request.body(Body::from(envelope.to_vec())).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    (status, axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec())
}

#[tokio::test]
async fn a_wrong_clock_at_either_end_is_told_in_the_receipt_and_nothing_is_refused_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("store"), None).await.unwrap();
    let device = DeviceKey::from_seed(&[1; 32]);
    let card = DeviceCard::new("branch", device.public()).unwrap();
    store.enrol(Enrolled { card, since: 0 }).await.unwrap();
    let sealer = Sealer::new(&device, OpeningKey::from_seed(&[2; 32]).public().clone());
    let at = |ms: i64| Some(ms.to_string());

    type Case = (&'static str, fn() -> i64, Option<String>, i64, bool);
    let cases: [Case; 10] = [
        ("both right", right, at(RIGHT), RIGHT - HOUR, false),
        ("a record that waited for a year", right, at(RIGHT), RIGHT - 8760 * HOUR, false),
        ("four minutes apart", right, at(RIGHT - 4 * 60_000), RIGHT - HOUR, false),
        ("a device an hour behind", right, at(RIGHT - HOUR), RIGHT - HOUR, true),
        ("a device an hour ahead", right, at(RIGHT + HOUR), RIGHT, true),
        ("a device whose clock was never set", right, at(0), 0, true),
        ("a record out of the future", right, None, RIGHT + HOUR, true),
        ("a collector whose clock was never set", never_set, at(RIGHT), RIGHT, true),
        ("a collector a century ahead", a_century_ahead, at(RIGHT), RIGHT, true),
        ("a header that is no time", right, Some("noon".into()), RIGHT, false),
    ];
    for (sequence, (what, now, sent_at, unix_ms, differs)) in (1..).zip(cases) {
        let letter = Letter { kind: Kind::Record, sequence, unix_ms, customer: None, body: b"one" };
        let envelope = sealer.seal(&letter).unwrap();
        let router = || router_at(store.clone(), key(), Limits::default(), now);
        let (status, bytes) = send(router(), &envelope, sent_at.as_deref()).await;
        assert_eq!(status, StatusCode::CREATED, "{what}");
        let receipt = Receipt::verify(&bytes, &key().public()).unwrap();
        assert_eq!(receipt.clock_differs, differs, "{what}");
        assert_eq!((receipt.sequence, receipt.stored_at), (sequence, now()), "{what}");
        assert_eq!(receipt.hash, EnvelopeHash::of(&envelope), "{what}");
        // Set right meanwhile or not, the same envelope has the same receipt.
        let again = router_at(store.clone(), key(), Limits::default(), right);
        assert_eq!(send(again, &envelope, None).await, (StatusCode::OK, bytes), "{what}");
    }
}

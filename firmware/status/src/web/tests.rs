//! What needs a session that the page itself does not hand out yet: the agent's role.

use super::visitor::SESSION;
use super::{Site, router};
use crate::access::{Role, Token};
use crate::{
    Access, Deed, Entry, Listing, Live, Query, Receipt, Settings, Sound, Source, SourceError,
};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use call::{CallId, Codec, Record, Side};
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::Instant;
use tower::ServiceExt;

struct OneCall(Record);

impl Source for OneCall {
    fn list(&self, _query: &Query) -> Result<Listing, SourceError> {
        Ok(Listing::default())
    }

    fn record(&self, _call: CallId) -> Result<Option<Entry>, SourceError> {
        Ok(Some(Entry { record: self.0.clone(), receipt: Receipt::Local }))
    }

    fn audio(&self, _call: CallId, _side: Side) -> Result<Option<Sound>, SourceError> {
        Ok(Some(Sound { codec: Codec::ALaw, payload: vec![0xD5; 80] }))
    }

    fn vcon(&self, _call: CallId) -> Result<Option<String>, SourceError> {
        Ok(Some("{}".to_owned()))
    }

    fn offers_vcon(&self) -> bool {
        true
    }

    fn audit(&self, _deed: &Deed) -> Result<(), SourceError> {
        Ok(())
    }
}

#[tokio::test]
async fn an_agent_sees_records_and_neither_hears_nor_takes_nor_reveals() {
    let folder = tempfile::tempdir().unwrap();
    let access = Arc::new(Access::open(folder.path().join("password")).unwrap());
    let record = crate::live::tests::record(CallId::new(1, 1), 1, Some(0), 1000);
    let site = Site::new(Live::new(), Arc::new(OneCall(record)), Settings::new(access));
    let token = Token::random().unwrap();
    site.sessions().begin(&token, Role::Agent, Instant::now());
    let form = token.derive("form").reveal();
    let router = router(site);
    let ask = |method: &str, path: &str| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/calls/{}{path}", CallId::new(1, 1)))
            .header("host", "localhost")
            .header("origin", "http://localhost")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", format!("{SESSION}={}", token.reveal()))
            .body(Body::from(format!("form={form}")))
            .unwrap();
        let router = router.clone();
        async move {
            let answer = router.oneshot(request).await.unwrap();
            let status = answer.status();
            let bytes = answer.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8_lossy(&bytes).into_owned())
        }
    };
    let (status, page) = ask("GET", "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(!page.contains("id=\"player\"") && !page.contains("id=\"reveal\""));
    for (method, path) in [
        ("GET", "/audio.wav"),
        ("GET", "/audio.wav?download=1"),
        ("GET", "/peaks.json"),
        ("GET", "/vcon.json"),
        ("POST", "/number"),
    ] {
        let (status, told) = ask(method, path).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        assert!(!told.contains("RIFF"), "{path}");
    }
}

//! An office with one finished call, and a browser that has cookies and no socket.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use call::{
    CallId, CallerId, Cause, Cdr, Codec, DeviceId, Direction, Finding, Findings, Interest,
    Language, ModelIdentity, Outcome, Record, Samples, Side, Software, SpeechState, Utterance,
    UtteranceFindings, WallTime,
};
use http_body_util::BodyExt;
use status::{
    Access, Counters, Deed, Entry, Line, LineState, Listing, Live, LogPage, LogQuery, Logged,
    Query, Receipt, Role, Row, RunningCall, Saying, Secret, Settings, Sound, Source, SourceError,
    What,
};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// One appliance.
pub(crate) struct Office {
    pub(crate) live: Live,
    pub(crate) access: Arc<Access>,
    journal: Arc<Journal>,
    router: Router,
    _folder: tempfile::TempDir,
}

#[derive(Default)]
struct Journal {
    records: Mutex<Vec<Record>>,
    deeds: Mutex<Vec<Deed>>,
    held: Mutex<Vec<CallId>>,
    asked: Mutex<Query>,
    /// Tests asked for: by whom, and of which line.
    tests: Mutex<Vec<(String, Option<String>)>>,
    broken: AtomicBool,
}

impl Office {
    /// As it comes from the factory, with one line and one finished call.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let access = Arc::new(Access::open(folder.path()).unwrap());
        let (live, journal) = (Live::new(), Arc::new(Journal::default()));
        journal.records.lock().unwrap().push(record(1));
        let mut settings = Settings::new(access.clone());
        settings.hosts = vec!["gateway.branch.example".to_owned()];
        let router = status::router(live.clone(), journal.clone(), settings);
        let office = Office { live, access, journal, router, _folder: folder };
        office.live.line(Line {
            name: "line-1".to_owned(),
            card: "exchange in software".to_owned(),
            state: LineState::Idle,
            since: office.now(),
            call: None,
            fault: None,
            counters: Counters::default(),
            test: None,
        });
        office
    }

    /// With the password set.
    pub(crate) async fn set_up() -> Self {
        let office = Office::new();
        let code = office.access.setup_code().unwrap();
        let fields = [("code", code.as_str()), ("password", PASSWORD), ("again", PASSWORD)];
        let answer = Browser::new(&office).post("/set-up", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        office
    }

    pub(crate) fn now(&self) -> WallTime {
        WallTime::parse("2026-03-02T10:15:00+08:00").unwrap()
    }

    /// The finished call.
    pub(crate) fn call(&self) -> CallId {
        self.journal.records.lock().unwrap()[0].call
    }

    pub(crate) fn record(&self, call: CallId) -> Record {
        let records = self.journal.records.lock().unwrap();
        records.iter().find(|record| record.call == call).unwrap().clone()
    }

    /// Another finished call.
    pub(crate) fn add(&self, change: impl FnOnce(&mut Record)) -> CallId {
        let mut records = self.journal.records.lock().unwrap();
        let mut another = record(records.len() as u128 + 1);
        change(&mut another);
        let call = another.call;
        records.push(another);
        call
    }

    pub(crate) fn running(&self, random: u128) -> RunningCall {
        RunningCall::new(&call::entry::Opened {
            call: CallId::new(self.now().unix_ms, random),
            device: DeviceId([1; 16]),
            at: self.now(),
            direction: Direction::Outbound,
            line: "line-1".to_owned(),
            station: "desk".to_owned(),
            customer: Some("13800138000".parse().unwrap()),
        })
    }

    pub(crate) fn deeds(&self) -> Vec<Deed> {
        self.journal.deeds.lock().unwrap().clone()
    }

    pub(crate) fn asked(&self) -> Query {
        self.journal.asked.lock().unwrap().clone()
    }

    pub(crate) fn tests_asked(&self) -> Vec<(String, Option<String>)> {
        self.journal.tests.lock().unwrap().clone()
    }

    pub(crate) fn source(&self) -> Arc<dyn Source> {
        self.journal.clone()
    }

    pub(crate) fn break_the_log(&self) {
        self.journal.broken.store(true, SeqCst);
    }
}

impl Source for Journal {
    fn list(&self, query: &Query) -> Result<Listing, SourceError> {
        *self.asked.lock().unwrap() = query.clone();
        let records = self.records.lock().unwrap();
        let rows = records.iter().map(|record| Row::of(record, Receipt::Queued)).collect();
        Ok(Listing { rows, more: true, total: None })
    }

    fn record(&self, call: CallId) -> Result<Option<Entry>, SourceError> {
        let records = self.records.lock().unwrap();
        let record = records.iter().find(|record| record.call == call).cloned();
        Ok(record.map(|record| Entry { record, receipt: Receipt::Queued }))
    }

    fn audio(&self, _call: CallId, side: Side) -> Result<Option<Sound>, SourceError> {
        let octet = if side == Side::Agent { 0xD5 } else { 0x55 };
        Ok(Some(Sound { codec: Codec::ALaw, payload: vec![octet; 16_000] }))
    }

    fn vcon(&self, _call: CallId) -> Result<Option<String>, SourceError> {
        Ok(Some("{}".to_owned()))
    }

    fn offers_vcon(&self) -> bool {
        true
    }

    fn test_lines(
        &self,
        who: &str,
        _from: Option<std::net::IpAddr>,
        line: Option<&str>,
    ) -> Result<(), SourceError> {
        if self.broken.load(SeqCst) {
            return Err(SourceError::Unwritable("disk full".to_owned()));
        }
        self.tests.lock().unwrap().push((who.to_owned(), line.map(str::to_owned)));
        Ok(())
    }

    fn audit(&self, deed: &Deed) -> Result<(), SourceError> {
        if self.broken.load(SeqCst) {
            return Err(SourceError::Unwritable("disk full".to_owned()));
        }
        self.deeds.lock().unwrap().push(deed.clone());
        Ok(())
    }

    fn log(&self, query: &LogQuery) -> Result<LogPage, SourceError> {
        let wanted = |deed: &&Deed| {
            query.who.as_ref().is_none_or(|who| deed.who == *who)
                && query.call.is_none_or(|call| deed.what.call() == Some(call))
                && query.what.as_ref().is_none_or(|what| deed.what.word() == what)
        };
        let deeds = self.deeds.lock().unwrap();
        let entries = deeds.iter().rev().filter(wanted).map(|deed| Logged {
            at: WallTime::parse("2026-03-02T10:15:00+08:00").unwrap(),
            who: deed.who.clone(),
            what: deed.what.word().to_owned(),
            call: deed.what.call(),
            from: deed.from.map(|from| from.to_string()).unwrap_or_default(),
            note: deed.note.clone(),
        });
        Ok(LogPage { entries: entries.collect(), more: false })
    }

    fn is_held(&self, call: CallId) -> Result<bool, SourceError> {
        Ok(self.held.lock().unwrap().contains(&call))
    }

    fn keep(&self, deed: &Deed) -> Result<(), SourceError> {
        let mut held = self.held.lock().unwrap();
        match deed.what {
            What::Held(call) => held.push(call),
            What::Released(call) => held.retain(|known| *known != call),
            What::Erased(call) if held.contains(&call) => {
                return Err(SourceError::Refused(Saying::new("已保留", "it is held")));
            }
            What::Erased(call) => {
                self.records.lock().unwrap().retain(|record| record.call != call);
            }
            other => unreachable!("{other:?} keeps nothing"),
        }
        self.audit(deed)
    }
}

fn record(random: u128) -> Record {
    let opened_at = WallTime::parse("2026-03-02T10:15:00+08:00").unwrap();
    let said = |side, start: u64, text: &str| Utterance {
        side,
        start: Samples::from_ms(start),
        end: Samples::from_ms(start + 800),
        text: text.to_owned(),
        p: 0.9,
        language: Language::Mandarin,
        model: 0,
    };
    let masked =
        |text: &str| UtteranceFindings { masked: text.to_owned(), ..UtteranceFindings::default() };
    Record {
        call: CallId::new(opened_at.unix_ms, random),
        device: DeviceId([1; 16]),
        revision: 1,
        cdr: Cdr {
            direction: Direction::Outbound,
            line: "line-1".to_owned(),
            station: "desk".to_owned(),
            customer: Some("13800138000".parse().unwrap()),
            caller: CallerId::default(),
            opened_at,
            dialled_at: Some(Samples::from_ms(100)),
            rang_at: Some(Samples::from_ms(200)),
            answered_at: Some(Samples::from_ms(300)),
            answer_sign: None,
            released_at: Samples::from_ms(2000),
            cause: Cause::CustomerReleased,
        },
        audio: vec![call::AudioTrack {
            side: Side::Agent,
            codec: Codec::ALaw,
            start: Samples::ZERO,
            samples: 16_000,
            missing: 0,
        }],
        speech: SpeechState::Done,
        utterances: vec![
            said(Side::Agent, 300, "您好，王女士。"),
            said(Side::Customer, 1100, "我想换一辆车，我的手机是幺三八零零幺三八零零零。"),
        ],
        findings: Some(Findings {
            interest: Some(Finding { value: Interest::High, p: 0.9, evidence: vec![1], model: 0 }),
            outcome: Some(Finding { value: Outcome::Agreed, p: 0.9, evidence: vec![1], model: 0 }),
            utterances: vec![
                masked("您好，王女士。"),
                masked("我想换一辆车，我的手机是***********。"),
            ],
            summary: "客户想换车。".to_owned(),
            ..Findings::default()
        }),
        software: Software { version: "tipring 0.1.0".to_owned() },
        models: vec![ModelIdentity { name: "whisper-base".to_owned(), sha256: [7; 32] }],
    }
}

/// A browser at 127.0.0.1.
pub(crate) struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    pub(crate) seen_cookies: Vec<String>,
    pub(crate) host: String,
    pub(crate) language: &'static str,
    pub(crate) peer: SocketAddr,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Browser {
    pub(crate) fn new(office: &Office) -> Self {
        Browser {
            router: office.router.clone(),
            cookies: BTreeMap::new(),
            seen_cookies: Vec::new(),
            host: "127.0.0.1:8080".to_owned(),
            language: "zh-CN",
            peer: "127.0.0.1:40000".parse().unwrap(),
        }
    }

    pub(crate) async fn signed_in(office: &Office) -> Self {
        let mut browser = Browser::new(office);
        let answer = browser.post("/sign-in", &[("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser
    }

    /// A browser in which somebody of this role has signed in, under the role's name.
    pub(crate) async fn of(office: &Office, role: Role) -> Self {
        office.access.add(role.name(), role, Secret::of(PASSWORD).unwrap()).ok();
        let mut browser = Browser::new(office);
        let fields = [("name", role.name()), ("password", PASSWORD)];
        let answer = browser.post("/sign-in", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    pub(crate) async fn get_range(&mut self, path: &str, range: &str) -> Answer {
        self.send(Method::GET, path, None, &[("range", range)]).await
    }

    /// Posts as a form of ours does: with the token and the origin.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.form_token().await;
        let mut all = vec![("form", token.as_str())];
        all.extend_from_slice(fields);
        let origin = format!("http://{}", self.host);
        self.post_raw(path, &all, Some(&origin)).await
    }

    pub(crate) async fn post_raw(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        origin: Option<&str>,
    ) -> Answer {
        let coded: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        headers.extend(origin.map(|origin| ("origin", origin)));
        self.send(Method::POST, path, Some(coded.join("&")), &headers).await
    }

    /// The token in the forms of the page that this browser sees first.
    pub(crate) async fn form_token(&mut self) -> String {
        let mut page = self.get("/account").await;
        while page.status == StatusCode::SEE_OTHER {
            let to = page.header("location").to_owned();
            page = self.get(&to).await;
        }
        let at = page.text.find("name=\"form\" value=\"").expect("a form") + 19;
        page.text[at..at + 64].to_owned()
    }

    pub(crate) async fn events(&mut self, path: &str) -> Events {
        let response =
            self.router.clone().oneshot(self.request(Method::GET, path, None, &[])).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        Events { body: response.into_body(), read: String::new() }
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let request = self.request(method, path, body, headers);
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        for cookie in head.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            self.seen_cookies.push(cookie.to_owned());
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: head.status, headers: head.headers, bytes, text }
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Request<Body> {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("accept-language", self.language)
            .header("cookie", cookies.join("; "));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body.map_or_else(Body::empty, Body::from)).unwrap();
        request.extensions_mut().insert(ConnectInfo(self.peer));
        request
    }
}

/// A stream of events.
pub(crate) struct Events {
    body: Body,
    read: String,
}

impl Events {
    /// The next event that contains a text; those before it are passed over.
    pub(crate) async fn next_with(&mut self, text: &str) -> String {
        loop {
            while let Some((event, rest)) = self.read.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.read = rest;
                if event.contains(text) {
                    return event;
                }
            }
            assert!(self.more().await, "the stream ended before {text}");
        }
    }

    /// All that comes until the stream ends.
    pub(crate) async fn rest(mut self) -> String {
        while self.more().await {}
        self.read
    }

    async fn more(&mut self) -> bool {
        let Some(frame) = self.body.frame().await else { return false };
        self.read.push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
        true
    }
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

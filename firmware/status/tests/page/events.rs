//! The page while it is watched: events, watchers, and the end.

use crate::browser::{Browser, Office, PASSWORD};
use axum::http::StatusCode;
use call::{Samples, Side};
use status::{Receipt, Words};

#[tokio::test]
async fn events_bring_words_while_they_are_spoken_and_end_with_the_session() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    let mut events = browser.events("/events/overview").await;
    assert!(events.next_with("running").await.contains("现在没有通话"));
    let running = office.running(3);
    let call = running.call;
    office.live.call_opened(running);
    office.live.words(
        call,
        Words { side: Side::Agent, start: Samples(80), text: "您好".to_owned(), settled: false },
    );
    assert!(events.next_with("running").await.contains("您好"));
    office.live.words(
        call,
        Words {
            side: Side::Agent,
            start: Samples(80),
            text: "您好，请问".to_owned(),
            settled: true,
        },
    );
    assert!(events.next_with("running").await.contains("您好，请问"));
    browser.post("/sign-out", &[]).await;
    office.live.call_dropped(call);
    assert!(events.rest().await.contains("event: over"));
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_burst_of_words_is_one_update() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    let mut events = browser.events("/events/overview").await;
    events.next_with("newest").await;
    let running = office.running(4);
    let call = running.call;
    office.live.call_opened(running);
    // Nothing else runs on this thread before the last of them is told.
    for count in 0..=1000 {
        let text = format!("({count})");
        let words = Words { side: Side::Agent, start: Samples(80), text, settled: false };
        office.live.words(call, words);
    }
    let update = events.next_with("call-").await;
    assert!(update.contains("(1000)"), "the first update after the burst is already the last word");
}

#[tokio::test]
async fn a_records_page_hears_of_its_receipt() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    office.live.call_finished(&office.record(office.call()), Receipt::Queued);
    let page = browser.get(&format!("/calls/{}", office.call())).await.text;
    assert!(page.contains("data-state=\"1 queued\""), "what the page compares with");
    let mut events = browser.events("/events/record").await;
    let call = office.call().to_string();
    assert!(events.next_with(&call).await.contains("1 queued"));
    office.live.receipt(office.call(), 1, Receipt::Delivered(Some(office.now())));
    assert!(events.next_with(&call).await.contains("1 delivered"));
    let mut later = office.record(office.call());
    later.revision = 2;
    office.live.call_finished(&later, Receipt::Queued);
    assert!(events.next_with(&call).await.contains("2 queued"));
}

#[tokio::test]
async fn watchers_are_bounded() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    let mut watching = Vec::new();
    for _ in 0..32 {
        watching.push(browser.events("/events/lines").await);
    }
    assert_eq!(browser.get("/events/lines").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    drop(watching);
}

#[tokio::test]
async fn the_page_closes_though_somebody_watches() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let office = Office::set_up().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(status::serve(
        listener,
        office.live.clone(),
        office.source(),
        status::Settings::new(office.access.clone()),
        async { stopped.await.unwrap_or_default() },
    ));
    let host = address.to_string();
    let ask = |head: String| async move {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    };
    // Sign in by hand: the form's cookie and token, then the session's cookie.
    let mut page = String::new();
    let mut stream =
        ask(format!("GET /sign-in HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await;
    stream.read_to_string(&mut page).await.unwrap();
    let between = |text: &str, from: &str, to: char| -> String {
        let at = text.find(from).expect(from) + from.len();
        text[at..].split(to).next().unwrap().to_owned()
    };
    let cookie = between(&page, "set-cookie: ", ';');
    let token = between(&page, "name=\"form\" value=\"", '"');
    let body = format!("form={token}&password={}", PASSWORD.replace(' ', "+"));
    let mut answer = String::new();
    let mut stream = ask(format!("POST /sign-in HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())).await;
    stream.read_to_string(&mut answer).await.unwrap();
    let session = between(&answer, "set-cookie: ", ';');
    let mut watching =
        ask(format!("GET /events/overview HTTP/1.1\r\nHost: {host}\r\nCookie: {session}\r\n\r\n"))
            .await;
    let mut first = [0; 12];
    watching.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");

    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    assert!(office.deeds().iter().all(|deed| deed.from.is_some_and(|from| from.is_loopback())));
}

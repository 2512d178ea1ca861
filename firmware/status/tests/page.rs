//! The page as a browser and as an attacker meet it, without a socket.

// What the lints allow in a test they do not allow in what tests share.
#![allow(clippy::unwrap_used)]

#[path = "page/browser.rs"]
mod browser;
#[path = "page/events.rs"]
mod events;
#[path = "page/line_tests.rs"]
mod line_tests;
#[path = "page/people.rs"]
mod people;

use axum::http::StatusCode;
use browser::{Browser, Office, PASSWORD};
use call::{CallId, Samples, Side, WallTime};
use status::{Line, LineState, RunningCall, Saying, What, Words};

/// Everything inside. `ID` stands for a call that there is.
const INSIDE: &[&str] = &[
    "/",
    "/lines",
    "/system",
    "/account",
    "/log",
    "/people",
    "/calls",
    "/calls.csv",
    "/calls/ID",
    "/calls/ID/audio.wav",
    "/calls/ID/peaks.json",
    "/calls/ID/vcon.json",
    "/events/overview",
    "/api/state",
    "/api/calls",
    "/api/calls/ID",
];

#[tokio::test]
async fn nothing_inside_is_shown_without_signing_in() {
    let office = Office::set_up().await;
    let mut stranger = Browser::new(&office);
    for path in INSIDE {
        let path = path.replace("ID", &office.call().to_string());
        let answer = stranger.get(&path).await;
        match answer.status {
            StatusCode::SEE_OTHER => {
                assert!(answer.header("location").starts_with("/sign-in"), "{path}")
            }
            StatusCode::UNAUTHORIZED => assert!(answer.text.contains("advice"), "{path}"),
            other => panic!("{path} answered {other}"),
        }
        assert!(!answer.text.contains("王女士"), "{path}");
    }
    let deeds = office.deeds();
    assert!(
        deeds.iter().all(|deed| matches!(deed.what, What::SetUp | What::SignedIn)),
        "{deeds:?}"
    );
}

#[tokio::test]
async fn the_first_visitor_needs_the_code_and_later_ones_the_password() {
    let office = Office::new();
    let mut browser = Browser::new(&office);
    let answer = browser.get("/").await;
    assert_eq!(answer.header("location"), "/set-up");
    let refused = browser
        .post("/set-up", &[("code", "AAAA-AAAA-AAAA"), ("password", PASSWORD), ("again", PASSWORD)])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let code = office.access.setup_code().unwrap();
    let differ = browser
        .post("/set-up", &[("code", &code), ("password", PASSWORD), ("again", "something else")])
        .await;
    assert_eq!(differ.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = browser
        .post("/set-up", &[("code", &code), ("password", PASSWORD), ("again", PASSWORD)])
        .await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(browser.get("/").await.status, StatusCode::OK);

    let mut second = Browser::new(&office);
    assert_eq!(second.get("/set-up").await.header("location"), "/sign-in", "set up only once");
    let wrong = second.post("/sign-in", &[("password", "wrong horse battery")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = second.post("/sign-in", &[("password", PASSWORD), ("to", "/calls?page=1")]).await;
    assert_eq!(right.header("location"), "/calls?page=1");
    assert_eq!(second.get("/calls").await.status, StatusCode::OK);

    let what: Vec<What> = office.deeds().iter().map(|deed| deed.what).collect();
    let expected = [
        What::SignInRefused,
        What::SetUp,
        What::SignedIn,
        What::SignInRefused,
        What::SignedIn,
        What::Listed,
    ];
    assert_eq!(what, expected);
}

#[tokio::test]
async fn a_post_without_the_forms_token_does_nothing() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    let reveal = format!("/calls/{}/number", office.call());
    for (path, fields) in [
        (reveal.as_str(), vec![]),
        (reveal.as_str(), vec![("form", "")]),
        (reveal.as_str(), vec![("form", "00")]),
        ("/sign-out", vec![]),
        ("/lines/test", vec![("line", "line-1")]),
        ("/account/password", vec![("old", PASSWORD), ("new", "another long one")]),
    ] {
        let answer = browser.post_raw(path, &fields, Some("http://127.0.0.1:8080")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {fields:?}");
    }
    // Another visitor's token is no better.
    let other = Browser::signed_in(&office).await.form_token().await;
    let answer =
        browser.post_raw(&reveal, &[("form", &other)], Some("http://127.0.0.1:8080")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(office.access.verify("", PASSWORD).is_some());
    assert!(office.tests_asked().is_empty(), "no line was seized");
    assert!(!office.deeds().iter().any(|deed| matches!(deed.what, What::NumberRevealed(_))));
    assert_eq!(browser.get("/").await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn a_post_from_another_site_is_refused() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    let token = browser.form_token().await;
    for origin in [None, Some("null"), Some("https://evil.example"), Some("http://127.0.0.1:9999")]
    {
        let answer = browser.post_raw("/sign-out", &[("form", &token)], origin).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin:?}");
    }
    assert_eq!(browser.get("/").await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn a_foreign_name_gets_nothing() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    for host in ["evil.example", "evil.example:8080", "127.0.0.1.evil.example"] {
        browser.host = host.to_owned();
        for path in ["/", "/sign-in", "/healthz", "/metrics", "/api/state"] {
            let answer = browser.get(path).await;
            assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{host} {path}");
            assert!(!answer.text.contains("line-1"), "{host} {path}");
        }
    }
    browser.host = "gateway.branch.example".to_owned();
    assert_eq!(browser.get("/").await.status, StatusCode::OK, "a configured name");
}

#[tokio::test]
async fn every_answer_carries_the_safe_headers() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    for path in [
        "/",
        "/calls",
        "/nowhere",
        "/calls/nonsense",
        "/api/state",
        "/sign-in",
        "/assets/page.js",
        "/assets/none",
        "/calls?page=x",
    ] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        let stored = path == "/assets/page.js";
        assert_eq!(answer.header("cache-control") == "no-store", !stored, "{path}");
    }
    for cookie in &browser.seen_cookies {
        assert!(
            cookie.contains("; HttpOnly")
                && cookie.contains("; SameSite=Strict")
                && cookie.contains("; Path=/;"),
            "{cookie}"
        );
    }
    assert!(browser.seen_cookies.iter().any(|cookie| cookie.starts_with("tipring-session=")));
}

#[tokio::test]
async fn pages_hold_no_script_or_style_of_their_own() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    for path in [
        "/",
        "/calls",
        &format!("/calls/{}", office.call()),
        "/lines",
        "/system",
        "/account",
        "/log",
        "/people",
    ] {
        let page = browser.get(path).await.text;
        assert!(
            !page.contains("style=") && !page.contains("<style") && !page.contains("onclick"),
            "{path}"
        );
        assert_eq!(page.matches("<script").count(), 1, "{path}");
        assert!(
            !page.contains("http://") && !page.contains("https://"),
            "{path} names another place"
        );
    }
}

#[tokio::test]
async fn hostile_text_is_text() {
    const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&</script>";
    let office = Office::set_up().await;
    office.live.line(Line {
        name: HOSTILE.to_owned(),
        card: HOSTILE.to_owned(),
        state: LineState::Faulty,
        since: office.now(),
        call: None,
        fault: Some(Saying::from(HOSTILE)),
        counters: status::Counters::default(),
        test: None,
    });
    let mut running = office.running(7);
    running.customer = HOSTILE.to_owned();
    let call = running.call;
    office.live.call_opened(running);
    office.live.words(
        call,
        Words {
            side: Side::Customer,
            start: Samples(8000),
            text: HOSTILE.to_owned(),
            settled: false,
        },
    );
    office.live.warn(office.now(), Saying::from(HOSTILE));
    let hostile = office.add(|record| {
        let findings = record.findings.as_mut().unwrap();
        findings.summary = HOSTILE.to_owned();
        findings.keywords = vec![HOSTILE.to_owned()];
        findings.utterances[0].masked = HOSTILE.to_owned();
        record.cdr.caller.name = Some(HOSTILE.to_owned());
        record.models[0].name = HOSTILE.to_owned();
    });
    let mut browser = Browser::signed_in(&office).await;
    let search = "/calls?text=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&line=%22%3E%3Cimg";
    for path in [
        "/",
        "/lines",
        "/system",
        "/account",
        "/log",
        "/people",
        "/calls",
        search,
        &format!("/calls/{hostile}"),
        "/nowhere?%3Cimg",
        "/sign-in?to=%22%3E%3Cimg",
    ] {
        let page = browser.get(path).await.text;
        assert!(!page.contains("<img"), "{path}");
        assert_eq!(page.matches("</script").count(), page.matches("<script").count(), "{path}");
    }
    assert!(browser.get("/").await.text.contains("&lt;img src=x"), "it is shown all the same");
}

#[tokio::test]
async fn numbers_and_words_are_masked_until_they_are_revealed() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    let page = format!("/calls/{}", office.call());
    for path in ["/", "/calls", &page, "/api/state", "/api/calls", &format!("/api{page}")] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.text.contains("13800138000"), "{path} shows the number");
        assert!(!answer.text.contains("幺三八零零"), "{path} shows a spoken number");
    }
    assert!(browser.get(&page).await.text.contains("我的手机是***********"));
    assert!(!office.deeds().iter().any(|deed| matches!(deed.what, What::NumberRevealed(_))));

    let revealed = browser.post(&format!("{page}/number"), &[]).await;
    assert!(revealed.text.contains("13800138000"));
    let deed = office.deeds().pop().unwrap();
    assert_eq!(
        (deed.who.as_str(), deed.what),
        ("administrator", What::NumberRevealed(office.call()))
    );
    assert_eq!(deed.from.unwrap().to_string(), "127.0.0.1");
}

#[tokio::test]
async fn words_that_nobody_has_masked_yet_are_masked_here() {
    let office = Office::set_up().await;
    let call = office.add(|record| record.findings = None);
    let mut browser = Browser::signed_in(&office).await;
    for path in [format!("/calls/{call}"), format!("/api/calls/{call}")] {
        let text = browser.get(&path).await.text;
        assert!(text.contains("我的手机是***") && !text.contains("幺三八零零"), "{path}");
    }
}

#[tokio::test]
async fn what_the_access_log_cannot_hold_is_not_shown() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    office.break_the_log();
    for path in
        ["/calls/ID", "/calls/ID/audio.wav", "/calls/ID/vcon.json", "/api/calls/ID", "/calls"]
    {
        let answer = browser.get(&path.replace("ID", &office.call().to_string())).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(!answer.text.contains("换一辆车") && !answer.text.contains("RIFF"), "{path}");
    }
    assert_eq!(browser.get("/").await.status, StatusCode::OK, "what goes on is still seen");
}

#[tokio::test]
async fn audio_comes_in_ranges_and_is_logged_once_a_listening() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    let path = format!("/calls/{}/audio.wav", office.call());
    let whole = browser.get(&path).await;
    assert_eq!((whole.status, whole.header("accept-ranges")), (StatusCode::OK, "bytes"));
    assert_eq!(&whole.bytes[..4], b"RIFF");
    let length = whole.bytes.len();
    assert_eq!(length, 44 + 4 * 16_000);
    assert_eq!(whole.bytes[44..48], [8, 0, 248, 255], "agent left (A-law D5), customer right (55)");

    let part = browser.get_range(&path, "bytes=40-99").await;
    assert_eq!(
        (part.status, part.bytes.as_slice()),
        (StatusCode::PARTIAL_CONTENT, &whole.bytes[40..100])
    );
    assert_eq!(part.header("content-range"), format!("bytes 40-99/{length}"));
    let tail = browser.get_range(&path, "bytes=-10").await;
    assert_eq!(tail.bytes, whole.bytes[length - 10..]);
    for bad in ["bytes=9999999-", "bytes=5-1", "bytes=a-", "frames=0-1", "bytes=0-1,4-5"] {
        let answer = browser.get_range(&path, bad).await;
        assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE, "{bad}");
        assert_eq!(answer.header("content-range"), format!("bytes */{length}"), "{bad}");
        assert!(answer.text.contains(&length.to_string()), "{bad}: {}", answer.text);
    }
    let download = browser.get(&format!("{path}?download=1")).await;
    assert!(download.header("content-disposition").starts_with("attachment; filename=\""));
    let sound: Vec<What> = office
        .deeds()
        .iter()
        .map(|deed| deed.what)
        .filter(|what| matches!(what, What::Listened(_) | What::AudioExported(_)))
        .collect();
    assert_eq!(sound, [What::Listened(office.call()), What::AudioExported(office.call())]);

    let peaks = browser.get(&format!("/calls/{}/peaks.json", office.call())).await;
    let peaks: serde_json::Value = serde_json::from_str(&peaks.text).unwrap();
    assert_eq!((peaks["ms"].as_u64(), peaks["agent"].as_array().unwrap().len()), (Some(2000), 400));
}

#[tokio::test]
async fn the_language_is_the_browsers_until_it_is_chosen() {
    let office = Office::set_up().await;
    let mut browser = Browser::new(&office);
    assert!(browser.get("/sign-in").await.text.contains("lang=\"zh-Hans\""));
    browser.language = "en-GB,en;q=0.8";
    assert!(browser.get("/sign-in").await.text.contains("Sign in"));
    let chosen = browser.get("/language/zh?to=/calls%3Fpage%3D2").await;
    assert_eq!(chosen.header("location"), "/calls?page=2");
    assert!(browser.get("/sign-in").await.text.contains("登录"));
    assert_eq!(browser.get("/language/en?to=//evil.example").await.header("location"), "/");
    assert_eq!(browser.get("/language/tlh").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn bad_input_is_told_what_is_wrong_in_both_languages() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    let long = format!("/calls?text={}", "x".repeat(101));
    let huge = format!("/calls?text={}", "x".repeat(5000));
    let missing = format!("/calls/{}", CallId::new(1, 1));
    let cases = [
        ("/nowhere", 404, "没有这个页面", "no such page"),
        ("/calls/nonsense", 404, "没有这通电话", "no such call"),
        (&missing, 404, "没有这通电话", "no such call"),
        ("/calls?page=0", 400, "page", "1 – 100000"),
        ("/calls?page=-1", 400, "page", "1 – 100000"),
        ("/calls?since=yesterday", 400, "YYYY-MM-DD", "since"),
        ("/calls?outcome=won", 400, "outcome", "agreed"),
        ("/calls?interest=9", 400, "interest", "high"),
        ("/calls?text=a&text=b", 400, "query", "query"),
        (&long, 400, "text", "100"),
        (&huge, 414, "地址太长", "too long"),
    ];
    for (language, at) in [("zh", 0), ("en", 1)] {
        browser.get(&format!("/language/{language}")).await;
        for (path, status, zh, en) in &cases {
            let answer = browser.get(path).await;
            assert_eq!(answer.status.as_u16(), *status, "{path}");
            let expected = [zh, en][at];
            assert!(answer.text.contains(expected), "{path} lacks {expected}: {}", answer.text);
        }
    }
    let posted = browser.post("/calls", &[]).await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
    let api = browser.get("/api/calls?page=zero").await;
    assert!(
        serde_json::from_str::<serde_json::Value>(&api.text).unwrap()["advice"]
            .as_str()
            .unwrap()
            .contains("page")
    );
}

#[tokio::test]
async fn filters_reach_the_source_and_stay_in_the_form() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    let page = browser.get("/calls?text=%E6%8D%A2%E8%BD%A6&outcome=agreed&interest=high&line=line-1&since=2026-03-01&until=2026-03-31&page=3").await;
    assert_eq!(page.status, StatusCode::OK);
    let asked = office.asked();
    assert_eq!(asked.text.as_deref(), Some("换车"));
    assert_eq!(asked.outcome, Some(call::Outcome::Agreed));
    assert_eq!(asked.interest, Some(call::Interest::High));
    assert_eq!((asked.line.as_deref(), asked.page), (Some("line-1"), 2));
    let days = (asked.until.unwrap().unix_ms - asked.since.unwrap().unix_ms) / 86_400_000;
    assert_eq!(days, 31, "the last day counts whole");
    assert!(
        page.text.contains("value=\"换车\"") && page.text.contains("value=\"agreed\" selected")
    );
    assert!(page.text.contains("/calls?page=2&amp;text=%E6%8D%A2%E8%BD%A6&amp;since=2026-03-01"));
    assert!(!format!("{asked:?}").contains("换车"), "what was searched does not print itself");
}

#[tokio::test]
async fn metrics_are_for_this_machine_and_hold_no_customer() {
    let office = Office::set_up().await;
    office.live.call_opened(office.running(9));
    let mut browser = Browser::new(&office);
    let metrics = browser.get("/metrics").await;
    assert_eq!(metrics.status, StatusCode::OK);
    assert!(metrics.text.contains("tipring_line_up{line=\"line-1\"} 1\n"), "{}", metrics.text);
    assert!(metrics.text.contains("tipring_calls_running 1\n"));
    for line in metrics.text.lines().filter(|line| !line.starts_with('#')) {
        assert!(
            line.rsplit_once(' ').is_some_and(|(_, value)| value.parse::<f64>().is_ok()),
            "{line}"
        );
        assert!(!line.contains("138"), "{line}");
    }
    browser.peer = "192.0.2.7:4000".parse().unwrap();
    assert_eq!(browser.get("/metrics").await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/healthz").await.text, "ok\n");
}

#[tokio::test]
async fn guessing_has_to_wait() {
    let office = Office::set_up().await;
    let mut guesser = Browser::new(&office);
    guesser.peer = "192.0.2.9:1".parse().unwrap();
    for _ in 0..5 {
        let answer = guesser.post("/sign-in", &[("password", "password123")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = guesser.post("/sign-in", &[("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "even the right one");
    assert!(answer.header("retry-after").parse::<u32>().unwrap() <= 6);
    Browser::signed_in(&office).await;
}

#[tokio::test]
async fn a_changed_password_ends_what_was_begun_under_the_old_one() {
    let office = Office::set_up().await;
    let (mut one, mut other) =
        (Browser::signed_in(&office).await, Browser::signed_in(&office).await);
    let wrong = one
        .post(
            "/account/password",
            &[("old", "not this one at all"), ("new", "a much newer password")],
        )
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let changed =
        one.post("/account/password", &[("old", PASSWORD), ("new", "a much newer password")]).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(one.get("/").await.status, StatusCode::OK);
    assert_eq!(other.get("/").await.status, StatusCode::SEE_OTHER);
    assert!(office.access.verify("", "a much newer password").is_some());
}

#[tokio::test]
async fn what_is_wrong_comes_with_what_to_do() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    assert!(browser.get("/").await.text.contains("一切正常"));
    office.live.line_changed("line-1", |line| {
        line.state = LineState::Faulty;
        line.fault = Some(Saying::new("没有馈电。请检查插头。", "No battery. Check the plug."));
    });
    office.live.speech(status::Speech {
        waiting: 4,
        behind_ms: 0,
        restarts: 0,
        error: Some(Saying::new("缺少模型。", "The model is missing. Run tools/run.")),
    });
    browser.get("/language/en").await;
    let page = browser.get("/").await.text;
    let (line, speech) =
        (page.find("Check the plug").unwrap(), page.find("Run tools/run").unwrap());
    assert!(line < speech, "the heavier first");
    assert!(page.contains("made up later, waiting: 4"));
    let state: serde_json::Value =
        serde_json::from_str(&browser.get("/api/state").await.text).unwrap();
    assert_eq!(state["problems"][0]["weight"], "fault");
}

#[tokio::test]
async fn a_running_call_shows_only_its_masked_number() {
    let office = Office::set_up().await;
    let opened = call::entry::Opened {
        call: CallId::new(office.now().unix_ms, 5),
        device: call::DeviceId([1; 16]),
        at: office.now(),
        direction: call::Direction::Outbound,
        line: "line-1".to_owned(),
        station: String::new(),
        customer: Some("13800138000".parse().unwrap()),
    };
    let running = RunningCall::new(&opened);
    assert_eq!(running.customer, "138******00");
    office.live.call_opened(running);
    let answered = WallTime { unix_ms: office.now().unix_ms + 5000, ..office.now() };
    office.live.call_answered(opened.call, answered);
    let mut browser = Browser::signed_in(&office).await;
    let page = browser.get("/").await.text;
    assert!(
        page.contains("138******00")
            && page.contains(&format!("data-since=\"{}\"", answered.unix_ms))
    );
}

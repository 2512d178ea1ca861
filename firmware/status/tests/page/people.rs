//! People and roles: who sees what, who manages whom, who answers for what was done.

use crate::browser::{Browser, Office, PASSWORD};
use axum::http::StatusCode;
use call::{CallId, Samples, Side};
use status::{Role, What, Words};

const EVERYBODY: &[Role] = Role::ALL;
const READERS: &[Role] = &[Role::Agent, Role::Supervisor, Role::Compliance, Role::Administrator];
const LISTENERS: &[Role] = &[Role::Supervisor, Role::Compliance, Role::Administrator];
const ANSWERING: &[Role] = &[Role::Compliance, Role::Administrator];
const MANAGERS: &[Role] = &[Role::Administrator];

#[tokio::test]
async fn each_role_is_shown_what_it_may_see_and_nothing_else() {
    let office = Office::set_up().await;
    let pages: &[(&str, &[Role])] = &[
        ("/lines", EVERYBODY),
        ("/system", EVERYBODY),
        ("/account", EVERYBODY),
        ("/api/state", EVERYBODY),
        ("/calls", READERS),
        ("/calls/ID", READERS),
        ("/api/calls", READERS),
        ("/api/calls/ID", READERS),
        ("/calls/ID/audio.wav", LISTENERS),
        ("/calls/ID/audio.wav?download=1", LISTENERS),
        ("/calls/ID/peaks.json", LISTENERS),
        ("/calls/ID/vcon.json", LISTENERS),
        ("/calls.csv", LISTENERS),
        ("/log", ANSWERING),
        ("/people", MANAGERS),
    ];
    for &role in Role::ALL {
        let mut browser = Browser::of(&office, role).await;
        for (path, allowed) in pages {
            let answer = browser.get(&path.replace("ID", &office.call().to_string())).await;
            let expected =
                if allowed.contains(&role) { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status, expected, "{role} asks for {path}");
            if expected == StatusCode::FORBIDDEN {
                assert!(!answer.text.contains("换一辆车") && !answer.text.contains("RIFF"));
            }
        }
        let record = format!("/calls/{}", office.call());
        let posts = [("/number", LISTENERS), ("/hold", ANSWERING), ("/release", ANSWERING)];
        for (path, allowed) in posts {
            let answer = browser.post(&format!("{record}{path}"), &[("why", "case 7")]).await;
            let may = answer.status != StatusCode::FORBIDDEN;
            assert_eq!(may, allowed.contains(&role), "{role} posts {path}");
        }
        let page = browser.get(&record).await.text;
        assert_eq!(page.contains("id=\"player\""), LISTENERS.contains(&role), "{role}");
        assert_eq!(page.contains("id=\"reveal\""), LISTENERS.contains(&role), "{role}");
        assert_eq!(page.contains("id=\"why-hold\""), ANSWERING.contains(&role), "{role}");
    }
}

#[tokio::test]
async fn who_installs_sees_lines_and_no_call() {
    let office = Office::set_up().await;
    let running = office.running(3);
    let call = running.call;
    office.live.call_opened(running);
    office.live.line_changed("line-1", |line| line.call = Some(call));
    let words =
        Words {
            side: Side::Customer, start: Samples(80), text: "我想换车".into(), settled: true
        };
    office.live.words(call, words);
    let mut installer = Browser::of(&office, Role::Installer).await;
    assert_eq!(installer.get("/").await.header("location"), "/lines");
    for path in ["/lines", "/system", "/api/state"] {
        let text = installer.get(path).await.text;
        assert!(!text.contains("我想换车") && !text.contains("138***"), "{path}");
        assert!(path == "/system" || text.contains("line-1"), "{path}");
    }
    let mut events = installer.events("/events/overview").await;
    assert!(!events.next_with("running").await.contains("我想换车"));
    assert!(Browser::of(&office, Role::Agent).await.get("/").await.text.contains("我想换车"));
}

#[tokio::test]
async fn an_administrator_manages_people_and_every_change_signs_them_out() {
    let office = Office::set_up().await;
    let mut boss = Browser::signed_in(&office).await;
    let added = [("name", "李娜"), ("role", "agent"), ("password", PASSWORD)];
    assert_eq!(boss.post("/people/add", &added).await.status, StatusCode::SEE_OTHER);
    assert!(boss.get("/people").await.text.contains("李娜"));

    let enter = async |office: &Office, password: &str| {
        let mut browser = Browser::new(office);
        let fields = [("name", "李娜"), ("password", password)];
        (browser.post("/sign-in", &fields).await.status, browser)
    };
    let (status, mut first) = enter(&office, PASSWORD).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let mut events = first.events("/events/overview").await;
    events.next_with("running").await;
    let promoted = [("name", "李娜"), ("role", "supervisor")];
    assert_eq!(boss.post("/people/role", &promoted).await.status, StatusCode::SEE_OTHER);
    assert_eq!(first.get("/calls").await.status, StatusCode::SEE_OTHER, "signed out");
    office.live.warn(office.now(), status::Saying::from("something new"));
    events.next_with("event: over").await;

    let (_, mut second) = enter(&office, PASSWORD).await;
    let path = format!("/calls/{}/peaks.json", office.call());
    assert_eq!(second.get(&path).await.status, StatusCode::OK, "in the new role");
    let reset = [("name", "李娜"), ("password", "a much newer password")];
    assert_eq!(boss.post("/people/password", &reset).await.status, StatusCode::SEE_OTHER);
    assert_eq!(second.get("/calls").await.status, StatusCode::SEE_OTHER, "signed out");
    assert_eq!(enter(&office, PASSWORD).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (_, mut third) = enter(&office, "a much newer password").await;
    assert_eq!(
        boss.post("/people/remove", &[("name", "李娜")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(third.get("/calls").await.status, StatusCode::SEE_OTHER, "signed out");

    let told: Vec<_> = office
        .deeds()
        .into_iter()
        .filter(|deed| !deed.note.is_empty() && deed.what != What::SetUp)
        .map(|deed| (deed.who, deed.what.word(), deed.note))
        .collect();
    let by = |what, note: &str| (status::FIRST.to_owned(), what, note.to_owned());
    assert_eq!(
        told,
        [
            by("person_added", "李娜 (agent)"),
            by("role_changed", "李娜 (supervisor)"),
            by("password_reset", "李娜 (supervisor)"),
            by("person_removed", "李娜 (supervisor)"),
        ]
    );
}

#[tokio::test]
async fn a_mistake_about_a_person_is_explained_and_changes_nothing() {
    let office = Office::set_up().await;
    let mut boss = Browser::signed_in(&office).await;
    boss.language = "en";
    let before = office.access.people();
    type Fields<'a> = &'a [(&'a str, &'a str)];
    let cases: &[(&str, Fields<'_>, &str)] = &[
        (
            "/people/add",
            &[("name", "<b>"), ("role", "agent"), ("password", PASSWORD)],
            "A name has",
        ),
        (
            "/people/add",
            &[("name", "Li"), ("role", "agent"), ("password", "short")],
            "10 characters",
        ),
        (
            "/people/add",
            &[("name", "ADMINISTRATOR"), ("role", "agent"), ("password", PASSWORD)],
            "already",
        ),
        ("/people/role", &[("name", "administrator"), ("role", "agent")], "last administrator"),
        ("/people/remove", &[("name", "administrator")], "last administrator"),
        ("/people/password", &[("name", "Zhou"), ("password", PASSWORD)], "nobody named Zhou"),
    ];
    for (path, fields, expected) in cases {
        let answer = boss.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {fields:?}");
        assert!(answer.text.contains(expected), "{path} {fields:?}: {}", answer.text);
        assert!(!answer.text.contains("<b>"));
    }
    let unclear = [("name", "Li"), ("role", "boss"), ("password", PASSWORD)];
    assert_eq!(boss.post("/people/add", &unclear).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(office.access.people(), before);
    // And nothing at all without the form's token.
    for path in ["/people/add", "/people/role", "/people/password", "/people/remove"] {
        let fields = [("name", "Li"), ("role", "agent"), ("password", PASSWORD)];
        let answer = boss.post_raw(path, &fields, Some("http://127.0.0.1:8080")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(office.access.people(), before);
}

#[tokio::test]
async fn names_are_asked_for_once_there_are_several_people() {
    let office = Office::set_up().await;
    let mut browser = Browser::new(&office);
    assert!(!browser.get("/sign-in").await.text.contains("id=\"name\""));
    Browser::of(&office, Role::Agent).await;
    assert!(browser.get("/sign-in").await.text.contains("id=\"name\""));
    let nameless = browser.post("/sign-in", &[("password", PASSWORD)]).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = browser.post("/sign-in", &[("name", "Zhou"), ("password", PASSWORD)]).await;
    assert_eq!(wrong.text.replace(|c: char| c.is_ascii_hexdigit(), ""), {
        nameless.text.replace(|c: char| c.is_ascii_hexdigit(), "")
    });
}

#[tokio::test]
async fn holding_and_erasing_want_a_reason_and_who_did_it_is_kept() {
    let office = Office::set_up().await;
    let (call, mut browser) = (office.call(), Browser::of(&office, Role::Compliance).await);
    let record = format!("/calls/{call}");
    let audio = format!("{record}/audio.wav");
    assert_eq!(browser.get(&audio).await.status, StatusCode::OK, "it lies on the shelf now");
    for why in ["", "  ", &"x".repeat(201)] {
        for deed in ["hold", "release", "erase"] {
            let answer = browser.post(&format!("{record}/{deed}"), &[("why", why)]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{deed} for {why:?}");
        }
        let answer = browser
            .post_raw(&format!("{record}/erase"), &[("why", "x")], Some("http://127.0.0.1:8080"))
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "without the form's token");
    }
    let held = browser.post(&format!("{record}/hold"), &[("why", "case 7")]).await;
    assert_eq!(held.header("location"), record);
    assert!(browser.get(&record).await.text.contains("id=\"why-release\""));
    let refused = browser.post(&format!("{record}/erase"), &[("why", "asked")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("已保留"));
    browser.post(&format!("{record}/release"), &[("why", "case closed")]).await;
    let erased = browser.post(&format!("{record}/erase"), &[("why", "the customer asked")]).await;
    assert_eq!(erased.status, StatusCode::OK);
    for path in [&record, &audio] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let kept: Vec<_> = office
        .deeds()
        .into_iter()
        .filter(|deed| matches!(deed.what, What::Held(_) | What::Released(_) | What::Erased(_)))
        .map(|deed| (deed.who, deed.what, deed.note))
        .collect();
    let by = |what, why: &str| ("compliance".to_owned(), what, why.to_owned());
    assert_eq!(
        kept,
        [
            by(What::Held(call), "case 7"),
            by(What::Released(call), "case closed"),
            by(What::Erased(call), "the customer asked"),
        ]
    );
}

#[tokio::test]
async fn the_log_says_who_touched_what_and_notes_who_reads_it() {
    let office = Office::set_up().await;
    let call = office.call();
    Browser::of(&office, Role::Agent).await.get(&format!("/calls/{call}")).await;
    let mut browser = Browser::of(&office, Role::Compliance).await;
    let page = browser.get("/log").await;
    assert!(page.text.contains("查看记录") && page.text.contains(&call.to_string()));
    assert!(page.text.contains("agent") && page.text.contains("127.0.0.1"));
    assert!(page.text.contains("查看访问日志"), "this very look is in it");
    let only = browser.get(&format!("/log?call={call}&who=agent&what=viewed")).await.text;
    assert_eq!(only.matches("<li>").count(), 1, "{only}");
    let none = browser.get(&format!("/log?call={}", CallId::new(9, 9))).await.text;
    assert!(none.contains("没有符合条件的条目"));
    for (query, told) in [("call=nonsense", "call"), ("what=danced", "what"), ("page=0", "page")] {
        let answer = browser.get(&format!("/log?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(answer.text.contains(told), "{query}");
    }
    office.break_the_log();
    assert_eq!(browser.get("/log").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_list_is_taken_away_masked_and_that_is_logged() {
    let office = Office::set_up().await;
    office.add(|record| {
        record.findings.as_mut().unwrap().summary = "=1+1, \"quoted\"".to_owned();
    });
    let mut browser = Browser::of(&office, Role::Supervisor).await;
    let list = browser.get("/calls.csv?outcome=agreed").await;
    assert!(list.header("content-type").starts_with("text/csv"));
    assert!(list.header("content-disposition").contains("tipring-calls.csv"));
    assert_eq!(office.asked().outcome, Some(call::Outcome::Agreed));
    let lines: Vec<&str> = list.text.split("\r\n").collect();
    assert!(lines[0].starts_with("\u{feff}call,revision,opened,"), "{}", lines[0]);
    assert!(lines[1].contains("outbound,line-1,desk,138******00,1,"), "{}", lines[1]);
    assert!(lines[2].contains("\"'=1+1, \"\"quoted\"\"\""), "{}", lines[2]);
    assert!(!list.text.contains("13800138000"));
    assert_eq!(office.deeds().pop().unwrap().what, What::ListExported);
    assert!(browser.get("/calls?line=line-1").await.text.contains("/calls.csv?line=line-1"));
    let agent = Browser::of(&office, Role::Agent).await.get("/calls").await.text;
    assert!(!agent.contains("calls.csv"));
}

//! Line tests on the page: begun by a button, watched as they go, read in both languages.

use crate::browser::{Browser, Office};
use axum::http::StatusCode;
use status::{LineTest, Role, Saying, TestRow, TestState, TestVerdict};

fn test(office: &Office, state: TestState) -> LineTest {
    LineTest { at: office.now(), state, rows: Vec::new(), proposals: Vec::new() }
}

fn show(office: &Office, test: LineTest) {
    office.live.line_changed("line-1", |line| line.test = Some(test));
}

#[tokio::test]
async fn one_line_or_all_are_tested_at_the_press_of_a_button() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    let page = browser.get("/lines").await.text;
    assert!(page.contains("测试全部线路") && page.contains("form=\"line-tests\""), "{page}");
    for line in ["line-1", ""] {
        let answer = browser.post("/lines/test", &[("line", line)]).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/lines"));
    }
    let who = || "administrator".to_owned();
    let asked = [(who(), Some("line-1".to_owned())), (who(), None)];
    assert_eq!(office.tests_asked(), asked);
}

#[tokio::test]
async fn who_installs_may_test_and_who_reads_or_talks_may_not() {
    let office = Office::set_up().await;
    for &role in Role::ALL {
        let mut browser = Browser::of(&office, role).await;
        let may = matches!(role, Role::Supervisor | Role::Installer | Role::Administrator);
        let before = office.tests_asked().len();
        let answer = browser.post("/lines/test", &[("line", "line-1")]).await;
        assert_eq!(answer.status == StatusCode::SEE_OTHER, may, "{role}");
        assert_eq!(office.tests_asked().len() - before, usize::from(may), "{role}");
        let page = browser.get("/lines").await.text;
        assert_eq!(page.contains("id=\"line-tests\""), may, "{role}");
    }
}

#[tokio::test]
async fn a_line_that_is_not_there_and_a_log_that_cannot_be_written_test_nothing() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    let unknown = browser.post("/lines/test", &[("line", "line-9")]).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    office.break_the_log();
    let unwritten = browser.post("/lines/test", &[("line", "line-1")]).await;
    assert_eq!(unwritten.status, StatusCode::SERVICE_UNAVAILABLE);
    let mut stranger = Browser::new(&office);
    stranger.post("/lines/test", &[("line", "")]).await;
    assert!(office.tests_asked().is_empty());
}

#[tokio::test]
async fn a_test_is_seen_as_it_goes_and_its_button_waits() {
    let office = Office::set_up().await;
    let mut browser = Browser::signed_in(&office).await;
    let mut events = browser.events("/events/lines").await;
    assert!(!events.next_with("line-cards").await.contains("progress"));
    let says = Saying::new("测量噪声", "measuring noise");
    show(&office, test(&office, TestState::Running { part: 4, of: 5, says }));
    let part = events.next_with("line-cards").await;
    assert!(part.contains("测量噪声") && part.contains("disabled"), "{part}");
    show(&office, test(&office, TestState::Passed));
    let part = events.next_with("line-cards").await;
    assert!(part.contains("合格") && !part.contains("disabled"), "{part}");
}

#[tokio::test]
async fn what_was_found_is_read_in_both_languages_with_what_to_do() {
    const HOSTILE: &str = "<img src=x>";
    let office = Office::set_up().await;
    let row = |verdict, advice: Option<Saying>| TestRow {
        name: Saying::new("回声损耗", "echo return loss"),
        found: Saying::from("4.2 dB"),
        limit: Saying::from("≥ 10 dB"),
        verdict,
        advice,
    };
    let advice = Saying::new("检查并联话机", "look for a second set");
    show(
        &office,
        LineTest {
            rows: vec![row(TestVerdict::Bad, Some(advice)), row(TestVerdict::Good, None)],
            proposals: vec![Saying::from(HOSTILE)],
            ..test(&office, TestState::Failed)
        },
    );
    let mut browser = Browser::signed_in(&office).await;
    let page = browser.get("/lines").await.text;
    for words in ["不合格", "回声损耗", "4.2 dB", "检查并联话机", "&lt;img src=x&gt;"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("<img"));
    browser.get("/language/en").await;
    let page = browser.get("/lines").await.text;
    for words in ["Failed", "echo return loss", "look for a second set", "not measured"] {
        assert_eq!(page.contains(words), words != "not measured", "{words}");
    }
}

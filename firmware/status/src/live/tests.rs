use super::*;
use call::{Direction, Samples, Side};

fn at(seconds: i64) -> WallTime {
    WallTime { unix_ms: 1_772_417_700_000 + seconds * 1000, offset_min: 480 }
}

fn opened(random: u128) -> RunningCall {
    RunningCall::new(&call::entry::Opened {
        call: CallId::new(at(0).unix_ms, random),
        device: call::DeviceId([1; 16]),
        at: at(0),
        direction: Direction::Outbound,
        line: "line-1".to_owned(),
        station: String::new(),
        customer: Some("13800138000".parse().unwrap()),
    })
}

fn line(name: &str) -> Line {
    Line {
        name: name.to_owned(),
        card: String::new(),
        state: LineState::Idle,
        since: at(0),
        call: None,
        fault: None,
        counters: Counters::default(),
        test: None,
    }
}

fn words(side: Side, start: u64, text: &str) -> Words {
    Words { side, start: Samples(start), text: text.to_owned(), settled: false }
}

#[test]
fn words_grow_in_place_and_stand_in_the_order_of_their_start() {
    let live = Live::new();
    let running = opened(1);
    let call = running.call;
    live.call_opened(running);
    live.words(call, words(Side::Customer, 900, "是"));
    live.words(call, words(Side::Agent, 100, "您"));
    live.words(call, words(Side::Agent, 100, "您好"));
    live.words(call, words(Side::Agent, 900, "同时"));
    let said = &live.snapshot().running[0].words;
    let texts: Vec<&str> = said.iter().map(|words| words.text.as_str()).collect();
    assert_eq!(texts, ["您好", "同时", "是"]);
}

#[test]
fn no_torrent_fills_the_memory() {
    let live = Live::new();
    let long = "长".repeat(MAX_TEXT * 2);
    for number in 0..MAX_RUNNING as u128 + 50 {
        live.call_opened(opened(number));
    }
    let call = live.snapshot().running[0].call;
    for start in 0..MAX_WORDS as u64 + 20 {
        live.words(call, words(Side::Agent, start, &long));
    }
    for number in 0..MAX_LINES + 50 {
        live.line(line(&format!("line-{number}")));
        live.warn(at(0), Saying::from(format!("warning {number}")));
    }
    let now = live.snapshot();
    assert_eq!((now.running.len(), now.lines.len()), (MAX_RUNNING, MAX_LINES));
    assert_eq!((now.warnings.len(), now.running[0].words.len()), (MAX_WARNINGS, MAX_WORDS));
    assert_eq!(now.running[0].words[0].start, Samples(20), "the newest words are kept");
    assert_eq!(now.running[0].words[0].text.chars().count(), MAX_TEXT);
}

#[test]
fn what_is_told_of_an_unknown_call_or_line_changes_nothing() {
    let live = Live::new();
    let before = live.snapshot();
    live.words(opened(1).call, words(Side::Agent, 0, "?"));
    live.call_answered(opened(1).call, at(3));
    live.call_released(opened(1).call, at(4));
    live.line_changed("line-9", |line| line.state = LineState::Faulty);
    live.receipt(opened(1).call, 0, Receipt::Queued);
    assert_eq!(live.snapshot(), before);
}

#[test]
fn a_call_runs_then_is_finished_then_only_a_record() {
    let live = Live::new();
    let running = opened(1);
    let call = running.call;
    live.call_opened(running);
    live.call_answered(call, at(5));
    assert_eq!(live.snapshot().running[0].state, CallState::Talking);
    live.call_released(call, at(50));
    assert_eq!(live.snapshot().running[0].state, CallState::Finishing);
    live.call_finished(&record(call, 0, Some(5_000), 45_000), Receipt::Queued);
    let now = live.snapshot();
    assert!(now.running.is_empty());
    assert_eq!((now.newest.len(), now.newest[0].talk_ms), (1, Some(40_000)));
}

#[test]
fn a_later_revision_replaces_the_earlier_and_counts_once() {
    let live = Live::new();
    let call = opened(1).call;
    live.call_finished(&record(call, 0, Some(0), 10_000), Receipt::Queued);
    live.call_finished(&record(call, 1, Some(0), 10_000), Receipt::Queued);
    live.receipt(call, 1, Receipt::Delivered(Some(at(60))));
    let now = live.snapshot();
    assert_eq!((now.newest.len(), now.newest[0].revision), (1, 1));
    assert_eq!(now.newest[0].receipt, Receipt::Delivered(Some(at(60))));
    assert_eq!((now.today.calls, now.today.answered, now.today.talk_ms), (1, 1, 10_000));
}

#[test]
fn the_newest_stand_first_whatever_order_they_are_told_in() {
    let live = Live::new();
    let calls: Vec<CallId> = (0..20).map(|second| CallId::new(at(second).unix_ms, 0)).collect();
    for order in [3, 1, 19, 7, 2, 18, 5, 4, 6, 0, 17, 16, 15, 14] {
        live.call_finished(&record(calls[order], 0, None, 1), Receipt::Local);
    }
    let shown: Vec<CallId> = live.snapshot().newest.iter().map(|row| row.call).collect();
    let expected: Vec<CallId> = [19, 18, 17, 16, 15, 14, 7, 6].map(|at| calls[at]).to_vec();
    assert_eq!(shown, expected);
}

#[test]
fn a_new_day_starts_from_nothing_and_an_old_call_does_not_bring_yesterday_back() {
    let live = Live::new();
    let on = |day: i64| {
        let opened = at(day * 86_400);
        let mut one = record(CallId::new(opened.unix_ms, 1), 0, Some(0), 1000);
        one.cdr.opened_at = opened;
        one
    };
    live.call_finished(&on(0), Receipt::Local);
    live.call_finished(&on(1), Receipt::Local);
    live.call_finished(&on(0), Receipt::Local);
    let today = live.snapshot().today;
    assert_eq!((today.calls, today.day), (1, Some(at(86_400))));
}

#[test]
fn a_receipt_counts_for_its_revision_whenever_it_comes() {
    let (live, call, signed) = (Live::new(), opened(1).call, Receipt::Delivered(Some(at(60))));
    let shown = || live.snapshot().newest[0].receipt;
    live.call_finished(&record(call, 0, Some(0), 10_000), Receipt::Queued);
    // Headquarters was faster than the telling of what it signed for.
    live.receipt(call, 1, signed);
    assert_eq!(shown(), Receipt::Queued, "revision 0 is not what was signed for");
    live.call_finished(&record(call, 1, Some(0), 10_000), Receipt::Queued);
    assert_eq!(shown(), signed);
    // A receipt that was long on its way.
    live.call_finished(&record(call, 2, Some(0), 10_000), Receipt::Queued);
    live.receipt(call, 0, signed);
    live.receipt(call, 1, signed);
    assert_eq!(shown(), Receipt::Queued, "revision 2 is still on its way");
    assert_eq!(live.receipt_of(call, 1), Some(signed));
    assert_eq!(live.receipt_of(call, 2), None);
}

#[test]
fn a_torrent_of_receipts_fills_no_memory() {
    let live = Live::new();
    for second in 0..MAX_RECEIPTS as i64 + 10 {
        live.receipt(CallId::new(second, 0), 0, Receipt::Delivered(None));
    }
    assert_eq!(live.lock().receipts.len(), MAX_RECEIPTS);
}

#[test]
fn every_telling_is_heard() {
    let live = Live::new();
    let mut heard = live.watch();
    assert!(!heard.has_changed().unwrap());
    live.line(line("line-1"));
    assert!(heard.has_changed().unwrap());
    heard.mark_unchanged();
    live.speech(Speech::default());
    assert!(heard.has_changed().unwrap());
}

#[test]
fn a_warning_stands_once_and_can_be_taken_back() {
    let live = Live::new();
    let says = Saying::new("时钟有误", "The clock is wrong");
    live.warn(at(1), says.clone());
    live.warn(at(2), says.clone());
    let warnings = live.snapshot().warnings;
    assert_eq!((warnings.len(), warnings[0].at), (1, at(2)));
    live.settled(&says);
    assert!(live.snapshot().warnings.is_empty());
}

pub(crate) fn record(
    call: CallId,
    revision: u16,
    answered_ms: Option<u64>,
    released_ms: u64,
) -> Record {
    Record {
        call,
        device: call::DeviceId([1; 16]),
        revision,
        cdr: call::Cdr {
            direction: Direction::Outbound,
            line: "line-1".to_owned(),
            station: String::new(),
            customer: None,
            caller: call::CallerId::default(),
            opened_at: at(0),
            dialled_at: None,
            rang_at: None,
            answered_at: answered_ms.map(Samples::from_ms),
            answer_sign: None,
            released_at: Samples::from_ms(released_ms),
            cause: call::Cause::CustomerReleased,
        },
        audio: Vec::new(),
        speech: call::SpeechState::Pending,
        utterances: Vec::new(),
        findings: None,
        software: call::Software { version: "tipring".to_owned() },
        models: Vec::new(),
    }
}

//! Line tests between calls, several at once, and what goes before them.

use super::*;
use exchange::{
    Caller, Deed, Digits, Echo, EchoPath, Exchange, Log, Office, Release, Step, Voices,
};
use fxo::line_test::{Abort, Found, Report, Verdict};
use line::Impedance;

fn office(lines: usize) -> Office {
    let mut office = Office::new(fxo::Country::China, lines);
    for line in &mut office.lines {
        line.wire.noise_dbm0 = Some(-62.0);
        line.wire.echo = Some(Echo { path: EchoPath::G168D2, erl_db: 18.0, delay_ms: 0 });
    }
    office
}

/// A board over an office, without stations, and the office's own account.
fn over(office: &Office) -> (Switchboard<Memory>, Log) {
    let exchange = Exchange::new(office, &Voices::default()).unwrap();
    let log = exchange.log();
    let mut board = board_of(exchange, Vec::new(), Memory::default());
    run(&mut board, 2);
    (board, log)
}

fn reports(board: &mut Switchboard<Memory>) -> Vec<(usize, Report)> {
    let over = |(index, news): &(usize, TestNews)| match news {
        TestNews::Over(report) => Some((*index, report.clone())),
        _ => None,
    };
    let mut reports: Vec<_> = board.recorder().tests.iter().filter_map(over).collect();
    reports.sort_by_key(|(index, _)| *index);
    reports
}

#[test]
fn four_lines_are_tested_at_once_each_by_its_own_faults() {
    let mut office = office(4);
    office.lines[1].dial_tone.missing = true;
    office.lines[2].wire.echo = Some(Echo { path: EchoPath::Flat, erl_db: 3.0, delay_ms: 0 });
    office.lines[3].digits = Digits::Neither;
    let (mut board, _) = over(&office);
    (0..4).for_each(|index| board.test(index));
    run(&mut board, 18);
    let reports = reports(&mut board);
    let bad = |report: &Report| -> Vec<Found> {
        let bad = report.items.iter().filter(|item| item.verdict == Verdict::Bad);
        bad.map(|item| item.found.clone()).collect()
    };
    assert_eq!(reports.len(), 4, "all four within 18 s of line time");
    assert!(reports[0].1.passed(), "{:#?}", reports[0].1);
    assert!(matches!(bad(&reports[1].1)[..], [Found::DialTone { after_ms: None, .. }]));
    assert!(matches!(bad(&reports[2].1)[..], [Found::Echo { .. }]));
    assert!(matches!(bad(&reports[3].1)[..], [Found::Digits { .. }]));
    let parts = board.recorder().tests.iter().filter(|(index, _)| *index == 0).count();
    assert_eq!(parts, 6, "five parts and the report are told");
    assert!(board.recorder().opened.is_empty(), "a test is no call");
}

#[test]
fn a_line_in_a_call_is_tested_after_it_and_calls_go_on_after_the_test() {
    let mut board = board(1, Memory::default());
    while board.recorder().events.is_empty() {
        run(&mut board, 1);
    }
    board.test(0);
    run(&mut board, 100);
    let closed = board.recorder().closed.len();
    assert_eq!(reports(&mut board).len(), 1, "tested once");
    assert!(closed >= 1, "the call before it was not disturbed");
    run(&mut board, 120);
    assert!(board.recorder().closed.len() > closed, "calls go on");
}

#[test]
fn a_call_that_comes_in_ends_the_test_and_is_opened() {
    let mut office = office(1);
    office.callers.push(Caller {
        line: 0,
        at_ms: 2_400,
        every_ms: None,
        number: None,
        name: None,
        withheld: false,
        identity: None,
        rings: 3,
        release: Release::ToneOnly,
        hang_up_after_ms: None,
        script: vec![Step::Stay],
    });
    let (mut board, log) = over(&office);
    board.test(0);
    run(&mut board, 6);
    let aborted: Vec<_> =
        reports(&mut board).into_iter().map(|(_, report)| report.aborted).collect();
    assert_eq!(aborted, [Some(Abort::Ring)]);
    let opened = &board.recorder().opened;
    assert_eq!(opened.len(), 1);
    assert_eq!(opened[0].direction, Direction::Inbound);
    assert!(log.of_line(0).iter().all(|(_, deed)| *deed != Deed::LoopClosed));
}

#[test]
fn a_test_that_runs_when_the_appliance_stops_opens_the_loop() {
    let (mut board, log) = over(&office(1));
    board.test(0);
    run(&mut board, 2);
    assert!(log.of_line(0).iter().any(|(_, deed)| *deed == Deed::LoopClosed));
    board.release_all(Cause::Interrupted);
    let aborted: Vec<_> =
        reports(&mut board).into_iter().map(|(_, report)| report.aborted).collect();
    assert_eq!(aborted, [Some(Abort::Stopped)]);
    run(&mut board, 2);
    assert!(log.of_line(0).iter().any(|(_, deed)| *deed == Deed::LoopOpened));
}

#[test]
fn a_line_that_never_gets_free_is_told_after_two_minutes() {
    let mut office = office(1);
    office.callers.push(Caller {
        line: 0,
        at_ms: 1_000,
        every_ms: Some(1),
        number: None,
        name: None,
        withheld: false,
        identity: None,
        rings: 100,
        release: Release::ToneOnly,
        hang_up_after_ms: None,
        script: vec![Step::Stay],
    });
    let (mut board, _) = over(&office);
    board.test(0);
    run(&mut board, 119);
    assert!(board.recorder().tests.is_empty());
    run(&mut board, 3);
    assert_eq!(board.recorder().tests, [(0, TestNews::NotBegun(Refused::Taken))]);
}

#[test]
fn the_port_presents_what_it_did_before_the_test() {
    let mut office = office(1);
    office.lines[0].termination = Some(exchange::Termination::Europe);
    let (mut board, _) = over(&office);
    board.test(0);
    run(&mut board, 15);
    let (_, report) = reports(&mut board).remove(0);
    let tried = report.items.iter().find_map(|item| match &item.found {
        Found::Echo { others, .. } => Some(others.len()),
        _ => None,
    });
    assert_eq!(tried, Some(2));
    let port = board.card.port(0).unwrap();
    assert_eq!(port.impedance(), Some(Impedance::OHM_600));
}

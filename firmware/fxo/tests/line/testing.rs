//! Line tests: a good line passes, and every bad condition has its own verdict.

use crate::bench::{Bench, number, worn_wire};
use call::LegEvent;
use dsp::plan::Country;
use exchange::{
    Caller, Deed, Digits, Echo, EchoPath, Hum, Identity, Message, Moment, Office, Protocol,
    Release, Step, Termination, Trouble,
};
use fxo::line_test::{Abort, Advice, Found, Item, Proposal, Report, Verdict};
use fxo::{CallerIdKind, Dialling, Refused, Settings, State};
use line::{Impedance, LineCard};

/// A test of the line of an office, from idle to idle again, and how long the line was taken, ms.
fn tested(office: &Office, settings: Settings) -> (Report, u64) {
    let mut bench = Bench::new(office, settings);
    bench.run_ms(1_000);
    let report = run(&mut bench, 20_000);
    let from = bench.fxo.now();
    bench.until_state(3_000, State::Idle);
    let events = bench.told();
    assert_eq!(events, [], "a test is no call");
    let took = report.took_ms + bench.fxo.now().since(from).ms();
    (report, took)
}

fn begin(bench: &mut Bench) -> Result<(), Refused> {
    let port = bench.exchange.port(0).unwrap();
    let (choice, set) = (port.impedances(), port.impedance());
    bench.fxo.begin_test(choice, set)
}

fn run(bench: &mut Bench, ms: u64) -> Report {
    begin(bench).unwrap();
    for _ in 0..ms / 10 {
        if let Some(report) = bench.fxo.next_report() {
            return report;
        }
        bench.block();
    }
    panic!("no report within {ms} ms: {:?}", bench.fxo.testing());
}

fn line(country: Country, change: impl FnOnce(&mut exchange::Line)) -> Office {
    let mut office = Office::new(country, 1);
    office.lines[0].wire = worn_wire();
    office.lines[0].wire.echo = Some(Echo { path: EchoPath::G168D2, erl_db: 16.0, delay_ms: 0 });
    change(&mut office.lines[0]);
    office
}

fn bad(report: &Report) -> Vec<&Item> {
    report.items.iter().filter(|item| item.verdict == Verdict::Bad).collect()
}

/// The one thing that is bad in a report, with its advice.
fn only_bad(report: &Report) -> (&Found, Advice) {
    let bad = bad(report);
    assert_eq!(bad.len(), 1, "{report:#?}");
    (&bad[0].found, bad[0].advice.unwrap())
}

#[test]
fn a_good_line_passes_in_every_country_in_less_than_twenty_seconds() {
    for country in Country::ALL {
        let (report, took) = tested(&line(country, |_| {}), Settings::default());
        assert!(report.passed(), "{country}: {report:#?}");
        assert!(took < 20_000, "{country}: {took} ms");
        assert_eq!(report.items.len(), 10, "{country}: {report:#?}");
        assert_eq!(report.proposals, [], "{country}");
    }
}

#[test]
fn the_figures_are_those_of_the_wire() {
    let office = line(Country::Usa, |line| {
        line.wire.noise_dbm0 = Some(-52.0);
        line.wire.echo = Some(Echo { path: EchoPath::Flat, erl_db: 14.0, delay_ms: 3 });
        line.dial_tone.delay_ms = 900;
        line.battery_v = Some(46);
    });
    let (report, _) = tested(&office, Settings::default());
    for item in &report.items {
        match &item.found {
            Found::Battery { present, volts } => assert_eq!((*present, *volts), (true, Some(46.0))),
            Found::DialTone { after_ms, .. } => {
                assert!((800..=1_100).contains(&after_ms.unwrap()), "{after_ms:?}");
            }
            Found::Plan { hz, set, fits } => {
                assert!((hz[0] - 350.0).abs() < 2.0 && (hz[1] - 440.0).abs() < 2.0, "{hz:?}");
                assert_eq!((*set, fits.as_slice()), ("US", &["US", "GB"][..]));
            }
            Found::Level { dbm0, loss_db } => {
                assert!((dbm0 + 15.0).abs() < 0.5 && (loss_db - 5.0).abs() < 0.5, "{item:?}");
            }
            Found::Digits { tones_ms, .. } => assert!(tones_ms.unwrap() <= 200, "{tones_ms:?}"),
            Found::Noise(noise) => {
                // White noise of 4 kHz has 3.1 kHz of it in the band, and 2.5 dB less weighted.
                assert!((noise.flat + 53.1).abs() < 1.0, "{noise:?}");
                assert!((noise.psophometric + 55.6).abs() < 1.5, "{noise:?}");
                assert!((noise.hum + 52.0).abs() < 2.0, "{noise:?}");
            }
            Found::Echo { response, .. } => {
                assert!((response.loss_db - 14.0).abs() < 1.0, "{response:?}");
                assert!((response.delay_ms - 3.0).abs() < 0.3, "{response:?}");
            }
            Found::CallerId { .. } | Found::Answer { .. } | Found::Release { .. } => {
                assert_eq!(item.verdict, Verdict::NotMeasured);
            }
        }
    }
}

#[test]
fn a_line_without_dial_tone_is_told_so_and_measured_all_the_same() {
    let office = line(Country::China, |line| line.dial_tone.missing = true);
    let (report, took) = tested(&office, Settings::default());
    let (found, advice) = only_bad(&report);
    assert_eq!(*found, Found::DialTone { after_ms: None, interrupted: false });
    assert_eq!(advice, Advice::AskOperator);
    assert!(report.items.iter().any(|item| matches!(item.found, Found::Echo { .. })));
    assert!(!report.passed() && took < 20_000);
}

#[test]
fn another_country_s_dial_tone_proposes_that_country() {
    for (of, set, proposed) in [
        (Country::Usa, Country::China, vec!["US", "GB"]),
        (Country::China, Country::Usa, vec!["CN"]),
        (Country::China, Country::Uk, vec!["CN"]),
    ] {
        let office = line(set, |line| line.dial_tone.of = Some(of));
        let (report, _) = tested(&office, Settings::default());
        let (found, advice) = only_bad(&report);
        assert!(matches!(found, Found::Plan { .. }), "{found:?}");
        assert_eq!(advice, Advice::SetCountry);
        assert_eq!(report.proposals, [Proposal::Country(proposed)]);
    }
}

#[test]
fn noise_and_hum_are_told_apart() {
    let hiss = line(Country::China, |line| line.wire.noise_dbm0 = Some(-38.0));
    let (report, _) = tested(&hiss, Settings::default());
    let (found, advice) = only_bad(&report);
    assert!(matches!(found, Found::Noise(_)), "{found:?}");
    assert_eq!(advice, Advice::Noise);
    let hum = line(Country::China, |line| line.wire.hum = Some(Hum { hz: 50.0, dbm0: -30.0 }));
    let (report, _) = tested(&hum, Settings::default());
    let noise = report.items.iter().find(|item| matches!(item.found, Found::Noise(_))).unwrap();
    assert_eq!((noise.verdict, noise.advice), (Verdict::Fair, Some(Advice::Hum)));
}

#[test]
fn a_hybrid_that_gives_back_too_much_is_told_and_a_better_impedance_proposed() {
    let echo = Some(Echo { path: EchoPath::Flat, erl_db: 4.0, delay_ms: 1 });
    let (report, _) =
        tested(&line(Country::China, |line| line.wire.echo = echo), Settings::default());
    let (found, advice) = only_bad(&report);
    assert!(matches!(found, Found::Echo { others, .. } if others.is_empty()), "{found:?}");
    assert_eq!(advice, Advice::Echo);

    let office = line(Country::China, |line| {
        line.wire.echo = echo;
        line.termination = Some(Termination::China);
    });
    let mut bench = Bench::new(&office, Settings::default());
    bench.run_ms(1_000);
    let report = run(&mut bench, 20_000);
    let (found, advice) = only_bad(&report);
    assert!(matches!(found, Found::Echo { others, .. } if others.len() == 2), "{found:?}");
    assert_eq!(advice, Advice::OtherImpedance);
    assert_eq!(report.proposals, [Proposal::Impedance(Impedance::CHINA)]);
    let port = bench.exchange.port(0).unwrap();
    assert_eq!(port.impedance(), Some(Impedance::OHM_600), "it is put back");
}

#[test]
fn a_line_that_takes_pulses_only_is_told_and_one_that_takes_nothing_too() {
    let pulses = line(Country::China, |line| line.digits = Digits::PulseOnly);
    let (report, took) = tested(&pulses, Settings::default());
    let (found, advice) = only_bad(&report);
    assert!(matches!(found, Found::Digits { tones_ms: None, pulses_ms: Some(_) }), "{found:?}");
    assert_eq!(advice, Advice::DialByPulse);
    assert_eq!(report.proposals, [Proposal::DialByPulse]);
    assert!(took < 20_000, "{took} ms");
    let set = Settings { dialling: Dialling::Pulse, ..Settings::default() };
    assert!(tested(&pulses, set).0.passed());

    let deaf = line(Country::China, |line| line.digits = Digits::Neither);
    let (report, took) = tested(&deaf, Settings::default());
    let (found, advice) = only_bad(&report);
    assert_eq!(*found, Found::Digits { tones_ms: None, pulses_ms: None });
    assert_eq!(advice, Advice::NoDigits);
    assert!(took < 20_000, "{took} ms");
}

#[test]
fn a_long_loop_gets_gains_proposed_and_a_weak_battery_is_told() {
    let long = line(Country::China, |line| line.wire.loss_db = 13.0);
    let (report, _) = tested(&long, Settings::default());
    let level = report.items.iter().find(|item| matches!(item.found, Found::Level { .. })).unwrap();
    assert_eq!((level.verdict, level.advice), (Verdict::Fair, Some(Advice::TooSoft)));
    assert!(matches!(report.proposals[..], [Proposal::ReceiveGain(db), ..] if db >= 4.0));
    let weak = line(Country::China, |line| line.battery_v = Some(9));
    let (report, _) = tested(&weak, Settings::default());
    assert_eq!(only_bad(&report).1, Advice::LowBattery);
}

#[test]
fn a_line_without_battery_is_reported_at_once_and_one_that_loses_it_early() {
    let mut bench = Bench::new(&line(Country::China, |_| {}), Settings::default());
    bench.exchange.trouble(0, Trouble::Cut);
    bench.run_ms(1_000);
    let report = run(&mut bench, 10);
    assert_eq!(only_bad(&report).1, Advice::CheckPair);
    assert_eq!(report.aborted, Some(Abort::Fault));

    let mut bench = Bench::new(&line(Country::China, |_| {}), Settings::default());
    bench.run_ms(1_000);
    begin(&mut bench).unwrap();
    bench.run_ms(2_000);
    assert_eq!(bench.fxo.state(), State::Testing { off_hook: true });
    bench.exchange.trouble(0, Trouble::Cut);
    bench.run_ms(2_000);
    let report = bench.fxo.next_report().expect("a report of what was measured");
    assert_eq!((report.aborted, report.passed()), (Some(Abort::Fault), false));
    assert!(bad(&report).iter().any(|item| item.advice == Some(Advice::CheckPair)));
}

fn caller(at_ms: u64) -> Caller {
    Caller {
        line: 0,
        at_ms,
        number: Some(number("02161234567")),
        identity: Some(Identity {
            protocol: Protocol::V23,
            message: Message::Mdmf,
            moment: Moment::AfterFirstRing,
        }),
        release: Release::Polarity,
        every_ms: None,
        name: None,
        withheld: false,
        rings: 4,
        hang_up_after_ms: None,
        script: vec![Step::Stay],
    }
}

#[test]
fn a_ring_ends_the_test_and_is_a_call_like_any_other() {
    let mut office = line(Country::China, |_| {});
    office.callers.push(caller(1_500));
    let mut bench = Bench::new(&office, Settings::default());
    bench.run_ms(1_000);
    let report = run(&mut bench, 3_000);
    assert_eq!((report.aborted, report.passed()), (Some(Abort::Ring), false));
    assert_eq!(bench.told(), [LegEvent::Ringing]);
    assert_eq!(bench.office_did(|deed| *deed == Deed::LoopClosed), None, "nobody was answered");
    bench.until(5_000, "the caller's identity", |event| matches!(event, LegEvent::CallerId(_)));
    assert_eq!(bench.fxo.facts().caller_id, Some(CallerIdKind::V23));
}

#[test]
fn a_line_in_use_is_not_tested() {
    let mut office = line(Country::China, |_| {});
    office.callers.push(caller(100));
    let mut bench = Bench::new(&office, Settings::default());
    bench.run_ms(1_000);
    assert_eq!(begin(&mut bench), Err(Refused::Ringing));
    bench.fxo.request(call::LegRequest::Answer).unwrap();
    bench.run_ms(500);
    assert_eq!(begin(&mut bench), Err(Refused::Taken));
    assert!(bench.fxo.testing().is_none() && bench.fxo.next_report().is_none());
}

#[test]
fn the_line_is_on_hook_again_before_the_digit_leads_anywhere() {
    let mut bench = Bench::new(&line(Country::China, |_| {}), Settings::default());
    bench.run_ms(1_000);
    run(&mut bench, 20_000);
    bench.until_state(3_000, State::Idle);
    let deeds: Vec<Deed> =
        bench.exchange.log().of_line(0).into_iter().map(|(_, deed)| deed).collect();
    let expected =
        [Deed::LoopClosed, Deed::DialTone, Deed::Digit(fxo::line_test::DIGIT), Deed::LoopOpened];
    assert_eq!(deeds, expected);
}

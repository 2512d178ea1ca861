//! How calls end.

use crate::bench::{Bench, PARTY, answers, office};
use call::{Cause, LegEvent, LegRequest};
use dsp::plan::Country;
use exchange::{Answer, Behaviour, Deed, Release, Step, Supervision};
use fxo::{Settings, State};

#[test]
fn the_customer_s_release_is_known_by_every_sign() {
    for country in Country::ALL {
        for (release, most_ms) in [
            (Release::Polarity, 100),
            (Release::LoopDrop { ms: 400 }, 100),
            (Release::LoopDrop { ms: 250 }, 100),
            (Release::ToneOnly, 6_000),
        ] {
            let does = answers(Supervision::Polarity, release);
            let mut bench = Bench::new(&office(country, does), Settings::default());
            bench.dial(PARTY);
            bench.until_answer(30_000);
            let (at, cause) = bench.until_release(60_000);
            let released = bench.office_did(|deed| *deed == Deed::FarEndReleased).unwrap();
            let late_ms = at.0.saturating_sub(released) / 8;
            assert_eq!(cause, Cause::CustomerReleased, "{country}, {release:?}");
            assert!(late_ms <= most_ms, "{country}, {release:?}: {late_ms} ms");
            bench.until_state(3_000, State::Idle);
            assert!(bench.office_did(|deed| *deed == Deed::LoopOpened).is_some());
        }
    }
}

#[test]
fn a_loop_interruption_of_a_moment_is_no_release() {
    let does = answers(Supervision::Polarity, Release::LoopDrop { ms: 50 });
    let mut bench = Bench::new(&office(Country::China, does), Settings::default());
    bench.dial(PARTY);
    bench.until_answer(30_000);
    // What follows the interruption here is busy tone, and that is the release.
    let (at, cause) = bench.until_release(60_000);
    let released = bench.office_did(|deed| *deed == Deed::FarEndReleased).unwrap();
    assert_eq!((cause, bench.fxo.counters().short_drops), (Cause::CustomerReleased, 1));
    assert!(at.0 > released + 350 * 8);
}

#[test]
fn silence_on_both_sides_ends_a_call_after_the_time_allowed() {
    let silent = Answer { ring_ms: 2_000, script: vec![Step::Stay], ..Answer::default() };
    let does = Behaviour::Answer(Answer { supervision: Supervision::Polarity, ..silent });
    let mut bench = Bench::new(
        &office(Country::China, does),
        Settings { silence_s: 20, ..Settings::default() },
    );
    bench.dial(PARTY);
    let (answered, _) = bench.until_answer(30_000);
    bench.agent = crate::bench::all_of("agent")[..8_000].to_vec();
    let (at, cause) = bench.until_release(60_000);
    let ms = at.since(answered).ms();
    assert_eq!(cause, Cause::Silence);
    assert!((20_000..22_000).contains(&ms), "{ms}");
}

#[test]
fn a_call_ends_at_its_maximum_time() {
    let long = Answer {
        supervision: Supervision::Polarity,
        script: vec![Step::Stay],
        ..Answer::default()
    };
    let settings = Settings { max_call_s: 30, ..Settings::default() };
    let mut bench = Bench::new(&office(Country::China, Behaviour::Answer(long)), settings);
    bench.dial(PARTY);
    let (answered, _) = bench.until_answer(30_000);
    let (at, cause) = bench.until_release(60_000);
    assert_eq!((cause, at.since(answered).ms()), (Cause::MaximumTime, 30_000));
}

#[test]
fn the_agent_s_release_opens_the_loop() {
    let does = answers(Supervision::Polarity, Release::ToneOnly);
    let mut bench = Bench::new(&office(Country::China, does), Settings::default());
    bench.dial(PARTY);
    bench.until_answer(30_000);
    bench.run_ms(1_000);
    bench.fxo.request(LegRequest::Release).unwrap();
    assert_eq!(bench.until_release(20).1, Cause::AgentReleased);
    bench.until_state(3_000, State::Idle);
    bench.run_ms(2_000);
    assert!(bench.office_did(|deed| *deed == Deed::LoopOpened).is_some());
    assert_eq!(bench.told().last(), Some(&LegEvent::Released(Cause::AgentReleased)));
}

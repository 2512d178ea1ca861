//! What calls teach of a line: strange busy tones, and how the exchange signals.

use crate::bench::{Bench, PARTY, answers, office};
use call::{AnswerSign, Cause};
use dsp::plan::Country;
use exchange::{Behaviour, Deed, ForeignBusy, Progress, Release, Supervision};
use fxo::{Facts, Settings, State};

fn strange(busy: ForeignBusy, does: Behaviour) -> exchange::Office {
    let mut office = office(Country::China, does);
    office.busy_tone = Some(busy);
    office
}

/// How long after the busy tone's begin the last call was released, ms.
fn told_after(bench: &mut Bench) -> u64 {
    let (at, cause) = bench.until_release(60_000);
    assert_eq!(cause, Cause::CustomerReleased);
    let log = bench.exchange.log().of_line(0);
    let busy = log.iter().rev().find(|(_, deed)| *deed == Deed::Progress(Progress::Busy)).unwrap();
    at.0.saturating_sub(busy.0) / 8
}

#[test]
fn a_strange_busy_tone_is_a_release_within_three_cadences_and_sooner_the_second_time() {
    for (busy, round_ms) in
        [(ForeignBusy::Germany, 960), (ForeignBusy::Japan, 1_000), (ForeignBusy::Brazil, 500)]
    {
        let does = answers(Supervision::Polarity, Release::ToneOnly);
        let mut bench = Bench::new(&strange(busy, does), Settings::default());
        bench.dial(PARTY);
        bench.until_answer(30_000);
        let first = told_after(&mut bench);
        assert!(first <= 3 * round_ms, "{busy:?}: {first} ms");
        assert_eq!(bench.fxo.facts().busy_tones.len(), 1, "{busy:?}");
        bench.until_state(5_000, State::Idle);
        bench.run_ms(1_000);
        bench.dial(PARTY);
        bench.until_answer(30_000);
        let second = told_after(&mut bench);
        assert!(second < first && second <= 2 * round_ms, "{busy:?}: {second} after {first} ms");
        assert_eq!(bench.fxo.facts().releases_by_tone, 2);
    }
}

#[test]
fn what_was_learnt_before_a_restart_is_known_after_it() {
    let does = || answers(Supervision::Polarity, Release::ToneOnly);
    let mut bench = Bench::new(&strange(ForeignBusy::Germany, does()), Settings::default());
    bench.dial(PARTY);
    bench.until_answer(30_000);
    let first = told_after(&mut bench);
    let kept = bench.fxo.facts().clone();
    let mut bench = Bench::new(&strange(ForeignBusy::Germany, does()), Settings::default());
    bench.fxo.recall(kept);
    bench.dial(PARTY);
    bench.until_answer(30_000);
    let second = told_after(&mut bench);
    assert!(second + 900 < first, "{second} and {first} ms");
}

#[test]
fn a_strange_busy_tone_before_an_answer_is_a_busy_party() {
    let mut bench =
        Bench::new(&strange(ForeignBusy::Germany, Behaviour::Busy), Settings::default());
    bench.dial(PARTY);
    assert_eq!(bench.until_release(30_000).1, Cause::Busy, "{:?}", bench.events);
}

#[test]
fn a_line_that_is_not_to_learn_waits_for_another_sign() {
    let does = answers(Supervision::Polarity, Release::ToneOnly);
    let settings = Settings { learn_busy_tone: false, ..Settings::default() };
    let mut bench = Bench::new(&strange(ForeignBusy::Germany, does), settings);
    bench.dial(PARTY);
    bench.until_answer(30_000);
    let (_, cause) = bench.until_release(120_000);
    assert_eq!(cause, Cause::Howler, "the exchange's howler comes 40 s later");
    assert_eq!(bench.fxo.facts().busy_tones, []);
}

#[test]
fn how_the_exchange_signals_is_noted_call_by_call() {
    for (supervision, release, expected) in [
        (Supervision::Polarity, Release::Polarity, [1, 0, 1, 0, 0]),
        (Supervision::Polarity, Release::LoopDrop { ms: 400 }, [1, 0, 0, 1, 0]),
        (Supervision::None, Release::ToneOnly, [0, 1, 0, 0, 1]),
    ] {
        let does = answers(supervision, release);
        let mut bench = Bench::new(&office(Country::China, does), Settings::default());
        bench.dial(PARTY);
        let (_, sign) = bench.until_answer(60_000);
        assert_eq!(sign == AnswerSign::Polarity, supervision == Supervision::Polarity);
        bench.until_release(60_000);
        let Facts {
            answers_by_polarity,
            answers_by_sound,
            releases_by_polarity,
            releases_by_loop_drop,
            releases_by_tone,
            ref busy_tones,
            ..
        } = *bench.fxo.facts();
        let seen = [
            answers_by_polarity,
            answers_by_sound,
            releases_by_polarity,
            releases_by_loop_drop,
            releases_by_tone,
        ];
        assert_eq!(seen, expected, "{supervision:?} {release:?}");
        assert_eq!(*busy_tones, [], "the country's own tone is nothing to learn");
    }
}

//! Calls that come in.

use crate::bench::{Bench, CUSTOMER, number, worn_wire};
use call::{AnswerSign, CallerId, Cause, LegEvent, LegRequest};
use dsp::plan::Country;
use exchange::{Caller, Deed, Identity, Message, Moment, Office, Protocol, Release, Step};
use fxo::{Refused, Settings, State};

const CALLER: &str = "02161234567";

fn caller(identity: Option<Identity>) -> Caller {
    Caller {
        line: 0,
        at_ms: 500,
        every_ms: None,
        number: Some(number(CALLER)),
        name: None,
        withheld: false,
        identity,
        rings: 4,
        release: Release::ToneOnly,
        hang_up_after_ms: None,
        script: vec![Step::Wait(300), Step::Speak(CUSTOMER.into()), Step::Wait(500)],
    }
}

fn office(country: Country, caller: Caller) -> Office {
    let mut office = Office::new(country, 1);
    office.lines[0].wire = worn_wire();
    office.callers.push(caller);
    office
}

fn told_of(bench: &Bench) -> Vec<&CallerId> {
    bench
        .events
        .iter()
        .filter_map(|event| match &event.what {
            LegEvent::CallerId(caller) => Some(caller),
            _ => None,
        })
        .collect()
}

#[test]
fn caller_identity_of_every_kind_is_heard_whenever_it_comes() {
    use Moment::{AfterFirstRing, AfterReversal, AfterRingPulse, BeforeRing};
    let fsk = [Protocol::Bell202, Protocol::V23].into_iter().flat_map(|protocol| {
        [Message::Mdmf, Message::Sdmf].into_iter().flat_map(move |message| {
            [AfterFirstRing, BeforeRing, AfterReversal, AfterRingPulse].map(|moment| Identity {
                protocol,
                message,
                moment,
            })
        })
    });
    let dtmf = [AfterFirstRing, BeforeRing, AfterReversal, AfterRingPulse].map(|moment| Identity {
        protocol: Protocol::Dtmf,
        message: Message::Mdmf,
        moment,
    });
    for identity in fsk.chain(dtmf) {
        for country in Country::ALL {
            // Between two rings there is time for one only where the pause is long enough.
            if country == Country::Uk && identity.moment == AfterFirstRing {
                continue;
            }
            let mut bench =
                Bench::new(&office(country, caller(Some(identity))), Settings::default());
            let ringing = bench.until(20_000, "a ring", |event| *event == LegEvent::Ringing).at;
            bench.run_ms(9_000);
            let callers = told_of(&bench);
            assert_eq!(callers.len(), 1, "{country}, {identity:?}: {:?}", bench.events);
            assert_eq!(callers[0].number, Some(number(CALLER)), "{country}, {identity:?}");
            let at = bench.events.iter().find(|e| matches!(e.what, LegEvent::CallerId(_)));
            assert!(at.unwrap().at >= ringing);
        }
    }
}

#[test]
fn a_withheld_number_is_told_as_withheld() {
    let mut hidden = caller(None);
    hidden.withheld = true;
    let mut bench = Bench::new(&office(Country::China, hidden), Settings::default());
    bench.run_ms(8_000);
    assert_eq!(told_of(&bench), [&CallerId { withheld: true, ..CallerId::default() }]);
}

#[test]
fn a_ring_is_answered_and_the_caller_is_heard() {
    for country in Country::ALL {
        let mut bench = Bench::new(&office(country, caller(None)), Settings::default());
        bench.until(20_000, "a ring", |event| *event == LegEvent::Ringing);
        bench.run_ms(700);
        bench.fxo.request(LegRequest::Answer).unwrap();
        assert_eq!(bench.until_answer(100).1, AnswerSign::OffHook);
        assert_eq!(bench.fxo.state(), State::Talking);
        let from = bench.customer.len();
        assert_eq!(bench.until_release(60_000).1, Cause::CustomerReleased, "{country}");
        assert!(dsp::level::of(&bench.customer[from..]) > -35.0, "{country}");
    }
}

#[test]
fn a_caller_s_release_is_known_by_loop_drop_and_by_polarity() {
    let reversal =
        Identity { protocol: Protocol::V23, message: Message::Mdmf, moment: Moment::AfterReversal };
    for release in [Release::LoopDrop { ms: 300 }, Release::Polarity] {
        let released = Caller { release, ..caller(Some(reversal)) };
        let mut bench = Bench::new(&office(Country::Uk, released), Settings::default());
        bench.until(20_000, "a ring", |event| *event == LegEvent::Ringing);
        bench.run_ms(1_000);
        bench.fxo.request(LegRequest::Answer).unwrap();
        bench.until_answer(100);
        let (at, cause) = bench.until_release(60_000);
        let hung_up = bench.office_did(|deed| *deed == Deed::FarEndReleased).unwrap();
        assert_eq!(cause, Cause::CustomerReleased, "{release:?}");
        assert!(at.0 <= hung_up + 100 * 8, "{release:?}: {} for {hung_up}", at.0);
    }
}

#[test]
fn a_caller_who_gives_up_leaves_an_abandoned_call() {
    for country in Country::ALL {
        let mut bench = Bench::new(&office(country, caller(None)), Settings::default());
        let (at, cause) = bench.until_release(60_000);
        let gave_up = bench.office_did(|deed| *deed == Deed::Abandoned).unwrap();
        assert_eq!(cause, Cause::RingAbandoned, "{country}");
        assert!(at.0 <= gave_up + 8 * 8_000, "{country}");
        assert_eq!(bench.fxo.state(), State::Idle);
        let counters = bench.fxo.counters();
        assert_eq!((counters.incoming, counters.abandoned), (1, 1));
    }
}

#[test]
fn a_caller_turned_down_is_not_told_of_again() {
    let mut bench = Bench::new(&office(Country::China, caller(None)), Settings::default());
    bench.until(20_000, "a ring", |event| *event == LegEvent::Ringing);
    bench.fxo.request(LegRequest::Release).unwrap();
    assert_eq!(bench.until_release(20).1, Cause::AgentReleased);
    assert_eq!(bench.fxo.request(LegRequest::Answer), Err(Refused::NotRinging));
    bench.until_state(60_000, State::Idle);
    let calls = bench.told().iter().filter(|event| **event == LegEvent::Ringing).count();
    assert_eq!(calls, 1);
}

#[test]
fn a_ringing_line_is_not_seized_for_a_call_of_ours() {
    let mut bench = Bench::new(&office(Country::China, caller(None)), Settings::default());
    while bench.office_did(|deed| *deed == Deed::Ring).is_none() {
        bench.block();
    }
    assert_eq!(bench.fxo.state(), State::Idle, "the debounce is not over");
    let refused = bench.fxo.request(LegRequest::Dial(number("110")));
    assert_eq!(refused, Err(Refused::Ringing));
    bench.until(100, "a ring", |event| *event == LegEvent::Ringing);
    let refused = bench.fxo.request(LegRequest::Dial(number("110")));
    assert_eq!(refused, Err(Refused::Ringing));
}

#[test]
fn a_line_whose_identity_was_announced_is_not_seized_before_the_ring() {
    let before =
        Identity { protocol: Protocol::Dtmf, message: Message::Mdmf, moment: Moment::BeforeRing };
    let mut bench = Bench::new(&office(Country::China, caller(Some(before))), Settings::default());
    while bench.fxo.counters().caller_ids == 0 {
        bench.block();
    }
    assert_eq!(bench.fxo.state(), State::Idle);
    let refused = bench.fxo.request(LegRequest::Dial(number("110")));
    assert_eq!(refused, Err(Refused::Ringing));
}

#[test]
fn a_hundred_callers_in_a_row_are_all_told_with_their_numbers() {
    let mut office = Office::new(Country::China, 1);
    office.lines[0].wire = worn_wire();
    for call in 0..100u64 {
        let mut one = caller(None);
        one.at_ms = 500 + call * 20_000;
        one.rings = 2;
        one.number = Some(number(&format!("138{:08}", call * 7_919_317 % 100_000_000)));
        office.callers.push(one);
    }
    let mut bench = Bench::new(&office, Settings::default());
    bench.run_ms(100 * 20_000 + 1_000);
    let heard: Vec<_> = told_of(&bench).into_iter().map(|caller| caller.number.clone()).collect();
    let sent: Vec<_> = office.callers.iter().map(|caller| caller.number.clone()).collect();
    assert_eq!(heard, sent);
    assert_eq!(bench.fxo.counters().abandoned, 100);
}

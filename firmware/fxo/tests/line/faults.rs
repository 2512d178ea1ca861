//! A line that fails.

use crate::bench::{Bench, PARTY, answers, number, office};
use call::{Cause, LegEvent, LegRequest};
use dsp::plan::Country;
use exchange::{Release, Supervision, Trouble};
use fxo::{Fault, Fxo, Refused, Settings, State};
use line::{LineError, LineEvent, Signal};

fn bench() -> Bench {
    let does = answers(Supervision::Polarity, Release::ToneOnly);
    Bench::new(&office(Country::China, does), Settings::default())
}

#[test]
fn a_cut_wire_is_a_fault_and_a_mended_one_is_idle_again() {
    let mut bench = bench();
    bench.run_ms(100);
    bench.exchange.trouble(0, Trouble::Cut);
    bench.run_ms(500);
    assert_eq!(bench.fxo.state(), State::Idle, "the debounce is not over");
    bench.run_ms(200);
    assert_eq!(bench.fxo.state(), State::Fault(Fault::NoBattery));
    let refused = bench.fxo.request(LegRequest::Dial(number(PARTY)));
    assert_eq!(refused, Err(Refused::Fault(Fault::NoBattery)));
    bench.exchange.trouble(0, Trouble::Mend);
    bench.run_ms(700);
    assert_eq!((bench.fxo.state(), bench.fxo.counters().faults), (State::Idle, 1));
    assert_eq!(bench.events, []);
    bench.dial(PARTY);
    bench.until_answer(30_000);
}

#[test]
fn a_wire_cut_in_a_call_ends_it_as_a_fault() {
    let mut bench = bench();
    bench.dial(PARTY);
    bench.until_answer(30_000);
    bench.run_ms(500);
    bench.exchange.trouble(0, Trouble::Cut);
    assert_eq!(bench.until_release(3_000).1, Cause::LineFault);
    bench.run_ms(2_000);
    assert_eq!(bench.fxo.state(), State::Fault(Fault::NoBattery));
}

#[test]
fn a_port_that_vanishes_in_a_call_ends_it_and_comes_back_on_hook() {
    let mut bench = bench();
    bench.dial(PARTY);
    bench.until_answer(30_000);
    bench.exchange.trouble(0, Trouble::Vanish);
    assert_eq!(bench.until_release(20).1, Cause::LineFault);
    bench.run_ms(3_000);
    assert_eq!(bench.fxo.state(), State::Fault(Fault::Port(LineError::Vanished)));
    let refused = bench.fxo.request(LegRequest::Dial(number(PARTY)));
    assert_eq!(refused, Err(Refused::Fault(Fault::Port(LineError::Vanished))));
    bench.exchange.trouble(0, Trouble::Return);
    bench.until_state(3_000, State::Idle);
    bench.dial(PARTY);
    bench.until_answer(30_000);
    let released = bench.told().iter().filter(|e| matches!(e, LegEvent::Released(_))).count();
    assert_eq!(released, 1);
}

#[test]
fn a_ring_that_meets_our_seizure_is_a_call_of_its_own() {
    let mut fxo = Fxo::new(Settings::default()).unwrap();
    let silence = [0; line::BLOCK];
    fxo.request(LegRequest::Dial(number(PARTY))).unwrap();
    let mut told = Vec::new();
    for block in 0..60u64 {
        let at = block * 80 + 7;
        let ring = (block == 5).then_some(LineEvent { at, what: Signal::RingOn });
        let step = fxo.block(&silence, ring, &silence);
        told.extend(step.events.into_iter().map(|event| event.what));
    }
    let expected = [LegEvent::Seized, LegEvent::Released(Cause::Refused), LegEvent::Ringing];
    assert_eq!(told, expected);
    assert_eq!((fxo.counters().glare, fxo.state()), (1, State::Ringing));
    fxo.request(LegRequest::Answer).unwrap();
    assert_eq!(fxo.state(), State::Talking);
}

#[test]
fn no_sequence_of_events_and_requests_breaks_the_promises() {
    use rand::{RngExt, SeedableRng};
    for seed in 0..60 {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut fxo = Fxo::new(Settings::default()).unwrap();
        let (mut open, mut last) = (false, call::Samples::ZERO);
        for block in 0..3_000u64 {
            let events: Vec<LineEvent> = (0..random.random_range(0..40usize))
                .filter(|&at| at > 37)
                .map(|_| LineEvent {
                    at: if random.random() { block * 80 } else { random.random() },
                    what: [
                        Signal::RingOn,
                        Signal::RingOff,
                        Signal::PolarityReversed,
                        Signal::BatteryLost,
                        Signal::BatteryPresent,
                    ][random.random_range(0..5)],
                })
                .collect();
            if random.random_range(0..80) == 0 {
                let request = match random.random_range(0..5) {
                    0 => LegRequest::Dial(number("12345*#")),
                    1 => LegRequest::Answer,
                    2 => LegRequest::SendDigits("12aX"[..random.random_range(1..4)].into()),
                    3 => LegRequest::Flash,
                    _ => LegRequest::Release,
                };
                let dials = matches!(request, LegRequest::Dial(_));
                if fxo.request(request).is_ok() && dials {
                    assert!(!open, "seed {seed}: two calls at once");
                    open = true;
                }
            }
            if random.random_range(0..500) == 0 {
                fxo.port(Err(LineError::Vanished));
            } else if random.random_range(0..50) == 0 {
                fxo.port(Ok(()));
            }
            let sound = core::array::from_fn(|_| random.random_range(-9000..9000));
            for event in fxo.block(&sound, events, &sound).events {
                assert!(event.at >= last && event.at <= fxo.now(), "seed {seed}: {event:?}");
                last = event.at;
                match event.what {
                    LegEvent::Ringing => {
                        assert!(!open, "seed {seed}: two calls at once");
                        open = true;
                    }
                    LegEvent::Released(_) => {
                        assert!(open, "seed {seed}: released twice");
                        open = false;
                    }
                    _ => assert!(open, "seed {seed}: {event:?} without a call"),
                }
            }
        }
    }
}

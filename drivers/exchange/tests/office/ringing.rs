//! Calls that come in: cadence, caller identity of every kind, answer, abandonment, trouble.

use crate::driver::{Driver, voice};
use call::CallerId;
use dsp::caller_id::{CallerIdReceiver, Means};
use dsp::fsk::FskStandard;
use dsp::level;
use dsp::plan::Country;
use exchange::{
    Caller, Deed, Exchange, Hum, Identity, Message, Mishap, Moment, Office, Protocol, Release,
    Step, Trouble, Voices, Wire,
};
use line::{BLOCK, Hook, LineCard, LineError, Signal};

fn caller() -> Caller {
    Caller {
        line: 0,
        at_ms: 1_000,
        every_ms: None,
        number: Some("02161234567".parse().unwrap()),
        name: Some("WANG".into()),
        withheld: false,
        identity: None,
        rings: 3,
        release: Release::ToneOnly,
        hang_up_after_ms: None,
        script: vec![Step::Wait(500), Step::Speak("hello".into())],
    }
}

fn open(country: Country, caller: Caller, wire: Wire) -> Driver {
    let mut office = Office::new(country, 1);
    office.lines[0].wire = wire;
    office.callers.push(caller);
    let mut voices = Voices::default();
    voices.insert("hello", voice(1_000).into());
    Driver::new(Exchange::new(&office, &voices).unwrap(), 0)
}

/// Rings and pauses from the first ring's beginning, in ms.
fn rings(line: &Driver) -> Vec<(Signal, u64)> {
    let first = line.events.iter().find(|event| event.what == Signal::RingOn).unwrap().at;
    let since = |at: u64| (at - first) / 8;
    let all = line.events.iter().filter(|event| event.at >= first);
    all.map(|event| (event.what, since(event.at))).collect()
}

#[test]
fn each_country_rings_in_its_cadence_and_the_caller_gives_up_in_the_end() {
    use Signal::{RingOff, RingOn};
    let silent = Identity { protocol: Protocol::None, ..Identity::usual(Country::China) };
    for (country, meant) in [
        (Country::China, vec![(RingOn, 0), (RingOff, 1_000), (RingOn, 5_000), (RingOff, 6_000)]),
        (Country::Usa, vec![(RingOn, 0), (RingOff, 2_000), (RingOn, 6_000), (RingOff, 8_000)]),
        (
            Country::Uk,
            vec![
                (RingOn, 0),
                (RingOff, 400),
                (RingOn, 600),
                (RingOff, 1_000),
                (RingOn, 3_000),
                (RingOff, 3_400),
                (RingOn, 3_600),
                (RingOff, 4_000),
            ],
        ),
    ] {
        let caller = Caller { rings: 2, identity: Some(silent), ..caller() };
        let mut line = open(country, caller, Wire::default());
        line.wait(20_000);
        assert_eq!(rings(&line), meant, "{country}");
        assert_eq!(line.when(&Deed::Ring), Some(8_000));
        assert_eq!(line.deeds().last(), Some(&Deed::Abandoned));
    }
}

#[test]
fn caller_identity_of_every_kind_can_be_read_off_the_wire() {
    let noisy = Wire {
        loss_db: 6.0,
        noise_dbm0: Some(-55.0),
        hum: Some(Hum { hz: 50.0, dbm0: -50.0 }),
        ..Wire::default()
    };
    for country in Country::ALL {
        for protocol in [Protocol::Bell202, Protocol::V23, Protocol::Dtmf] {
            for moment in [
                Moment::AfterFirstRing,
                Moment::BeforeRing,
                Moment::AfterReversal,
                Moment::AfterRingPulse,
            ] {
                for message in [Message::Mdmf, Message::Sdmf] {
                    let identity = Identity { protocol, message, moment };
                    let caller = Caller { identity: Some(identity), ..caller() };
                    let means = match protocol {
                        Protocol::Bell202 => Means::Fsk(FskStandard::Bell202),
                        Protocol::V23 => Means::Fsk(FskStandard::V23),
                        _ => Means::Dtmf,
                    };
                    let named = protocol != Protocol::Dtmf && message == Message::Mdmf;
                    let meant = CallerId {
                        number: caller.number.clone(),
                        name: caller.name.clone().filter(|_| named),
                        withheld: false,
                    };
                    let mut line = open(country, caller, noisy.clone());
                    line.wait(12_000);
                    let said = read(&line.heard);
                    let context = format!("{country} {identity:?}");
                    assert_eq!(said, [(means, meant)], "{context}");
                    let order = line.when(&Deed::IdentitySent) < line.when(&Deed::Ring);
                    assert_eq!(order, moment != Moment::AfterFirstRing, "{context}");
                    let reversed =
                        line.events.iter().any(|event| event.what == Signal::PolarityReversed);
                    assert_eq!(reversed, moment == Moment::AfterReversal, "{context}");
                }
            }
        }
    }
}

fn read(heard: &[i16]) -> Vec<(Means, CallerId)> {
    let mut receiver = CallerIdReceiver::new();
    receiver.push(heard);
    let mut said = Vec::new();
    while let Some(heard) = receiver.next_message() {
        // What begins like another kind's message and is none is told as damaged: the receiver's
        // matter. Here it counts what the office has said.
        if let Ok(message) = heard.message {
            said.push((heard.means, message.into()));
        }
    }
    said
}

#[test]
fn a_withheld_number_is_said_to_be_withheld() {
    for protocol in [Protocol::Bell202, Protocol::Dtmf] {
        let identity = Identity { protocol, ..Identity::usual(Country::China) };
        let caller = Caller { withheld: true, identity: Some(identity), ..caller() };
        let mut line = open(Country::China, caller, Wire::default());
        line.wait(6_000);
        let said: Vec<_> = read(&line.heard).into_iter().map(|(_, said)| said).collect();
        assert_eq!(said, [CallerId { withheld: true, ..CallerId::default() }], "{protocol:?}");
    }
}

#[test]
fn taking_the_call_stops_the_ring_at_once_and_the_caller_speaks_and_hangs_up() {
    let mut line = open(Country::China, caller(), Wire::default());
    line.wait(6_500);
    line.hook(Hook::Off);
    let taken = line.heard.len() as u64;
    line.wait(5_000);
    assert_eq!(line.when(&Deed::Taken), Some(taken));
    let last = line.events.last().unwrap();
    assert_eq!((last.what, last.at), (Signal::RingOff, taken));
    assert_eq!(line.when(&Deed::SpeechBegan("hello".into())), Some(taken + 4_000));
    assert_eq!(line.when(&Deed::FarEndReleased), Some(taken + 12_000));
    assert_eq!(line.heard[taken as usize + 4_000..][..8_000], voice(1_000)[..]);
}

#[test]
fn a_caller_to_a_line_in_use_comes_back_when_it_is_free() {
    let mut line = open(Country::China, caller(), Wire::default());
    line.hook(Hook::Off);
    line.wait(5_000);
    assert_eq!(line.when(&Deed::CallOffered), None);
    line.hook(Hook::On);
    line.wait(4_000);
    assert!(line.when(&Deed::CallOffered).is_some());
}

#[test]
fn a_cut_line_is_silent_without_battery_and_neither_rings_nor_takes_a_call_until_mended() {
    let mut office = Office::new(Country::China, 1);
    office.callers.push(caller());
    office.mishaps = vec![
        Mishap { line: 0, at_ms: 20_000, what: Trouble::Mend },
        Mishap { line: 0, at_ms: 500, what: Trouble::Cut },
    ];
    let mut voices = Voices::default();
    voices.insert("hello", voice(1_000).into());
    let mut line = Driver::new(Exchange::new(&office, &voices).unwrap(), 0);
    line.wait(5_000);
    line.hook(Hook::Off);
    assert_eq!(level::of(&line.wait(5_000)), level::FLOOR_DBM0);
    line.hook(Hook::On);
    line.wait(9_000);
    let events: Vec<_> = line.events.iter().map(|event| (event.what, event.at / 8)).collect();
    assert_eq!(events, [(Signal::BatteryLost, 500)]);
    line.wait(8_000);
    let ring = line.events.iter().position(|event| event.what == Signal::RingOn);
    assert_eq!((line.events[1].what, line.events[1].at / 8), (Signal::BatteryPresent, 20_000));
    assert!(ring > Some(1), "{:?}", line.events);
}

#[test]
fn a_wire_cut_while_it_rings_stops_ringing_and_one_cut_in_a_call_ends_it() {
    let mut line = open(Country::China, caller(), Wire::default());
    line.wait(1_500);
    line.exchange.trouble(0, Trouble::Cut);
    line.wait(500);
    let events: Vec<_> = line.events.iter().map(|event| event.what).collect();
    assert_eq!(events, [Signal::RingOn, Signal::RingOff, Signal::BatteryLost]);

    let mut line = open(Country::China, caller(), Wire::default());
    line.wait(1_500);
    line.hook(Hook::Off);
    line.wait(900);
    line.exchange.trouble(0, Trouble::Cut);
    line.wait(1_000);
    assert_eq!(line.deeds().last(), Some(&Deed::LoopOpened));
}

#[test]
fn a_port_that_vanished_says_so_lets_its_call_go_and_comes_back_on_hook() {
    let mut line = open(Country::China, caller(), Wire::default());
    line.wait(1_500);
    line.hook(Hook::Off);
    line.wait(100);
    line.exchange.trouble(0, Trouble::Vanish);
    let mut from_line = [0; BLOCK];
    for _ in 0..100 {
        assert_eq!(line.port().exchange(&[0; BLOCK], &mut from_line), Err(LineError::Vanished));
    }
    assert_eq!(line.port().set_hook(Hook::Off), Err(LineError::Vanished));
    assert_eq!(line.deeds().last(), Some(&Deed::LoopOpened));
    line.exchange.trouble(0, Trouble::Return);
    line.wait(1_000);
    assert_eq!(line.deeds().last(), Some(&Deed::Trouble(Trouble::Return)));
}

#[test]
fn the_lines_of_a_card_do_not_disturb_each_other() {
    let mut office = Office::new(Country::China, 3);
    office.callers.push(Caller { line: 1, ..caller() });
    let mut voices = Voices::default();
    voices.insert("hello", voice(1_000).into());
    let mut line = Driver::new(Exchange::new(&office, &voices).unwrap(), 0);
    assert_eq!(line.exchange.ports(), 3);
    assert!(line.exchange.port(3).is_none());
    line.hook(Hook::Off);
    line.wait(3_000);
    assert!(line.events.is_empty());
    assert!((level::of(&line.wait(100)) + 10.0).abs() < 0.1, "dial tone all the while");
}

//! Calls placed over a line: seizure, digits, progress, answer, release.

use crate::driver::{Driver, voice};
use call::Number;
use dsp::level;
use dsp::plan::Country;
use exchange::{
    Answer, Behaviour, Deed, DialTone, Digits, Exchange, Line, Office, Party, Progress, Release,
    Step, Supervision, Voices,
};
use line::{Hook, Signal};

const NUMBER: &str = "13800138001";

fn voices() -> Voices {
    let mut voices = Voices::default();
    voices.insert("hello", voice(1_200).into());
    voices
}

fn party(number: &str, does: Behaviour) -> Party {
    Party { number: number.parse().unwrap(), routing_ms: 900, does }
}

fn office(does: Behaviour) -> Office {
    let mut office = Office::new(Country::China, 1);
    office.parties.push(party(NUMBER, does));
    office
}

fn open(office: &Office) -> Driver {
    Driver::new(Exchange::new(office, &voices()).unwrap(), 0)
}

fn answering(supervision: Supervision, release: Release) -> Office {
    office(Behaviour::Answer(Answer {
        ring_ms: 6_000,
        supervision,
        release,
        script: vec![Step::Wait(500), Step::Speak("hello".into()), Step::Wait(300)],
        ..Answer::default()
    }))
}

#[test]
fn dial_tone_comes_after_its_delay_to_the_sample_and_stops_with_the_first_digit() {
    let mut office = office(Behaviour::Busy);
    office.lines[0].dial_tone.delay_ms = 777;
    let mut line = open(&office);
    line.hook(Hook::Off);
    let heard = line.wait(1_500);
    assert_eq!(line.when(&Deed::DialTone), Some(777 * 8));
    assert!(heard[..777 * 8].iter().all(|&sample| sample == 0));
    assert!((level::of(&heard[777 * 8..]) + 10.0).abs() < 0.1);
    line.pulse(1);
    assert_eq!(level::of(&line.wait(500)), level::FLOOR_DBM0);
}

#[test]
fn a_number_is_collected_by_dtmf() {
    let mut line = open(&office(Behaviour::Busy));
    line.dial(NUMBER);
    line.wait(1_500);
    let number: Number = NUMBER.parse().unwrap();
    let deeds = line.deeds();
    assert!(deeds.contains(&Deed::Collected(number)), "{deeds:?}");
    assert!(deeds.contains(&Deed::Progress(Progress::Busy)));
}

#[test]
fn a_number_is_collected_by_pulses() {
    let mut office = office(Behaviour::Busy);
    office.lines[0].digits = Digits::PulseOnly;
    office.parties.push(party("1203", Behaviour::Congestion));
    let mut line = open(&office);
    line.hook(Hook::Off);
    line.wait(1_000);
    [1, 2, 0, 3].into_iter().for_each(|digit| line.pulse(digit));
    line.wait(1_500);
    let deeds = line.deeds();
    assert!(deeds.contains(&Deed::Collected("1203".parse().unwrap())), "{deeds:?}");
    assert!(deeds.contains(&Deed::Progress(Progress::Congestion)));
}

#[test]
fn pulses_made_with_the_hook_switch_in_10_ms_steps_count_too() {
    let mut office = office(Behaviour::Busy);
    office.parties.push(party("2", Behaviour::Congestion));
    let mut line = open(&office);
    line.hook(Hook::Off);
    line.wait(1_000);
    for _ in 0..2 {
        line.hook(Hook::On);
        line.wait(60);
        line.hook(Hook::Off);
        line.wait(40);
    }
    line.wait(2_000);
    assert!(line.deeds().contains(&Deed::Progress(Progress::Congestion)), "{:?}", line.deeds());
}

#[test]
fn a_line_without_a_register_gives_no_dial_tone_and_takes_no_digits() {
    let mut office = office(Behaviour::Busy);
    office.lines[0] =
        Line { dial_tone: DialTone { missing: true, ..DialTone::default() }, ..Line::default() };
    let mut line = open(&office);
    line.hook(Hook::Off);
    assert_eq!(level::of(&line.wait(5_000)), level::FLOOR_DBM0);
    line.pulse(5);
    line.wait(6_000);
    let taken = |deed: &Deed| matches!(deed, Deed::Digit(_) | Deed::Collected(_));
    assert!(!line.deeds().iter().any(taken), "{:?}", line.deeds());
}

#[test]
fn a_party_is_rung_answers_with_reversal_speaks_and_drops_the_loop() {
    let release = Release::LoopDrop { ms: 450 };
    let mut line = open(&answering(Supervision::Polarity, release));
    line.dial(NUMBER);
    line.wait(10_000);
    let ringback = line.when(&Deed::Ringback).unwrap();
    let answered = line.when(&Deed::Answered).unwrap();
    assert_eq!(answered - ringback, 6_000 * 8);
    let ring = &line.heard[ringback as usize..];
    assert!((level::of(&ring[..8_000]) + 10.0).abs() < 0.1);
    assert_eq!(level::of(&ring[8_000..40_000]), level::FLOOR_DBM0);
    let spoke = line.when(&Deed::SpeechBegan("hello".into())).unwrap();
    assert_eq!(spoke, answered + 4_000);
    assert_eq!(line.heard[spoke as usize..][..9_600], voice(1_200)[..]);
    let released = line.when(&Deed::FarEndReleased).unwrap();
    assert_eq!(released, spoke + 9_600 + 2_400);
    let events: Vec<_> = line.events.iter().map(|event| (event.at, event.what)).collect();
    assert_eq!(
        events,
        [
            (answered, Signal::PolarityReversed),
            (released, Signal::BatteryLost),
            (released + 3_600, Signal::BatteryPresent),
        ]
    );
    line.hook(Hook::On);
    line.wait(500);
    assert_eq!(line.deeds().last(), Some(&Deed::LoopOpened));
    assert_eq!(line.events.last().unwrap().what, Signal::PolarityReversed, "put back");
}

#[test]
fn released_by_tone_only_the_caller_hears_busy_then_the_howler_then_nothing() {
    let mut line = open(&answering(Supervision::None, Release::ToneOnly));
    line.dial(NUMBER);
    line.wait(60_000);
    line.wait(60_000);
    assert!(line.events.is_empty());
    let released = line.when(&Deed::FarEndReleased).unwrap();
    let busy = line.when(&Deed::Progress(Progress::Busy)).unwrap();
    let howler = line.when(&Deed::Progress(Progress::Howler)).unwrap();
    assert_eq!((busy - released, howler - busy), (300 * 8, 40_000 * 8));
    assert!((level::of(&line.heard[busy as usize..][..350 * 8]) + 10.0).abs() < 0.1);
    assert!(level::of(&line.heard[howler as usize..][..8_000]) > -3.0);
    assert_eq!(level::of(&line.wait(10_000)), level::FLOOR_DBM0);
}

#[test]
fn released_by_polarity_the_line_goes_back_as_it_was() {
    let mut line = open(&answering(Supervision::Polarity, Release::Polarity));
    line.dial(NUMBER);
    line.wait(15_000);
    let times: Vec<_> = line.events.iter().map(|event| (event.at, event.what)).collect();
    let answered = line.when(&Deed::Answered).unwrap();
    let released = line.when(&Deed::FarEndReleased).unwrap();
    assert_eq!(times, [(answered, Signal::PolarityReversed), (released, Signal::PolarityReversed)]);
}

#[test]
fn nobody_answers_and_busy_tone_follows() {
    let mut line = open(&office(Behaviour::NoAnswer { ring_ms: 20_000 }));
    line.dial(NUMBER);
    line.wait(25_000);
    let ringback = line.when(&Deed::Ringback).unwrap();
    assert_eq!(line.when(&Deed::Progress(Progress::Busy)), Some(ringback + 160_000));
    assert_eq!(line.when(&Deed::Answered), None);
}

#[test]
fn a_number_nobody_has_is_unobtainable_once_no_further_digit_comes() {
    let mut line = open(&office(Behaviour::Busy));
    line.hook(Hook::Off);
    line.wait(1_000);
    line.pulse(9);
    line.wait(6_000);
    assert!(line.deeds().contains(&Deed::Collected("9".parse().unwrap())));
    assert!(line.deeds().contains(&Deed::Progress(Progress::Unobtainable)));
}

#[test]
fn an_announcement_is_heard_without_an_answer() {
    for special_tone in [false, true] {
        let mut line = open(&office(Behaviour::Announce(exchange::Announcement {
            special_tone,
            recording: "hello".into(),
            times: 2,
        })));
        line.dial(NUMBER);
        line.wait(8_000);
        let deeds = line.deeds();
        let progress: Vec<_> =
            deeds.iter().filter(|deed| matches!(deed, Deed::Progress(_))).cloned().collect();
        let mut meant = vec![Deed::Progress(Progress::Announcement); 2];
        meant.push(Deed::Progress(Progress::Busy));
        if special_tone {
            meant.insert(0, Deed::Progress(Progress::Special));
        }
        assert_eq!(progress, meant);
        assert!(!deeds.contains(&Deed::Answered));
        let began = line.when(&Deed::Progress(Progress::Announcement)).unwrap() as usize;
        assert_eq!(line.heard[began..began + 9_600], voice(1_200)[..]);
    }
}

#[test]
fn a_short_break_in_a_call_is_a_flash_and_a_long_one_its_end() {
    let mut office = answering(Supervision::None, Release::ToneOnly);
    if let Behaviour::Answer(answer) = &mut office.parties[0].does {
        answer.script.push(Step::Stay);
    }
    let mut line = open(&office);
    line.dial(NUMBER);
    line.wait(10_000);
    line.port().flash(100).unwrap();
    line.wait(1_000);
    assert_eq!(line.deeds().last(), Some(&Deed::Flashed(100)));
    line.hook(Hook::On);
    line.wait(390);
    assert_eq!(line.deeds().last(), Some(&Deed::Flashed(100)));
    line.wait(20);
    assert_eq!(line.deeds().last(), Some(&Deed::LoopOpened));
}

#[test]
fn off_hook_and_no_digit_ends_in_busy_tone_and_howler() {
    let mut line = open(&office(Behaviour::Busy));
    line.hook(Hook::Off);
    line.wait(16_000);
    assert_eq!(line.deeds().last(), Some(&Deed::Progress(Progress::Busy)));
    line.wait(40_000);
    assert_eq!(line.deeds().last(), Some(&Deed::Progress(Progress::Howler)));
}

#[test]
fn the_same_seed_gives_the_same_line_and_another_seed_another() {
    let hear = |seed| {
        let mut office = answering(Supervision::None, Release::ToneOnly);
        office.seed = seed;
        office.lines[0].wire.noise_dbm0 = Some(-50.0);
        office.lines[0].wire.impulses = Some(exchange::Impulses { per_minute: 60.0, dbm0: -10.0 });
        let mut line = open(&office);
        line.dial(NUMBER);
        line.wait(10_000);
        line.heard
    };
    assert!(hear(1) == hear(1));
    assert!(hear(1) != hear(2));
}

//! Calls that we make.

use crate::bench::{Bench, PARTY, VOICES, answers, names_in, number, office};
use call::{AnswerSign, Cause, LegEvent, LegRequest};
use dsp::plan::Country;
use exchange::{
    Announcement, Answer, Behaviour, Deed, DialTone, Digits, Release, Step, Supervision,
};
use fxo::{AnswerBy, Dialling, Refused, Settings, State};

fn settings() -> Settings {
    Settings::default()
}

/// Dials the party in a country; gives the bench.
fn dialled(country: Country, does: Behaviour) -> Bench {
    let mut bench = Bench::new(&office(country, does), settings());
    bench.run_ms(200);
    bench.dial(PARTY);
    bench
}

#[test]
fn a_call_goes_from_seizure_to_answer_in_every_country() {
    for country in Country::ALL {
        let mut bench = dialled(country, answers(Supervision::Polarity, Release::ToneOnly));
        let (at, sign) = bench.until_answer(30_000);
        assert_eq!(sign, AnswerSign::Polarity, "{country}");
        assert_eq!(bench.collected(), PARTY);
        let told = bench.told();
        let order = [LegEvent::Seized, LegEvent::DialTone, LegEvent::Dialled, LegEvent::Ringback];
        assert_eq!(told[..4], order, "{country}");
        let answered = bench.office_did(|deed| *deed == Deed::Answered).unwrap();
        assert!(at.0.abs_diff(answered) <= 80, "{country}: {} for {answered}", at.0);
        assert!(bench.events.is_sorted_by_key(|event| event.at), "{:?}", bench.events);
    }
}

#[test]
fn without_polarity_a_voice_after_ringback_is_an_answer() {
    for country in Country::ALL {
        let mut bench = dialled(country, answers(Supervision::None, Release::ToneOnly));
        let (at, sign) = bench.until_answer(40_000);
        assert_eq!(sign, AnswerSign::Voice, "{country}");
        let spoke = bench.office_did(|deed| matches!(deed, Deed::SpeechBegan(_))).unwrap();
        let late = at.0 as i64 - spoke as i64;
        assert!((-800..4_000).contains(&late), "{country}: {late} samples late");
    }
}

#[test]
fn ringback_that_stays_away_is_an_answer_though_nobody_speaks() {
    for country in Country::ALL {
        let silent = Answer { ring_ms: 7_000, script: vec![Step::Stay], ..Answer::default() };
        let mut bench = dialled(country, Behaviour::Answer(silent));
        let (at, sign) = bench.until_answer(40_000);
        assert_eq!(sign, AnswerSign::RingbackEnded, "{country}");
        let answered = bench.office_did(|deed| *deed == Deed::Answered).unwrap();
        assert!(at.0 <= answered + 80, "{country}: said to be at {}, was at {answered}", at.0);
    }
}

#[test]
fn busy_congestion_and_unobtainable_are_told_apart_in_every_country() {
    let cases = [
        (Behaviour::Busy, Cause::Busy),
        (Behaviour::Congestion, Cause::Congestion),
        (Behaviour::Unobtainable, Cause::Unobtainable),
    ];
    for country in Country::ALL {
        for (does, cause) in cases.clone() {
            let mut bench = dialled(country, does);
            assert_eq!(bench.until_release(45_000).1, cause, "{country}");
            assert!(!bench.told().iter().any(|event| matches!(event, LegEvent::Answered(_))));
        }
    }
}

#[test]
fn ringing_that_ends_in_busy_tone_is_no_answer() {
    for country in Country::ALL {
        let mut bench = dialled(country, Behaviour::NoAnswer { ring_ms: 13_300 });
        assert_eq!(bench.until_release(45_000).1, Cause::NoAnswer, "{country}");
        assert!(bench.told().contains(&LegEvent::Ringback));
    }
}

#[test]
fn a_call_that_nobody_answers_ends_after_the_time_allowed() {
    let does = Behaviour::NoAnswer { ring_ms: 300_000 };
    let mut bench =
        Bench::new(&office(Country::China, does), Settings { no_answer_s: 20, ..settings() });
    bench.dial(PARTY);
    let (at, cause) = bench.until_release(40_000);
    let dialled = bench.events.iter().find(|event| event.what == LegEvent::Dialled).unwrap().at;
    assert_eq!((cause, at.since(dialled).ms()), (Cause::NoAnswer, 20_000));
}

#[test]
fn music_in_the_place_of_ringback_is_no_answer_and_the_greeting_after_it_is() {
    for (supervision, sign) in
        [(Supervision::None, AnswerSign::Voice), (Supervision::Polarity, AnswerSign::Polarity)]
    {
        let answer = Answer {
            ring_ms: 40_000,
            ring_music: Some("zh-41-ringback-music.00.customer.wav".into()),
            supervision,
            script: vec![
                Step::Wait(500),
                Step::Speak("zh-31-greeting.00.customer.wav".into()),
                Step::Stay,
            ],
            ..Answer::default()
        };
        let mut bench = dialled(Country::China, Behaviour::Answer(answer));
        let (at, told) = bench.until_answer(60_000);
        assert_eq!(told, sign);
        let answered = bench.office_did(|deed| *deed == Deed::Answered).unwrap();
        let late = at.0 as i64 - answered as i64;
        assert!((-80..12_000).contains(&late), "{supervision:?}: {late} samples late");
        assert!(bench.fxo.now().0 < answered + 20_000, "{supervision:?}: told late");
    }
}

#[test]
fn music_that_is_cut_off_by_an_answer_without_a_word_counts_as_ringback_that_stays_away() {
    let answer = Answer {
        ring_ms: 20_000,
        ring_music: Some("zh-41-ringback-music.00.customer.wav".into()),
        script: vec![Step::Stay],
        ..Answer::default()
    };
    let mut bench = dialled(Country::China, Behaviour::Answer(answer));
    let (at, sign) = bench.until_answer(60_000);
    let answered = bench.office_did(|deed| *deed == Deed::Answered).unwrap();
    assert_eq!(sign, AnswerSign::RingbackEnded);
    assert!(at.0.abs_diff(answered) < 4_000, "said to be at {}, was at {answered}", at.0);
}

#[test]
fn every_greeting_is_an_answer_within_a_second_and_a_half() {
    let greetings = names_in(VOICES).into_iter().filter(|name| name.contains("greeting"));
    let mut heard = 0;
    for greeting in greetings {
        let script = vec![Step::Wait(350), Step::Speak(greeting.clone()), Step::Stay];
        let answer = Answer { ring_ms: 7_000, script, ..Answer::default() };
        let mut bench = dialled(Country::China, Behaviour::Answer(answer));
        assert_eq!(bench.until_answer(40_000).1, AnswerSign::Voice, "{greeting}");
        let answered = bench.office_did(|deed| *deed == Deed::Answered).unwrap();
        let late = bench.fxo.now().0 - answered;
        assert!(late < 12_000, "{greeting}: told {late} samples after the answer");
        heard += 1;
    }
    assert!(heard >= 7);
}

#[test]
fn an_announcement_without_ringback_counts_as_an_answer_by_voice() {
    let recording = "zh-11-empty-announcement.00.customer.wav".to_string();
    let announcement = Announcement { special_tone: false, recording, times: 2 };
    let mut bench = dialled(Country::China, Behaviour::Announce(announcement));
    assert_eq!(bench.until_answer(20_000).1, AnswerSign::Voice);
    assert!(!bench.told().contains(&LegEvent::Ringback));
    assert_eq!(bench.until_release(90_000).1, Cause::CustomerReleased);
}

#[test]
fn an_announcement_after_the_special_information_tone_is_no_answer() {
    for country in Country::ALL {
        let recording = "zh-11-empty-announcement.00.customer.wav".to_string();
        let announcement = Announcement { special_tone: true, recording, times: 1 };
        let mut bench = dialled(country, Behaviour::Announce(announcement));
        assert_eq!(bench.until_release(60_000).1, Cause::Unobtainable, "{country}");
        assert!(!bench.told().iter().any(|event| matches!(event, LegEvent::Answered(_))));
    }
}

#[test]
fn an_announcement_is_no_answer_where_only_polarity_counts() {
    let recording = "zh-09-busy-announcement.00.customer.wav".to_string();
    let announcement = Announcement { special_tone: false, recording, times: 1 };
    let office = office(Country::China, Behaviour::Announce(announcement));
    let by_polarity = Settings { answer_by: AnswerBy::Polarity, ..settings() };
    let mut bench = Bench::new(&office, by_polarity);
    bench.dial(PARTY);
    assert_eq!(bench.until_release(60_000).1, Cause::Busy);
}

#[test]
fn without_dial_tone_nothing_is_dialled() {
    let mut office = office(Country::China, Behaviour::Busy);
    office.lines[0].dial_tone = DialTone { delay_ms: 0, missing: true, ..DialTone::default() };
    let mut bench = Bench::new(&office, settings());
    bench.dial(PARTY);
    assert_eq!(bench.until_release(10_000).1, Cause::NoDialTone);
    assert_eq!(bench.told(), [LegEvent::Seized, LegEvent::Released(Cause::NoDialTone)]);
    assert_eq!((bench.collected().as_str(), bench.fxo.counters().no_dial_tone), ("", 1));
}

#[test]
fn dial_tone_that_comes_late_is_waited_for() {
    for country in Country::ALL {
        let mut office = office(country, Behaviour::Busy);
        office.lines[0].dial_tone = DialTone { delay_ms: 3_500, ..DialTone::default() };
        let mut bench = Bench::new(&office, settings());
        bench.dial(PARTY);
        bench.until(20_000, "the last digit", |event| *event == LegEvent::Dialled);
        bench.run_ms(200);
        assert_eq!(bench.collected(), PARTY, "{country}");
    }
}

#[test]
fn an_old_line_is_dialled_by_pulses() {
    for country in Country::ALL {
        let mut office = office(country, answers(Supervision::Polarity, Release::ToneOnly));
        office.lines[0].digits = Digits::PulseOnly;
        let pulses = Settings { dialling: Dialling::Pulse, ..settings() };
        let mut bench = Bench::new(&office, pulses);
        bench.dial(PARTY);
        assert_eq!(bench.until_answer(60_000).1, AnswerSign::Polarity, "{country}");
        assert_eq!(bench.collected(), PARTY, "{country}");
    }
}

#[test]
fn an_access_code_pauses_and_a_plus_becomes_the_international_prefix() {
    let mut bench = Bench::new(
        &office(Country::China, Behaviour::Busy),
        Settings { access_code: "9,".into(), pause_ms: 1500, ..settings() },
    );
    bench.dial("+4420");
    bench.until(20_000, "the last digit", |event| *event == LegEvent::Dialled);
    bench.run_ms(200);
    assert_eq!(bench.collected(), "9004420");
}

#[test]
fn the_agent_can_give_up_at_every_moment() {
    for after_ms in [0, 20, 500, 1_200, 2_500, 4_000, 9_000, 12_500] {
        let mut bench = Bench::new(
            &office(Country::China, answers(Supervision::Polarity, Release::ToneOnly)),
            settings(),
        );
        bench.dial(PARTY);
        bench.run_ms(after_ms);
        bench.fxo.request(LegRequest::Release).unwrap();
        bench.block();
        bench.until_state(3_000, State::Idle);
        assert_eq!(
            bench.told().last(),
            Some(&LegEvent::Released(Cause::AgentReleased)),
            "after {after_ms} ms"
        );
        bench.run_ms(3_000);
        let released = bench.told().iter().filter(|e| matches!(e, LegEvent::Released(_))).count();
        assert_eq!(released, 1, "after {after_ms} ms");
    }
}

#[test]
fn the_next_seizure_waits_for_the_guard_time_and_finds_a_free_line() {
    for country in Country::ALL {
        let mut bench = dialled(country, Behaviour::Busy);
        let (released, _) = bench.until_release(30_000);
        assert_eq!(bench.fxo.state(), State::Releasing);
        bench.dial(PARTY);
        assert_eq!(bench.fxo.state(), State::Seizing);
        let seized = bench.until(5_000, "a seizure", |event| *event == LegEvent::Seized).at;
        assert!(seized.since(released).ms() >= 1_500, "{country}");
        assert_eq!(bench.until_release(30_000).1, Cause::Busy, "{country}");
    }
}

#[test]
fn a_line_in_use_takes_no_second_call() {
    let mut bench = dialled(Country::China, Behaviour::Busy);
    bench.run_ms(500);
    let refused = bench.fxo.request(LegRequest::Dial(number("110")));
    assert_eq!(refused, Err(Refused::Taken));
    assert_eq!(bench.fxo.request(LegRequest::Answer), Err(Refused::NotRinging));
    assert_eq!(bench.fxo.request(LegRequest::Flash), Err(Refused::NotTalking));
}

//! What parties do that is not polite, machines, and what the wire does to sound.

use crate::driver::{Driver, voice};
use dsp::level;
use dsp::plan::Country;
use exchange::{
    Answer, Behaviour, Deed, Echo, EchoPath, Exchange, Hum, Impulses, Interrupt, Listen, Office,
    Party, Step, Voices, Wire, script,
};
use line::Hook;

const NUMBER: &str = "2";

/// A call that stands: answered at once, the script running.
fn talking(wire: Wire, answer: Answer) -> Driver {
    let mut office = Office::new(Country::China, 1);
    office.lines[0].wire = wire;
    let answer = Answer { ring_ms: 0, ..answer };
    office.parties.push(Party {
        number: NUMBER.parse().unwrap(),
        routing_ms: 0,
        does: Behaviour::Answer(answer),
    });
    let mut voices = Voices::default();
    voices.insert("hello", voice(2_000).into());
    let mut line = Driver::new(Exchange::new(&office, &voices).unwrap(), 0);
    line.hook(Hook::Off);
    line.wait(500);
    line.pulse(2);
    assert!(line.when(&Deed::Answered).is_some());
    line
}

fn script(steps: &[Step]) -> Answer {
    Answer { script: steps.to_vec(), ..Answer::default() }
}

#[test]
fn a_listener_waits_for_the_end_of_the_turn_and_not_for_a_pause_in_it() {
    let steps = [Step::Listen(Listen::default()), Step::Speak("hello".into())];
    let mut line = talking(Wire::default(), script(&steps));
    line.say(&voice(1_000));
    line.wait(700);
    let began = line.heard.len() as u64;
    line.say(&voice(1_000));
    line.wait(3_000);
    let listened = line.when(&Deed::Listened).unwrap();
    let silent_for = listened - (began + 8_000);
    assert!((900 * 8..=920 * 8).contains(&silent_for), "{silent_for}");
    assert!(line.when(&Deed::SpeechBegan("hello".into())).is_some());
}

#[test]
fn a_listener_to_whom_nobody_speaks_goes_on_when_its_patience_is_over() {
    let patience = Listen { patience_ms: 3_000, ..Listen::default() };
    let mut line =
        talking(Wire::default(), script(&[Step::Listen(patience), Step::Speak("hello".into())]));
    line.wait(5_000);
    let answered = line.when(&Deed::Answered).unwrap();
    let spoke = line.when(&Deed::SpeechBegan("hello".into())).unwrap();
    assert!((24_000..24_160).contains(&(spoke - answered)), "{}", spoke - answered);
    assert_eq!(line.when(&Deed::Listened), None);
}

#[test]
fn an_impatient_party_cuts_into_the_others_turn() {
    let cut = Interrupt { after_ms: 600, patience_ms: 9_000 };
    let mut line =
        talking(Wire::default(), script(&[Step::Interrupt(cut), Step::Speak("hello".into())]));
    line.wait(1_000);
    let began = line.heard.len() as u64;
    line.say(&voice(3_000));
    let spoke = line.when(&Deed::SpeechBegan("hello".into())).unwrap();
    assert!((600 * 8..700 * 8).contains(&(spoke - began)), "{}", spoke - began);
}

#[test]
fn a_party_that_hangs_up_at_a_time_does_so_in_the_middle_of_a_word() {
    let answer = Answer {
        hang_up_after_ms: Some(1_503),
        ..script(&[Step::Wait(500), Step::Speak("hello".into())])
    };
    let mut line = talking(Wire::default(), answer);
    line.wait(2_000);
    let answered = line.when(&Deed::Answered).unwrap();
    assert_eq!(line.when(&Deed::FarEndReleased), Some(answered + 1_503 * 8));
    assert_eq!(line.when(&Deed::SpeechEnded), Some(answered + 1_503 * 8));
}

#[test]
fn a_party_that_hangs_up_between_two_blocks_has_hung_up() {
    let mut line = talking(Wire::default(), script(&[Step::Wait(503), Step::HangUp]));
    line.wait(2_000);
    let answered = line.when(&Deed::Answered).unwrap();
    assert_ne!((answered + 503 * 8) % 80, 0);
    assert_eq!(line.when(&Deed::FarEndReleased), Some(answered + 503 * 8));
}

#[test]
fn a_silent_party_says_nothing_and_never_hangs_up() {
    let mut line = talking(Wire::default(), script(&[Step::Stay]));
    assert_eq!(level::of(&line.wait(120_000)), level::FLOOR_DBM0);
    assert_eq!(line.when(&Deed::FarEndReleased), None);
}

#[test]
fn a_voicemail_greets_beeps_records_and_hangs_up() {
    let mut line = talking(Wire::default(), script(&script::voicemail("hello")));
    line.wait(2_500);
    let greeted = line.when(&Deed::SpeechEnded).unwrap() as usize;
    line.say(&voice(5_000));
    assert!((level::of(&line.heard[greeted..][..350 * 8]) + 16.0).abs() < 0.1, "the beep");
    assert_eq!(line.when(&Deed::FarEndReleased), None, "while the caller speaks it records");
    line.wait(4_500);
    assert!(line.when(&Deed::Listened).is_some());
    assert!(line.when(&Deed::FarEndReleased).is_some());
}

#[test]
fn fax_machines_sound_as_t_30_says() {
    let mut line = talking(Wire::default(), script(&script::fax_answering()));
    let answered = line.when(&Deed::Answered).unwrap() as usize;
    line.wait(8_000);
    let ced = &line.heard[answered + 1_800 * 8..][..3_000 * 8];
    assert!((level::of(ced) + 13.0).abs() < 0.1);
    assert!((tone_at(ced, 2_100.0) + 13.0).abs() < 0.1);
    assert_eq!(level::of(&line.heard[answered + 4_800 * 8..]), level::FLOOR_DBM0);

    let mut line = talking(Wire::default(), script(&script::fax_calling()));
    let answered = line.when(&Deed::Answered).unwrap() as usize;
    line.wait(8_000);
    for round in 0..2 {
        let cng = &line.heard[answered + round * 3_500 * 8..][..3_500 * 8];
        assert!((tone_at(&cng[..4_000], 1_100.0) + 13.0).abs() < 0.1);
        assert_eq!(level::of(&cng[4_000..]), level::FLOOR_DBM0);
    }
}

#[test]
fn a_wire_loses_what_it_is_told_to_both_ways() {
    let wire = Wire { loss_db: 9.0, level_db: 3.0, ..Wire::default() };
    let mut line = talking(wire, script(&[Step::Wait(100), Step::Speak("hello".into())]));
    let answered = line.when(&Deed::Answered).unwrap() as usize;
    line.wait(2_500);
    let heard = level::of(&line.heard[answered + 800..][..16_000]);
    assert!((heard - (level::of(&voice(2_000)) - 6.0)).abs() < 0.1, "{heard}");
}

#[test]
fn noise_and_hum_have_their_level_and_frequency() {
    let wire = Wire { noise_dbm0: Some(-45.0), ..Wire::default() };
    let heard = talking(wire, script(&[Step::Stay])).wait(5_000);
    assert!((level::of(&heard) + 45.0).abs() < 0.2, "{}", level::of(&heard));

    let wire = Wire { hum: Some(Hum { hz: 60.0, dbm0: -40.0 }), ..Wire::default() };
    let heard = talking(wire, script(&[Step::Stay])).wait(5_000);
    assert!((tone_at(&heard, 60.0) + 40.0).abs() < 0.2);
    assert!((tone_at(&heard, 180.0) + 50.0).abs() < 0.5);
    assert!((level::of(&heard) + 39.6).abs() < 0.2, "nothing else: {}", level::of(&heard));
}

#[test]
fn impulses_come_as_often_as_they_are_told_to() {
    let impulses = Some(Impulses { per_minute: 120.0, dbm0: 0.0 });
    let heard = talking(Wire { impulses, ..Wire::default() }, script(&[Step::Stay])).wait(60_000);
    let loud = |block: &&[i16]| block.iter().any(|&sample| sample.unsigned_abs() > 15_000);
    let clicks = heard.chunks(80).filter(loud).count();
    assert!((85..155).contains(&clicks), "{clicks} in a minute");
}

#[test]
fn a_carrier_system_shifts_every_frequency_alike() {
    let tone = Step::Tone(script::Beep { hz: 1_000.0, ms: 4_000, dbm0: -10.0 });
    let wire = Wire { offset_hz: -7.0, ..Wire::default() };
    let mut line = talking(wire, script(&[tone]));
    line.wait(1_000);
    let heard = line.wait(2_000);
    assert!((tone_at(&heard, 993.0) + 10.0).abs() < 0.1, "{}", tone_at(&heard, 993.0));
    assert!(tone_at(&heard, 1_000.0) < -50.0);
    assert!(tone_at(&heard, 1_007.0) < -50.0, "the other sideband");
}

#[test]
fn the_hybrid_returns_ones_own_voice_and_only_while_the_loop_is_closed() {
    let echo = Some(Echo { path: EchoPath::Flat, erl_db: 12.0, delay_ms: 10 });
    let mut line = talking(Wire { echo, ..Wire::default() }, script(&[Step::Stay]));
    let heard = line.say(&voice(2_000));
    let returned = level::of(&heard[80..]);
    assert!((returned - (level::of(&voice(2_000)) - 12.0)).abs() < 0.1, "{returned}");
    assert!(heard[..80].iter().all(|&sample| sample == 0), "10 ms of delay");
    line.hook(Hook::On);
    line.wait(1_000);
    assert_eq!(level::of(&line.say(&voice(500))), level::FLOOR_DBM0);
}

/// The level of one frequency in a stretch, in dBm0 (Goertzel over whole cycles of 1 Hz steps).
fn tone_at(samples: &[i16], hz: f32) -> f32 {
    let step = core::f64::consts::TAU * f64::from(hz) / 8_000.0;
    let (mut re, mut im) = (0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        let (sine, cosine) = (step * n as f64).sin_cos();
        re += f64::from(sample) * cosine;
        im += f64::from(sample) * sine;
    }
    let peak = re.hypot(im) * 2.0 / samples.len() as f64;
    level::dbm0((peak / core::f64::consts::SQRT_2) as f32)
}

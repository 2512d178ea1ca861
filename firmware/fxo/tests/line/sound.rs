//! What the parties hear.

use crate::bench::{Bench, PARTY, VOICES, all_of, names_in, office, voices};
use call::{Cause, LegEvent, LegRequest};
use dsp::level;
use dsp::plan::Country;
use exchange::{Answer, Behaviour, Deed, Echo, EchoPath, Hum, Step, Supervision, read_wav};
use fxo::{Settings, State};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn answered(script: Vec<Step>) -> Bench {
    let answer =
        Answer { ring_ms: 2_000, supervision: Supervision::Polarity, script, ..Answer::default() };
    let mut office = office(Country::China, Behaviour::Answer(answer));
    let wire = &mut office.lines[0].wire;
    wire.echo = Some(Echo { path: EchoPath::G168D2, erl_db: 10.0, delay_ms: 0 });
    wire.noise_dbm0 = Some(-65.0);
    wire.hum = Some(Hum { hz: 50.0, dbm0: -60.0 });
    let mut bench = Bench::new(&office, Settings::default());
    bench.dial(PARTY);
    bench.until_answer(30_000);
    bench
}

#[test]
fn the_agent_s_words_do_not_come_back_on_the_customer_s_channel() {
    let mut bench = answered(vec![Step::Stay]);
    let speak = |bench: &mut Bench| {
        bench.agent = all_of("agent");
        bench.agent_at = 0;
        let from = bench.customer.len();
        bench.run_ms(20_000);
        // How much weaker they come back, within 10 ms of when they are said.
        let back = |ms: core::ops::Range<usize>| {
            let span = ms.start * 8..ms.end * 8;
            let heard = level::of(&bench.customer[from + span.start..from + span.end]);
            heard - level::of(&bench.agent[span])
        };
        [back(0..250), back(250..2_000), back(5_000..20_000)]
    };
    let first_call = speak(&mut bench);
    bench.fxo.request(LegRequest::Release).unwrap();
    bench.run_ms(3_000);
    bench.dial(PARTY);
    bench.until_answer(30_000);
    let second_call = speak(&mut bench);
    eprintln!("the agent comes back at {first_call:.1?} dB, in the next call {second_call:.1?}");
    assert!(first_call[1] < -24.0 && first_call[2] < -38.0, "{first_call:?}");
    assert!(second_call.iter().all(|&db| db < -34.0), "{second_call:?}");
}

#[test]
fn an_agent_who_talks_into_the_ringback_does_not_answer_their_own_call() {
    let mut office = office(Country::China, Behaviour::NoAnswer { ring_ms: 40_000 });
    let path = EchoPath::G168D4;
    office.lines[0].wire.echo = Some(Echo { path, erl_db: 7.0, delay_ms: 4 });
    let mut bench = Bench::new(&office, Settings { no_answer_s: 30, ..Settings::default() });
    bench.dial(PARTY);
    bench.until(20_000, "ringback", |event| *event == LegEvent::Ringback);
    bench.agent = all_of("agent");
    assert_eq!(bench.until_release(40_000).1, Cause::NoAnswer);
    assert!(!bench.told().iter().any(|event| matches!(event, LegEvent::Answered(_))));
}

#[test]
fn digits_of_the_customer_are_told_and_ours_are_not() {
    let mut bench = answered(vec![Step::Wait(4_000), Step::Digits("159#".into()), Step::Stay]);
    bench.fxo.request(LegRequest::SendDigits("0280".into())).unwrap();
    bench.run_ms(8_000);
    let digits: String = bench
        .told()
        .iter()
        .filter_map(|event| match event {
            LegEvent::Digit(digit) => Some(*digit),
            _ => None,
        })
        .collect();
    assert_eq!(digits, "159#");
}

#[test]
fn a_flash_is_a_flash_to_every_country_s_exchange() {
    for country in Country::ALL {
        let answer = Answer {
            ring_ms: 2_000,
            supervision: Supervision::Polarity,
            script: vec![Step::Stay],
            ..Answer::default()
        };
        let mut bench =
            Bench::new(&office(country, Behaviour::Answer(answer)), Settings::default());
        bench.dial(PARTY);
        bench.until_answer(30_000);
        bench.fxo.request(LegRequest::Flash).unwrap();
        bench.run_ms(3_000);
        let flash = bench.fxo.settings().flash();
        assert!(bench.office_did(|deed| *deed == Deed::Flashed(flash)).is_some(), "{country}");
        assert_eq!(bench.fxo.state(), State::Talking, "{country}");
    }
}

/// An hour, in samples.
const HOUR: usize = 3_600 * 8_000;

/// The folder of human recordings that lies beside the repository where we work, and not in it.
const HUMAN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/speech");

/// Music in the ear of a caller on hold: notes with their harmonics in a beat near busy tone's, over
/// chords or bare, the exchanges' own frequencies among them.
fn music(seed: u64, seconds: usize) -> Vec<i16> {
    const HZ: [f32; 12] =
        [349.2, 392.0, 400.0, 440.0, 450.0, 466.2, 480.0, 493.9, 523.3, 620.0, 950.0, 1400.0];
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut below = |limit: usize| random.next_u32() as usize % limit;
    let mut samples = Vec::new();
    while samples.len() < seconds * 8_000 {
        let (note, chord) = (HZ[below(HZ.len())], HZ[below(HZ.len())] / 2.0);
        let (ms, rest) = (120 + below(600), below(3) * below(200));
        let held = if below(3) == 0 { 0.0 } else { level::sine_peak(-24.0) };
        let wave = |hz: f32, at: usize| (core::f32::consts::TAU * hz * at as f32 / 8_000.0).sin();
        samples.extend((0..(ms + rest) * 8).map(|at| {
            let fading = if at < ms * 8 { (-(at as f32) / 4_000.0).exp() } else { 0.0 };
            let harmonics: f32 = (1..4).map(|h| wave(note * h as f32, at) / (h * h) as f32).sum();
            let chord = wave(chord, at) + wave(chord * 1.25, at) + wave(chord * 1.5, at);
            level::to_sample(level::sine_peak(-14.0) * fading * harmonics + held * chord)
        }));
    }
    samples
}

#[test]
fn an_hour_of_people_who_talk_and_of_music_is_never_taken_for_busy_tone_or_a_digit() {
    let mut voices = voices();
    let mut names = names_in(VOICES);
    match std::fs::exists(HUMAN) {
        Ok(true) => {
            for name in names_in(HUMAN) {
                let bytes = std::fs::read(format!("{HUMAN}/{name}")).unwrap();
                voices.insert(&name, read_wav(&bytes).unwrap());
                names.push(name);
            }
        }
        _ => eprintln!("SKIPPED: human speech, as {HUMAN} is not there; spoken calls only"),
    }
    for seed in 0..4 {
        let name = format!("music {seed}");
        voices.insert(&name, music(seed, 60).into());
        names.push(name);
    }
    // In each country a third of an hour, round and round.
    let mut length = 0;
    let mut script: Vec<Step> = names
        .into_iter()
        .rev()
        .cycle()
        .take_while(|name| {
            let before = length;
            length += voices.named(name).unwrap().len();
            before < HOUR / 3
        })
        .map(Step::Speak)
        .collect();
    script.push(Step::Stay);
    for country in Country::ALL {
        let answer = Answer {
            ring_ms: 2_000,
            supervision: Supervision::Polarity,
            script: script.clone(),
            ..Answer::default()
        };
        let office = office(country, Behaviour::Answer(answer));
        let mut bench = Bench::with_voices(&office, Settings::default(), &voices);
        bench.dial(PARTY);
        bench.until_answer(30_000);
        bench.run_ms(length as u64 / 8 + 2_000);
        assert_eq!(bench.fxo.state(), State::Talking, "{country}: {:?}", bench.events.last());
        assert_eq!(bench.fxo.counters().digits, 0, "{country}");
    }
}

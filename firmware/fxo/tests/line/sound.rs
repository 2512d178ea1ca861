//! What the parties hear.

use crate::bench::{Bench, PARTY, all_of, office};
use call::{LegEvent, LegRequest};
use dsp::level;
use dsp::plan::Country;
use exchange::{Answer, Behaviour, Deed, Echo, EchoPath, Hum, Step, Supervision};
use fxo::{Settings, State};

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
    bench.agent = all_of("agent");
    let spoken = bench.agent[..20 * 8_000].to_vec();
    let from = bench.customer.len();
    bench.run_ms(20_000);
    let heard = &bench.customer[from..];
    let early = level::of(&heard[..16_000]) - level::of(&spoken[..16_000]);
    let late = level::of(&heard[40_000..]) - level::of(&spoken[40_000..]);
    eprintln!("the agent comes back at {early:.1} dB in the first 2 s, later at {late:.1} dB");
    assert!(early < -25.0 && late < -38.0, "{early} {late}");
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

#[test]
fn people_who_talk_are_never_taken_for_busy_tone_or_a_digit() {
    for country in Country::ALL {
        let names: Vec<String> = exchange_recordings();
        let script = names.into_iter().map(Step::Speak).chain([Step::Stay]).collect();
        let answer = Answer {
            ring_ms: 2_000,
            supervision: Supervision::Polarity,
            script,
            ..Answer::default()
        };
        let mut bench =
            Bench::new(&office(country, Behaviour::Answer(answer)), Settings::default());
        bench.dial(PARTY);
        bench.until_answer(30_000);
        bench.run_ms(230_000);
        assert_eq!(bench.fxo.state(), State::Talking, "{country}: {:?}", bench.events.last());
        assert_eq!(bench.fxo.counters().digits, 0, "{country}");
    }
}

fn exchange_recordings() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/voices");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".wav"))
        .collect();
    names.sort();
    names
}

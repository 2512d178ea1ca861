//! Caller identity over the line, against EN 300 659-1, EN 300 659-3 and GR-30-CORE.

use crate::sound::{Noise, Rng, mixed, sine, speech_files, tests_seed};
use dsp::caller_id::{
    CallerIdReceiver, Field, Format, Heard, LineState, Means, Message, ParseError, SentAt, queue,
    transmission,
};
use dsp::dtmf::{DtmfGenerator, DtmfSettings};
use dsp::fsk::{FskModulator, FskStandard};

const STANDARDS: [FskStandard; 2] = [FskStandard::Bell202, FskStandard::V23];

fn message() -> Message {
    Message {
        sent_at: Some(SentAt { month: 3, day: 2, hour: 10, minute: 15 }),
        number: Field::Sent("02087654321".parse().unwrap()),
        name: Field::Sent("张伟 ZHANG".to_owned()),
    }
}

fn listen(samples: &[i16]) -> Vec<Heard> {
    let mut receiver = CallerIdReceiver::new();
    let mut heard = Vec::new();
    for block in samples.chunks(80) {
        receiver.push(block);
        heard.extend(std::iter::from_fn(|| receiver.next_message()));
    }
    receiver.push(&[0; 8000]);
    heard.extend(std::iter::from_fn(|| receiver.next_message()));
    heard
}

/// All that a sender plays, between two stretches of silence.
fn played(mut modulator: FskModulator) -> Vec<i16> {
    let mut samples = vec![0; 500];
    while !modulator.is_idle() {
        let mut block = [0; 80];
        modulator.fill(&mut block);
        samples.extend(block);
    }
    samples.extend([0; 500]);
    samples
}

/// A message on a line that weakens one of the two frequencies.
fn twisted(standard: FskStandard, octets: &[u8], dbm0: f32, db: f32) -> Vec<i16> {
    tilted(standard, played(transmission(octets, standard, LineState::OnHook, dbm0)), db)
}

/// What a line makes of a sound by which space comes `db` below mark, or above where `db` is
/// negative.
fn tilted(standard: FskStandard, mut samples: Vec<i16>, db: f32) -> Vec<i16> {
    // x[n] + a x[n-1] has the gain |1 + a e^(-jω)|; `a` is searched for a third of the wanted tilt, and
    // the filter run three times.
    let gain = |a: f32, hz: f32| {
        let omega = std::f32::consts::TAU * hz / 8000.0;
        (1.0 + a * omega.cos()).hypot(a * omega.sin())
    };
    let tilt = |a: f32| 20.0 * (gain(a, standard.mark_hz()) / gain(a, standard.space_hz())).log10();
    let a = (-95..95)
        .map(|hundredth| hundredth as f32 / 100.0)
        .min_by(|x, y| (tilt(*x) - db / 3.0).abs().total_cmp(&(tilt(*y) - db / 3.0).abs()))
        .unwrap();
    assert!((tilt(a) - db / 3.0).abs() < 0.3, "{a} gives {}", tilt(a));
    let scale = 1.0 / gain(a, 1700.0);
    for _ in 0..3 {
        let mut before = 0.0;
        for sample in &mut samples {
            let here = f32::from(*sample);
            *sample = ((here + a * before) * scale).round() as i16;
            before = here;
        }
    }
    samples
}

#[test]
fn every_message_comes_back_in_both_formats_and_standards() {
    let withheld = Message { number: Field::Withheld, name: Field::Withheld, ..message() };
    let unavailable = Message { number: Field::Unavailable, name: Field::Absent, ..message() };
    for standard in STANDARDS {
        for state in [LineState::OnHook, LineState::OffHook] {
            for original in [message(), withheld.clone(), unavailable.clone()] {
                for format in [Format::Mdmf, Format::Sdmf] {
                    let octets = original.encode(format);
                    let heard = listen(&played(transmission(&octets, standard, state, -13.5)));
                    assert_eq!(heard.len(), 1);
                    assert_eq!(heard[0].means, Means::Fsk(standard));
                    let got = heard[0].message.as_ref().unwrap();
                    assert_eq!(got.number, original.number);
                    assert_eq!(got.sent_at, original.sent_at);
                    if format == Format::Mdmf {
                        assert_eq!(got.name, original.name);
                    }
                }
            }
        }
    }
}

#[test]
fn levels_from_0_to_minus_45_dbm0_are_read() {
    for standard in STANDARDS {
        for dbm0 in [0.0, -13.5, -32.0, -40.0, -45.0] {
            let octets = message().encode(Format::Mdmf);
            let heard = listen(&played(transmission(&octets, standard, LineState::OnHook, dbm0)));
            assert_eq!(heard.len(), 1, "{standard:?} at {dbm0} dBm0");
            assert_eq!(heard[0].message, Ok(message()));
        }
    }
}

#[test]
fn frequencies_and_twist_within_the_limits_cost_nothing() {
    for standard in STANDARDS {
        for (mark, space) in [(1.01, 1.01), (0.99, 0.99), (1.01, 0.99), (0.99, 1.01)] {
            let mut modulator = FskModulator::detuned(
                standard.mark_hz() * mark,
                standard.space_hz() * space,
                -20.0,
            );
            queue(&mut modulator, &message().encode(Format::Mdmf), LineState::OnHook);
            let heard = listen(&played(modulator));
            assert_eq!(heard.len(), 1, "{standard:?} {mark} {space}");
            assert_eq!(heard[0].message, Ok(message()));
            assert_eq!(heard[0].means, Means::Fsk(standard));
        }
        for db in [-6.0, 6.0] {
            let samples = twisted(standard, &message().encode(Format::Mdmf), -20.0, db);
            let heard = listen(&samples);
            assert_eq!(heard.len(), 1, "{standard:?} twisted {db} dB");
            assert_eq!(heard[0].message, Ok(message()));
        }
    }
}

/// A message that nobody has made up: its number, perhaps withheld, its time, perhaps a name.
fn any_message(rng: &mut Rng) -> Message {
    let digits = 3 + rng.below(16);
    let number: String = (0..digits).map(|_| char::from(b'0' + rng.below(10) as u8)).collect();
    let number = match rng.below(10) {
        0 => Field::Withheld,
        1 => Field::Unavailable,
        _ => Field::Sent(number.parse().unwrap()),
    };
    let sent_at = SentAt {
        month: 1 + rng.below(12) as u8,
        day: 1 + rng.below(28) as u8,
        hour: rng.below(24) as u8,
        minute: rng.below(60) as u8,
    };
    let letters: Vec<char> = "ABCDEFGHIJKLMNOPQRSTUVWXYZ '-.张伟李娜王芳".chars().collect();
    let name: String = (0..1 + rng.below(15)).map(|_| letters[rng.below(letters.len())]).collect();
    let name = name.trim();
    let name = if name.is_empty() { Field::Absent } else { Field::Sent(name.to_owned()) };
    Message { sent_at: Some(sent_at), number, name }
}

#[test]
fn every_one_of_a_thousand_messages_is_read_within_the_limits_of_line_and_sender() {
    let seed = tests_seed();
    let mut rng = Rng::new(seed);
    let mut noise = Noise::new(seed);
    for nth in 0..1_000 {
        let original = any_message(&mut rng);
        // From a sender next door to one at the end of a long line; each frequency off by up to 1 %,
        // up to 6 dB of twist either way, noise 20 dB below.
        let dbm0 = -9.0 - rng.unit().abs() * 31.0;
        let (mut samples, softest, expected) = match nth % 5 {
            4 => {
                let twist = rng.unit() * 3.0;
                let settings = DtmfSettings {
                    low_dbm0: (dbm0 + twist).max(-32.0),
                    high_dbm0: (dbm0 - twist).max(-32.0),
                    on_ms: 65 + rng.below(40) as u32,
                    off_ms: 65 + rng.below(40) as u32,
                };
                let mut generator = DtmfGenerator::new(settings);
                generator.push(&original.dtmf(['A', 'D'][rng.below(2)])).unwrap();
                let mut samples = vec![0; 36_000];
                generator.fill(&mut samples[rng.below(400)..]);
                let expected = Message { number: original.number, ..Message::default() };
                let softest = settings.low_dbm0.min(settings.high_dbm0);
                (samples, softest, expected)
            }
            kind => {
                let standard = STANDARDS[kind % 2];
                let format = [Format::Mdmf, Format::Sdmf][kind / 2];
                let mut off = || 1.0 + rng.unit() * 0.01;
                let mut modulator = FskModulator::detuned(
                    standard.mark_hz() * off(),
                    standard.space_hz() * off(),
                    dbm0,
                );
                queue(&mut modulator, &original.encode(format), LineState::OnHook);
                let samples = tilted(standard, played(modulator), rng.unit() * 6.0);
                let name = if format == Format::Sdmf { Field::Absent } else { original.name };
                (samples, dbm0, Message { name, ..original })
            }
        };
        noise.add(&mut samples, softest - 20.0);
        let heard = listen(&samples);
        // Loud noise after a digit may pass for a damaged message, which is counted and no more.
        let read: Vec<_> = heard.iter().filter_map(|heard| heard.message.as_ref().ok()).collect();
        assert_eq!(read, [&expected], "message {nth} at {dbm0} dBm0, seed {seed}");
    }
}

#[test]
fn noise_12_db_below_costs_no_message() {
    let seed = tests_seed();
    let mut noise = Noise::new(seed);
    for standard in STANDARDS {
        for run in 0..25 {
            let octets = message().encode(Format::Mdmf);
            let mut samples = played(transmission(&octets, standard, LineState::OnHook, -25.0));
            noise.add(&mut samples, -37.0);
            let heard = listen(&samples);
            let good = heard.iter().filter(|heard| heard.message == Ok(message())).count();
            assert_eq!(good, 1, "{standard:?}, run {run}, seed {seed}");
        }
    }
}

#[test]
fn mains_hum_as_loud_as_the_signal_costs_no_message() {
    for standard in STANDARDS {
        let octets = message().encode(Format::Mdmf);
        let signal = played(transmission(&octets, standard, LineState::OnHook, -30.0));
        let hum = sine(50.0, -30.0, signal.len());
        let harmonic = sine(150.0, -40.0, signal.len());
        let heard = listen(&mixed(&[&signal, &hum, &harmonic]));
        assert_eq!(heard.len(), 1);
        assert_eq!(heard[0].message, Ok(message()));
    }
}

#[test]
fn marks_between_octets_are_allowed() {
    let mut modulator = FskModulator::new(FskStandard::V23, -14.0);
    modulator.push_seizure(300);
    modulator.push_mark(180);
    for (at, octet) in message().encode(Format::Mdmf).into_iter().enumerate() {
        modulator.push_octets(&[octet]);
        modulator.push_mark(at % 11);
    }
    let heard = listen(&played(modulator));
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].message, Ok(message()));
}

#[test]
fn a_damaged_message_is_an_error_and_the_next_one_is_heard() {
    let octets = message().encode(Format::Mdmf);
    let mut wrong = octets.clone();
    wrong[12] ^= 0x10;
    let whole = played(transmission(&octets, FskStandard::Bell202, LineState::OnHook, -14.0));
    let mut samples = played(transmission(&wrong, FskStandard::Bell202, LineState::OnHook, -14.0));
    samples.extend([0; 4000]);
    samples.extend(&whole[..whole.len() * 3 / 4]);
    samples.extend([0; 4000]);
    samples.extend(&whole);
    let mut receiver = CallerIdReceiver::new();
    receiver.push(&samples);
    let heard: Vec<_> = std::iter::from_fn(|| receiver.next_message()).collect();
    let results: Vec<_> = heard.into_iter().map(|heard| heard.message).collect();
    let expected = [Err(ParseError::Checksum), Err(ParseError::Truncated), Ok(message())];
    assert_eq!(results, expected);
    assert_eq!(receiver.damaged(), 2);
}

#[test]
fn digits_are_heard_as_well_and_say_withheld_from_unavailable() {
    for (number, start) in [
        (Field::Sent("13800138000".parse().unwrap()), 'D'),
        (Field::Sent("02087654321".parse().unwrap()), 'A'),
        (Field::Withheld, 'A'),
        (Field::Unavailable, 'A'),
    ] {
        let original = Message { number, ..Message::default() };
        let mut generator = DtmfGenerator::new(DtmfSettings::default());
        generator.push(&original.dtmf(start)).unwrap();
        let mut samples = vec![0; 20_000];
        generator.fill(&mut samples[333..]);
        let heard = listen(&samples);
        assert_eq!(heard.len(), 1);
        assert_eq!((heard[0].means, &heard[0].message), (Means::Dtmf, &Ok(original)));
    }
}

#[test]
fn digits_without_an_end_are_an_error() {
    let mut generator = DtmfGenerator::new(DtmfSettings::default());
    generator.push("D0208765").unwrap();
    let mut samples = vec![0; 24_000];
    generator.fill(&mut samples);
    let heard = listen(&samples);
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].message, Err(ParseError::Truncated));
}

#[test]
fn speech_and_noise_are_no_message() {
    let mut receiver = CallerIdReceiver::new();
    for (_, samples) in speech_files() {
        receiver.push(&samples);
        let heard = receiver.next_message();
        assert!(heard.is_none_or(|heard| heard.message.is_err()));
    }
    let mut noise = vec![0; 8000 * 60];
    Noise::new(tests_seed()).add(&mut noise, -20.0);
    receiver.push(&noise);
    assert_eq!(receiver.next_message(), None);
    eprintln!("damaged messages counted in speech: {}", receiver.damaged());
}

#[test]
fn how_the_stream_is_cut_changes_nothing() {
    let octets = message().encode(Format::Mdmf);
    let samples = played(transmission(&octets, FskStandard::V23, LineState::OnHook, -20.0));
    let mut rng = Rng::new(tests_seed());
    let mut receiver = CallerIdReceiver::new();
    let mut rest = samples.as_slice();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.len().min(1 + rng.below(300)));
        receiver.push(piece);
        rest = after;
    }
    assert_eq!(receiver.next_message().unwrap().message, Ok(message()));
}

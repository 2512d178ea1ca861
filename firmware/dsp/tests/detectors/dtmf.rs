//! The DTMF receiver against the figures of ITU-T Q.24 and ETSI ES 201 235-3.

use crate::sound::{Noise, Rng, mixed, sine, speech_files, tests_seed};
use dsp::dtmf::{DtmfDetector, DtmfDigit, DtmfGenerator, DtmfSettings, frequencies};

const DIGITS: &str = "1234567890*#ABCD";

fn listen(samples: &[i16]) -> Vec<DtmfDigit> {
    let mut detector = DtmfDetector::default();
    let mut heard = Vec::new();
    for block in samples.chunks(80) {
        detector.push(block);
        heard.extend(std::iter::from_fn(|| detector.next_digit()));
    }
    detector.push(&[0; 800]);
    heard.extend(std::iter::from_fn(|| detector.next_digit()));
    heard
}

fn text(heard: &[DtmfDigit]) -> String {
    heard.iter().map(|digit| digit.digit).collect()
}

/// One digit made of its two tones, each off by `offset` (a fraction) and at its own level.
fn digit(digit: char, ms: usize, levels: (f32, f32), offset: (f32, f32)) -> Vec<i16> {
    let (low, high) = frequencies(digit).unwrap();
    mixed(&[
        &sine(low * (1.0 + offset.0), levels.0, ms * 8),
        &sine(high * (1.0 + offset.1), levels.1, ms * 8),
    ])
}

/// Digits in a row, each begun at another place within a block.
fn string(digits: &str, on: usize, off: usize, levels: (f32, f32), offset: (f32, f32)) -> Vec<i16> {
    let mut all = vec![0; 400];
    for (at, key) in digits.chars().enumerate() {
        all.extend(digit(key, on, levels, offset));
        all.extend(vec![0; off * 8 + at % 7 * 5]);
    }
    all
}

#[test]
fn every_digit_is_heard_with_its_time() {
    let mut generator = DtmfGenerator::new(DtmfSettings::default());
    generator.push(DIGITS).unwrap();
    let mut samples = vec![0i16; 40 + 16 * 1280];
    generator.fill(&mut samples[40..]);
    let heard = listen(&samples);
    assert_eq!(text(&heard), DIGITS);
    for (at, digit) in heard.iter().enumerate() {
        let expected = 40 + 1280 * at as u64;
        assert!(digit.start.0.abs_diff(expected) <= 40, "{digit:?} began at {expected}");
        assert!(digit.duration.0.abs_diff(640) <= 80, "{digit:?}");
    }
}

#[test]
fn how_the_stream_is_cut_changes_nothing() {
    let samples = string(DIGITS, 50, 50, (-10.0, -9.0), (0.0, 0.0));
    let whole = listen(&samples);
    for length in [1, 7, 79, 160, 1001] {
        let mut detector = DtmfDetector::default();
        let mut heard = Vec::new();
        for piece in samples.chunks(length) {
            detector.push(piece);
            heard.extend(std::iter::from_fn(|| detector.next_digit()));
        }
        detector.push(&[0; 800]);
        heard.extend(std::iter::from_fn(|| detector.next_digit()));
        assert_eq!(heard, whole);
    }
}

#[test]
fn a_digit_is_sure_while_it_still_sounds() {
    let mut detector = DtmfDetector::default();
    detector.push(&digit('5', 50, (-10.0, -10.0), (0.0, 0.0)));
    assert_eq!(detector.sounding(), Some('5'));
    assert_eq!(detector.next_digit(), None);
    detector.push(&[0; 400]);
    assert_eq!(detector.sounding(), None);
    assert_eq!(text(&[detector.next_digit().unwrap()]), "5");
}

#[test]
fn frequencies_within_1_5_percent_and_2_hz_are_accepted() {
    for sign in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
        for key in DIGITS.chars() {
            let (low, high) = frequencies(key).unwrap();
            let offset = |hz: f32| 0.015 + 2.0 / hz;
            let off = (sign.0 * offset(low), sign.1 * offset(high));
            let samples = string(&key.to_string().repeat(4), 40, 40, (-12.0, -12.0), off);
            assert_eq!(text(&listen(&samples)), key.to_string().repeat(4), "{off:?}");
        }
    }
}

#[test]
fn frequencies_off_by_3_5_percent_are_refused() {
    for key in DIGITS.chars() {
        for off in [(0.035, 0.0), (-0.035, 0.0), (0.0, 0.035), (0.0, -0.035), (0.05, -0.05)] {
            let samples = string(&key.to_string().repeat(3), 100, 50, (-12.0, -12.0), off);
            assert_eq!(text(&listen(&samples)), "", "{key} off by {off:?}");
        }
    }
}

#[test]
fn tones_of_40_ms_are_digits_and_of_20_ms_are_none() {
    for (on, expected) in [(40, DIGITS), (20, ""), (15, ""), (5, "")] {
        let samples = string(DIGITS, on, 60, (-12.0, -12.0), (0.0, 0.0));
        assert_eq!(text(&listen(&samples)), expected, "{on} ms");
    }
}

#[test]
fn pauses_of_40_ms_part_digits_and_breaks_of_20_ms_do_not() {
    let parted = string("55555555", 45, 40, (-12.0, -12.0), (0.0, 0.0));
    assert_eq!(text(&listen(&parted)), "55555555");
    for (lead, gap) in (0..8).flat_map(|lead| [(lead, 5), (lead, 10), (lead, 20)]) {
        let mut broken = vec![0; 300 + 5 * lead];
        broken.extend(digit('8', 50, (-12.0, -12.0), (0.0, 0.0)));
        broken.extend(vec![0; gap * 8]);
        broken.extend(digit('8', 50, (-12.0, -12.0), (0.0, 0.0)));
        assert_eq!(text(&listen(&broken)), "8", "a break of {gap} ms");
    }
}

#[test]
fn different_digits_need_no_pause_that_can_be_heard() {
    let samples = string("1590*7A3", 50, 1, (-12.0, -12.0), (0.0, 0.0));
    assert_eq!(text(&listen(&samples)), "1590*7A3");
}

#[test]
fn twist_of_8_db_and_reverse_twist_of_6_db_are_accepted_and_far_more_is_refused() {
    for levels in [(-12.0, -20.0), (-18.0, -12.0), (-2.0, -10.0), (-3.0, 0.0)] {
        for off in [(0.0, 0.0), (0.015, -0.015)] {
            let samples = string(DIGITS, 40, 40, levels, off);
            assert_eq!(text(&listen(&samples)), DIGITS, "{levels:?} off by {off:?}");
        }
    }
    for levels in [(-6.0, -18.0), (-16.0, -6.0)] {
        assert_eq!(text(&listen(&string(DIGITS, 60, 60, levels, (0.0, 0.0)))), "", "{levels:?}");
    }
}

#[test]
fn levels_from_0_to_minus_35_dbm0_are_heard_and_minus_40_is_not() {
    for dbm0 in [0.0, -10.0, -20.0, -30.0, -35.0] {
        let samples = string(DIGITS, 40, 40, (dbm0, dbm0), (0.0, 0.0));
        assert_eq!(text(&listen(&samples)), DIGITS, "{dbm0}");
    }
    assert_eq!(text(&listen(&string(DIGITS, 60, 60, (-40.0, -40.0), (0.0, 0.0)))), "");
}

#[test]
fn noise_15_db_below_the_weaker_tone_costs_no_digit() {
    let seed = tests_seed();
    let mut noise = Noise::new(seed);
    let mut missed = 0;
    for _ in 0..20 {
        let mut samples = string(DIGITS, 50, 50, (-15.0, -15.0), (0.0, 0.0));
        noise.add(&mut samples, -30.0);
        let heard = text(&listen(&samples));
        missed += usize::from(heard != DIGITS);
    }
    assert_eq!(missed, 0, "of 20 strings of 16 digits, seed {seed}");
}

#[test]
fn dial_tone_as_loud_as_the_digit_does_not_hide_it() {
    for country in dsp::plan::Country::ALL {
        let mut samples = string(DIGITS, 50, 50, (-13.0, -13.0), (0.0, 0.0));
        let mut dial = dsp::tone::ToneGenerator::with_gain(country.tones().dial, 0.0);
        dial.mix(&mut samples);
        assert_eq!(text(&listen(&samples)), DIGITS, "{country}");
    }
}

#[test]
fn an_echo_10_db_down_and_20_ms_late_does_not_double_digits() {
    let direct = string(DIGITS, 50, 60, (-10.0, -10.0), (0.0, 0.0));
    let mut samples = direct.clone();
    for at in 160..samples.len() {
        samples[at] = samples[at].saturating_add((f32::from(direct[at - 160]) * 0.316) as i16);
    }
    assert_eq!(text(&listen(&samples)), DIGITS);
}

#[test]
fn nothing_a_telephone_network_sounds_is_a_digit() {
    for country in dsp::plan::Country::ALL {
        let t = country.tones();
        for tone in [t.dial, t.ringback, t.busy, t.congestion, t.special, t.howler, t.unobtainable]
        {
            let mut samples = vec![0; 8000 * 8];
            dsp::tone::ToneGenerator::new(tone).fill(&mut samples);
            assert_eq!(text(&listen(&samples)), "", "{country}");
        }
    }
    let mut noise = vec![0; 8000 * 60];
    Noise::new(tests_seed()).add(&mut noise, -15.0);
    assert_eq!(text(&listen(&noise)), "");
}

#[test]
fn human_speech_is_no_digit() {
    let (mut hits, mut seconds) = (0, 0);
    for (name, samples) in speech_files() {
        let heard = listen(&samples);
        if !heard.is_empty() {
            eprintln!("{name}: {}", text(&heard));
        }
        hits += heard.len();
        seconds += samples.len() / 8000;
    }
    eprintln!("talk-off: {hits} digits in {seconds} s of speech");
    // Bellcore's tapes allow 670 hits in some 50 hours: one in about 270 s.
    assert!(hits * 270 <= seconds, "{hits} digits in {seconds} s");
}

#[test]
fn samples_of_no_meaning_do_not_disturb_it() {
    let seed = tests_seed();
    let mut rng = Rng::new(seed);
    let mut detector = DtmfDetector::default();
    for _ in 0..200 {
        let length = rng.below(700);
        let piece: Vec<i16> =
            (0..length).map(|_| if rng.below(2) == 0 { i16::MIN } else { i16::MAX }).collect();
        detector.push(&piece);
    }
    while detector.next_digit().is_some() {}
    detector.push(&vec![0; 8000]);
    while detector.next_digit().is_some() {}
    detector.push(&string("0", 50, 100, (-10.0, -10.0), (0.0, 0.0)));
    assert_eq!(detector.next_digit().unwrap().digit, '0', "seed {seed}");
}

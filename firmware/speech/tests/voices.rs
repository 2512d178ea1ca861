//! The spoken calls of tests/voices, from audio to words. Needs the models; says what it skips.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests, though not all of it stands in a #[test].

mod support;

use call::{Samples, Side, SpeechState};
use speech::score::{Score, score};
use speech::segment::{Cut, Limits, Segmenter};
use speech::vad::{Vad, VadModel};
use speech::{CallSettings, Config, LanguageChoice, Recognition, WorkerConfig, transcribe_audio};
use std::path::Path;

/// What is cut out of some audio, with a second of silence before and after.
fn cuts(model: &VadModel, audio: &[i16]) -> Vec<Cut> {
    let mut vad = Vad::new(model.clone()).unwrap();
    let mut segmenter = Segmenter::new(Limits::default(), Samples::ZERO);
    let mut cuts = Vec::new();
    // Blocks of an odd length, as no frame likes them.
    let padded = [&[0; 8000], audio, &[0; 8000]].concat();
    for block in padded.chunks(137) {
        vad.push(block, |frame, p| cuts.extend(segmenter.push(frame, p))).unwrap();
    }
    cuts.extend(segmenter.finish());
    cuts
}

fn recognition(models: &Path) -> Option<Recognition> {
    let worker = WorkerConfig::new(models.join("whisper-base-q8_0.bin"));
    if !worker.program.is_file() {
        eprintln!(
            "SKIPPED: {} is not built (cargo build -p tipring-asr)",
            worker.program.display()
        );
        return None;
    }
    let vad = models.join("silero-vad-8k.onnx");
    Some(Recognition::open(Config { vad, vad_sha256: None, worker }).unwrap())
}

#[test]
fn every_spoken_turn_is_found_where_it_is() {
    let Some(models) = support::models() else { return };
    let model = VadModel::load(&models.join("silero-vad-8k.onnx"), None).unwrap();
    for turn in support::turns("") {
        let spoken: Vec<_> = cuts(&model, &turn.audio)
            .into_iter()
            .filter_map(|cut| if let Cut::Spoken(segment) = cut { Some(segment) } else { None })
            .collect();
        let heard: u64 = spoken.iter().map(|segment| segment.end.since(segment.start).0).sum();
        let length = turn.audio.len() as u64;
        assert!(!spoken.is_empty(), "{}: nothing heard", turn.file);
        assert!(heard * 10 >= length * 6, "{}: {heard} of {length} samples", turn.file);
        for segment in &spoken {
            assert_eq!(segment.audio.len() as u64, segment.end.since(segment.start).0);
            assert!(segment.start.0 + 4000 >= 8000, "{}: heard before it began", turn.file);
        }
        assert!(spoken.windows(2).all(|pair| pair[0].end <= pair[1].start), "{}", turn.file);
    }
}

#[test]
fn silence_noise_and_the_networks_tones_never_reach_the_recogniser() {
    let Some(models) = support::models() else { return };
    let model = VadModel::load(&models.join("silero-vad-8k.onnx"), None).unwrap();
    assert_eq!(cuts(&model, &[0; 40_000]), []);
    // Cadences in samples at 8 kHz: China, North America, the United Kingdom.
    let plans: [(&str, &[f32], &[usize]); 9] = [
        ("dial tone, China", &[450.0], &[80_000]),
        ("ringback, China", &[450.0], &[8000, 32_000]),
        ("busy, China", &[450.0], &[2800, 2800]),
        ("congestion, China", &[450.0], &[5600, 5600]),
        ("dial tone, North America", &[350.0, 440.0], &[80_000]),
        ("ringback, North America", &[440.0, 480.0], &[16_000, 32_000]),
        ("busy, North America", &[480.0, 620.0], &[4000, 4000]),
        ("ringback, United Kingdom", &[400.0, 450.0], &[3200, 1600, 3200, 16_000]),
        ("a keypad", &[770.0, 1336.0], &[800, 800]),
    ];
    let mut noise = noise(7);
    for (name, hertz, cadence) in plans {
        let period: usize = cadence.iter().sum();
        let tones: Vec<i16> = (0..80_000)
            .map(|t| {
                let mut left = t % period;
                let part = cadence.iter().position(|&length| {
                    let within = left < length;
                    left = left.saturating_sub(length);
                    within
                });
                let on = part.is_some_and(|part| part % 2 == 0);
                let tone = |f: &f32| (std::f32::consts::TAU * f * t as f32 / 8000.0).sin() * 3000.0;
                let level = if on { hertz.iter().map(tone).sum::<f32>() } else { 0.0 };
                (level + noise() * 20.0) as i16
            })
            .collect();
        assert_nothing_spoken(&model, name, &tones);
    }
    // Line noise from faint to as loud as speech, and the mains' hum.
    for level in [10.0, 100.0, 1000.0, 4000.0] {
        let white: Vec<i16> = (0..80_000).map(|_| (noise() * level) as i16).collect();
        assert_nothing_spoken(&model, &format!("noise of {level}"), &white);
    }
    let hum = |t: usize| {
        let at = |n: f32| (std::f32::consts::TAU * 50.0 * n * t as f32 / 8000.0).sin();
        ((at(1.0) + 0.5 * at(2.0) + 0.3 * at(3.0)) * 300.0) as i16
    };
    assert_nothing_spoken(&model, "hum", &(0..80_000).map(hum).collect::<Vec<i16>>());
}

fn assert_nothing_spoken(model: &VadModel, name: &str, audio: &[i16]) {
    let cuts = cuts(model, audio);
    let spoken = cuts.iter().filter(|cut| matches!(cut, Cut::Spoken(_))).count();
    assert_eq!(spoken, 0, "{name} is taken for {spoken} utterances");
}

/// Seeded noise, nearly normal, of root mean square 1.
fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed;
    let mut uniform = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    move || (0..12).map(|_| uniform()).sum()
}

#[test]
fn mandarin_and_english_calls_are_understood() {
    let Some(models) = support::models() else { return };
    let Some(recognition) = recognition(&models) else { return };
    // Bounds against breakage, not a statement of quality: zh-01 measured 0.163 when they were set.
    let mut rates = Vec::new();
    for (call, limit) in [("zh-01", 0.25), ("zh-03", 0.25), ("en-01", 0.25)] {
        let mut sum = Score::default();
        for turn in support::turns(call) {
            let settings = CallSettings {
                language: LanguageChoice::Fixed(turn.language),
                ..CallSettings::default()
            };
            let tracks = [(Side::Customer, Samples::ZERO, turn.audio.as_slice())];
            let transcript = transcribe_audio(&recognition, &tracks, settings).unwrap();
            assert_eq!(transcript.state, SpeechState::Done, "{}", turn.file);
            let words: Vec<&str> = transcript.utterances.iter().map(|u| u.text.as_str()).collect();
            let turn_score = score(&turn.text, &words.join(" "), turn.language);
            eprintln!("{:.2} {}: {}", turn_score.rate(), turn.file, words.join(" "));
            sum += turn_score;
        }
        eprintln!("{call}: error rate {:.3}", sum.rate());
        rates.push((call, sum.rate(), limit));
    }
    recognition.shut_down();
    assert!(rates.iter().all(|(_, rate, limit)| rate < limit), "{rates:?}");
}

#[test]
fn a_calls_language_is_found_by_its_first_utterances() {
    let Some(models) = support::models() else { return };
    let Some(recognition) = recognition(&models) else { return };
    for call in ["zh-06", "en-02"] {
        let turns = support::turns(call);
        let mut at = Samples::ZERO;
        let mut tracks = Vec::new();
        for (turn, side) in turns.iter().zip([Side::Agent, Side::Customer].into_iter().cycle()) {
            tracks.push((side, at, turn.audio.as_slice()));
            at += Samples(turn.audio.len() as u64 + 8000);
        }
        let transcript = transcribe_audio(&recognition, &tracks, CallSettings::default()).unwrap();
        assert_eq!(transcript.state, SpeechState::Done);
        assert_eq!(transcript.language, Some(turns[0].language), "{call}");
        assert!(transcript.utterances.windows(2).all(|pair| pair[0].start <= pair[1].start));
    }
    recognition.shut_down();
}

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
fn silence_and_the_networks_tones_are_not_utterances() {
    let Some(models) = support::models() else { return };
    let model = VadModel::load(&models.join("silero-vad-8k.onnx"), None).unwrap();
    assert_eq!(cuts(&model, &[0; 40_000]), []);
    // Busy tone of China: 450 Hz, 350 ms on and off; dial tone of North America: 350 and 440 Hz.
    let tone =
        |hertz: f32, t: usize| (std::f32::consts::TAU * hertz * t as f32 / 8000.0).sin() * 4000.0;
    let busy = |t: usize| if (t / 2800).is_multiple_of(2) { tone(450.0, t) as i16 } else { 0 };
    let dial = |t: usize| (tone(350.0, t) + tone(440.0, t)) as i16;
    for tones in [(0..60_000).map(busy).collect(), (0..60_000).map(dial).collect::<Vec<i16>>()] {
        let cuts = cuts(&model, &tones);
        assert!(!cuts.iter().any(|cut| matches!(cut, Cut::Spoken(_))), "{cuts:?}");
    }
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

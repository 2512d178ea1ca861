//! Our detectors and libspandsp's on the same audio: ours hear at least as much, and imagine no
//! more.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use dsp::echo::paths::HYBRIDS;
use dsp::plan::Country;
use dsp::progress::{ProgressDetector, Stage};
use spandsp_oracle::echo::Line;
use spandsp_oracle::trials::{self, SEED, Score};
use spandsp_oracle::{CallProgress, Dtmf};

/// Says what came of it, and holds ours to be no worse in anything.
fn no_worse(what: &str, scores: &[Score]) {
    eprintln!("{what}: ours / spandsp (seed {SEED})");
    for Score { what, sent, ours, theirs } in scores {
        let other = theirs.map_or("-".to_owned(), |theirs| theirs.to_string());
        eprintln!("  {what}: {ours} / {other} of {sent}");
        assert!(theirs.is_none_or(|theirs| *ours >= theirs), "{what}: {ours} / {other}");
    }
}

fn is_missing() -> bool {
    if !spandsp_oracle::PRESENT {
        eprintln!("skipped: libspandsp is not installed");
    }
    !spandsp_oracle::PRESENT
}

/// Speech to be deaf to: the repository's calls, and the larger set beside it where there is one.
fn speech() -> Vec<Vec<i16>> {
    let mut all = voices();
    all.extend(recordings("../../../shared/speech"));
    all.into_iter().map(|(_, samples)| samples).collect()
}

/// The repository's calls: file names and samples.
fn voices() -> Vec<(String, Vec<i16>)> {
    recordings("../voices")
}

fn recordings(folder: &str) -> Vec<(String, Vec<i16>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: {} is not here", folder.display());
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|kind| kind == "wav"));
    paths.sort();
    paths.iter().map(|path| (path.display().to_string(), read(path))).collect()
}

fn read(path: &std::path::Path) -> Vec<i16> {
    let bytes = std::fs::read(path).unwrap();
    let data = bytes.windows(4).position(|four| four == b"data").unwrap() + 8;
    bytes[data..].iter().map(|&octet| dsp::g711::alaw_decode(octet)).collect()
}

#[test]
fn dtmf_in_noise_and_twist_is_heard_at_least_as_well() {
    if is_missing() {
        return;
    }
    let scores = trials::digits();
    no_worse("digits", &scores);
    assert!(trials::total(&scores).theirs.unwrap() * 4 >= trials::total(&scores).sent * 3);
}

#[test]
fn speech_is_taken_for_digits_no_more_often() {
    let Some(mut theirs) = Dtmf::new() else {
        eprintln!("skipped: libspandsp is not installed");
        return;
    };
    let (mut mine, mut other, mut seconds) = (0, 0, 0);
    for samples in speech() {
        mine += trials::digits_of_ours(&samples).len();
        other += trials::digits_of_theirs(&mut theirs, &samples).len();
        seconds += samples.len() / 8000;
    }
    eprintln!("talk-off in {seconds} s of speech: ours {mine}, spandsp {other}");
    assert!(mine <= other.max(seconds / 270));
}

#[test]
fn recorded_keypads_are_heard_alike() {
    let Some(mut theirs) = Dtmf::new() else {
        eprintln!("skipped: libspandsp is not installed");
        return;
    };
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/telephony/dtmf");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: {} is not here", folder.display());
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let mut wav = hound::WavReader::open(&path).unwrap();
        let spec = wav.spec();
        let scale = 1.0 / (1u32 << (spec.bits_per_sample - 1)) as f32;
        let all: Vec<f32> = wav.samples::<i32>().map(|x| x.unwrap() as f32 * scale).collect();
        let mono: Vec<f32> =
            all.chunks(usize::from(spec.channels)).map(|all| all[0] / 2.0).collect();
        let mut samples = dsp::resample::to_telephone(&mono, spec.sample_rate).unwrap();
        samples.extend([0; 800]);
        let mine = trials::digits_of_ours(&samples);
        let other = trials::digits_of_theirs(&mut theirs, &samples);
        eprintln!("{}: ours {mine}, spandsp {other}", path.display());
        assert!(!mine.is_empty() && mine.len() >= other.len());
    }
}

#[test]
fn caller_identity_is_read_at_least_as_well() {
    if is_missing() {
        return;
    }
    let scores = trials::caller_identities();
    no_worse("messages", &scores);
    // The comparison is one only if the library reads what it is made for.
    let clean: Vec<_> = scores.iter().filter(|score| score.what.contains("SNR 60")).collect();
    assert!(clean.len() == 2 && clean.iter().all(|score| score.theirs == Some(score.sent)));
}

#[test]
fn call_progress_is_heard_at_least_as_well_and_speech_is_busy_no_more_often() {
    if is_missing() {
        return;
    }
    for country in Country::ALL {
        no_worse("busy and congestion", &trials::busy_tones(country));
        let mut theirs = CallProgress::new(country).unwrap();
        let (mut mine, mut other) = (0, 0);
        for samples in speech() {
            let mut ours = ProgressDetector::new(country);
            ours.set_stage(Stage::AfterDialling);
            ours.push(&samples);
            mine += trials::busy_of_ours(&mut ours).len();
            theirs.push(&samples);
            other += trials::busy_of_theirs(&mut theirs).len();
        }
        eprintln!("{country}: busy or congestion in speech: ours {mine}, spandsp {other}");
        assert_eq!(mine, 0);
    }
}

#[test]
fn more_echo_is_taken_away_and_the_customer_is_left_clearer() {
    if is_missing() {
        return;
    }
    let take = |side: &str| -> Vec<i16> {
        voices().into_iter().filter(|(name, _)| name.contains(side)).flat_map(|(_, x)| x).collect()
    };
    let agent: Vec<i16> = take("agent").into_iter().take(25 * 8000).collect();
    let customer: Vec<i16> = take("customer").into_iter().take(agent.len()).collect();
    let silence = vec![0; agent.len()];
    let (mut alone, mut both) = ([0.0; 2], [0.0; 2]);
    for hybrid in HYBRIDS {
        let line = Line::new(&agent, &silence, &hybrid, 12.0, -60.0);
        let figure = |left: &[i16]| line.enhancement_db(left);
        let here = [figure(&line.through_ours()), figure(&line.through_theirs().unwrap())];
        let line = Line::new(&agent, &customer, &hybrid, 12.0, -60.0);
        let figure = |left: &[i16]| line.clearness_db(left);
        let there = [figure(&line.through_ours()), figure(&line.through_theirs().unwrap())];
        eprintln!("{}: alone {here:.1?}, both {there:.1?} dB, ours and spandsp's", hybrid.name);
        for side in 0..2 {
            alone[side] += here[side] / HYBRIDS.len() as f32;
            both[side] += there[side] / HYBRIDS.len() as f32;
        }
    }
    eprintln!("alone {alone:.1?}, both {both:.1?} dB, ours and spandsp's");
    assert!(alone[0] > alone[1] && both[0] > both[1], "alone {alone:?}, both {both:?}");
}

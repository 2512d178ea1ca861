//! Our detectors and libspandsp's on the same audio: ours hear at least as much, and imagine no
//! more.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use dsp::caller_id::{CallerIdReceiver, Field, Format, LineState, Message, SentAt, transmission};
use dsp::dtmf::{DtmfDetector, DtmfGenerator, DtmfSettings};
use dsp::fsk::FskStandard;
use dsp::level;
use dsp::plan::Country;
use dsp::progress::{ProgressDetector, ProgressEvent, Stage};
use dsp::tone::ToneGenerator;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use spandsp_oracle::{CallProgress, CallerId, Dtmf, Tone};

const SEED: u64 = 20_260_302;
const DIGITS: &str = "1234567890*#ABCD";

fn noise(rng: &mut ChaCha8Rng, samples: &mut [i16], dbm0: f32) {
    let rms = level::rms(dbm0);
    for sample in samples {
        let gauss: f32 = (0..12).map(|_| rng.next_u32() as f32 / u32::MAX as f32 - 0.5).sum();
        *sample = level::to_sample(f32::from(*sample) + rms * gauss);
    }
}

fn ours_digits(samples: &[i16]) -> String {
    let mut detector = DtmfDetector::new();
    detector.push(samples);
    std::iter::from_fn(|| detector.next_digit()).map(|digit| digit.digit).collect()
}

fn theirs_digits(detector: &mut Dtmf, samples: &[i16]) -> String {
    for block in samples.chunks(80) {
        detector.push(block);
    }
    detector.digits()
}

/// How many of `expected` are in `heard`, in order.
fn right(expected: &str, heard: &str) -> usize {
    let mut heard = heard.chars();
    expected
        .chars()
        .filter(|&digit| heard.clone().next() == Some(digit) && heard.next().is_some())
        .count()
}

/// Speech to be deaf to: the repository's calls, and the larger set beside it where there is one.
fn speech() -> Vec<Vec<i16>> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut all = Vec::new();
    for folder in [root.join("tests/voices"), root.join("../shared/speech")] {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            eprintln!("skipped: {} is not here", folder.display());
            continue;
        };
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|kind| kind == "wav"));
        paths.sort();
        for path in paths {
            let bytes = std::fs::read(path).unwrap();
            let data = bytes.windows(4).position(|four| four == b"data").unwrap() + 8;
            all.push(bytes[data..].iter().map(|&octet| dsp::g711::alaw_decode(octet)).collect());
        }
    }
    all
}

#[test]
fn dtmf_in_noise_and_twist_is_heard_at_least_as_well() {
    let Some(mut theirs) = Dtmf::new() else {
        eprintln!("skipped: libspandsp is not installed");
        return;
    };
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    eprintln!("dtmf, digits heard of 160: ours / spandsp (seed {SEED})");
    for (low, high, on, snr) in [
        (-10.0, -10.0, 50, 60.0),
        (-25.0, -25.0, 50, 60.0),
        (-10.0, -17.0, 50, 60.0),
        (-14.0, -10.0, 50, 60.0),
        (-10.0, -10.0, 40, 30.0),
        (-15.0, -15.0, 50, 20.0),
        (-15.0, -15.0, 50, 15.0),
        (-15.0, -15.0, 50, 12.0),
    ] {
        let (mut mine, mut other) = (0, 0);
        for round in 0..10 {
            let settings = DtmfSettings { low_dbm0: low, high_dbm0: high, on_ms: on, off_ms: 50 };
            let mut generator = DtmfGenerator::new(settings);
            generator.push(DIGITS).unwrap();
            let mut samples = vec![0; 400 + round * 17];
            let start = samples.len();
            samples.resize(start + 16 * (on as usize + 50) * 8 + 800, 0);
            generator.fill(&mut samples[start..]);
            noise(&mut rng, &mut samples, f32::min(low, high) - snr);
            mine += right(DIGITS, &ours_digits(&samples));
            other += right(DIGITS, &theirs_digits(&mut theirs, &samples));
        }
        eprintln!("  {low} / {high} dBm0, {on} ms, SNR {snr} dB: {mine} / {other}");
        assert!(mine >= other, "{low} {high} {on} {snr}: {mine} of ours, {other} of theirs");
    }
}

#[test]
fn speech_is_taken_for_digits_no_more_often() {
    let Some(mut theirs) = Dtmf::new() else {
        eprintln!("skipped: libspandsp is not installed");
        return;
    };
    let (mut mine, mut other, mut seconds) = (0, 0, 0);
    for samples in speech() {
        mine += ours_digits(&samples).len();
        other += theirs_digits(&mut theirs, &samples).len();
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
        let (mine, other) = (ours_digits(&samples), theirs_digits(&mut theirs, &samples));
        eprintln!("{}: ours {mine}, spandsp {other}", path.display());
        assert!(!mine.is_empty() && mine.len() >= other.len());
    }
}

#[test]
fn caller_identity_is_read_at_least_as_well() {
    let message = Message {
        sent_at: Some(SentAt { month: 3, day: 2, hour: 10, minute: 15 }),
        number: Field::Sent("02087654321".parse().unwrap()),
        name: Field::Sent("SMITH JOHN".to_owned()),
    };
    let octets = message.encode(Format::Mdmf);
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    eprintln!("caller identity, messages of 20: ours / spandsp (seed {SEED})");
    for standard in [FskStandard::Bell202, FskStandard::V23] {
        for (dbm0, snr) in [
            (-13.5, 60.0),
            (-32.0, 30.0),
            (-40.0, 30.0),
            (-20.0, 15.0),
            (-20.0, 10.0),
            (-20.0, 7.0),
        ] {
            let Some(mut theirs) = CallerId::new(standard) else {
                eprintln!("skipped: libspandsp is not installed");
                return;
            };
            let (mut mine, mut other) = (0, 0);
            for _ in 0..20 {
                let mut modulator = transmission(&octets, standard, LineState::OnHook, dbm0);
                let mut samples = vec![0; 9600];
                modulator.fill(&mut samples[1600..]);
                noise(&mut rng, &mut samples, dbm0 - snr);
                let mut ours = CallerIdReceiver::new();
                ours.push(&samples);
                let heard = std::iter::from_fn(|| ours.next_message());
                mine += heard.filter(|heard| heard.message.as_ref() == Ok(&message)).count();
                for block in samples.chunks(80) {
                    theirs.push(block);
                }
                let expected = &octets[..octets.len() - 1];
                other += theirs.messages().iter().filter(|got| *got == expected).count();
            }
            eprintln!("  {standard:?} at {dbm0} dBm0, SNR {snr} dB: {mine} / {other}");
            assert!(mine >= other, "{standard:?} {dbm0} {snr}: {mine} of ours, {other} of theirs");
        }
    }
}

#[test]
fn call_progress_agrees_and_speech_is_busy_no_more_often() {
    let ours = |country, samples: &[i16]| {
        let mut detector = ProgressDetector::new(country);
        detector.set_stage(Stage::AfterDialling);
        detector.push(samples);
        let events = std::iter::from_fn(|| detector.next_event()).map(|progress| progress.what);
        events
            .filter_map(|event| match event {
                ProgressEvent::Busy => Some(Tone::Busy),
                ProgressEvent::Congestion => Some(Tone::Congestion),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    for country in Country::ALL {
        let Some(mut theirs) = CallProgress::new(country) else {
            eprintln!("skipped: libspandsp is not installed");
            return;
        };
        for (played, expected) in
            [(country.tones().busy, Tone::Busy), (country.tones().congestion, Tone::Congestion)]
        {
            let mut samples = vec![0; 8000 * 8];
            ToneGenerator::new(played).fill(&mut samples[4000..]);
            let mine = ours(country, &samples);
            theirs.push(&samples);
            let other = theirs.tones();
            eprintln!("{country} {expected:?}: ours {mine:?}, spandsp {other:?}");
            assert_eq!(mine, [expected]);
        }
        let (mut mine, mut other) = (0, 0);
        for samples in speech() {
            mine += ours(country, &samples).len();
            theirs.push(&samples);
            let busy = |tone: &Tone| matches!(tone, Tone::Busy | Tone::Congestion);
            other += theirs.tones().iter().filter(|tone| busy(tone)).count();
        }
        eprintln!("{country}: busy or congestion in speech: ours {mine}, spandsp {other}");
        assert_eq!(mine, 0);
    }
}

//! Each detector beside libspandsp's, on the same audio in the same run: cost, hits, false alarms.

use crate::{Done, load, table};
use call::Side;
use dsp::caller_id::{CallerIdReceiver, Field, Format, LineState, Message, SentAt, transmission};
use dsp::dtmf::{DtmfDetector, DtmfGenerator, DtmfSettings};
use dsp::fsk::FskStandard;
use dsp::level;
use dsp::plan::Country;
use dsp::progress::{ProgressDetector, ProgressEvent, Stage};
use dsp::tone::ToneGenerator;
use exchange::VoiceFolder;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use spandsp_oracle::{CallProgress, CallerId, Dtmf, Tone};
use std::hint::black_box;

const SEED: u64 = 20_260_302;
const DIGITS: &str = "1234567890*#ABCD";
/// Blocks of 10 ms, as a line gives them.
const BLOCK: usize = 80;

/// Hits and false alarms of one side, as they are printed; and its cost.
struct Showing {
    hits: String,
    falses: String,
    cost: f64,
}

/// All detectors.
pub fn main(folder: &VoiceFolder) -> Done {
    let speech = speech(folder);
    table::heading(
        "detectors, one channel: ours / libspandsp's on the same audio",
        &format!(
            "cost on {} s of telephone speech in blocks of 10 ms; seed {SEED}",
            speech.len() / 8000
        ),
    );
    if !spandsp_oracle::PRESENT {
        println!("  libspandsp is not installed: ours stand alone");
    }
    dtmf(&speech)?;
    caller_identity(&speech);
    call_progress(&speech);
    Ok(())
}

/// All recordings, one behind the other, agents' and customers'.
pub fn speech(folder: &VoiceFolder) -> Vec<i16> {
    [Side::Agent, Side::Customer].into_iter().flat_map(|side| of(folder, side)).collect()
}

/// All that one side says.
pub fn of(folder: &VoiceFolder, side: Side) -> Vec<i16> {
    let turns = folder.conversations.iter().flat_map(|conversation| &conversation.turns);
    turns
        .filter(|turn| turn.speaker == side)
        .filter_map(|turn| folder.voices.named(&turn.file))
        .flat_map(|samples| samples.iter().copied())
        .collect()
}

/// Seconds of processor time for a second of audio.
pub fn cost(samples: &[i16], mut push: impl FnMut(&[i16])) -> f64 {
    let seconds = load::cpu_seconds(|| {
        for block in samples.chunks_exact(BLOCK) {
            push(black_box(block));
        }
    });
    seconds * 8000.0 / samples.len().max(1) as f64
}

/// White noise of a level, added.
pub fn add_noise(random: &mut ChaCha8Rng, samples: &mut [i16], dbm0: f32) {
    let rms = level::rms(dbm0);
    for sample in samples {
        let gauss: f32 = (0..12).map(|_| random.next_u32() as f32 / u32::MAX as f32 - 0.5).sum();
        *sample = level::to_sample(f32::from(*sample) + rms * gauss);
    }
}

fn print(what: &str, ours: &Showing, theirs: Option<&Showing>) {
    let cost = |side: &Showing| format!("{:.2} µs/block", side.cost * 1e4);
    match theirs {
        Some(theirs) => {
            let ratio = format!("{} — {:.2} × theirs", cost(theirs), ours.cost / theirs.cost);
            table::row(&format!("{what}: cost"), cost(ours), ratio);
            table::row(&format!("{what}: heard"), &ours.hits, &theirs.hits);
            table::row(&format!("{what}: imagined"), &ours.falses, &theirs.falses);
        }
        None => {
            table::row(&format!("{what}: cost"), cost(ours), "");
            table::row(&format!("{what}: heard"), &ours.hits, "");
            table::row(&format!("{what}: imagined"), &ours.falses, "");
        }
    }
}

/// How many of `expected` are in `heard`, in order.
fn right(expected: &str, heard: &str) -> usize {
    let mut heard = heard.chars();
    expected
        .chars()
        .filter(|&digit| heard.clone().next() == Some(digit) && heard.next().is_some())
        .count()
}

fn ours_digits(samples: &[i16]) -> String {
    let mut detector = DtmfDetector::new();
    detector.push(samples);
    std::iter::from_fn(|| detector.next_digit()).map(|digit| digit.digit).collect()
}

fn dtmf(speech: &[i16]) -> Done {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut theirs = Dtmf::new();
    let (mut mine, mut other, mut sent) = (0, 0, 0);
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
        for round in 0..10 {
            let settings = DtmfSettings { low_dbm0: low, high_dbm0: high, on_ms: on, off_ms: 50 };
            let mut generator = DtmfGenerator::new(settings);
            generator.push(DIGITS)?;
            let start = 400 + round * 17;
            let mut samples = vec![0; start + 16 * (on as usize + 50) * 8 + 800];
            generator.fill(&mut samples[start..]);
            add_noise(&mut random, &mut samples, f32::min(low, high) - snr);
            sent += DIGITS.len();
            mine += right(DIGITS, &ours_digits(&samples));
            if let Some(theirs) = &mut theirs {
                samples.chunks(BLOCK).for_each(|block| theirs.push(block));
                other += right(DIGITS, &theirs.digits());
            }
        }
    }
    let mut detector = DtmfDetector::new();
    let falses = |count: usize| format!("{count} in {} s", speech.len() / 8000);
    let spent = cost(speech, |block| detector.push(block));
    let imagined = std::iter::from_fn(|| detector.next_digit()).count();
    let ours =
        Showing { hits: format!("{mine} of {sent} digits"), falses: falses(imagined), cost: spent };
    let theirs = theirs.map(|mut theirs| {
        let spent = cost(speech, |block| theirs.push(block));
        let falses = falses(theirs.digits().len());
        Showing { hits: format!("{other} of {sent} digits"), falses, cost: spent }
    });
    print("DTMF", &ours, theirs.as_ref());
    Ok(())
}

fn caller_identity(speech: &[i16]) {
    let message = Message {
        sent_at: Some(SentAt { month: 3, day: 2, hour: 10, minute: 15 }),
        number: "02087654321".parse().map_or(Field::Absent, Field::Sent),
        name: Field::Sent("SMITH JOHN".to_owned()),
    };
    let octets = message.encode(Format::Mdmf);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let (mut mine, mut other, mut sent) = (0, 0, 0);
    for standard in [FskStandard::Bell202, FskStandard::V23] {
        let mut theirs = CallerId::new(standard);
        for (dbm0, snr) in [
            (-13.5, 60.0),
            (-32.0, 30.0),
            (-40.0, 30.0),
            (-20.0, 15.0),
            (-20.0, 10.0),
            (-20.0, 7.0),
        ] {
            for _ in 0..20 {
                let mut modulator = transmission(&octets, standard, LineState::OnHook, dbm0);
                let mut samples = vec![0; 9600];
                modulator.fill(&mut samples[1600..]);
                add_noise(&mut random, &mut samples, dbm0 - snr);
                sent += 1;
                let mut ours = CallerIdReceiver::new();
                ours.push(&samples);
                let heard = std::iter::from_fn(|| ours.next_message());
                mine += heard.filter(|heard| heard.message.as_ref() == Ok(&message)).count();
                if let Some(theirs) = &mut theirs {
                    samples.chunks(BLOCK).for_each(|block| theirs.push(block));
                    let expected = &octets[..octets.len() - 1];
                    other += theirs.messages().iter().filter(|got| *got == expected).count();
                }
            }
        }
    }
    // Ours listens for both standards, and for DTMF identities; theirs for one.
    let mut receiver = CallerIdReceiver::new();
    let spent = cost(speech, |block| receiver.push(block));
    let imagined = std::iter::from_fn(|| receiver.next_message()).count();
    let falses = |count: usize| format!("{count} in {} s", speech.len() / 8000);
    let hits = |count: usize| format!("{count} of {sent} messages");
    let ours = Showing { hits: hits(mine), falses: falses(imagined), cost: spent };
    let theirs = CallerId::new(FskStandard::Bell202).map(|mut theirs| {
        let spent = cost(speech, |block| theirs.push(block));
        Showing { hits: hits(other), falses: falses(theirs.messages().len()), cost: spent }
    });
    print("caller identity (ours: both FSK and DTMF)", &ours, theirs.as_ref());
}

fn call_progress(speech: &[i16]) {
    let country = Country::China;
    let is_busy = |tone: &Tone| matches!(tone, Tone::Busy | Tone::Congestion);
    let busy = |detector: &mut ProgressDetector| {
        std::iter::from_fn(|| detector.next_event())
            .filter(|told| matches!(told.what, ProgressEvent::Busy | ProgressEvent::Congestion))
            .count()
    };
    let (mut mine, mut other, mut sent) = (0, 0, 0);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    for tone in [country.tones().busy, country.tones().congestion] {
        for snr in [60.0, 30.0, 20.0, 15.0, 10.0] {
            let mut samples = vec![0; 8000 * 8];
            ToneGenerator::new(tone).fill(&mut samples[4000..]);
            let loud = level::dbm0(level::of(&samples));
            add_noise(&mut random, &mut samples, loud - snr);
            let mut detector = ProgressDetector::new(country);
            detector.set_stage(Stage::AfterDialling);
            detector.push(&samples);
            sent += 1;
            mine += busy(&mut detector).min(1);
            if let Some(mut theirs) = CallProgress::new(country) {
                theirs.push(&samples);
                other += theirs.tones().iter().filter(|tone| is_busy(tone)).count().min(1);
            }
        }
    }
    let falses = |count: usize| format!("{count} in {} s", speech.len() / 8000);
    let hits = |count: usize| format!("{count} of {sent} busy tones");
    let mut detector = ProgressDetector::new(country);
    detector.set_stage(Stage::AfterDialling);
    let spent = cost(speech, |block| detector.push(block));
    let ours = Showing { hits: hits(mine), falses: falses(busy(&mut detector)), cost: spent };
    let theirs = CallProgress::new(country).map(|mut theirs| {
        let spent = cost(speech, |block| theirs.push(block));
        let imagined = theirs.tones().iter().filter(|tone| is_busy(tone)).count();
        Showing { hits: hits(other), falses: falses(imagined), cost: spent }
    });
    print("call progress", &ours, theirs.as_ref());
}

//! The same sounds for both: digits, caller identities and busy tones in noise.

use crate::{CallProgress, CallerId, Dtmf, Tone};
use dsp::caller_id::{CallerIdReceiver, Field, Format, LineState, Message, SentAt, transmission};
use dsp::dtmf::{DtmfDetector, DtmfGenerator, DtmfSettings};
use dsp::fsk::FskStandard;
use dsp::level;
use dsp::plan::Country;
use dsp::progress::{ProgressDetector, ProgressEvent, Stage};
use dsp::tone::ToneGenerator;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// From which all noise is made.
pub const SEED: u64 = 20_260_302;

/// Below this level, dBm0, the library's FSK receiver has no carrier, by a constant in its table of
/// modems that its caller-identity receiver cannot change.
pub const THEIR_LOWEST_FSK_DBM0: f32 = -30.0;

/// Blocks of 10 ms, as a line gives them.
const BLOCK: usize = 80;
const DIGITS: &str = "1234567890*#ABCD";
const ROUNDS: usize = 10;
const MESSAGES: usize = 20;

/// What both made of one kind of sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// The sound.
    pub what: String,
    /// How often it was there.
    pub sent: usize,
    /// How often ours heard it right.
    pub ours: usize,
    /// How often the library did; `None` where it is missing, or not made for such a sound.
    pub theirs: Option<usize>,
}

/// Sums scores: sent, ours, theirs; of those only in which the library took part, if it did in any.
pub fn total(scores: &[Score]) -> Score {
    let both = scores.iter().any(|score| score.theirs.is_some());
    let counted = || scores.iter().filter(|score| !both || score.theirs.is_some());
    Score {
        what: String::new(),
        sent: counted().map(|score| score.sent).sum(),
        ours: counted().map(|score| score.ours).sum(),
        theirs: both.then(|| counted().filter_map(|score| score.theirs).sum()),
    }
}

/// Adds white noise of a level.
pub fn add_noise(random: &mut ChaCha8Rng, samples: &mut [i16], dbm0: f32) {
    let rms = level::rms(dbm0);
    for sample in samples {
        let gauss: f32 = (0..12).map(|_| random.next_u32() as f32 / u32::MAX as f32 - 0.5).sum();
        *sample = level::to_sample(f32::from(*sample) + rms * gauss);
    }
}

/// The digits that ours hears.
pub fn digits_of_ours(samples: &[i16]) -> String {
    let mut detector = DtmfDetector::new();
    detector.push(samples);
    std::iter::from_fn(|| detector.next_digit()).map(|digit| digit.digit).collect()
}

/// The digits that the library hears.
pub fn digits_of_theirs(detector: &mut Dtmf, samples: &[i16]) -> String {
    samples.chunks(BLOCK).for_each(|block| detector.push(block));
    detector.digits()
}

/// The busy and congestion tones that ours hears after dialling.
pub fn busy_of_ours(detector: &mut ProgressDetector) -> Vec<Tone> {
    std::iter::from_fn(|| detector.next_event())
        .filter_map(|told| match told.what {
            ProgressEvent::Busy => Some(Tone::Busy),
            ProgressEvent::Congestion => Some(Tone::Congestion),
            _ => None,
        })
        .collect()
}

/// The busy and congestion tones that the library hears.
pub fn busy_of_theirs(detector: &mut CallProgress) -> Vec<Tone> {
    let mut tones = detector.tones();
    tones.retain(|tone| matches!(tone, Tone::Busy | Tone::Congestion));
    tones
}

/// Keypads at several levels, twists and lengths, in noise.
pub fn digits() -> Vec<Score> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut theirs = Dtmf::new();
    let mut scores = Vec::new();
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
        for round in 0..ROUNDS {
            let settings = DtmfSettings { low_dbm0: low, high_dbm0: high, on_ms: on, off_ms: 50 };
            let mut generator = DtmfGenerator::new(settings);
            let keyed = generator.push(DIGITS);
            debug_assert_eq!(keyed, Ok(()));
            let start = 400 + round * 17;
            let mut samples = vec![0; start + DIGITS.len() * (on as usize + 50) * 8 + 800];
            generator.fill(&mut samples[start..]);
            add_noise(&mut random, &mut samples, f32::min(low, high) - snr);
            mine += right(&digits_of_ours(&samples));
            other += theirs.as_mut().map_or(0, |theirs| right(&digits_of_theirs(theirs, &samples)));
        }
        scores.push(Score {
            what: format!("{low} / {high} dBm0, {on} ms, SNR {snr} dB"),
            sent: ROUNDS * DIGITS.len(),
            ours: mine,
            theirs: theirs.is_some().then_some(other),
        });
    }
    scores
}

/// How many digits of the keypad were heard, in order.
fn right(heard: &str) -> usize {
    let mut heard = heard.chars();
    DIGITS
        .chars()
        .filter(|&digit| heard.clone().next() == Some(digit) && heard.next().is_some())
        .count()
}

/// Messages in FSK of both standards, at several levels, in noise.
pub fn caller_identities() -> Vec<Score> {
    let message = Message {
        sent_at: Some(SentAt { month: 3, day: 2, hour: 10, minute: 15 }),
        number: "02087654321".parse().map_or(Field::Absent, Field::Sent),
        name: Field::Sent("SMITH JOHN".to_owned()),
    };
    let octets = message.encode(Format::Mdmf);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut scores = Vec::new();
    for standard in [FskStandard::Bell202, FskStandard::V23] {
        for (dbm0, snr) in [
            (-13.5, 60.0),
            (-25.0, 30.0),
            (-20.0, 15.0),
            (-20.0, 10.0),
            (-20.0, 7.0),
            (-32.0, 30.0),
            (-40.0, 30.0),
        ] {
            // A receiver of its own for each, so that none pays for what came before.
            let mut theirs =
                if dbm0 > THEIR_LOWEST_FSK_DBM0 { CallerId::new(standard) } else { None };
            let (mut mine, mut other) = (0, 0);
            for _ in 0..MESSAGES {
                let mut modulator = transmission(&octets, standard, LineState::OnHook, dbm0);
                let mut samples = vec![0; 9600];
                modulator.fill(&mut samples[1600..]);
                add_noise(&mut random, &mut samples, dbm0 - snr);
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
            scores.push(Score {
                what: format!("{standard:?} at {dbm0} dBm0, SNR {snr} dB"),
                sent: MESSAGES,
                ours: mine,
                theirs: theirs.is_some().then_some(other),
            });
        }
    }
    scores
}

/// A country's busy and congestion tones in noise.
pub fn busy_tones(country: Country) -> Vec<Score> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let tones = country.tones();
    let mut scores = Vec::new();
    for (tone, meant) in [(tones.busy, Tone::Busy), (tones.congestion, Tone::Congestion)] {
        for snr in [60.0, 30.0, 20.0, 15.0, 10.0] {
            let mut samples = vec![0; 8000 * 8];
            ToneGenerator::new(tone).fill(&mut samples[4000..]);
            let loud = level::of(&samples);
            add_noise(&mut random, &mut samples, loud - snr);
            let mut ours = ProgressDetector::new(country);
            ours.set_stage(Stage::AfterDialling);
            ours.push(&samples);
            let theirs = CallProgress::new(country).map(|mut theirs| {
                theirs.push(&samples);
                usize::from(busy_of_theirs(&mut theirs).contains(&meant))
            });
            scores.push(Score {
                what: format!("{country} {meant:?}, SNR {snr} dB"),
                sent: 1,
                ours: usize::from(busy_of_ours(&mut ours) == [meant]),
                theirs,
            });
        }
    }
    scores
}

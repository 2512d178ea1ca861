//! Call progress: each country's tones by frequency and cadence, and voices.

use crate::sound::{Noise, Rng, sine, speech_files, tests_seed};
use call::Samples;
use dsp::level;
use dsp::plan::{Country, TonePlan};
use dsp::progress::{Progress, ProgressDetector, ProgressEvent, Stage};
use dsp::tone::{Tone, ToneGenerator};

fn listen(country: Country, stage: Stage, samples: &[i16]) -> Vec<Progress> {
    let mut detector = ProgressDetector::new(country);
    detector.set_stage(stage);
    let mut heard = Vec::new();
    for block in samples.chunks(80) {
        detector.push(block);
        heard.extend(std::iter::from_fn(|| detector.next_event()));
    }
    heard
}

fn events(country: Country, stage: Stage, samples: &[i16]) -> Vec<ProgressEvent> {
    listen(country, stage, samples).into_iter().map(|progress| progress.what).collect()
}

/// A tone for some milliseconds, `db` above its plan's level, and silence after it.
fn tone(tone: Tone, ms: usize, db: f32) -> Vec<i16> {
    let mut samples = vec![0; ms * 8];
    ToneGenerator::with_gain(tone, db).fill(&mut samples);
    samples
}

fn silence(ms: usize) -> Vec<i16> {
    vec![0; ms * 8]
}

/// Every tone that ends a call, with the event it is to give.
fn endings(plan: &TonePlan) -> Vec<(Tone, ProgressEvent)> {
    let unobtainable = match plan.unobtainable.times {
        None => ProgressEvent::Unobtainable,
        Some(_) => ProgressEvent::Special,
    };
    vec![
        (plan.busy, ProgressEvent::Busy),
        (plan.congestion, ProgressEvent::Congestion),
        (plan.unobtainable, unobtainable),
        (plan.special, ProgressEvent::Special),
        (plan.howler, ProgressEvent::Howler),
    ]
}

/// A segment list that lives as long as a generator wants it, stretched in time and frequency.
fn stretched(tone: Tone, time: f32, hz: f32) -> Tone {
    use dsp::tone::{FOREVER, Segment};
    let segments: Vec<Segment> = tone
        .segments
        .iter()
        .map(|segment| {
            let ms = match segment.ms {
                FOREVER => FOREVER,
                ms => (ms as f32 * time).round() as u32,
            };
            let moved: Vec<f32> = segment.hz.iter().map(|each| each * hz).collect();
            Segment { hz: moved.leak(), ms, ..*segment }
        })
        .collect();
    Tone { segments: segments.leak(), ..tone }
}

#[test]
fn each_countrys_tones_are_told_once_each() {
    for country in Country::ALL {
        for (played, expected) in endings(country.tones()) {
            let mut samples = silence(300);
            samples.extend(tone(played, 8000, 0.0));
            let heard = events(country, Stage::AfterDialling, &samples);
            assert_eq!(heard, [expected], "{country}");
        }
        let mut samples = silence(200);
        samples.extend(tone(country.tones().dial, 5000, 0.0));
        let heard = listen(country, Stage::BeforeDialling, &samples);
        assert_eq!(heard.len(), 1, "{country}: {heard:?}");
        assert_eq!(heard[0].what, ProgressEvent::DialTone);
        assert!(heard[0].at.ms() < 200 + 950, "{country}: dial tone at {} ms", heard[0].at.ms());
    }
}

#[test]
fn a_busy_tone_is_known_after_three_pulses() {
    for country in Country::ALL {
        let round = country.tones().busy.round().unwrap().ms();
        let heard = listen(country, Stage::AfterDialling, &tone(country.tones().busy, 8000, 0.0));
        assert_eq!(heard[0].what, ProgressEvent::Busy);
        assert!(heard[0].at.ms() > 2 * round && heard[0].at.ms() < 3 * round, "{heard:?}");
        let two_pulses = tone(country.tones().busy, 2 * round as usize - 10, 0.0);
        let mut samples = two_pulses;
        samples.extend(silence(3000));
        assert_eq!(events(country, Stage::AfterDialling, &samples), [], "{country}");
    }
}

#[test]
fn cadences_off_by_a_tenth_and_frequencies_off_by_one_percent_are_known() {
    for country in Country::ALL {
        for (time, hz) in [(1.09, 1.0), (0.91, 1.0), (1.0, 1.01), (1.0, 0.99), (1.05, 1.01)] {
            for (played, expected) in endings(country.tones()) {
                let mut samples = silence(300);
                samples.extend(tone(stretched(played, time, hz), 9000, 0.0));
                let heard = events(country, Stage::AfterDialling, &samples);
                assert_eq!(heard, [expected], "{country} {expected:?} time {time} hz {hz}");
            }
        }
    }
}

#[test]
fn cadences_and_frequencies_of_nobody_are_no_busy() {
    for country in Country::ALL {
        for (time, hz) in [(1.35, 1.0), (0.72, 1.0), (1.0, 1.12), (1.0, 0.88)] {
            let samples = tone(stretched(country.tones().busy, time, hz), 9000, 0.0);
            let heard = events(country, Stage::AfterDialling, &samples);
            let ending = heard
                .iter()
                .any(|event| matches!(event, ProgressEvent::Busy | ProgressEvent::Congestion));
            assert!(!ending, "{country} time {time} hz {hz}: {heard:?}");
        }
    }
}

#[test]
fn tones_are_known_from_6_db_above_to_15_below_their_level_and_in_noise() {
    let seed = tests_seed();
    let mut noise = Noise::new(seed);
    for country in Country::ALL {
        for (played, expected) in endings(country.tones()) {
            let sounding = played.segments.iter().filter(|segment| !segment.hz.is_empty());
            let (softest, loudest) = sounding.fold((0.0f32, -99.0f32), |(low, high), segment| {
                (low.min(segment.dbm0), high.max(segment.dbm0))
            });
            for db in [6.0, -8.0, -15.0] {
                // What no codec can carry is not asked for, nor what is below -40 dBm0.
                if loudest + db > -9.0 || softest + db < -40.0 {
                    continue;
                }
                let mut samples = silence(300);
                samples.extend(tone(played, 8000, db));
                noise.add(&mut samples, softest + db - 15.0);
                let heard = events(country, Stage::AfterDialling, &samples);
                assert_eq!(heard, [expected], "{country} {db} dB, seed {seed}");
            }
        }
    }
}

#[test]
fn ringback_is_told_at_each_burst_and_its_end_when_it_stays_away() {
    for country in Country::ALL {
        let plan = country.tones();
        let mut samples = silence(500);
        samples.extend(tone(plan.ringback, 18_000, 0.0));
        let whole = samples.len();
        samples.extend(silence(8000));
        let heard = listen(country, Stage::AfterDialling, &samples);
        let bursts: Vec<u64> = heard
            .iter()
            .filter_map(|progress| match progress.what {
                ProgressEvent::Ringback { began } => Some(began.ms()),
                _ => None,
            })
            .collect();
        assert!(bursts.len() >= 3, "{country}: {heard:?}");
        assert!(bursts[0].abs_diff(500) <= 15, "{country}: {bursts:?}");
        let ended = heard.last().unwrap();
        assert!(matches!(ended.what, ProgressEvent::RingbackEnded { .. }), "{heard:?}");
        assert!(ended.at.0 > whole as u64 - 2000 && heard.len() == bursts.len() + 1, "{heard:?}");
    }
}

#[test]
fn ringback_cut_short_by_an_answer_ends_at_once() {
    for country in [Country::China, Country::Usa] {
        let plan = country.tones();
        let round = plan.ringback.round().unwrap().ms() as usize;
        let burst = plan.ringback.segments[0].ms as usize;
        let mut samples = tone(plan.ringback, 2 * round + burst * 8 / 10, 0.0);
        let answered = samples.len() as u64;
        samples.extend(silence(4000));
        let heard = listen(country, Stage::AfterDialling, &samples);
        let ended = heard.last().unwrap();
        let ProgressEvent::RingbackEnded { since } = ended.what else { panic!("{heard:?}") };
        assert!(since.0.abs_diff(answered) < 160, "{country}: {since:?} of {answered}");
        assert!(ended.at.since(Samples(answered)).ms() < 900, "{country}: {ended:?}");
    }
}

#[test]
fn busy_after_ringback_is_busy_and_no_answer() {
    for country in Country::ALL {
        let plan = country.tones();
        for wait in [0, 700, 1500] {
            let round = plan.ringback.round().unwrap().ms() as usize;
            let pause = plan.ringback.segments.last().unwrap().ms as usize;
            let mut samples = tone(plan.ringback, 3 * round - pause, 0.0);
            samples.extend(silence(wait));
            samples.extend(tone(plan.busy, 6000, 0.0));
            let heard = events(country, Stage::AfterDialling, &samples);
            assert_eq!(heard.last(), Some(&ProgressEvent::Busy), "{country} {wait}: {heard:?}");
            let answer = heard.iter().any(|event| {
                matches!(event, ProgressEvent::RingbackEnded { .. } | ProgressEvent::VoiceOn { .. })
            });
            assert!(!answer, "{country} {wait}: {heard:?}");
        }
    }
}

#[test]
fn every_recorded_voice_is_heard_soon_and_none_is_a_tone() {
    let (mut voices, mut seconds, mut deaf, mut delays) = (0, 0, Vec::new(), Vec::new());
    for (name, samples) in speech_files() {
        // Where a person would say that somebody speaks: the first 100 ms above -35 dBm0.
        let begins = samples.chunks(800).position(|piece| level::of(piece) > -35.0);
        for country in Country::ALL {
            for stage in [Stage::BeforeDialling, Stage::AfterDialling] {
                let heard = listen(country, stage, &samples);
                for progress in &heard {
                    assert!(
                        matches!(
                            progress.what,
                            ProgressEvent::VoiceOn { .. } | ProgressEvent::VoiceOff { .. }
                        ),
                        "{name}: {progress:?}"
                    );
                }
                if country == Country::China && stage == Stage::AfterDialling {
                    match (heard.first(), begins) {
                        (Some(first), Some(begins)) => {
                            delays.push(first.at.ms() as i64 - begins as i64 * 100);
                        }
                        (None, Some(_)) => deaf.push(name.clone()),
                        _ => {}
                    }
                }
            }
        }
        voices += 1;
        seconds += samples.len() / 8000;
    }
    delays.sort_unstable();
    let percentile = |percent: usize| delays[(delays.len() - 1) * percent / 100];
    eprintln!(
        "voices: {voices} recordings, {seconds} s; heard after {} ms (median), {} ms (95 %); {} not",
        percentile(50),
        percentile(95),
        deaf.len()
    );
    // A word said alone may be too short: two of the human set's thirty single digits are.
    assert!(deaf.len() * 100 <= voices, "{deaf:?}");
    assert!(percentile(95) < 600, "{delays:?}");
}

#[test]
fn noise_and_hum_are_neither_voice_nor_tone() {
    for dbm0 in [-60.0, -45.0, -35.0, -25.0] {
        let mut samples = silence(3000);
        let mut loud = silence(20_000);
        Noise::new(tests_seed()).add(&mut loud, dbm0);
        samples.extend(loud);
        assert_eq!(events(Country::China, Stage::AfterDialling, &samples), [], "{dbm0}");
    }
    let hum = crate::sound::mixed(&[
        &sine(50.0, -25.0, 80_000),
        &sine(150.0, -45.0, 80_000),
        &sine(250.0, -50.0, 80_000),
    ]);
    assert_eq!(events(Country::China, Stage::AfterDialling, &hum), []);
}

#[test]
fn music_is_no_tone_of_the_exchange() {
    // Notes with harmonics in a beat near busy's, among them A4 and the plan's own frequencies.
    let seed = tests_seed();
    let mut rng = Rng::new(seed);
    let notes = [349.2, 392.0, 400.0, 440.0, 450.0, 466.2, 493.9, 523.3];
    let mut samples = Vec::new();
    for _ in 0..200 {
        let hz = notes[rng.below(notes.len())];
        let ms = 150 + rng.below(500);
        let parts: Vec<Vec<i16>> = (1..5)
            .map(|harmonic| sine(hz * harmonic as f32, -14.0 - 4.0 * harmonic as f32, ms * 8))
            .collect();
        let parts: Vec<&[i16]> = parts.iter().map(Vec::as_slice).collect();
        samples.extend(crate::sound::mixed(&parts));
        samples.extend(silence(rng.below(300)));
    }
    for country in Country::ALL {
        let heard = events(country, Stage::AfterDialling, &samples);
        let tone = heard.iter().find(|event| {
            matches!(
                event,
                ProgressEvent::Busy
                    | ProgressEvent::Congestion
                    | ProgressEvent::Unobtainable
                    | ProgressEvent::Howler
                    | ProgressEvent::Special
            )
        });
        assert_eq!(tone, None, "{country}, seed {seed}");
    }
}

#[test]
fn silence_is_counted() {
    let mut detector = ProgressDetector::new(Country::China);
    detector.push(&tone(Country::China.tones().dial, 2000, 0.0));
    assert!(detector.quiet_for().ms() < 20);
    detector.push(&silence(5000));
    assert!(detector.quiet_for().ms().abs_diff(5000) < 100, "{:?}", detector.quiet_for());
    assert_eq!(detector.now(), Samples::from_ms(7000));
}

#[test]
fn samples_of_no_meaning_do_not_disturb_it_however_they_are_cut() {
    let seed = tests_seed();
    let mut rng = Rng::new(seed);
    let mut detector = ProgressDetector::new(Country::Uk);
    detector.set_stage(Stage::AfterDialling);
    for _ in 0..300 {
        let length = rng.below(900);
        let rails = rng.below(2) == 0;
        let piece: Vec<i16> = (0..length)
            .map(|_| match (rails, rng.below(2)) {
                (true, 0) => i16::MIN,
                (true, _) => i16::MAX,
                (false, _) => (rng.unit() * 32767.0) as i16,
            })
            .collect();
        detector.push(&piece);
    }
    detector.push(&silence(3000));
    while detector.next_event().is_some() {}
    for piece in tone(Country::Uk.tones().busy, 4000, 0.0).chunks(333) {
        detector.push(piece);
    }
    let last = std::iter::from_fn(|| detector.next_event()).last();
    assert_eq!(last.map(|last| last.what), Some(ProgressEvent::Busy), "seed {seed}");
}

//! Busy tones of nobody we know, learnt; speech and music, not.

use crate::sound::{Noise, Rng, mixed, sine, speech_files, tests_seed};
use dsp::learn::{Repeated, RepeatingTone, ToneLearner};
use dsp::level;

/// A tone of some frequencies that comes and goes, `ms` long in all.
fn beeps(hz: &[f32], on_ms: usize, off_ms: usize, dbm0: f32, ms: usize) -> Vec<i16> {
    let mut out = Vec::new();
    while out.len() < ms * 8 {
        let parts: Vec<Vec<i16>> = hz.iter().map(|hz| sine(*hz, dbm0, on_ms * 8)).collect();
        let parts: Vec<&[i16]> = parts.iter().map(Vec::as_slice).collect();
        out.extend(mixed(&parts));
        out.extend(vec![0; off_ms * 8]);
    }
    out.truncate(ms * 8);
    out
}

/// What is told, and at which ms.
fn told(learner: &mut ToneLearner, samples: &[i16]) -> Vec<(usize, Repeated)> {
    let mut told = Vec::new();
    for (number, block) in samples.chunks(80).enumerate() {
        learner.push(block);
        told.extend(learner.next_repeated().map(|repeated| ((number + 1) * 10, repeated)));
    }
    told
}

fn first(samples: &[i16]) -> Option<(usize, Repeated)> {
    told(&mut ToneLearner::new(), samples).first().copied()
}

/// Busy and congestion tones of ITU-T E.180 Supplement 2 that no plan of ours has.
const STRANGE: [(&[f32], usize, usize); 8] = [
    (&[425.0], 480, 480),
    (&[425.0], 240, 240),
    (&[400.0], 500, 500),
    (&[440.0], 500, 500),
    (&[425.0], 200, 200),
    (&[425.0], 250, 250),
    (&[480.0, 620.0], 300, 300),
    (&[425.0], 375, 375),
];

#[test]
fn a_strange_busy_tone_is_learnt_within_three_cadences_as_it_is() {
    for (hz, on, off) in STRANGE {
        for (lead, dbm0) in [(310, -13.0), (337, -31.0)] {
            let mut samples = vec![0; lead * 8];
            samples.extend(beeps(hz, on, off, dbm0, 6_000));
            Noise::new(tests_seed()).add(&mut samples, -58.0);
            let (at, Repeated { tone, known }) = first(&samples).expect("it is learnt");
            assert!(!known && at <= lead + 3 * (on + off), "{hz:?} {on}/{off}: at {at} ms");
            assert!(at > lead + 2 * (on + off), "{hz:?} {on}/{off}: at {at} ms");
            let times = (i32::from(tone.on_ms) - on as i32)
                .abs()
                .max((i32::from(tone.off_ms) - off as i32).abs());
            assert!(times <= 4, "{hz:?} {on}/{off}: {tone:?}");
            for (measured, meant) in tone.hz.iter().zip(hz.iter().chain(&[0.0])) {
                assert!((f32::from(*measured) - meant).abs() <= 0.01 * meant, "{hz:?}: {tone:?}");
            }
            let all = dbm0 + 10.0 * (hz.len() as f32).log10();
            assert!((f32::from(tone.dbm0) - all).abs() <= 1.5, "{hz:?} {dbm0}: {tone:?}");
        }
    }
}

#[test]
fn a_tone_that_was_learnt_is_known_after_two_pulses_the_next_time() {
    for (hz, on, off) in STRANGE {
        let samples = beeps(hz, on, off, -15.0, 5_000);
        let mut learner = ToneLearner::new();
        let (late, _) = told(&mut learner, &samples)[0];
        learner.begin();
        let (soon, Repeated { known, .. }) = told(&mut learner, &samples)[0];
        assert!(known && soon < late, "{hz:?}: {soon} and {late} ms");
        assert!(soon <= 2 * on + off + 60, "{hz:?} {on}/{off}: {soon} ms");
        assert_eq!(learner.known().len(), 1, "it is remembered once");
    }
}

#[test]
fn what_is_not_equal_three_times_is_not_learnt() {
    let beep = |on, off| beeps(&[425.0], on, off, -12.0, on + off);
    let row = |beats: &[(usize, usize)]| -> Vec<i16> {
        let mut samples: Vec<i16> = beats.iter().flat_map(|(on, off)| beep(*on, *off)).collect();
        samples.extend(vec![0; 8_000]);
        samples
    };
    for beats in [
        &[(400, 400), (400, 400)][..],
        &[(400, 400), (480, 400), (400, 400), (480, 400), (400, 400)],
        &[(400, 400), (400, 520), (400, 400), (400, 520), (400, 400)],
        &[(400, 400), (400, 400), (400, 200), (90, 400)],
    ] {
        assert_eq!(first(&row(beats)), None, "{beats:?}");
    }
    let mut rising: Vec<i16> =
        [400.0, 420.0, 440.0].iter().flat_map(|hz| beeps(&[*hz], 400, 400, -12.0, 800)).collect();
    rising.extend(vec![0; 4_000]);
    assert_eq!(first(&rising), None);
}

#[test]
fn tones_that_are_no_busy_tone_are_left_alone() {
    for (what, hz, on, off) in [
        ("a ringing tone", &[425.0][..], 1_000, 4_000),
        ("a short ringing tone", &[425.0], 400, 2_000),
        ("a call waiting tone", &[425.0], 200, 600),
        ("a fax machine that calls", &[1_100.0], 500, 500),
        ("an answering machine's beeps", &[1_400.0], 425, 425),
        ("a dial tone that stutters", &[425.0], 900, 100),
        ("digits", &[697.0, 1_209.0], 100, 100),
    ] {
        assert_eq!(first(&beeps(hz, on, off, -12.0, 20_000)), None, "{what}");
    }
}

#[test]
fn nobody_s_speech_is_a_tone() {
    let mut files = speech_files();
    let seconds: usize = files.iter().map(|(_, samples)| samples.len() / 8_000).sum();
    let mut learner = ToneLearner::new();
    for (name, samples) in &mut files {
        for _ in 0..2 {
            learner.begin();
            assert_eq!(told(&mut learner, samples), [], "{name}");
            // The second time broken up by a bad network, 200 ms of each 400.
            for (number, piece) in samples.chunks_mut(1_600).enumerate() {
                if number % 2 == 1 {
                    piece.fill(0);
                }
            }
        }
    }
    assert!(seconds > 60, "{seconds} s of speech were heard");
}

/// Notes of a scale, each with harmonics that fade, over a bass and a beat; `steady` notes do not
/// fade and have no bass, like an organ or a game.
fn music(seed: u64, steady: bool) -> Vec<i16> {
    let mut random = Rng::new(seed);
    let tempo_ms = [200, 250, 300, 400, 500][random.below(5)];
    let mut song = Vec::new();
    for _ in 0..60_000 / tempo_ms {
        let note =
            220.0 * 2f32.powf([0, 2, 4, 5, 7, 9, 11, 12, 14, 16][random.below(10)] as f32 / 12.0);
        let length = tempo_ms * 8;
        let bass = 55.0 * [1.0, 1.5, 2.0][random.below(3)];
        let rest = random.below(4) == 0;
        for n in 0..length {
            let t = n as f32 / 8_000.0;
            let fade = if steady { 1.0 } else { (-3.0 * t).exp() };
            let sound = |hz: f32, share: f32| share * (std::f32::consts::TAU * hz * t).sin();
            let melody = sound(note, 1.0) + sound(2.0 * note, 0.5) + sound(3.0 * note, 0.25);
            let under = if steady { 0.0 } else { sound(bass, 0.7) + sound(2.0 * bass, 0.3) };
            let amplitude = level::sine_peak(-16.0) * fade * f32::from(u8::from(!rest));
            song.push(level::to_sample(amplitude * melody + level::sine_peak(-22.0) * under));
        }
    }
    song
}

#[test]
fn music_is_no_tone() {
    for song in 0..24 {
        for steady in [false, true] {
            let heard = told(&mut ToneLearner::new(), &music(tests_seed() + song, steady));
            assert_eq!(heard, [], "song {song}, seed {}", tests_seed());
        }
    }
}

#[test]
fn a_strange_tone_is_learnt_after_speech_and_through_a_noisy_line() {
    let (_, mut samples) = speech_files().swap_remove(0);
    samples.extend(vec![0; 4_000]);
    let ended = samples.len() / 8;
    samples.extend(beeps(&[425.0], 480, 480, -22.0, 5_000));
    Noise::new(tests_seed()).add(&mut samples, -45.0);
    let (at, _) = first(&samples).expect("it is learnt");
    assert!(at > ended && at <= ended + 3 * 960, "{at} ms, {ended} ms");
}

#[test]
fn what_was_kept_and_is_no_busy_tone_is_not_believed() {
    let tone = RepeatingTone { hz: [425, 0], on_ms: 480, off_ms: 480, dbm0: -15 };
    assert!(tone.is_plausible());
    for wrong in [
        RepeatingTone { hz: [0, 0], ..tone },
        RepeatingTone { hz: [425, 300], ..tone },
        RepeatingTone { hz: [1_100, 0], ..tone },
        RepeatingTone { on_ms: 0, ..tone },
        RepeatingTone { off_ms: 4_000, ..tone },
        RepeatingTone { on_ms: 700, off_ms: 100, ..tone },
        RepeatingTone { dbm0: 100, ..tone },
    ] {
        assert!(!wrong.is_plausible(), "{wrong:?}");
        let mut learner = ToneLearner::new();
        learner.remember(wrong);
        assert_eq!(learner.known(), []);
    }
    let mut learner = ToneLearner::new();
    for on_ms in [150, 200, 300, 400, 500] {
        learner.remember(RepeatingTone { on_ms, off_ms: on_ms, ..tone });
    }
    assert_eq!(learner.known().len(), dsp::learn::REMEMBERED);
    assert_eq!(learner.known()[0].on_ms, 200, "the oldest was forgotten");
}

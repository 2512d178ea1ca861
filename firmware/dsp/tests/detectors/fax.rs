//! Fax tones against T.30's figures.

use crate::sound::{Noise, sine, speech_files, tests_seed};
use dsp::fax::{FaxDetector, FaxTone};
use dsp::tone::ToneGenerator;

fn listen(samples: &[i16]) -> Vec<FaxTone> {
    let mut detector = FaxDetector::new();
    let mut heard = Vec::new();
    for block in samples.chunks(80) {
        detector.push(block);
        heard.extend(std::iter::from_fn(|| detector.next_tone()).map(|heard| heard.tone));
    }
    heard
}

/// Two bursts of calling tone, three seconds apart.
fn cng(hz: f32, ms: usize, dbm0: f32) -> Vec<i16> {
    let mut samples = vec![0; 1234];
    for _ in 0..2 {
        samples.extend(sine(hz, dbm0, ms * 8));
        samples.extend(vec![0; 24_000]);
    }
    samples
}

#[test]
fn calling_tone_is_heard_within_its_tolerances() {
    let mut noise = Noise::new(tests_seed());
    for hz in [1062.0, 1100.0, 1138.0] {
        for ms in [425, 500, 575] {
            for dbm0 in [-6.0, -20.0, -38.0] {
                let mut samples = cng(hz, ms, dbm0);
                noise.add(&mut samples, dbm0 - 20.0);
                let heard = listen(&samples);
                assert_eq!(heard, [FaxTone::Cng; 2], "{hz} Hz {ms} ms {dbm0} dBm0");
            }
        }
    }
}

#[test]
fn other_tones_are_no_calling_tone() {
    for (hz, ms) in [(1100.0, 300), (1100.0, 800), (1000.0, 500), (1200.0, 500)] {
        assert_eq!(listen(&cng(hz, ms, -15.0)), [], "{hz} Hz {ms} ms");
    }
}

#[test]
fn called_station_tone_is_heard_once_with_and_without_phase_turns() {
    for hz in [2085.0, 2100.0, 2115.0] {
        assert_eq!(listen(&sine(hz, -15.0, 24_000)), [FaxTone::Ced], "{hz} Hz");
        let mut turned = sine(hz, -15.0, 24_000);
        for (at, sample) in turned.iter_mut().enumerate() {
            if at / 3600 % 2 == 1 {
                *sample = -*sample;
            }
        }
        assert_eq!(listen(&turned), [FaxTone::Ced], "{hz} Hz, turned");
    }
    assert_eq!(listen(&sine(2100.0, -15.0, 3000)), []);
    assert_eq!(listen(&sine(2050.0, -15.0, 24_000)), []);
}

#[test]
fn neither_voices_nor_the_exchange_are_a_fax() {
    for (name, samples) in speech_files() {
        assert_eq!(listen(&samples), [], "{name}");
    }
    for country in dsp::plan::Country::ALL {
        let t = country.tones();
        for tone in [t.dial, t.ringback, t.busy, t.congestion, t.special, t.howler, t.unobtainable]
        {
            let mut samples = vec![0; 8000 * 8];
            ToneGenerator::new(tone).fill(&mut samples);
            assert_eq!(listen(&samples), [], "{country}");
        }
    }
}

//! Sounds that the detectors' tests share: tones, seeded noise, recorded speech.

use dsp::level;
use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::{Path, PathBuf};

/// The seed of every random sound: fixed, or that of `TIPRING_SEED`.
pub(crate) fn tests_seed() -> u64 {
    std::env::var("TIPRING_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_260_302)
}

/// A seeded source of numbers.
pub(crate) struct Rng(ChaCha8Rng);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Rng(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.0.next_u64() % limit.max(1) as u64) as usize
    }

    /// Uniform in -1..1.
    pub(crate) fn unit(&mut self) -> f32 {
        self.0.next_u32() as f32 / (u32::MAX as f32 / 2.0) - 1.0
    }

    /// Gaussian, variance 1 (twelve uniforms).
    pub(crate) fn gauss(&mut self) -> f32 {
        (0..12).map(|_| self.unit() / 2.0).sum()
    }
}

/// White Gaussian noise over the whole band.
pub(crate) struct Noise(Rng);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Noise(Rng::new(seed))
    }

    /// Adds noise of this level.
    pub(crate) fn add(&mut self, samples: &mut [i16], dbm0: f32) {
        let rms = level::rms(dbm0);
        for sample in samples {
            *sample = level::to_sample(f32::from(*sample) + rms * self.0.gauss());
        }
    }
}

/// A sine of a level for some samples.
pub(crate) fn sine(hz: f32, dbm0: f32, samples: usize) -> Vec<i16> {
    let peak = f64::from(level::sine_peak(dbm0));
    let omega = std::f64::consts::TAU * f64::from(hz) / 8000.0;
    (0..samples).map(|n| level::to_sample((peak * (omega * n as f64).sin()) as f32)).collect()
}

/// Sounds one upon the other, as long as the first.
pub(crate) fn mixed(parts: &[&[i16]]) -> Vec<i16> {
    let mut sum = parts[0].to_vec();
    for part in &parts[1..] {
        for (sum, &sample) in sum.iter_mut().zip(part.iter()) {
            *sum = sum.saturating_add(sample);
        }
    }
    sum
}

/// Recorded speech at 8 kHz: the repository's spoken calls, and the larger set beside it where
/// there is one.
pub(crate) fn speech_files() -> Vec<(String, Vec<i16>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = wav_files(&root.join("tests/voices"));
    assert!(!files.is_empty(), "tests/voices has the repository's own recordings");
    let human = wav_files(&root.join("../shared/speech"));
    if human.is_empty() {
        eprintln!("skipped: ../shared/speech is not here, only tests/voices is heard");
    }
    files.extend(human);
    files.iter().map(|path| (path.display().to_string(), read_wav(path))).collect()
}

fn wav_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> =
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "wav"));
    files.sort();
    files
}

/// The samples of an A-law or 16-bit WAV at 8 kHz.
pub(crate) fn read_wav(path: &Path) -> Vec<i16> {
    let bytes = std::fs::read(path).unwrap();
    let format = u16::from_le_bytes([bytes[20], bytes[21]]);
    let data = bytes.windows(4).position(|four| four == b"data").unwrap() + 8;
    match format {
        6 => bytes[data..].iter().map(|&octet| dsp::g711::alaw_decode(octet)).collect(),
        1 => bytes[data..]
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
            .collect(),
        other => panic!("{} is WAV format {other}", path.display()),
    }
}

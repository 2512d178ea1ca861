//! What a speech recogniser is, whichever it is.

use call::Language;
use serde::{Deserialize, Serialize};

/// The longest audio that an engine takes at once, in samples at 8 kHz: 30 s.
pub const LONGEST: usize = 30 * call::SAMPLE_RATE as usize;

/// Which language to listen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LanguageChoice {
    /// This one, whatever is spoken.
    Fixed(Language),
    /// Mandarin or English, whichever the audio is more like.
    Detect,
}

/// How to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// For which language.
    pub language: LanguageChoice,
    /// The speaker has not finished: be quick, try once.
    pub partial: bool,
}

/// What an engine heard, as it came out of the model: not yet normalised, nothing held back
/// ([`crate::polish`] does both).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// The words.
    pub text: String,
    /// Geometric mean of the tokens' probabilities, 0 to 1.
    pub p: f32,
    /// The model's own probability that there was no speech at all, 0 to 1.
    pub no_speech: f32,
    /// How many tokens the text took.
    pub tokens: u32,
    /// The language it was taken for.
    pub language: Language,
    /// What it cost, in milliseconds of wall time.
    pub compute_ms: u32,
}

/// Why an engine has no answer to one utterance.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// Longer than [`LONGEST`].
    #[error("{0} samples are more than the 30 s that a recogniser takes at once")]
    TooLong(usize),
    /// The model's code says so.
    #[error("the speech model failed with code {0}")]
    Failed(i32),
}

/// A speech recogniser: one utterance in, words out. Keeps no memory between utterances.
pub trait Engine: Send {
    /// Recognises `audio`, linear 16-bit samples at 8 kHz.
    fn transcribe(&mut self, audio: &[i16], settings: &Settings) -> Result<Heard, EngineError>;
}

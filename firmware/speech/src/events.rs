//! What one call's ears are told, and what they tell.

use crate::engine::LanguageChoice;
use crate::polish::Doubt;
use crate::recognizer::NoAnswer;
use crate::segment::Limits;
use call::{Samples, Side, SpeechState, Utterance};

/// How to listen to one call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallSettings {
    /// In which language; [`LanguageChoice::Detect`] settles on one after the first utterances.
    pub language: LanguageChoice,
    /// What [`Utterance::model`] shall be: the recogniser's place among the record's models.
    pub model: u8,
    /// Whether words are wanted while they are spoken.
    pub partials: bool,
    /// Whether the call is of the past.
    pub backlog: bool,
    /// Where to cut.
    pub limits: Limits,
}

impl Default for CallSettings {
    fn default() -> Self {
        CallSettings {
            language: LanguageChoice::Detect,
            model: 0,
            partials: true,
            backlog: false,
            limits: Limits::default(),
        }
    }
}

/// What a transcriber tells. `id` counts a call's utterances from 0, in order of their onset.
#[derive(Clone, Debug, PartialEq)]
pub enum SpeechEvent {
    /// Someone began to speak.
    Started {
        /// Which utterance.
        id: u32,
        /// Who.
        side: Side,
        /// From when.
        start: Samples,
    },
    /// The words so far; they may change.
    Partial {
        /// Which utterance.
        id: u32,
        /// Who.
        side: Side,
        /// From when.
        start: Samples,
        /// Words.
        text: String,
    },
    /// The words.
    Final {
        /// Which utterance.
        id: u32,
        /// What was said.
        utterance: Utterance,
    },
    /// No words come of this one.
    Dropped {
        /// Which utterance.
        id: u32,
        /// Who.
        side: Side,
        /// Why.
        why: Dropped,
    },
    /// All is said.
    Finished(SpeechState),
}

/// Why an utterance has no words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// Too short to be speech.
    Noise,
    /// Tones of the network or a keypad.
    Tones,
    /// The recogniser heard nothing, or what it heard is not to be believed.
    Doubted(Doubt),
    /// The voice activity model failed on its end.
    Unheard,
    /// The recogniser gave no answer.
    NoAnswer(NoAnswer),
}

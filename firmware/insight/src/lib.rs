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
mod features;
mod follow_up;
pub mod jsonl;
mod judge;
mod keywords;
mod mask;
mod model;
mod score;
pub mod sensitive;
mod spoken;
mod turns;
pub mod when;
mod words;

pub use conversation::{Conversation, number_models_from};
pub use mask::masked;
pub use score::{Overlap, Score, ScoreError, Share, score};

use call::{Finding, Findings, ModelIdentity, Side, UtteranceFindings};
use sha2::{Digest, Sha256};

/// Index of the rule set in [`Insight::models`].
pub(crate) const RULES: u8 = 0;
/// Index of the model of turns in [`Insight::models`].
pub(crate) const ACTS: u8 = 1;

/// The model that this firmware carries: models/insight/README.md.
const BUILT_IN: &[u8] = include_bytes!("../../../models/insight/turns.onnx");

/// The model and the rules, ready to read conversations.
pub struct Insight {
    cues: features::Cues,
    model: model::Model,
    models: Vec<ModelIdentity>,
}

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The bytes are no ONNX model that tract can run, or one of another shape.
    #[error("the insight model cannot be run ({0}); fetch it again or use the built-in one")]
    Model(String),
    /// A line of the lexicon is no regular expression.
    #[error("the cue {0} in cues.tsv is no regular expression; correct its line")]
    Cue(&'static str),
}

impl Insight {
    /// With a model of one's own: the bytes of an ONNX file made by models/insight/train.py.
    pub fn load(model: &[u8]) -> Result<Insight, LoadError> {
        let cues = features::Cues::compile().map_err(|cue| LoadError::Cue(cue.0))?;
        let identity = |name: &str, bytes: &[u8]| ModelIdentity {
            name: name.to_owned(),
            sha256: Sha256::digest(bytes).into(),
        };
        let models = vec![
            identity("insight-rules", features::CUES.as_bytes()),
            identity("insight-turns", model),
        ];
        let model = model::Model::read(model, cues.width())?;
        Ok(Insight { cues, model, models })
    }

    /// With the model that this firmware carries.
    pub fn built_in() -> Result<Insight, LoadError> {
        Self::load(BUILT_IN)
    }

    /// The rule set and the model, in the order that [`call::Finding::model`] counts them.
    pub fn models(&self) -> &[ModelIdentity] {
        &self.models
    }

    /// What the conversation means. `Finding::model` is an index into [`Insight::models`]; see
    /// [`number_models_from`] for a record that lists other models first.
    pub fn understand(&self, conversation: &Conversation<'_>) -> Findings {
        let turns = turns::read(conversation, &self.cues, &self.model);
        let verdict = judge::judge(&turns);
        let mut before = "";
        let utterances = turns.iter().enumerate().map(|(at, turn)| {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            let acts = match turn.side {
                Side::Agent => Vec::new(),
                Side::Customer => turn
                    .acts
                    .iter()
                    .map(|(act, p)| Finding { value: *act, p: *p, evidence: vec![at], model: ACTS })
                    .collect(),
            };
            let sensitive = sensitive::find_after(turn.text, before);
            before = turn.text;
            UtteranceFindings { acts, sensitive, masked: masked(turn.text) }
        });
        let mut findings = Findings {
            interest: verdict.interest,
            outcome: verdict.outcome,
            sentiment: verdict.sentiment,
            needs: verdict.needs,
            follow_up_at: follow_up::find(&turns, conversation.started_at),
            utterances: utterances.collect(),
            ..Findings::default()
        };
        let masked = findings.utterances.iter().map(|utterance| utterance.masked.as_str());
        findings.keywords = keywords::find(masked);
        words::write(&mut findings, conversation.language);
        findings
    }
}

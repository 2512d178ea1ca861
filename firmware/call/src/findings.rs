//! What was understood of a call, each value with the words it rests on.

use crate::{Act, Interest, Need, Outcome, SensitiveKind, Sentiment, WallTime};
use serde::{Deserialize, Serialize};

/// One value, and why it is believed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding<T> {
    /// The value.
    pub value: T,
    /// Calibrated probability, 0 to 1.
    pub p: f32,
    /// The utterances it rests on: indices into the record's utterances.
    pub evidence: Vec<u32>,
    /// Who says so: an index into the record's models.
    pub model: u8,
}

/// A number in an utterance that is masked outside the sealed original.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sensitive {
    /// What it is.
    pub kind: SensitiveKind,
    /// First character of the span, in Unicode scalar values.
    pub start: u32,
    /// One past the last character.
    pub end: u32,
}

/// What was found in one utterance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UtteranceFindings {
    /// The acts of a customer's turn; empty for the agent's.
    pub acts: Vec<Finding<Act>>,
    /// Sensitive numbers, of either side.
    pub sensitive: Vec<Sensitive>,
    /// The text with every sensitive number and every long run of digits masked.
    pub masked: String,
}

/// What was found over the call. A value without evidence is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// How interested the customer is.
    pub interest: Option<Finding<Interest>>,
    /// What came of it.
    pub outcome: Option<Finding<Outcome>>,
    /// The customer's mood.
    pub sentiment: Option<Finding<Sentiment>>,
    /// What it was about.
    pub needs: Vec<Finding<Need>>,
    /// When to be in touch again, in the call's own offset.
    pub follow_up_at: Option<Finding<WallTime>>,
    /// One entry for each utterance of the record, in its order.
    pub utterances: Vec<UtteranceFindings>,
    /// Two sentences, made from findings and masked words only; empty if there is nothing to say.
    pub summary: String,
    /// What to do next; empty if nothing follows.
    pub suggestion: String,
    /// The words that mark this call, masked.
    pub keywords: Vec<String>,
}

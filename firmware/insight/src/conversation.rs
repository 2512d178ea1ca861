//! What goes in.

use call::{Findings, Language, Side, WallTime};

/// A call as text, so far.
#[derive(Clone, Debug)]
pub struct Conversation<'a> {
    /// The call's start, with the local clock's offset: times are resolved against it.
    pub started_at: WallTime,
    /// The language that summary and suggestion are written in. The words may be in either.
    pub language: Language,
    /// Who said what, in order.
    pub turns: Vec<(Side, &'a str)>,
}

/// Moves every `Finding::model` up by `first`, for a record whose list of models has `first`
/// others in front.
pub fn number_models_from(findings: &mut Findings, first: u8) {
    fn shift(model: &mut u8, by: u8) {
        *model = model.saturating_add(by);
    }
    if let Some(finding) = &mut findings.interest {
        shift(&mut finding.model, first);
    }
    if let Some(finding) = &mut findings.outcome {
        shift(&mut finding.model, first);
    }
    if let Some(finding) = &mut findings.sentiment {
        shift(&mut finding.model, first);
    }
    if let Some(finding) = &mut findings.follow_up_at {
        shift(&mut finding.model, first);
    }
    for finding in &mut findings.needs {
        shift(&mut finding.model, first);
    }
    for utterance in &mut findings.utterances {
        for finding in &mut utterance.acts {
            shift(&mut finding.model, first);
        }
    }
}

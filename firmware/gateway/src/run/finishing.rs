//! From a call's words to its finished record: understood, written as the next revision, shown.

use super::backlog::Waiting;
use super::outbox::Bell;
use call::{Language, ModelIdentity, Record, SpeechState, Utterance};
use insight::{Conversation, Insight};
use journal::Journal;
use status::{Live, Receipt};
use std::sync::{Arc, Mutex, PoisonError};

/// Understands and writes. Cheap to clone.
#[derive(Clone)]
pub struct Finisher {
    pub insight: Arc<Insight>,
    pub journal: Journal,
    pub live: Live,
    /// Where a call goes whose words cannot be had now.
    pub waiting: Waiting,
    /// The speech model at work: what utterances refer to as model 0.
    pub ears: Arc<Mutex<ModelIdentity>>,
    /// What summaries are written in where a call has no words to tell.
    pub language: Language,
    /// The state that a record has before its delivery.
    pub receipt: Receipt,
    /// Rung when a revision is on disk.
    pub bell: Bell,
}

impl Finisher {
    /// Writes the revision of `record` that has these words. `false`: it could not be written, and
    /// waits in the backlog.
    pub fn finish(&self, record: Record, utterances: Vec<Utterance>, state: SpeechState) -> bool {
        // Nobody answered: the record is complete as it is.
        if record.speech != SpeechState::Pending {
            self.live.call_finished(&record, self.receipt);
            return true;
        }
        if state == SpeechState::Pending {
            self.live.call_finished(&record, self.receipt);
            self.waiting.add(record.call);
            return false;
        }
        let understood = self.understood(record.clone(), utterances, state);
        let written = self.journal.revise(&understood);
        match &written {
            Ok(_) => {
                self.live.call_finished(&understood, self.receipt);
                self.bell.ring();
            }
            Err(error) => {
                tracing::error!(call = %record.call, %error, "a record's words were not written; they are made again later");
                self.live.call_finished(&record, self.receipt);
                self.waiting.add(record.call);
            }
        }
        written.is_ok()
    }

    fn understood(
        &self,
        mut record: Record,
        mut utterances: Vec<Utterance>,
        state: SpeechState,
    ) -> Record {
        utterances.sort_by_key(|utterance| (utterance.start, utterance.side));
        let conversation = Conversation {
            started_at: record.cdr.opened_at,
            language: spoken(&utterances).unwrap_or(self.language),
            turns: utterances.iter().map(|said| (said.side, said.text.as_str())).collect(),
        };
        let mut findings = self.insight.understand(&conversation);
        insight::number_models_from(&mut findings, 1);
        let ears = self.ears.lock().unwrap_or_else(PoisonError::into_inner).clone();
        record.models =
            std::iter::once(ears).chain(self.insight.models().iter().cloned()).collect();
        record.revision = record.revision.saturating_add(1);
        record.speech = state;
        record.utterances = utterances;
        record.findings = Some(findings);
        record
    }
}

/// The language that most of a call was spoken in.
fn spoken(utterances: &[Utterance]) -> Option<Language> {
    let length = |language: Language| -> usize {
        utterances.iter().filter(|said| said.language == language).map(|said| said.text.len()).sum()
    };
    let languages = [Language::Mandarin, Language::English];
    languages.into_iter().filter(|&language| length(language) > 0).max_by_key(|&l| length(l))
}

//! Spoken calls as parts for both sides.
//!
//! A conversation is a JSON file with a recording for each turn:
//!
//! ```json
//! {"id": "zh-06-wrong-number", "language": "zh", "turns": [
//!   {"speaker": "agent", "text": "…", "file": "zh-06-wrong-number.00.agent.wav"},
//!   {"speaker": "customer", "text": "…", "file": "zh-06-wrong-number.01.customer.wav"}]}
//! ```
//!
//! Each side speaks its own turns and waits through the other's, by hearing: until the other has
//! spoken and fallen silent, or a patience is over, so that nobody waits for ever.

use crate::script::{Listen, Step};
use call::{Language, Side};
use serde::Deserialize;

/// A spoken call.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Conversation {
    /// Its name.
    pub id: String,
    /// Its language.
    pub language: Language,
    /// What is said, in order.
    pub turns: Vec<Turn>,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Turn {
    /// Who speaks.
    pub speaker: Side,
    /// The words.
    pub text: String,
    /// The recording: a file's name in the conversation's folder.
    pub file: String,
}

/// Why a text is no conversation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConversationError {
    /// The JSON does not parse.
    #[error("line {line}, column {column}: this is no conversation in JSON (id, language, turns)")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Nothing is said.
    #[error("the conversation has no turns")]
    NoTurns,
    /// A recording outside the folder.
    #[error("turn {turn} names a file with a path; recordings lie beside their conversation")]
    Path {
        /// The turn, from 1.
        turn: usize,
    },
}

/// How the end of a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// This side hangs up a moment after the last turn.
    HangsUp,
    /// This side waits for the other to hang up, and does so itself only after half a minute.
    Waits,
}

const REACTION_MS: u32 = 250;
const FIRST_PATIENCE_MS: u32 = 25_000;
const FAREWELL_MS: u32 = 1_200;
const WAITS_MS: u32 = 30_000;

impl Conversation {
    /// Reads a conversation's JSON.
    pub fn parse(json: &str) -> Result<Self, ConversationError> {
        let conversation: Conversation = serde_json::from_str(json).map_err(|error| {
            ConversationError::Json { line: error.line(), column: error.column() }
        })?;
        if conversation.turns.is_empty() {
            return Err(ConversationError::NoTurns);
        }
        let with_path = |turn: &Turn| turn.file.contains(['/', '\\']) || turn.file.starts_with('.');
        match conversation.turns.iter().position(with_path) {
            Some(index) => Err(ConversationError::Path { turn: index + 1 }),
            None => Ok(conversation),
        }
    }

    /// Whether somebody speaks on that side at all; a voicemail or an announcement has no agent.
    pub fn has(&self, side: Side) -> bool {
        self.turns.iter().any(|turn| turn.speaker == side)
    }

    /// What one side does, from the answer on.
    pub fn part(&self, side: Side, farewell: Farewell) -> Vec<Step> {
        let mut steps = Vec::with_capacity(self.turns.len() * 2 + 3);
        let mut patience = FIRST_PATIENCE_MS;
        let mut before = None;
        for turn in &self.turns {
            if turn.speaker == side {
                steps.push(Step::Wait(REACTION_MS));
                steps.push(Step::Speak(turn.file.clone()));
            } else if before != Some(turn.speaker) {
                steps.push(Step::Listen(Listen { patience_ms: patience, ..Listen::default() }));
                patience = Listen::default().patience_ms;
            }
            before = Some(turn.speaker);
        }
        steps.push(Step::Wait(match farewell {
            Farewell::HangsUp => FAREWELL_MS,
            Farewell::Waits => WAITS_MS,
        }));
        steps.push(Step::HangUp);
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TWO_TURNS: &str = r#"{"id": "a", "language": "zh", "turns": [
        {"speaker": "agent", "text": "喂", "file": "a.0.wav"},
        {"speaker": "customer", "text": "喂", "file": "a.1.wav"}]}"#;

    #[test]
    fn each_side_speaks_its_turns_and_listens_to_the_others() {
        let conversation = Conversation::parse(TWO_TURNS).unwrap();
        let listen = |patience_ms| Step::Listen(Listen { patience_ms, ..Listen::default() });
        assert_eq!(
            conversation.part(Side::Customer, Farewell::HangsUp),
            [
                listen(FIRST_PATIENCE_MS),
                Step::Wait(REACTION_MS),
                Step::Speak("a.1.wav".into()),
                Step::Wait(FAREWELL_MS),
                Step::HangUp
            ]
        );
        assert_eq!(
            conversation.part(Side::Agent, Farewell::Waits),
            [
                Step::Wait(REACTION_MS),
                Step::Speak("a.0.wav".into()),
                listen(FIRST_PATIENCE_MS),
                Step::Wait(WAITS_MS),
                Step::HangUp
            ]
        );
    }

    #[test]
    fn what_is_no_conversation_is_refused_with_a_sentence() {
        let refused = |json: &str| Conversation::parse(json).unwrap_err();
        assert_eq!(refused("{"), ConversationError::Json { line: 1, column: 1 });
        assert_eq!(
            refused(r#"{"id": "a", "language": "en", "turns": []}"#),
            ConversationError::NoTurns
        );
        assert_eq!(
            refused(&TWO_TURNS.replace("a.1.wav", "../a.wav")),
            ConversationError::Path { turn: 2 }
        );
    }

    proptest! {
        #[test]
        fn no_change_of_a_byte_panics(at in 0usize..TWO_TURNS.len(), byte in any::<u8>()) {
            let mut bytes = TWO_TURNS.as_bytes().to_vec();
            bytes[at] = byte;
            if let Ok(json) = core::str::from_utf8(&bytes) {
                let _ = Conversation::parse(json);
            }
        }
    }
}

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
//! A `kind` says what is no call between two: `greeting` (what a called party says first),
//! `announcement` (the network's, without an answer), `intercept` (one after the special information
//! tone), `voicemail`, `ringback` (music in the place of ringback). A turn with
//! `interrupts_after_ms` begins while the other still speaks.
//!
//! Each side speaks its own turns and waits through the other's, by hearing: until the other has
//! spoken and fallen silent, or a patience is over, so that nobody waits for ever.

use crate::script::{Interrupt, Listen, Step};
use call::{Language, Side};
use serde::Deserialize;

/// A spoken call.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Conversation {
    /// Its name.
    pub id: String,
    /// What it is.
    #[serde(default)]
    pub kind: Kind,
    /// Its language.
    pub language: Language,
    /// What is said, in order.
    pub turns: Vec<Turn>,
}

/// What a folder's entry is good for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A call.
    #[default]
    Call,
    /// What a called party says as it answers, before any call.
    Greeting,
    /// What the network says in the place of an answer.
    Announcement,
    /// The same, after the special information tone.
    Intercept,
    /// A machine that answers, greets and records.
    Voicemail,
    /// Music that is heard in the place of ringback.
    Ringback,
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
    /// It cuts into the turn before it, after so many ms of that.
    #[serde(default)]
    pub interrupts_after_ms: Option<u32>,
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
        for (index, turn) in self.turns.iter().enumerate() {
            let next = self.turns.get(index + 1).filter(|next| next.speaker != turn.speaker);
            let cut = next.and_then(|next| next.interrupts_after_ms);
            if turn.speaker == side {
                if turn.interrupts_after_ms.is_none() {
                    steps.push(Step::Wait(REACTION_MS));
                }
                let file = turn.file.clone();
                steps.push(if cut.is_some() { Step::Yield(file) } else { Step::Speak(file) });
            } else if let Some(after_ms) = cut {
                steps.push(Step::Interrupt(Interrupt { after_ms, patience_ms: patience }));
                patience = Listen::default().patience_ms;
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
    fn an_interruption_cuts_into_the_turn_before_which_yields() {
        let json = TWO_TURNS.replace(
            r#""speaker": "customer","#,
            r#""speaker": "customer", "interrupts_after_ms": 900,"#,
        );
        let conversation = Conversation::parse(&json).unwrap();
        let customer = conversation.part(Side::Customer, Farewell::HangsUp);
        let cut = Interrupt { after_ms: 900, patience_ms: FIRST_PATIENCE_MS };
        assert_eq!(customer[..2], [Step::Interrupt(cut), Step::Speak("a.1.wav".into())]);
        let agent = conversation.part(Side::Agent, Farewell::Waits);
        assert_eq!(agent[1], Step::Yield("a.0.wav".into()));
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

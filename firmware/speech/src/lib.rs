//! From the audio of a call to its words.
//!
//! ```text
//! audio of each side ─► vad ─► segment ─► recognizer ─► worker process (tipring-asr) ─► polish
//!                       └──────────── transcriber, one per call ─────────────────────────┘
//! ```
//!
//! [`Recognition`] holds what is shared (the voice activity model, the recogniser); a
//! [`Transcriber`] is one call's ears.
//!
//! Promises:
//! * Agent and customer are heard apart; their utterances never mix.
//! * A call never waits for recognition and is never lost to it: the model runs in a process of its
//!   own, whose death costs one utterance's retry ([`recognizer`], [`worker`]).
//! * Without a model nothing breaks: calls end [`call::SpeechState::Pending`], and can be heard
//!   later from their audio by [`transcribe_audio`].
//! * Words are never logged and never part of an error.
//! * No clock in [`vad`], [`segment`], [`polish`], [`score`], [`protocol`]; threads and a process
//!   only in [`recognizer`] and [`worker`].

mod clerk;
mod ear;
pub mod engine;
mod events;
pub mod polish;
pub mod protocol;
mod recognition;
pub mod recognizer;
pub mod resample;
pub mod score;
pub mod segment;
pub mod tone;
pub mod transcriber;
pub mod vad;
mod votes;
pub mod wave;
pub mod worker;

pub use engine::{Engine, EngineError, Heard, LanguageChoice, Settings};
pub use recognition::{Config, Recognition, TranscribeError, Transcript, transcribe_audio};
pub use recognizer::{Counts, Health, NoAnswer, Priority, Recognizer};
pub use transcriber::{CallSettings, Dropped, SpeechEvent, Transcriber};
pub use worker::WorkerConfig;

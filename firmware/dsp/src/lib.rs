//! Sound on the telephone: samples in, meanings out, and back.
//!
//! Everything works on linear 16-bit samples at 8 kHz, full scale being +3.14 dBm0 ([`level`]).
//! Generators fill a block they are given; detectors take blocks of any length and answer the same
//! whatever way the stream was cut.
//!
//! Promises:
//! * No I/O, no clock: time is the count of samples that went in ([`call::Samples`]), or out.
//! * No allocation once a generator or detector is built and its message is queued.
//! * No input panics: not silence, not full-scale noise, not bytes made up by a stranger.
//! * A detector that names a standard keeps that standard's figures, and its tests say which.

mod bank;
pub mod caller_id;
pub mod dtmf;
pub mod echo;
pub mod fax;
pub mod fsk;
pub mod g711;
pub mod learn;
pub mod level;
pub mod measure;
mod oscillator;
pub mod plan;
pub mod progress;
pub mod resample;
pub mod tone;

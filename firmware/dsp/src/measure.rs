//! Measuring a line: which tones, how much noise, how much echo.
//!
//! What a line test needs and a call does not. Each meter is fed blocks and gives figures with units;
//! none of them judges.
//!
//! * [`ToneMeter`]: the frequencies and levels of a steady sound, whatever country's it is.
//! * [`NoiseMeter`]: the power of a quiet line, psophometrically weighted (ITU-T O.41) and flat.
//! * [`EchoProbe`]: sends a maximum-length sequence and gives the echo path's response, from which
//!   come echo return loss, delay and spread.

mod echo;
mod noise;
mod spectrum;
mod tones;

pub use echo::{EchoProbe, EchoResponse, PROBE_DBM0};
pub use noise::{Noise, NoiseMeter};
pub use tones::{Sine, ToneMeter, Tones};

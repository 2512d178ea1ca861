//! The office seen from its lines, in virtual time.

// All of it is test code, also what stands outside the test functions.
#![allow(clippy::unwrap_used)]

mod calling;
mod conversing;
mod describing;
mod driver;
mod misbehaving;
mod ringing;
mod switch;

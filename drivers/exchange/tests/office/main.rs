//! The office seen from its lines, in virtual time.

mod calling;
mod conversing;
mod describing;
mod driver;
mod misbehaving;
mod ringing;
mod switch;

//! Every detector against its standard's figures.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod caller_id;
mod dtmf;
mod fax;
mod learn;
mod progress;
mod sound;

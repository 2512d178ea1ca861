//! The other end: takes envelopes from the branches, signs for them, keeps them, answers questions.
//!
//! The receiving half ([`server`] over a [`store`]) knows the devices' public keys and its own
//! receipt key. It cannot read a record: the private key that opens envelopes is read by the asking
//! half ([`query`]) only, and may live on another machine. [`office`] makes and reads the folder in
//! which both keep their keys.
//!
//! Promises:
//! * Every envelope is kept once, under (device, sequence, hash). Sent again, it gets the receipt it
//!   got before, byte for byte.
//! * A receipt leaves only after the envelope and the receipt are committed and synced to disk. A
//!   full disk, a lost process, a pulled plug: what was not acknowledged may be gone, what was is not.
//! * Another envelope under a taken sequence is refused (409) and remembered as a conflict.
//! * Numbers and words are in no log, no metric and no error.

pub mod office;
pub mod query;
pub mod server;
pub mod store;

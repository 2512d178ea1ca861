//! Keys, sealing and proof.
//!
//! Two halves. For storage: who this device is and the master key that all it keeps hangs from
//! ([`identity`]), one key a call ([`key`]), held in a ring a day ([`ring`]), and what is written of
//! everybody who touched something ([`audit`]). For headquarters: what both sides tell each other
//! once ([`enrol`]), a sealed and signed [`envelope`] for each record, found again by a keyed hash of
//! the customer's number ([`lookup`]), and the signed [`receipt`] for it.
//!
//! Promises:
//! * No files, no sockets, no clock: bytes come in and go out; the journal and the uplink do the
//!   rest. Randomness comes from the operating system by `getrandom`, and a machine without it gets
//!   an error, never a guessable key.
//! * Secrets are wiped when dropped, are never printed and never compared in variable time.
//! * Nothing here panics on what it is given to parse.

pub mod audit;
pub mod enrol;
pub mod envelope;
pub mod identity;
pub mod key;
pub mod lookup;
pub mod receipt;
pub mod ring;

pub use audit::AuditEntry;
pub use identity::{DeviceKey, MasterKey, Vault};
pub use key::CallKey;
pub use ring::DayRing;

//! The way of records to headquarters: the outbox empties, and only a receipt empties it.
//!
//! [`Courier`] is the whole of it without a socket, a file or a clock: it says what to do next
//! ([`Step`]) and is told what came of it. [`Uplink`] is the thread that does it, over an
//! [`Outbox`] (the journal's undelivered records) and a [`Transport`] ([`Https`]).
//!
//! Promises:
//! * A record leaves the outbox only after headquarters' receipt for exactly this envelope, with
//!   its signature checked, has been handed to the outbox and the outbox has kept it.
//! * At least once: whatever is not certain is sent again, as the same bytes, so headquarters keeps
//!   it once.
//! * Trouble with the way (no line, no answer, a wrong certificate, a full collector) makes the
//!   courier rest, 1 s at first, twice as long each time, 5 min at most, with jitter from a seed.
//!   Trouble with one record (refused, in conflict) sets that record aside, never out: it is tried
//!   again every few hours, and the others go on. Order is kept but for that.
//! * Time is a span on any clock that only goes forward. Wall clocks, ours and theirs, decide
//!   nothing.
//! * Numbers and words are in no error, no log and no health report.

mod backoff;
mod courier;
mod health;
mod https;
mod outbox;
mod run;
mod transport;
mod trouble;

pub use courier::{Courier, Sealed, Step};
pub use health::{Health, LastReceipt};
pub use https::{Https, HttpsError};
pub use outbox::{Country, Outbox, OutboxError, Parcel};
pub use run::Uplink;
pub use transport::{Answer, Transport, Unreachable};
pub use trouble::Trouble;

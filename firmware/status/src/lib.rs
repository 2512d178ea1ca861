//! The appliance's local page.
//!
//! The gateway feeds [`Live`] with what goes on, implements [`Source`] over the journal, opens an
//! [`Access`] on the data folder (and prints [`Access::setup_code`] on its console while there is
//! one), and calls [`serve`]. Pages are rendered here, in Mandarin and English; the browser gets
//! HTML, one style sheet and one small script, all from within the binary, and takes in what is new
//! as server-sent events.
//!
//! Promises:
//! * Nothing but signing in, set-up, the assets, `/healthz` and (for this machine itself)
//!   `/metrics` answers who has not signed in. Each person signs in under a name and in a [`Role`];
//!   what it may do, [`Role`] says, and the access log names the person.
//! * A customer's number is shown masked, and words as insight masked them, until someone asks for
//!   the number by a button of its own. Looking, listening, revealing and taking away are in the
//!   access log before they happen; where it cannot be written, nothing is shown.
//! * Every post carries its form's token and comes from our own origin; every request asks for a
//!   name that is ours.
//! * Text from outside is text: the templates escape it, and the content security policy allows no
//!   script or style in a page.
//! * Whoever watches, however slowly, costs a bounded amount of memory and holds nobody up: calls,
//!   words, lines, sessions, attempts, watchers and connections all have a greatest number.
//! * No number, word or password is in a log line or a metric.
//! * What is wrong is said with what to do about it, in the visitor's language.

mod access;
pub mod live;
mod saying;
mod server;
mod settings;
mod sound;
mod source;
mod view;
mod web;

pub use access::{
    Access, AccessError, AccountFault, FIRST, Person, Role, Secret, SecretError, UnknownRole,
};
pub use live::{
    Board, CallState, Counters, Identity, Line, LineState, Live, ModelStanding, ModelState,
    RunningCall, Snapshot, SoundDevice, SoundRole, Speech, Storage, Today, Uplink, Warning, Words,
};
pub use live::{LineTest, TestRow, TestState, TestVerdict};
pub use saying::{Saying, Tongue};
pub use server::{router, serve};
pub use settings::Settings;
pub use source::{
    Deed, Entry, Listing, LogPage, LogQuery, Logged, Query, Receipt, Row, Sound, Source,
    SourceError, What,
};

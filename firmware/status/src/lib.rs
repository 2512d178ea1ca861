//! The appliance's local page.
//!
//! The gateway feeds [`Live`] with what goes on, implements [`Source`] over the journal, opens an
//! [`Access`] on the password file (and prints [`Access::setup_code`] on its console while there is
//! one), and calls [`serve`].

mod access;
pub mod live;
mod saying;
mod server;
mod settings;
mod sound;
mod source;
mod view;
mod web;

pub use access::{Access, AccessError, PasswordFault, Role};
pub use live::{
    CallState, Counters, Identity, Line, LineState, Live, ModelState, RunningCall, Snapshot,
    Speech, Storage, Today, Uplink, Warning, Words,
};
pub use saying::{Saying, Tongue};
pub use server::{router, serve};
pub use settings::Settings;
pub use source::{Deed, Entry, Listing, Query, Receipt, Row, Sound, Source, SourceError, What};

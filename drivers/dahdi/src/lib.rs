//! FXO ports on DAHDI's kernel modules, by ioctl on `/dev/dahdi/channel` and `/dev/dahdi/ctl`.
//!
//! A [`Card`] is a [`line::LineCard`] over any number of channels, of one card or of several, served
//! by the one thread that calls it. [`Card::find`] says which channels face an exchange. Spans are
//! started and channels configured here: `dahdi_cfg` and its files are not needed, and no tone zone
//! is, since all tones are made and heard by our own rooms.
//!
//! ```no_run
//! use line::{BLOCK, LineCard};
//!
//! let channels: Vec<u32> = dahdi::Card::find()?.iter().map(|port| port.channel).collect();
//! let mut card = dahdi::Card::open(&channels, &dahdi::Settings::default());
//! let mut heard = [0; BLOCK];
//! loop {
//!     card.wait()?;
//!     for index in 0..card.ports() {
//!         let port = card.port(index).expect("a port");
//!         let _ = port.exchange(&[0; BLOCK], &mut heard);
//!     }
//! }
//! # Ok::<(), line::LineError>(())
//! ```
//!
//! Promises, beside those of [`line`]:
//! * A port that fails says why in every block, is tried again every second, and comes back by
//!   itself; the others go on ([`card`]).
//! * What the wire does is told by state, not by events alone ([`signals`]).
//! * Two silent blocks are sent ahead: a thread that is late by less than 20 ms loses nothing either
//!   way. One that is later leaves a gap and no lasting delay. What was lost is counted
//!   ([`Counters`]).
//! * The loop opens when a port is dropped, however the process ends: the kernel sees to it.
//! * What passes to and from the kernel has its size in its type, checked against the header of
//!   DAHDI-Linux 2.11 when this is compiled ([`abi`], [`wire`]). One function calls it ([`system`]).

pub mod abi;
pub mod card;
pub mod channel;
pub mod event;
mod port;
mod setup;
mod signals;
pub mod system;
pub mod wire;

pub use card::Card;
pub use port::Counters;
pub use setup::{EchoCanceller, Found, Settings, Supervision};

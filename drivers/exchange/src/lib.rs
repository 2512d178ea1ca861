//! A central office in software: lines that ring, answer, speak, hang up, and misbehave.
//!
//! An [`Exchange`] is a [`line::LineCard`] whose ports are the lines of an office. What the office
//! is and does is data, an [`Office`]: its lines and what their wires do to sound, the parties
//! behind its numbers, callers, mishaps; [`office`] shows it as TOML. What a party says and does is
//! a script ([`script`]): speak a recording, listen until the other has finished, interrupt, send
//! tones and digits, stay silent, hang up. A [`Conversation`] makes scripts of a spoken call for
//! both of its sides, and a [`Handset`] is a [`call::Station`] that dials from a list and acts the
//! agent's. A [`Demonstration`] is all of it made to match.
//!
//! ```
//! use exchange::{Behaviour, Deed, Exchange, Office, Party, Voices};
//! use line::{BLOCK, Hook, LineCard, LineInterface};
//!
//! let mut office = Office::new(dsp::plan::Country::China, 1);
//! let number = "13800138001".parse().expect("digits");
//! office.parties.push(Party { number, routing_ms: 900, does: Behaviour::Busy });
//! let mut exchange = Exchange::new(&office, &Voices::default()).expect("nothing is missing");
//! let log = exchange.log();
//! let port = exchange.port(0).expect("one line");
//! port.set_hook(Hook::Off).expect("a port");
//! let mut heard = [0; BLOCK];
//! for _ in 0..100 {
//!     port.exchange(&[0; BLOCK], &mut heard).expect("a port");
//! }
//! assert_eq!(log.of_line(0), [(0, Deed::LoopClosed), (2_400, Deed::DialTone)]);
//! ```
//!
//! The way of a block through a line: [`Wire`] up (loss) → line circuit (hook, digits, state of the
//! call, the party's script) → wire down (level, frequency offset, loss, hybrid echo, noise, hum,
//! impulses). The [`Log`] holds what the office did and at which sample, to hold the appliance's
//! account against.
//!
//! Promises:
//! * Everything happens at its sample: tones, cadences, answers, polarity, battery. Only listening
//!   is judged by the block of 10 ms, and a caller or mishap begins at the start of a block.
//! * One office and one seed give one result, sample by sample, on every machine; nothing here asks
//!   for the time. The only clock is in [`Paced`], outside the card.
//! * A line costs no allocation while a call stays in a state, and what is not configured costs
//!   nothing.
//! * Nobody waits for ever: each listening has a patience, each tone and each handset's step an end.
//! * What is described wrongly is refused when the office is opened, by a sentence that names the
//!   line, party or caller by its place, never by its number.

mod actor;
mod caller;
mod card;
mod circuit;
mod conversation;
mod demonstration;
mod directory;
mod ear;
mod echo;
mod folder;
mod foreign;
pub mod handset;
mod log;
pub mod office;
mod pace;
mod progress;
mod recording;
mod register;
mod ringback;
mod ringing;
mod rotator;
mod rules;
pub mod script;
mod state;
mod wire;

pub use caller::{Caller, Identity, Message, Moment, Protocol};
pub use card::Exchange;
pub use conversation::{Conversation, ConversationError, Farewell, Kind, Turn};
pub use demonstration::{Demonstration, DemonstrationError, Languages, Opened};
pub use echo::{Echo, EchoPath, LONGEST_DELAY_MS};
pub use folder::{FolderError, VoiceFolder};
pub use foreign::{BALANCE_DB, ForeignBusy, Termination};
pub use handset::{Handset, Pace};
pub use log::{Deed, Entry, KEPT, Log, Progress};
pub use office::{
    Announcement, Answer, Behaviour, DialTone, Digits, Line, Mishap, Office, OfficeError, Party,
    Release, Supervision, Trouble,
};
pub use pace::{BLOCK_TIME, Clock, LATEST, MonotonicClock, Paced};
pub use recording::{WavError, read_wav};
pub use script::{Beep, Interrupt, Listen, Step, Voices};
pub use wire::{Hum, Impulses, Wire};

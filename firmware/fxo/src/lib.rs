//! The loop-start line of a subscriber, as a state machine without I/O.
//!
//! [`Fxo`] stands between one port ([`line::LineInterface`]) and one call. Block by block
//! ([`line::BLOCK`] samples, 10 ms at 8 kHz) it takes what the line said, what the wire did and what
//! the agent says, and gives what goes out to the line, what the customer said without the agent's
//! echo, what to do with the hook switch, and what the call must know ([`call::LegEvent`]).
//! [`Fxo::request`] takes what the call wants ([`call::LegRequest`]).
//!
//! One block of a shell's loop:
//! ```text
//! port.exchange(&step.to_line, &mut from_line)   the last step's block out, a new one in
//! fxo.port(result)                               the port works, or why not
//! step = fxo.block(&from_line, events, &spoken)
//! step.switch → port.set_hook / port.flash
//! step.events → the call      step.customer → recorder, agent's ear
//! ```
//!
//! Promises:
//! * No I/O and no clock: time is the count of samples given so far ([`Fxo::now`]), and every event
//!   carries the instant on that clock. A call's own clock is the difference to its first event.
//! * Between a call's first event ([`call::LegEvent::Ringing`], or an accepted
//!   [`call::LegRequest::Dial`]) and its last, there is exactly one call; the last is exactly one
//!   [`call::LegEvent::Released`], also after a fault.
//! * An answer is told once, by the first sign of it, and once more if polarity confirms a voice.
//! * The loop is closed only between [`call::LegEvent::Seized`] and `Released`, and never again
//!   before the guard time is over.
//! * What the agent says does not come back on the customer's side ([`dsp`]'s echo canceller), and
//!   nothing ever mutes the customer there.
//! * A line test ([`LineTest`], begun by [`Fxo::begin_test`]) is no call: it tells no event but its
//!   report, and gives way to a ring.
//! * Digits are dropped from memory when they have been sent, and show in no state, counter or
//!   error.

mod counters;
mod digits;
mod facts;
pub mod line_test;
mod machine;
mod settings;
mod state;
mod supervision;
mod wire;

pub use counters::Counters;
pub use dsp::plan::Country;
pub use facts::{CallerIdKind, Facts, FactsError, FactsFile};
pub use line_test::LineTest;
pub use machine::{Event, Fxo, Step, Switch};
pub use settings::{AnswerBy, Dialling, SettingError, Settings};
pub use state::{Fault, Refused, State};

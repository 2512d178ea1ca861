//! Where a line stands, and why it refuses.

use core::fmt;
use line::LineError;

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// On hook, and ready.
    Idle,
    /// The exchange rings.
    Ringing,
    /// A call was asked for; the guard time's end is awaited.
    Seizing,
    /// Off hook, listening for dial tone.
    AwaitingDialTone,
    /// Digits are being sent.
    Dialling,
    /// All digits are sent, and nobody has answered.
    Alerting,
    /// The parties can talk.
    Talking,
    /// The loop has just been opened, and the exchange is still to see it.
    Releasing,
    /// On hook for the guard time; a new call waits for its end.
    Guard,
    /// A line test runs.
    Testing {
        /// Whether it has the loop closed.
        off_hook: bool,
    },
    /// Nothing can be done on this line.
    Fault(Fault),
}

impl State {
    /// One word, for pages and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            State::Idle => "idle",
            State::Ringing => "ringing",
            State::Seizing => "seizing",
            State::AwaitingDialTone => "dial_tone",
            State::Dialling => "dialling",
            State::Alerting => "alerting",
            State::Talking => "talking",
            State::Releasing => "releasing",
            State::Guard => "guard",
            State::Testing { .. } => "testing",
            State::Fault(_) => "fault",
        }
    }

    /// Whether the loop is closed by us.
    pub const fn off_hook(self) -> bool {
        match self {
            State::AwaitingDialTone | State::Dialling | State::Alerting | State::Talking => true,
            State::Testing { off_hook } => off_hook,
            _ => false,
        }
    }
}

/// Why nothing can be done on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No battery on hook: the pair is cut, or the exchange has taken it out of service.
    NoBattery,
    /// The port itself fails.
    Port(LineError),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NoBattery => {
                f.write_str("no battery on the line; check the plug and the pair to the exchange")
            }
            Fault::Port(error) => error.fmt(f),
        }
    }
}

/// Why a line does not do what the call asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A call stands on this line already.
    #[error("this line has a call already; release it first or take another line")]
    Taken,
    /// The exchange is ringing: a seizure now would answer a caller.
    #[error("a call is coming in on this line; answer it or take another line")]
    Ringing,
    /// Nothing rings that could be answered.
    #[error("nothing rings on this line")]
    NotRinging,
    /// There is no call to send digits or a flash into.
    #[error("there is no connected call on this line")]
    NotTalking,
    /// A digit that a line cannot send.
    #[error("a line can send 0-9, *, #, and A-D where tones are used")]
    NotADigit,
    /// The last digits are still being sent.
    #[error("the last digits are still being sent; try again when they are out")]
    StillSending,
    /// The line is out of order.
    #[error("the line is out of order: {0}")]
    Fault(Fault),
}

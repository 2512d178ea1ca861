//! What one party's way into a call can tell, and can be asked.

use crate::{AnswerSign, Cause, Number};
use serde::{Deserialize, Serialize};

/// Whose side of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The branch's own person.
    Agent,
    /// The far end of the line.
    Customer,
}

/// Who began the call, seen from the branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The branch dialled.
    Outbound,
    /// The exchange rang.
    Inbound,
}

/// What the exchange said of the caller. Absent number and name with no reason given: nothing came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerId {
    /// The calling number, if sent.
    pub number: Option<Number>,
    /// The calling name, if sent; as decoded, control characters removed.
    pub name: Option<String>,
    /// The caller asked to be withheld (reason `P`, EN 300 659-3 §5.4.4), as against unavailable.
    pub withheld: bool,
}

/// What a leg tells the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegEvent {
    /// The loop is closed by us.
    Seized,
    /// Dial tone was heard.
    DialTone,
    /// The last digit has been sent.
    Dialled,
    /// Ringback was heard for the first time.
    Ringback,
    /// The far end answered.
    Answered(AnswerSign),
    /// The exchange rings this line.
    Ringing,
    /// Caller identity came, before, between or after rings.
    CallerId(CallerId),
    /// The other side sent a DTMF digit (`0`-`9`, `*`, `#`, `A`-`D`); on the agent's leg, the
    /// telephone on a line that is only listened to did.
    Digit(char),
    /// The leg is gone, and why.
    Released(Cause),
}

/// What the call asks of a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegRequest {
    /// Seize, wait for dial tone, dial.
    Dial(Number),
    /// Answer what rings.
    Answer,
    /// Send DTMF digits into a call that stands.
    SendDigits(String),
    /// Give a hook flash.
    Flash,
    /// Release.
    Release,
}

//! Why a call was answered and why it ended.

use serde::{Deserialize, Serialize};

/// By which sign an answer was known. Append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerSign {
    /// The exchange reversed the line's polarity.
    Polarity,
    /// A voice was heard where ringback or silence had been.
    Voice,
    /// Ringback stopped and did not come back within its cadence.
    RingbackEnded,
    /// We went off hook on a ringing line.
    OffHook,
    /// The other side's signalling said so (SIP 200, for instance).
    Signalled,
}

/// Why a call ended. Append only; [`Cause::q850`] gives the number of ITU-T Q.850.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The customer's side released: loop drop, or busy or congestion tone after an answer.
    CustomerReleased,
    /// The agent's side released.
    AgentReleased,
    /// Busy tone before an answer.
    Busy,
    /// Congestion tone: no path through the network.
    Congestion,
    /// Special-information or number-unobtainable tone.
    Unobtainable,
    /// Nobody answered in the time allowed.
    NoAnswer,
    /// Off hook, and no dial tone in the time allowed.
    NoDialTone,
    /// An incoming ring stopped before anyone answered.
    RingAbandoned,
    /// Silence on both sides for longer than allowed.
    Silence,
    /// The longest allowed duration was reached.
    MaximumTime,
    /// Howler (receiver off-hook tone): the exchange had given the call up.
    Howler,
    /// The line lost its battery, or its card vanished.
    LineFault,
    /// The appliance itself was stopped while the call ran, and closed it at its next start.
    Interrupted,
    /// The call was refused before the line was seized (storage full, line taken).
    Refused,
}

impl Cause {
    /// The cause value of ITU-T Q.850, table 1.
    pub const fn q850(self) -> u8 {
        match self {
            Cause::CustomerReleased | Cause::AgentReleased => 16,
            Cause::Busy => 17,
            Cause::NoAnswer => 19,
            Cause::Unobtainable => 1,
            Cause::Congestion => 34,
            Cause::NoDialTone => 38,
            Cause::RingAbandoned => 16,
            Cause::Silence | Cause::MaximumTime | Cause::Howler => 31,
            Cause::LineFault => 27,
            Cause::Interrupted => 41,
            Cause::Refused => 47,
        }
    }
}

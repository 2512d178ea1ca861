//! What the journal holds of a call while it runs, as postcard behind the frame's kind.
//!
//! Each struct is frozen like a record's version: a change is a new frame kind.

use crate::{CallId, Cause, Codec, DeviceId, Direction, LegEvent, Samples, Side, WallTime};
use serde::{Deserialize, Serialize};

/// The first frame of every call, written before any other work is done for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The call.
    pub call: CallId,
    /// Who records it.
    pub device: DeviceId,
    /// Wall time of sample zero.
    pub at: WallTime,
    /// Who began it.
    pub direction: Direction,
    /// The line's name.
    pub line: String,
    /// The station's name; empty while none takes part.
    pub station: String,
    /// The number to be dialled (outbound).
    pub customer: Option<crate::Number>,
}

/// Some audio of one side, as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audio {
    /// Whose.
    pub side: Side,
    /// When its first sample was taken; a jump against the end of the last is a gap.
    pub at: Samples,
    /// How `payload` is coded.
    pub codec: Codec,
    /// The codec's octets.
    pub payload: Vec<u8>,
}

/// Something that a leg told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Samples,
    /// Whose leg.
    pub side: Side,
    /// What.
    pub event: LegEvent,
}

/// Why a call was closed without a record of its own making: the journal signs it at recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What happened.
    pub cause: Cause,
    /// When it was noticed.
    pub at: WallTime,
}

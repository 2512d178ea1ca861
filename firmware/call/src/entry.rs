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

/// What headquarters is told of a call that was closed without a record, so that it can count the
/// call all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unrecorded {
    /// The call.
    pub call: CallId,
    /// Why there is no record.
    pub reason: Reason,
}

impl Unrecorded {
    /// Its bytes: postcard.
    pub fn encode(&self) -> Vec<u8> {
        // A `Vec` takes what is written to it, and every value here has a serialised form.
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// Reads what [`Unrecorded::encode`] wrote, and nothing behind it. Takes any bytes.
    pub fn decode(bytes: &[u8]) -> Option<Unrecorded> {
        match postcard::take_from_bytes(bytes) {
            Ok((unrecorded, [])) => Some(unrecorded),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closing_without_a_record_is_these_bytes_and_nothing_longer_or_shorter() {
        let at = WallTime { unix_ms: 5, offset_min: 480 };
        let reason = Reason { cause: Cause::Interrupted, at };
        let unrecorded = Unrecorded { call: CallId::new(1, 2), reason };
        let bytes = unrecorded.encode();
        assert_eq!(bytes, GOLDEN);
        assert_eq!(Unrecorded::decode(&bytes), Some(unrecorded));
        assert_eq!(Unrecorded::decode(&bytes[1..]), None);
        assert_eq!(Unrecorded::decode(&[&bytes[..], &[0]].concat()), None);
    }

    const GOLDEN: [u8; 20] = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 12, 10, 0xc0, 0x07];
}

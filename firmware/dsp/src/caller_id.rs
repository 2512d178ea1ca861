//! Caller identity on an analog line: messages, how they are sent, how they are heard.
//!
//! A [`Message`] is what the exchange says of the caller. It goes over the line as FSK octets
//! ([`Message::encode`], [`parse`], [`transmission`]) or as DTMF digits ([`Message::dtmf`],
//! [`parse_dtmf`]).
//!
//! Octets (GR-30-CORE, ETSI EN 300 659-3 §5), one message:
//!
//! | octet | meaning |
//! |---|---|
//! | 0 | type: `04` single data message, `80` call set-up (multiple data message) |
//! | 1 | length *n* of the body, octets |
//! | 2 … *n*+1 | body |
//! | *n*+2 | checksum: all octets of the message with it add up to 0 modulo 256 |
//!
//! Body of `04`: eight digits month, day, hour, minute; then the number, or one letter for why
//! there is none. Body of `80`: parameters, each a type, a length and so many octets: `01` date and
//! time (eight digits as above), `02` number, `04` reason for the number's absence, `07` name, `08`
//! reason for the name's absence; other parameters are skipped. The reasons are `O` (unavailable)
//! and `P` (withheld by the caller).
//!
//! DTMF (EN 300 659 has it beside FSK; China's exchanges do the same): `A` or `D`,
//! the number, `C`; or `B00C` (unavailable), `B10C` (withheld).
//!
//! What cannot be right is an error and never a panic; what can be read of a message with a right
//! checksum is kept, the rest left out.

mod digits;
mod message;
mod octets;
mod receiver;
mod text;

pub use digits::parse_dtmf;
pub use message::{Field, Format, Message, SentAt};
pub use octets::{ParseError, parse};
pub use receiver::{CallerIdReceiver, Heard, Means};

use crate::fsk::{FskModulator, FskStandard};

/// The bits before a message sent on hook: channel seizure, then mark (EN 300 659-1 §5.2,
/// GR-30-CORE).
const SEIZURE_BITS: usize = 300;
const ON_HOOK_MARK_BITS: usize = 180;
/// Off hook there is no seizure, and less mark.
const OFF_HOOK_MARK_BITS: usize = 80;
/// Mark after the last stop bit, so that no receiver cuts it short.
const TAIL_BITS: usize = 8;

/// Whether the line is in use while caller identity comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineState {
    /// Before or between rings: with channel seizure.
    OnHook,
    /// Caller identity of a waiting call: mark only.
    OffHook,
}

/// A sender that plays one message's octets once. GR-30 sends at -13.5 dBm at the exchange.
pub fn transmission(
    octets: &[u8],
    standard: FskStandard,
    line: LineState,
    dbm0: f32,
) -> FskModulator {
    let mut modulator = FskModulator::new(standard, dbm0);
    queue(&mut modulator, octets, line);
    modulator
}

/// Queues one message, with all that goes before and after it, on a sender of one's own.
pub fn queue(modulator: &mut FskModulator, octets: &[u8], line: LineState) {
    match line {
        LineState::OnHook => {
            modulator.push_seizure(SEIZURE_BITS);
            modulator.push_mark(ON_HOOK_MARK_BITS);
        }
        LineState::OffHook => modulator.push_mark(OFF_HOOK_MARK_BITS),
    }
    modulator.push_octets(octets);
    modulator.push_mark(TAIL_BITS);
}

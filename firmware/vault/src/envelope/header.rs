//! What stands on the outside of an envelope.

use super::{HEADER, MAGIC, ParseError, VERSION};
use crate::lookup::CustomerTag;
use call::DeviceId;

/// What a body is. Append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A record, as `call::Record::encode` writes it.
    Record,
    /// A call that was closed without a record, as `call::entry::Unrecorded::encode` writes it.
    Unrecorded,
    /// Something that this version does not know: it is kept, not understood.
    Other(u16),
}

impl Kind {
    /// The number on the wire.
    pub const fn number(self) -> u16 {
        match self {
            Kind::Record => 1,
            Kind::Unrecorded => 2,
            Kind::Other(number) => number,
        }
    }

    /// The kind behind a number.
    pub const fn from_number(number: u16) -> Kind {
        match number {
            1 => Kind::Record,
            2 => Kind::Unrecorded,
            other => Kind::Other(other),
        }
    }
}

/// What stands on the outside of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What is inside.
    pub kind: Kind,
    /// Who sealed it.
    pub device: DeviceId,
    /// The device's count of envelopes, from 1.
    pub sequence: u64,
    /// When the body was written by the device's clock, milliseconds since the Unix epoch.
    pub unix_ms: i64,
    /// Which of headquarters' keys opens it.
    pub recipient: RecipientId,
    /// The body's length in bytes, before sealing.
    pub body_length: u32,
    /// The customer, for whoever holds the look-up key.
    pub customer: Option<CustomerTag>,
}

/// Which of headquarters' keys: the first 8 bytes of BLAKE3 of the HPKE public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecipientId(pub [u8; 8]);

impl Header {
    pub(super) fn emit(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
        bytes[6..8].copy_from_slice(&self.kind.number().to_le_bytes());
        bytes[8..24].copy_from_slice(&self.device.0);
        bytes[24..32].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.unix_ms.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.recipient.0);
        bytes[48..52].copy_from_slice(&self.body_length.to_le_bytes());
        bytes[52..84].copy_from_slice(&self.customer.map_or([0; 32], |tag| tag.0));
        bytes
    }

    pub(super) fn parse(bytes: &[u8; HEADER]) -> Result<Header, ParseError> {
        if bytes[..4] != MAGIC {
            return Err(ParseError::Magic);
        }
        let version = u16::from_le_bytes(at(bytes, 4));
        if version != VERSION {
            return Err(ParseError::Version(version));
        }
        let sequence = u64::from_le_bytes(at(bytes, 24));
        if !is_sequence(sequence) {
            return Err(ParseError::Sequence);
        }
        let customer = at::<32>(bytes, 52);
        Ok(Header {
            kind: Kind::from_number(u16::from_le_bytes(at(bytes, 6))),
            device: DeviceId(at(bytes, 8)),
            sequence,
            unix_ms: i64::from_le_bytes(at(bytes, 32)),
            recipient: RecipientId(at(bytes, 40)),
            body_length: u32::from_le_bytes(at(bytes, 48)),
            customer: (customer != [0; 32]).then_some(CustomerTag(customer)),
        })
    }
}

/// Sequences count from 1, and fit the signed integers of databases.
pub(super) fn is_sequence(sequence: u64) -> bool {
    (1..1 << 63).contains(&sequence)
}

/// The `N` bytes of a fixed field of the header; the layout above keeps it inside.
fn at<const N: usize>(bytes: &[u8; HEADER], offset: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[offset..offset + N]);
    field
}

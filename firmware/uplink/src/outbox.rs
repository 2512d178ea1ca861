//! Where undelivered records wait: the journal, seen from here.

use call::entry::Unrecorded;
use call::{Number, Record};
use vault::envelope::{Kind, Letter};
use vault::lookup::LookupKey;
use vault::receipt::Receipt;
use zeroize::Zeroizing;

/// One record to deliver, or the word that a call has none.
pub struct Parcel {
    /// Which of the two.
    pub kind: Kind,
    /// The device's count of envelopes, from 1, without gaps.
    pub sequence: u64,
    /// The time that goes on the outside, milliseconds since the Unix epoch. The same whenever the
    /// parcel is asked for again.
    pub unix_ms: i64,
    /// The customer in E.164, for headquarters' look-ups.
    pub customer: Option<Number>,
    /// The record's bytes.
    pub body: Zeroizing<Vec<u8>>,
}

/// How numbers are written where the gateway stands (ITU-T E.164).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country {
    /// The country's code: `86`, `1`, `44`.
    pub code: String,
    /// What is dialled before a foreign country's code: `00`, `011`.
    pub international_prefix: String,
}

/// The outbox could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OutboxError(pub String);

/// The journal's undelivered records.
pub trait Outbox: Send {
    /// The undelivered record with the lowest sequence above `after`.
    fn next(&mut self, after: u64) -> Result<Option<Parcel>, OutboxError>;

    /// Keeps a receipt (its bytes as they came, and what they say) and forgets that its record is
    /// undelivered. Durable when it returns.
    fn keep(&mut self, receipt: &Receipt, bytes: &[u8]) -> Result<(), OutboxError>;

    /// How many records wait.
    fn waiting(&mut self) -> u64;
}

impl Parcel {
    /// A record's parcel. The outside carries the call's opening and the customer as E.164, so that
    /// it is the same whenever the record is read again.
    pub fn of(sequence: u64, record: &Record, country: &Country) -> Parcel {
        let number = record.cdr.customer.as_ref().or(record.cdr.caller.number.as_ref());
        Parcel {
            kind: Kind::Record,
            sequence,
            unix_ms: record.cdr.opened_at.unix_ms,
            customer: number
                .map(|number| number.e164(&country.code, &country.international_prefix)),
            body: Zeroizing::new(record.encode()),
        }
    }

    /// The word that a call was closed without a record. Who the customer was nobody can read any
    /// more.
    pub fn unrecorded(sequence: u64, unrecorded: &Unrecorded) -> Parcel {
        Parcel {
            kind: Kind::Unrecorded,
            sequence,
            unix_ms: unrecorded.call.unix_ms(),
            customer: None,
            body: Zeroizing::new(unrecorded.encode()),
        }
    }

    /// The parcel as it is sealed, the customer tagged with headquarters' look-up key.
    pub fn letter(&self, lookup: &LookupKey) -> Letter<'_> {
        Letter {
            kind: self.kind,
            sequence: self.sequence,
            unix_ms: self.unix_ms,
            customer: self.customer.as_ref().map(|number| lookup.tag(number)),
            body: &self.body,
        }
    }
}

impl core::fmt::Debug for Parcel {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Parcel({}, {} bytes)", self.sequence, self.body.len())
    }
}

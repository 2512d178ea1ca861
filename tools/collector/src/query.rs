//! The asking half: opens what is kept, with headquarters' private key, and finds calls in it.

use crate::store::{Kept, Search, Store, StoreError};
use call::entry::Unrecorded;
use call::{CallId, DeviceId, Interest, Outcome, Record, record};
use std::collections::BTreeMap;
use vault::envelope::{Kind, OpenError, OpeningKey, ParseError, Unverified, VerifyError};

/// Envelopes read at a time.
const PAGE: u32 = 256;

/// What to look for among opened records, over what the outsides of envelopes tell ([`Search`]).
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// One call.
    pub call: Option<CallId>,
    /// Calls found to be so interesting.
    pub interest: Option<Interest>,
    /// Calls with this outcome.
    pub outcome: Option<Outcome>,
}

/// One call as headquarters has it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The envelope's sequence.
    pub sequence: u64,
    /// When headquarters stored it, milliseconds since the Unix epoch.
    pub stored_at: i64,
    /// Whether the device's clock was wrong then.
    pub clock_differs: bool,
    /// The record: the last revision that came.
    pub record: Record,
}

/// A call that its branch has closed without a record.
#[derive(Clone, Debug)]
pub struct Without {
    /// Whose.
    pub device: DeviceId,
    /// The envelope's sequence.
    pub sequence: u64,
    /// When headquarters stored it, milliseconds since the Unix epoch.
    pub stored_at: i64,
    /// Which call, and why.
    pub unrecorded: Unrecorded,
}

/// What an envelope holds.
enum Content {
    Record(Box<Record>),
    Unrecorded(Unrecorded),
}

/// An envelope that could not be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("device {device}, sequence {sequence}: {why}")]
pub struct Unreadable {
    /// Whose.
    pub device: DeviceId,
    /// Which.
    pub sequence: u64,
    /// Why.
    pub why: Why,
}

/// Why an envelope could not be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Why {
    /// It does not parse any more: the database was changed.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// Its device's key is not enrolled any more.
    #[error("the device is not enrolled")]
    Stranger,
    /// Its signature does not fit any more: the database was changed.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// It does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What is inside is no record that this version reads.
    #[error(transparent)]
    Record(#[from] record::DecodeError),
    /// What is inside is no closing that this version reads.
    #[error("what it says of a call without a record cannot be read")]
    Unrecorded,
    /// What is inside is of a later kind.
    #[error("an envelope of kind {0}; this collector reads records: update it")]
    Kind(u16),
}

/// What a look-up gives.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The calls, by the time of their opening.
    pub found: Vec<Found>,
    /// Calls that have no record.
    pub without: Vec<Without>,
    /// What could not be read. Never empty silently: whoever asks must be told.
    pub unreadable: Vec<Unreadable>,
}

/// Finds calls. Of each the last revision counts, so a filter looks at that one.
pub async fn find<S: Store>(
    store: &S,
    key: &OpeningKey,
    search: &Search,
    wanted: &Wanted,
) -> Result<Answer, StoreError> {
    let keys: BTreeMap<DeviceId, [u8; 32]> = store
        .enrolled()
        .await?
        .into_iter()
        .map(|one| (one.card.device(), one.card.public))
        .collect();
    let mut latest: BTreeMap<CallId, Found> = BTreeMap::new();
    let (mut without, mut unreadable) = (Vec::new(), Vec::new());
    let mut after = None;
    loop {
        let page = store.search(search, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.device, last.sequence));
        for kept in page {
            match read(&kept.envelope, keys.get(&kept.device), key) {
                Ok(Content::Unrecorded(unrecorded)) => {
                    let Kept { device, sequence, stored_at, .. } = kept;
                    without.push(Without { device, sequence, stored_at, unrecorded });
                }
                Ok(Content::Record(record)) => {
                    if wanted.call.is_some_and(|call| call != record.call) {
                        continue;
                    }
                    let found = Found {
                        sequence: kept.sequence,
                        stored_at: kept.stored_at,
                        clock_differs: kept.clock_differs,
                        record: *record,
                    };
                    let known = latest.get(&found.record.call);
                    if known.is_none_or(|known| known.record.revision <= found.record.revision) {
                        latest.insert(found.record.call, found);
                    }
                }
                Err(why) => {
                    let (device, sequence) = (kept.device, kept.sequence);
                    unreadable.push(Unreadable { device, sequence, why });
                }
            }
        }
    }
    let mut found: Vec<Found> =
        latest.into_values().filter(|found| wanted.fits(&found.record)).collect();
    found.sort_by_key(|found| (found.record.cdr.opened_at.unix_ms, found.record.call));
    without.retain(|without| wanted.fits_without(without.unrecorded.call));
    Ok(Answer { found, without, unreadable })
}

fn read(bytes: &[u8], public: Option<&[u8; 32]>, key: &OpeningKey) -> Result<Content, Why> {
    let envelope = Unverified::parse(bytes)?.verify(public.ok_or(Why::Stranger)?)?;
    match envelope.header().kind {
        Kind::Record => Ok(Content::Record(Box::new(Record::decode(&key.open(&envelope)?)?))),
        Kind::Unrecorded => {
            let unrecorded = Unrecorded::decode(&key.open(&envelope)?);
            unrecorded.map(Content::Unrecorded).ok_or(Why::Unrecorded)
        }
        Kind::Other(kind) => Err(Why::Kind(kind)),
    }
}

impl Wanted {
    /// Of a call without a record nothing was found.
    fn fits_without(&self, call: CallId) -> bool {
        self.interest.is_none()
            && self.outcome.is_none()
            && self.call.is_none_or(|wanted| wanted == call)
    }

    fn fits(&self, record: &Record) -> bool {
        let findings = record.findings.as_ref();
        let interest = findings.and_then(|findings| findings.interest.as_ref());
        let outcome = findings.and_then(|findings| findings.outcome.as_ref());
        self.interest.is_none_or(|wanted| interest.is_some_and(|found| found.value == wanted))
            && self.outcome.is_none_or(|wanted| outcome.is_some_and(|found| found.value == wanted))
    }
}

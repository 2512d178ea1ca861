//! Where envelopes are kept, behind a trait: [`sqlite::SqliteStore`] is the one for a start, a
//! database that many collectors share can be another.

pub mod sqlite;

use call::DeviceId;
use std::future::Future;
use std::sync::Arc;
use vault::enrol::DeviceCard;
use vault::envelope::{EnvelopeHash, Header};
use vault::lookup::CustomerTag;
use vault::receipt;

/// One verified envelope, with the receipt that it will get if it is new.
#[derive(Clone, Debug)]
pub struct Deposit {
    /// Its outside.
    pub header: Header,
    /// Its hash.
    pub hash: EnvelopeHash,
    /// All of it.
    pub envelope: Vec<u8>,
    /// The signed receipt.
    pub receipt: [u8; receipt::LENGTH],
    /// When it came, milliseconds since the Unix epoch by the collector's clock.
    pub stored_at: i64,
    /// Whether the device's clock and the collector's differ by more than is allowed.
    pub clock_differs: bool,
}

/// What became of a deposit. Whatever it is, it is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is new; this is the receipt that it came with.
    New(Vec<u8>),
    /// It was there already; this is the receipt that it got then.
    Again(Vec<u8>),
    /// Another envelope has its sequence. The conflict is noted, the envelope is not kept.
    Conflict,
}

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// No room.
    #[error("the store is full: give it more room, or raise --max-bytes; nothing was acknowledged")]
    Full,
    /// Too much at once, or another process holds the database.
    #[error("the store is busy: try again")]
    Busy,
    /// The file is not a collector's database, or of a later version.
    #[error("{0}")]
    Foreign(String),
    /// Anything else that the database says.
    #[error("the database failed: {0}")]
    Database(Arc<sqlx::Error>),
}

/// What to look for. Empty fields match everything.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// One customer.
    pub customer: Option<CustomerTag>,
    /// One device.
    pub device: Option<DeviceId>,
    /// Written at or after, milliseconds since the Unix epoch by the device's clock.
    pub since: Option<i64>,
    /// Written before.
    pub until: Option<i64>,
}

/// An envelope as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Whose.
    pub device: DeviceId,
    /// Which.
    pub sequence: u64,
    /// When it was stored, by the collector's clock.
    pub stored_at: i64,
    /// Whether the clocks differed.
    pub clock_differs: bool,
    /// All of it.
    pub envelope: Vec<u8>,
}

/// A device as it is enrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// Name and public key.
    pub card: DeviceCard,
    /// Since when, milliseconds since the Unix epoch.
    pub since: i64,
}

/// A run of sequences of one device that never came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Whose.
    pub device: DeviceId,
    /// The first that is missing.
    pub from: u64,
    /// The last.
    pub to: u64,
}

/// Another envelope that came under a sequence already taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Whose.
    pub device: DeviceId,
    /// Which.
    pub sequence: u64,
    /// The hash of what was refused.
    pub hash: EnvelopeHash,
    /// When it first came.
    pub seen_at: i64,
}

/// A place to keep envelopes in. Every method may be called from many tasks at once.
pub trait Store: Send + Sync + 'static {
    /// Keeps an envelope, once; returns when that is durable.
    fn deposit(&self, deposit: Deposit) -> impl Future<Output = Result<Stored, StoreError>> + Send;

    /// The public key of an enrolled device.
    fn public_key(
        &self,
        device: DeviceId,
    ) -> impl Future<Output = Result<Option<[u8; 32]>, StoreError>> + Send;

    /// Enrols a device, or renames it.
    fn enrol(&self, device: Enrolled) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Every enrolled device.
    fn enrolled(&self) -> impl Future<Output = Result<Vec<Enrolled>, StoreError>> + Send;

    /// One page of what matches, in order of device and sequence, after `after`.
    fn search(
        &self,
        search: &Search,
        after: Option<(DeviceId, u64)>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Kept>, StoreError>> + Send;

    /// What is missing below each device's last sequence.
    fn gaps(
        &self,
        device: Option<DeviceId>,
    ) -> impl Future<Output = Result<Vec<Gap>, StoreError>> + Send;

    /// What was refused under a taken sequence.
    fn conflicts(
        &self,
        device: Option<DeviceId>,
    ) -> impl Future<Output = Result<Vec<Conflict>, StoreError>> + Send;
}

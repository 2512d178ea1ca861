//! What the page says of the uplink.

use crate::Trouble;
use core::time::Duration;

/// How delivery is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Records that wait for their receipt.
    pub waiting: u64,
    /// Of these, set aside for a trouble of their own.
    pub set_aside: usize,
    /// Receipts since the start.
    pub delivered: u64,
    /// The last receipt.
    pub last_receipt: Option<LastReceipt>,
    /// Why it does not work just now, and what to do; absent while it does.
    pub trouble: Option<Trouble>,
    /// How long the trouble has lasted.
    pub troubled_for: Duration,
    /// Headquarters says that this device's clock is wrong.
    pub clock_differs: bool,
}

/// The last receipt of this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastReceipt {
    /// How long ago it came.
    pub age: Duration,
    /// For which envelope.
    pub sequence: u64,
    /// When headquarters stored it, milliseconds since the Unix epoch, by their clock.
    pub stored_at: i64,
}

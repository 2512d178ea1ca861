//! How an envelope gets there and what comes back, whatever carries it.

use core::time::Duration;

/// What came of sending one envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Somebody answered.
    Http {
        /// The status.
        status: u16,
        /// How long to stay away, if they said so.
        retry_after: Option<Duration>,
        /// The body, or as much of it as a receipt could fill.
        body: Vec<u8>,
    },
    /// Nobody did, or nobody to be trusted.
    Unreachable(Unreachable),
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// The host's name has no address.
    Name,
    /// No connection.
    Connection,
    /// The certificate is not the enrolled authority's, or TLS failed otherwise.
    Certificate,
    /// It took too long.
    TimedOut,
    /// The connection broke, or did not speak HTTP.
    Broken,
}

/// Something that delivers one envelope at a time.
pub trait Transport: Send {
    /// Sends and waits for what comes back; never longer than its own limits.
    fn send(&mut self, envelope: &[u8]) -> Answer;
}

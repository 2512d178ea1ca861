//! What a line has seen since its machine was made.

use serde::Serialize;

/// Counts since the machine was made, for metrics; none ever goes down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Incoming calls that rang long enough to be calls.
    pub incoming: u64,
    /// Rings too short to be a call.
    pub short_rings: u64,
    /// Incoming calls that stopped ringing before they were answered.
    pub abandoned: u64,
    /// Seizures for outgoing calls.
    pub seizures: u64,
    /// Seizures that met an incoming ring.
    pub glare: u64,
    /// Seizures without dial tone.
    pub no_dial_tone: u64,
    /// Calls answered, in either direction.
    pub answered: u64,
    /// Caller identities decoded.
    pub caller_ids: u64,
    /// Caller identities that failed their checksum or made no sense.
    pub broken_caller_ids: u64,
    /// DTMF digits received in calls.
    pub digits: u64,
    /// Polarity reversals that came too early or too short to mean anything.
    pub ignored_reversals: u64,
    /// Loop interruptions too short to mean a release.
    pub short_drops: u64,
    /// Seizures for line tests, which are no calls.
    pub tests: u64,
    /// Times the line lost its battery on hook, or its port failed.
    pub faults: u64,
}

//! Where a line is in its call.

use crate::actor::Actor;
use crate::log::Progress;
use crate::office::Release;
use crate::register::Register;
use crate::ringback::Ringback;
use crate::ringing::Stretch;
use dsp::tone::ToneGenerator;
use std::sync::Arc;

/// The states of a line circuit; counters are samples still to go.
pub(crate) enum State {
    /// Loop open, nothing happens.
    Idle,
    /// Loop open, an inbound call rings. `caller` is an index into the circuit's callers.
    Ringing { caller: usize, stretches: Arc<[Stretch]>, next: usize, now: Stretch },
    /// Loop closed, dial tone to come.
    Seized { left: u64 },
    /// Loop closed, and the office does not attend to it.
    Unattended,
    /// Digits are taken.
    Collecting { register: Box<Register>, dial_tone: Option<ToneGenerator> },
    /// The number is complete; the network looks for the party.
    Routing { left: u64, subscriber: Option<usize> },
    /// The called telephone rings; then it is answered, or the caller gets busy tone.
    Alerting { ringback: Ringback, left: u64, subscriber: usize },
    /// The network speaks.
    Announcing { recording: Arc<[i16]>, at: usize, times: u32 },
    /// A tone or silence, for ever or for a time.
    Sounding { tone: Option<ToneGenerator>, left: Option<u64>, then: Then },
    /// The parties talk.
    Talking { actor: Box<Actor>, release: Release },
    /// The far end has hung up and loop current is off.
    Dropping { left: u64 },
}

/// What follows a tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Another tone.
    Tone(Progress),
    /// The announcement of a subscriber.
    Announcement { subscriber: usize },
    /// Silence, until the loop opens.
    Silence,
}

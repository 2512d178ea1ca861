//! The caller-identity receiver: FSK of both standards and DTMF, whichever comes.

use super::{Message, ParseError};
use crate::fsk::FskStandard;
use call::Samples;
use std::collections::VecDeque;

/// How a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Means {
    /// As FSK octets.
    Fsk(FskStandard),
    /// As DTMF digits.
    Dtmf,
}

/// A message that came, or one that came damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The sample after its last bit or digit, since the receiver was made.
    pub at: Samples,
    /// How it came.
    pub means: Means,
    /// What it says, or why it cannot be read.
    pub message: Result<Message, ParseError>,
}

/// Listens for caller identity of every kind at once.
#[derive(Clone, Debug, Default)]
pub struct CallerIdReceiver {
    clock: u64,
    heard: VecDeque<Heard>,
}

impl CallerIdReceiver {
    /// A receiver at sample 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes any number of samples in.
    pub fn push(&mut self, samples: &[i16]) {
        self.clock += samples.len() as u64;
    }

    /// The next message, in order.
    pub fn next_message(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }
}

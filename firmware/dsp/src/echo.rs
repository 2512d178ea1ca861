//! A canceller of line echo (the network of ITU-T G.168, the near hybrid's side of it).
//!
//! What we send into a two-wire line comes back from its hybrids. [`EchoCanceller`] learns the echo
//! path from what was sent and what was received, and takes the echo away, so that the far party's
//! channel holds the far party alone.
//!
//! Inside:
//! * Two filters. The background one always learns: by the rule of a Kalman filter with one variance
//!   for all taps, shared out by their size, on signals whitened by linear prediction, so that
//!   speech teaches as fast as noise does and what is no echo teaches little. The foreground one
//!   makes the output. It takes over the background's coefficients only when those were clearly
//!   better for a while, against the received signal as well, and moves towards them while they are
//!   no worse. Double talk disturbs the background, not the output.
//! * A suppressor for what the filter leaves. It lowers the residual by at most
//!   [`SUPPRESSION_DB`] and puts noise of the line's own level in its place. It does so only where
//!   the echo is certain to be all there is: the filter explains what was received, and what is
//!   left is no more than the filter has been leaving lately. Anything above [`NEVER_ABOVE_DBM0`]
//!   passes untouched, and the first 2.5 ms in which the far party speaks up are open already.
//!
//! Promises:
//! * No delay: block in, block out.
//! * The far party is never muted, whatever we send.
//! * Tones (digits, for instance) teach nothing and so unlearn nothing.
//! * The path is kept from call to call; a path that changes is learnt anew.

mod belief;
mod filter;
mod lanes;
pub mod paths;
mod predictor;
mod suppressor;

#[cfg(test)]
mod tests;

use crate::level;
use call::SAMPLE_RATE;
use filter::TwoPath;
use suppressor::Suppressor;

/// Samples in a block: 10 ms at 8 kHz.
pub const BLOCK: usize = 80;

/// The most that the suppressor lowers anything, dB.
pub const SUPPRESSION_DB: f32 = 18.0;

/// What is left louder than this is never lowered, dBm0.
pub const NEVER_ABOVE_DBM0: f32 = -44.0;

/// The shortest and the longest tail that can be asked for, ms.
pub const TAIL_MS: core::ops::RangeInclusive<u32> = 8..=128;

/// The canceller of one line's echo.
#[derive(Clone, Debug)]
pub struct EchoCanceller {
    filter: TwoPath,
    suppressor: Suppressor,
    suppress: bool,
}

/// How a canceller is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EchoState {
    /// Echo return loss: how much weaker the path gives back what is sent into it, dB. Zero until
    /// something is learnt.
    pub loss_db: f32,
    /// Echo return loss enhancement: how much of the echo the filter takes away, dB, smoothed over
    /// what was sent lately.
    pub enhancement_db: f32,
}

impl EchoCanceller {
    /// A canceller that reaches `tail_ms` back (held within [`TAIL_MS`]) and knows nothing yet.
    pub fn new(tail_ms: u32) -> Self {
        let tail_ms = tail_ms.clamp(*TAIL_MS.start(), *TAIL_MS.end());
        let taps = (tail_ms * SAMPLE_RATE / 1000) as usize;
        EchoCanceller { filter: TwoPath::new(taps), suppressor: Suppressor::new(), suppress: true }
    }

    /// Switches the suppressor; the filter works on either way. On at first.
    pub fn set_suppressor(&mut self, on: bool) {
        self.suppress = on;
    }

    /// Takes what was sent and what was received in the same 10 ms, and gives what was received
    /// without the echo.
    pub fn block(&mut self, sent: &[i16; BLOCK], received: &[i16; BLOCK]) -> [i16; BLOCK] {
        let cancelled = self.filter.block(sent, received);
        let left = if self.suppress { self.suppressor.block(&cancelled) } else { cancelled.error };
        left.map(level::to_sample)
    }

    /// How it is doing.
    pub fn state(&self) -> EchoState {
        EchoState {
            loss_db: self.filter.loss_db(),
            enhancement_db: self.suppressor.enhancement_db(),
        }
    }

    /// Forgets the path.
    pub fn forget(&mut self) {
        let taps = self.filter.taps();
        self.filter = TwoPath::new(taps);
        self.suppressor = Suppressor::new();
    }
}

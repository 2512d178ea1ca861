//! The hybrid's echo: what comes back of one's own signal where two wires meet four.
//!
//! The impulse responses are the eight hybrid models of ITU-T G.168 annex D ([`dsp::echo::paths`]).

use dsp::echo::paths::{HYBRIDS, Hybrid};
use dsp::level;
use line::{BLOCK, Block};
use serde::{Deserialize, Serialize};

/// An echo path.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Echo {
    /// Which impulse response.
    pub path: EchoPath,
    /// Echo return loss in dB.
    pub erl_db: f32,
    /// Pure delay in front of it, in ms; at most [`LONGEST_DELAY_MS`].
    #[serde(default)]
    pub delay_ms: u32,
}

/// The longest pure delay.
pub const LONGEST_DELAY_MS: u32 = 64;

/// An impulse response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EchoPath {
    /// One reflection, all frequencies alike.
    Flat,
    /// G.168 D.2.
    G168D2,
    /// G.168 D.3.
    G168D3,
    /// G.168 D.4.
    G168D4,
    /// G.168 D.5.
    G168D5,
    /// G.168 D.6.
    G168D6,
    /// G.168 D.7.
    G168D7,
    /// G.168 D.8.
    G168D8,
    /// G.168 D.9.
    G168D9,
}

impl EchoPath {
    /// The eight of G.168.
    pub const G168: [EchoPath; 8] = [
        EchoPath::G168D2,
        EchoPath::G168D3,
        EchoPath::G168D4,
        EchoPath::G168D5,
        EchoPath::G168D6,
        EchoPath::G168D7,
        EchoPath::G168D8,
        EchoPath::G168D9,
    ];

    /// The model of the annex; `None` for a flat path.
    pub const fn hybrid(self) -> Option<Hybrid> {
        Some(match self {
            EchoPath::Flat => return None,
            EchoPath::G168D2 => HYBRIDS[0],
            EchoPath::G168D3 => HYBRIDS[1],
            EchoPath::G168D4 => HYBRIDS[2],
            EchoPath::G168D5 => HYBRIDS[3],
            EchoPath::G168D6 => HYBRIDS[4],
            EchoPath::G168D7 => HYBRIDS[5],
            EchoPath::G168D8 => HYBRIDS[6],
            EchoPath::G168D9 => HYBRIDS[7],
        })
    }

    /// The impulse response at an echo return loss, dB.
    pub fn response(self, erl_db: f32) -> Vec<f32> {
        match self.hybrid() {
            Some(hybrid) => hybrid.response(erl_db).collect(),
            None => vec![level::gain(-erl_db)],
        }
    }
}

/// An echo path at work.
pub(crate) struct EchoState {
    taps: Box<[f32]>,
    /// By how much the taps are multiplied.
    balance: f32,
    /// `delay + taps - 1` samples of the past, then the block.
    past: Box<[f32]>,
}

impl EchoState {
    pub(crate) fn new(echo: &Echo) -> Self {
        let taps = echo.path.response(echo.erl_db);
        let delay = echo.delay_ms.min(LONGEST_DELAY_MS) as usize * 8;
        EchoState {
            past: vec![0.0; delay + taps.len() - 1 + BLOCK].into(),
            taps: taps.into(),
            balance: 1.0,
        }
    }

    /// So much less comes back from now on than the model gives back, dB.
    pub(crate) fn weaken(&mut self, db: f32) {
        self.balance = dsp::level::gain(-db);
    }

    /// Adds the echo of `own` to `bench`.
    pub(crate) fn add(&mut self, own: &Block, bench: &mut [f32; BLOCK]) {
        let old = self.past.len() - BLOCK;
        self.past.copy_within(BLOCK.., 0);
        for (past, &sample) in self.past[old..].iter_mut().zip(own) {
            *past = f32::from(sample);
        }
        // Tap by tap over the whole block, which the compiler turns into vectors.
        let newest = self.taps.len() - 1;
        for (k, tap) in self.taps.iter().map(|tap| tap * self.balance).enumerate() {
            let from = &self.past[newest - k..newest - k + BLOCK];
            bench.iter_mut().zip(from).for_each(|(value, &past)| *value += tap * past);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(echo: &Echo) -> Vec<f32> {
        let mut state = EchoState::new(echo);
        let mut own = [0; BLOCK];
        own[0] = 10_000;
        let mut all = Vec::new();
        for _ in 0..10 {
            let mut bench = [0.0; BLOCK];
            state.add(&own, &mut bench);
            all.extend(bench.map(|value| value / 10_000.0));
            own[0] = 0;
        }
        all
    }

    #[test]
    fn an_impulse_comes_back_as_the_model_says_after_its_delay() {
        for path in EchoPath::G168 {
            let Some(hybrid) = path.hybrid() else { panic!("{path:?} is none of the annex") };
            let heard = response(&Echo { path, erl_db: 6.0, delay_ms: 16 });
            assert!(heard[..128].iter().all(|&value| value == 0.0), "{path:?}");
            for (k, &m) in hybrid.taps.iter().enumerate() {
                let meant = m as f32 * hybrid.gain * level::gain(-6.0);
                assert!((heard[128 + k] - meant).abs() < 1e-6, "{path:?} tap {k}");
            }
            assert!(heard[128 + hybrid.taps.len()..].iter().all(|&value| value == 0.0));
        }
    }

    #[test]
    fn each_model_loses_about_what_is_asked_for() {
        // The gains of annex D make the loss come true for speech; on white noise it is near.
        for path in EchoPath::G168 {
            let echo = Echo { path, erl_db: 20.0, delay_ms: 0 };
            let energy: f32 = response(&echo).iter().map(|tap| tap * tap).sum();
            let loss = -10.0 * energy.log10();
            assert!((16.0..25.0).contains(&loss), "{path:?}: {loss} dB on white noise");
        }
    }
}

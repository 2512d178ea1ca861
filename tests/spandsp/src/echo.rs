//! The same echo for both cancellers: the hybrids of ITU-T G.168 annex D, with people speaking.

use crate::EchoCanceller as Theirs;
use crate::trials::add_noise;
use dsp::echo::paths::Hybrid;
use dsp::echo::{BLOCK, EchoCanceller};
use dsp::level;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// From which all noise is made.
pub const SEED: u64 = 7;
/// As far back as a line's own canceller reaches.
pub const TAIL_MS: u32 = 32;
/// The agent alone teaches so long, in samples; what is measured comes after.
pub const TAUGHT: usize = 10 * 8000;

/// What is sent, and what comes back.
#[derive(Clone, Debug)]
pub struct Line {
    /// The agent's words.
    pub sent: Vec<i16>,
    /// Their echo and the customer's words.
    pub received: Vec<i16>,
    /// The customer's own words in what is received, with the line's noise.
    customer: Vec<i16>,
}

impl Line {
    /// A line behind a hybrid: echo return loss in dB, noise in dBm0. The customer speaks once the
    /// filter is [`TAUGHT`].
    pub fn new(
        agent: &[i16],
        customer: &[i16],
        hybrid: &Hybrid,
        erl_db: f32,
        noise_dbm0: f32,
    ) -> Line {
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        let mut own: Vec<i16> = customer.to_vec();
        own[..TAUGHT.min(customer.len())].fill(0);
        add_noise(&mut random, &mut own, noise_dbm0);
        let taps: Vec<f32> = hybrid.response(erl_db).collect();
        let received = own.iter().enumerate().map(|(at, &own)| {
            let past = agent[..=at].iter().rev();
            let echo: f32 = taps.iter().zip(past).map(|(tap, &sent)| tap * f32::from(sent)).sum();
            level::to_sample(f32::from(own) + echo)
        });
        Line { sent: agent.to_vec(), received: received.collect(), customer: own }
    }

    /// What ours leaves of it, without suppressor.
    pub fn through_ours(&self) -> Vec<i16> {
        let mut canceller = EchoCanceller::new(TAIL_MS);
        canceller.set_suppressor(false);
        let sent = self.sent.as_chunks::<BLOCK>().0.iter();
        let received = self.received.as_chunks::<BLOCK>().0;
        sent.zip(received).flat_map(|(sent, received)| canceller.block(sent, received)).collect()
    }

    /// What the library's leaves of it, without non-linear processor; `None` where it is missing.
    pub fn through_theirs(&self) -> Option<Vec<i16>> {
        let mut canceller = Theirs::new((TAIL_MS * 8) as usize)?;
        let mut left = Vec::with_capacity(self.sent.len());
        canceller.push(&self.sent, &self.received, &mut left);
        Some(left)
    }

    /// How much weaker the echo became, dB; the line's own noise is left out of account.
    pub fn enhancement_db(&self, left: &[i16]) -> f32 {
        db(self.beside_customer(&self.received[..left.len()]), self.beside_customer(left))
    }

    /// How far the customer stands above whatever else is left, dB.
    pub fn clearness_db(&self, left: &[i16]) -> f32 {
        let own = &self.customer[TAUGHT.min(left.len())..left.len()];
        let power = own.iter().map(|&sample| f32::from(sample).powi(2)).sum();
        db(power, self.beside_customer(left))
    }

    /// The energy of what is there beside the customer, once taught.
    fn beside_customer(&self, samples: &[i16]) -> f32 {
        let from = TAUGHT.min(samples.len());
        let pairs = samples[from..].iter().zip(&self.customer[from..]);
        pairs.map(|(&sample, &own)| (f32::from(sample) - f32::from(own)).powi(2)).sum()
    }
}

fn db(power: f32, over: f32) -> f32 {
    10.0 * (power / over.max(1.0)).log10()
}

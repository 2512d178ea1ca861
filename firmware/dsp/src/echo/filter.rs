//! The two adaptive filters.

use super::BLOCK;
use super::predictor::{ORDER, Predictor, STRETCH};
use crate::level;

/// How much of the whole error one sample may correct, while all of it is echo.
const STEP: f32 = 0.8;
/// The noise that G.711 makes of a signal, as a share of its power (-38 dB).
const QUANTIZING: f32 = 1.6e-4;
/// What is sent below this teaches nothing, dBm0.
const QUIET_DBM0: f32 = -46.0;
/// A stretch that prediction explains better than this is a tone, not speech (25 dB).
const TONE_GAIN: f32 = 320.0;
/// Blocks in a row for which the background must be better before it is believed.
const BELIEVED_AFTER: u32 = 3;
/// How much less it must leave than the foreground does (1.5 dB).
const CLEARLY: f32 = 0.7;
/// And how much less than there was (3 dB): a background that explains nothing is not believed.
const EXPLAINED: f32 = 0.5;
/// Blocks in a row for which the background must be worse before it begins anew.
const GIVEN_UP_AFTER: u32 = 5;
/// How much worse it must be (1.5 dB).
const WORSE: f32 = 1.4;

/// What one block came to. All in linear samples.
#[derive(Clone, Debug)]
pub(super) struct Cancelled {
    /// What was received.
    pub(super) received: [f32; BLOCK],
    /// What of it the filter takes for echo.
    pub(super) echo: [f32; BLOCK],
    /// What is left.
    pub(super) error: [f32; BLOCK],
}

/// A foreground and a background filter on one echo path.
///
/// Coefficients are stored last tap first, so that they lie against time as the samples do.
#[derive(Clone, Debug)]
pub(super) struct TwoPath {
    foreground: Vec<f32>,
    background: Vec<f32>,
    /// The share of each tap in the next correction.
    share: Vec<f32>,
    /// Sent, newest last: `ORDER + taps - 1` old samples and the block.
    sent: Vec<f32>,
    /// The same, whitened: `taps - 1` old ones and the block.
    white: Vec<f32>,
    /// Received, newest last: `ORDER` old ones and the block.
    received: [f32; ORDER + BLOCK],
    predictor: Predictor,
    /// Power of the line's own noise.
    noise: f32,
    /// Power of the whitened error lately.
    error: f32,
    better_for: u32,
    worse_for: u32,
}

impl TwoPath {
    pub(super) fn new(taps: usize) -> Self {
        let taps = taps.next_multiple_of(LANES);
        TwoPath {
            foreground: vec![0.0; taps],
            background: vec![0.0; taps],
            share: vec![1.0 / taps as f32; taps],
            sent: vec![0.0; ORDER + taps - 1 + BLOCK.max(STRETCH)],
            white: vec![0.0; taps - 1 + BLOCK],
            received: [0.0; ORDER + BLOCK],
            predictor: Predictor::new(),
            noise: 0.0,
            error: 0.0,
            better_for: 0,
            worse_for: 0,
        }
    }

    pub(super) fn taps(&self) -> usize {
        self.foreground.len()
    }

    /// The foreground path's loss, dB; 0 while it knows nothing.
    pub(super) fn loss_db(&self) -> f32 {
        let energy = dot(&self.foreground, &self.foreground);
        if energy <= f32::EPSILON { 0.0 } else { -10.0 * energy.log10() }
    }

    pub(super) fn block(&mut self, sent: &[i16; BLOCK], received: &[i16; BLOCK]) -> Cancelled {
        push(&mut self.sent, sent);
        push(&mut self.received, received);
        let taps = self.taps();
        let first = self.sent.len() - BLOCK - (taps - 1);
        let mut cancelled = Cancelled {
            received: received.map(f32::from),
            echo: [0.0; BLOCK],
            error: [0.0; BLOCK],
        };
        for at in 0..BLOCK {
            let window = &self.sent[first + at..first + at + taps];
            cancelled.echo[at] = dot(&self.foreground, window);
            cancelled.error[at] = cancelled.received[at] - cancelled.echo[at];
        }
        // Falls to a quieter line at once, rises to a noisier one within a second.
        let left = energy(&cancelled.error) / BLOCK as f32;
        self.noise = left.min(self.noise * 1.01 + 0.5);
        if self.can_learn() {
            let left = self.learn(&cancelled.received);
            self.compare(&cancelled, left);
        }
        cancelled
    }

    /// Whether the tail holds something that teaches; if so, the whitened signals are made.
    fn can_learn(&mut self) -> bool {
        let tail = &self.sent[self.sent.len() - BLOCK - (self.foreground.len() - 1)..];
        let power = dot(tail, tail) / tail.len() as f32;
        if power < level::rms(QUIET_DBM0).powi(2) {
            return false;
        }
        let Some(stretch) = self.sent.last_chunk::<STRETCH>() else { return false };
        self.predictor.learn(stretch);
        if self.predictor.gain > TONE_GAIN {
            return false;
        }
        let from = self.sent.len() - BLOCK - (self.foreground.len() - 1) - ORDER;
        self.predictor.whiten(&self.sent[from..], &mut self.white);
        true
    }

    /// Teaches the background filter one block; gives the energy of what it leaves.
    fn learn(&mut self, received: &[f32; BLOCK]) -> f32 {
        let taps = self.taps();
        let first = self.sent.len() - BLOCK - (taps - 1);
        let mut white_received = [0.0; BLOCK];
        self.predictor.whiten(&self.received, &mut white_received);
        self.share_out();
        let floor = level::rms(QUIET_DBM0).powi(2) / self.predictor.gain;
        let step = self.step(received);
        let mut white_left = 0.0;
        let mut left = 0.0;
        for at in 0..BLOCK {
            let window = &self.sent[first + at..first + at + taps];
            let white = &self.white[at..at + taps];
            let error = received[at] - dot(&self.background, window);
            left += error * error;
            let (echo, energy) = dot_and_shared_energy(&self.background, white, &self.share);
            let error = white_received[at] - echo;
            white_left += error * error;
            let correction = step * error / (energy + floor);
            correct(&mut self.background, white, &self.share, correction);
        }
        self.error += 0.5 * (white_left / BLOCK as f32 - self.error);
        left
    }

    /// How much to believe the next errors: the less, the more of them is noise.
    fn step(&self, received: &[f32; BLOCK]) -> f32 {
        let amplified: f32 = self.predictor.coefficients.iter().map(|a| a * a).sum();
        let quantizing = QUANTIZING * energy(received) / BLOCK as f32;
        let noise = (self.noise + quantizing) * amplified;
        STEP * ((self.error - noise) / (self.error + 1.0)).clamp(0.05, 1.0)
    }

    /// Gives the taps that matter a larger share (the improved proportionate rule, half and half):
    /// an echo path is a few loud milliseconds somewhere in the tail.
    fn share_out(&mut self) {
        let taps = self.taps() as f32;
        let sum: f32 = self.background.iter().map(|tap| tap.abs()).sum();
        let each = 0.5 / taps;
        let by_size = 0.5 / (sum + 1e-3);
        for (share, tap) in self.share.iter_mut().zip(&self.background) {
            *share = each + by_size * tap.abs();
        }
    }

    /// Lets the foreground take over from a background that proved better, and the background begin
    /// anew where it went astray.
    fn compare(&mut self, cancelled: &Cancelled, background: f32) {
        let foreground = energy(&cancelled.error);
        let received = energy(&cancelled.received);
        let better = background < CLEARLY * foreground && background < EXPLAINED * received;
        self.better_for = if better { self.better_for + 1 } else { 0 };
        let worse = background > WORSE * foreground;
        self.worse_for = if worse { self.worse_for + 1 } else { 0 };
        if self.better_for >= BELIEVED_AFTER {
            self.foreground.copy_from_slice(&self.background);
            self.better_for = 0;
        } else if self.worse_for >= GIVEN_UP_AFTER {
            self.background.copy_from_slice(&self.foreground);
            self.worse_for = 0;
        }
    }
}

/// The energy of a block.
pub(super) fn energy(block: &[f32]) -> f32 {
    block.iter().map(|sample| sample * sample).sum()
}

/// Moves the history on by one block.
fn push(history: &mut [f32], block: &[i16; BLOCK]) {
    history.copy_within(BLOCK.., 0);
    let start = history.len() - BLOCK;
    for (to, &sample) in history[start..].iter_mut().zip(block) {
        *to = f32::from(sample);
    }
}

/// Sums are kept apart in this many lanes, so that the compiler can use vector registers: float
/// addition is not associative, and it may not do that by itself.
const LANES: usize = 8;

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// `Σ taps·samples` and `Σ share·samples²` in one pass.
fn dot_and_shared_energy(taps: &[f32], samples: &[f32], share: &[f32]) -> (f32, f32) {
    let mut dots = [0.0f32; LANES];
    let mut energies = [0.0f32; LANES];
    let (taps, _) = taps.as_chunks::<LANES>();
    let (samples, _) = samples.as_chunks::<LANES>();
    let (share, _) = share.as_chunks::<LANES>();
    for ((taps, samples), share) in taps.iter().zip(samples).zip(share) {
        for lane in 0..LANES {
            dots[lane] += taps[lane] * samples[lane];
            energies[lane] += share[lane] * samples[lane] * samples[lane];
        }
    }
    (dots.iter().sum(), energies.iter().sum())
}

fn correct(taps: &mut [f32], samples: &[f32], share: &[f32], correction: f32) {
    for ((tap, sample), share) in taps.iter_mut().zip(samples).zip(share) {
        *tap += correction * share * sample;
    }
}

//! The two adaptive filters.

use super::BLOCK;
use super::belief::Belief;
use super::lanes::{LANES, correct, dot, dot_and_shared_energy, energy, peak};
use super::predictor::{ORDER, Predictor, STRETCH};
use crate::level;

/// The noise that G.711 makes of a signal, as a share of its power (-38 dB).
const QUANTIZING: f32 = 1.6e-4;
/// What is sent below this teaches nothing, dBm0.
const QUIET_DBM0: f32 = -46.0;
/// A stretch that prediction explains better than this is a tone, not speech (25 dB).
const TONE_GAIN: f32 = 320.0;
/// Blocks over which the filters are compared, and while the foreground knows the path.
const TRIAL: u32 = 3;
const TRIAL_OF_THE_KNOWN: u32 = 8;
const TRIAL_IN_DOUBT: u32 = 40;
/// How much less it must leave than the foreground does (1.5 dB).
const CLEARLY: f32 = 0.7;
/// And how much less than there was (9 dB), unless it is down to the noise: a background that
/// explains nothing is not believed.
const EXPLAINED: f32 = 0.125;
/// No line gives back more than this share of what is sent into it (3 dB of loss): what is
/// received louder is the far party (Geigel's test), and filters beyond it have gone astray.
const MOST_RETURNED: f32 = 0.7;
/// The same for peaks, which a path can pile up (1 dB).
const LOUDER: f32 = 0.9;
/// Blocks without learning after the far party was heard so.
const HANGOVER: u32 = 3;
/// How the foreground's leak is followed, per block: slowly up (2 dB a second), fast down.
const LEAK_RISE: f32 = 1.005;
const LEAK_FALL: f32 = 0.95;
/// A foreground that leaves less than this knows the path (20 dB).
const KNOWN: f32 = 0.01;
/// The background finds something when it leaves this much less than the foreground (0.7 dB).
const FOUND: f32 = 0.85;
/// Blocks for which a foreground that took over can still be taken back, and how much less its
/// predecessor must leave then (3 dB).
const PROBATION: u32 = 150;
const REGRETTED: f32 = 0.5;
/// How much worse it must be to begin anew (1.5 dB).
const WORSE: f32 = 1.4;
/// A foreground that knows the path goes this part of the way to a background that leaves no more
/// than this share of what it leaves itself: the mean of many backgrounds errs less than any one.
const NEARER: f32 = 0.25;
const NO_WORSE: f32 = 0.98;
/// The filters are compared, and noise is measured, on every so many samples.
const SAMPLED: usize = 4;

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
    /// The foreground that was, to go back to if the new one proves worse.
    previous: Vec<f32>,
    /// Blocks for which the new one is still on probation.
    probation: u32,
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
    belief: Belief,
    far_party_for: u32,
    /// What the foreground leaves of an echo, as a share of its energy; 1 while it knows nothing.
    leak: f32,
    /// What was received, and what either filter leaves of it, smoothed over some 100 ms of
    /// learning.
    received_lately: f32,
    foreground_left: f32,
    background_left: f32,
    trial: Trial,
}

impl TwoPath {
    pub(super) fn new(taps: usize) -> Self {
        let taps = taps.next_multiple_of(LANES);
        TwoPath {
            foreground: vec![0.0; taps],
            background: vec![0.0; taps],
            previous: vec![0.0; taps],
            probation: 0,
            share: vec![1.0 / taps as f32; taps],
            sent: vec![0.0; ORDER + taps - 1 + BLOCK.max(STRETCH)],
            white: vec![0.0; taps - 1 + BLOCK],
            received: [0.0; ORDER + BLOCK],
            predictor: Predictor::new(),
            noise: 0.0,
            belief: Belief::new(),
            far_party_for: 0,
            leak: 1.0,
            received_lately: 0.0,
            foreground_left: 0.0,
            background_left: 0.0,
            trial: Trial::default(),
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
            let left = self.learn(&cancelled);
            self.compare(&cancelled, left);
        }
        cancelled
    }

    /// Whether the tail holds something that teaches; if so, the whitened signals are made.
    fn can_learn(&mut self) -> bool {
        if self.far_party_is_louder() {
            return false;
        }
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

    /// Whether what was received, now or just before, cannot be echo alone.
    fn far_party_is_louder(&mut self) -> bool {
        let tail = &self.sent[self.sent.len() - BLOCK - (self.foreground.len() - 1)..];
        if peak(&self.received[ORDER..]) > LOUDER * peak(tail) {
            self.far_party_for = HANGOVER;
        } else {
            self.far_party_for = self.far_party_for.saturating_sub(1);
        }
        self.far_party_for > 0
    }

    /// Teaches the background filter one block; gives the energy of what it leaves.
    fn learn(&mut self, cancelled: &Cancelled) -> f32 {
        let received = &cancelled.received;
        let taps = self.taps();
        let first = self.sent.len() - BLOCK - (taps - 1);
        let mut white_received = [0.0; BLOCK];
        self.predictor.whiten(&self.received, &mut white_received);
        self.share_out();
        self.follow_leak(cancelled);
        let disturbance = self.disturbance(cancelled, &white_received);
        let floor = level::rms(QUIET_DBM0).powi(2) / self.predictor.gain;
        let spread = dot(&self.share, &self.share);
        let (mut left, mut shared) = (0.0, 0.0);
        for at in 0..BLOCK {
            let white = &self.white[at..at + taps];
            let echo = if at % SAMPLED == 0 {
                let window = &self.sent[first + at..first + at + taps];
                left += (received[at] - dot(&self.background, window)).powi(2);
                let (echo, energy) = dot_and_shared_energy(&self.background, white, &self.share);
                shared = energy + floor;
                echo
            } else {
                dot(&self.background, white)
            };
            let gain = self.belief.gain(shared, disturbance);
            self.belief.learn(gain, spread * shared);
            correct(&mut self.background, white, &self.share, gain * (white_received[at] - echo));
        }
        self.belief.forget(dot(&self.background, &self.background));
        left
    }

    /// The power of what is no echo in the whitened block: the line's noise and G.711's, and what
    /// the foreground leaves beyond what is not known of the path, which is the far party. But when
    /// the background finds something in the rest, or the foreground leaves more than there was,
    /// the path has changed.
    fn disturbance(&mut self, cancelled: &Cancelled, white_received: &[f32; BLOCK]) -> f32 {
        let amplified: f32 = self.predictor.coefficients.iter().map(|a| a * a).sum();
        let quantizing = QUANTIZING * energy(&cancelled.received) / BLOCK as f32;
        let noise = (self.noise + quantizing) * amplified;
        let harms = self.foreground_left > self.received_lately;
        if harms || self.background_left < FOUND * self.foreground_left {
            self.belief.doubt(dot(&self.background, &self.background));
            return noise;
        }
        let taps = self.taps();
        let (mut left, mut shared) = (0.0, 0.0);
        for at in (0..BLOCK).step_by(SAMPLED) {
            let white = &self.white[at..at + taps];
            let (echo, energy) = dot_and_shared_energy(&self.foreground, white, &self.share);
            left += (white_received[at] - echo).powi(2);
            shared += energy;
        }
        let count = (BLOCK / SAMPLED) as f32;
        noise.max(left / count - self.belief.explains(shared / count))
    }

    /// How much of the echo the foreground leaves.
    fn follow_leak(&mut self, cancelled: &Cancelled) {
        let left = energy(&cancelled.error);
        let echo = energy(&cancelled.echo);
        let rise = self.leak * LEAK_RISE;
        self.leak = (left / (echo + 1.0)).clamp(self.leak * LEAK_FALL, rise).clamp(1e-4, 1.0);
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
        let foreground = sampled_energy(&cancelled.error);
        let received = sampled_energy(&cancelled.received);
        self.received_lately += 0.1 * (received - self.received_lately);
        self.foreground_left += 0.1 * (foreground - self.foreground_left);
        self.background_left += 0.1 * (background - self.background_left);
        if dot(&self.background, &self.background) > MOST_RETURNED * MOST_RETURNED {
            return self.begin_anew();
        }
        self.trial.foreground += foreground;
        self.trial.background += background;
        self.trial.received += received;
        self.trial.blocks += 1;
        if self.probation > 0 {
            self.trial.previous += self.left_by_previous(&cancelled.received);
            self.probation -= 1;
        }
        let samples = (BLOCK / SAMPLED) as f32;
        self.trial.expected += 4.0 * self.leak * sampled_energy(&cancelled.echo);
        self.trial.expected += 2.0 * self.noise * samples;
        let long = match self.leak < KNOWN {
            false => TRIAL,
            true if self.trial.foreground < self.trial.expected => TRIAL_OF_THE_KNOWN,
            true => TRIAL_IN_DOUBT,
        };
        if self.trial.blocks < long {
            return;
        }
        let trial = core::mem::take(&mut self.trial);
        let noise = 4.0 * self.noise * samples * trial.blocks as f32;
        let explains = trial.background < noise.max(EXPLAINED * trial.received);
        if self.probation > 0 && trial.previous < REGRETTED * trial.foreground {
            self.foreground.copy_from_slice(&self.previous);
            self.begin_anew();
            self.probation = 0;
        } else if explains && trial.background < CLEARLY * trial.foreground {
            if self.probation == 0 {
                self.previous.copy_from_slice(&self.foreground);
                self.probation = PROBATION;
            }
            self.foreground.copy_from_slice(&self.background);
        } else if long == TRIAL_OF_THE_KNOWN && trial.background < NO_WORSE * trial.foreground {
            for (tap, background) in self.foreground.iter_mut().zip(&self.background) {
                *tap += NEARER * (background - *tap);
            }
        } else if trial.background > WORSE * trial.foreground {
            self.begin_anew();
        }
    }

    /// The energy that the previous foreground would have left of this block.
    fn left_by_previous(&self, received: &[f32; BLOCK]) -> f32 {
        let taps = self.taps();
        let first = self.sent.len() - BLOCK - (taps - 1);
        let error = |at: usize| {
            received[at] - dot(&self.previous, &self.sent[first + at..first + at + taps])
        };
        (0..BLOCK).step_by(SAMPLED).map(|at| error(at).powi(2)).sum()
    }

    fn begin_anew(&mut self) {
        self.background.copy_from_slice(&self.foreground);
        self.trial = Trial::default();
    }
}

/// The two filters side by side over some blocks: energies.
#[derive(Clone, Debug, Default)]
struct Trial {
    blocks: u32,
    received: f32,
    foreground: f32,
    background: f32,
    previous: f32,
    expected: f32,
}

/// The energy of a block's samples that the filters are compared on.
fn sampled_energy(block: &[f32; BLOCK]) -> f32 {
    block.iter().step_by(SAMPLED).map(|sample| sample * sample).sum()
}

/// Moves the history on by one block.
fn push(history: &mut [f32], block: &[i16; BLOCK]) {
    history.copy_within(BLOCK.., 0);
    let start = history.len() - BLOCK;
    for (to, &sample) in history[start..].iter_mut().zip(block) {
        *to = f32::from(sample);
    }
}

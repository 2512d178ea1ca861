//! The echo path's response, by a maximum-length sequence.
//!
//! A sequence of 511 steps is sent over and over; what comes back, averaged over the rounds and
//! correlated with what was sent, is the response of the path over 64 ms, for the sequence's own
//! correlation is a single peak. What differs from round to round is noise, and its
//! share is known and taken away. The first round only fills the path.

use crate::level;
use serde::Serialize;
use std::f32::consts::TAU;

/// Steps of the sequence: 64 ms.
const LENGTH: usize = 511;
/// The probe's level, dBm0: loud enough to stand out of a noisy line, no louder than speech.
pub const PROBE_DBM0: f32 = -16.0;
/// The least loss of energy that can be told, dB.
const MOST_LOSS_DB: f32 = 60.0;
/// The share of energy in which a path's spread is measured.
const WITHIN: f32 = 0.95;
/// Where the response's frequencies are looked at, Hz (ITU-T G.122's band).
const FROM_HZ: f32 = 300.0;
const TO_HZ: f32 = 3_400.0;
const STEP_HZ: f32 = 100.0;

/// What an echo path does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EchoResponse {
    /// Echo return loss, dB: how much weaker what is sent comes back.
    pub loss_db: f32,
    /// The loss at the frequency that comes back the most, dB.
    pub worst_db: f32,
    /// That frequency, Hz.
    pub worst_hz: f32,
    /// When the echo's loudest part comes, ms.
    pub delay_ms: f32,
    /// How long 95 % of its energy take, ms.
    pub spread_ms: f32,
}

/// Sends the probe and takes what comes back.
#[derive(Clone, Debug)]
pub struct EchoProbe {
    sequence: [f32; LENGTH],
    sent: usize,
    heard: usize,
    rounds: usize,
    /// Sum and sum of squares of what was heard at each step, after the first round.
    sums: [f32; LENGTH],
    squares: [f32; LENGTH],
}

impl EchoProbe {
    /// A probe that averages over some rounds of 64 ms, at least 2; one more goes before them.
    pub fn new(rounds: usize) -> Self {
        EchoProbe {
            sequence: sequence(),
            sent: 0,
            heard: 0,
            rounds: rounds.max(2),
            sums: [0.0; LENGTH],
            squares: [0.0; LENGTH],
        }
    }

    /// Overwrites `out` with the probe.
    pub fn fill(&mut self, out: &mut [i16]) {
        let amplitude = level::rms(PROBE_DBM0);
        for sample in out {
            *sample = level::to_sample(self.sequence[self.sent % LENGTH] * amplitude);
            self.sent += 1;
        }
    }

    /// Takes what was received while the probe was sent: the first sample belongs to the first
    /// that [`EchoProbe::fill`] gave.
    pub fn take(&mut self, received: &[i16]) {
        for &sample in received {
            if !self.is_done() {
                if self.heard >= LENGTH {
                    let x = f32::from(sample);
                    self.sums[self.heard % LENGTH] += x;
                    self.squares[self.heard % LENGTH] += x * x;
                }
                self.heard += 1;
            }
        }
    }

    /// Whether enough was heard.
    pub fn is_done(&self) -> bool {
        self.heard >= (self.rounds + 1) * LENGTH
    }

    /// What the path does, once enough was heard.
    pub fn response(&self) -> Option<EchoResponse> {
        self.is_done().then(|| {
            let taps = self.taps();
            let noise = self.noise_share();
            describe(&taps, noise)
        })
    }

    /// The path's taps. The sequence correlates with itself to its length, and to -1 elsewhere: an
    /// offset of the taps 54 dB below their sum, which is left there.
    fn taps(&self) -> [f32; LENGTH] {
        let scale = 1.0 / (self.rounds as f32 * level::rms(PROBE_DBM0) * (LENGTH as f32 + 1.0));
        core::array::from_fn(|delay| {
            let products =
                (0..LENGTH).map(|n| self.sums[n] * self.sequence[(n + LENGTH - delay) % LENGTH]);
            products.sum::<f32>() * scale
        })
    }

    /// How much of the taps' energy is noise: what differs between rounds.
    fn noise_share(&self) -> f32 {
        let rounds = self.rounds as f32;
        let spread = |(sum, square): (&f32, &f32)| (square - sum * sum / rounds).max(0.0);
        let within: f32 = self.sums.iter().zip(&self.squares).map(spread).sum();
        let variance = within / (LENGTH as f32 * (rounds - 1.0));
        variance / (rounds * level::rms(PROBE_DBM0).powi(2))
    }
}

fn describe(taps: &[f32; LENGTH], noise: f32) -> EchoResponse {
    let loss = |share: f32| (-10.0 * share.max(1e-6).log10()).min(MOST_LOSS_DB);
    let all: f32 = taps.iter().map(|tap| tap * tap).sum();
    let loudest =
        |worst: usize, at: usize| if taps[at].abs() > taps[worst].abs() { at } else { worst };
    let peak = (0..LENGTH).fold(0, loudest);
    let steps = ((TO_HZ - FROM_HZ) / STEP_HZ) as usize;
    let (mut worst_hz, mut worst) = (FROM_HZ, 0.0);
    for step in 0..=steps {
        let hz = FROM_HZ + step as f32 * STEP_HZ;
        let here = returned_at(taps, hz);
        if here > worst {
            (worst_hz, worst) = (hz, here);
        }
    }
    EchoResponse {
        loss_db: loss(all - noise),
        worst_db: loss(worst - noise),
        worst_hz,
        delay_ms: peak as f32 / 8.0,
        spread_ms: spread(taps, peak, all) as f32 / 8.0,
    }
}

/// The share of power at a frequency that comes back.
fn returned_at(taps: &[f32; LENGTH], hz: f32) -> f32 {
    let omega = TAU * hz / call::SAMPLE_RATE as f32;
    let (re, im) = taps.iter().enumerate().fold((0.0, 0.0), |(re, im), (n, tap)| {
        let angle = omega * n as f32;
        (re + tap * angle.cos(), im - tap * angle.sin())
    });
    re * re + im * im
}

/// The shortest stretch around the peak that holds [`WITHIN`] of the energy, samples.
fn spread(taps: &[f32; LENGTH], peak: usize, all: f32) -> usize {
    let square = |at: usize| taps[at % LENGTH].powi(2);
    let (mut before, mut after, mut held) = (0, 0, square(peak));
    while held < WITHIN * all && before + after + 1 < LENGTH {
        let (left, right) = (square(peak + LENGTH - before - 1), square(peak + after + 1));
        if left > right {
            before += 1;
            held += left;
        } else {
            after += 1;
            held += right;
        }
    }
    before + after + 1
}

/// The maximum-length sequence of x⁹ + x⁵ + 1, as ±1.
fn sequence() -> [f32; LENGTH] {
    let mut state = 0x1ffu16;
    core::array::from_fn(|_| {
        let bit = (state ^ (state >> 4)) & 1;
        state = (state >> 1) | (bit << 8);
        if bit == 1 { 1.0 } else { -1.0 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Through a path, with some noise.
    fn through(path: &[f32], noise_dbm0: f32, rounds: usize) -> EchoResponse {
        let mut probe = EchoProbe::new(rounds);
        let mut past = vec![0.0; path.len()];
        let mut state = 7u32;
        while !probe.is_done() {
            let mut block = [0; 80];
            probe.fill(&mut block);
            let back = block.map(|sample| {
                past.rotate_right(1);
                past[0] = f32::from(sample);
                let echo: f32 = path.iter().zip(&past).map(|(tap, x)| tap * x).sum();
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let uniform = (state >> 8) as f32 / (1u32 << 23) as f32 - 1.0;
                level::to_sample(echo + uniform * 3f32.sqrt() * level::rms(noise_dbm0))
            });
            probe.take(&back);
        }
        probe.response().unwrap()
    }

    #[test]
    fn the_sequence_is_of_maximum_length() {
        let sequence = sequence();
        assert_eq!(sequence.iter().sum::<f32>().abs(), 1.0);
        for shift in 1..LENGTH {
            let correlation: f32 =
                (0..LENGTH).map(|n| sequence[n] * sequence[(n + shift) % LENGTH]).sum();
            assert_eq!(correlation, -1.0, "shifted by {shift}");
        }
    }

    #[test]
    fn one_reflection_is_told_with_its_loss_and_delay() {
        for (loss_db, delay) in [(3.0, 0), (10.0, 40), (25.0, 400)] {
            let mut path = vec![0.0; delay + 1];
            path[delay] = level::gain(-loss_db);
            let told = through(&path, -60.0, 5);
            assert!((told.loss_db - loss_db).abs() < 0.3, "{loss_db}: {told:?}");
            assert_eq!(told.delay_ms, delay as f32 / 8.0);
            assert!(told.spread_ms < 0.5, "{told:?}");
        }
    }

    #[test]
    fn noise_does_not_pass_for_echo() {
        let told = through(&[0.0], -40.0, 5);
        assert!(told.loss_db > 35.0, "{told:?}");
        let told = through(&[level::gain(-20.0)], -40.0, 5);
        assert!((told.loss_db - 20.0).abs() < 0.6, "{told:?}");
    }

    #[test]
    fn a_path_that_rings_is_measured_as_the_sum_of_its_taps_at_its_worst_frequency() {
        let omega = TAU * 1_100.0 / 8_000.0;
        let path: Vec<f32> =
            (0..96).map(|n| 0.1 * (-0.06 * n as f32).exp() * (omega * n as f32).cos()).collect();
        let energy: f32 = path.iter().map(|tap| tap * tap).sum();
        let meant = -10.0 * energy.log10();
        let told = through(&path, -60.0, 5);
        assert!((told.loss_db - meant).abs() < 0.3, "{meant}, {told:?}");
        assert!((told.worst_hz - 1_100.0).abs() < 60.0, "{told:?}");
        assert!(told.worst_db < told.loss_db - 3.0, "{told:?}");
        assert!((2.0..6.0).contains(&told.spread_ms), "{told:?}");
    }

    #[test]
    fn before_enough_was_heard_nothing_is_told() {
        let mut probe = EchoProbe::new(2);
        probe.take(&[0; 1_500]);
        assert_eq!(probe.response(), None);
        probe.take(&[0; 100]);
        assert_eq!(probe.response().map(|told| told.loss_db), Some(MOST_LOSS_DB));
    }
}

//! What the two wires between office and subscriber do to sound.
//!
//! Towards the subscriber, in this order: level, frequency offset, loss of the loop; then the echo
//! of the subscriber's own signal at the hybrid, noise, hum and impulses, which arrive as they are.
//! Towards the office: loss. What is not configured costs nothing.

use crate::echo::{Echo, EchoState, LONGEST_DELAY_MS};
use crate::rotator::Rotator;
use dsp::level;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// A wire's faults; the default has none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wire {
    /// Loss of the loop in dB, each way: its length.
    pub loss_db: f32,
    /// Gain in dB of what the office and the far end send, before everything else.
    pub level_db: f32,
    /// White noise at the subscriber's end, in dBm0.
    pub noise_dbm0: Option<f32>,
    /// Mains hum.
    pub hum: Option<Hum>,
    /// Impulse noise.
    pub impulses: Option<Impulses>,
    /// Echo of the subscriber's own signal.
    pub echo: Option<Echo>,
    /// How far an old carrier system shifts the far end's frequencies, in Hz.
    pub offset_hz: f32,
}

/// Mains hum: a fundamental, and its third harmonic 10 dB below.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hum {
    /// 50 or 60.
    pub hz: f32,
    /// Level of the fundamental.
    pub dbm0: f32,
}

/// Clicks of some milliseconds at random instants.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impulses {
    /// How many on average.
    pub per_minute: f32,
    /// Their peak, as the level of a sine of that peak.
    pub dbm0: f32,
}

impl Wire {
    /// The first figure that is out of bounds: its name, and what is allowed.
    pub(crate) fn out_of_bounds(&self) -> Option<(&'static str, &'static str)> {
        let level = |dbm0: f32| (-100.0..=3.2).contains(&dbm0);
        let hum = self.hum.is_none_or(|hum| (10.0..=70.0).contains(&hum.hz) && level(hum.dbm0));
        let impulses = self.impulses.is_none_or(|impulses| {
            (0.0..=6_000.0).contains(&impulses.per_minute) && level(impulses.dbm0)
        });
        let echo = self.echo.is_none_or(|echo| {
            (0.0..=80.0).contains(&echo.erl_db) && echo.delay_ms <= LONGEST_DELAY_MS
        });
        let rules = [
            ((0.0..=60.0).contains(&self.loss_db), "wire.loss_db", "0 to 60 dB"),
            ((-60.0..=20.0).contains(&self.level_db), "wire.level_db", "-60 to 20 dB"),
            (self.noise_dbm0.is_none_or(level), "wire.noise_dbm0", "-100 to 3.2 dBm0"),
            (hum, "wire.hum", "10 to 70 Hz at -100 to 3.2 dBm0"),
            (impulses, "wire.impulses", "0 to 6000 a minute at -100 to 3.2 dBm0"),
            (echo, "wire.echo", "an ERL of 0 to 80 dB and a delay of at most 64 ms"),
            ((-100.0..=100.0).contains(&self.offset_hz), "wire.offset_hz", "-100 to 100 Hz"),
        ];
        rules.into_iter().find(|(kept, ..)| !kept).map(|(_, what, allowed)| (what, allowed))
    }
}

/// A wire at work.
pub(crate) struct WireState {
    gain_down: f32,
    gain_up: f32,
    offset: Option<Shifter>,
    echo: Option<EchoState>,
    noise: f32,
    hum: Option<[Rotator; 2]>,
    impulses: Option<Clicks>,
    random: ChaCha8Rng,
    bench: [f32; line::BLOCK],
}

impl WireState {
    pub(crate) fn new(wire: &Wire, seed: u64) -> Self {
        WireState {
            gain_down: level::gain(wire.level_db - wire.loss_db),
            gain_up: level::gain(-wire.loss_db),
            offset: (wire.offset_hz != 0.0).then(|| Shifter::new(wire.offset_hz)),
            echo: wire.echo.as_ref().map(EchoState::new),
            noise: wire.noise_dbm0.map_or(0.0, |dbm0| level::rms(dbm0) / LANES_RMS),
            hum: wire.hum.map(|hum| {
                [
                    Rotator::new(hum.hz, level::sine_peak(hum.dbm0)),
                    Rotator::new(hum.hz * 3.0, level::sine_peak(hum.dbm0 - 10.0)),
                ]
            }),
            impulses: wire.impulses.map(|impulses| Clicks {
                chance: impulses.per_minute / BLOCKS_A_MINUTE,
                peak: level::sine_peak(impulses.dbm0),
                now: 0.0,
            }),
            random: ChaCha8Rng::seed_from_u64(seed),
            bench: [0.0; line::BLOCK],
        }
    }

    /// The hybrid gives back so much less than it was made for, dB.
    pub(crate) fn balance(&mut self, db: f32) {
        if let Some(echo) = &mut self.echo {
            echo.weaken(db);
        }
    }

    /// The subscriber's signal as it arrives at the office.
    pub(crate) fn carry_up(&self, from_subscriber: &line::Block, out: &mut line::Block) {
        if self.gain_up == 1.0 {
            *out = *from_subscriber;
            return;
        }
        for (out, &sample) in out.iter_mut().zip(from_subscriber) {
            *out = level::to_sample(f32::from(sample) * self.gain_up);
        }
    }

    /// The office's signal as it arrives at the subscriber, in place. `own` is what the
    /// subscriber sends meanwhile; silence with the loop open.
    pub(crate) fn carry_down(&mut self, own: &line::Block, signal: &mut line::Block) {
        let bench = &mut self.bench;
        for (value, &sample) in bench.iter_mut().zip(signal.iter()) {
            *value = f32::from(sample) * self.gain_down;
        }
        if let Some(shifter) = &mut self.offset {
            shifter.shift(bench);
        }
        if let Some(echo) = &mut self.echo {
            echo.add(own, bench);
        }
        if self.noise > 0.0 {
            for value in bench.iter_mut() {
                *value += four_lanes(self.random.next_u64()) * self.noise;
            }
        }
        if let Some(hum) = &mut self.hum {
            for rotator in hum {
                bench.iter_mut().for_each(|value| *value += rotator.next());
                rotator.settle();
            }
        }
        if let Some(clicks) = &mut self.impulses {
            clicks.add(&mut self.random, bench);
        }
        for (sample, &value) in signal.iter_mut().zip(bench.iter()) {
            *sample = level::to_sample(value);
        }
    }
}

/// Standard deviation of [`four_lanes`]: four times a uniform spread of 65,536.
const LANES_RMS: f32 = 37_837.0;
const BLOCKS_A_MINUTE: f32 = 6_000.0;

/// Close to a normal distribution for the price of one draw: the sum of four uniform numbers.
fn four_lanes(draw: u64) -> f32 {
    let lane = |shift: u32| i32::from((draw >> shift) as u16 as i16);
    (lane(0) + lane(16) + lane(32) + lane(48)) as f32
}

struct Clicks {
    chance: f32,
    peak: f32,
    now: f32,
}

impl Clicks {
    fn add(&mut self, random: &mut ChaCha8Rng, bench: &mut [f32; line::BLOCK]) {
        let draw = random.next_u64();
        let hit = ((draw >> 40) as f32) < self.chance * (1u32 << 24) as f32;
        let at = ((draw as usize & 0xffff) * line::BLOCK) >> 16;
        for (n, value) in bench.iter_mut().enumerate() {
            if hit && n == at {
                self.now = self.peak;
            }
            *value += self.now;
            // Rings out at the band's edge: 20 dB in 2 ms.
            self.now *= -0.866;
        }
        if self.now.abs() < 0.5 {
            self.now = 0.0;
        }
    }
}

/// Half the length of the Hilbert transformer; only its odd taps are not zero.
const HALF: usize = 31;

/// Moves every frequency by the same number of Hz: the analytic signal, turned.
struct Shifter {
    taps: [f32; HALF],
    past: [f32; 2 * HALF + line::BLOCK],
    turn: Rotator,
}

impl Shifter {
    fn new(hz: f32) -> Self {
        let taps = core::array::from_fn(|index| {
            let n = (index + 1) as f32;
            let window = 0.54 + 0.46 * (core::f32::consts::PI * n / (HALF + 1) as f32).cos();
            if (index + 1) % 2 == 1 { 2.0 / (core::f32::consts::PI * n) * window } else { 0.0 }
        });
        Shifter { taps, past: [0.0; 2 * HALF + line::BLOCK], turn: Rotator::new(hz, 1.0) }
    }

    fn shift(&mut self, bench: &mut [f32; line::BLOCK]) {
        self.past[2 * HALF..].copy_from_slice(bench);
        for (n, value) in bench.iter_mut().enumerate() {
            let centre = n + HALF;
            let (mut quadrature, mut k) = (0.0, 1);
            while k <= HALF {
                quadrature += self.taps[k - 1] * (self.past[centre - k] - self.past[centre + k]);
                k += 2;
            }
            let (sine, cosine) = self.turn.next_pair();
            *value = self.past[centre] * cosine - quadrature * sine;
        }
        self.turn.settle();
        self.past.copy_within(line::BLOCK.., 0);
    }
}

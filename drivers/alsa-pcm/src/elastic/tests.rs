//! A writer and a reader whose clocks differ, over an hour of virtual time.

use super::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;

/// The reader's block: 10 ms.
const BLOCK_MS: f64 = 10.0;

/// A device of some rate and error, and who reads it.
struct World {
    inlet: Inlet,
    outlet: Outlet,
    between: Between,
    /// The device's period in frames, and how long one takes, seconds.
    period: usize,
    period_s: f64,
    random: ChaCha8Rng,
    written: u64,
    blocks: u64,
    tone: f64,
}

/// What a stretch of time showed.
#[derive(Debug)]
struct Seen {
    /// Least and greatest delay from the device to the reader, ms.
    delay: (f64, f64),
    silent: u64,
    samples: Vec<i16>,
}

impl World {
    fn new(writer_hz: u32, ppm: f64, period_ms: usize) -> World {
        let between = Between { writer_hz, reader_hz: 8_000, block: 80, fill_ms: 40 };
        let (inlet, outlet) = elastic(between).unwrap();
        let period = writer_hz as usize * period_ms / 1000;
        let true_hz = f64::from(writer_hz) * (1.0 + ppm * 1e-6);
        World {
            inlet,
            outlet,
            between,
            period,
            period_s: period as f64 / true_hz,
            random: ChaCha8Rng::seed_from_u64(7),
            written: 0,
            blocks: 0,
            tone: 0.0,
        }
    }

    /// A delay of the scheduler, seconds: 0 to 3 ms, and now and then 8 ms.
    fn late(&mut self) -> f64 {
        let rare = self.random.next_u32().is_multiple_of(997);
        f64::from(self.random.next_u32() >> 16) / 65536.0 * if rare { 0.008 } else { 0.003 }
    }

    /// Lets the reader read for some seconds. The device writes a tone of `hz` by its own clock.
    fn run(&mut self, seconds: u64, hz: f64, keep: bool) -> Seen {
        let mut seen = Seen { delay: (f64::MAX, 0.0), silent: 0, samples: Vec::new() };
        let mut frames = vec![0; self.period];
        let mut arrival = (self.written + 1) as f64 * self.period_s + self.late();
        for _ in 0..seconds * 100 {
            self.blocks += 1;
            let now = self.blocks as f64 * BLOCK_MS / 1000.0 + self.late();
            while arrival <= now {
                for frame in &mut frames {
                    self.tone = (self.tone + hz / f64::from(self.between.writer_hz)).fract();
                    *frame = (10_000.0 * (TAU * self.tone).sin()).round() as i16;
                }
                self.inlet.write(Duration::from_secs_f64(arrival), &frames);
                self.written += 1;
                arrival = (self.written + 1) as f64 * self.period_s + self.late();
            }
            let fill = self.outlet.waiting() as f64 / f64::from(self.between.writer_hz) * 1000.0;
            let mut block = [0; 80];
            if self.outlet.read(Duration::from_secs_f64(now), &mut block) {
                let delay = fill + FILTER_MS;
                seen.delay = (seen.delay.0.min(delay), seen.delay.1.max(delay));
            } else {
                seen.silent += 1;
            }
            if keep {
                seen.samples.extend_from_slice(&block);
            }
        }
        seen
    }
}

/// An hour with neither a gap nor a lost frame, and a delay that stays where it is.
fn an_hour(writer_hz: u32, ppm: f64) {
    let mut world = World::new(writer_hz, ppm, 10);
    let begun = world.run(60, 440.0, false);
    assert!(begun.silent <= 6, "silent until the wanted fill, {} blocks", begun.silent);
    let seen = world.run(3_600, 440.0, false);
    let flow = world.outlet.flow();
    assert_eq!((flow.gaps(), flow.dropped(), flow.skipped(), seen.silent), (0, 0, 0, 0));
    // The wanted fill of 40 ms, less up to a period on its way, and what the scheduler adds.
    assert!(seen.delay.0 > 20.0 && seen.delay.1 < 60.0, "{:?}", seen.delay);
    assert!((f64::from(flow.ppm()) - ppm).abs() < 25.0, "{ppm}: {}", flow.ppm());
}

#[test]
fn a_48_khz_device_that_is_200_ppm_fast_neither_gaps_nor_grows_in_an_hour() {
    an_hour(48_000, 200.0);
}

#[test]
fn a_44_1_khz_device_that_is_200_ppm_slow_neither_gaps_nor_grows_in_an_hour() {
    an_hour(44_100, -200.0);
}

#[test]
fn an_8_khz_device_that_is_200_ppm_fast_neither_gaps_nor_grows_in_an_hour() {
    an_hour(8_000, 200.0);
}

/// How far a stretch is from a pure tone: the greatest rest of x[n] - 2 cos w x[n-1] + x[n-2].
fn roughness(samples: &[i16], hz: f64) -> f64 {
    let turn = 2.0 * (TAU * hz / 8_000.0).cos();
    let rest = |three: &[i16]| {
        let [a, b, c] = [f64::from(three[0]), f64::from(three[1]), f64::from(three[2])];
        (c - turn * b + a).abs()
    };
    samples.windows(3).map(rest).fold(0.0, f64::max)
}

#[test]
fn a_tone_comes_out_as_a_tone_without_a_seam_while_the_ratio_moves() {
    for (writer_hz, ppm) in [(48_000, 200.0), (44_100, -200.0), (8_000, 150.0)] {
        let mut world = World::new(writer_hz, ppm, 10);
        world.run(2, 700.0, false);
        let seen = world.run(60, 700.0, true);
        let level = dsp::level::of(&seen.samples);
        // Rounding alone leaves 2.3; one sample doubled or lost leaves some 3000.
        let rough = roughness(&seen.samples, 700.0);
        assert!(rough < 15.0, "{writer_hz}: {rough}");
        assert!((level - dsp::level::dbm0(10_000.0 / 2f32.sqrt())).abs() < 0.1, "{level}");
    }
}

#[test]
fn the_telephone_band_passes_and_what_would_fold_into_it_does_not() {
    let level_at = |hz: f64| {
        let mut world = World::new(48_000, 0.0, 10);
        world.run(1, hz, false);
        f64::from(dsp::level::of(&world.run(2, hz, true).samples))
    };
    let reference = level_at(1_000.0);
    for hz in [300.0, 2_500.0, 3_300.0] {
        assert!((level_at(hz) - reference).abs() < 0.5, "{hz} Hz: {}", level_at(hz) - reference);
    }
    for hz in [4_700.0, 6_000.0, 9_000.0] {
        assert!(level_at(hz) - reference < -60.0, "{hz} Hz: {}", level_at(hz) - reference);
    }
}

#[test]
fn a_writer_that_stops_leaves_one_gap_and_the_sound_comes_back_with_its_old_delay() {
    let mut world = World::new(48_000, 100.0, 10);
    world.run(120, 440.0, false);
    // The device is away for a second: it writes nothing, and its next frames are those of later.
    world.written += 100;
    let seen = world.run(10, 440.0, false);
    assert_eq!(world.outlet.flow().gaps(), 1);
    assert!((90..=110).contains(&seen.silent), "{} silent blocks", seen.silent);
    assert!(seen.delay.1 < 60.0, "{:?}", seen.delay);
}

#[test]
fn a_reader_that_was_away_skips_to_the_newest_and_says_how_much() {
    let mut world = World::new(8_000, 0.0, 10);
    world.run(5, 440.0, false);
    world.blocks += 100;
    let seen = world.run(5, 440.0, false);
    let flow = world.outlet.flow();
    let lost = flow.dropped() + flow.skipped();
    assert!((7_500..=8_500).contains(&lost), "{lost} frames of a second");
    assert!(flow.skipped() > 0 && seen.delay.1 < 400.0, "{:?}", seen.delay);
    assert_eq!(world.run(5, 440.0, false).silent, 0);
}

#[test]
fn rates_that_no_device_has_and_blocks_of_nothing_are_refused() {
    let fine = Between { writer_hz: 8_000, reader_hz: 48_000, block: 480, fill_ms: 30 };
    assert!(elastic(fine).is_ok());
    let slow = Between { writer_hz: 50, ..fine };
    assert_eq!(elastic(slow).err(), Some(BetweenError::Rate(50)));
    assert_eq!(elastic(Between { block: 0, ..fine }).err(), Some(BetweenError::Block));
    let (_, mut outlet) = elastic(fine).unwrap();
    assert!(!outlet.read(Duration::ZERO, &mut [0; 7]), "another block than was agreed");
}

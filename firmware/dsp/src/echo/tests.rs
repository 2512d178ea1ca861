//! Figures of the canceller over the echo paths of ITU-T G.168 annex D, with people speaking.

use super::paths::{HYBRIDS, Hybrid};
use super::*;
use crate::g711;
use call::Codec;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// All turns of one speaker, one after the other, brought to a level while they speak.
fn speech(speaker: &str, dbm0: f32) -> Vec<f32> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/voices");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(&format!("{speaker}.wav")))
        .collect();
    files.sort();
    let mut samples = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let data = bytes.windows(4).position(|word| word == b"data").unwrap() + 8;
        let mut linear = vec![0; bytes.len() - data];
        g711::decode(Codec::ALaw, &bytes[data..], &mut linear);
        samples.extend(linear.into_iter().map(f32::from));
    }
    // The active level, near enough: of the blocks that are not pauses.
    let loud: Vec<f32> = samples
        .chunks_exact(BLOCK)
        .map(|block| lanes::energy(block) / BLOCK as f32)
        .filter(|&power| power > level::rms(-45.0).powi(2))
        .collect();
    let active = (loud.iter().sum::<f32>() / loud.len() as f32).sqrt();
    let gain = level::rms(dbm0) / active;
    samples.into_iter().map(|sample| sample * gain).collect()
}

/// One model at a loss for white noise, some samples away.
fn path(hybrid: &Hybrid, loss_db: f32, delay: usize) -> Vec<f32> {
    let energy: f32 = hybrid.response(0.0).map(|tap| tap * tap).sum();
    let scale = 1.0 / energy.sqrt();
    let mut taps = vec![0.0; delay];
    taps.extend(hybrid.response(loss_db).map(|tap| tap * scale));
    taps
}

/// A line: what is sent comes back over a path, and the far party and noise are added.
struct Line {
    path: Vec<f32>,
    sent: Vec<f32>,
    noise: f32,
    random: ChaCha8Rng,
}

impl Line {
    fn new(path: Vec<f32>, noise_dbm0: f32, seed: u64) -> Self {
        let noise = level::rms(noise_dbm0) * 3f32.sqrt();
        let sent = vec![0.0; path.len() + BLOCK];
        Line { path, sent, noise, random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// What is received; A-law both ways, as a digital line card has it.
    fn block(&mut self, sent: &[i16; BLOCK], near: &[f32]) -> [i16; BLOCK] {
        self.sent.copy_within(BLOCK.., 0);
        let start = self.sent.len() - BLOCK;
        for (to, &from) in self.sent[start..].iter_mut().zip(sent) {
            *to = f32::from(from);
        }
        core::array::from_fn(|at| {
            let now = start + at;
            let echo: f32 = self.path.iter().enumerate().map(|(k, h)| h * self.sent[now - k]).sum();
            let noise = self.noise * self.random.random_range(-1.0f32..1.0);
            alaw(level::to_sample(echo + near[at] + noise))
        })
    }
}

fn alaw(sample: i16) -> i16 {
    g711::alaw_decode(g711::alaw_encode(sample))
}

struct Run {
    received: Vec<i16>,
    out: Vec<i16>,
}

/// Runs a canceller over what the agent and the customer say.
fn run(canceller: &mut EchoCanceller, line: &mut Line, agent: &[f32], near: &[f32]) -> Run {
    let mut result = Run { received: Vec::new(), out: Vec::new() };
    for (agent, near) in agent.chunks_exact(BLOCK).zip(near.chunks_exact(BLOCK)) {
        let sent = core::array::from_fn(|at| alaw(level::to_sample(agent[at])));
        let received = line.block(&sent, near);
        result.out.extend(canceller.block(&sent, &received));
        result.received.extend(received);
    }
    result
}

/// How much weaker `out` is than `received`, dB.
fn reduction(received: &[i16], out: &[i16]) -> f32 {
    level::of(received) - level::of(out)
}

const TAIL_MS: u32 = 32;
const SECOND: usize = 8000;

/// Level of floats, dBm0.
fn dbm0(samples: &[f32]) -> f32 {
    level::dbm0((lanes::energy(samples) / samples.len() as f32).sqrt())
}

#[test]
fn every_g168_path_is_learnt_from_speech() {
    let agent = speech("agent", -16.0);
    let silence = vec![0.0; 20 * SECOND];
    for hybrid in HYBRIDS {
        let name = hybrid.name;
        for loss_db in [6.0, 12.0] {
            let mut canceller = EchoCanceller::new(TAIL_MS);
            canceller.set_suppressor(false);
            let mut line = Line::new(path(&hybrid, loss_db, 16), -68.0, 1);
            let run = run(&mut canceller, &mut line, &agent, &silence);
            let between = |from_ms: usize, to_ms: usize| {
                let span = from_ms * 8..to_ms * 8;
                reduction(&run.received[span.clone()], &run.out[span])
            };
            let figures = [
                between(0, 500),
                between(500, 1000),
                between(1000, 2000),
                between(2000, 5000),
                between(10_000, 20_000),
            ];
            eprintln!("{name}, {loss_db} dB loss: {figures:.1?} dB less echo");
            for (figure, least) in figures.into_iter().zip([0.0, 5.0, 15.0, 17.0, 24.0]) {
                assert!(figure > least, "{name}, {loss_db} dB loss: {figures:.1?}");
            }
        }
    }
}

#[test]
fn the_suppressor_brings_the_rest_down_to_the_line_s_noise() {
    let agent = speech("agent", -16.0);
    let silence = vec![0.0; 20 * SECOND];
    for hybrid in HYBRIDS {
        let name = hybrid.name;
        let mut canceller = EchoCanceller::new(TAIL_MS);
        let mut line = Line::new(path(&hybrid, 8.0, 16), -62.0, 2);
        let run = run(&mut canceller, &mut line, &agent, &silence);
        let span = 5 * SECOND..20 * SECOND;
        let after = level::of(&run.out[span.clone()]);
        let quietest = run.out[span].chunks(SECOND / 4).map(level::of).fold(0.0, f32::min);
        eprintln!(
            "{name}: {after:.1} dBm0 are left, {quietest:.1} at least; {:?}",
            canceller.state()
        );
        assert!(after < -54.0, "{name}: {after} dBm0 are left");
        assert!(quietest > -66.0, "{name}: dead silence, {quietest} dBm0");
        assert!((canceller.state().loss_db - 8.0).abs() < 0.5, "{name}");
    }
}

#[test]
fn in_double_talk_the_customer_passes_and_the_filter_stands() {
    let agent = speech("agent", -16.0);
    let silence = vec![0.0; agent.len()];
    for hybrid in HYBRIDS {
        let name = hybrid.name;
        for near_dbm0 in [-10.0, -16.0, -24.0, -30.0] {
            let mut near = speech("customer", near_dbm0);
            near.truncate(15 * SECOND);
            let mut canceller = EchoCanceller::new(TAIL_MS);
            let mut line = Line::new(path(&hybrid, 8.0, 16), -68.0, 3);
            run(&mut canceller, &mut line, &agent[..5 * SECOND], &silence);
            let both = run(&mut canceller, &mut line, &agent[5 * SECOND..], &near);
            let after = run(&mut canceller, &mut line, &agent[..SECOND], &silence);

            let wrong: Vec<f32> =
                both.out.iter().zip(&near).map(|(&out, near)| f32::from(out) - near).collect();
            let below = dbm0(&near) - dbm0(&wrong);
            let mut lost = 0f32;
            for (out, near) in both.out.chunks_exact(160).zip(near.chunks_exact(160)) {
                if dbm0(near) > -42.0 {
                    lost = lost.max(dbm0(near) - level::of(out));
                }
            }
            let still = reduction(&after.received, &after.out);
            let louder = level::of(&both.out) - dbm0(&near);
            let figures = format!(
                "{name}, customer at {near_dbm0} dBm0: what is wrong is {below:.1} dB below them, \
                 they are {louder:.2} dB louder, lost {lost:.2} dB of 20 ms at most, then {still:.1} dB"
            );
            eprintln!("{figures}");
            assert!(below > 18.0 && louder.abs() < 0.2 && lost < 2.0 && still > 20.0, "{figures}");
        }
    }
}

#[test]
fn a_call_that_begins_with_both_talking_is_learnt_all_the_same() {
    let agent = speech("agent", -16.0);
    let near = speech("customer", -20.0);
    let silence = vec![0.0; agent.len()];
    for hybrid in HYBRIDS {
        let name = hybrid.name;
        let mut canceller = EchoCanceller::new(TAIL_MS);
        canceller.set_suppressor(false);
        let mut line = Line::new(path(&hybrid, 8.0, 16), -68.0, 4);
        run(&mut canceller, &mut line, &agent[..6 * SECOND], &near);
        let after = run(&mut canceller, &mut line, &agent[6 * SECOND..9 * SECOND], &silence);
        let figure = reduction(&after.received[SECOND..], &after.out[SECOND..]);
        assert!(figure > 20.0, "{name}: {figure} dB");
    }
}

#[test]
fn a_path_that_changes_is_learnt_anew() {
    let agent = speech("agent", -16.0);
    let silence = vec![0.0; agent.len()];
    for (at, hybrid) in HYBRIDS.into_iter().enumerate() {
        let name = hybrid.name;
        let mut canceller = EchoCanceller::new(TAIL_MS);
        canceller.set_suppressor(false);
        let mut line = Line::new(path(&hybrid, 8.0, 16), -68.0, 5);
        run(&mut canceller, &mut line, &agent[..10 * SECOND], &silence);
        line.path = path(&HYBRIDS[(at + 3) % HYBRIDS.len()], 10.0, 40);
        line.sent = vec![0.0; line.path.len() + BLOCK];
        let after = run(&mut canceller, &mut line, &agent[10 * SECOND..20 * SECOND], &silence);
        let second = |at: usize| {
            let span = at * SECOND..(at + 1) * SECOND;
            reduction(&after.received[span.clone()], &after.out[span])
        };
        let figures = [second(0), second(1), second(2), second(9)];
        eprintln!("{name}, then another path: {figures:.1?} dB less echo");
        assert!(figures[1] > 15.0 && figures[2] > 15.0 && figures[3] > 20.0, "{figures:.1?}");
    }
}

#[test]
fn tones_unlearn_nothing() {
    use crate::dtmf::frequencies;
    let agent = speech("agent", -16.0);
    let silence = vec![0.0; agent.len()];
    let mut canceller = EchoCanceller::new(TAIL_MS);
    canceller.set_suppressor(false);
    let mut line = Line::new(path(&HYBRIDS[3], 8.0, 16), -68.0, 6);
    let before = run(&mut canceller, &mut line, &agent[..10 * SECOND], &silence);
    let peak = level::sine_peak(-8.0);
    let tones: Vec<f32> = (0..10 * SECOND)
        .map(|at| {
            let digit = b"159D*0"[at / 800 % 6] as char;
            let (low, high) = frequencies(digit).unwrap();
            let wave = |hz: f32| (core::f32::consts::TAU * hz * at as f32 / 8000.0).sin();
            peak * (wave(low) + wave(high))
        })
        .collect();
    run(&mut canceller, &mut line, &tones, &silence);
    let after = run(&mut canceller, &mut line, &agent[8 * SECOND..10 * SECOND], &silence);
    let was = reduction(&before.received[8 * SECOND..], &before.out[8 * SECOND..]);
    let is = reduction(&after.received, &after.out);
    assert!(is > was - 1.0, "{was} dB before, {is} dB after");
}

#[test]
fn a_customer_alone_passes_bit_by_bit() {
    let near = speech("customer", -20.0);
    let mut canceller = EchoCanceller::new(TAIL_MS);
    let mut line = Line::new(path(&HYBRIDS[0], 8.0, 16), -68.0, 7);
    let silence = vec![0.0; near.len()];
    let run = run(&mut canceller, &mut line, &silence, &near);
    assert_eq!(run.received, run.out);
}

#[test]
fn no_input_makes_it_fall_over() {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let mut canceller = EchoCanceller::new(128);
    for at in 0..3000 {
        let mut any = || {
            core::array::from_fn(|_| match at / 500 {
                0 => random.random(),
                1 => {
                    if random.random() {
                        i16::MAX
                    } else {
                        i16::MIN
                    }
                }
                2 => 0,
                3 => random.random_range(-1..=1),
                4 => i16::MIN,
                _ => random.random_range(-8000..8000),
            })
        };
        let (sent, received) = (any(), any());
        canceller.block(&sent, &received);
    }
    let state = canceller.state();
    assert!(state.loss_db.is_finite() && state.enhancement_db.is_finite(), "{state:?}");
    let speech = speech("agent", -16.0);
    let silence = vec![0.0; speech.len()];
    let mut line = Line::new(path(&HYBRIDS[1], 8.0, 16), -68.0, 9);
    let run = run(&mut canceller, &mut line, &speech[..10 * SECOND], &silence);
    let again = reduction(&run.received[5 * SECOND..], &run.out[5 * SECOND..]);
    assert!(again > 20.0, "{again} dB");
}

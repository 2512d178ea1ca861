//! Figures of the canceller over the echo paths of ITU-T G.168 annex D, with people speaking.

use super::paths::{MODELS, path};
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
        .map(|block| filter::energy(block) / BLOCK as f32)
        .filter(|&power| power > level::rms(-45.0).powi(2))
        .collect();
    let active = (loud.iter().sum::<f32>() / loud.len() as f32).sqrt();
    let gain = level::rms(dbm0) / active;
    samples.into_iter().map(|sample| sample * gain).collect()
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


#[test]
fn explore() {
    let agent = speech("agent", -16.0);
    let silence = vec![0.0; agent.len()];
    for (name, model) in MODELS {
        for near_dbm0 in [-10.0, -16.0, -22.0, -28.0] {
            let mut near = speech("customer", near_dbm0);
            near.truncate(20 * SECOND);
            for suppress in [false, true] {
                let mut canceller = EchoCanceller::new(TAIL_MS);
                canceller.set_suppressor(suppress);
                let mut line = Line::new(path(model, 8.0, 16), -68.0, 1);
                let first = run(&mut canceller, &mut line, &agent[..5 * SECOND], &silence);
                let both = run(&mut canceller, &mut line, &agent[5 * SECOND..], &near);
                let after = run(&mut canceller, &mut line, &agent[..2 * SECOND], &silence);
                let wrong: Vec<f32> = both.out.iter().zip(&near).map(|(o, n)| f32::from(*o) - n).collect();
                let mut lost = vec![];
                for (o, n) in both.out.chunks(160).zip(near.chunks(160)) {
                    let n = 10.0 * (filter::energy(n) / n.len() as f32 / level::rms(0.0).powi(2)).log10();
                    if n > -40.0 { lost.push(n - level::of(o)); }
                }
                lost.sort_by(f32::total_cmp);
                let en = (filter::energy(&near) / near.len() as f32).sqrt();
                let ew = (filter::energy(&wrong) / wrong.len() as f32).sqrt();
                let eo = level::of(&both.out);
                let half = 4000;
                eprintln!("{name} near {near_dbm0} nlp {suppress}: before {:.1}; wrong {:.1} dB below near; level change {:.2}; frames {} lost max {:.1} 99% {:.1}; after {:.1} {:.1}",
                    reduction(&first.received[4*SECOND..], &first.out[4*SECOND..]),
                    level::dbm0(en) - level::dbm0(ew), eo - level::dbm0(en), lost.len(),
                    lost[lost.len()-1], lost[lost.len()*99/100],
                    reduction(&after.received[..half], &after.out[..half]),
                    reduction(&after.received[half..], &after.out[half..]));
            }
        }
    }
}

//! The echo canceller: cost, echo taken away, harm to the customer.
//!
//! Nothing stands beside it: libspandsp 0.0.6 as Debian builds it prints two lines for every sample
//! that its canceller takes.

use crate::{Done, detectors, load, table};
use call::Side;
use dsp::echo::{BLOCK, EchoCanceller};
use dsp::level;
use exchange::{EchoPath, VoiceFolder};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const SEED: u64 = 7;
/// As far back as a line's own canceller reaches.
const TAIL_MS: u32 = 32;
/// The agent alone teaches so long, in samples; what is measured comes after.
const TAUGHT: usize = 10 * 8000;
/// Echo return loss of the hybrid, dB; noise of the line, dBm0.
const LOSS_DB: f32 = 12.0;
const NOISE_DBM0: f32 = -60.0;

/// What is sent, and what comes back.
struct Line {
    sent: Vec<i16>,
    received: Vec<i16>,
    /// The customer's own words in what is received, with the line's noise.
    customer: Vec<i16>,
}

/// Echo left and customer harmed, over the hybrids of G.168; then the cost.
pub fn main(folder: &VoiceFolder) -> Done {
    let agent: Vec<i16> = detectors::of(folder, Side::Agent).into_iter().take(40 * 8000).collect();
    let customer: Vec<i16> =
        detectors::of(folder, Side::Customer).into_iter().take(agent.len()).collect();
    table::heading(
        "echo canceller, one channel",
        &format!(
            "the mean over the 8 hybrids of G.168, loss {LOSS_DB} dB, noise {NOISE_DBM0} dBm0, \
             tail {TAIL_MS} ms, speech, after 10 s of learning; without suppressor; seed {SEED}"
        ),
    );
    let silence = vec![0; agent.len()];
    let (mut figures, mut cost) = ([0.0f32; 2], 0.0);
    for path in EchoPath::G168 {
        let alone = line(&agent, &silence, path);
        let both = line(&agent, &customer, path);
        for (nth, line) in [&alone, &both].into_iter().enumerate() {
            let (left, spent) = cancel(line);
            figures[nth] += figure(line, &left, nth == 1) / 8.0;
            cost += spent / 16.0;
        }
    }
    table::row("cost", format!("{:.2} µs/block", cost * 1e4), format!("{cost:.5} cores"));
    table::row("echo taken away, agent speaks alone", format!("{:.1} dB", figures[0]), "");
    table::row("customer above what is wrong, both speak", format!("{:.1} dB", figures[1]), "");
    Ok(())
}

fn line(agent: &[i16], customer: &[i16], path: EchoPath) -> Line {
    let (model, gain) = path.model();
    let gain = gain * level::gain(-LOSS_DB);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut own: Vec<i16> = customer.to_vec();
    own[..TAUGHT.min(customer.len())].fill(0);
    detectors::add_noise(&mut random, &mut own, NOISE_DBM0);
    let received = own.iter().enumerate().map(|(at, &own)| {
        let echo: f32 = model
            .iter()
            .enumerate()
            .filter_map(|(k, &m)| Some(f32::from(agent[at.checked_sub(k)?]) * m as f32 * gain))
            .sum();
        level::to_sample(f32::from(own) + echo)
    });
    Line { sent: agent.to_vec(), received: received.collect(), customer: own }
}

/// How much weaker the echo became; or how far the customer stands above whatever else is there.
fn figure(line: &Line, left: &[i16], both: bool) -> f32 {
    let power = |samples: &mut dyn Iterator<Item = f32>| samples.map(|x| x * x).sum::<f32>();
    let from = TAUGHT.min(left.len());
    let difference = |of: &[i16]| {
        let pairs = of[from..].iter().zip(&line.customer[from..]);
        power(&mut pairs.map(|(&x, &own)| f32::from(x) - f32::from(own)))
    };
    let before = if both {
        power(&mut line.customer[from..left.len()].iter().map(|&x| f32::from(x)))
    } else {
        difference(&line.received[..left.len()])
    };
    10.0 * (before / difference(left).max(1.0)).log10()
}

fn cancel(line: &Line) -> (Vec<i16>, f64) {
    let mut canceller = EchoCanceller::new(TAIL_MS);
    canceller.set_suppressor(false);
    let mut left = Vec::with_capacity(line.sent.len());
    let seconds = load::cpu_seconds(|| {
        let blocks = line.sent.as_chunks::<BLOCK>().0.iter();
        for (sent, received) in blocks.zip(line.received.as_chunks::<BLOCK>().0) {
            left.extend(canceller.block(sent, received));
        }
    });
    let spent = seconds * 8000.0 / left.len().max(1) as f64;
    (left, spent)
}

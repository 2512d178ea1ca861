//! The echo canceller beside libspandsp's: cost, echo taken away, harm to the customer.

use crate::{Done, detectors, load, table};
use call::Side;
use dsp::echo::paths::HYBRIDS;
use exchange::VoiceFolder;
use spandsp_oracle::echo::{Line, SEED, TAIL_MS};

/// Echo return loss of the hybrid, dB; noise of the line, dBm0.
const LOSS_DB: f32 = 12.0;
const NOISE_DBM0: f32 = -60.0;

/// What one canceller came to, over all hybrids.
#[derive(Default)]
struct Figures {
    alone_db: f32,
    both_db: f32,
    /// Seconds of processor time for a second of line.
    cost: f64,
}

/// Echo left and customer harmed, over the hybrids of G.168; and the cost.
pub fn main(folder: &VoiceFolder) -> Done {
    let agent: Vec<i16> = detectors::of(folder, Side::Agent).into_iter().take(40 * 8000).collect();
    let customer: Vec<i16> =
        detectors::of(folder, Side::Customer).into_iter().take(agent.len()).collect();
    table::heading(
        "echo canceller, one channel: ours / libspandsp's on the same lines",
        &format!(
            "the mean over the 8 hybrids of G.168, loss {LOSS_DB} dB, noise {NOISE_DBM0} dBm0, \
             tail {TAIL_MS} ms, speech, after 10 s of learning; without suppressor; seed {SEED}"
        ),
    );
    let lines: Vec<(Line, Line)> = HYBRIDS
        .iter()
        .map(|hybrid| {
            let line = |customer: &[i16]| Line::new(&agent, customer, hybrid, LOSS_DB, NOISE_DBM0);
            (line(&vec![0; agent.len()]), line(&customer))
        })
        .collect();
    let Some(ours) = measure(&lines, |line| Some(line.through_ours())) else { return Ok(()) };
    let theirs = measure(&lines, Line::through_theirs);
    let beside = |row: &dyn Fn(&Figures) -> String| theirs.as_ref().map_or(String::new(), row);
    let micros = |figures: &Figures| format!("{:.2} µs/block", figures.cost * 1e4);
    table::row(
        "cost",
        micros(&ours),
        beside(&|theirs| format!("{} — {:.2} × theirs", micros(theirs), ours.cost / theirs.cost)),
    );
    let alone = |figures: &Figures| format!("{:.1} dB", figures.alone_db);
    table::row("echo taken away, agent speaks alone", alone(&ours), beside(&alone));
    let both = |figures: &Figures| format!("{:.1} dB", figures.both_db);
    table::row("customer above what is wrong, both speak", both(&ours), beside(&both));
    Ok(())
}

fn measure(lines: &[(Line, Line)], through: impl Fn(&Line) -> Option<Vec<i16>>) -> Option<Figures> {
    let mut figures = Figures::default();
    let (mut spent, mut samples) = (0.0, 0);
    for (alone, both) in lines {
        let mut left = (None, None);
        spent += load::cpu_seconds(|| left = (through(alone), through(both)));
        let (of_alone, of_both) = (left.0?, left.1?);
        samples += of_alone.len() + of_both.len();
        figures.alone_db += alone.enhancement_db(&of_alone) / lines.len() as f32;
        figures.both_db += both.clearness_db(&of_both) / lines.len() as f32;
    }
    figures.cost = spent * 8000.0 / samples.max(1) as f64;
    Some(figures)
}

//! How well calls are understood, and what it costs.

use crate::{load, table};
use insight::{Insight, jsonl};
use std::path::Path;

/// Labelled calls, and where they come from.
const SETS: [(&str, &str); 4] = [
    ("regression", "the doubtful cases of the contract"),
    ("second", "written by hand, to correct by"),
    ("third", "written by hand last: the one to expect of other calls"),
    ("voices", "what the spoken calls of tests/voices say"),
];

/// Scores every labelled set that lies in models/insight/data.
pub fn main() -> crate::Done {
    let insight = Insight::built_in()?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/insight/data");
    table::heading(
        "understanding",
        "insight::score; acts: micro-F1 over customer turns; needs: F1; time and spans: exact; ECE: \
         interest and outcome, ten bins; these sets have been corrected by since: blind figures are in models/insight/README.md",
    );
    println!(
        "  {:<12} {:>5} {:>8} {:>8} {:>9} {:>6} {:>6} {:>6} {:>6} {:>6} {:>9} {:>9}",
        "set",
        "calls",
        "interest",
        "outcome",
        "sentiment",
        "acts",
        "needs",
        "time",
        "spans",
        "ECE",
        "ms/call",
        "ms/turn"
    );
    for (name, _) in SETS {
        let lines = std::fs::read_to_string(folder.join(format!("{name}.jsonl")))?;
        let scored = insight::score(&insight, &lines)?;
        let calls = lines
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(jsonl::parse)
            .collect::<Result<Vec<_>, _>>()?;
        let turns: usize = calls.iter().map(|call| call.turns.len()).sum();
        let seconds = load::cpu_seconds(|| {
            for call in &calls {
                std::hint::black_box(insight.understand(&call.conversation()));
            }
        });
        println!(
            "  {name:<12} {:>5} {:>8.3} {:>8.3} {:>9.3} {:>6.3} {:>6.3} {:>6.3} {:>6.3} {:>6.3} {:>9.2} {:>9.3}",
            scored.calls,
            scored.interest.rate(),
            scored.outcome.rate(),
            scored.sentiment.rate(),
            scored.acts.f1(),
            scored.needs.f1(),
            scored.follow_up_at.rate(),
            scored.sensitive.f1(),
            scored.calibration_error,
            1e3 * seconds / calls.len().max(1) as f64,
            1e3 * seconds / turns.max(1) as f64,
        );
    }
    for (name, what) in SETS {
        println!("  {name}: {what}");
    }
    Ok(())
}

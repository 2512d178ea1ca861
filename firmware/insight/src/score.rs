//! How well findings agree with labels: the figures every evaluation reports.

use crate::{Insight, jsonl};
use call::{Findings, Side};
use serde::Deserialize;
use std::collections::BTreeSet;

/// A labelled call: the text interface's input line with the right answers beside it. Fields that
/// are absent are not scored.
#[derive(Deserialize)]
struct Labelled {
    expect: Expect,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Expect {
    interest: Option<String>,
    outcome: Option<String>,
    sentiment: Option<String>,
    needs: Option<Vec<String>>,
    /// `null` asks that there be none.
    #[serde(default, deserialize_with = "present")]
    follow_up_at: Option<Option<String>>,
    /// One list for each customer turn, in order.
    acts: Option<Vec<Vec<String>>>,
    /// `[turn, kind, start, end]`, all of them.
    sensitive: Option<Vec<(usize, String, u32, u32)>>,
}

fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(from).map(Some)
}

/// Right answers out of those asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Right.
    pub right: usize,
    /// Asked.
    pub of: usize,
}

impl Share {
    fn count(&mut self, right: bool) {
        self.of += 1;
        self.right += usize::from(right);
    }

    /// 0 to 1; 1 if nothing was asked.
    pub fn rate(self) -> f64 {
        if self.of == 0 { 1.0 } else { self.right as f64 / self.of as f64 }
    }
}

/// Labels found and missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overlap {
    /// Found and right.
    pub hits: usize,
    /// Found and wrong.
    pub extra: usize,
    /// Not found.
    pub missed: usize,
}

impl Overlap {
    fn count<T: Ord>(&mut self, found: &BTreeSet<T>, wanted: &BTreeSet<T>) {
        self.hits += found.intersection(wanted).count();
        self.extra += found.difference(wanted).count();
        self.missed += wanted.difference(found).count();
    }

    /// Of what was found, the share that is right.
    pub fn precision(self) -> f64 {
        Share { right: self.hits, of: self.hits + self.extra }.rate()
    }

    /// Of what should be found, the share that is.
    pub fn recall(self) -> f64 {
        Share { right: self.hits, of: self.hits + self.missed }.rate()
    }

    /// Micro-averaged F1.
    pub fn f1(self) -> f64 {
        Share { right: 2 * self.hits, of: 2 * self.hits + self.extra + self.missed }.rate()
    }
}

/// The figures.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// Calls scored.
    pub calls: usize,
    /// Interest.
    pub interest: Share,
    /// Outcome.
    pub outcome: Share,
    /// Sentiment.
    pub sentiment: Share,
    /// The time to be in touch again, exact to the minute, or rightly absent.
    pub follow_up_at: Share,
    /// Acts, over customer turns.
    pub acts: Overlap,
    /// Needs, over calls.
    pub needs: Overlap,
    /// Sensitive spans, exact in kind and offsets.
    pub sensitive: Overlap,
    /// Expected calibration error of interest and outcome together, ten bins.
    pub calibration_error: f64,
    /// Each wrong value: call, field, found, wanted.
    pub mistakes: Vec<String>,
}

/// Why labelled calls cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// A line that is no call.
    #[error("line {0}: {1}")]
    Call(usize, jsonl::LineError),
    /// A line without usable labels.
    #[error("line {0}: \"expect\" is missing or not of its form: {1}")]
    Labels(usize, serde_json::Error),
}

/// Scores labelled calls, one JSON object a line: an input line of the text interface with
/// `"expect"` beside it (`interest`, `outcome`, `sentiment`, `needs`, `follow_up_at`, `acts` for
/// each customer turn, `sensitive`).
pub fn score(insight: &Insight, lines: &str) -> Result<Score, ScoreError> {
    let mut score = Score::default();
    let mut trust: Vec<(f32, bool)> = Vec::new();
    for (number, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let call = jsonl::parse(line).map_err(|error| ScoreError::Call(number + 1, error))?;
        let labelled: Labelled =
            serde_json::from_str(line).map_err(|error| ScoreError::Labels(number + 1, error))?;
        let findings = insight.understand(&call.conversation());
        score.calls += 1;
        one(&mut score, &mut trust, &call, &findings, &labelled.expect);
    }
    score.calibration_error = calibration_error(&trust);
    Ok(score)
}

fn one(
    score: &mut Score,
    trust: &mut Vec<(f32, bool)>,
    call: &jsonl::Call,
    findings: &Findings,
    expect: &Expect,
) {
    let mut mistakes = Vec::new();
    let mut check =
        |share: &mut Share, field: &str, found: Option<(&str, f32)>, wanted: &Option<String>| {
            let Some(wanted) = wanted else { return };
            let right = found.is_some_and(|(value, _)| value == wanted);
            share.count(right);
            if field != "sentiment"
                && let Some((_, p)) = found
            {
                trust.push((p, right));
            }
            if !right {
                mistakes.push(format!(
                    "{}: {field} {:?}, not {wanted}",
                    call.id,
                    found.map(|(value, _)| value)
                ));
            }
        };
    let interest = findings.interest.as_ref().map(|f| (f.value.as_str(), f.p));
    check(&mut score.interest, "interest", interest, &expect.interest);
    let outcome = findings.outcome.as_ref().map(|f| (f.value.as_str(), f.p));
    check(&mut score.outcome, "outcome", outcome, &expect.outcome);
    let sentiment = findings.sentiment.as_ref().map(|f| (f.value.as_str(), f.p));
    check(&mut score.sentiment, "sentiment", sentiment, &expect.sentiment);
    if let Some(wanted) = &expect.follow_up_at {
        let found = findings.follow_up_at.as_ref().map(|f| f.value.to_string());
        score.follow_up_at.count(found == *wanted);
        if found != *wanted {
            mistakes.push(format!("{}: follow_up_at {found:?}, not {wanted:?}", call.id));
        }
    }
    if let Some(wanted) = &expect.needs {
        let found: BTreeSet<&str> = findings.needs.iter().map(|f| f.value.as_str()).collect();
        let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
        score.needs.count(&found, &wanted);
        if found != wanted {
            mistakes.push(format!("{}: needs {found:?}, not {wanted:?}", call.id));
        }
    }
    if let Some(wanted) = &expect.acts {
        let customer = call
            .turns
            .iter()
            .zip(&findings.utterances)
            .filter(|((side, _), _)| *side == Side::Customer);
        for (nth, ((_, utterance), wanted)) in customer.zip(wanted).enumerate() {
            let found: BTreeSet<&str> = utterance.acts.iter().map(|f| f.value.as_str()).collect();
            let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
            score.acts.count(&found, &wanted);
            if found != wanted {
                mistakes.push(format!(
                    "{}: acts of customer turn {nth} {found:?}, not {wanted:?}",
                    call.id
                ));
            }
        }
    }
    if let Some(wanted) = &expect.sensitive {
        let found: BTreeSet<(usize, String, u32, u32)> = findings
            .utterances
            .iter()
            .enumerate()
            .flat_map(|(turn, utterance)| {
                utterance
                    .sensitive
                    .iter()
                    .map(move |span| (turn, span.kind.as_str().to_owned(), span.start, span.end))
            })
            .collect();
        let wanted: BTreeSet<_> = wanted.iter().cloned().collect();
        score.sensitive.count(&found, &wanted);
        if found != wanted {
            mistakes.push(format!("{}: sensitive {found:?}, not {wanted:?}", call.id));
        }
    }
    score.mistakes.append(&mut mistakes);
}

/// Mean distance between what was promised and what came true, weighted by bin.
fn calibration_error(trust: &[(f32, bool)]) -> f64 {
    let mut bins = [(0.0f64, 0.0f64, 0usize); 10];
    for (p, right) in trust {
        let bin = &mut bins[((p * 10.0) as usize).min(9)];
        bin.0 += f64::from(*p);
        bin.1 += f64::from(u8::from(*right));
        bin.2 += 1;
    }
    let total = trust.len().max(1) as f64;
    bins.iter().map(|(promised, came, _)| (promised - came).abs() / total).sum()
}

//! Whole calls: the doubtful cases written by hand, and the calls that are spoken in tests/voices.
//! None of them trained the model. Floors are what is reached, less a little.

#![allow(clippy::unwrap_used)] // Tests, though not all of it stands in a #[test].

use insight::{Insight, Score, score};

fn scored(name: &str, lines: &str) -> Score {
    let insight = Insight::built_in().unwrap();
    let score = score(&insight, lines).unwrap();
    for mistake in &score.mistakes {
        println!("{mistake}");
    }
    println!(
        "{name}: {} calls; interest {:.3}, outcome {:.3}, sentiment {:.3}, follow-up {:.3}; acts F1 {:.3} \
         (precision {:.3}, recall {:.3}); needs F1 {:.3}; spans precision {:.3}, recall {:.3}; ECE {:.3}",
        score.calls,
        score.interest.rate(),
        score.outcome.rate(),
        score.sentiment.rate(),
        score.follow_up_at.rate(),
        score.acts.f1(),
        score.acts.precision(),
        score.acts.recall(),
        score.needs.f1(),
        score.sensitive.precision(),
        score.sensitive.recall(),
        score.calibration_error,
    );
    score
}

#[test]
fn the_doubtful_cases_are_read_as_the_contract_reads_them() {
    let score = scored("regression", include_str!("../../../models/insight/data/regression.jsonl"));
    assert!(score.interest.rate() >= 0.95);
    assert!(score.outcome.rate() >= 0.94);
    assert!(score.acts.f1() >= 0.9);
    assert!(score.sensitive.f1() >= 1.0);
}

#[test]
fn the_spoken_calls_come_out_right() {
    let score = scored("voices", include_str!("../../../models/insight/data/voices.jsonl"));
    assert!(score.interest.rate() >= 1.0);
    assert!(score.outcome.rate() >= 1.0);
    assert!(score.acts.f1() >= 0.86);
    assert!(score.sensitive.f1() >= 1.0);
}

#[test]
fn calls_that_showed_the_first_mistakes_are_read_well() {
    let score = scored("second", include_str!("../../../models/insight/data/second.jsonl"));
    assert!(score.interest.rate() >= 0.95);
    assert!(score.outcome.rate() >= 0.92);
    assert!(score.acts.f1() >= 0.88);
    assert!(score.sensitive.f1() >= 1.0);
}

#[test]
fn calls_that_showed_the_next_mistakes_are_read_well() {
    let score = scored("third", include_str!("../../../models/insight/data/third.jsonl"));
    assert!(score.interest.rate() >= 0.95);
    assert!(score.outcome.rate() >= 0.95);
    assert!(score.acts.f1() >= 0.86);
    assert!(score.sensitive.f1() >= 1.0);
}

//! The text that may be shown: wider than the sensitive spans (contract rule 12).

use crate::{sensitive, spoken};

/// Spoken digits from which on a run is masked, valid or not.
const LONG_RUN: usize = 11;

/// The text with every sensitive number, and every run of eleven or more spoken digits, as one
/// asterisk a digit: the words of a number would still tell it by their length.
pub fn masked(text: &str) -> String {
    let hidden: Vec<(usize, usize, usize)> = spoken::runs(text)
        .into_iter()
        .filter(|run| run.digits.len() >= LONG_RUN)
        .map(|run| (run.start, run.end, run.digits.len()))
        .collect();
    debug_assert!(sensitive::find(text).iter().all(|span| {
        hidden
            .iter()
            .any(|(start, end, _)| *start <= span.start as usize && span.end as usize <= *end)
    }));
    let mut out = String::with_capacity(text.len());
    let mut hidden = hidden.into_iter().peekable();
    for (at, c) in text.chars().enumerate() {
        while hidden.next_if(|(_, end, _)| *end <= at).is_some() {}
        match hidden.peek() {
            Some(&(start, _, digits)) if start == at => {
                out.extend(core::iter::repeat_n('*', digits))
            }
            Some(&(start, _, _)) if start < at => {}
            _ => out.push(c),
        }
    }
    out
}

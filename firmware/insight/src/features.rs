//! What the model sees of a turn; models/insight/features.py is the same thing in Python, and
//! tests/golden/features.jsonl holds the two together.
//!
//! ```text
//! column                what
//! 0 …                   n-grams of the turn's tokens, 1 to 4 long, hashed (FNV-1a) into 8192
//! 8192 …                n-grams of the agent's turn before, 1 to 2 long, hashed into 2048
//! 10240 …               cues (models/insight/cues.tsv) in the turn, then in the agent's
//! …                     eight facts about the turn's place and shape
//! ```

use regex::Regex;
use std::collections::BTreeSet;

const OWN: usize = 8192;
const AGENT: usize = 2048;
const PLACES: usize = 8;
const LONGEST: usize = 256;
const AGENT_TOKENS: usize = 48;

/// The cues, one `name<TAB>regular expression` a line: shared with the training.
pub(crate) const CUES: &str = include_str!("../../../models/insight/cues.tsv");

/// The lexicon's patterns, compiled.
pub(crate) struct Cues(Vec<(&'static str, Regex)>);

/// A cue that is no regular expression, by name.
#[derive(Debug)]
pub(crate) struct BadCue(pub(crate) &'static str);

impl Cues {
    pub(crate) fn compile() -> Result<Self, BadCue> {
        let lines = CUES.lines().filter_map(|line| line.split_once('\t'));
        let compiled = lines.map(|(name, pattern)| match Regex::new(pattern) {
            Ok(pattern) => Ok((name, pattern)),
            Err(_) => Err(BadCue(name)),
        });
        Ok(Cues(compiled.collect::<Result<_, _>>()?))
    }

    /// Columns of the model's input.
    pub(crate) fn width(&self) -> usize {
        OWN + AGENT + 2 * self.0.len() + PLACES
    }

    /// Which cues a text gives, by place in the list.
    fn hits(&self, text: &str) -> Vec<usize> {
        let found = self.0.iter().enumerate().filter(|(_, (_, pattern))| pattern.is_match(text));
        found.map(|(at, _)| at).collect()
    }

    /// The names of the cues that a turn gives.
    pub(crate) fn names(&self, text: &str) -> Vec<&'static str> {
        self.hits(&plain(&tokens(text))).into_iter().map(|at| self.0[at].0).collect()
    }

    /// The columns that are not zero, in order, with their values. `agent` is what the agent said
    /// before, `nth` counts the customer's turns from zero.
    pub(crate) fn encode(&self, text: &str, agent: Option<&str>, nth: usize) -> Vec<(usize, f32)> {
        let own = tokens(text);
        let mut said = tokens(agent.unwrap_or_default());
        if said.len() > AGENT_TOKENS {
            said.drain(..said.len() - AGENT_TOKENS);
        }
        let mut row = Vec::new();
        hash_into(&mut row, &own, 4, 'c', 0, OWN);
        hash_into(&mut row, &said, 2, 'a', OWN, AGENT);
        let mut base = OWN + AGENT;
        for tokens in [&own, &said] {
            row.extend(self.hits(&plain(tokens)).into_iter().map(|at| (base + at, 1.0)));
            base += self.0.len();
        }
        let asks = |text: &str| text.contains(['?', '？']);
        let places: [bool; PLACES] = [
            nth == 0,
            nth >= 3,
            agent.is_none(),
            own.len() <= 4,
            own.len() > 24,
            asks(text),
            own.iter().any(|token| token.is_ascii()),
            agent.is_some_and(asks),
        ];
        row.extend(
            places.iter().enumerate().filter(|(_, on)| **on).map(|(at, _)| (base + at, 1.0)),
        );
        row
    }
}

/// CJK characters one by one, Latin words in lower case; a number is `#`; the rest separates.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut Vec<String>| {
        if !word.is_empty() {
            let number = word.bytes().all(|byte| byte.is_ascii_digit());
            let word = core::mem::take(word);
            out.push(if number { "#".to_owned() } else { word });
        }
    };
    for c in text.chars() {
        let c = match c {
            '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            c => c,
        };
        let c = c.to_ascii_lowercase();
        match c {
            'a'..='z' | '0'..='9' => word.push(c),
            '\'' | '’' => {}
            c => {
                flush(&mut word, &mut out);
                if ('\u{3400}'..='\u{9fff}').contains(&c) {
                    out.push(c.to_string());
                }
            }
        }
    }
    flush(&mut word, &mut out);
    if out.len() > LONGEST {
        out.drain(LONGEST / 2..out.len() - LONGEST / 2);
    }
    out
}

/// Tokens as the cues read them: words apart, characters together.
pub(crate) fn plain(tokens: &[String]) -> String {
    let mut out = String::new();
    let mut latin = false;
    for token in tokens {
        if latin && token.is_ascii() {
            out.push(' ');
        }
        out.push_str(token);
        latin = token.is_ascii();
    }
    out
}

fn hash_into(
    row: &mut Vec<(usize, f32)>,
    tokens: &[String],
    longest: usize,
    tag: char,
    base: usize,
    size: usize,
) {
    let padded: Vec<&str> = core::iter::once("^")
        .chain(tokens.iter().map(String::as_str))
        .chain(core::iter::once("$"))
        .collect();
    let mut columns = BTreeSet::new();
    let mut add = |gram: &str| {
        columns.insert(fnv(gram.as_bytes()) as usize % size);
    };
    for length in 1..=longest {
        for gram in padded.windows(length) {
            add(&format!("{tag}{}", gram.join(" ")));
        }
    }
    for token in tokens.iter().filter(|token| token.is_ascii() && token.len() >= 5) {
        add(&format!("{tag}~{}", &token[..4]));
    }
    let value = 1.0 / (columns.len() as f32).sqrt();
    row.extend(columns.into_iter().map(|column| (base + column, value)));
}

/// FNV-1a, 32 bits.
fn fnv(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_and_python_see_the_same_of_every_golden_turn() {
        let cues = Cues::compile().unwrap();
        for line in include_str!("../tests/golden/features.jsonl").lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = case["text"].as_str().unwrap();
            let nth = usize::try_from(case["nth"].as_u64().unwrap()).unwrap();
            let row = cues.encode(text, case["agent"].as_str(), nth);
            let found: Vec<u64> = row.iter().map(|(column, _)| *column as u64).collect();
            let wanted: Vec<u64> =
                case["indices"].as_array().unwrap().iter().map(|i| i.as_u64().unwrap()).collect();
            assert_eq!(found, wanted, "{text}");
            let sum: f32 = row.iter().map(|(_, value)| value).sum();
            assert!((f64::from(sum) - case["sum"].as_f64().unwrap()).abs() < 1e-3, "{text}");
        }
    }
}

//! `tipring understand`: the text interface of docs/insight-labels.md.

use super::{Done, Trouble, print};
use insight::{Insight, jsonl};
use std::io::{BufRead, stdin};
use std::process::ExitCode;

/// The longest line taken: a call of many hours is shorter.
const LONGEST: u64 = 16 << 20;

/// Reads calls from standard input, a line each, and answers each with a line.
pub fn main() -> Done {
    let insight = Insight::built_in().map_err(Trouble::found)?;
    let mut input = stdin().lock();
    let mut failed = false;
    let mut line = Vec::new();
    loop {
        line.clear();
        let taken = std::io::Read::take(&mut input, LONGEST)
            .read_until(b'\n', &mut line)
            .map_err(|error| Trouble::Found(format!("standard input: {error}")))?;
        if taken == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        let answer = jsonl::answer(&insight, text.trim_end());
        failed |= answer.starts_with("{\"id\":null");
        print(answer)?;
    }
    // Every line was answered; that some were no calls stands in their answers and in the status.
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

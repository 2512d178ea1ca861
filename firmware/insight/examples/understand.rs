//! Calls on standard input, one JSON line each; findings on standard output. With `--time`, the
//! mean cost of a call on standard error.

use insight::{Insight, jsonl};
use std::io::{self, BufRead, Write};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let insight = Insight::built_in()?;
    let begun = Instant::now();
    let mut calls = 0u32;
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        writeln!(out, "{}", jsonl::answer(&insight, &line?))?;
        calls += 1;
    }
    if std::env::args().any(|argument| argument == "--time") {
        let cost = begun.elapsed() / calls.max(1);
        eprintln!("{calls} calls, {cost:?} a call");
    }
    Ok(())
}

//! Both ends of the virtual card's lines in one process, to measure what lies between them.
//!
//! `line-figures figures PORTS`: delays, and the line machine on a real port.
//! `line-figures integrity PORTS SECONDS`: a telling stream both ways on every port.
//! `line-figures hold CHANNEL SECONDS`: keeps a channel from everybody else.
//!
//! Standard output has a `FIGURE name value unit` or a `CHECK name passed|failed what` a line.

mod delays;
mod integrity;
mod lines;
mod machine;

use dahdi::Card;
use line::{Hook, LineCard};
use std::fmt::Display;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u32>().map_err(|error| format!("{text}: {error}"));
    let result = match arguments.as_slice() {
        ["figures", ports] => number(ports).and_then(|ports| {
            delays::measure(ports)?;
            machine::try_out(ports)
        }),
        ["integrity", ports, seconds] => number(ports)
            .and_then(|ports| Ok((ports, number(seconds)?)))
            .and_then(|(ports, seconds)| integrity::run(ports, u64::from(seconds))),
        ["hold", channel, seconds] => number(channel)
            .and_then(|channel| Ok((channel, number(seconds)?)))
            .and_then(|(channel, seconds)| hold(channel, u64::from(seconds))),
        _ => {
            eprintln!(
                "usage: line-figures figures PORTS | integrity PORTS SECONDS | hold CHANNEL SECONDS"
            );
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("line-figures: {why}");
            ExitCode::from(1)
        }
    }
}

fn hold(channel: u32, seconds: u64) -> Result<(), String> {
    let mut card = Card::open(&[channel], &dahdi::Settings::default());
    let port = card.port(0).ok_or("no port")?;
    port.set_hook(Hook::On).map_err(|error| format!("{channel}: {error}"))?;
    std::thread::sleep(Duration::from_secs(seconds));
    Ok(())
}

/// Prints a figure.
fn figure(name: &str, value: impl Display, unit: &str) {
    println!("FIGURE {name} {value} {unit}");
}

/// Prints whether something is as it should be.
fn check(name: &str, passed: bool, what: impl Display) {
    println!("CHECK {name} {} {what}", if passed { "passed" } else { "failed" });
}

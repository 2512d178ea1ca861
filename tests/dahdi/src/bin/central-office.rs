//! `central-office OFFICE.toml VOICES CHANNEL SECONDS`: an exchange in software on the FXS channels
//! from CHANNEL on; at the end its log goes to standard output, a JSON object a line.

use dahdi::abi::Law;
use dahdi_guest::bridge::Bridge;
use exchange::{Exchange, Office, Voices};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [office, voices, channel, seconds] = arguments.as_slice() else {
        eprintln!("usage: central-office OFFICE.toml VOICES CHANNEL SECONDS");
        return ExitCode::from(2);
    };
    match run(office, voices, channel, seconds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("central-office: {why}");
            ExitCode::from(1)
        }
    }
}

fn run(office: &str, voices: &str, channel: &str, seconds: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(office).map_err(|error| format!("{office}: {error}"))?;
    let office = Office::parse(&text).map_err(|error| error.to_string())?;
    let voices = Voices::read(Path::new(voices)).map_err(|error| error.to_string())?;
    let exchange = Exchange::new(&office, &voices).map_err(|error| error.to_string())?;
    let log = exchange.log();
    let number = |text: &str| text.parse().map_err(|error| format!("{text}: {error}"));
    let mut bridge = Bridge::open(exchange, number(channel)?, Law::ALaw)
        .map_err(|error| format!("the FXS ports: {error:?}"))?;
    bridge
        .serve(u64::from(number(seconds)?))
        .map_err(|error| format!("serving the lines: {error:?}"))?;
    for entry in log.entries() {
        let deed = format!("{:?}", entry.deed);
        println!(
            "{}",
            serde_json::json!({ "line": entry.line + 1, "ms": entry.at / 8, "deed": deed })
        );
    }
    println!("{}", serde_json::json!({ "gaps": bridge.gaps() }));
    Ok(())
}

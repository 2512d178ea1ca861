//! `tipring-models`: makes the appliance's models, and says what is there.

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use models::make::{self, Progress};
use models::{Entry, State, Store};
use std::path::PathBuf;
use std::process::ExitCode;

/// Fetches the pinned speech models and converts them for the appliance.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The folder that models live in.
    #[arg(default_value = "var/models")]
    folder: PathBuf,
    /// Also make this one (whisper-base-q5_1, whisper-base-f16); may be given more than once.
    #[arg(long, value_name = "NAME")]
    also: Vec<String>,
    /// Only say what is there; exit status 1 if something is missing or corrupt.
    #[arg(long)]
    check: bool,
    /// Keep the fetched packages.
    #[arg(long)]
    keep_wheels: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("tipring-models: {error}");
            ExitCode::from(1)
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let store = Store::open(&arguments.folder)?;
    for name in &arguments.also {
        if !store.manifest().model.iter().any(|model| model.name == *name) {
            let known: Vec<&str> =
                store.manifest().model.iter().map(|model| model.name.as_str()).collect();
            eprintln!("tipring-models: no model {name:?}; there are {}", known.join(", "));
            std::process::exit(2);
        }
    }
    let wanted = |store: &Store| -> Vec<Entry> {
        let entries = store.entries().into_iter();
        entries.filter(|entry| entry.by_default || arguments.also.contains(&entry.name)).collect()
    };
    let before = wanted(&store);
    if arguments.check || before.iter().all(|entry| entry.state == State::Present) {
        before.iter().for_each(|entry| println!("{entry}"));
        return Ok(before.iter().all(|entry| entry.state == State::Present));
    }
    for entry in before.iter().filter(|entry| matches!(entry.state, State::Corrupt(_))) {
        eprintln!("{entry}");
    }
    std::fs::create_dir_all(&arguments.folder)
        .map_err(|why| format!("{}: {why}", arguments.folder.display()))?;
    let bar = ProgressBar::new(100);
    bar.set_style(ProgressStyle::with_template("{msg:40} {wide_bar} {percent:>3} %")?);
    let octets: u64 = store.manifest().wheel.iter().map(|wheel| wheel.bytes).sum();
    let mut fetched = 0;
    make::make(&store, &before, |progress| match progress {
        Progress::Fetching(what, _) => bar.set_message(format!("fetching {what}")),
        Progress::Fetched(bytes) => {
            fetched += bytes;
            bar.set_position(fetched * 70 / octets);
        }
        Progress::Converting(what, share) => {
            bar.set_message(format!("making {what}"));
            bar.set_position(70 + (share * 29.0) as u64);
        }
        Progress::Made(_) => bar.set_position(99),
    })?;
    make::write_manifest(&store)?;
    if !arguments.keep_wheels {
        make::remove_wheels(&store)?;
    }
    bar.finish_and_clear();
    let after = wanted(&store);
    after.iter().for_each(|entry| println!("{entry}"));
    Ok(after.iter().all(|entry| entry.state == State::Present))
}

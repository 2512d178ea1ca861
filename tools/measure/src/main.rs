//! `tools/bench`: measures Tipring's rooms and the whole appliance, and prints figures.
//!
//! Every figure stands absolute, and beside it how it compares: with its target, with the peer that
//! did the same work in the same run, or with the part of it that cannot be avoided. Nothing here
//! passes or fails by time: a table is for people, and a busy machine is said to be busy.
//!
//! Work of one thread is measured by that thread's own processor time, so that neighbours on the
//! machine disturb less.

mod calls;
mod canceller;
mod detectors;
mod insight_score;
mod journal_disk;
mod lines;
mod load;
mod machine;
mod process;
mod sealing;
mod sound;
mod speech_score;
mod table;

use clap::{Parser, Subcommand};
use std::error::Error;
use std::process::ExitCode;

/// What a benchmark ends with: it could be run, or a sentence why not.
type Done = Result<(), Box<dyn Error>>;

/// Measures Tipring: absolute figures, each beside its target or its peer.
#[derive(Parser)]
#[command(name = "tools/bench")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// 24 lines of exchange, line machine and detectors in virtual time; each detector beside
    /// libspandsp's
    Lines(lines::Arguments),
    /// Sealing in memory; 1,000 calls' audio to disk; verifying; recovery
    Journal(journal_disk::Arguments),
    /// A TDM bus over ALSA, and sound cards whose clocks are their own
    Sound,
    /// The whole appliance in real time: release to finished record, memory, processor
    Calls(calls::Arguments),
    /// Error rates and cost of the recogniser on single utterances
    Speech(speech_score::Arguments),
    /// How well calls are understood, and what it costs
    Insight,
    /// All of these, each as it is without options
    All,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    machine::describe();
    let done = match arguments.what {
        What::Lines(arguments) => lines::main(&arguments),
        What::Journal(arguments) => journal_disk::main(&arguments),
        What::Sound => sound::main(),
        What::Calls(arguments) => calls::main(&arguments),
        What::Speech(arguments) => speech_score::main(&arguments),
        What::Insight => insight_score::main(),
        What::All => all(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tools/bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn all() -> Done {
    lines::main(&lines::Arguments::default())?;
    journal_disk::main(&journal_disk::Arguments::default())?;
    sound::main()?;
    insight_score::main()?;
    speech_score::main(&speech_score::Arguments::default())?;
    calls::main(&calls::Arguments::default())
}

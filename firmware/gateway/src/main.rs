//! `tipring`: the appliance and its command line.
//!
//! JSON Lines on standard output with `--json`, tables for people without; what goes on and what is
//! wrong on standard error. Exit status 0: worked; 1: found trouble; 2: used wrongly.

mod command;
mod config;
mod control;
mod folder;
mod run;
mod switchboard;
mod tapping;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// The call recorder in the telephone line.
#[derive(Parser)]
#[command(name = "tipring", version, arg_required_else_help = true)]
struct Arguments {
    /// The configuration file
    #[arg(
        long,
        global = true,
        env = "TIPRING_CONFIG",
        default_value = "/etc/tipring/tipring.toml",
        value_name = "FILE"
    )]
    config: PathBuf,
    /// JSON Lines on standard output instead of tables for people
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the appliance
    Run,
    /// Turn WAV files into words
    Transcribe(command::transcribe::Arguments),
    /// Read calls as JSON Lines, write what they mean as JSON Lines (docs/insight-labels.md)
    Understand,
    /// List calls, newest first
    Calls(command::calls::Arguments),
    /// Show one call's record
    Show(command::show::Arguments),
    /// Take a call away as stereo WAV or vCon
    Export(command::export::Arguments),
    /// Prove that every call is there and nothing was changed
    Verify,
    /// Erase a call: its key is destroyed, its proof stays
    Erase(command::erase::Arguments),
    /// Show the lines and sound cards of the running appliance, or test the lines
    Lines(command::lines::Arguments),
    /// Lift, dial or hang up a handset that is a sound card
    Handset(command::handset::Arguments),
    /// Listen to a line on the loudspeaker
    Monitor(command::monitor::Arguments),
    /// Show the models and whether they are whole
    Models,
    /// Say who may sign in on the page, and what they may do there
    User(command::user::Arguments),
    /// Show who this device is, for its enrolment at headquarters
    Device,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Arguments { config, json, command } = arguments;
    let done = match command {
        Command::Run => run::main(&config),
        Command::Transcribe(arguments) => command::transcribe::main(&config, json, &arguments),
        Command::Understand => command::understand::main(),
        Command::Calls(arguments) => command::calls::main(&config, json, &arguments),
        Command::Show(arguments) => command::show::main(&config, json, &arguments),
        Command::Export(arguments) => command::export::main(&config, json, &arguments),
        Command::Verify => command::verify::main(&config, json),
        Command::Erase(arguments) => command::erase::main(&config, json, &arguments),
        Command::Lines(arguments) => command::lines::main(&config, json, &arguments),
        Command::Handset(arguments) => command::handset::main(&config, arguments),
        Command::Monitor(arguments) => command::monitor::main(&config, arguments),
        Command::Models => command::models::main(&config, json),
        Command::User(arguments) => command::user::main(&config, json, &arguments),
        Command::Device => command::device::main(&config, json),
    };
    match done {
        Ok(code) => code,
        Err(trouble) => {
            eprintln!("tipring: {trouble}");
            trouble.exit_code()
        }
    }
}

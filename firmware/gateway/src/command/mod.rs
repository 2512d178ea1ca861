//! The commands beside `run`: short-lived, reading what the appliance wrote.

pub mod calls;
pub mod device;
pub mod erase;
pub mod export;
pub mod handset;
pub mod lines;
mod lines_test;
pub mod models;
pub mod monitor;
pub mod show;
pub mod transcribe;
pub mod understand;
pub mod user;
pub mod verify;

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// What a command came to: an exit status, or trouble to tell.
pub type Done = Result<ExitCode, Trouble>;

/// Why a command did not work, in a sentence that says what, where, and what to do.
#[derive(Debug)]
pub enum Trouble {
    /// Something is wrong with what was found: exit status 1.
    Found(String),
    /// It was called wrongly: exit status 2.
    Used(String),
}

impl Trouble {
    /// Trouble with what was found.
    pub fn found(error: impl fmt::Display) -> Self {
        Trouble::Found(error.to_string())
    }

    /// The exit status.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Trouble::Found(_) => ExitCode::from(1),
            Trouble::Used(_) => ExitCode::from(2),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Found(sentence) | Trouble::Used(sentence) => f.write_str(sentence),
        }
    }
}

impl From<crate::config::ConfigError> for Trouble {
    fn from(error: crate::config::ConfigError) -> Self {
        Trouble::Used(error.to_string())
    }
}

/// Writes one line to standard output. A reader that went away (`| head`) ends the program quietly.
pub fn print(line: impl fmt::Display) -> Result<(), Trouble> {
    match writeln!(io::stdout().lock(), "{line}") {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Trouble::Found(format!("standard output: {error}"))),
    }
}

/// Writes one value as a JSON line to standard output.
pub fn print_json(value: &impl serde::Serialize) -> Result<(), Trouble> {
    print(serde_json::to_string(value).map_err(Trouble::found)?)
}

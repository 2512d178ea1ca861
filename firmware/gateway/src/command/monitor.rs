//! `tipring monitor`: which line the loudspeaker plays. Who listens stands in the audit chain.

use super::{Done, Trouble};
use crate::control::{Request, ask};
use crate::folder::Folder;
use std::path::Path;
use std::process::ExitCode;

/// Which line.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub struct Arguments {
    /// The line, as `tipring lines` prints it
    line: Option<String>,
    /// Listen to none
    #[arg(long)]
    off: bool,
}

/// Has the running appliance listen.
pub fn main(config: &Path, arguments: Arguments) -> Done {
    let folder = Folder::named_in(config)?;
    let request = Request::Monitor { line: arguments.line };
    ask(&folder.path, &request).map_err(Trouble::found)?;
    Ok(ExitCode::SUCCESS)
}

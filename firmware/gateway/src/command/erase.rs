//! `tipring erase`: a call's key is destroyed; the proof that there was a call stays.

use super::{Done, Trouble};
use crate::control::{Request, ask};
use crate::folder::{Folder, call_id};
use call::CallId;
use std::path::Path;
use std::process::ExitCode;

/// Which call, and why.
#[derive(clap::Args)]
pub struct Arguments {
    /// The call, as `tipring calls` prints it
    #[arg(value_parser = call_id, value_name = "ID")]
    call: CallId,
    /// Why: this stands in the audit chain beside the erasure
    #[arg(long, value_name = "REASON")]
    why: String,
}

/// Has the running appliance erase a call.
pub fn main(config: &Path, json: bool, arguments: &Arguments) -> Done {
    if arguments.why.trim().is_empty() {
        return Err(Trouble::Used("--why needs a reason: it stands in the audit chain".into()));
    }
    let folder = Folder::named_in(config)?;
    let request = Request::Erase { call: arguments.call, why: arguments.why.clone() };
    match ask(&folder.path, &request) {
        Ok(_) if json => super::print_json(&serde_json::json!({ "erased": arguments.call }))?,
        Ok(_) => eprintln!("call {} is erased", arguments.call),
        Err(error) => return Err(Trouble::found(error)),
    }
    Ok(ExitCode::SUCCESS)
}

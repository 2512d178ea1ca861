//! `tipring models`: the models, held against their pinned hashes.

use super::{Done, Trouble, print, print_json};
use crate::config::Config;
use models::{State, Store};
use std::path::Path;
use std::process::ExitCode;

/// Prints each model's state. Exit status 1 where one that is wanted is not whole.
pub fn main(config: &Path, json: bool) -> Done {
    let folder = Config::load(config)?.models();
    let store = Store::open(&folder).map_err(Trouble::found)?;
    let mut wanting = false;
    for entry in store.entries() {
        wanting |= entry.by_default && entry.state != State::Present;
        if json {
            let (state, found) = match &entry.state {
                State::Present => ("present", None),
                State::Missing => ("missing", None),
                State::Corrupt(hash) => ("corrupt", Some(models::hash::text(hash))),
                State::Unreadable(why) => ("unreadable", Some(why.clone())),
            };
            print_json(&serde_json::json!({
                "name": entry.name, "file": entry.path, "bytes": entry.bytes,
                "sha256": models::hash::text(&entry.sha256), "state": state, "found": found,
                "wanted": entry.by_default,
            }))?;
        } else {
            print(&entry)?;
        }
    }
    Ok(if wanting { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

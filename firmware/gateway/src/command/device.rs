//! `tipring device`: who this device is, as the file that headquarters enrols it by.

use super::{Done, Trouble, print, print_json};
use crate::config::Config;
use crate::folder::Folder;
use std::path::Path;
use std::process::ExitCode;
use vault::enrol::DeviceCard;

/// Prints the device's card; makes its keys where there are none yet.
pub fn main(config: &Path, json: bool) -> Done {
    let config = Config::load(config)?;
    let vault = Folder::of(&config).vault()?;
    let card =
        DeviceCard::new(&config.device.name, vault.device.public()).map_err(Trouble::found)?;
    if json {
        print_json(&serde_json::json!({
            "device": card.device(),
            "name": card.name,
            "public_key": models::hash::text(&card.public),
        }))?;
    } else {
        print(card.to_toml().trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

//! `tipring lines`: the lines and sound cards of the running appliance; `tipring lines test` tests
//! the lines.

use super::{Done, Trouble, lines_test, print, print_json};
use crate::control::{Request, ask};
use crate::folder::Folder;
use std::path::Path;
use std::process::ExitCode;

/// Whether to show or to test.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(clap::Subcommand)]
enum What {
    /// Test lines between calls: battery, dial tone, levels, digits, noise, echo
    Test(lines_test::Arguments),
}

/// Shows or tests the lines. Exit status 1 where a line is faulty, or no appliance runs.
pub fn main(config: &Path, json: bool, arguments: &Arguments) -> Done {
    match &arguments.what {
        Some(What::Test(arguments)) => lines_test::main(config, json, arguments),
        None => show(config, json),
    }
}

/// Prints each line's and each sound card's state.
fn show(config: &Path, json: bool) -> Done {
    let folder = Folder::named_in(config)?;
    let lines = ask(&folder.path, &Request::Lines).map_err(Trouble::found)?;
    let mut faulty = false;
    for line in lines.as_array().into_iter().flatten() {
        faulty |= line["state"] == "faulty";
        if json {
            print_json(line)?;
            continue;
        }
        let word = |key: &str| line[key].as_str().unwrap_or("-").to_owned();
        let count = |key: &str| line["counters"][key].as_u64().unwrap_or(0);
        print(format_args!(
            "{:<10} {:<9} placed {:<5} received {:<5} answered {:<5} faults {:<3} {} {}",
            word("name"),
            word("state"),
            count("placed"),
            count("received"),
            count("answered"),
            count("faults"),
            word("card"),
            line["fault"]["en"].as_str().unwrap_or(""),
        ))?;
    }
    let sounds = ask(&folder.path, &Request::Sounds).map_err(Trouble::found)?;
    for sound in sounds.as_array().into_iter().flatten() {
        faulty |= !sound["fault"].is_null();
        if json {
            print_json(sound)?;
        } else {
            print_sound(sound)?;
        }
    }
    Ok(if faulty { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn print_sound(sound: &serde_json::Value) -> Result<(), Trouble> {
    let word = |key: &str| sound[key].as_str().unwrap_or("-");
    let count = |key: &str| sound[key].as_i64().unwrap_or(0);
    let state = match (sound["fault"]["en"].as_str(), sound["hz"].as_u64()) {
        (Some(_), _) => "faulty".to_owned(),
        (None, Some(hz)) => format!("{hz} Hz"),
        (None, None) => "opening".to_owned(),
    };
    print(format_args!(
        "{:<10} {:<9} {:<10} {} ppm, xruns {}, losses {} {}",
        word("name"),
        state,
        word("role"),
        count("ppm"),
        count("xruns"),
        count("losses"),
        sound["fault"]["en"].as_str().unwrap_or(word("device")),
    ))
}

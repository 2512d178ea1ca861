//! `tipring lines test`: tests lines of the running appliance between calls, and prints a report
//! that can be sent on: device, software, figures with their limits, nothing of any customer.

use super::{Done, Trouble, print, print_json};
use crate::config::Config;
use crate::control::{Request, ask};
use crate::folder::Folder;
use crate::run::{Clock, software};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// Which lines.
#[derive(clap::Args)]
pub struct Arguments {
    /// Lines, as `tipring lines` names them, or their numbers; every line where none is named
    #[arg(value_name = "LINE")]
    lines: Vec<String>,
}

/// How often it is asked how the tests go.
const LOOK: Duration = Duration::from_millis(250);

/// Tests and reports. Exit status 1 where a line did not pass.
pub fn main(config: &Path, json: bool, arguments: &Arguments) -> Done {
    let config = Config::load(config)?;
    let folder = Folder::of(&config);
    let ask = |request: &Request| ask(&folder.path, request).map_err(Trouble::found);
    let lines = ask(&Request::Lines)?;
    let known: Vec<&str> =
        lines.as_array().into_iter().flatten().filter_map(|line| line["name"].as_str()).collect();
    let wanted = wanted(&known, &arguments.lines)?;
    for line in &wanted {
        ask(&Request::TestLines { line: Some(line.clone()) })?;
    }

    let mut told = BTreeMap::new();
    let tests = loop {
        let tests: Vec<Value> = ask(&Request::LineTests)?
            .as_array()
            .into_iter()
            .flatten()
            .filter(|test| wanted.iter().any(|line| test["line"] == line.as_str()))
            .cloned()
            .collect();
        tests.iter().for_each(|test| tell(test, &mut told));
        if tests.iter().all(|test| test["goes_on"] == false) {
            break tests;
        }
        std::thread::sleep(LOOK);
    };

    let clock = Clock::new(config.device.time_zone.as_deref()).map_err(Trouble::found)?;
    let at = clock.now().to_string();
    let head = json!({ "device": config.device.name, "software": software().version, "at": at });
    if !json {
        print(format_args!("line test of {}, {}, {at}", config.device.name, software().version))?;
    }
    for test in &tests {
        if json { print_json(&machine(&head, test))? } else { people(test)? }
    }
    let passed = tests.len() == wanted.len() && tests.iter().all(|test| test["passed"] == true);
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The names of the lines that are meant.
fn wanted(known: &[&str], asked: &[String]) -> Result<Vec<String>, Trouble> {
    if asked.is_empty() {
        return Ok(known.iter().map(ToString::to_string).collect());
    }
    let mut wanted = Vec::new();
    for name in asked {
        let meant = |line: &&&str| **line == name || line.strip_prefix("line-") == Some(name);
        let line = known.iter().find(meant).ok_or_else(|| {
            Trouble::Used(format!("there is no line {name:?}; there are {}", known.join(", ")))
        })?;
        if !wanted.iter().any(|have| have == line) {
            wanted.push((*line).to_owned());
        }
    }
    Ok(wanted)
}

/// Says on standard error what a test is at, when that changed.
fn tell(test: &Value, told: &mut BTreeMap<String, String>) {
    let line = test["line"].as_str().unwrap_or_default();
    let state = &test["test"]["state"];
    let says = match state["state"].as_str() {
        Some("waiting") => "waits for the line to be free".to_owned(),
        Some("running") => format!(
            "{} of {}, {}",
            state["part"],
            state["of"],
            state["says"]["en"].as_str().unwrap_or_default()
        ),
        _ => return,
    };
    if told.get(line) != Some(&says) {
        eprintln!("{line}: {says}");
        told.insert(line.to_owned(), says);
    }
}

/// One line's report as one JSON value.
fn machine(head: &Value, test: &Value) -> Value {
    let mut report = head.clone();
    report["line"] = test["line"].clone();
    report["passed"] = test["passed"].clone();
    report["state"] = test["test"]["state"]["state"].clone();
    report["why"] = test["test"]["state"]["says"].clone();
    for key in ["items", "proposals", "aborted", "took_ms"] {
        report[key] = test["report"][key].clone();
    }
    report["told"] = test["test"]["rows"].clone();
    report
}

/// One line's report for people.
fn people(test: &Value) -> Result<(), Trouble> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let state = &test["test"]["state"];
    let outcome = match state["state"].as_str() {
        Some("passed") => "PASSED".to_owned(),
        Some("failed") => "FAILED".to_owned(),
        _ => format!("NOT FINISHED: {}", word(&state["says"]["en"])),
    };
    print(format_args!("\n{}: {outcome}", word(&test["line"])))?;
    let rows = test["test"]["rows"].as_array().into_iter().flatten();
    for row in rows {
        let verdict = match row["verdict"].as_str() {
            Some("good") => "ok",
            Some("fair") => "fair",
            Some("bad") => "BAD",
            _ => "-",
        };
        let limit = word(&row["limit"]["en"]);
        let limit = if limit.is_empty() { limit } else { format!("  [{limit}]") };
        let (name, found) = (word(&row["name"]["en"]), word(&row["found"]["en"]));
        print(format_args!("  {verdict:<5} {name:<17} {found}{limit}"))?;
        if let Some(advice) = row["advice"]["en"].as_str() {
            print(format_args!("        {:<17} → {advice}", ""))?;
        }
    }
    for proposal in test["test"]["proposals"].as_array().into_iter().flatten() {
        print(format_args!("  proposed: {}", word(&proposal["en"])))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_meant_by_name_or_number_and_each_once() {
        let known = ["line-1", "line-2"];
        let meant = |asked: &[&str]| {
            wanted(&known, &asked.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(meant(&[]).unwrap(), known);
        assert_eq!(meant(&["2", "line-2"]).unwrap(), ["line-2"]);
        let Err(Trouble::Used(told)) = meant(&["3"]) else { panic!("line 3 is not there") };
        assert!(told.contains("line-1, line-2"), "{told}");
    }
}

//! The arrows between rooms, and what a core room may not name.

// What the lints allow in a test they do not allow in what tests share.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each room and the rooms it may import: the table of docs/design.md.
const ARROWS: &[(&str, &[&str])] = &[
    ("call", &[]),
    ("dsp", &["call"]),
    ("line", &[]),
    ("fxo", &["call", "dsp", "line"]),
    ("vault", &["call"]),
    ("journal", &["call", "vault"]),
    ("speech", &["call", "dsp"]),
    ("tipring-asr", &["call", "dsp", "speech"]),
    ("insight", &["call"]),
    ("uplink", &["call", "vault", "journal"]),
    ("status", &["call", "vault", "journal"]),
    ("exchange", &["call", "line", "dsp"]),
    ("si3050", &["line"]),
    ("si3050-model", &[]),
    ("alsa-pcm", &["line", "call", "dsp"]),
    ("dahdi", &["line"]),
    ("board", &["line", "si3050"]),
    ("models", &[]),
    ("collector", &["call", "vault"]),
    ("small-disk", &[]),
];

/// Rooms that join or test others may import any of them.
const ANY: &[&str] =
    &["dahdi-guest", "gateway", "bench", "fuzz-entries", "house", "whole", "spandsp-oracle"];

/// Rooms without I/O and without a clock.
const CORES: &[&str] =
    &["firmware/call", "firmware/dsp", "firmware/fxo", "firmware/vault", "firmware/insight"];

/// What a core room's source may not name, and why.
const OUTSIDE: &[(&str, &str)] = &[
    ("tokio", "an executor"),
    ("std::net", "a socket"),
    ("std::fs", "a file"),
    ("std::process", "a process"),
    ("std::thread", "a thread"),
    ("Instant::now", "a clock"),
    ("SystemTime::now", "a clock"),
    ("Timestamp::now", "a clock"),
    ("Zoned::now", "a clock"),
];

/// Where `unsafe` may stand: a C library or the kernel is wrapped there.
const UNSAFE: &[&str] = &[
    "tests/spandsp",
    "firmware/speech/asr",
    "drivers/dahdi/src/system.rs",
    "board/src/linux/watchdog.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap()
}

#[test]
fn a_room_imports_only_what_the_house_plan_allows() {
    let packages = packages();
    let ours: BTreeSet<&str> = packages.iter().map(name).collect();
    let mut wrong = Vec::new();
    for package in &packages {
        if ANY.contains(&name(package)) {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(room, _)| *room == name(package)) else {
            wrong.push(format!("{} is in no row of the house plan", name(package)));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            // What a room's own tests drive it with is no arrow of the house.
            let for_tests = dependency["kind"] == "dev";
            let to = name(dependency);
            if ours.contains(to) && !for_tests && !allowed.contains(&to) {
                wrong.push(format!("{} may not import {to}", name(package)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_row_of_the_house_plan_is_a_room() {
    let packages = packages();
    let ours: BTreeSet<&str> = packages.iter().map(name).collect();
    for (room, _) in ARROWS {
        assert!(ours.contains(room), "{room} is planned and does not exist");
    }
}

#[test]
fn core_rooms_name_no_executor_no_file_no_socket_and_no_clock() {
    let mut wrong = Vec::new();
    for core in CORES {
        for file in sources(&root().join(core).join("src")) {
            for (number, line) in code_lines(&file) {
                for (word, what) in OUTSIDE {
                    if line.contains(word) {
                        let at = file.strip_prefix(root()).unwrap().display().to_string();
                        wrong.push(format!("{at}:{number} names {what}: {word}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn unsafe_stands_only_where_a_c_library_is_wrapped() {
    let mut wrong = Vec::new();
    for top in ["firmware", "drivers", "board", "models", "tools", "tests"] {
        for file in sources(&root().join(top)) {
            let at = file.strip_prefix(root()).unwrap().display().to_string();
            if UNSAFE.iter().any(|allowed| at.starts_with(allowed)) || at.contains("tests/house") {
                continue;
            }
            for (number, line) in code_lines(&file) {
                if line.contains("unsafe {") || line.contains("unsafe fn") {
                    wrong.push(format!("{at}:{number}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_source_file_is_so_long_that_it_holds_two_thoughts() {
    let mut wrong = Vec::new();
    for top in ["firmware", "drivers", "board", "models", "tools"] {
        for file in sources(&root().join(top)) {
            let lines = std::fs::read_to_string(&file).unwrap().lines().count();
            if lines > 600 {
                wrong.push(format!(
                    "{}: {lines} lines",
                    file.strip_prefix(root()).unwrap().display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "look for the seam in {wrong:#?}");
}

/// Every Rust file below a folder, without build output.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return files };
    for entry in entries.flatten() {
        let path = entry.path();
        let file_name = entry.file_name();
        if path.is_dir() && file_name != "target" && file_name != "node_modules" {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files
}

/// A file's lines with their numbers, without comments and without the tests at its bottom.
fn code_lines(file: &Path) -> Vec<(usize, String)> {
    let text = std::fs::read_to_string(file).unwrap();
    let own_tests = file.file_name().is_some_and(|name| name == "tests.rs");
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !own_tests && !line.starts_with("#[cfg(test)]"))
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or("").to_string()))
        .collect()
}

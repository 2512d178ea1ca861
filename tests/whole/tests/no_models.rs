//! Speech models missing or broken: calls are recorded, words come later.

use serde_json::Value;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;
use whole::{Branch, Setting, json_lines, models, said, wait_for};

/// The folder with the models, or nothing and a word about it.
fn wanted(test: &str) -> Option<PathBuf> {
    let found = models();
    if found.is_none() {
        eprintln!("SKIPPED {test}: no speech models (tools/test fetches them)");
    }
    found
}

/// The closed calls that were answered.
fn answered(branch: &Branch) -> Vec<Value> {
    let mut calls = branch.calls();
    calls.retain(|call| call["record"]["answered"] == true);
    calls
}

/// The oldest answered call whose words are still to come.
fn first_pending(branch: &Branch) -> Option<String> {
    let calls = answered(branch);
    let pending = calls.iter().rev().find(|call| call["record"]["speech"] == "pending")?;
    Some(pending["call"].as_str()?.to_owned())
}

/// Many calls in a short time.
fn hurried(models: &Path) -> Setting<'_> {
    Setting { lines: 2, speed: 8, pause_s: 1.0, language: "zh", models, ..Setting::default() }
}

#[test]
fn calls_recorded_without_models_get_their_words_when_the_models_come() {
    let Some(models) = wanted("calls_recorded_without_models") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("models");
    let mut branch = Branch::new(folder.path(), &hurried(&empty), None);
    branch.start();
    let call = wait_for("an answered call", Duration::from_secs(60), || first_pending(&branch));
    wait_for("the lack to be told", Duration::from_secs(20), || {
        let (up, waiting) =
            (branch.metric("tipring_speech_up")?, branch.metric("tipring_speech_waiting")?);
        (up == 0.0 && waiting >= 1.0).then_some(())
    });
    assert!(branch.process().stop().success());

    // The models come, and the same branch starts again, at the pace of life.
    symlink(&models, &empty).expect("a link");
    let calm = Setting { lines: 1, speed: 1, pause_s: 5.0, models: &empty, ..Setting::default() };
    let mut branch = Branch::new(folder.path(), &calm, None);
    branch.start();
    let record = wait_for("the words of a call of the past", Duration::from_secs(150), || {
        let record = json_lines(&branch.run(&["show", &call, "--json"])).remove(0);
        (record["revision"] == 1).then_some(record)
    });
    assert_eq!(record["speech"], "done", "{call}");
    assert!(!record["utterances"].as_array().expect("a list").is_empty(), "{call} has no words");
    assert!(record["findings"].is_object(), "{call} was not understood");
    assert!(branch.process().stop().success());
}

#[test]
fn a_broken_model_is_named_and_calls_are_recorded_all_the_same() {
    let Some(models) = wanted("a_broken_model_is_named") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let broken = folder.path().join("models");
    std::fs::create_dir(&broken).expect("a folder");
    let name = "whisper-base-q8_0.bin";
    for entry in std::fs::read_dir(&models).expect("the models").flatten() {
        if entry.file_name() != name {
            symlink(entry.path(), broken.join(entry.file_name())).expect("a link");
        }
    }
    let mut bytes = std::fs::read(models.join(name)).expect("the model");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0xA5);
    std::fs::write(broken.join(name), bytes).expect("a broken model");

    let mut branch = Branch::new(folder.path(), &hurried(&broken), None);
    let told = branch.run(&["models", "--json"]);
    assert_eq!(told.status.code(), Some(1), "{}", said(&told));
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    let line = text.lines().find(|line| line.contains(name)).expect("the model is listed");
    assert!(line.contains("\"corrupt\""), "{line}");

    branch.start();
    wait_for("an answered call", Duration::from_secs(60), || first_pending(&branch));
    wait_for("the model to be named", Duration::from_secs(20), || {
        let up = branch.metric("tipring_speech_up")?;
        (up == 0.0 && branch.log().contains(name)).then_some(())
    });
    assert!(branch.process().stop().success());
}

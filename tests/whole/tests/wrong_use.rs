//! Wrong use and bad input: a sentence and exit status 1 or 2, never a crash, nothing deleted.

use serde_json::Value;
use std::fs::{create_dir_all, read_to_string, write};
use std::net::TcpListener;
use std::process::Output;
use std::time::Duration;
use whole::{Branch, Setting, json_lines, path, program, run, run_with, said, wait_for};

/// The command failed with this exit status, without a panic, and said all of this.
fn refused(output: &Output, status: i32, words: &[&str]) {
    let text = said(output);
    assert_eq!(output.status.code(), Some(status), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

#[test]
fn a_wrong_configuration_is_named_by_file_key_value_and_what_is_allowed() {
    let folder = tempfile::tempdir().expect("a folder");
    let branch = Branch::new(folder.path(), &Setting::default(), None);
    let good = read_to_string(&branch.config).expect("the configuration");
    let file = path(&branch.config);
    let wrong: [(&str, &str, &[&str]); 6] = [
        ("lines = 4", "lines = 0", &[file, "card.lines", "= 0", "1 to 64"]),
        ("speed = 8", "speed = 33", &[file, "card.speed", "33", "1 to 32"]),
        ("pause_s = 1.0", "pause_s = -1.0", &[file, "card.pause_s", "-1", "0 to 3600"]),
        ("\"exchange\"", "\"dadhi\"", &[file, "dadhi", "exchange"]),
        ("Asia/Shanghai", "Asia/Atlantis", &[file, "device.time_zone", "Atlantis", "IANA"]),
        ("[speech]", "[speech]\nthreads = 99", &[file, "speech.threads", "99", "1 to 64"]),
    ];
    for (from, to, words) in wrong {
        write(&branch.config, good.replacen(from, to, 1)).expect("a configuration");
        for command in [&["run"][..], &["calls"], &["verify"], &["models"]] {
            refused(&branch.run(command), 2, words);
        }
    }
    write(&branch.config, b"[device\n\xff").expect("a configuration");
    refused(&branch.run(&["run"]), 2, &[file]);
    let nowhere = run(&program("tipring"), &["--config", "/nowhere/tipring.toml", "run"]);
    refused(&nowhere, 2, &["/nowhere/tipring.toml", "--config"]);
}

#[test]
fn every_command_explains_itself_and_an_unknown_one_is_wrong_use() {
    let appliance = [
        "run",
        "transcribe",
        "understand",
        "calls",
        "show",
        "export",
        "verify",
        "erase",
        "lines",
        "models",
        "device",
    ];
    let collector = ["init", "enroll", "serve", "query", "export"];
    for (name, commands) in [("tipring", &appliance[..]), ("tipring-collector", &collector[..])] {
        let program = program(name);
        for command in commands {
            let output = run(&program, &[command, "--help"]);
            assert!(output.status.success(), "{name} {command}: {}", said(&output));
            assert!(String::from_utf8_lossy(&output.stdout).contains("Usage:"), "{command}");
        }
        refused(&run(&program, &["dance"]), 2, &["dance"]);
        refused(&run(&program, &[]), 2, &["Usage:"]);
    }
}

#[test]
fn input_that_is_none_gets_an_answer_for_each_and_the_run_goes_on() {
    let good = r#"{"id":"a","started_at":"2026-03-02T10:15:00+08:00","language":"zh","turns":[{"speaker":"agent","text":"您好"},{"speaker":"customer","text":"不需要，谢谢"}]}"#;
    let input =
        [b"dance\n".as_slice(), b"{\"id\":\n", b"\xff\xfe\n", b"[]\n", good.as_bytes(), b"\n"];
    let output = run_with(&program("tipring"), &["understand"], &input.concat());
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let answers: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    assert_eq!(answers.len(), 5, "{text}");
    for answer in &answers[..4] {
        assert!(answer["id"].is_null() && answer["error"].is_string(), "{answer}");
    }
    assert!(answers[4]["id"] == "a" && answers[4].get("error").is_none(), "{}", answers[4]);
}

#[test]
fn a_wav_that_is_none_is_named_with_what_is_wrong() {
    let Some(models) = whole::models() else {
        eprintln!(
            "SKIPPED a_wav_that_is_none_is_named: no speech models (tools/test fetches them)"
        );
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let noise = folder.path().join("noise.wav");
    write(&noise, b"RIFF\x04\0\0\0WAVEfmt \xff\xff\xff\xff").expect("a file");
    let empty = folder.path().join("empty.wav");
    write(&empty, b"").expect("a file");
    let gone = folder.path().join("gone.wav");
    let all = [path(&noise), path(&empty), path(&gone)];
    let arguments = [&["--json", "transcribe", "--models", path(&models)], &all[..]].concat();
    let output = run(&program("tipring"), &arguments);
    refused(&output, 1, &all);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let answers: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    assert_eq!(answers.len(), 3, "{text}");
    assert!(answers.iter().all(|answer| answer["error"].is_string()), "{text}");
}

#[test]
fn what_is_not_there_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut branch = Branch::new(folder.path(), &Setting { lines: 1, ..Setting::default() }, None);
    let unknown = "01M83BAJNT7YMFQ8W1NEBPAJEX";
    for command in [&["calls"][..], &["verify"], &["show", unknown]] {
        refused(&branch.run(command), 1, &[path(&branch.data), "no journal"]);
    }
    refused(&branch.run(&["lines"]), 1, &["no appliance runs"]);
    refused(&branch.run(&["show", "not-an-id"]), 2, &["not-an-id"]);
    refused(&branch.run(&["erase", "not-an-id", "--why", "asked"]), 2, &["not-an-id"]);
    refused(&branch.run(&["export", unknown]), 2, &["--wav", "--vcon"]);
    refused(&branch.run(&["models"]), 1, &[]);

    branch.start();
    refused(&branch.run(&["show", unknown]), 1, &[unknown, "not in this journal"]);
    refused(&branch.run(&["export", unknown, "--wav", "/dev/null"]), 1, &[unknown]);
    refused(&branch.run(&["erase", unknown, "--why", "asked"]), 1, &[unknown]);
    refused(&branch.run(&["erase", unknown, "--why", " "]), 2, &["--why"]);

    // A second appliance on the same data folder, and one whose page's port is taken.
    refused(&branch.run(&["run"]), 1, &[path(&branch.data), "running already"]);
    branch.process().stop();
    let taken = TcpListener::bind(("127.0.0.1", branch.port)).expect("the port is free again");
    refused(&branch.run(&["run"]), 1, &["page.listen", &branch.port.to_string()]);
    drop(taken);
    let verified = branch.run(&["verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));

    let nowhere = folder.path().join("nowhere");
    let query = run(&program("tipring-collector"), &["query", "--data", path(&nowhere)]);
    refused(&query, 1, &[path(&nowhere)]);
}

#[test]
fn foreign_segments_and_a_damaged_index_are_set_aside_by_name_and_every_call_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut branch = Branch::new(folder.path(), &Setting::default(), None);
    branch.start();
    wait_for("two calls to be over", Duration::from_secs(60), || {
        (branch.calls().iter().filter(|call| call["state"] == "closed").count() >= 2).then_some(())
    });
    branch.process().stop();
    let before = branch.calls();
    assert!(before.iter().all(|call| call["state"] == "closed"), "{before:?}");

    let segments = branch.data.join("segments");
    let foreign = b"this was never a journal".repeat(100);
    write(segments.join("0000000900.seg"), &foreign).expect("a foreign segment");
    write(segments.join("0000000901.seg"), b"").expect("an empty segment");
    write(segments.join("notes.txt"), b"left here").expect("a stray file");
    // The index's main file loses its middle, and gets a folder that it has no use for.
    let database = branch.data.join("index/db");
    let mut bytes = std::fs::read(&database).expect("the index");
    let length = bytes.len();
    bytes[length / 4..length / 2].fill(0xA5);
    bytes.truncate(length * 3 / 4);
    write(&database, bytes).expect("a damaged index");
    create_dir_all(branch.data.join("index/blobs/strange")).expect("a folder");

    branch.start();
    let log = branch.log();
    assert!(!log.contains("panicked"), "{log}");
    let recovery = log.lines().rfind(|line| line.contains("frames kept")).expect("a line");
    assert!(recovery.contains("set aside"), "{recovery}");
    let after = branch.calls();
    for call in &before {
        assert!(after.contains(call), "{call} is gone or changed");
    }
    branch.process().stop();
    assert!(json_lines(&branch.run(&["verify", "--json"]))[0]["sound"] == true);
    assert_eq!(read_to_string(segments.join("notes.txt")).expect("the stray file"), "left here");
    let kept = std::fs::read_dir(&segments).expect("the segments").flatten();
    let kept = kept.filter_map(|entry| std::fs::read(entry.path()).ok());
    assert!(kept.into_iter().any(|bytes| bytes == foreign), "the foreign segment was changed");
}

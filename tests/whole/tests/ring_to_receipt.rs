//! The whole way of a call, in life's own time: from the line to headquarters' receipt.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use whole::{
    Branch, Headquarters, Setting, delivered_once, envelopes, journal_of, json_lines, models, path,
    program, root, run, said, wait_for,
};

/// Finished records that are waited for.
const WANTED: usize = 3;

fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs_f64() * 1000.0
}

#[test]
fn a_call_becomes_words_findings_and_a_receipt() {
    let Some(models) = models() else {
        eprintln!(
            "SKIPPED a_call_becomes_words_findings_and_a_receipt: no speech models (tools/test fetches them)"
        );
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut headquarters = Headquarters::new(folder.path());
    headquarters.start();
    let setting =
        Setting { lines: 2, speed: 1, pause_s: 2.0, models: &models, ..Setting::default() };
    let mut branch = Branch::new(folder.path(), &setting, Some(&headquarters));
    branch.start();

    // Until a handful of spoken calls is finished and signed for.
    let mut finished: BTreeMap<String, Value> = BTreeMap::new();
    wait_for("finished records", Duration::from_secs(400), || {
        for call in branch.calls() {
            let id = call["call"].as_str()?.to_owned();
            let done = call["record"]["speech"] == "done" && call["record"]["answered"] == true;
            if !done || finished.contains_key(&id) {
                continue;
            }
            let record = json_lines(&branch.run(&["show", &id, "--json"])).remove(0);
            let opened = record["cdr"]["opened_at"]["unix_ms"].as_f64()?;
            let released = opened + record["cdr"]["released_at"].as_f64()? / 8.0;
            eprintln!("{id}: finished {:.1} s after its release", (now_ms() - released) / 1000.0);
            finished.insert(id, record);
        }
        let spoken = finished.values().filter(|record| spoke(record, "customer")).count();
        (spoken >= WANTED && branch.metric("tipring_uplink_waiting")? == 0.0).then_some(())
    });
    assert_eq!(branch.metric("tipring_uplink_up"), Some(1.0));

    for (id, record) in &finished {
        check_record(id, record);
    }
    let (id, record) = finished
        .iter()
        .find(|(_, record)| spoke(record, "agent") && spoke(record, "customer"))
        .expect("a call in which both spoke");
    check_commands(&branch, id, record);
    check_wav(&branch, id, record, folder.path());
    check_vcon(&branch, id, record, folder.path());
    check_headquarters(&headquarters, id, record, folder.path());

    let report = json_lines(&branch.run(&["verify", "--json"])).remove(0);
    assert_eq!(report["sound"], true, "{report}");
    assert!(branch.process().stop().success());
    let stored = delivered_once(&branch, &headquarters);
    assert!(stored >= 2 * finished.len(), "{stored} records at headquarters");
    assert!(headquarters.process().stop().success());
    let receipts = journal_of(&branch).receipts().expect("the receipts");
    assert_eq!(receipts.len(), stored, "a receipt for each record at headquarters");
    nothing_leaks(&branch, &headquarters);
}

fn spoke(record: &Value, side: &str) -> bool {
    utterances(record).iter().any(|said| said["side"] == side)
}

fn utterances(record: &Value) -> &[Value] {
    record["utterances"].as_array().map_or(&[], Vec::as_slice)
}

/// Findings rest on utterances that are there; the number is masked.
fn check_record(id: &str, record: &Value) {
    assert_eq!(record["revision"], 1, "{id}");
    let findings = &record["findings"];
    assert!(findings.is_object(), "{id} was not understood");
    let count = utterances(record).len() as u64;
    assert_eq!(findings["utterances"].as_array().map_or(0, Vec::len) as u64, count, "{id}");
    for name in ["interest", "outcome", "sentiment"] {
        let finding = &findings[name];
        if finding.is_null() {
            continue;
        }
        let evidence = finding["evidence"].as_array().expect("evidence");
        assert!(!evidence.is_empty(), "{id}: {name} rests on nothing");
        assert!(evidence.iter().all(|at| at.as_u64().is_some_and(|at| at < count)), "{finding}");
        assert!(finding["p"].as_f64().is_some_and(|p| (0.0..=1.0).contains(&p)), "{finding}");
    }
    if count > 0 {
        assert!(findings["summary"].as_str().is_some_and(|text| !text.is_empty()), "{id}");
    }
    let customer = record["cdr"]["customer"].as_str().unwrap_or("***");
    assert!(customer.contains('*'), "{id} shows its number");
    let hashes = record["models"].as_array().expect("models");
    let zero =
        |model: &Value| model["sha256"].as_array().is_some_and(|all| all.iter().all(|b| b == 0));
    assert!(!hashes.is_empty() && !hashes.iter().any(zero), "{id}: a model without its hash");
}

fn check_commands(branch: &Branch, id: &str, masked: &Value) {
    for command in [&["calls"][..], &["show", id], &["lines"], &["models"], &["verify"]] {
        let output = branch.run(command);
        assert!(output.status.success(), "{command:?}: {}", said(&output));
        assert!(!output.stdout.is_empty(), "{command:?} says nothing");
    }
    let lines = json_lines(&branch.run(&["lines", "--json"]));
    assert_eq!(lines.len(), 2, "{lines:?}");
    let models = json_lines(&branch.run(&["models", "--json"]));
    assert!(models.iter().any(|model| model["state"] == "present"), "{models:?}");
    let revealed = json_lines(&branch.run(&["show", id, "--reveal", "--json"])).remove(0);
    let number = revealed["cdr"]["customer"].as_str().expect("a number");
    assert!(number.bytes().all(|byte| byte.is_ascii_digit()), "the number is not revealed");
    assert_eq!(revealed["call"], masked["call"]);
    let found = json_lines(&branch.run(&["calls", "--json", "--number", number]));
    assert!(found.iter().any(|call| call["call"] == *id), "not found by its number");
}

fn check_wav(branch: &Branch, id: &str, record: &Value, folder: &std::path::Path) {
    let file = folder.join("call.wav");
    let exported = branch.run(&["export", id, "--wav", path(&file)]);
    assert!(exported.status.success(), "{}", said(&exported));
    let mut wav = hound::WavReader::open(&file).expect("a WAV file");
    assert_eq!((wav.spec().channels, wav.spec().sample_rate), (2, 8000));
    let track = |side: usize| record["audio"][side]["samples"].as_u64().expect("a length");
    let length = u64::from(wav.duration());
    let longest = track(0).max(track(1)) + record["audio"][0]["start"].as_u64().unwrap_or(0);
    assert!(length.abs_diff(longest) <= 800, "{length} samples where {longest} were recorded");
    let samples: Vec<i16> = wav.samples().map(|sample| sample.expect("a sample")).collect();
    for (index, side) in ["agent", "customer"].into_iter().enumerate() {
        // Where somebody speaks there is sound on their side, be it one short word.
        for said in utterances(record).iter().filter(|said| said["side"] == side) {
            let at =
                |key: &str| usize::try_from(said[key].as_u64().expect("a time")).expect("a time");
            let stretch = &samples[2 * at("start")..samples.len().min(2 * at("end"))];
            let loudest = stretch.chunks(2 * 800).map(|part| rms(part, index)).fold(0.0, f64::max);
            assert!(loudest > 200.0, "{side} is silent while speaking (rms {loudest:.0})");
        }
    }
}

/// One track's root mean square in a stretch of stereo.
fn rms(stereo: &[i16], track: usize) -> f64 {
    let power: f64 = stereo.chunks(2).map(|pair| f64::from(pair[track]).powi(2)).sum();
    (power / (stereo.len() / 2) as f64).sqrt()
}

fn check_vcon(branch: &Branch, id: &str, record: &Value, folder: &std::path::Path) {
    let file = folder.join("call.vcon.json");
    let exported = branch.run(&["export", id, "--vcon", path(&file)]);
    assert!(exported.status.success(), "{}", said(&exported));
    let text = std::fs::read_to_string(&file).expect("a file");
    let vcon: Value = serde_json::from_str(&text).expect("JSON");
    assert!(vcon["vcon"].is_string() && vcon["uuid"].is_string() && vcon["created_at"].is_string());
    assert_eq!(vcon["parties"].as_array().map(Vec::len), Some(2));
    let dialog = vcon["dialog"].as_array().expect("a dialog");
    assert!(dialog.iter().any(|one| one["type"] == "recording" && one["body"].is_string()));
    assert!(!vcon["analysis"].as_array().expect("an analysis").is_empty());
    let words = utterances(record)[0]["text"].as_str().expect("words");
    assert!(!words.is_empty());
}

fn check_headquarters(hq: &Headquarters, id: &str, record: &Value, folder: &std::path::Path) {
    let known = hq.query(&[]);
    let found = known.iter().find(|found| found["record"]["call"] == *id).expect("it came");
    assert_eq!(found["record"]["revision"], record["revision"]);
    let number = found["record"]["cdr"]["customer"].as_str().expect("a number");
    let same = hq.query(&["--number", number]);
    assert!(same.iter().any(|found| found["record"]["call"] == *id), "not found by its number");
    assert!(hq.query(&["--number", "99999999999"]).is_empty());
    let file = folder.join("hq.vcon.json");
    let arguments = ["export", "--data", path(&hq.data), id, "--vcon", path(&file)];
    let exported = run(&program("tipring-collector"), &arguments);
    assert!(exported.status.success(), "{}", said(&exported));
    let vcon: Value =
        serde_json::from_str(&std::fs::read_to_string(&file).expect("a file")).expect("JSON");
    assert!(vcon["vcon"].is_string() && vcon["analysis"].is_array());
}

/// Neither log holds a number that was dialled or spoken, or a sentence that was spoken or heard.
fn nothing_leaks(branch: &Branch, headquarters: &Headquarters) {
    let mut secrets = BTreeSet::new();
    for (_, record) in envelopes(headquarters) {
        secrets.extend(record.cdr.customer.iter().map(|number| number.digits().to_owned()));
        secrets.extend(record.cdr.caller.number.iter().map(|number| number.digits().to_owned()));
        secrets.extend(record.utterances.iter().map(|said| said.text.clone()));
    }
    for entry in std::fs::read_dir(root().join("tests/voices")).expect("voices").flatten() {
        let file = entry.path();
        if file.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read_to_string(&file).expect("a file");
            let spoken: Value = serde_json::from_str(&text).expect("JSON");
            let turns = spoken["turns"].as_array().into_iter().flatten();
            secrets.extend(turns.filter_map(|turn| turn["text"].as_str().map(str::to_owned)));
        }
    }
    secrets.retain(|text| text.chars().count() >= 6);
    assert!(secrets.len() > 30, "{} things to look for", secrets.len());
    for (whose, log) in [("the branch", branch.log()), ("headquarters", headquarters.log())] {
        assert!(!log.is_empty(), "{whose} said nothing at all");
        for secret in &secrets {
            assert!(!log.contains(secret.as_str()), "{whose} wrote a customer's words to its log");
        }
    }
}

//! Erasing a call.

use std::time::Duration;
use vault::audit::Action;
use whole::{Branch, Setting, json_lines, path, said, wait_for};

#[test]
fn an_erased_call_cannot_be_read_any_more_and_its_proof_and_the_reason_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut branch = Branch::new(folder.path(), &Setting::default(), None);
    branch.start();
    let call = wait_for("an answered call to be over", Duration::from_secs(60), || {
        let calls = branch.calls();
        let over = calls.iter().find(|call| call["record"]["answered"] == true)?;
        Some(over["call"].as_str()?.to_owned())
    });
    let wav = folder.path().join("before.wav");
    assert!(branch.run(&["export", &call, "--wav", path(&wav)]).status.success());

    let why = "the customer asked for it on 2 March";
    let erased = branch.run(&["erase", &call, "--why", why]);
    assert!(erased.status.success(), "{}", said(&erased));

    let gone = |branch: &Branch| {
        let wav = folder.path().join("after.wav");
        for command in [&["show", &call][..], &["export", &call, "--wav", path(&wav)]] {
            let output = branch.run(command);
            assert_eq!(output.status.code(), Some(1), "{}", said(&output));
            assert!(said(&output).contains("was erased"), "{}", said(&output));
            assert!(output.stdout.is_empty() && !wav.exists());
        }
        let listed = branch.calls();
        let row = listed.iter().find(|row| row["call"] == *call).expect("the call is listed");
        assert!(row["state"] == "erased" && row.get("record").is_none(), "{row}");
        let report = json_lines(&branch.run(&["verify", "--json"])).remove(0);
        assert!(report["sound"] == true && report["erased"] == 1, "{report}");
    };
    gone(&branch);
    branch.process().stop();
    gone(&branch);
    branch.start();
    gone(&branch);
    let again = branch.run(&["erase", &call, "--why", why]);
    assert_eq!(again.status.code(), Some(1), "{}", said(&again));
    assert!(said(&again).contains("already erased"), "{}", said(&again));
    branch.process().stop();

    let entries = whole::journal_of(&branch).audit().expect("the audit chain");
    let about: Vec<_> = entries
        .iter()
        .filter(|entry| entry.call.is_some_and(|id| id.to_string() == call))
        .collect();
    assert!(about.iter().any(|entry| entry.action == Action::Export), "{about:?}");
    let erased: Vec<_> = about.iter().filter(|entry| entry.action == Action::Erase).collect();
    assert_eq!(erased.len(), 1, "{about:?}");
    assert!(erased[0].why == why && erased[0].who.ends_with(" (command line)"), "{erased:?}");
    assert_ne!(erased[0].who, "unknown user (command line)");
}

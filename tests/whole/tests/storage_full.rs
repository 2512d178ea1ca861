//! Storage full: refused, said, nothing lost, and it goes on when there is room.

use small_disk::Small;
use std::collections::BTreeSet;
use std::time::Duration;
use whole::{Branch, Setting, json_lines, wait_for};

fn ids(branch: &Branch, state: &str) -> BTreeSet<String> {
    let calls = branch.calls();
    let wanted = calls.iter().filter(|call| state.is_empty() || call["state"] == state);
    wanted.map(|call| call["call"].as_str().expect("an identity").to_owned()).collect()
}

#[test]
fn a_branch_that_is_full_refuses_new_calls_closes_running_ones_and_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(disk) = Small::mount(&folder.path().join("branch"), 64) else { return };
    let setting = Setting { more: "[storage]\nreserve_mib = 16\n", ..Setting::default() };
    let mut branch = Branch::new(folder.path(), &setting, None);
    branch.start();
    wait_for("calls to be over and others to run", Duration::from_secs(60), || {
        (ids(&branch, "closed").len() >= 3 && ids(&branch, "running").len() >= 2).then_some(())
    });

    // Little room: what runs goes on, nothing new begins.
    disk.fill(8 << 20).expect("a filler");
    wait_for("a call to be refused", Duration::from_secs(60), || {
        (branch.metric("tipring_journal_calls_refused_total")? >= 1.0).then_some(())
    });
    // The page is told once a second, so a moment after the refusal.
    wait_for("the trouble to be told", Duration::from_secs(10), || {
        (branch.metric("tipring_storage_up")? == 0.0).then_some(())
    });
    disk.free().expect("the filler");
    let before = ids(&branch, "");
    wait_for("new calls to be taken again", Duration::from_secs(60), || {
        (ids(&branch, "").len() >= before.len() + 2).then_some(())
    });

    // No room at all, in the middle of calls.
    let seen = ids(&branch, "");
    disk.fill(0).expect("a filler");
    wait_for("the running calls to be closed", Duration::from_secs(90), || {
        ids(&branch, "running").is_empty().then_some(())
    });
    wait_for("the trouble to be told", Duration::from_secs(10), || {
        (branch.metric("tipring_storage_up")? == 0.0).then_some(())
    });
    assert!(seen.is_subset(&ids(&branch, "closed")), "a call is gone");
    disk.free().expect("the filler");
    let before = ids(&branch, "");
    wait_for("new calls to be taken again", Duration::from_secs(60), || {
        let up = branch.metric("tipring_storage_up")?;
        (up == 1.0 && ids(&branch, "").len() >= before.len() + 2).then_some(())
    });

    // Killed while full: the next start finds every call, closes what ran out of the reserve, says
    // what is wrong, and refuses new calls.
    disk.fill(0).expect("a filler");
    let seen = ids(&branch, "");
    branch.process().kill_9();
    disk.fill(0).expect("a filler");
    branch.start();
    let up = wait_for("the trouble to be told", Duration::from_secs(30), || {
        branch.metric("tipring_storage_up")
    });
    assert_eq!(up, 0.0);
    wait_for("a call to be refused", Duration::from_secs(60), || {
        (branch.metric("tipring_journal_calls_refused_total")? >= 1.0).then_some(())
    });
    assert!(seen.is_subset(&ids(&branch, "closed")), "a call is gone, or was not closed");
    disk.free().expect("the filler");
    wait_for("new calls to be taken again", Duration::from_secs(60), || {
        (ids(&branch, "").len() >= seen.len() + 2).then_some(())
    });
    assert!(branch.process().stop().success());
    assert!(seen.is_subset(&ids(&branch, "closed")), "a call is gone");
    let report = json_lines(&branch.run(&["verify", "--json"])).remove(0);
    assert!(report["sound"] == true && report["opened"] == report["closed"], "{report}");
    assert!(!branch.log().contains("panicked"), "{}", branch.log());
}

//! Storage full: refused, said, nothing lost, and it goes on when there is room.

use std::collections::BTreeSet;
use std::fs::{File, create_dir_all, remove_file};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use whole::{Branch, Setting, json_lines, path, said, wait_for};

/// A file system of so many MiB, in memory.
struct Small(PathBuf);

impl Small {
    fn mount(folder: &Path, mib: u32) -> Option<Small> {
        create_dir_all(folder).expect("a folder");
        let options = format!("size={mib}m,mode=0700");
        let arguments = ["-t", "tmpfs", "-o", &options, "tipring-test", path(folder)];
        match Command::new("mount").args(arguments).output() {
            Ok(output) if output.status.success() => Some(Small(folder.to_owned())),
            Ok(output) => skip(&said(&output)),
            Err(error) => skip(&error.to_string()),
        }
    }

    /// Takes all that is free but so many MiB.
    fn fill(&self, but_mib: u64) {
        let mut file = File::create(self.0.join("filler")).expect("a file");
        let block = vec![7; 64 << 10];
        loop {
            let stat = nix::sys::statvfs::statvfs(&self.0).expect("a file system");
            let free = stat.blocks_available() * stat.fragment_size();
            if free <= but_mib << 20 || file.write_all(&block).is_err() {
                return;
            }
        }
    }

    fn free(&self) {
        remove_file(self.0.join("filler")).expect("the filler");
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Lazily: what still has a file open there ends a moment later.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn skip(why: &str) -> Option<Small> {
    eprintln!("SKIPPED a test of full storage: no small file system can be mounted here: {why}");
    None
}

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
    disk.fill(8);
    wait_for("a call to be refused", Duration::from_secs(60), || {
        (branch.metric("tipring_journal_calls_refused_total")? >= 1.0).then_some(())
    });
    // The page is told once a second, so a moment after the refusal.
    wait_for("the trouble to be told", Duration::from_secs(10), || {
        (branch.metric("tipring_storage_up")? == 0.0).then_some(())
    });
    disk.free();
    let before = ids(&branch, "");
    wait_for("new calls to be taken again", Duration::from_secs(60), || {
        (ids(&branch, "").len() >= before.len() + 2).then_some(())
    });

    // No room at all, in the middle of calls.
    let seen = ids(&branch, "");
    disk.fill(0);
    wait_for("the running calls to be closed", Duration::from_secs(90), || {
        ids(&branch, "running").is_empty().then_some(())
    });
    wait_for("the trouble to be told", Duration::from_secs(10), || {
        (branch.metric("tipring_storage_up")? == 0.0).then_some(())
    });
    assert!(seen.is_subset(&ids(&branch, "closed")), "a call is gone");
    disk.free();
    let before = ids(&branch, "");
    wait_for("new calls to be taken again", Duration::from_secs(60), || {
        let up = branch.metric("tipring_storage_up")?;
        (up == 1.0 && ids(&branch, "").len() >= before.len() + 2).then_some(())
    });
    assert!(branch.process().stop().success());
    assert!(seen.is_subset(&ids(&branch, "closed")), "a call is gone");
    let report = json_lines(&branch.run(&["verify", "--json"])).remove(0);
    assert!(report["sound"] == true && report["opened"] == report["closed"], "{report}");
    assert!(!branch.log().contains("panicked"), "{}", branch.log());
}

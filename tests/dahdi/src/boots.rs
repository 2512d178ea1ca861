//! The boots, run once each for all tests of a file, and their console read.
//!
//! Where the machine cannot have the guest, and unless `TIPRING_GUEST` is set (`tools/test --guests` sets it),
//! a boot is skipped, loudly: it takes minutes, and making the guest fetches packages.

// What the lints allow in a test they do not allow in what tests share.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// What a boot printed.
pub struct Boot {
    console: String,
    /// What stands behind each `@@ NAME`.
    sections: BTreeMap<String, String>,
    calls: BTreeMap<String, Vec<Call>>,
}

/// One call of the guest's journal.
#[derive(Debug)]
pub struct Call {
    /// As `tipring show --json` gave it.
    pub record: Value,
}

impl Call {
    /// A field of the call's own data.
    pub fn text(&self, field: &str) -> &str {
        self.record["cdr"][field].as_str().unwrap_or("")
    }

    /// The customer's number, masked.
    pub fn customer(&self) -> &str {
        self.text("customer")
    }

    fn samples(&self, field: &str) -> Option<u64> {
        self.record["cdr"][field].as_u64()
    }

    fn opened_at_ms(&self) -> u64 {
        self.record["cdr"]["opened_at"]["unix_ms"].as_u64().unwrap_or(0)
    }

    /// When it was answered, on the wall.
    pub fn answered_at_ms(&self) -> u64 {
        self.opened_at_ms() + self.samples("answered_at").unwrap_or(0) / 8
    }

    /// When it ended, on the wall.
    pub fn released_at_ms(&self) -> u64 {
        self.opened_at_ms() + self.samples("released_at").unwrap_or(0) / 8
    }

    /// From the answer to the release.
    pub fn talk_ms(&self) -> u64 {
        let answered = self.samples("answered_at");
        answered.map_or(0, |at| self.samples("released_at").unwrap_or(at).saturating_sub(at) / 8)
    }
}

impl Boot {
    fn read(console: String) -> Boot {
        let mut sections: BTreeMap<String, String> = BTreeMap::new();
        let mut name = String::new();
        for line in console.lines() {
            match line.strip_prefix("@@ ") {
                Some(next) => name = next.trim().to_owned(),
                None => {
                    let section = sections.entry(name.clone()).or_default();
                    section.push_str(line.trim_end());
                    section.push('\n');
                }
            }
        }
        let json = |text: &String| {
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
        };
        let records = sections.iter().filter_map(|(name, text)| {
            let phase = name.strip_prefix("records ")?;
            let records: Vec<Value> = json(text);
            Some((phase.to_owned(), records.into_iter().map(|record| Call { record }).collect()))
        });
        let calls = records.collect();
        Boot { console, sections, calls }
    }

    /// What stands in a section.
    pub fn section(&self, name: &str) -> &str {
        let section = self.sections.get(name);
        section.unwrap_or_else(|| panic!("no section {name:?} in:\n{}", self.console))
    }

    /// A phase's calls, newest first.
    pub fn calls(&self, phase: &str) -> &[Call] {
        self.section(&format!("records {phase}"));
        &self.calls[phase]
    }

    /// What `tipring lines` said at some time.
    pub fn lines(&self, when: &str) -> Vec<Value> {
        let text = self.section(&format!("lines {when}"));
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The same of one line, from 1.
    pub fn line(&self, when: &str, number: usize) -> Value {
        let name = format!("line-{number}");
        let found = self.lines(when).into_iter().find(|line| line["name"] == name.as_str());
        found.unwrap_or_else(|| panic!("no {name} {when:?}:\n{}", self.console))
    }

    /// What the exchange did on a line, from 1, as `(ms, deed)`.
    fn deeds(&self, phase: &str, line: u64) -> Vec<(u64, String)> {
        let text = self.section(&format!("office {phase}"));
        let entries = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mine = entries.filter(|entry| entry["line"] == line);
        let deed = |entry: Value| Some((entry["ms"].as_u64()?, entry["deed"].as_str()?.to_owned()));
        mine.filter_map(deed).collect()
    }

    /// The same as one text.
    pub fn office(&self, phase: &str, line: u64) -> String {
        self.deeds(phase, line).into_iter().map(|(ms, deed)| format!("{ms} {deed}\n")).collect()
    }

    /// On every line: how long after a release that only busy tone told the loop was opened.
    pub fn hang_up_after_busy_ms(&self, phase: &str) -> Vec<u64> {
        // Line 4 makes the outgoing call with busy tone alone, line 2 takes the incoming one.
        let mut after = Vec::new();
        for line in [2, 4] {
            let deeds = self.deeds(phase, line);
            for pair in deeds.windows(2) {
                let [(began, busy), (ended, opened)] = pair else { continue };
                if busy == "Progress(Busy)" && opened == "LoopOpened" {
                    after.push(ended - began);
                }
            }
        }
        after
    }

    /// Fails where one of the checks of `line-figures` did not pass, or is missing.
    pub fn passed(&self, wanted: &[&str]) {
        for line in self.console.lines().filter(|line| line.contains("FIGURE ")) {
            println!("{line}");
        }
        for name in wanted {
            let passed = format!("CHECK {name} passed");
            let all = &self.console;
            assert!(all.lines().any(|line| line.contains(&passed)), "{name} in:\n{all}");
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join(name);
    assert!(program.exists(), "{name} is not built: run cargo build --release --bins first");
    program
}

/// Whether there is a guest; made once.
static GUEST: LazyLock<bool> = LazyLock::new(|| {
    if std::env::var_os("TIPRING_GUEST").is_none() {
        eprintln!(
            "SKIPPED: lines on the real kernel driver; set TIPRING_GUEST=1 to boot the guest"
        );
        return false;
    }
    let made =
        Command::new(root().join("tests/dahdi/setup")).stdin(Stdio::null()).status().unwrap();
    match made.code() {
        Some(0) => true,
        Some(3) => {
            eprintln!(
                "SKIPPED: lines on the real kernel driver; the lines above say what is missing"
            );
            false
        }
        other => panic!("tests/dahdi/setup ended with {other:?}"),
    }
});

fn boot(folder: &str, programs: &[&str], seconds: u32) -> Option<Boot> {
    if !*GUEST {
        return None;
    }
    let output = Command::new(root().join("tests/dahdi/boot"))
        .arg(root().join("tests/dahdi/guest").join(folder))
        .args(programs.iter().map(|name| program(name)))
        .env("GUEST_LIMIT", seconds.to_string())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let console = String::from_utf8_lossy(&output.stdout).into_owned();
    let kept = root().join("var/dahdi").join(format!("{folder}.console"));
    let _ = std::fs::write(&kept, &console);
    assert!(console.contains("GUEST-ENDED"), "the guest did not end; see {}", kept.display());
    Some(Boot::read(console))
}

static FIGURES: LazyLock<Option<Boot>> =
    LazyLock::new(|| boot("figures", &["line-figures"], 1_200));
static CALLS: LazyLock<Option<Boot>> =
    LazyLock::new(|| boot("calls", &["tipring", "central-office", "line-figures"], 3_600));
static INTEGRITY: LazyLock<Option<Boot>> =
    LazyLock::new(|| boot("integrity", &["line-figures"], 3_600));

/// Both ends of four lines in one process.
pub fn figures() -> Option<&'static Boot> {
    FIGURES.as_ref()
}

/// The appliance, and the exchange behind it.
pub fn calls() -> Option<&'static Boot> {
    CALLS.as_ref()
}

/// Ten minutes of telling streams.
pub fn integrity() -> Option<&'static Boot> {
    INTEGRITY.as_ref()
}

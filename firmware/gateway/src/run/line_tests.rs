//! Line tests on their way: from whoever asks (the page, the command line) to the thread of the
//! lines, and from there back to the page, the command line and the audit chain.
//!
//! A test seizes a line without a call, so the chain holds an entry before each (who, which line,
//! from where) and one after it (how it ended, how long it took).

use super::clock::Clock;
use super::line_report;
use crate::switchboard::{TestNews, line_name};
use fxo::line_test::{Part, Report};
use journal::Journal;
use status::{LineTest, Live, TestState};
use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vault::audit::{Action, AuditEntry};

/// The tests of all lines; cheap to clone.
#[derive(Clone)]
pub struct LineTests {
    shared: Arc<Mutex<Shared>>,
    journal: Journal,
    clock: Clock,
    live: Live,
    to_lines: Sender<usize>,
}

#[derive(Default)]
struct Shared {
    lines: BTreeMap<usize, Told>,
    /// Entries that say how tests ended, still to be written.
    ended: Vec<AuditEntry>,
}

/// One line's last test.
struct Told {
    who: String,
    test: LineTest,
    report: Option<Report>,
}

/// A test as the command line gets it.
#[derive(serde::Serialize)]
pub struct Standing {
    line: String,
    goes_on: bool,
    passed: bool,
    test: LineTest,
    report: Option<Report>,
}

impl LineTests {
    /// Tests whose requests go to the lines by `to_lines`.
    pub fn new(journal: Journal, clock: Clock, live: Live, to_lines: Sender<usize>) -> Self {
        LineTests { shared: Arc::default(), journal, clock, live, to_lines }
    }

    /// Asks for a test of a line, or of every line; one that goes on already is joined. Returns
    /// when the chain holds who asked.
    pub fn begin(&self, who: &str, from: &str, line: Option<&str>) -> Result<(), String> {
        let known = self.live.snapshot().lines.len();
        let wanted: Vec<usize> = (0..known)
            .filter(|index| line.is_none_or(|line| line == line_name(*index)))
            .filter(|index| !self.goes_on(*index))
            .collect();
        if line.is_some_and(|line| (0..known).all(|index| line_name(index) != line)) {
            return Err("there is no such line; `tipring lines` names them".into());
        }
        for index in wanted {
            let why = format!("test of {} asked for from {from}", line_name(index));
            let entry = self.entry(who, why);
            self.journal.audit(entry).map_err(|error| error.to_string())?;
            let test = LineTest {
                at: self.clock.now(),
                state: TestState::Waiting,
                rows: Vec::new(),
                proposals: Vec::new(),
            };
            let told = Told { who: who.to_owned(), test, report: None };
            self.lock().lines.insert(index, told);
            self.show(index);
            self.to_lines.send(index).map_err(|_| "the lines have stopped".to_owned())?;
        }
        Ok(())
    }

    /// How a line's test goes, as the lines tell it. Does not wait for the disk.
    pub fn tell(&self, index: usize, news: TestNews) {
        let mut shared = self.lock();
        let Some(told) = shared.lines.get_mut(&index) else { return };
        let end = match news {
            TestNews::At(part) => {
                told.test.state = running(part);
                None
            }
            TestNews::NotBegun(why) => {
                told.test.state = TestState::BrokenOff { says: line_report::not_begun(why) };
                Some(format!("test of {} not begun: {why}", line_name(index)))
            }
            TestNews::Over(report) => {
                told.test.state = line_report::state(&report);
                told.test.rows = report.items.iter().map(line_report::row).collect();
                told.test.proposals = report.proposals.iter().map(line_report::proposal).collect();
                let end = ended(index, &report);
                told.report = Some(report);
                Some(end)
            }
        };
        let who = told.who.clone();
        if let Some(why) = end {
            tracing::info!("{why}");
            let entry = self.entry(&who, why);
            shared.ended.push(entry);
        }
        drop(shared);
        self.show(index);
    }

    /// A line's last test, for the page.
    pub fn of(&self, index: usize) -> Option<LineTest> {
        self.lock().lines.get(&index).map(|told| told.test.clone())
    }

    /// Every line's last test, for the command line.
    pub fn standing(&self) -> Vec<Standing> {
        let shared = self.lock();
        let standing = |(index, told): (&usize, &Told)| Standing {
            line: line_name(*index),
            goes_on: told.test.state.goes_on(),
            passed: told.test.state == TestState::Passed,
            test: told.test.clone(),
            report: told.report.clone(),
        };
        shared.lines.iter().map(standing).collect()
    }

    /// Writes down how tests ended. Waits for the disk; what cannot be written is tried again.
    pub fn settle(&self) {
        let ended = std::mem::take(&mut self.lock().ended);
        for entry in ended {
            if let Err(error) = self.journal.audit(entry.clone()) {
                tracing::error!(%error, "how a line test ended is not in the audit chain yet");
                self.lock().ended.push(entry);
            }
        }
    }

    fn goes_on(&self, index: usize) -> bool {
        self.lock().lines.get(&index).is_some_and(|told| told.test.state.goes_on())
    }

    fn entry(&self, who: &str, why: String) -> AuditEntry {
        AuditEntry {
            at: self.clock.now(),
            who: who.to_owned(),
            action: Action::TestLine,
            call: None,
            why,
        }
    }

    fn show(&self, index: usize) {
        let test = self.of(index);
        self.live.line_changed(&line_name(index), |line| line.test = test);
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Whole after every statement; a panic elsewhere does not spoil it.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn running(part: Part) -> TestState {
    TestState::Running { part: part.number(), of: Part::COUNT, says: line_report::part(part) }
}

/// The sentence of the audit chain.
fn ended(index: usize, report: &Report) -> String {
    let how = match (report.aborted, report.passed()) {
        (Some(why), _) => format!("broken off ({why:?})"),
        (None, true) => "passed".into(),
        (None, false) => "found trouble".into(),
    };
    format!("test of {} {how} after {} ms", line_name(index), report.took_ms)
}

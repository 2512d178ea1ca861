//! A line's test, as the page shows it while it goes on and when it is over.

use crate::Saying;
use call::WallTime;
use serde::Serialize;

/// The last test of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineTest {
    /// When it was asked for.
    pub at: WallTime,
    /// How far it is, or what it came to.
    pub state: TestState,
    /// What was found, once it is over.
    pub rows: Vec<TestRow>,
    /// Settings that would suit the line better.
    pub proposals: Vec<Saying>,
}

/// How far a test is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum TestState {
    /// It waits for the line to be free.
    Waiting,
    /// It runs.
    Running {
        /// Which of its parts, from 1.
        part: u8,
        /// How many there are.
        of: u8,
        /// What that part does.
        says: Saying,
    },
    /// Calls can go over this line.
    Passed,
    /// They cannot, or not well.
    Failed,
    /// It was broken off, or never begun: why.
    BrokenOff {
        /// Why.
        says: Saying,
    },
}

impl TestState {
    /// Whether there is more to come.
    pub const fn goes_on(&self) -> bool {
        matches!(self, TestState::Waiting | TestState::Running { .. })
    }
}

/// One thing that was tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TestRow {
    /// What.
    pub name: Saying,
    /// What was found.
    pub found: Saying,
    /// What is allowed; empty where there is no limit.
    pub limit: Saying,
    /// How good that is.
    pub verdict: TestVerdict,
    /// What to do.
    pub advice: Option<Saying>,
}

/// How good something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TestVerdict {
    /// As it should be.
    Good,
    /// It works, and could be better.
    Fair,
    /// Calls suffer or fail.
    Bad,
    /// Not measured, or not seen yet.
    Unknown,
}

//! What the page and the metrics tell of the journal.

use std::time::Duration;

/// How the storage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Everything is taken.
    Working,
    /// Little space is left: running calls go on, new ones are refused.
    Low,
    /// The disk is full: running calls are closed and their events written out of the reserve;
    /// audio and new calls are refused.
    Full,
    /// The last write failed for another reason; each further one is tried.
    Failing,
}

/// A look at the journal.
#[derive(Clone, Debug)]
pub struct Health {
    /// How the storage is.
    pub state: State,
    /// Octets free on the file system, when last looked at (once a second).
    pub free: u64,
    /// What the last failed write said.
    pub last_error: Option<String>,
    /// Calls that run.
    pub calls_open: usize,
    /// Octets of frames written and synced since the start.
    pub written: u64,
    /// Group commits since the start.
    pub commits: u64,
    /// Commits that failed.
    pub failed: u64,
    /// Audio entries refused or lost, for want of space or because the disk was too slow.
    pub audio_lost: u64,
    /// Calls refused.
    pub calls_refused: u64,
    /// Octets handed in and not yet on disk.
    pub queued: usize,
    /// From handing in to being on disk, half of the entries within. Zero before the first.
    pub delay_p50: Duration,
    /// The same, 99 of 100 entries within.
    pub delay_p99: Duration,
}

/// Steps an octave: a figure read out is at most 9 % above the true one.
const STEPS: u32 = 8;
const BUCKETS: usize = 32 * STEPS as usize;

/// A histogram of durations from 1 µs to an hour, on a logarithmic scale.
#[derive(Clone, Debug)]
pub struct Delays {
    counts: [u64; BUCKETS],
    total: u64,
}

impl Default for Delays {
    fn default() -> Self {
        Delays { counts: [0; BUCKETS], total: 0 }
    }
}

impl Delays {
    /// Counts one.
    pub fn add(&mut self, delay: Duration) {
        let us = delay.as_micros().max(1) as f64;
        let bucket = (us.log2() * f64::from(STEPS)).ceil() as usize;
        self.counts[bucket.min(BUCKETS - 1)] += 1;
        self.total += 1;
    }

    /// The delay that a part of all (0 to 1) stayed within; zero if there was none.
    pub fn within(&self, part: f64) -> Duration {
        let wanted = (self.total as f64 * part).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted.max(1) {
                let us = (bucket as f64 / f64::from(STEPS)).exp2();
                return Duration::from_nanos((us * 1000.0) as u64);
            }
        }
        Duration::ZERO
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_tenth_above_the_true_ones() {
        let mut delays = Delays::default();
        assert_eq!(delays.within(0.5), Duration::ZERO);
        for ms in 1..=1000 {
            delays.add(Duration::from_millis(ms));
        }
        for (part, ms) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let said = delays.within(part).as_secs_f64() * 1000.0;
            assert!(said >= ms * 0.999 && said <= ms * 1.1, "{part}: {said} ms, wanted {ms}");
        }
    }
}

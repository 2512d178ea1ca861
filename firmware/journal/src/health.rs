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
    /// From handing in to being on disk in the last [`WINDOW`], half of the entries within. Zero
    /// where there were none.
    pub delay_p50: Duration,
    /// The same, 99 of 100 entries within.
    pub delay_p99: Duration,
}

/// How long a delay counts. An hour's bad minute is history; what the last minutes were like is
/// what somebody can still do something about.
pub const WINDOW: Duration = Duration::from_secs(5 * 60);
/// The window moves on in steps of a fifth.
const SLOTS: usize = 5;

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

    /// Counts another's as well.
    fn join(&mut self, other: &Delays) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.total += other.total;
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.total
    }
}

/// The delays of the last [`WINDOW`]. Time is an argument: how long the journal has been open.
#[derive(Clone, Debug, Default)]
pub struct RecentDelays {
    slots: [Delays; SLOTS],
    /// Which step of the window was last added to or read, counted from the opening.
    step: u64,
}

impl RecentDelays {
    /// Counts one.
    pub fn add(&mut self, delay: Duration, now: Duration) {
        let slot = self.turn_to(now);
        self.slots[slot].add(delay);
    }

    /// The delay that a part of the window's (0 to 1) stayed within; zero if there was none.
    pub fn within(&mut self, part: f64, now: Duration) -> Duration {
        self.turn_to(now);
        let mut all = Delays::default();
        self.slots.iter().for_each(|slot| all.join(slot));
        all.within(part)
    }

    /// Empties the slots whose time has passed; the one that counts now.
    fn turn_to(&mut self, now: Duration) -> usize {
        let step = u64::try_from(now.as_nanos() / (WINDOW.as_nanos() / SLOTS as u128));
        let step = step.unwrap_or(u64::MAX).max(self.step);
        let gone = (step - self.step).min(SLOTS as u64);
        for passed in 0..gone {
            self.slots[((step - passed) % SLOTS as u64) as usize] = Delays::default();
        }
        self.step = step;
        (step % SLOTS as u64) as usize
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

    #[test]
    fn a_bad_minute_is_forgotten_when_the_window_has_passed() {
        let at = |seconds: u64| Duration::from_secs(seconds);
        let (fast, slow) = (Duration::from_millis(10), Duration::from_secs(2));
        let mut recent = RecentDelays::default();
        (0..10).for_each(|_| recent.add(slow, at(30)));
        for second in 60..330 {
            recent.add(fast, at(second));
            let seen = recent.within(0.99, at(second)) >= slow;
            assert_eq!(seen, second < 300, "after {second} s");
        }
        assert!(recent.within(0.5, at(330)) >= fast);
        assert_eq!(recent.within(0.5, at(3000)), Duration::ZERO, "nothing was written since");
        recent.add(fast, at(2000));
        assert!(recent.within(1.0, at(3000)) >= fast, "a clock that goes back loses nothing");
    }
}

//! Real time for a card that has none: the only place here that knows of a clock.
//!
//! [`Paced`] wraps a card and makes its `wait` return when the next block is due against a
//! monotonic [`Clock`]. A caller that comes late is let through at once until it has caught up;
//! one that is later than [`LATEST`] starts afresh, so that a machine which slept does not race
//! through the hours it missed.

use line::{BLOCK, LineCard, LineError, LineInterface};
use std::time::{Duration, Instant};

/// How long one block lasts.
pub const BLOCK_TIME: Duration =
    Duration::from_micros(BLOCK as u64 * 1_000_000 / call::SAMPLE_RATE as u64);
/// The delay behind which catching up is given up.
pub const LATEST: Duration = Duration::from_secs(1);

/// A clock that never goes back, counted from an instant of its own.
pub trait Clock: Send {
    /// Now.
    fn now(&self) -> Duration;
    /// Returns not before `instant`.
    fn sleep_until(&mut self, instant: Duration);
}

/// The operating system's monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct MonotonicClock {
    start: Instant,
}

impl MonotonicClock {
    /// A clock that shows zero now.
    pub fn start() -> Self {
        MonotonicClock { start: Instant::now() }
    }
}

impl Clock for MonotonicClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep_until(&mut self, instant: Duration) {
        std::thread::sleep(instant.saturating_sub(self.now()));
    }
}

/// A card paced by a clock.
#[derive(Debug)]
pub struct Paced<C, K> {
    card: C,
    clock: K,
    due: Duration,
    restarts: u64,
}

impl<C: LineCard, K: Clock> Paced<C, K> {
    /// Paces a card; its first block is due now.
    pub fn new(card: C, clock: K) -> Self {
        let due = clock.now();
        Paced { card, clock, due, restarts: 0 }
    }

    /// How often the caller was later than [`LATEST`].
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// The card.
    pub fn card_mut(&mut self) -> &mut C {
        &mut self.card
    }
}

impl<C: LineCard, K: Clock> LineCard for Paced<C, K> {
    fn ports(&self) -> usize {
        self.card.ports()
    }

    fn port(&mut self, index: usize) -> Option<&mut dyn LineInterface> {
        self.card.port(index)
    }

    fn wait(&mut self) -> Result<(), LineError> {
        let now = self.clock.now();
        if now > self.due + LATEST {
            self.due = now;
            self.restarts += 1;
        } else if now < self.due {
            self.clock.sleep_until(self.due);
        }
        self.due += BLOCK_TIME;
        self.card.wait()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NoPorts;

    impl LineCard for NoPorts {
        fn ports(&self) -> usize {
            0
        }
        fn port(&mut self, _: usize) -> Option<&mut dyn LineInterface> {
            None
        }
        fn wait(&mut self) -> Result<(), LineError> {
            Ok(())
        }
    }

    /// A clock whose hands the test moves; asleep it jumps to the instant asked for.
    #[derive(Default)]
    struct Hands(std::sync::Arc<std::sync::atomic::AtomicU64>);

    impl Clock for Hands {
        fn now(&self) -> Duration {
            Duration::from_millis(self.0.load(std::sync::atomic::Ordering::Relaxed))
        }
        fn sleep_until(&mut self, instant: Duration) {
            self.0.store(instant.as_millis() as u64, std::sync::atomic::Ordering::Relaxed);
        }
    }

    #[test]
    fn a_block_is_due_every_ten_milliseconds_and_lateness_is_made_up() {
        let clock = Hands::default();
        let hands = clock.0.clone();
        let now = || hands.load(std::sync::atomic::Ordering::Relaxed);
        let mut card = Paced::new(NoPorts, clock);
        for _ in 0..101 {
            card.wait().unwrap();
        }
        assert_eq!(now(), 1_000);
        hands.store(1_500, std::sync::atomic::Ordering::Relaxed);
        for _ in 0..51 {
            card.wait().unwrap();
        }
        assert_eq!((now(), card.restarts()), (1_510, 0));
    }

    #[test]
    fn after_a_long_sleep_the_card_does_not_race_through_what_it_missed() {
        let clock = Hands::default();
        let hands = clock.0.clone();
        let mut card = Paced::new(NoPorts, clock);
        card.wait().unwrap();
        hands.store(3_600_000, std::sync::atomic::Ordering::Relaxed);
        card.wait().unwrap();
        card.wait().unwrap();
        assert_eq!(hands.load(std::sync::atomic::Ordering::Relaxed), 3_600_010);
        assert_eq!(card.restarts(), 1);
    }
}

//! How long to rest after each failure in a row.

use core::time::Duration;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

/// Rests that double from `first` to `longest`, each shortened by chance to between half and all of
/// itself, so that a thousand branches do not come back in the same second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, longest: Duration) -> Backoff {
        Backoff { first, longest }
    }

    /// The rest after the `failures`-th failure in a row, counted from 1.
    pub(crate) fn rest(&self, failures: u32, random: &mut ChaCha8Rng) -> Duration {
        let doubled = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        let whole = self.first.saturating_mul(doubled).min(self.longest);
        let share = f64::from(random.next_u32()) / f64::from(u32::MAX);
        whole.mul_f64(0.5 + share / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn rests_double_to_the_longest_and_keep_half_of_themselves() {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(300));
        let mut random = ChaCha8Rng::seed_from_u64(7);
        for (failures, whole) in [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (40, 300)] {
            for _ in 0..50 {
                let rest = backoff.rest(failures, &mut random);
                let whole = Duration::from_secs(whole);
                assert!(rest >= whole / 2 && rest <= whole, "{failures}: {rest:?}");
            }
        }
    }

    #[test]
    fn two_branches_rest_differently_and_one_seed_always_the_same() {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(300));
        let rest = |seed| backoff.rest(8, &mut ChaCha8Rng::seed_from_u64(seed));
        assert_ne!(rest(1), rest(2));
        assert_eq!(rest(1), rest(1));
    }
}

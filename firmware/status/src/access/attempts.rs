//! The guard against guessing a password: after a few wrong ones an address has to wait, each time
//! twice as long. Time is an argument.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Wrong passwords that cost nothing.
const FREE: u32 = 5;
/// The first wait.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// The longest wait; also how long an address is remembered after its last attempt.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// Addresses remembered.
const MAX_ADDRESSES: usize = 1024;

#[derive(Clone, Copy)]
struct Tries {
    wrong: u32,
    last: Instant,
}

impl Tries {
    fn wait(self) -> Duration {
        match self.wrong.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(more) => FIRST_WAIT.saturating_mul(1 << more.min(10)).min(LONGEST_WAIT),
        }
    }
}

/// Who guessed wrong, how often, when last.
#[derive(Default)]
pub(crate) struct Attempts {
    by_address: HashMap<IpAddr, Tries>,
}

impl Attempts {
    /// Takes one attempt into account before the password is looked at, so that attempts made at
    /// the same time count as well. `Err` says how long to wait.
    pub(crate) fn begin(&mut self, from: IpAddr, now: Instant) -> Result<(), Duration> {
        self.by_address.retain(|_, tries| now.saturating_duration_since(tries.last) < LONGEST_WAIT);
        if self.by_address.len() >= MAX_ADDRESSES && !self.by_address.contains_key(&from) {
            return Err(FIRST_WAIT);
        }
        let tries = self.by_address.entry(from).or_insert(Tries { wrong: 0, last: now });
        let left = tries.wait().saturating_sub(now.saturating_duration_since(tries.last));
        if !left.is_zero() {
            return Err(left);
        }
        *tries = Tries { wrong: tries.wrong.saturating_add(1), last: now };
        Ok(())
    }

    /// The attempt was right: the address is forgiven.
    pub(crate) fn succeeded(&mut self, from: IpAddr) {
        self.by_address.remove(&from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const AWAY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn five_mistakes_are_free_then_waiting_doubles() {
        let (mut attempts, mut now) = (Attempts::default(), Instant::now());
        for _ in 0..FREE {
            assert_eq!(attempts.begin(HOME, now), Ok(()));
        }
        assert_eq!(attempts.begin(HOME, now), Err(FIRST_WAIT));
        assert_eq!(attempts.begin(AWAY, now), Ok(()), "another address is not held up");
        now += FIRST_WAIT;
        assert_eq!(attempts.begin(HOME, now), Ok(()));
        assert_eq!(attempts.begin(HOME, now), Err(2 * FIRST_WAIT));
    }

    #[test]
    fn the_right_password_forgives() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        for _ in 0..FREE {
            assert_eq!(attempts.begin(HOME, now), Ok(()));
        }
        attempts.succeeded(HOME);
        assert_eq!(attempts.begin(HOME, now), Ok(()));
    }

    #[test]
    fn guessing_from_many_addresses_fills_no_memory() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        for host in 0..5000_u32 {
            let _ = attempts.begin(IpAddr::from(host.to_be_bytes()), now);
        }
        assert_eq!(attempts.by_address.len(), MAX_ADDRESSES);
        assert_eq!(attempts.begin(HOME, now + LONGEST_WAIT), Ok(()), "and it passes");
    }
}

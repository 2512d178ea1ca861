//! How much one device may send: a bucket of tokens each, refilled by time.

use call::DeviceId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Buckets of enrolled devices; strangers never get here, so there are as many as devices.
#[derive(Debug)]
pub(super) struct Rates {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<DeviceId, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Rates {
    pub(super) fn new(per_second: f64, burst: f64) -> Rates {
        Rates { per_second, burst, buckets: Mutex::default() }
    }

    /// Takes a token of the device's, if there is one.
    pub(super) fn allow(&self, device: DeviceId, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Bucket { tokens: self.burst, at: now };
        let bucket = buckets.entry(device).or_insert_with(fresh);
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * self.per_second).min(self.burst);
        bucket.at = now;
        let allowed = bucket.tokens >= 1.0;
        if allowed {
            bucket.tokens -= 1.0;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_is_taken_and_then_only_what_time_refills() {
        let (rates, start) = (Rates::new(2.0, 3.0), Instant::now());
        let (one, other) = (DeviceId([1; 16]), DeviceId([2; 16]));
        assert!((0..3).all(|_| rates.allow(one, start)));
        assert!(!rates.allow(one, start));
        assert!(rates.allow(other, start), "one device's burst is not another's");
        let later = start + Duration::from_secs(1);
        assert!(rates.allow(one, later) && rates.allow(one, later));
        assert!(!rates.allow(one, later));
    }
}

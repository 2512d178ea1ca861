//! Processor time of the work at hand.

use cpu_time::ThreadTime;
use nix::sys::resource::{UsageWho, getrusage};
use std::time::{Duration, Instant};

/// Processor time of this thread so far.
pub fn of_thread() -> Duration {
    ThreadTime::now().as_duration()
}

/// Processor time of child processes that have ended.
pub fn of_children() -> Duration {
    getrusage(UsageWho::RUSAGE_CHILDREN).map_or(Duration::ZERO, |usage| {
        let of = |time: nix::sys::time::TimeVal| {
            let whole = u64::try_from(time.tv_sec()).unwrap_or_default();
            let micro = u64::try_from(time.tv_usec()).unwrap_or_default();
            Duration::from_secs(whole) + Duration::from_micros(micro)
        };
        of(usage.user_time()) + of(usage.system_time())
    })
}

/// Peak memory of the largest child that has ended, in octets.
pub fn peak_of_children() -> u64 {
    let kilobytes = getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0, |usage| usage.max_rss());
    u64::try_from(kilobytes).unwrap_or_default() * 1024
}

/// Processor time that some work took on this thread, in seconds.
pub fn cpu_seconds(work: impl FnOnce()) -> f64 {
    let before = of_thread();
    work();
    of_thread().saturating_sub(before).as_secs_f64()
}

/// Wall time that some work took, in seconds, with its result.
pub fn wall_seconds<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let before = Instant::now();
    let result = work();
    (before.elapsed().as_secs_f64(), result)
}

/// Processor time so far of this process' thread of a name, in seconds; `None` where the system
/// does not tell.
pub fn of_named_thread(name: &str) -> Option<f64> {
    for task in std::fs::read_dir("/proc/self/task").ok()?.flatten() {
        let comm = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        if comm.trim() == name {
            let stat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            let nanoseconds: f64 = stat.split(' ').next()?.parse().ok()?;
            return Some(nanoseconds / 1e9);
        }
    }
    None
}

//! The one place that asks what time it is on the wall.

use call::WallTime;
use jiff::{Timestamp, tz::TimeZone};

/// The branch's wall clock.
#[derive(Clone)]
pub struct Clock(TimeZone);

impl Clock {
    /// In a named time zone, or the system's.
    pub fn new(zone: Option<&str>) -> Result<Clock, jiff::Error> {
        Ok(Clock(zone.map_or_else(|| Ok(TimeZone::system()), TimeZone::get)?))
    }

    /// Now.
    pub fn now(&self) -> WallTime {
        let now = Timestamp::now();
        let offset = self.0.to_offset(now).seconds() / 60;
        WallTime { unix_ms: now.as_millisecond(), offset_min: i16::try_from(offset).unwrap_or(0) }
    }
}

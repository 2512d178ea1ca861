//! Two clocks: samples on the call, milliseconds on the wall.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};
use serde::{Deserialize, Serialize};

/// Samples a second on every call: the telephone network's 8 kHz (ITU-T G.711).
pub const SAMPLE_RATE: u32 = 8000;

/// An instant or a span on a call's own clock, in samples at 8 kHz; zero is the call's opening.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Samples(pub u64);

impl Samples {
    /// The call's opening.
    pub const ZERO: Samples = Samples(0);

    /// A span of whole milliseconds.
    pub const fn from_ms(ms: u64) -> Self {
        Samples(ms * (SAMPLE_RATE as u64) / 1000)
    }

    /// Whole milliseconds, rounded down.
    pub const fn ms(self) -> u64 {
        self.0 / (SAMPLE_RATE as u64 / 1000)
    }

    /// `self - earlier`, or zero if `earlier` is later.
    pub const fn since(self, earlier: Samples) -> Samples {
        Samples(self.0.saturating_sub(earlier.0))
    }
}

impl Add for Samples {
    type Output = Samples;
    fn add(self, other: Samples) -> Samples {
        Samples(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Samples {
    fn add_assign(&mut self, other: Samples) {
        *self = *self + other;
    }
}

impl Sub for Samples {
    type Output = Samples;
    /// Saturates at zero: a span is never negative.
    fn sub(self, other: Samples) -> Samples {
        self.since(other)
    }
}

/// An instant on the wall: milliseconds since 1970-01-01T00:00:00Z, and the offset of the local
/// clock from UTC at that instant, in minutes east.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WallTime {
    /// Milliseconds since the Unix epoch, UTC.
    pub unix_ms: i64,
    /// Minutes east of UTC that the local clock showed.
    pub offset_min: i16,
}

impl WallTime {
    /// The instant `span` after this one, at the same offset.
    #[must_use]
    pub fn after(self, span: Samples) -> WallTime {
        let ms = i64::try_from(span.ms()).unwrap_or(i64::MAX);
        WallTime { unix_ms: self.unix_ms.saturating_add(ms), ..self }
    }

    /// Parses RFC 3339 with an offset, as `2026-03-02T10:15:00+08:00`.
    pub fn parse(text: &str) -> Option<WallTime> {
        let text = text.trim();
        let instant: jiff::Timestamp = text.parse().ok()?;
        let offset_min = offset_minutes(text)?;
        Some(WallTime { unix_ms: instant.as_millisecond(), offset_min })
    }
}

/// The offset at the end of an RFC 3339 instant, in minutes.
fn offset_minutes(text: &str) -> Option<i16> {
    if text.ends_with(['Z', 'z']) {
        return Some(0);
    }
    let tail = text.get(text.len().checked_sub(6)?..)?;
    let sign = match tail.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours: i16 = tail.get(1..3)?.parse().ok()?;
    let minutes: i16 = tail.get(4..6)?.parse().ok()?;
    Some(sign * (hours * 60 + minutes))
}

impl fmt::Display for WallTime {
    /// RFC 3339 with the local offset, to the second (and milliseconds where there are any).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = jiff::tz::Offset::from_seconds(i32::from(self.offset_min) * 60);
        match (jiff::Timestamp::from_millisecond(self.unix_ms), offset) {
            (Ok(instant), Ok(offset)) => write!(f, "{}", instant.display_with_offset(offset)),
            _ => write!(f, "unix {} ms", self.unix_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_comes_back_as_it_went_in() {
        for text in [
            "2026-03-02T10:15:00+08:00",
            "2026-03-02T10:15:00.25-05:30",
            "1999-12-31T23:59:59+00:00",
        ] {
            let time = WallTime::parse(text).unwrap();
            assert_eq!(time.to_string(), text);
        }
        assert_eq!(WallTime::parse("2026-03-02T10:15:00Z").unwrap().offset_min, 0);
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in ["", "+08:00", "2026-03-02", "2026-13-02T10:15:00+08:00", "好好好好好好"]
        {
            assert_eq!(WallTime::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_span_is_never_negative() {
        assert_eq!(Samples(3) - Samples(8), Samples::ZERO);
        assert_eq!(Samples::from_ms(20).0, 160);
    }
}

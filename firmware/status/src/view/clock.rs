//! Times, spans and sizes as people read them.

use crate::Tongue;
use call::WallTime;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The local date and time that the clock showed.
pub(crate) fn local(at: WallTime) -> DateTime {
    let offset = Offset::from_seconds(i32::from(at.offset_min) * 60).unwrap_or(Offset::UTC);
    let instant = jiff::Timestamp::from_millisecond(at.unix_ms).unwrap_or_default();
    offset.to_datetime(instant)
}

/// `10:15:07`.
pub(crate) fn time(at: WallTime) -> String {
    local(at).strftime("%H:%M:%S").to_string()
}

/// `11月23日` or `23 Nov`.
pub(crate) fn date(at: WallTime, tongue: Tongue) -> String {
    match tongue {
        Tongue::Mandarin => local(at).strftime("%-m月%-d日").to_string(),
        Tongue::English => local(at).strftime("%-d %b").to_string(),
    }
}

/// `2026年11月23日 10:15:07` or `23 Nov 2026 10:15:07`.
pub(crate) fn full(at: WallTime, tongue: Tongue) -> String {
    match tongue {
        Tongue::Mandarin => local(at).strftime("%Y年%-m月%-d日 %H:%M:%S").to_string(),
        Tongue::English => local(at).strftime("%-d %b %Y %H:%M:%S").to_string(),
    }
}

/// `11月24日 周二 15:00` or `Tue 24 Nov 15:00`.
pub(crate) fn appointment(at: WallTime, tongue: Tongue) -> String {
    let local = local(at);
    match tongue {
        Tongue::Mandarin => {
            let day = ["日", "一", "二", "三", "四", "五", "六"]
                [usize::from(local.weekday().to_sunday_zero_offset().unsigned_abs())];
            format!("{} 周{day} {}", local.strftime("%-m月%-d日"), local.strftime("%H:%M"))
        }
        Tongue::English => local.strftime("%a %-d %b %H:%M").to_string(),
    }
}

/// `0:07`, `12:40`, `1:02:03`.
pub(crate) fn span(ms: u64) -> String {
    let seconds = ms / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// `3 小时 20 分` or `3 h 20 min`, for sums.
pub(crate) fn long_span(ms: u64, tongue: Tongue) -> String {
    let minutes = ms / 60_000;
    let (hours, minutes) = (minutes / 60, minutes % 60);
    match (tongue, hours) {
        (Tongue::Mandarin, 0) => format!("{minutes} 分钟"),
        (Tongue::Mandarin, _) => format!("{hours} 小时 {minutes} 分"),
        (Tongue::English, 0) => format!("{minutes} min"),
        (Tongue::English, _) => format!("{hours} h {minutes} min"),
    }
}

/// `12.4 GB`, in powers of ten as disks are sold.
pub(crate) fn bytes(count: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let (mut size, mut unit) = (count as f64, 0);
    while size >= 999.5 && unit + 1 < units.len() {
        size /= 1000.0;
        unit += 1;
    }
    if unit == 0 || size >= 100.0 {
        format!("{size:.0} {}", units[unit])
    } else {
        format!("{size:.1} {}", units[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_appointment_is_in_the_calls_own_offset() {
        let at = WallTime::parse("2026-03-03T15:00:00+08:00").unwrap();
        assert_eq!(appointment(at, Tongue::Mandarin), "3月3日 周二 15:00");
        assert_eq!(appointment(at, Tongue::English), "Tue 3 Mar 15:00");
        assert_eq!(full(at, Tongue::English), "3 Mar 2026 15:00:00");
        assert_eq!(full(at, Tongue::Mandarin), "2026年3月3日 15:00:00");
    }

    #[test]
    fn a_time_out_of_this_world_is_still_a_time() {
        for unix_ms in [i64::MIN, i64::MAX] {
            let at = WallTime { unix_ms, offset_min: i16::MAX };
            assert!(!time(at).is_empty());
        }
    }

    #[test]
    fn spans_and_sizes_read_like_a_persons() {
        assert_eq!(
            [span(0), span(7_999), span(760_000), span(3_723_000)].join(" "),
            "0:00 0:07 12:40 1:02:03"
        );
        assert_eq!(
            [bytes(0), bytes(999), bytes(1_500), bytes(12_400_000_000), bytes(999_600)].join(" / "),
            "0 B / 999 B / 1.5 kB / 12.4 GB / 1.0 MB"
        );
        assert_eq!(long_span(3_900_000, Tongue::Mandarin), "1 小时 5 分");
    }
}

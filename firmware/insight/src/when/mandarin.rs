//! 明天下午三点, 下周三四点半, 半小时后.

use super::{Clock, Day, Part, Piece};
use regex::{Captures, Regex};
use std::sync::LazyLock;

const N: &str = r"(?:[0-9]{1,2}|[零〇一二两三四五六七八九十]{1,3})";

static AFTER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?P<go>再?过|等)?(?:(?P<half>半)个?(?:小时|钟头)|(?P<q>[一三])刻钟|(?P<n>{N})(?P<u>个半小时|个半钟头|个?小时|个?钟头|分钟|天|个?星期|个?礼拜|周))(?P<end>以后|之后|后|过后)?"
    ))
    .ok()
});

static DAY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?P<d>大后天|后天|明天|明日|明儿个?|今天|今日|今儿个?)|(?P<dp>明早|明晚|今早|今晚|后晚)|(?P<w>下下|下|这|本)?个?(?:周|星期|礼拜)(?P<wd>[一二三四五六日天])|(?:(?P<m>{N})月|(?P<nm>下个?月))?(?P<dm>{N})[号日]"
    ))
    .ok()
});

static PART: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new("(?P<n>凌晨)|(?P<m>清晨|早上|早晨|一早|上午|早)|(?P<o>中午)|(?P<a>下午|午后)|(?P<e>傍晚|晚上|晚间|夜里|晚)").ok()
});

static CLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?P<h>{N})点(?P<full>钟|整)?(?:(?P<half>半)|(?P<q>[一三])刻|(?P<min>零[一二三四五六七八九]|[二三四五]?十[一二三四五六七八九]?|[0-5][0-9])分?)?|(?P<h2>[0-9]{{1,2}})[:：](?P<m2>[0-5][0-9])"
    ))
    .ok()
});

/// 三, 十二, 二十五 or 25.
fn number(text: &str) -> Option<i8> {
    if let Ok(value) = text.parse() {
        return Some(value);
    }
    let mut value: i8 = 0;
    for c in text.chars() {
        value = match c {
            '十' if value == 0 => 10,
            '十' => value.checked_mul(10)?,
            c => value.checked_add(i8::try_from(crate::spoken::digit(c)?).ok()?)?,
        };
    }
    Some(value)
}

/// The pieces of times in a text, as byte spans, possibly overlapping.
pub(super) fn pieces(text: &str) -> Vec<(usize, usize, Piece)> {
    let mut found = Vec::new();
    collect(text, &DAY, &mut found, |c, _| day(c));
    // 周三四点半: what names the day is no part of the hour.
    let mut hours = text.to_owned();
    for (start, end, _) in &found {
        hours.replace_range(*start..*end, &" ".repeat(end - start));
    }
    collect(&hours, &CLOCK, &mut found, |c, rest| clock(c, text, rest));
    collect(text, &AFTER, &mut found, |c, _| after(c));
    collect(text, &PART, &mut found, |c, rest| part(c, text, rest));
    found
}

pub(super) fn collect<'t>(
    text: &'t str,
    pattern: &LazyLock<Option<Regex>>,
    found: &mut Vec<(usize, usize, Piece)>,
    read: impl Fn(&Captures<'t>, &'t str) -> Option<Piece>,
) {
    let Some(pattern) = pattern.as_ref() else { return };
    for captures in pattern.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        if let Some(piece) = read(&captures, &text[whole.end()..]) {
            found.push((whole.start(), whole.end(), piece));
        }
    }
}

fn after(c: &Captures<'_>) -> Option<Piece> {
    let going = c.name("go").is_some_and(|go| go.as_str().ends_with('过'));
    if !going && c.name("end").is_none() {
        return None;
    }
    if c.name("half").is_some() {
        return Some(Piece::After(30));
    }
    if let Some(quarters) = c.name("q") {
        return Some(Piece::After(15 * u32::try_from(number(quarters.as_str())?).ok()?));
    }
    let count = number(c.name("n")?.as_str())?;
    let unit = c.name("u")?.as_str();
    // 过两天 is "one of these days".
    if going && c.name("end").is_none() && count == 2 && !unit.contains(['时', '钟']) {
        return None;
    }
    let minutes = match unit {
        "个半小时" | "个半钟头" => u32::try_from(count).ok()? * 60 + 30,
        "分钟" => u32::try_from(count).ok()?,
        "天" => u32::try_from(count).ok()? * 24 * 60,
        unit if unit.contains(['时', '钟']) => u32::try_from(count).ok()? * 60,
        _ => u32::try_from(count).ok()? * 7 * 24 * 60,
    };
    Some(Piece::After(minutes))
}

fn day(c: &Captures<'_>) -> Option<Piece> {
    if let Some(named) = c.name("d") {
        let days = match named.as_str().chars().next()? {
            '大' => 3,
            '后' => 2,
            '明' => 1,
            _ => 0,
        };
        return Some(Piece::Day(Day::In(days)));
    }
    if let Some(named) = c.name("dp") {
        let days = match named.as_str().chars().next()? {
            '后' => 2,
            '明' => 1,
            _ => 0,
        };
        let part = if named.as_str().ends_with('早') { Part::Morning } else { Part::Evening };
        return Some(Piece::DayPart(Day::In(days), part));
    }
    if let Some(weekday) = c.name("wd") {
        let day = match weekday.as_str() {
            "日" | "天" => 6,
            other => number(other)? - 1,
        };
        return Some(Piece::Day(match c.name("w").map(|week| week.as_str()) {
            Some("下下") => Day::Week(2, day),
            Some("下") => Day::Week(1, day),
            Some(_) => Day::Week(0, day),
            None => Day::Next(day),
        }));
    }
    let day = number(c.name("dm")?.as_str()).filter(|day| (1..=31).contains(day))?;
    Some(Piece::Day(match (c.name("m"), c.name("nm")) {
        (Some(month), _) => {
            Day::Date(number(month.as_str()).filter(|m| (1..=12).contains(m))?, day)
        }
        (None, Some(_)) => Day::OfMonth(day, 1),
        (None, None) => Day::OfMonth(day, 0),
    }))
}

fn part(c: &Captures<'_>, text: &str, rest: &str) -> Option<Piece> {
    // 晚点 and 早点 are no part of a day, nor is 最晚.
    let whole = c.get(0)?;
    if whole.as_str().chars().count() == 1 {
        let before = text[..whole.start()].chars().next_back();
        let hour =
            rest.chars().next().is_some_and(|c| crate::spoken::digit(c).is_some() || c == '十');
        if !hour || matches!(before, Some('最' | '太' | '更' | '不')) {
            return None;
        }
    }
    let part = [
        ("n", Part::Night),
        ("m", Part::Morning),
        ("o", Part::Noon),
        ("a", Part::Afternoon),
        ("e", Part::Evening),
    ];
    part.into_iter().find(|(name, _)| c.name(name).is_some()).map(|(_, part)| Piece::Part(part))
}

fn clock(c: &Captures<'_>, text: &str, rest: &str) -> Option<Piece> {
    if let (Some(hour), Some(minute)) = (c.name("h2"), c.name("m2")) {
        let hour = number(hour.as_str()).filter(|hour| *hour <= 24)?;
        return Some(Piece::Clock(Clock { hour, minute: number(minute.as_str())? }));
    }
    let hour = number(c.name("h")?.as_str()).filter(|hour| (0..=24).contains(hour))?;
    let minute = match (c.name("half"), c.name("q"), c.name("min")) {
        (Some(_), _, _) => 30,
        (_, Some(quarters), _) => 15 * number(quarters.as_str())?,
        (_, _, Some(minutes)) => number(minutes.as_str())?,
        _ => 0,
    };
    let bare = c.name("half").is_none() && c.name("q").is_none() && c.name("min").is_none();
    // 三点六 is a rate, 十个点 a commission.
    let decimal = rest.chars().next().is_some_and(|c| crate::spoken::digit(c).is_some());
    if bare && c.name("full").is_none() && decimal {
        return None;
    }
    // 便宜一点 is no hour; 下午一点 is.
    let before = &text[..c.get(0)?.start()];
    let placed =
        ["午", "上", "晚", "早", "天", "晨", "号", "明", "一", "二", "三", "四", "五", "六", "日"];
    if hour == 1
        && bare
        && c.name("full").is_none()
        && !placed.iter().any(|word| before.ends_with(word))
    {
        return None;
    }
    Some(Piece::Clock(Clock { hour, minute }))
}

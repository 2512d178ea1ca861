//! Tomorrow at half past three, next Tuesday, in two hours, half six.

use super::mandarin::collect;
use super::{Clock, Day, Part, Piece};
use regex::{Captures, Regex};
use std::sync::LazyLock;

const N: &str = r"(?:[0-9]{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)";
const MINUTES: &str =
    r"oh five|ten|fifteen|twenty five|twenty|thirty five|thirty|forty five|forty|fifty five|fifty";
const DAYS: &str = "monday|tuesday|wednesday|thursday|friday|saturday|sunday";
const MONTHS: &str =
    "january|february|march|april|may|june|july|august|september|october|november|december";

static AFTER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?i)\b(?P<in>in (?:about |around |like )?)?(?:(?P<half>half an hour)|(?P<hh>an hour and a half)|(?P<q>a quarter of an hour)|(?P<n>{N}|an?|a couple of|twenty|thirty|forty five|forty)(?P<and> and a half)? (?P<u>hour|minute|min|day|week)s?)(?P<from> from (?:now|today)| later)?\b"
    ))
    .ok()
});

static DAY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?i)\b(?:(?P<dat>(?:the )?day after tomorrow)|(?P<tom>tomorrow)|(?P<tonight>tonight)|(?P<tod>today)|(?P<nw>next week) (?:on )?(?P<wd1>{DAYS})|(?:(?P<which>next|this|coming) )?(?P<wd>{DAYS})(?P<after> (?:of )?next week)?|(?P<mo1>{MONTHS}) (?:the )?(?P<d1>[0-9]{{1,2}})(?:st|nd|rd|th)?|(?:the )?(?P<d2>[0-9]{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<mo2>{MONTHS})|the (?P<d3>[0-9]{{1,2}})(?:st|nd|rd|th))\b"
    ))
    .ok()
});

static PART: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:(?:in the |this )?(?:(?P<m>morning)|(?P<a>afternoon)|(?P<e>evening))|(?P<n>at night))\b").ok()
});

static CLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?i)\b(?:(?P<noon>noon|midday|lunchtime)|half (?:past )?(?P<hh>{N})|(?P<qn>(?:a )?quarter|five|ten|twenty five|twenty)(?: minutes)? (?P<dir>past|to|after|before) (?P<qh>{N})|(?P<h1>{N})(?:[:.](?P<m1>[0-5][0-9])| (?P<w1>{MINUTES}))? ?(?P<ap>a\.?m\b\.?|p\.?m\b\.?|o'?clock)|(?:at|around|about|after|by|before|until|till|say|make it|from)(?: about| around| like)? (?P<h2>{N})(?:[:.](?P<m2>[0-5][0-9])| (?P<w2>{MINUTES}))?(?:[- ]?ish)?|(?P<h3>{N})[- ]?ish|(?P<h4>[0-9]{{1,2}}):(?P<m4>[0-5][0-9]))"
    ))
    .ok()
});

fn number(text: &str) -> Option<i8> {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    let text = text.to_ascii_lowercase();
    if let Ok(value) = text.parse() {
        return Some(value);
    }
    if let Some(value) = WORDS.iter().position(|word| *word == text) {
        return i8::try_from(value).ok();
    }
    Some(match text.as_str() {
        "a" | "an" => 1,
        "a couple of" => 2,
        "oh five" => 5,
        "fifteen" | "quarter" | "a quarter" => 15,
        "twenty" => 20,
        "twenty five" => 25,
        "thirty" => 30,
        "thirty five" => 35,
        "forty" => 40,
        "forty five" => 45,
        "fifty" => 50,
        "fifty five" => 55,
        _ => return None,
    })
}

/// The pieces of times in a text, as byte spans, possibly overlapping.
pub(super) fn pieces(text: &str) -> Vec<(usize, usize, Piece)> {
    let mut found = Vec::new();
    collect(text, &AFTER, &mut found, |c, _| after(c));
    collect(text, &DAY, &mut found, |c, _| day(c));
    collect(text, &PART, &mut found, |c, _| part(c));
    collect(text, &CLOCK, &mut found, clock);
    found
}

fn after(c: &Captures<'_>) -> Option<Piece> {
    if c.name("in").is_none() && c.name("from").is_none() {
        return None;
    }
    let fixed = [("half", 30), ("hh", 90), ("q", 15)];
    if let Some((_, minutes)) = fixed.into_iter().find(|(name, _)| c.name(name).is_some()) {
        return Some(Piece::After(minutes));
    }
    let count = u32::try_from(number(c.name("n")?.as_str())?).ok()?;
    let unit = match c.name("u")?.as_str().to_ascii_lowercase().as_str() {
        "hour" => 60,
        "day" => 24 * 60,
        "week" => 7 * 24 * 60,
        _ => 1,
    };
    let half = if c.name("and").is_some() { unit / 2 } else { 0 };
    Some(Piece::After(count * unit + half))
}

fn place(list: &str, word: &str) -> Option<i8> {
    let word = word.to_ascii_lowercase();
    i8::try_from(list.split('|').position(|entry| entry == word)?).ok()
}

fn day(c: &Captures<'_>) -> Option<Piece> {
    if c.name("dat").is_some() {
        return Some(Piece::Day(Day::In(2)));
    }
    if c.name("tom").is_some() {
        return Some(Piece::Day(Day::In(1)));
    }
    if c.name("tonight").is_some() {
        return Some(Piece::DayPart(Day::In(0), Part::Evening));
    }
    if c.name("tod").is_some() {
        return Some(Piece::Day(Day::In(0)));
    }
    if let Some(day) = c.name("wd1") {
        return Some(Piece::Day(Day::Week(1, place(DAYS, day.as_str())?)));
    }
    if let Some(day) = c.name("wd") {
        let day = place(DAYS, day.as_str())?;
        let next = c.name("which").is_some_and(|which| which.as_str().eq_ignore_ascii_case("next"));
        let next = next || c.name("after").is_some();
        return Some(Piece::Day(if next { Day::Week(1, day) } else { Day::Next(day) }));
    }
    let valid = |name: &str| number(c.name(name)?.as_str()).filter(|day| (1..=31).contains(day));
    if let Some(day) = valid("d3") {
        return Some(Piece::Day(Day::OfMonth(day, 0)));
    }
    let (month, day) = match c.name("mo1") {
        Some(month) => (month, valid("d1")?),
        None => (c.name("mo2")?, valid("d2")?),
    };
    Some(Piece::Day(Day::Date(place(MONTHS, month.as_str())? + 1, day)))
}

fn part(c: &Captures<'_>) -> Option<Piece> {
    let part =
        [("m", Part::Morning), ("a", Part::Afternoon), ("e", Part::Evening), ("n", Part::Evening)];
    part.into_iter().find(|(name, _)| c.name(name).is_some()).map(|(_, part)| Piece::Part(part))
}

fn clock(c: &Captures<'_>, rest: &str) -> Option<Piece> {
    let at = |hour: i8, minute: i8| {
        ((0..=24).contains(&hour) && (0..60).contains(&minute))
            .then_some(Piece::Clock(Clock { hour, minute }))
    };
    let named = |name: &str| c.name(name).and_then(|found| number(found.as_str()));
    if c.name("noon").is_some() {
        return at(12, 0);
    }
    if let Some(hour) = named("hh") {
        return at(hour, 30);
    }
    if let (Some(minutes), Some(hour)) = (named("qn"), named("qh")) {
        let to = matches!(c.name("dir")?.as_str(), "to" | "before");
        return if to {
            at(if hour == 1 { 12 } else { hour - 1 }, 60 - minutes)
        } else {
            at(hour, minutes)
        };
    }
    if let Some(hour) = named("h1") {
        let minute = named("m1").or_else(|| named("w1")).unwrap_or(0);
        let half_day = c.name("ap")?.as_str().to_ascii_lowercase();
        return match half_day.chars().next()? {
            'p' if hour < 12 => at(hour + 12, minute),
            'a' if hour == 12 => at(0, minute),
            _ => at(hour, minute),
        };
    }
    if let Some(hour) = named("h2") {
        // "At twenty dollars", "at four one one": amounts and numbers are no hours.
        let next = rest
            .trim_start()
            .split(|c: char| !c.is_alphanumeric())
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let amount = [
            "percent", "dollars", "bucks", "pounds", "euros", "hundred", "thousand", "months",
            "years", "days", "hours", "minutes", "weeks", "people", "point", "times", "per", "of",
            "grand", "million", "k",
        ];
        let digits = number(&next).is_some()
            || next == "zero"
            || next == "oh"
            || rest.starts_with(['%', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        if amount.contains(&next.as_str()) || digits {
            return None;
        }
        return at(hour, named("m2").or_else(|| named("w2")).unwrap_or(0));
    }
    if let Some(hour) = named("h3") {
        return at(hour, 0);
    }
    at(named("h4")?, named("m4")?)
}

//! Times as people name them, in Chinese and English, to the local clock: contract rule 11.
//!
//! [`mentions`] finds them, [`Mention::resolve`] puts them on the wall against the call's start, at
//! the call's own offset. A day alone is 09:00; a part of the day alone is 09:00 (morning), 12:00
//! (noon), 14:00 (afternoon) or 19:00 (evening). An hour with no part of the day is read within
//! office hours: one to seven are after noon, and what has passed today is twelve hours later or
//! tomorrow. Vague times (月底, 春节后, 过一阵子, this weekend) are no mentions.

mod english;
mod mandarin;

use call::WallTime;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::{Timestamp, ToSpan, tz::Offset};

/// A time that was named. Offsets are bytes into the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Which day, if one was named.
    pub day: Option<Day>,
    /// Which part of it.
    pub part: Option<Part>,
    /// Which hour and minute, as spoken.
    pub clock: Option<Clock>,
    /// Minutes from now, which stands for all three.
    pub after_min: Option<u32>,
}

/// A day as it was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// So many days after today.
    In(u16),
    /// The next such weekday after today (Monday is 0).
    Next(i8),
    /// Such a weekday, so many calendar weeks after this one.
    Week(u8, i8),
    /// A day of this month or the next, of one month on if asked for.
    OfMonth(i8, u8),
    /// Month and day.
    Date(i8, i8),
}

/// A part of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Before dawn.
    Night,
    /// Until noon.
    Morning,
    /// Around noon.
    Noon,
    /// After noon.
    Afternoon,
    /// After six.
    Evening,
}

/// Hour and minute as spoken: with no part of the day, twelve hours are not told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// 0 to 24.
    pub hour: i8,
    /// 0 to 59.
    pub minute: i8,
}

/// What a piece of text says about time.
#[derive(Clone, Copy, Debug)]
enum Piece {
    Day(Day),
    Part(Part),
    Clock(Clock),
    DayPart(Day, Part),
    After(u32),
}

/// Every time named in a text, in order. Fuzz entry: any text may come in.
pub fn mentions(text: &str) -> Vec<Mention> {
    let mut pieces = mandarin::pieces(text);
    pieces.extend(english::pieces(text));
    pieces.sort_by_key(|(start, end, _)| (*start, usize::MAX - *end));
    let mut found: Vec<Mention> = Vec::new();
    let mut reached = 0;
    for (start, end, piece) in pieces {
        if start < reached {
            continue;
        }
        let joined = found.last().copied().and_then(|last| {
            let between = text.get(last.end..start)?;
            if is_range(between) && matches!(piece, Piece::Clock(_)) {
                return Some(Mention { end, ..last });
            }
            connects(between).then(|| last.with(piece, end)).flatten()
        });
        match (joined, found.last_mut()) {
            (Some(joined), Some(last)) => *last = joined,
            _ => found.extend(Mention::empty(start).with(piece, end)),
        }
        reached = end;
    }
    found
}

/// "three to four": the later end says nothing of when to begin.
fn is_range(between: &str) -> bool {
    matches!(between.trim(), "到" | "至" | "-" | "~" | "to" | "till" | "or" | "或者" | "或")
}

/// Whether two pieces belong to one time.
fn connects(between: &str) -> bool {
    const LINKS: &[&str] = &[
        "at",
        "on",
        "in",
        "around",
        "about",
        "the",
        "of",
        "for",
        "by",
        "say",
        "maybe",
        "like",
        "um",
        "uh",
        "of the",
        "大概",
        "大约",
        "差不多",
        "左右",
        "那",
        "就",
        "嗯",
        "呃",
        "吧",
        "的",
        "我",
        "您",
        "你",
        "是",
        "那个",
    ];
    let mut rest = between;
    loop {
        rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        if rest.is_empty() {
            return true;
        }
        match LINKS.iter().filter_map(|link| rest.strip_prefix(link)).min_by_key(|rest| rest.len())
        {
            Some(shorter) => rest = shorter,
            None => return false,
        }
    }
}

impl Mention {
    fn empty(start: usize) -> Self {
        Mention { start, end: start, day: None, part: None, clock: None, after_min: None }
    }

    /// The mention with one more piece, unless it already says that.
    fn with(mut self, piece: Piece, end: usize) -> Option<Mention> {
        let blank = self.day.is_none() && self.part.is_none() && self.clock.is_none();
        if self.after_min.is_some() {
            return None;
        }
        match piece {
            Piece::Day(day) if self.day.is_none() => self.day = Some(day),
            Piece::Part(part) if self.part.is_none() => self.part = Some(part),
            Piece::Clock(clock) if self.clock.is_none() => self.clock = Some(clock),
            Piece::DayPart(day, part) if self.day.is_none() && self.part.is_none() => {
                (self.day, self.part) = (Some(day), Some(part));
            }
            Piece::After(minutes) if blank => self.after_min = Some(minutes),
            _ => return None,
        }
        Some(Mention { end, ..self })
    }

    /// The same mention with what it lacks taken from one that was made before it: "tomorrow?" -
    /// "at three".
    #[must_use]
    pub fn completed_by(self, earlier: &Mention) -> Mention {
        if self.after_min.is_some() || earlier.after_min.is_some() {
            return self;
        }
        let part = self.part.or(if self.clock.is_some() { earlier.part } else { None });
        let clock = self.clock.or(if self.part.is_none() { earlier.clock } else { None });
        let part =
            if self.clock.is_none() && clock.is_some() { part.or(earlier.part) } else { part };
        Mention { day: self.day.or(earlier.day), part, clock, ..self }
    }

    /// The instant on the wall; `None` if there is no such day.
    pub fn resolve(&self, start: WallTime) -> Option<WallTime> {
        let offset = Offset::from_seconds(i32::from(start.offset_min) * 60).ok()?;
        let now = offset.to_datetime(Timestamp::from_millisecond(start.unix_ms).ok()?);
        let then = match self.after_min {
            Some(minutes) if minutes % (24 * 60) == 0 => {
                let day = now.date().checked_add(i64::from(minutes / (24 * 60)).days()).ok()?;
                day.at(9, 0, 0, 0)
            }
            Some(minutes) => {
                let exact = now.checked_add(i64::from(minutes).minutes()).ok()?;
                exact.date().at(exact.hour(), exact.minute(), 0, 0)
            }
            None => self.on_the_clock(now)?,
        };
        let unix_ms = offset.to_timestamp(then).ok()?.as_millisecond();
        Some(WallTime { unix_ms, offset_min: start.offset_min })
    }

    fn on_the_clock(&self, now: DateTime) -> Option<DateTime> {
        let day = match self.day {
            Some(day) => Some(day.resolve(now.date())?),
            None => None,
        };
        let (hour, minute) = self.hour_of_day();
        let at = |date: Date, hour: i8| {
            if hour == 24 {
                date.tomorrow().ok().map(|next| next.at(0, minute, 0, 0))
            } else {
                Some(date.at(hour, minute, 0, 0))
            }
        };
        let today = now.date();
        let open = self.clock.is_some_and(|clock| clock.hour <= 12) && self.part.is_none();
        let date = day.unwrap_or(today);
        let first = at(date, hour)?;
        if first > now || date > today {
            return Some(first);
        }
        if open && hour < 12 {
            let later = at(date, hour + 12)?;
            if later > now {
                return Some(later);
            }
        }
        if day.is_some() { Some(first) } else { at(today.tomorrow().ok()?, hour) }
    }

    fn hour_of_day(&self) -> (i8, i8) {
        let Some(clock) = self.clock else {
            let hour = match self.part {
                None | Some(Part::Morning | Part::Night) => 9,
                Some(Part::Noon) => 12,
                Some(Part::Afternoon) => 14,
                Some(Part::Evening) => 19,
            };
            return (hour, 0);
        };
        let hour = match (self.part, clock.hour) {
            (Some(Part::Afternoon), hour @ 1..=11) => hour + 12,
            (Some(Part::Evening), hour @ 1..=11) => hour + 12,
            (Some(Part::Evening), 12) => 24,
            (Some(Part::Noon), hour @ 1..=3) => hour + 12,
            (Some(Part::Morning | Part::Night), 12) => 12,
            (None, hour @ 1..=7) => hour + 12,
            (_, hour) => hour,
        };
        (hour, clock.minute)
    }
}

impl Day {
    fn resolve(self, today: Date) -> Option<Date> {
        let weekday = |date: Date| date.weekday().to_monday_zero_offset();
        match self {
            Day::In(days) => today.checked_add(i64::from(days).days()).ok(),
            Day::Next(day) => {
                let wanted = Weekday::from_monday_zero_offset(day).ok()?;
                today.nth_weekday(1, wanted).ok()
            }
            Day::Week(weeks, day) => {
                let days = i64::from(weeks) * 7 + i64::from(day) - i64::from(weekday(today));
                today.checked_add(days.days()).ok()
            }
            Day::OfMonth(day, months) => {
                (i64::from(months)..i64::from(months) + 3).find_map(|month| {
                    let first = today.first_of_month().checked_add(month.months()).ok()?;
                    let date = Date::new(first.year(), first.month(), day).ok()?;
                    (date >= today).then_some(date)
                })
            }
            Day::Date(month, day) => (0..2).find_map(|years| {
                let date = Date::new(today.year().checked_add(years)?, month, day).ok()?;
                (date >= today).then_some(date)
            }),
        }
    }
}

//! How far a transcript is from what was said: character error rate for Mandarin, word error rate
//! for English, after one normalisation for both texts.
//!
//! The rate is (substitutions + deletions + insertions) / length of the reference, by Levenshtein
//! distance; it can be above 1. Over many utterances the errors and the lengths are summed, not the
//! rates averaged ([`Score`] adds up).

use call::Language;
use std::ops::AddAssign;

/// Errors, and the length that they are measured against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Substituted, deleted and inserted units.
    pub errors: u64,
    /// Units in the reference.
    pub length: u64,
}

impl Score {
    /// Errors per unit of the reference.
    pub fn rate(self) -> f64 {
        self.errors as f64 / self.length.max(1) as f64
    }
}

impl AddAssign for Score {
    fn add_assign(&mut self, other: Score) {
        self.errors += other.errors;
        self.length += other.length;
    }
}

/// Compares what was heard with what was said: characters in Mandarin, words in English.
pub fn score(said: &str, heard: &str, language: Language) -> Score {
    let (said, heard) = (units(said, language), units(heard, language));
    Score { errors: distance(&said, &heard), length: said.len() as u64 }
}

/// The units that are compared: lower case, without marks and spaces, Simplified, digits of numbers
/// below one hundred million read out as in speech (`36` as 三十六 or `thirty six`).
pub fn units(text: &str, language: Language) -> Vec<String> {
    let spoken = spoken_digits(&text.to_lowercase(), language);
    match language {
        Language::Mandarin => {
            let text = crate::polish::simplified(&spoken);
            text.chars().filter(|c| c.is_alphanumeric()).map(String::from).collect()
        }
        Language::English => spoken
            .replace(['\'', '’'], "")
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(String::from)
            .collect(),
    }
}

/// Replaces each run of ASCII digits by words. Long runs (telephone numbers) are read digit by
/// digit, a point between digits is read, a percent sign too.
fn spoken_digits(text: &str, language: Language) -> String {
    let mut out = String::new();
    let mut rest = text;
    let mut fraction = false;
    while let Some(from) = rest.find(|c: char| c.is_ascii_digit()) {
        out.push_str(&rest[..from]);
        rest = &rest[from..];
        let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, after) = rest.split_at(length);
        let percent = after.starts_with('%');
        if percent && language == Language::Mandarin {
            out.push_str("百分之");
        }
        out.push_str(&read_out(digits, fraction, language));
        rest = after;
        fraction = after.starts_with('.') && after[1..].starts_with(|c: char| c.is_ascii_digit());
        match (language, fraction, percent) {
            (Language::Mandarin, true, _) => out.push('点'),
            (Language::English, true, _) => out.push_str(" point "),
            (Language::English, _, true) => out.push_str(" percent"),
            _ => {}
        }
    }
    out + rest
}

fn read_out(digits: &str, fraction: bool, language: Language) -> String {
    let one_by_one = fraction || digits.len() > 6 || (digits.len() > 1 && digits.starts_with('0'));
    let number: u32 = digits.parse().unwrap_or(0);
    match (language, one_by_one) {
        (Language::Mandarin, true) => digits.bytes().map(|d| HAN[usize::from(d - b'0')]).collect(),
        (Language::Mandarin, false) => mandarin(number),
        (Language::English, true) => {
            let words: Vec<&str> = digits.bytes().map(|d| ONES[usize::from(d - b'0')]).collect();
            format!(" {} ", words.join(" "))
        }
        (Language::English, false) => format!(" {} ", english(number)),
    }
}

/// A number below one million as it is read in Mandarin.
fn mandarin(number: u32) -> String {
    if number == 0 {
        return HAN[0].into();
    }
    if number >= 10_000 {
        let low = number % 10_000;
        let zero = if low > 0 && low < 1000 { HAN[0] } else { "" };
        let low = if low > 0 { mandarin(low) } else { String::new() };
        return format!("{}万{zero}{low}", mandarin(number / 10_000));
    }
    let mut out = String::new();
    let mut zero = false;
    for (unit, name) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = number / unit % 10;
        if digit == 0 {
            zero = !out.is_empty();
            continue;
        }
        if zero {
            out.push_str(HAN[0]);
            zero = false;
        }
        if !(unit == 10 && digit == 1 && out.is_empty()) {
            out.push_str(HAN[digit as usize]);
        }
        out.push_str(name);
    }
    out
}

/// A number below one million as it is read in English.
fn english(number: u32) -> String {
    let (high, low, name) = match number {
        0..20 => return ONES[number as usize].into(),
        20..100 => {
            let tens = TENS[number as usize / 10];
            let ones = number % 10;
            return if ones == 0 { tens.into() } else { format!("{tens} {}", english(ones)) };
        }
        100..1000 => (number / 100, number % 100, "hundred"),
        _ => (number / 1000, number % 1000, "thousand"),
    };
    let low = if low == 0 { String::new() } else { format!(" {}", english(low)) };
    format!("{} {name}{low}", english(high))
}

/// Levenshtein distance.
fn distance<T: PartialEq>(a: &[T], b: &[T]) -> u64 {
    let mut row: Vec<u64> = (0..=b.len() as u64).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i as u64 + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + u64::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

const HAN: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_written_otherwise_have_no_errors() {
        let zh = |a, b| score(a, b, Language::Mandarin);
        assert_eq!(zh("年利率三点六，最高三十万。", "年利率3.6 最高30万").errors, 0);
        assert_eq!(zh("您有資金需求嗎？", "您有资金需求吗").errors, 0);
        assert_eq!(zh("一千零五块", "1005块").errors, 0);
        assert_eq!(zh("打幺三八", "打幺三八").length, 4);
        let en = |a, b| score(a, b, Language::English);
        assert_eq!(en("It's twenty-five percent.", "its 25%").errors, 0);
        assert_eq!(en("one hundred thousand dollars", "100000 dollars").errors, 0);
    }

    #[test]
    fn every_kind_of_error_counts_once() {
        assert_eq!(score("你好吗", "你号吗", Language::Mandarin), Score { errors: 1, length: 3 });
        assert_eq!(score("你好吗", "你吗", Language::Mandarin).errors, 1);
        assert_eq!(score("你好吗", "你们好吗", Language::Mandarin).errors, 1);
        assert_eq!(score("see you then", "", Language::English), Score { errors: 3, length: 3 });
    }

    #[test]
    fn scores_add_up_over_utterances() {
        let mut sum = score("你好", "你好", Language::Mandarin);
        sum += score("再见了", "再见啦", Language::Mandarin);
        assert_eq!(sum, Score { errors: 1, length: 5 });
        assert!((sum.rate() - 0.2).abs() < 1e-9);
    }
}

//! Digits as they are spoken and written: runs of them, with what people say in between.
//!
//! A run is a stretch of digit words in either language, written digits of either width, "double
//! five" and 三个零, joined by separators, fillers and corrections. Offsets are Unicode scalar
//! values.

/// One spoken digit; 10 is the X of a resident identity number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digit {
    pub(crate) value: u8,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// What lies between the digit before and this one.
    pub(crate) gap: Gap,
}

/// What lies between two digits of a run, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gap {
    /// Nothing, or a space between words.
    None,
    /// A separator or a filler.
    Pause,
    /// Words that take back what was said.
    Correction,
}

/// A stretch of digits that belong together.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) digits: Vec<Digit>,
    /// Where a `+` or `00` prefix makes the span begin earlier than the first digit.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Letters stick to it: part of an order or plate number.
    pub(crate) lettered: bool,
}

const FILLERS: &[&str] = &[
    "等一下",
    "稍等一下",
    "稍等",
    "我看看",
    "我看一下",
    "我想想",
    "那个",
    "就是",
    "然后",
    "接下来",
    "接着",
    "后面是",
    "后面",
    "最后是",
    "最后",
    "再是",
    "再来",
    "完了",
    "空格",
    "横杠",
    "横线",
    "杠",
    "嗯",
    "呃",
    "额",
    "啊",
    "哦",
    "噢",
    "诶",
    "哎",
    "再",
    "是",
    "对",
    "加",
    "and then",
    "then",
    "and",
    "umm",
    "um",
    "uhm",
    "uh",
    "erm",
    "er",
    "hmm",
    "ah",
    "okay",
    "ok",
    "so",
    "dash",
    "hyphen",
    "space",
    "that's",
    "is",
    "it's",
    "let me see",
    "plus",
    "comma",
    "well",
    "yeah",
    "yes",
    "like",
];

const CORRECTIONS: &[&str] = &[
    "不对不对",
    "不对",
    "不是",
    "说错了",
    "我说错了",
    "错了",
    "应该是",
    "更正一下",
    "更正",
    "口误",
    "不好意思",
    "重新来",
    "sorry",
    "no wait",
    "wait no",
    "i mean",
    "correction",
    "scratch that",
    "make that",
    "my mistake",
    "actually",
    "no",
    "wait",
];

const ENGLISH: &[(&str, u8)] = &[
    ("zero", 0),
    ("oh", 0),
    ("o", 0),
    ("nought", 0),
    ("naught", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
];

const TEENS: &[(&str, u8)] = &[
    ("ten", 0),
    ("eleven", 1),
    ("twelve", 2),
    ("thirteen", 3),
    ("fourteen", 4),
    ("fifteen", 5),
    ("sixteen", 6),
    ("seventeen", 7),
    ("eighteen", 8),
    ("nineteen", 9),
];

const TENS: &[(&str, u8)] = &[
    ("twenty", 2),
    ("thirty", 3),
    ("forty", 4),
    ("fourty", 4),
    ("fifty", 5),
    ("sixty", 6),
    ("seventy", 7),
    ("eighty", 8),
    ("ninety", 9),
];

const REPEATS: &[(&str, usize)] = &[("double", 2), ("triple", 3), ("treble", 3), ("quadruple", 4)];

/// The value of one Chinese or written digit.
pub(crate) fn digit(c: char) -> Option<u8> {
    Some(match c {
        '0'..='9' => c as u8 - b'0',
        '０'..='９' => u8::try_from(u32::from(c) - u32::from('０')).ok()?,
        '零' | '〇' | '洞' => 0,
        '一' | '幺' | '妖' | '壹' => 1,
        '二' | '两' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '拐' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '勾' | '玖' => 9,
        _ => return None,
    })
}

/// Every run of digits in a text, of any length, in order.
pub(crate) fn runs(text: &str) -> Vec<Run> {
    let chars: Vec<char> = text.chars().map(fold).collect();
    let mut runs = Vec::new();
    let mut current: Vec<Digit> = Vec::new();
    let mut at = 0;
    let mut gap = Gap::None;
    while at < chars.len() {
        // 等一下 holds a digit and is none: what may stand in between is read first.
        if let Some((length, kind)) = between(&chars, at) {
            if !current.is_empty() {
                gap = gap.max(kind);
            }
            at += length;
        } else if let Some((values, length)) = spoken(&chars, at, &current) {
            for value in values {
                current.push(Digit { value, start: at, end: at + length, gap });
                gap = Gap::None;
            }
            at += length;
        } else {
            close(&mut current, &chars, &mut runs);
            gap = Gap::None;
            at += word_length(&chars, at);
        }
    }
    close(&mut current, &chars, &mut runs);
    runs
}

/// Lower case and half width, one scalar for one.
fn fold(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c).to_ascii_lowercase(),
        '’' => '\'',
        _ => c.to_ascii_lowercase(),
    }
}

/// Separators, fillers and corrections at this place.
fn between(chars: &[char], at: usize) -> Option<(usize, Gap)> {
    let c = chars[at];
    if c == ' ' {
        return Some((1, Gap::None));
    }
    if let Some(length) = longest(chars, at, CORRECTIONS) {
        return Some((length, Gap::Correction));
    }
    if let Some(length) = longest(chars, at, FILLERS) {
        return Some((length, Gap::Pause));
    }
    (!c.is_alphanumeric()).then_some((1, Gap::Pause))
}

fn longest(chars: &[char], at: usize, words: &[&str]) -> Option<usize> {
    words.iter().filter_map(|word| starts(chars, at, word)).max()
}

/// The length of `word` if it stands here whole: an English word ends where its letters end.
fn starts(chars: &[char], at: usize, word: &str) -> Option<usize> {
    let mut length = 0;
    for c in word.chars() {
        if chars.get(at + length) != Some(&c) {
            return None;
        }
        length += 1;
    }
    let ascii = word.is_ascii();
    let goes_on = |c: Option<&char>| c.is_some_and(|c| c.is_ascii_alphabetic() || *c == '\'');
    if ascii && goes_on(chars.get(at + length)) {
        return None;
    }
    if ascii && at > 0 && goes_on(chars.get(at - 1)) {
        return None;
    }
    Some(length)
}

/// The digits spoken at this place and how many characters they take.
fn spoken(chars: &[char], at: usize, before: &[Digit]) -> Option<(Vec<u8>, usize)> {
    let c = chars[at];
    // 三个零 is 000.
    if let (Some(count @ 2..=9), Some('个'), Some(value)) =
        (digit(c), chars.get(at + 1), chars.get(at + 2).copied().and_then(digit))
        && !before.is_empty()
    {
        return Some((vec![value; usize::from(count)], 3));
    }
    if let Some(value) = digit(c) {
        return Some((vec![value], 1));
    }
    if before.len() >= 17 && last_of_identity(chars, at).is_some() {
        return Some((vec![10], last_of_identity(chars, at)?));
    }
    if !c.is_ascii_alphabetic() {
        return None;
    }
    for (word, count) in REPEATS {
        let Some(length) = starts(chars, at, word) else { continue };
        let next = at + length + usize::from(chars.get(at + length) == Some(&' '));
        let value = chars.get(next).copied().and_then(digit).map(|value| (value, 1));
        let (value, width) = value.or_else(|| one_of(chars, next, ENGLISH))?;
        return Some((vec![value; *count], next + width - at));
    }
    if let Some((value, length)) = one_of(chars, at, ENGLISH) {
        // A bare "o" or "oh" is a zero only within a number.
        let sigh = value == 0 && length <= 2;
        return (!sigh || !before.is_empty()).then(|| (vec![value], length));
    }
    if let Some((value, length)) = one_of(chars, at, TEENS) {
        return Some((vec![1, value], length));
    }
    let (tens, length) = one_of(chars, at, TENS)?;
    let next = at + length + usize::from(matches!(chars.get(at + length), Some(' ' | '-')));
    match one_of(chars, next, ENGLISH) {
        Some((unit @ 1..=9, width)) => Some((vec![tens, unit], next + width - at)),
        _ => Some((vec![tens, 0], length)),
    }
}

/// X as the eighteenth figure: written, 叉, or spelt.
fn last_of_identity(chars: &[char], at: usize) -> Option<usize> {
    ["叉", "艾克斯", "埃克斯", "x", "ex"].iter().find_map(|word| starts(chars, at, word))
}

fn one_of(chars: &[char], at: usize, words: &[(&str, u8)]) -> Option<(u8, usize)> {
    words.iter().find_map(|(word, value)| Some((*value, starts(chars, at, word)?)))
}

/// How far to step over what is no digit: a whole English word, else one character.
fn word_length(chars: &[char], at: usize) -> usize {
    let letters = chars[at..].iter().take_while(|c| c.is_ascii_alphabetic()).count();
    letters.max(1)
}

fn close(current: &mut Vec<Digit>, chars: &[char], runs: &mut Vec<Run>) {
    let digits = core::mem::take(current);
    let (Some(first), Some(last)) = (digits.first(), digits.last()) else { return };
    let plus = first.start > 0 && chars[first.start - 1] == '+';
    let start = first.start - usize::from(plus);
    let end = last.end;
    let letter = |c: Option<&char>| c.is_some_and(char::is_ascii_alphabetic);
    let written = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    let lettered = (written(first.start) && start > 0 && letter(chars.get(start - 1)))
        || (written(end - 1) && letter(chars.get(end)));
    runs.push(Run { start, end, lettered, digits });
}

//! Numbers that nobody but the holder of the sealed original may read: contract rule 12.
//!
//! * `id_card`: 18 figures, the last a digit or X, with the checksum of GB 11643-1999 §4.
//! * `bank_card`: 13 to 19 digits that satisfy ISO/IEC 7812-1 Annex B (Luhn).
//! * `mobile`: a mainland mobile number, 1[3-9] and nine digits, with or without 86 in front.
//!
//! A span runs from the first to the last digit word. Digits spoken as words in either language,
//! fillers, separators and corrections within are part of it.

use crate::spoken::{self, Digit, Gap, Run};
use call::{Sensitive, SensitiveKind};

/// What an order number is called; the digits that follow such a word are none of the three.
const ORDER_WORDS: &[&str] = &[
    "订单",
    "单号",
    "工单",
    "流水号",
    "编号",
    "保单号",
    "合同号",
    "快递",
    "运单",
    "发票号",
    "学号",
    "会员号",
    "卡券",
    "兑换码",
    "验证码",
    "order",
    "tracking",
    "reference",
    "invoice",
    "policy number",
    "ticket",
    "case number",
    "serial",
];

/// What a number that counts is called.
const NUMBER_WORDS: &[&str] = &[
    "手机",
    "电话",
    "号码是",
    "微信",
    "身份证",
    "卡号",
    "银行卡",
    "信用卡",
    "储蓄卡",
    "联系方式",
    "mobile",
    "phone",
    "cell",
    "card",
    "id number",
    "identity",
    "call me",
    "reach me",
    "whatsapp",
    "wechat",
];

/// The sensitive numbers in a turn, in order. Fuzz entry: any text may come in.
pub fn find(text: &str) -> Vec<Sensitive> {
    find_after(text, "")
}

/// As [`find`], for a turn that answers `asked`: "the order number?" makes what follows none.
pub fn find_after(text: &str, asked: &str) -> Vec<Sensitive> {
    let runs = spoken::runs(text);
    if runs.iter().all(|run| run.digits.len() < 11) {
        return Vec::new();
    }
    let lower: Vec<char> = text.chars().map(|c| c.to_ascii_lowercase()).collect();
    let asked = asked.to_lowercase();
    let mut found = Vec::new();
    let mut before = 0;
    for run in &runs {
        let said: String = lower.get(before..run.start).unwrap_or_default().iter().collect();
        let order = names_an_order(&said).or_else(|| names_an_order(&asked)).unwrap_or(false);
        if run.digits.len() >= 11 {
            before = run.end;
            if !order && !run.lettered {
                in_run(run, &mut found);
            }
        }
    }
    found
}

/// Whether the last word for a number before it is an order's; `None` if there is no such word.
fn names_an_order(said: &str) -> Option<bool> {
    let last = |words: &[&str]| words.iter().filter_map(|word| said.rfind(word)).max();
    match (last(ORDER_WORDS), last(NUMBER_WORDS)) {
        (None, None) => None,
        (order, number) => Some(order > number),
    }
}

/// The numbers that a run is made of, if it is made of any.
fn in_run(run: &Run, found: &mut Vec<Sensitive>) {
    let digits = &run.digits;
    if let Some(kind) = kind_of(digits) {
        found.push(span(run, digits, kind));
        return;
    }
    let pieces: Vec<&[Digit]> = digits.chunk_by(|_, next| next.gap < Gap::Correction).collect();
    if pieces.len() > 1 {
        corrected(run, &pieces, found);
        return;
    }
    several(run, found);
}

/// "…零零一,不对,零零二": the new end replaces as many digits of the old, or the whole.
fn corrected(run: &Run, pieces: &[&[Digit]], found: &mut Vec<Sensitive>) {
    let before = found.len();
    let mut said: Vec<Digit> = Vec::new();
    for piece in pieces {
        let whole = kind_of(piece);
        if let Some(kind) = whole {
            found.push(span(run, piece, kind));
            said.clear();
            continue;
        }
        let kept = (0..=said.len()).rev().find_map(|kept| {
            let mut joined = said[..kept].to_vec();
            joined.extend_from_slice(piece);
            kind_of(&joined).map(|kind| (kind, joined))
        });
        match kept {
            Some((kind, joined)) => {
                found.push(span(run, &joined, kind));
                said.clear();
            }
            None => {
                // Not whole yet: the correction takes back its own length, and the number goes on.
                let keep = said.len().saturating_sub(piece.len());
                said.truncate(keep);
                said.extend_from_slice(piece);
            }
        }
    }
    if found.len() == before {
        several(run, found);
    }
}

/// Digits that a run may have beside its numbers: a counting word, a month, a tail.
const STRAY: usize = 4;

/// Two numbers said one after the other, or one with a stray digit in front.
fn several(run: &Run, found: &mut Vec<Sensitive>) {
    let digits = &run.digits;
    let boundary = |at: usize| {
        at == 0 || at == digits.len() || digits[at].gap != Gap::None || spaced(digits, at)
    };
    let mut spans = Vec::new();
    let mut stray = 0;
    let mut at = 0;
    while at < digits.len() {
        let end = (at + 11..=digits.len().min(at + 19))
            .rev()
            .find(|&end| boundary(at) && boundary(end) && kind_of(&digits[at..end]).is_some());
        match end {
            Some(end) => {
                if let Some(kind) = kind_of(&digits[at..end]) {
                    spans.push(span(run, &digits[at..end], kind));
                }
                at = end;
            }
            None => {
                stray += 1;
                at += 1;
            }
        }
    }
    if stray <= STRAY {
        found.append(&mut spans);
    }
}

/// Whether a space or more lies before the digit at `at`.
fn spaced(digits: &[Digit], at: usize) -> bool {
    digits[at].start > digits[at - 1].end
}

fn span(run: &Run, digits: &[Digit], kind: SensitiveKind) -> Sensitive {
    let first = digits.first().map_or(run.start, |digit| digit.start);
    let start = if run.digits.first().is_some_and(|digit| digit.start == first) {
        run.start
    } else {
        first
    };
    let end = digits.last().map_or(run.end, |digit| digit.end);
    let scalar = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Sensitive { kind, start: scalar(start), end: scalar(end) }
}

/// What these digits are, if they are one number and nothing else.
fn kind_of(digits: &[Digit]) -> Option<SensitiveKind> {
    let values: Vec<u8> = digits.iter().map(|digit| digit.value).collect();
    let mobile = |digits: &[u8]| matches!(digits, [1, 3..=9, rest @ ..] if rest.len() == 9);
    if values.len() == 18 && resident_identity(&values) {
        return Some(SensitiveKind::IdCard);
    }
    if values.contains(&10) {
        return None;
    }
    let national = match values.as_slice() {
        [0, 0, 8, 6, rest @ ..] | [8, 6, rest @ ..] => rest,
        all => all,
    };
    if mobile(&values) || mobile(national) {
        return Some(SensitiveKind::Mobile);
    }
    let card = (13..=19).contains(&values.len()) && values[0] != 0 && luhn(&values);
    card.then_some(SensitiveKind::BankCard)
}

/// GB 11643-1999: ISO 7064 MOD 11-2 over seventeen digits.
fn resident_identity(values: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECK: [u8; 11] = [1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2];
    if values.len() != 18 || values[..17].contains(&10) {
        return false;
    }
    let sum: u32 =
        WEIGHTS.iter().zip(values).map(|(weight, value)| weight * u32::from(*value)).sum();
    CHECK[(sum % 11) as usize] == values[17]
}

/// ISO/IEC 7812-1 Annex B. A row of zeros satisfies it and is no card.
fn luhn(values: &[u8]) -> bool {
    let sum: u32 = values
        .iter()
        .rev()
        .enumerate()
        .map(|(place, value)| {
            let value = u32::from(*value);
            match place % 2 {
                0 => value,
                _ if value > 4 => value * 2 - 9,
                _ => value * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10) && values.iter().any(|value| *value != values[0])
}

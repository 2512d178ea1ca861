//! Hiding numbers in words that insight has not read yet.

/// Digit characters in one run from which on it is hidden.
const SHORTEST: usize = 5;

/// Replaces every run of five and more digits, spoken or written, by stars. Cruder and wider than
/// insight's masking, which replaces it as soon as the call is understood.
pub(crate) fn digits(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut run = String::new();
    for letter in text.chars().chain(['\n']) {
        if is_digit(letter) || (!run.is_empty() && is_separator(letter)) {
            run.push(letter);
            continue;
        }
        flush(&mut run, &mut shown);
        shown.push(letter);
    }
    shown.pop();
    shown
}

fn flush(run: &mut String, shown: &mut String) {
    let long = run.chars().filter(|&letter| is_digit(letter)).count() >= SHORTEST;
    shown.extend(run.chars().map(|letter| if long && is_digit(letter) { '*' } else { letter }));
    run.clear();
}

fn is_digit(letter: char) -> bool {
    letter.is_numeric() || "零〇一二两三四五六七八九幺".contains(letter)
}

fn is_separator(letter: char) -> bool {
    matches!(letter, ' ' | '-' | ',' | '.' | '，' | '、' | '。')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_hidden_however_they_are_said() {
        assert_eq!(digits("我的号码是13800138000。"), "我的号码是***********。");
        assert_eq!(digits("幺三八，零零幺三，八零零零"), "***，****，****");
        assert_eq!(digits("call 138 0013 8000 now"), "call *** **** **** now");
        assert_eq!(digits("１２３４５"), "*****");
    }

    #[test]
    fn short_numbers_stay() {
        for text in ["年利率三点六", "明天下午3点", "三十万", "", "2026"] {
            assert_eq!(digits(text), text);
        }
    }
}

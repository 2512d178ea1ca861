//! A caller's name between octets and text.
//!
//! EN 300 659-3 names ITU-T T.50 (ASCII); China's exchanges send GB 2312, some newer ones UTF-8.
//! Nothing in the message says which, so it is told by what decodes without error. Two octets of GB
//! 2312 may also be one letter in UTF-8, of Latin, Greek or the like; a name that can be read either
//! way is Chinese.

use encoding_rs::{GB18030, WINDOWS_1252};

/// The octets as text: UTF-8 if they are that and not more likely GB 18030 (which holds GB 2312),
/// else GB 18030, else Latin. Control characters are removed, blanks trimmed; `None` if nothing
/// remains.
pub(super) fn decode(octets: &[u8]) -> Option<String> {
    let utf8 = core::str::from_utf8(octets).ok();
    let gb = GB18030.decode_without_bom_handling_and_without_replacement(octets);
    let ideographs =
        |text: &str| text.chars().all(|letter| letter.is_ascii() || is_ideograph(letter));
    let text = match (utf8, gb) {
        (Some(text), Some(gb))
            if text.chars().all(|letter| letter < '\u{800}') && ideographs(&gb) =>
        {
            gb.into_owned()
        }
        (Some(text), _) => text.to_owned(),
        (None, Some(gb)) => gb.into_owned(),
        (None, None) => WINDOWS_1252.decode_without_bom_handling(octets).0.into_owned(),
    };
    let clean: String = text.chars().filter(|&letter| !is_control(letter)).collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

/// The text as ASCII where it is that, else as GB 18030, cut at `most` octets between characters.
pub(super) fn encode(text: &str, most: usize) -> Vec<u8> {
    let mut octets = Vec::with_capacity(most);
    for letter in text.chars().filter(|&letter| !is_control(letter)) {
        let mut buffer = [0; 4];
        let (coded, _, _) = GB18030.encode(letter.encode_utf8(&mut buffer));
        if octets.len() + coded.len() > most {
            break;
        }
        octets.extend_from_slice(&coded);
    }
    octets
}

/// A character that the names of China are written with.
fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

/// Controls, and the invisible characters that turn the direction of writing around: a caller
/// chooses his name, and it is shown on a page.
fn is_control(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_in_each_script() {
        for name in ["J. SMITH", "张伟", "王小明 Ltd", "伟", "V 伟 AI", "李", "王"] {
            assert_eq!(decode(&encode(name, 50)).as_deref(), Some(name));
        }
        assert_eq!(encode("张", 50), [0xd5, 0xc5]);
        assert_eq!(decode("李雷".as_bytes()).as_deref(), Some("李雷"));
    }

    #[test]
    fn controls_and_direction_marks_are_removed() {
        assert_eq!(decode(b"\x1b[31mBOB\x00\r\n ").as_deref(), Some("[31mBOB"));
        assert_eq!(decode("\u{202e}evil".as_bytes()).as_deref(), Some("evil"));
        assert_eq!(decode(b"\x01\x02  "), None);
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        assert_eq!(encode("好好好", 5), [0xba, 0xc3, 0xba, 0xc3]);
    }

    #[test]
    fn what_is_no_script_at_all_is_read_as_latin() {
        assert_eq!(decode(&[b'J', 0xff]).as_deref(), Some("Jÿ"));
    }
}

//! From what a model wrote to what was said: one script, one spacing, and doubt where it is due.
//!
//! Whisper was taught on subtitles. On silence, noise or music it writes what subtitles end with, or
//! repeats itself; it writes Mandarin in Traditional or Simplified characters as it likes. So:
//! * Mandarin is turned into Simplified characters (OpenCC's tables), trimmed, half-width marks
//!   between Chinese characters become full-width ones.
//! * Text that cannot come from the audio is held back, with the reason ([`Doubt`]).

use crate::engine::Heard;
use call::{Language, Samples};
use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;
use std::sync::OnceLock;

/// Why words are not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// There are none.
    #[error("no words were recognised")]
    Empty,
    /// The model itself thinks that nobody spoke, and is not sure of the words.
    #[error("the model takes it for silence")]
    NoSpeech,
    /// The same words again and again.
    #[error("the model repeats itself")]
    Loop,
    /// More words than anyone can say in that time.
    #[error("more words than the time allows")]
    TooFast,
    /// What subtitles end with, and no certainty.
    #[error("a phrase that the model makes up from noise")]
    Phantom,
    /// Hardly a token is sure.
    #[error("the model is guessing")]
    Guess,
}

/// Phrases that Whisper writes where nobody speaks.
const PHANTOMS: &[&str] = &[
    "字幕由",
    "字幕志愿者",
    "字幕提供",
    "请不吝点赞",
    "点赞订阅",
    "打赏支持",
    "明镜与点点",
    "优优独播剧场",
    "中文字幕",
    "thanks for watching",
    "thank you for watching",
    "please subscribe",
    "subtitles by",
    "amara.org",
];
/// Phantoms that people also say: held back only when the model doubts them strongly.
const BELOW: f32 = 0.45;

/// Normalises what was heard in an utterance of some length, or says why it is not to be believed.
/// `speech` is the mean probability of voice over it.
pub fn polish(heard: &Heard, length: Samples, speech: f32) -> Result<String, Doubt> {
    let text = normalise(&heard.text, heard.language);
    let said: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let seconds = (length.ms() as f32 / 1000.0).max(0.1);
    if said.is_empty() {
        return Err(Doubt::Empty);
    }
    if heard.no_speech > 0.6 && heard.p < 0.5 && speech < 0.8 {
        return Err(Doubt::NoSpeech);
    }
    if is_loop(&said) {
        return Err(Doubt::Loop);
    }
    // Fast Mandarin is 8 syllables a second, fast English 25 letters.
    let most = match heard.language {
        Language::Mandarin => 14.0,
        Language::English => 40.0,
    };
    if said.len() as f32 > most * seconds + 4.0 {
        return Err(Doubt::TooFast);
    }
    let folded = text.to_lowercase();
    let phantom = PHANTOMS.iter().any(|phrase| folded.contains(phrase));
    if phantom && (heard.p < 0.8 || heard.no_speech > 0.3) {
        return Err(Doubt::Phantom);
    }
    if heard.p < BELOW * 0.5 {
        return Err(Doubt::Guess);
    }
    Ok(text)
}

/// One script, one spacing.
pub fn normalise(text: &str, language: Language) -> String {
    let text = text.trim().trim_matches('\u{fffd}');
    match language {
        Language::Mandarin => full_width_marks(&simplified(text)),
        Language::English => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// Traditional characters as Simplified ones.
pub fn simplified(text: &str) -> String {
    static OPENCC: OnceLock<Option<OpenCC>> = OnceLock::new();
    match OPENCC.get_or_init(|| OpenCC::from_config(BuiltinConfig::T2s).ok()) {
        Some(opencc) => opencc.convert(text),
        None => text.to_owned(),
    }
}

/// `,` `?` `!` `:` `;` after a Chinese character are the full-width ones; spaces between two Chinese
/// characters go.
fn full_width_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after_chinese = out.chars().next_back().is_some_and(is_chinese);
        match (c, after_chinese) {
            (',', true) => out.push('，'),
            ('?', true) => out.push('？'),
            ('!', true) => out.push('！'),
            (':', true) => out.push('：'),
            (';', true) => out.push('；'),
            (c, true) if c.is_whitespace() && chars.peek().copied().is_some_and(is_chinese) => {}
            (c, _) => out.push(c),
        }
    }
    out
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{3001}'..='\u{3002}' | '\u{ff01}'..='\u{ff1f}')
}

/// Whether some run of 1 to 12 characters stands there at least four times in a row (six times for
/// one or two characters: people do say 好好好好, 对对对对), or the text is much shorter without
/// what it says twice.
fn is_loop(said: &[char]) -> bool {
    (1..=12).any(|period| {
        let times = if period <= 2 { 7 } else { 4 };
        let run = said.len().checked_sub(period).map_or(0, |pairs| {
            let mut longest = 0;
            let mut run = 0;
            for i in 0..pairs {
                run = if said[i] == said[i + period] { run + 1 } else { 0 };
                longest = longest.max(run);
            }
            longest
        });
        run >= period * (times - 1)
    })
}

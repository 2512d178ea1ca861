//! A sentence in both of the page's languages.

use serde::Serialize;

/// The page's languages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Tongue {
    /// Mandarin, in Simplified Chinese: the default.
    #[default]
    #[serde(rename = "zh")]
    Mandarin,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Tongue {
    /// The one of two sentences that is in this language.
    pub const fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Tongue::Mandarin => zh,
            Tongue::English => en,
        }
    }
}

/// A sentence in both languages. It says what is wrong, where, and what to do; it holds no
/// customer's number or word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Saying {
    /// In Mandarin.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Saying {
    /// From one sentence in each language.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Saying { zh: zh.into(), en: en.into() }
    }

    /// The sentence in one language.
    pub fn tell(&self, tongue: Tongue) -> &str {
        tongue.pick(&self.zh, &self.en)
    }
}

impl From<&str> for Saying {
    /// A sentence that there is in one language only, an error of the system for instance.
    fn from(text: &str) -> Self {
        Saying::new(text, text)
    }
}

impl From<String> for Saying {
    fn from(text: String) -> Self {
        Saying { zh: text.clone(), en: text }
    }
}

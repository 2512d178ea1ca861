//! Which language a call is in, by its first utterances.

use call::{Language, Samples};

/// The votes so far.
#[derive(Default)]
pub(crate) struct Votes {
    mandarin: f32,
    english: f32,
}

impl Votes {
    /// Seconds of sure words that settle it.
    const ENOUGH: f32 = 2.0;

    pub(crate) fn add(&mut self, language: Language, length: Samples, p: f32) {
        let weight = length.ms() as f32 / 1000.0 * p;
        match language {
            Language::Mandarin => self.mandarin += weight,
            Language::English => self.english += weight,
        }
    }

    pub(crate) fn settled(&self) -> Option<Language> {
        if self.mandarin >= Self::ENOUGH && self.mandarin > 2.0 * self.english {
            Some(Language::Mandarin)
        } else if self.english >= Self::ENOUGH && self.english > 2.0 * self.mandarin {
            Some(Language::English)
        } else {
            None
        }
    }
}

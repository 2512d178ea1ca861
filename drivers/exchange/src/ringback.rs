//! What a caller hears while the far end rings: the country's ringback, or the subscriber's music.

use dsp::tone::ToneGenerator;
use std::sync::Arc;

/// One or the other, without an end.
pub(crate) enum Ringback {
    Tone(ToneGenerator),
    Music { samples: Arc<[i16]>, at: usize },
}

impl Ringback {
    pub(crate) fn music(samples: Arc<[i16]>) -> Self {
        Ringback::Music { samples, at: 0 }
    }

    pub(crate) fn fill(&mut self, out: &mut [i16]) {
        match self {
            Ringback::Tone(tone) => drop(tone.fill(out)),
            Ringback::Music { samples, at } => {
                for sample in out {
                    *sample = samples.get(*at).copied().unwrap_or_default();
                    *at = (*at + 1).checked_rem(samples.len()).unwrap_or_default();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn music_goes_round_and_no_music_is_silence() {
        let mut ringback = Ringback::music([1, 2, 3].into());
        let mut out = [0; 4];
        ringback.fill(&mut out);
        assert_eq!(out, [1, 2, 3, 1]);
        ringback.fill(&mut out);
        assert_eq!(out, [2, 3, 1, 2]);
        Ringback::music([].into()).fill(&mut out);
        assert_eq!(out, [0; 4]);
    }
}

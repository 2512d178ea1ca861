//! Sending digits: tones into the line, or breaks of the loop.

use crate::settings::{Dialling, Settings};
use call::Samples;
use dsp::dtmf::{DtmfGenerator, DtmfSettings, frequencies};
use line::Block;
use zeroize::Zeroizing;

/// What a sender did in one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It is at it.
    More,
    /// The loop is to be opened for so many ms.
    Break(u16),
    /// It wants dial tone before it goes on.
    WaitForTone,
    /// The last digit is out.
    All,
}

/// Sends one string of digits, `,` (a pause) and `w` (dial tone awaited).
pub(crate) struct Sender {
    /// Wiped when the sender goes.
    script: Zeroizing<String>,
    next: usize,
    dialling: Dialling,
    generator: DtmfGenerator,
    pulses_left: u8,
    /// Nothing is done before this instant.
    until: Samples,
    break_ms: u16,
    pulse: Samples,
    gap: Samples,
    pause: Samples,
}

impl Sender {
    /// A sender that begins at `from`; `None` if a digit cannot be sent so.
    pub(crate) fn new(
        script: Zeroizing<String>,
        dialling: Dialling,
        settings: &Settings,
        from: Samples,
    ) -> Option<Sender> {
        let sendable = |digit: char| match dialling {
            _ if matches!(digit, ',' | 'w') => true,
            Dialling::Tone => frequencies(digit).is_some(),
            Dialling::Pulse => digit.is_ascii_digit(),
        };
        if !script.chars().all(sendable) {
            return None;
        }
        let ms = |ms: u32| Samples::from_ms(u64::from(ms));
        let generator = DtmfGenerator::new(DtmfSettings {
            on_ms: settings.tone_ms,
            off_ms: settings.tone_gap_ms,
            ..DtmfSettings::default()
        });
        Some(Sender {
            script,
            next: 0,
            dialling,
            generator,
            pulses_left: 0,
            until: from,
            break_ms: u16::try_from(settings.pulse_break_ms).unwrap_or(60),
            pulse: ms(settings.pulse_break_ms + settings.pulse_make_ms),
            gap: ms(settings.pulse_gap_ms),
            pause: ms(settings.pause_ms),
        })
    }

    /// The block that ends at `now`: what goes out in it, and what else is to be done.
    pub(crate) fn block(&mut self, now: Samples, out: &mut Block) -> Sent {
        if !self.generator.is_idle() {
            self.generator.fill(out);
            return Sent::More;
        }
        if now < self.until {
            return Sent::More;
        }
        if self.pulses_left > 0 {
            self.pulses_left -= 1;
            self.until =
                now + self.pulse + if self.pulses_left == 0 { self.gap } else { Samples::ZERO };
            return Sent::Break(self.break_ms);
        }
        let Some(letter) = self.script[self.next..].chars().next() else { return Sent::All };
        self.next += letter.len_utf8();
        match (letter, self.dialling) {
            (',', _) => self.until = now + self.pause,
            ('w', _) => return Sent::WaitForTone,
            (digit, Dialling::Tone) => {
                // Checked when the sender was made.
                if self.generator.push(digit.encode_utf8(&mut [0; 4])).is_ok() {
                    self.generator.fill(out);
                }
            }
            (digit, Dialling::Pulse) => {
                let value = digit.to_digit(10).map_or(10, |value| value as u8);
                self.pulses_left = if value == 0 { 10 } else { value };
                return self.block(now, out);
            }
        }
        Sent::More
    }

    /// Dial tone came: goes on at `from`.
    pub(crate) fn resume(&mut self, from: Samples) {
        self.until = from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(digits: &str, settings: &Settings) -> Vec<(u64, Sent)> {
        let script = Zeroizing::new(digits.to_string());
        let mut sender = Sender::new(script, settings.dialling, settings, Samples::ZERO).unwrap();
        let mut seen = Vec::new();
        for block in 1..2000 {
            let now = Samples(block * 80);
            let sent = sender.block(now, &mut [0; 80]);
            if sent != Sent::More {
                seen.push((now.ms(), sent));
            }
            if sent == Sent::All {
                break;
            }
        }
        seen
    }

    #[test]
    fn a_pulsed_digit_is_as_many_breaks_as_it_says_and_nought_is_ten() {
        let settings = Settings { dialling: Dialling::Pulse, ..Settings::default() };
        let seen = run("302", &settings);
        let breaks: Vec<u64> =
            seen.iter().filter(|(_, sent)| *sent == Sent::Break(60)).map(|(ms, _)| *ms).collect();
        assert_eq!(breaks.len(), 3 + 10 + 2);
        assert_eq!(breaks[..5], [10, 110, 210, 1110, 1210]);
        assert_eq!(seen.last().unwrap().1, Sent::All);
    }

    #[test]
    fn tones_take_their_time_and_pauses_theirs() {
        let settings = Settings::default();
        assert_eq!(run("12", &settings), [(410, Sent::All)]);
        assert_eq!(run("1,2", &settings).last().unwrap().0, 1410);
        let waiting = run("0w1", &settings);
        assert_eq!(waiting[0], (210, Sent::WaitForTone));
    }

    #[test]
    fn what_cannot_be_pulsed_is_refused() {
        let settings = Settings::default();
        let sender = |digits: &str, dialling| {
            let script = Zeroizing::new(digits.to_string());
            Sender::new(script, dialling, &settings, Samples::ZERO).is_some()
        };
        assert!(sender("12*#", Dialling::Tone) && !sender("12*", Dialling::Pulse));
        assert!(!sender("1x", Dialling::Tone));
    }
}

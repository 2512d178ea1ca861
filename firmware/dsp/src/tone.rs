//! A tone with its cadence: what it is made of, and a generator for it.
//!
//! The generator is sample-exact (a segment of `ms` lasts exactly `8 × ms` samples) and goes on
//! across blocks as if there were none. Every sounding segment starts at phase zero.

use crate::level;
use crate::oscillator::Oscillator;
use call::Samples;

/// The most frequencies that sound at once (the receiver-off-hook tone of North America).
pub const MAX_FREQUENCIES: usize = 4;

/// One stretch of a tone: some frequencies at once, or silence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Frequencies, Hz; none is silence. Beyond [`MAX_FREQUENCIES`] they are not sounded.
    pub hz: &'static [f32],
    /// The level of each frequency by itself, dBm0.
    pub dbm0: f32,
    /// How long, in milliseconds; [`FOREVER`] does not end.
    pub ms: u32,
}

/// A [`Segment::ms`] that does not end.
pub const FOREVER: u32 = u32::MAX;

impl Segment {
    /// Frequencies for some milliseconds.
    pub const fn on(hz: &'static [f32], dbm0: f32, ms: u32) -> Self {
        Segment { hz, dbm0, ms }
    }

    /// Silence for some milliseconds.
    pub const fn off(ms: u32) -> Self {
        Segment { hz: &[], dbm0: 0.0, ms }
    }
}

/// Segments played one after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tone {
    /// What is played.
    pub segments: &'static [Segment],
    /// How many times; `None` goes round for ever.
    pub times: Option<u32>,
}

impl Tone {
    /// Segments that go round for ever.
    pub const fn endless(segments: &'static [Segment]) -> Self {
        Tone { segments, times: None }
    }

    /// Segments played once.
    pub const fn once(segments: &'static [Segment]) -> Self {
        Tone { segments, times: Some(1) }
    }

    /// How long one round lasts; `None` if a segment does not end.
    pub fn round(&self) -> Option<Samples> {
        self.segments.iter().try_fold(Samples::ZERO, |sum, segment| {
            (segment.ms != FOREVER).then(|| sum + Samples::from_ms(u64::from(segment.ms)))
        })
    }
}

/// Plays one [`Tone`].
#[derive(Clone, Debug)]
pub struct ToneGenerator {
    tone: Tone,
    rounds_done: u32,
    /// The next segment to begin.
    next: usize,
    oscillators: [Oscillator; MAX_FREQUENCIES],
    sounding: usize,
    /// Samples left of the current segment; `None` for one that does not end.
    left: Option<u64>,
    gain: f32,
    finished: bool,
}

impl ToneGenerator {
    /// A generator at the tone's first sample.
    pub fn new(tone: Tone) -> Self {
        Self::with_gain(tone, 0.0)
    }

    /// The same with all levels moved by `db`.
    pub fn with_gain(tone: Tone, db: f32) -> Self {
        let mut generator = ToneGenerator {
            tone,
            rounds_done: 0,
            next: 0,
            oscillators: [Oscillator::default(); MAX_FREQUENCIES],
            sounding: 0,
            left: Some(0),
            gain: level::gain(db),
            finished: false,
        };
        generator.begin_segment();
        generator
    }

    /// True once every round of a tone that ends has been played.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Overwrites `out` with the tone; returns how many samples were the tone's. After a tone's
    /// end the rest of `out` is silence.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        out.fill(0);
        self.mix(out)
    }

    /// Adds the tone to what is in `out`, held at the rails; returns how many samples were the
    /// tone's.
    pub fn mix(&mut self, out: &mut [i16]) -> usize {
        let mut done = 0;
        while done < out.len() && !self.finished {
            let room = out.len() - done;
            let run =
                self.left.map_or(room, |left| room.min(usize::try_from(left).unwrap_or(room)));
            if self.sounding > 0 {
                for sample in &mut out[done..done + run] {
                    let sum: f32 =
                        self.oscillators[..self.sounding].iter_mut().map(Oscillator::next).sum();
                    *sample = sample.saturating_add(level::to_sample(sum));
                }
            }
            done += run;
            if let Some(left) = &mut self.left {
                *left -= run as u64;
                if *left == 0 {
                    self.begin_segment();
                }
            }
        }
        done
    }

    /// Begins the next segment that has any length, or finishes.
    fn begin_segment(&mut self) {
        // An endless tone whose segments are all empty would go round here for ever.
        let mut empty = 0;
        while empty <= self.tone.segments.len() {
            if self.next == self.tone.segments.len() {
                self.rounds_done = self.rounds_done.saturating_add(1);
                if self.tone.times.is_some_and(|times| self.rounds_done >= times) {
                    break;
                }
                self.next = 0;
            }
            let Some(segment) = self.tone.segments.get(self.next) else { break };
            self.next += 1;
            if segment.ms == 0 {
                empty += 1;
                continue;
            }
            let amplitude = level::sine_peak(segment.dbm0) * self.gain;
            self.sounding = segment.hz.len().min(MAX_FREQUENCIES);
            for (oscillator, &hz) in self.oscillators.iter_mut().zip(segment.hz) {
                *oscillator = Oscillator::new(hz, amplitude);
            }
            self.left = (segment.ms != FOREVER).then(|| Samples::from_ms(u64::from(segment.ms)).0);
            return;
        }
        self.finished = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEEPS: Tone = Tone::endless(&[
        Segment::on(&[450.0], -10.0, 350),
        Segment::off(350),
        Segment::on(&[350.0, 440.0], -13.0, 1),
        Segment::off(3),
    ]);

    #[test]
    fn the_way_a_stream_is_cut_does_not_change_it() {
        let mut whole = vec![0; 20_000];
        ToneGenerator::new(BEEPS).fill(&mut whole);
        let mut generator = ToneGenerator::new(BEEPS);
        let mut pieces = Vec::new();
        for length in [1usize, 80, 7, 2999, 80, 4096, 13, 12_724] {
            let mut piece = vec![0; length];
            assert_eq!(generator.fill(&mut piece), length);
            pieces.extend(piece);
        }
        assert_eq!(whole, pieces);
    }

    #[test]
    fn segments_last_to_the_sample() {
        let mut out = vec![0; 5632];
        ToneGenerator::new(BEEPS).fill(&mut out);
        assert!((level::of(&out[..2800]) + 10.0).abs() < 0.02);
        assert!(out[2800..5600].iter().all(|&sample| sample == 0));
        assert!(out[5601..5608].iter().all(|&sample| sample != 0));
        assert!(out[5608..].iter().all(|&sample| sample == 0));
    }

    #[test]
    fn a_tone_with_an_end_ends() {
        const BEEP: &[Segment] = &[Segment::on(&[1000.0], 0.0, 10), Segment::off(10)];
        let mut generator = ToneGenerator::new(Tone { segments: BEEP, times: Some(2) });
        let mut out = [7i16; 400];
        assert_eq!(generator.fill(&mut out), 320);
        assert!(generator.is_finished());
        assert_eq!(generator.fill(&mut out), 0);
        assert!(out.iter().all(|&sample| sample == 0));
    }

    #[test]
    fn a_tone_without_length_is_finished_at_once() {
        assert!(ToneGenerator::new(Tone::endless(&[])).is_finished());
        const EMPTY: Tone = Tone::endless(&[Segment::off(0)]);
        assert!(ToneGenerator::new(EMPTY).is_finished());
    }

    #[test]
    fn mixing_adds_and_holds_at_the_rails() {
        const LOUD: Tone = Tone::once(&[Segment::on(&[2000.0], level::FULL_SCALE_DBM0, 1)]);
        let mut out = [30_000i16; 8];
        assert_eq!(ToneGenerator::new(LOUD).mix(&mut out), 8);
        assert_eq!(out, [30_000, i16::MAX, 30_000, -2768, 30_000, i16::MAX, 30_000, -2768]);
    }
}

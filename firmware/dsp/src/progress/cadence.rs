//! Pulses against the plan's cadences.
//!
//! The table of [`Pattern`]s is built from the plan; another source of patterns (a busy tone learnt
//! on the line) only needs to add to it.

use super::ear::{Ear, KindId};
use super::pulses::Pulse;
use crate::plan::TonePlan;
use crate::tone::{FOREVER, Tone};
use call::Samples;

/// A tone of the plan that is known by its cadence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Busy,
    Congestion,
    Unobtainable,
    Howler,
}

/// The most segments of one cadence, and of pulses remembered.
const MAX_SEGMENTS: usize = 8;
const PULSES: usize = 12;

/// Cadences may be off by a tenth (E.180), and measuring by some milliseconds.
const TOLERANCE: f32 = 0.10;
const MEASURING: f32 = 96.0;
/// Segments that must match: three pulses and two pauses of a simple cadence, one round and one
/// pulse of the longest.
const LEAST_SEGMENTS: usize = 5;
const MOST_SEGMENTS: usize = 9;
/// The longest break between two tones that follow each other without a pause, samples.
const NO_PAUSE: u64 = 400;

/// One segment of a cadence: a tone, or a pause.
#[derive(Clone, Copy, Debug)]
struct Beat {
    kind: Option<KindId>,
    length: u64,
}

/// A cadence to look for.
#[derive(Clone, Copy, Debug)]
struct Pattern {
    meaning: Meaning,
    beats: [Beat; MAX_SEGMENTS],
    count: usize,
}

/// Remembers pulses and knows the plan's cadences.
#[derive(Clone, Debug)]
pub(super) struct Cadences {
    patterns: [Option<Pattern>; 4],
    /// Newest last; `false` where the pause before it was not quiet.
    pulses: [Option<(Pulse, bool)>; PULSES],
}

impl Cadences {
    pub(super) fn new(plan: &TonePlan, ear: &Ear) -> Self {
        let pattern = |meaning, tone: &Tone| Pattern::new(meaning, tone, ear);
        Cadences {
            patterns: [
                pattern(Meaning::Busy, &plan.busy),
                pattern(Meaning::Congestion, &plan.congestion),
                pattern(Meaning::Unobtainable, &plan.unobtainable),
                pattern(Meaning::Howler, &plan.howler),
            ],
            pulses: [None; PULSES],
        }
    }

    pub(super) fn forget(&mut self) {
        self.pulses = [None; PULSES];
    }

    /// Takes a pulse that has ended and the quietness of the pause before it; says what cadence
    /// it completes.
    pub(super) fn take(&mut self, pulse: Pulse, after_quiet: bool) -> Option<Meaning> {
        self.pulses.rotate_left(1);
        self.pulses[PULSES - 1] = Some((pulse, after_quiet));
        self.patterns.iter().flatten().find(|pattern| self.matches(pattern)).map(|p| p.meaning)
    }

    /// The last pulses, newest first.
    pub(super) fn newest(&self) -> impl Iterator<Item = Pulse> {
        self.pulses.iter().rev().map_while(|entry| entry.map(|(pulse, _)| pulse))
    }

    fn matches(&self, pattern: &Pattern) -> bool {
        (0..pattern.count).any(|last| self.matches_ending_at(pattern, last))
    }

    /// Whether the pulses, read backwards, are the cadence read backwards from one of its beats.
    fn matches_ending_at(&self, pattern: &Pattern, mut beat: usize) -> bool {
        let needed = (2 * pattern.count + 1).clamp(LEAST_SEGMENTS, MOST_SEGMENTS);
        let mut matched = 0;
        let mut newest = self.pulses.iter().rev().map_while(|entry| *entry).peekable();
        while let Some((pulse, after_quiet)) = newest.next() {
            let Beat { kind, length } = pattern.beats[beat];
            if kind != Some(pulse.kind) || !near(pulse.length(), length) {
                return false;
            }
            matched += 1;
            if matched >= needed {
                return true;
            }
            let Some((earlier, _)) = newest.peek() else { return false };
            let pause = pulse.began.saturating_sub(earlier.ended);
            beat = (beat + pattern.count - 1) % pattern.count;
            if pattern.beats[beat].kind.is_some() {
                if pause > NO_PAUSE {
                    return false;
                }
                continue;
            }
            if !after_quiet || !near(pause, pattern.beats[beat].length) {
                return false;
            }
            matched += 1;
            beat = (beat + pattern.count - 1) % pattern.count;
        }
        false
    }
}

impl Pattern {
    /// `None` for a tone that does not go round, which no cadence tells.
    fn new(meaning: Meaning, tone: &Tone, ear: &Ear) -> Option<Pattern> {
        tone.round()?;
        if tone.times.is_some() || tone.segments.len() > MAX_SEGMENTS {
            return None;
        }
        let mut beats = [Beat { kind: None, length: 0 }; MAX_SEGMENTS];
        for (beat, segment) in beats.iter_mut().zip(tone.segments) {
            let kind = if segment.hz.is_empty() { None } else { Some(ear.kind_of(segment.hz)?) };
            *beat = Beat { kind, length: Samples::from_ms(u64::from(segment.ms)).0 };
        }
        Some(Pattern { meaning, beats, count: tone.segments.len() })
    }
}

fn near(length: u64, nominal: u64) -> bool {
    length.abs_diff(nominal) as f32 <= TOLERANCE * nominal as f32 + MEASURING
}

/// The longest sounding segment of a tone in one frequency set, samples; `None` if it has none or
/// it does not end.
pub(super) fn longest_pulse(tone: &Tone, hz: &[f32]) -> Option<u64> {
    let pulses = tone.segments.iter().filter(|segment| segment.hz == hz && segment.ms != FOREVER);
    pulses.map(|segment| Samples::from_ms(u64::from(segment.ms)).0).max()
}

/// The longest pause of a tone, samples.
pub(super) fn longest_pause(tone: &Tone) -> u64 {
    let pauses = tone.segments.iter().filter(|segment| segment.hz.is_empty());
    pauses.map(|segment| Samples::from_ms(u64::from(segment.ms)).0).max().unwrap_or(0)
}

//! Learning a busy tone that no plan has.
//!
//! Where the far end has hung up and the exchange (a small one's, another country's) says so by a
//! tone that we do not know, the tone repeats: as loud, as long, as far apart each time, until we
//! hang up as well. A [`ToneLearner`] listens for just that and tells of a [`RepeatingTone`] after
//! three equal cadences; a tone that it was told of before it knows after two pulses.
//!
//! What a busy or congestion tone can be is ITU-T E.180's and Q.35's: one frequency or two in the
//! band where the networks of E.180 Supplement 2 have theirs (300 to 720 Hz), 140 to 700 ms on and
//! as long off within a ratio of 0.6 to 1.7. That leaves out ringing tones (long pauses), call
//! waiting tones (short in long pauses), the answer tones and calling tones of machines (above),
//! and special information (three tones). Within a pulse nothing else may sound, frequency and
//! level must stand still; pulses and pauses must be equal within a tenth, and pauses quiet. Speech
//! and music do not do that three times over.

mod bursts;
mod ear;

use bursts::{Burst, Bursts};
use ear::Ear;
use serde::{Deserialize, Serialize};

/// A tone that comes and goes, as it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatingTone {
    /// Its frequencies, Hz, low to high; the second 0 where there is only one.
    pub hz: [u16; 2],
    /// How long it sounds, ms.
    pub on_ms: u16,
    /// How long it pauses, ms.
    pub off_ms: u16,
    /// Its level, dBm0.
    pub dbm0: i8,
}

/// What it may be, ms.
const PULSE_MS: std::ops::RangeInclusive<u16> = 140..=700;
const PAUSE_MS: std::ops::RangeInclusive<u16> = 140..=700;
/// Sound over pause, in tenths.
const RATIO_TENTHS: std::ops::RangeInclusive<u32> = 6..=17;
/// Its band, Hz.
pub(crate) const BAND_HZ: std::ops::RangeInclusive<u16> = 300..=720;
/// Times may differ by a tenth, and by what measuring takes (ms).
const MEASURING_MS: f32 = 5.0;
/// Frequencies may differ by so much.
const HZ_SHARE: f32 = 0.015;
const HZ_LEAST: f32 = 6.0;
/// Levels of pulses of one tone, dB.
const LEVEL_DB: f32 = 2.0;
/// Pulses after which an unknown tone is learnt, and a known one known.
const UNKNOWN: usize = 3;
const KNOWN: usize = 2;
/// The last pause of an unknown tone must be this much of the others before it is told.
const LAST_PAUSE: f32 = 0.9;
/// Tones that one learner remembers; with more, the one learnt first is forgotten.
pub const REMEMBERED: usize = 4;

impl RepeatingTone {
    /// Whether another measurement may be of the same tone.
    pub fn is_like(&self, other: &RepeatingTone) -> bool {
        let hz = self.hz.iter().zip(other.hz).all(|(a, b)| same_hz(f32::from(*a), f32::from(b)));
        let time = |a: u16, b: u16| near(f32::from(a), f32::from(b));
        hz && time(self.on_ms, other.on_ms) && time(self.off_ms, other.off_ms)
    }

    /// Whether it is what a busy or congestion tone can be; what was kept on disk is asked this
    /// before it ends calls.
    pub fn is_plausible(&self) -> bool {
        let [low, high] = self.hz;
        let ratio = u32::from(self.on_ms) * 10 / u32::from(self.off_ms).max(1);
        BAND_HZ.contains(&low)
            && (high == 0 || (BAND_HZ.contains(&high) && high > low))
            && PULSE_MS.contains(&self.on_ms)
            && PAUSE_MS.contains(&self.off_ms)
            && RATIO_TENTHS.contains(&ratio)
            && (-60..=3).contains(&self.dbm0)
    }
}

/// That a tone came round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The tone as it was measured now.
    pub tone: RepeatingTone,
    /// Whether it was remembered from before.
    pub known: bool,
}

/// Listens to what comes from a line in a call.
#[derive(Clone, Debug)]
pub struct ToneLearner {
    ear: Ear,
    bursts: Bursts,
    /// Pulses of one tone in a row, newest last.
    row: Vec<Burst>,
    known: Vec<RepeatingTone>,
    told: Option<Repeated>,
    /// Whether a pure tone of the band sounds now.
    sounds: bool,
}

impl Default for ToneLearner {
    fn default() -> Self {
        ToneLearner::new()
    }
}

impl ToneLearner {
    /// A learner that knows no tone.
    pub fn new() -> Self {
        ToneLearner {
            ear: Ear::new(),
            bursts: Bursts::new(),
            row: Vec::with_capacity(UNKNOWN + 1),
            known: Vec::with_capacity(REMEMBERED + 1),
            told: None,
            sounds: false,
        }
    }

    /// Gives it a tone to know again. One like it is replaced; one that is not plausible is not
    /// taken.
    pub fn remember(&mut self, tone: RepeatingTone) {
        if tone.is_plausible() {
            self.known.retain(|known| !known.is_like(&tone));
            self.known.push(tone);
            if self.known.len() > REMEMBERED {
                self.known.remove(0);
            }
        }
    }

    /// The tones that it knows, the one learnt first first.
    pub fn known(&self) -> &[RepeatingTone] {
        &self.known
    }

    /// Another call: what was heard so far belongs to no tone. What is known stays known.
    pub fn begin(&mut self) {
        self.ear = Ear::new();
        self.bursts = Bursts::new();
        self.row.clear();
        self.told = None;
        self.sounds = false;
    }

    /// Whether what sounds now is a pure tone that a busy tone could be made of: no voice.
    pub fn hears_tone(&self) -> bool {
        self.sounds
    }

    /// Takes any number of samples in.
    pub fn push(&mut self, samples: &[i16]) {
        for &sample in samples {
            let Some(look) = self.ear.hear(sample) else { continue };
            self.sounds = look.hz.is_some();
            match self.bursts.take(&look) {
                Some(bursts::News::Pulse(burst)) => self.pulse(burst),
                Some(bursts::News::Other) => self.row.clear(),
                None => self.pause(),
            }
        }
    }

    /// The tone that came round, once; remembered from now on.
    pub fn next_repeated(&mut self) -> Option<Repeated> {
        let told = self.told.take();
        if let Some(told) = told {
            self.row.clear();
            if !told.known {
                self.remember(told.tone);
            }
        }
        told
    }

    fn pulse(&mut self, burst: Burst) {
        if self.row.last().is_some_and(|last| !last.is_like(&burst)) {
            self.row.clear();
        }
        if self.row.len() == UNKNOWN {
            self.row.remove(0);
        }
        self.row.push(burst);
        let Some(tone) = self.tone(KNOWN) else { return };
        if self.known.iter().any(|known| known.is_like(&tone)) {
            self.told = Some(Repeated { tone, known: true });
        }
    }

    /// While a pause goes on: is it the third one?
    fn pause(&mut self) {
        let Some(tone) = self.tone(UNKNOWN) else { return };
        let quiet = self.row.last().map_or(0.0, |last| self.bursts.quiet_ms(last.ended));
        if quiet >= LAST_PAUSE * f32::from(tone.off_ms) {
            self.told = Some(Repeated { tone, known: false });
        }
    }

    /// The tone that the last `pulses` pulses are, if they are equal.
    fn tone(&self, pulses: usize) -> Option<RepeatingTone> {
        let row = &self.row[self.row.len().checked_sub(pulses)?..];
        let pauses = || row.windows(2).map(|pair| ms(pair[0].ended, pair[1].began));
        let mean = |sum: f32, count: usize| sum / count as f32;
        let on = mean(row.iter().map(Burst::ms).sum(), pulses);
        let off = mean(pauses().sum(), pulses - 1);
        let equal =
            row.iter().all(|burst| near(burst.ms(), on)) && pauses().all(|one| near(one, off));
        let hz = [0, 1].map(|place| mean(row.iter().map(|burst| burst.hz[place]).sum(), pulses));
        let dbm0 = mean(row.iter().map(|burst| burst.dbm0).sum(), pulses);
        let tone = RepeatingTone {
            hz: hz.map(|hz| hz.round() as u16),
            on_ms: on.round() as u16,
            off_ms: off.round() as u16,
            dbm0: dbm0.round() as i8,
        };
        (equal && tone.is_plausible()).then_some(tone)
    }
}

impl Burst {
    fn ms(&self) -> f32 {
        ms(self.began, self.ended)
    }

    fn is_like(&self, other: &Burst) -> bool {
        self.hz.iter().zip(other.hz).all(|(a, b)| same_hz(*a, b))
            && (self.dbm0 - other.dbm0).abs() <= LEVEL_DB
    }
}

fn ms(from: f64, to: f64) -> f32 {
    ((to - from) * 1000.0 / f64::from(call::SAMPLE_RATE)) as f32
}

fn near(a: f32, b: f32) -> bool {
    (a - b).abs() <= 0.1 * b + MEASURING_MS
}

fn same_hz(a: f32, b: f32) -> bool {
    (a - b).abs() <= (HZ_SHARE * b).max(HZ_LEAST)
}

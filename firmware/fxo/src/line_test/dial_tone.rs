//! Dial tone, whosever it is: a sound of few sines that stands still.

use call::Samples;
use dsp::measure::{Sine, ToneMeter, Tones};
use line::{BLOCK, Block};

/// Windows of 100 ms for which a tone must stand still: longer than the longest pulse of any plan's
/// busy or congestion tone (700 ms).
const STEADY: u32 = 8;
/// The most sines of a dial tone, the share of all power that they carry, and the softest one.
const MOST_SINES: usize = 2;
const PURITY: f32 = 0.75;
const SOFTEST_DBM0: f32 = -45.0;
/// How much it may move from window to window.
const STILL_HZ: f32 = 5.0;
const STILL_DB: f32 = 1.5;
/// Softer than dial tone was by so much is not dial tone any more.
const GONE_DB: f32 = 10.0;
/// Windows without dial tone after which it is gone for good.
const GONE: u32 = 3;
const WINDOW: Samples = Samples::from_ms(100);

/// What was heard of dial tone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DialTone {
    /// It came, and stands.
    Steady {
        /// From the loop's closing, ms, to 100 ms.
        after_ms: u32,
        /// Its sines; the second's level is [`dsp::level::FLOOR_DBM0`] where there is only one.
        sines: [Sine; 2],
        /// The level of all of it, dBm0.
        dbm0: f32,
    },
    /// It did not come in time.
    Missing {
        /// A tone came that comes and goes: the exchange may have given the line up, or is busy.
        interrupted: bool,
    },
}

/// Waits for dial tone.
#[derive(Debug, Default)]
pub(super) struct Watch {
    meter: ToneMeter,
    windows: u32,
    /// How many windows in a row were one tone, and the sums of its figures; the first window is
    /// left out, for it may be partly silence.
    steady: u32,
    last: Option<Tones>,
    sums: [f32; 4],
    interrupted: bool,
}

impl Watch {
    /// Takes a block; `late` if the time for dial tone is over.
    pub(super) fn block(&mut self, from_line: &Block, late: bool) -> Option<DialTone> {
        let mut windows = Vec::new();
        self.meter.push(from_line, |tones| windows.push(tones));
        for tones in windows {
            self.take(tones);
            if self.steady >= STEADY {
                return Some(self.steady_tone());
            }
        }
        // What has just begun gets the time to stand.
        let waits = late && self.steady == 0;
        waits.then_some(DialTone::Missing { interrupted: self.interrupted })
    }

    fn take(&mut self, tones: Tones) {
        self.windows += 1;
        let is_tone = is_tone(&tones);
        let still = self.last.as_ref().is_some_and(|last| is_still(last, &tones));
        if !is_tone || (self.steady > 1 && !still) {
            // The windows of a pulse: one at each end may be partly silence.
            self.interrupted |= self.steady > 1;
            self.steady = 0;
        }
        if is_tone {
            // The first window may hold the tone's beginning, and be softer.
            if self.steady <= 1 && !still {
                self.steady = 0;
                self.sums = [0.0; 4];
            }
            self.steady += 1;
            if self.steady > 1 {
                self.add(&tones);
            }
        }
        self.last = is_tone.then_some(tones);
    }

    fn add(&mut self, tones: &Tones) {
        let [first, rest @ ..] = tones.sines() else { return };
        self.sums[0] += first.hz;
        self.sums[1] += first.dbm0;
        if let Some(second) = rest.first() {
            self.sums[2] += second.hz;
            self.sums[3] += second.dbm0;
        }
    }

    fn steady_tone(&self) -> DialTone {
        let count = (self.steady - 1).max(1) as f32;
        let [hz, dbm0, second_hz, second_dbm0] = self.sums.map(|sum| sum / count);
        let second = match second_hz {
            0.0 => Sine { hz: 0.0, dbm0: dsp::level::FLOOR_DBM0 },
            hz => Sine { hz, dbm0: second_dbm0 },
        };
        let power = |dbm0: f32| 10f32.powf(dbm0 / 10.0);
        DialTone::Steady {
            after_ms: (self.windows - self.steady) * 100,
            sines: [Sine { hz, dbm0 }, second],
            dbm0: 10.0 * (power(dbm0) + power(second.dbm0)).log10(),
        }
    }
}

fn is_tone(tones: &Tones) -> bool {
    (1..=MOST_SINES).contains(&tones.sines().len())
        && tones.share >= PURITY
        && tones.dbm0 >= SOFTEST_DBM0
}

fn is_still(one: &Tones, other: &Tones) -> bool {
    one.sines().len() == other.sines().len()
        && one
            .sines()
            .iter()
            .zip(other.sines())
            .all(|(a, b)| (a.hz - b.hz).abs() <= STILL_HZ && (a.dbm0 - b.dbm0).abs() <= STILL_DB)
}

/// Listens for dial tone to go.
pub(super) struct Presence {
    meter: ToneMeter,
    sines: [Sine; 2],
    windows: u32,
    without: u32,
    since: Samples,
}

impl Presence {
    /// Of a dial tone that stands.
    pub(super) fn of(dial_tone: Option<&DialTone>) -> Self {
        let sines = match dial_tone {
            Some(DialTone::Steady { sines, .. }) => *sines,
            _ => [Sine::default(); 2],
        };
        let (meter, since) = (ToneMeter::new(), Samples::ZERO);
        Presence { meter, sines, windows: 0, without: 0, since }
    }

    /// Takes a block; says after how long dial tone was gone, once it is for good.
    pub(super) fn block(&mut self, from_line: &Block) -> Option<Samples> {
        self.since += Samples(BLOCK as u64);
        let mut windows = Vec::new();
        self.meter.push(from_line, |tones| windows.push(tones));
        for tones in windows {
            self.windows += 1;
            self.without = if self.is_in(&tones) { 0 } else { self.without + 1 };
        }
        (self.without >= GONE).then(|| Samples(u64::from(self.windows - self.without) * WINDOW.0))
    }

    fn is_in(&self, tones: &Tones) -> bool {
        let [first, second] = self.sines;
        let has = |sine: Sine| {
            tones.sines().iter().any(|one| {
                (one.hz - sine.hz).abs() <= 2.0 * STILL_HZ && one.dbm0 >= sine.dbm0 - GONE_DB
            })
        };
        has(first) && (second.hz == 0.0 || has(second))
    }
}

//! From looks to pulses of a pure tone, with quiet around them, to a few milliseconds.
//!
//! Loudness is a mean over 20 ms, so it rises and falls in a straight line over an edge, and is
//! half of what it is when steady in the edge's middle.

use super::ear::{Look, SLICE, SMOOTH, WINDOW};
use crate::level;

/// Quiet is what is softer than this, dBm0, or no more than 6 dB above the line's own noise, which is
/// followed downwards at once and upwards by 1 dB a second.
const QUIET_DBM0: f32 = -46.0;
const ABOVE_NOISE: f32 = 4.0;
const NOISE_RISE: f32 = 1.001_152;
/// No line that carries calls is noisier than this, dBm0.
const NOISIEST_DBM0: f32 = -42.0;
/// In a pause nothing is louder than the pulse less this (15 dB).
const PAUSE: f32 = 0.03;
/// Looks that a fall may take from half to quiet: 40 ms.
const FALL: u64 = 8;
/// The longest pulse, looks: 800 ms.
const LONGEST: usize = 160;
/// Looks at a pulse's ends that are not of its steady part.
const EDGE: usize = 6;
/// The share of a pulse's looks that must be of one tone.
const OF_ONE_TONE: f32 = 0.9;
/// How much frequency and loudness may move within a pulse.
const STILL_HZ: f32 = 6.0;
const STILL_POWER: f32 = 1.5;

/// A pulse of a pure tone. Its instants are samples since the beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Burst {
    pub(super) hz: [f32; 2],
    pub(super) dbm0: f32,
    pub(super) began: f64,
    pub(super) ended: f64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum News {
    /// A pulse of a pure tone has ended.
    Pulse(Burst),
    /// Something that is none has sounded.
    Other,
}

#[derive(Clone, Debug)]
pub(super) struct Bursts {
    state: State,
    /// The last look before what sounds now, and all looks since.
    looks: Vec<Look>,
    before: Option<Look>,
    now: u64,
    /// The line's own noise.
    noise: f32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Quiet,
    Sounding {
        most: f32,
    },
    /// Below half since a look; a pulse if it gets quiet.
    Falling {
        since: u64,
        most: f32,
    },
    /// What sounds is no pulse; its end is awaited.
    Other,
}

impl Bursts {
    pub(super) fn new() -> Self {
        Bursts {
            state: State::Quiet,
            looks: Vec::with_capacity(LONGEST + 1),
            before: None,
            now: 0,
            noise: square(NOISIEST_DBM0),
        }
    }

    pub(super) fn take(&mut self, look: &Look) -> Option<News> {
        self.now = look.slice;
        self.noise = (self.noise * NOISE_RISE).min(look.power).min(square(NOISIEST_DBM0));
        match self.state {
            State::Quiet => {
                if look.power > self.quiet() {
                    self.looks.clear();
                    self.looks.extend(self.before);
                    self.looks.push(*look);
                    self.state = State::Sounding { most: look.power };
                }
                self.before = Some(*look);
                None
            }
            State::Sounding { most } => {
                self.looks.push(*look);
                let most = most.max(look.power);
                if self.looks.len() > LONGEST {
                    self.state = State::Other;
                    return Some(News::Other);
                }
                self.state = if look.power < most / 2.0 {
                    State::Falling { since: look.slice, most }
                } else {
                    State::Sounding { most }
                };
                self.settle(look)
            }
            State::Falling { since, most } => {
                self.looks.push(*look);
                if look.power >= most / 2.0 || look.slice - since > FALL {
                    self.state = State::Other;
                    return Some(News::Other);
                }
                self.settle(look)
            }
            State::Other => {
                if look.power <= self.quiet() {
                    self.state = State::Quiet;
                    self.before = Some(*look);
                }
                None
            }
        }
    }

    /// How long it has been quiet since an instant, ms; 0 while something sounds.
    pub(super) fn quiet_ms(&self, since: f64) -> f32 {
        let now = (self.now * SLICE as u64) as f64;
        if self.state == State::Quiet { super::ms(since, now) } else { 0.0 }
    }

    fn quiet(&self) -> f32 {
        square(QUIET_DBM0).max(self.noise * ABOVE_NOISE)
    }

    /// If a fall has come down to a pause: was it a pulse?
    fn settle(&mut self, look: &Look) -> Option<News> {
        let State::Falling { most, .. } = self.state else { return None };
        if look.power > (most * PAUSE).max(self.quiet()) {
            return None;
        }
        self.state = State::Quiet;
        self.before = Some(*look);
        Some(self.burst(most).map_or(News::Other, News::Pulse))
    }

    fn burst(&self, most: f32) -> Option<Burst> {
        let loud = |look: &&Look| look.power >= most / 2.0;
        let first = self.looks.iter().position(|look| loud(&look))?;
        let last = self.looks.iter().rposition(|look| loud(&look))?;
        let steady = self.looks.get(first + EDGE..=last.checked_sub(EDGE)?)?;
        let power = steady.iter().map(|look| look.power).sum::<f32>() / steady.len().max(1) as f32;
        let still = steady
            .iter()
            .all(|look| look.power <= power * STILL_POWER && look.power * STILL_POWER >= power);
        // A window lies within the pulse from its twelfth slice on.
        let whole = self.looks.get(first + WINDOW - 1..=last.checked_sub(1)?)?;
        let hz = mean_hz(whole)?;
        let of_it = whole.iter().filter(|look| look.hz.is_some_and(|one| still_hz(one, hz)));
        let pure = of_it.count() as f32 >= OF_ONE_TONE * whole.len() as f32;
        (still && pure).then(|| Burst {
            hz,
            dbm0: level::dbm0(power.sqrt()),
            began: self.crossing(first.checked_sub(1), first, power),
            ended: self.crossing(Some(last), last + 1, power),
        })
    }

    /// The sample at which loudness is half of `steady` between two looks, from the middle of what
    /// each was measured over.
    fn crossing(&self, from: Option<usize>, to: usize, steady: f32) -> f64 {
        let at = |look: &Look| (look.slice * SLICE as u64) as f64 - (SMOOTH * SLICE / 2) as f64;
        let (Some(before), Some(after)) =
            (from.and_then(|from| self.looks.get(from)), self.looks.get(to))
        else {
            return self.looks.first().map_or(0.0, at);
        };
        let span = after.power - before.power;
        let share = if span == 0.0 { 0.5 } else { (steady / 2.0 - before.power) / span };
        at(before) + f64::from(share.clamp(0.0, 1.0)) * SLICE as f64
    }
}

fn square(dbm0: f32) -> f32 {
    level::rms(dbm0).powi(2)
}

fn mean_hz(looks: &[Look]) -> Option<[f32; 2]> {
    let pure = looks.iter().filter_map(|look| look.hz);
    let count = pure.clone().count();
    let sum = pure.fold([0.0, 0.0], |sum, hz| [sum[0] + hz[0], sum[1] + hz[1]]);
    (count > 0).then(|| sum.map(|sum| sum / count as f32))
}

fn still_hz(one: [f32; 2], mean: [f32; 2]) -> bool {
    one.iter().zip(mean).all(|(one, mean)| (one - mean).abs() <= STILL_HZ)
}

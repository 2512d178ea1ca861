//! From looks to pulses: when a tone of one kind began and ended, to a few milliseconds.
//!
//! A look's window is symmetric, so an edge in its middle halves the amplitude: an edge is where
//! the amplitude crosses half of what it is when steady.

use super::ear::{KindId, LOOK, Look, MAX_KINDS};

/// Looks that are remembered, to find a beginning in.
const HISTORY: usize = 16;
/// Looks after which a beginning is looked up, the amplitude being steady by then.
const STEADY_AFTER: u32 = 6;
/// Looks in which the tone may be spoiled by something louder before it counts as ended.
const SPOILED: u32 = 8;

/// A tone that sounds now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sounding {
    pub(super) kind: KindId,
    /// Its first sample; known from the sixth look on.
    pub(super) began: Option<u64>,
    /// The look's middle at which it was last heard.
    pub(super) last: u64,
    steady: f32,
    looks: u32,
    spoiled: u32,
}

impl Sounding {
    /// How long it has sounded, samples.
    pub(super) fn length(&self) -> u64 {
        self.began.map_or(0, |began| self.last.saturating_sub(began))
    }
}

/// A tone that has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pulse {
    pub(super) kind: KindId,
    pub(super) began: u64,
    pub(super) ended: u64,
    /// Its amplitude when steady.
    pub(super) amplitude: f32,
}

impl Pulse {
    /// How long it sounded, samples.
    pub(super) fn length(&self) -> u64 {
        self.ended.saturating_sub(self.began)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Pulses {
    history: [(u64, [f32; MAX_KINDS]); HISTORY],
    sounding: Option<Sounding>,
}

impl Pulses {
    pub(super) fn new() -> Self {
        Pulses { history: [(0, [0.0; MAX_KINDS]); HISTORY], sounding: None }
    }

    /// The tone that sounds now.
    pub(super) fn sounding(&self) -> Option<&Sounding> {
        self.sounding.as_ref()
    }

    /// Takes a look; returns the pulse that it shows to have ended.
    pub(super) fn take(&mut self, look: &Look) -> Option<Pulse> {
        self.history.rotate_left(1);
        self.history[HISTORY - 1] = (look.middle, look.amplitudes);
        let ended = match self.sounding.take() {
            Some(sounding) => self.follow(sounding, look),
            None => None,
        };
        if let (None, Some(kind)) = (&self.sounding, look.kind) {
            let steady = look.amplitudes[kind];
            let last = look.middle;
            self.sounding =
                Some(Sounding { kind, began: None, last, steady, looks: 0, spoiled: 0 });
        }
        ended
    }

    fn follow(&mut self, mut sounding: Sounding, look: &Look) -> Option<Pulse> {
        let amplitude = look.amplitudes[sounding.kind];
        sounding.looks = sounding.looks.saturating_add(1);
        if look.kind == Some(sounding.kind) {
            sounding.spoiled = 0;
            sounding.last = look.middle;
            // A tone may fade in or out by what the line does to it, but slowly.
            let rate = if sounding.looks < STEADY_AFTER { 0.5 } else { 0.05 };
            let rise = (amplitude - sounding.steady).max(0.0);
            let fall = (sounding.steady - amplitude).max(0.0);
            sounding.steady += rate * rise - 0.02 * fall;
        } else {
            sounding.spoiled += 1;
        }
        if sounding.began.is_none() && sounding.looks >= STEADY_AFTER {
            sounding.began = Some(self.beginning(&sounding));
        }
        if amplitude >= sounding.steady / 2.0 && sounding.spoiled < SPOILED {
            self.sounding = Some(sounding);
            return None;
        }
        let began = sounding.began.unwrap_or_else(|| self.beginning(&sounding));
        let ended = if amplitude < sounding.steady / 2.0 {
            let before = self.history[HISTORY - 2].1[sounding.kind];
            crossing(look.middle - LOOK.min(look.middle), before, amplitude, sounding.steady)
        } else {
            sounding.last
        };
        Some(Pulse { kind: sounding.kind, began, ended, amplitude: sounding.steady })
    }

    /// Where the amplitude last rose through half.
    fn beginning(&self, sounding: &Sounding) -> u64 {
        let half = sounding.steady / 2.0;
        let risen = self
            .history
            .windows(2)
            .rev()
            .find(|pair| pair[0].1[sounding.kind] < half && pair[1].1[sounding.kind] >= half);
        risen.map_or(self.history[0].0, |pair| {
            let (at, low) = (pair[0].0, pair[0].1[sounding.kind]);
            crossing(at, low, pair[1].1[sounding.kind], sounding.steady)
        })
    }
}

/// The sample between two looks at which the amplitude is half of `steady`.
fn crossing(at: u64, before: f32, after: f32, steady: f32) -> u64 {
    let span = after - before;
    let share = if span == 0.0 { 0.5 } else { ((steady / 2.0 - before) / span).clamp(0.0, 1.0) };
    at + (share * LOOK as f32) as u64
}

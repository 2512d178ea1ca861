//! The non-linear processor: lowers what is left of an echo where nothing else is there.

use super::filter::Cancelled;
use super::lanes::energy;
use super::{BLOCK, NEVER_ABOVE_DBM0, SUPPRESSION_DB};
use crate::level;

/// Samples decided on at once: 2.5 ms.
const PIECE: usize = 20;
const PIECES: usize = BLOCK / PIECE;
/// The echo must have been the whole signal for this many blocks before anything is lowered.
const CERTAIN_AFTER: u32 = 4;
/// The filter explains the signal when it leaves less than this of it (9 dB).
const EXPLAINED: f32 = 0.125;
/// What is left may exceed what the filter has been leaving lately by this much (6 dB).
const MARGIN: f32 = 4.0;
/// How the memory of a loud echo fades, per piece: 60 dB in some 250 ms.
const FADE: f32 = 0.933;
/// The share of the echo that the filter is believed to leave: bounds, and movement per block.
const LEAK_MOST: f32 = 0.06;
const LEAK_LEAST: f32 = 0.00003;
const LEAK_RISE: f32 = 1.03;
const LEAK_FALL: f32 = 0.93;

#[derive(Clone, Debug)]
pub(super) struct Suppressor {
    /// The energy that one piece of echo has had lately.
    echo: f32,
    /// Left over echo, as the filter has been doing lately.
    leak: f32,
    certain_for: u32,
    gain: f32,
    /// Energy of one piece of the line's own noise; at first any is believed.
    noise: f32,
    enhancement_db: f32,
    random: u32,
}

impl Suppressor {
    pub(super) fn new() -> Self {
        Suppressor {
            echo: 0.0,
            leak: LEAK_MOST,
            certain_for: 0,
            gain: 1.0,
            noise: f32::MAX,
            enhancement_db: 0.0,
            random: 0x9e37_79b9,
        }
    }

    pub(super) fn enhancement_db(&self) -> f32 {
        self.enhancement_db
    }

    pub(super) fn block(&mut self, cancelled: &Cancelled) -> [f32; BLOCK] {
        let received = energy(&cancelled.received);
        let left = energy(&cancelled.error);
        let echo = energy(&cancelled.echo);
        let audible = level::rms(-50.0).powi(2) * BLOCK as f32;
        let sending = echo > audible && echo > 4.0 * self.noise * PIECES as f32;
        let explained = sending && left < EXPLAINED * received;
        if sending {
            let enhancement = 10.0 * ((received + 1.0) / (left + 1.0)).log10();
            self.enhancement_db += 0.05 * (enhancement - self.enhancement_db);
        }
        let loudest = level::rms(NEVER_ABOVE_DBM0).powi(2) * PIECE as f32;
        let mut out = cancelled.error;
        let mut quiet = true;
        for (piece, echo) in out.chunks_exact_mut(PIECE).zip(cancelled.echo.chunks_exact(PIECE)) {
            self.echo = (self.echo * FADE).max(energy(echo));
            let expected = MARGIN * self.leak * self.echo + 2.0 * self.noise;
            let left = energy(piece);
            let echo_alone = left < expected && left < loudest;
            quiet &= echo_alone;
            let lowered = echo_alone && self.certain_for >= CERTAIN_AFTER;
            self.apply(piece, if lowered { level::gain(-SUPPRESSION_DB) } else { 1.0 });
        }
        self.learn(explained, echo, left);
        // Once certain, the fading tail of an echo may go on being lowered.
        let still = self.certain_for >= CERTAIN_AFTER && quiet && self.echo > self.noise;
        let certain = quiet && (explained || still);
        self.certain_for = if certain { self.certain_for.saturating_add(1) } else { 0 };
        out
    }

    /// What the filter leaves when the echo is all there is, and the noise when there is no echo.
    fn learn(&mut self, explained: bool, echo: f32, left: f32) {
        if explained {
            let ratio = left / echo.max(1.0);
            self.leak *= if ratio > self.leak { LEAK_RISE } else { LEAK_FALL };
            self.leak = self.leak.clamp(LEAK_LEAST, LEAK_MOST);
        }
        let piece = left / PIECES as f32;
        // Falls to a quieter line at once, rises to a noisier one within seconds.
        let rise = self.noise * 1.005 + 0.05;
        self.noise = piece.min(rise);
    }

    /// Moves to a gain within half a piece, and fills what is lowered with noise.
    fn apply(&mut self, piece: &mut [f32], target: f32) {
        if self.gain == 1.0 && target == 1.0 {
            return;
        }
        let noise = (self.noise / PIECE as f32).sqrt() * 3f32.sqrt();
        // Opens at once; closes over a piece.
        let step = if target > self.gain { 1.0 } else { (target - self.gain) / PIECE as f32 };
        for sample in piece {
            self.gain = if step > 0.0 { target } else { (self.gain + step).max(target) };
            let filled = noise * (1.0 - self.gain) * self.uniform();
            *sample = *sample * self.gain + filled;
        }
    }

    /// White noise between -1 and 1 (xorshift); the seed is fixed, so that a stream repeats.
    fn uniform(&mut self) -> f32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        (self.random as i32) as f32 / 2_147_483_648.0
    }
}

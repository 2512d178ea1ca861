//! How far an error is believed to be the path's and not the line's: the gain of a Kalman filter.
//!
//! What is not known of the echo path is one variance, shared out over the taps as the corrections
//! are. It falls with what is learnt, the less the more disturbance there is, and rises slowly, for
//! paths drift. While much is unknown a quiet line is believed nearly whole, as NLMS does; later, and
//! while the far party speaks, little by little.

/// Energy of an unknown path: 6 dB of loss.
const UNKNOWN: f32 = 0.25;
/// What a path that seems to have changed may hide, as a share of its energy (10 dB).
const DOUBT: f32 = 0.1;
/// What a path drifts in a block, as a share of its energy: 42 dB a second.
const DRIFT: f32 = 0.000_06;
/// A path has at least this much energy (25 dB of loss).
const FAINTEST: f32 = 0.003;

#[derive(Clone, Debug)]
pub(super) struct Belief {
    unknown: f32,
}

impl Belief {
    pub(super) fn new() -> Self {
        Belief { unknown: UNKNOWN }
    }

    /// The power that an error has by what is unknown of the path, for shared energy of what was
    /// sent.
    pub(super) fn explains(&self, shared: f32) -> f32 {
        self.unknown * shared
    }

    /// How much of an error corrects the taps, before it is shared out.
    pub(super) fn gain(&self, shared: f32, disturbance: f32) -> f32 {
        self.unknown / (self.unknown * shared + disturbance + f32::MIN_POSITIVE)
    }

    /// One sample has corrected the path by a gain.
    pub(super) fn learn(&mut self, gain: f32, shared: f32) {
        self.unknown = (self.unknown * (1.0 - gain * shared)).max(0.0);
    }

    /// A block of time has gone by.
    pub(super) fn forget(&mut self, path: f32) {
        self.unknown = (self.unknown + DRIFT * path.max(FAINTEST)).min(UNKNOWN);
    }

    /// The path seems to have changed.
    pub(super) fn doubt(&mut self, path: f32) {
        self.unknown = self.unknown.max(DOUBT * path.max(FAINTEST));
    }
}

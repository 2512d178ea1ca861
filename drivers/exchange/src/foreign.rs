//! What an exchange can have that is not its country's: another one's dial tone, a busy tone that no
//! plan knows. So is many a branch exchange made.

use dsp::tone::{Segment, Tone};
use serde::{Deserialize, Serialize};

/// A busy tone that is in none of our plans (ITU-T E.180 Supplement 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForeignBusy {
    /// 425 Hz, 480 ms on and off.
    Germany,
    /// 400 Hz, 500 ms on and off.
    Japan,
    /// 425 Hz, 250 ms on and off.
    Brazil,
}

const GERMANY: &[Segment] = &[Segment::on(&[425.0], -10.0, 480), Segment::off(480)];
const JAPAN: &[Segment] = &[Segment::on(&[400.0], -10.0, 500), Segment::off(500)];
const BRAZIL: &[Segment] = &[Segment::on(&[425.0], -10.0, 250), Segment::off(250)];

impl ForeignBusy {
    /// How it sounds.
    pub const fn tone(self) -> Tone {
        Tone::endless(match self {
            ForeignBusy::Germany => GERMANY,
            ForeignBusy::Japan => JAPAN,
            ForeignBusy::Brazil => BRAZIL,
        })
    }
}

/// What the line is at its far end, for a port that can choose its impedance: where it chooses the
/// same, the hybrid gives back [`BALANCE_DB`] less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Termination {
    /// 600 Ω.
    Ohm600,
    /// ETSI's complex impedance.
    Europe,
    /// China's.
    China,
}

/// How much less comes back from a hybrid whose two sides are alike, dB.
pub const BALANCE_DB: f32 = 12.0;

/// What a port of the exchange can present, the first being what it is opened with.
pub(crate) const CHOICE: &[line::Impedance] =
    &[line::Impedance::OHM_600, line::Impedance::EUROPE, line::Impedance::CHINA];

impl Termination {
    /// Its impedance.
    pub const fn impedance(self) -> line::Impedance {
        match self {
            Termination::Ohm600 => line::Impedance::OHM_600,
            Termination::Europe => line::Impedance::EUROPE,
            Termination::China => line::Impedance::CHINA,
        }
    }
}

//! China: one frequency, 450 Hz, and cadences (E.180 Supplement 2; GB 3380). The howler is 950 Hz.

use super::{FOREVER, Ring, Ringing, SPECIAL_E180, Segment, Tone, TonePlan};

const HZ: &[f32] = &[450.0];
const DBM0: f32 = -10.0;

pub(super) const TONES: TonePlan = TonePlan {
    dial: Tone::endless(&[Segment::on(HZ, DBM0, FOREVER)]),
    ringback: Tone::endless(&[Segment::on(HZ, DBM0, 1000), Segment::off(4000)]),
    busy: Tone::endless(&[Segment::on(HZ, DBM0, 350), Segment::off(350)]),
    congestion: Tone::endless(&[Segment::on(HZ, DBM0, 700), Segment::off(700)]),
    special: SPECIAL_E180,
    unobtainable: Tone::endless(&[
        Segment::on(HZ, DBM0, 100),
        Segment::off(100),
        Segment::on(HZ, DBM0, 100),
        Segment::off(100),
        Segment::on(HZ, DBM0, 100),
        Segment::off(100),
        Segment::on(HZ, DBM0, 400),
        Segment::off(400),
    ]),
    howler: Tone::endless(&[Segment::on(&[950.0], 0.0, FOREVER)]),
    call_waiting: Tone::endless(&[Segment::on(HZ, DBM0, 400), Segment::off(4000)]),
};

pub(super) const RINGING: Ringing =
    Ringing { cadence: &[Ring { on_ms: 1000, off_ms: 4000 }], hz: 25.0 };

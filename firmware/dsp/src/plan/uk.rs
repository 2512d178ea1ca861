//! The United Kingdom (BT SIN 350, SIN 351).
//!
//! The howler is one sine that is swept from 800 to 3200 Hz and back once a second, 36 dB louder
//! after 12 s than at first (BTNR 1080, as makers of line circuits cite it). A [`Tone`] cannot be
//! swept, so a stand-in steps through four of its frequencies, as loud as it becomes, and it is the
//! stand-in that is heard as one. On a real line busy or number unobtainable, which come before it,
//! have ended the call by then.

use super::{FOREVER, Ring, Ringing, SPECIAL_E180, Segment, Tone, TonePlan};

const DIAL: &[f32] = &[350.0, 440.0];
const RINGBACK: &[f32] = &[400.0, 450.0];
const HZ: &[f32] = &[400.0];

pub(super) const TONES: TonePlan = TonePlan {
    dial: Tone::endless(&[Segment::on(DIAL, -13.0, FOREVER)]),
    ringback: Tone::endless(&[
        Segment::on(RINGBACK, -13.0, 400),
        Segment::off(200),
        Segment::on(RINGBACK, -13.0, 400),
        Segment::off(2000),
    ]),
    busy: Tone::endless(&[Segment::on(HZ, -10.0, 375), Segment::off(375)]),
    // SIN 350: the short pulse is 6 dB louder than the long one.
    congestion: Tone::endless(&[
        Segment::on(HZ, -16.0, 400),
        Segment::off(350),
        Segment::on(HZ, -10.0, 225),
        Segment::off(525),
    ]),
    special: SPECIAL_E180,
    unobtainable: Tone::endless(&[Segment::on(HZ, -10.0, FOREVER)]),
    howler: Tone::endless(&[
        Segment::on(&[800.0], -3.0, 125),
        Segment::on(&[1600.0], -3.0, 125),
        Segment::on(&[2400.0], -3.0, 125),
        Segment::on(&[3200.0], -3.0, 125),
    ]),
    call_waiting: Tone::endless(&[Segment::on(HZ, -10.0, 100), Segment::off(3000)]),
};

pub(super) const RINGING: Ringing = Ringing {
    cadence: &[Ring { on_ms: 400, off_ms: 200 }, Ring { on_ms: 400, off_ms: 2000 }],
    hz: 25.0,
};

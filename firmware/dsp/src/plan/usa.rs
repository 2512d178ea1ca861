//! The USA: the precise tone plan (GR-506-CORE). The special information tone is that of an
//! intercepted number; "unobtainable" is that of a vacant code.

use super::{FOREVER, Ring, Ringing, Segment, Tone, TonePlan};

pub(super) const TONES: TonePlan = TonePlan {
    dial: Tone::endless(&[Segment::on(&[350.0, 440.0], -13.0, FOREVER)]),
    ringback: Tone::endless(&[Segment::on(&[440.0, 480.0], -19.0, 2000), Segment::off(4000)]),
    busy: Tone::endless(&[Segment::on(&[480.0, 620.0], -24.0, 500), Segment::off(500)]),
    congestion: Tone::endless(&[Segment::on(&[480.0, 620.0], -24.0, 250), Segment::off(250)]),
    special: Tone::once(&[
        Segment::on(&[913.8], -14.0, 274),
        Segment::on(&[1370.6], -14.0, 274),
        Segment::on(&[1776.7], -14.0, 380),
        Segment::off(1000),
    ]),
    unobtainable: Tone::once(&[
        Segment::on(&[985.2], -14.0, 380),
        Segment::on(&[1370.6], -14.0, 274),
        Segment::on(&[1776.7], -14.0, 380),
        Segment::off(1000),
    ]),
    // GR-506 asks for more than a codec can carry; this is as loud as four sines fit into it.
    howler: Tone::endless(&[
        Segment::on(&[1400.0, 2060.0, 2450.0, 2600.0], -9.0, 100),
        Segment::off(100),
    ]),
    call_waiting: Tone::endless(&[Segment::on(&[440.0], -13.0, 300), Segment::off(9700)]),
};

pub(super) const RINGING: Ringing =
    Ringing { cadence: &[Ring { on_ms: 2000, off_ms: 4000 }], hz: 20.0 };

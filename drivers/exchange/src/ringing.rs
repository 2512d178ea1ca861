//! Ringing a line: the cadence, and the caller's identity before or between the rings.
//!
//! What the office does to the idle line is a list of stretches, each so many samples long, made
//! when the call is offered: rings, pauses, sounds on the idle wire, a polarity reversal.

use crate::actor::{Part, samples};
use crate::caller::{self, Caller, Identity, Moment, Protocol};
use crate::office::Release;
use dsp::caller_id::{Field, Format, LineState, Message, SentAt, transmission};
use dsp::dtmf::{DtmfGenerator, DtmfSettings};
use dsp::fsk::FskStandard;
use dsp::plan::Country;
use dsp::tone::{Segment, Tone, ToneGenerator};
use std::sync::Arc;

/// A caller, ready to ring.
pub(crate) struct Ringer {
    stretches: Arc<[Stretch]>,
    pub(crate) part: Part,
    pub(crate) release: Release,
}

/// What is done to an idle line for some time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stretch {
    /// Ringing voltage. `first` of a ring that has several bursts.
    Ring { left: u64, first: bool },
    /// Nothing.
    Pause(u64),
    /// Sound on the wire, the identity among it.
    Sound { samples: Arc<[i16]>, at: usize },
    /// Tip and ring change places; takes no time.
    Reverse,
    /// The identity starts here; takes no time.
    Identity,
}

/// Silence between a ring and the identity after it (GR-30-CORE: at least 300 ms).
const AFTER_RING_MS: u32 = 500;
/// Silence between the identity and the next ring (GR-30-CORE: at least 200 ms).
const BEFORE_RING_MS: u32 = 300;
/// From the reversal to what follows it (EN 300 659-1: at least 100 ms).
const AFTER_REVERSAL_MS: u32 = 150;
/// From the end of DT-AS to the data (EN 300 659-1: 45 to 500 ms).
const AFTER_ALERT_MS: u32 = 60;
/// RP-AS (EN 300 659-1: 200 to 300 ms, then 500 to 800 ms of silence).
const RING_PULSE_MS: u32 = 250;
const AFTER_PULSE_MS: u32 = 650;
/// Level of FSK at the exchange (GR-30-CORE).
const FSK_DBM0: f32 = -13.5;
/// The dual tone alert signal (EN 300 659-1: 2130 and 2750 Hz, 88 to 110 ms).
const ALERT: Tone = Tone::once(&[Segment::on(&[2130.0, 2750.0], -17.0, 100)]);
/// The time sent with an identity. The office has no clock: noon on New Year's Day.
const SENT_AT: SentAt = SentAt { month: 1, day: 1, hour: 12, minute: 0 };

impl Ringer {
    pub(crate) fn new(caller: &Caller, country: Country, part: Part) -> Ringer {
        Ringer { stretches: stretches(caller, country).into(), part, release: caller.release }
    }

    pub(crate) fn stretches(&self) -> Arc<[Stretch]> {
        self.stretches.clone()
    }
}

fn stretches(caller: &Caller, country: Country) -> Vec<Stretch> {
    let identity = caller.identity.unwrap_or(Identity::usual(country));
    let sound = identity_sound(caller, identity);
    let mut list = Vec::new();
    let pause = |ms| Stretch::Pause(samples(ms));
    if let Some(sound) = &sound {
        match identity.moment {
            Moment::AfterFirstRing => {}
            Moment::BeforeRing => {
                list.extend([Stretch::Identity, played(sound)]);
                list.push(pause(BEFORE_RING_MS));
            }
            Moment::AfterReversal => {
                list.extend([Stretch::Reverse, pause(AFTER_REVERSAL_MS)]);
                if identity.protocol != Protocol::Dtmf {
                    list.extend([played(&render_alert()), pause(AFTER_ALERT_MS)]);
                }
                list.extend([Stretch::Identity, played(sound)]);
                list.push(pause(BEFORE_RING_MS));
            }
            Moment::AfterRingPulse => {
                list.push(Stretch::Ring { left: samples(RING_PULSE_MS), first: false });
                list.extend([pause(AFTER_PULSE_MS), Stretch::Identity]);
                list.extend([played(sound), pause(BEFORE_RING_MS)]);
            }
        }
    }
    for ring in 0..caller.rings {
        let bursts = country.ringing().cadence;
        for (burst, cadence) in bursts.iter().enumerate() {
            list.push(Stretch::Ring { left: samples(cadence.on_ms), first: burst == 0 });
            let last = burst + 1 == bursts.len();
            match &sound {
                Some(sound) if ring == 0 && last && identity.moment == Moment::AfterFirstRing => {
                    list.extend([pause(AFTER_RING_MS), Stretch::Identity]);
                    list.push(played(sound));
                    let spent = samples(AFTER_RING_MS) + sound.len() as u64;
                    let left = samples(cadence.off_ms).saturating_sub(spent);
                    list.push(Stretch::Pause(left.max(samples(BEFORE_RING_MS))));
                }
                _ => list.push(pause(cadence.off_ms)),
            }
        }
    }
    list
}

fn played(sound: &Arc<[i16]>) -> Stretch {
    Stretch::Sound { samples: sound.clone(), at: 0 }
}

fn identity_sound(caller: &Caller, identity: Identity) -> Option<Arc<[i16]>> {
    let number = match &caller.number {
        Some(number) if !caller.withheld => Field::Sent(number.clone()),
        _ if caller.withheld => Field::Withheld,
        _ => Field::Unavailable,
    };
    let name = match &caller.name {
        Some(name) if !caller.withheld => Field::Sent(name.clone()),
        _ => Field::Absent,
    };
    let message = Message { sent_at: Some(SENT_AT), number, name };
    let format = match identity.message {
        caller::Message::Mdmf => Format::Mdmf,
        caller::Message::Sdmf => Format::Sdmf,
    };
    let standard = match identity.protocol {
        Protocol::Bell202 => FskStandard::Bell202,
        Protocol::V23 => FskStandard::V23,
        Protocol::None => return None,
        Protocol::Dtmf => {
            let mut generator = DtmfGenerator::new(DtmfSettings::default());
            // A number's digits are all on the keypad.
            let _ = generator.push(&message.dtmf('D'));
            return Some(render(|block| generator.fill(block)));
        }
    };
    let mut modulator =
        transmission(&message.encode(format), standard, LineState::OnHook, FSK_DBM0);
    Some(render(|block| modulator.fill(block)))
}

fn render_alert() -> Arc<[i16]> {
    let mut generator = ToneGenerator::new(ALERT);
    render(|block| generator.fill(block))
}

/// All that a generator has to give.
fn render(mut fill: impl FnMut(&mut [i16]) -> usize) -> Arc<[i16]> {
    let mut all = Vec::new();
    loop {
        let mut block = [0; line::BLOCK];
        let used = fill(&mut block);
        all.extend_from_slice(&block[..used]);
        if used < block.len() {
            return all.into();
        }
    }
}

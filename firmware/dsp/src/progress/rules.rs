//! When a tone that goes on means what, worked out of a country's plan once.

use super::ProgressEvent;
use super::cadence::{longest_pause, longest_pulse};
use super::ear::{Ear, KindId};
use crate::plan::TonePlan;
use crate::tone::Tone;
use call::Samples;

/// How long a tone that no other shares its frequencies with must sound to be known.
const UNMISTAKABLE_DIAL: u64 = Samples::from_ms(250).0;
const UNMISTAKABLE_RINGBACK: u64 = Samples::from_ms(150).0;
/// How long an endless tone must sound that means the end of a call.
const ENDLESS: u64 = Samples::from_ms(1500).0;
/// Beyond another tone's pulse with its tolerance.
const MARGIN: u64 = Samples::from_ms(50).0;

/// Lengths in samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) dial: Option<KindId>,
    /// How long dial tone must have sounded, before and after dialling.
    pub(super) dial_from: [u64; 2],
    pub(super) ringback: Option<KindId>,
    /// How long a burst must have sounded to be ringback.
    pub(super) ringback_from: u64,
    /// A burst and the longest pause after one, as the plan has them.
    pub(super) ringback_burst: u64,
    pub(super) ringback_pause: u64,
    /// Tones that do not pause, and what they mean after [`ENDLESS`].
    pub(super) endless: [Option<(KindId, ProgressEvent)>; 2],
}

impl Rules {
    pub(super) fn new(plan: &TonePlan, ear: &Ear) -> Rules {
        let dial = plan.dial.segments.first().map_or(&[][..], |segment| segment.hz);
        let ringback = plan.ringback.segments.first().map_or(&[][..], |segment| segment.hz);
        let cadenced = [&plan.busy, &plan.congestion, &plan.unobtainable];
        let beyond = |tones: &[&Tone], hz: &[f32], least: u64| {
            let longest = tones.iter().filter_map(|tone| longest_pulse(tone, hz)).max();
            longest.map_or(least, |longest| (longest * 11 / 10 + MARGIN).max(least))
        };
        let burst = longest_pulse(&plan.ringback, ringback).unwrap_or(0);
        let endless = |tone: &Tone, event: ProgressEvent| match tone.segments {
            [only] if tone.round().is_none() => Some((ear.kind_of(only.hz)?, event)),
            _ => None,
        };
        Rules {
            dial: ear.kind_of(dial),
            dial_from: [
                beyond(&cadenced, dial, UNMISTAKABLE_DIAL),
                beyond(
                    &[cadenced[0], cadenced[1], cadenced[2], &plan.ringback],
                    dial,
                    UNMISTAKABLE_DIAL,
                ),
            ],
            ringback: ear.kind_of(ringback),
            ringback_from: beyond(&cadenced, ringback, UNMISTAKABLE_RINGBACK),
            ringback_burst: burst,
            ringback_pause: longest_pause(&plan.ringback),
            endless: [
                endless(&plan.unobtainable, ProgressEvent::Unobtainable),
                endless(&plan.howler, ProgressEvent::Howler),
            ],
        }
    }

    /// What an endless tone means once it has sounded so long.
    pub(super) fn endless(&self, kind: KindId, length: u64) -> Option<ProgressEvent> {
        let known = self.endless.iter().flatten().find(|(known, _)| *known == kind);
        known.filter(|_| length >= ENDLESS).map(|(_, event)| *event)
    }
}

//! Who is reached behind which number, ready to be reached.

use crate::actor::{Part, recording, samples};
use crate::foreign::ForeignBusy;
use crate::office::{Behaviour, Office, OfficeError, Release, Supervision};
use crate::rules::Rules;
use crate::script::Voices;
use call::Number;
use dsp::plan::Country;
use dsp::tone::Tone;
use std::sync::Arc;

/// What every line of an office shares.
pub(crate) struct Directory {
    pub(crate) country: Country,
    pub(crate) rules: Rules,
    pub(crate) busy: Tone,
    subscribers: Vec<Subscriber>,
}

pub(crate) struct Subscriber {
    number: Number,
    pub(crate) routing: u64,
    pub(crate) does: Does,
}

pub(crate) enum Does {
    Answer {
        ring: u64,
        music: Option<Arc<[i16]>>,
        supervision: Supervision,
        release: Release,
        part: Part,
    },
    Announce {
        special: bool,
        recording: Arc<[i16]>,
        times: u32,
    },
    Busy,
    Congestion,
    Unobtainable,
    NoAnswer {
        ring: u64,
    },
}

/// How far the digits so far lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// To one number, and no further digit could lead to another.
    Whole(usize),
    /// To no number, or there are longer ones.
    Open,
}

impl Directory {
    pub(crate) fn new(office: &Office, voices: &Voices) -> Result<Directory, OfficeError> {
        let mut subscribers = Vec::with_capacity(office.parties.len());
        for (index, party) in office.parties.iter().enumerate() {
            let who = format!("party {}", index + 1);
            let does = match &party.does {
                Behaviour::Answer(answer) => Does::Answer {
                    ring: samples(answer.ring_ms),
                    music: match &answer.ring_music {
                        Some(name) => Some(recording(voices, name, &who)?),
                        None => None,
                    },
                    supervision: answer.supervision,
                    release: answer.release,
                    part: Part::learn(&answer.script, answer.hang_up_after_ms, voices, &who)?,
                },
                Behaviour::Announce(announcement) => Does::Announce {
                    special: announcement.special_tone,
                    recording: recording(voices, &announcement.recording, &who)?,
                    times: announcement.times,
                },
                Behaviour::Busy => Does::Busy,
                Behaviour::Congestion => Does::Congestion,
                Behaviour::Unobtainable => Does::Unobtainable,
                Behaviour::NoAnswer { ring_ms } => Does::NoAnswer { ring: samples(*ring_ms) },
            };
            let routing = samples(party.routing_ms);
            subscribers.push(Subscriber { number: party.number.clone(), routing, does });
        }
        let country = office.country;
        let busy = office.busy_tone.map_or(country.tones().busy, ForeignBusy::tone);
        Ok(Directory { country, rules: Rules::of(country), busy, subscribers })
    }

    pub(crate) fn subscriber(&self, index: usize) -> Option<&Subscriber> {
        self.subscribers.get(index)
    }

    /// The subscriber whose number is exactly these digits.
    pub(crate) fn exactly(&self, digits: &str) -> Option<usize> {
        self.subscribers.iter().position(|subscriber| subscriber.number.digits() == digits)
    }

    /// How far these digits lead.
    pub(crate) fn lead(&self, digits: &str) -> Match {
        let longer = self.subscribers.iter().any(|subscriber| {
            let number = subscriber.number.digits();
            number.len() > digits.len() && number.starts_with(digits)
        });
        match self.exactly(digits) {
            Some(index) if !longer => Match::Whole(index),
            _ => Match::Open,
        }
    }
}

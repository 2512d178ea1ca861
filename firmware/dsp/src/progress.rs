//! Call progress by frequency and cadence.

use crate::plan::Country;
use call::Samples;
use std::collections::VecDeque;

/// How far a call has got, which decides what a tone can mean: China's dial tone and ringback are
/// the same frequency, and differ in length only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// The loop has just been closed: dial tone is due, ringback is not.
    #[default]
    BeforeDialling,
    /// Digits have been sent: ringback, busy and the rest may come, and voices.
    AfterDialling,
}

/// What was heard, and when it was sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The sample at which it was sure, since the detector was made.
    pub at: Samples,
    /// What it was.
    pub what: ProgressEvent,
}

/// What the far end's exchange, or whoever is there, lets us hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressEvent {
    /// Dial tone; once until it stops.
    DialTone,
    /// A burst of ringback has been heard, which began at `began`; one event for each burst.
    Ringback {
        /// The burst's first sample.
        began: Samples,
    },
    /// Ringback was heard before and now stays away longer than its cadence allows, or its last
    /// burst was cut short.
    RingbackEnded {
        /// The last burst's end.
        since: Samples,
    },
    /// Busy tone, after its cadence repeated; once until it stops.
    Busy,
    /// Congestion tone (reorder, path engaged); once until it stops.
    Congestion,
    /// The three rising tones of special information.
    Special,
    /// Number-unobtainable tone; once until it stops.
    Unobtainable,
    /// Howler (receiver-off-hook tone); once until it stops.
    Howler,
    /// A voice (sound that changes as speech does and is no tone) has begun.
    VoiceOn {
        /// Its first sample.
        began: Samples,
    },
    /// The voice has been silent for [`VOICE_HANG`].
    VoiceOff {
        /// Its last sample.
        ended: Samples,
    },
}

/// How long a voice must be silent to have ended.
pub const VOICE_HANG: Samples = Samples::from_ms(800);

/// Listens to one line's receive side.
#[derive(Clone, Debug)]
pub struct ProgressDetector {
    country: Country,
    stage: Stage,
    clock: u64,
    last_sound: u64,
    events: VecDeque<Progress>,
}

impl ProgressDetector {
    /// A detector for a country's tones, at sample 0, before dialling.
    pub fn new(country: Country) -> Self {
        ProgressDetector {
            country,
            stage: Stage::default(),
            clock: 0,
            last_sound: 0,
            events: VecDeque::with_capacity(16),
        }
    }

    /// Whose tones it listens for.
    pub fn country(&self) -> Country {
        self.country
    }

    /// Says how far the call has got. Cadences heard so far are forgotten, time goes on.
    pub fn set_stage(&mut self, stage: Stage) {
        self.stage = stage;
    }

    /// Takes any number of samples in.
    pub fn push(&mut self, samples: &[i16]) {
        self.clock += samples.len() as u64;
    }

    /// The next event, in order.
    pub fn next_event(&mut self) -> Option<Progress> {
        self.events.pop_front()
    }

    /// How long nothing, neither tone nor voice nor noise above the floor, has been heard.
    pub fn quiet_for(&self) -> Samples {
        Samples(self.clock - self.last_sound)
    }

    /// Samples taken since the detector was made.
    pub fn now(&self) -> Samples {
        Samples(self.clock)
    }
}

//! Call progress by frequency and cadence: what the exchange's tones say, and whether a voice is
//! there.
//!
//! A tone counts only if it is purely the plan's frequencies (three quarters of all energy, ±25 Hz
//! for one frequency, ±1.5 % for two) *and* keeps the plan's times (±10 %, ITU-T E.180): speech
//! and music do neither for long. Busy and its like need three pulses with their two pauses, dial
//! tone and ringback as long as no other tone of the plan with their frequencies lasts.
//!
//! A voice is a sound above the noise floor that can be predicted from its own last samples (so it
//! is not noise) but does not stand still (so it is not a tone). Music in the place of ringback is
//! a voice to this detector.

use crate::plan::Country;
use call::Samples;
use std::collections::VecDeque;

mod cadence;
mod ear;
mod places;
mod pulses;
mod rules;
mod voice;

use cadence::{Cadences, Meaning};
use ear::{Ear, KindId, Look};
use pulses::{Pulse, Pulses};
use rules::Rules;
use voice::{Change, Voice};

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

/// Looks by which the energy that a pause is judged by lags, so that neither tone at its ends is in
/// it; and the share of loud looks that a pause may have.
const PAUSE_LAG: usize = 4;
const LOUD_SHARE: f32 = 0.35;
/// A tone that was told is over when its cadence has not come round for so long.
const TOLD_FOR: u64 = Samples::from_ms(3000).0;
/// While other tones come, ringback's end is not told yet: they may turn out to be busy.
const TONES_COMING: u64 = Samples::from_ms(1200).0;
/// A burst shorter than this share of the plan's was cut by an answer.
const CUT_SHARE: f32 = 0.85;
/// How long after a cut burst it is told.
const CUT_HOLD: u64 = Samples::from_ms(600).0;
/// Special information: each tone, samples, and the gap between two (E.180: 330 ±70 ms, gaps up
/// to 30 ms; North America's are 274 and 380 ms).
const SPECIAL_TONE: std::ops::RangeInclusive<u64> = 1600..=3600;
const SPECIAL_GAP: u64 = 480;

/// Listens to one line's receive side.
#[derive(Clone, Debug)]
pub struct ProgressDetector {
    country: Country,
    stage: Stage,
    rules: Rules,
    ear: Ear,
    pulses: Pulses,
    cadences: Cadences,
    voice: Voice,
    clock: u64,
    pause: Pause,
    /// The cadence that was told, and when it last came round.
    told: Option<(Meaning, u64)>,
    /// The beginning of the pulse of which something was told, and what.
    told_pulse: Option<(u64, ProgressEvent)>,
    ringing: Option<Ringing>,
    events: VecDeque<Progress>,
}

/// The pause since the last pulse: how much of it was quiet.
#[derive(Clone, Copy, Debug, Default)]
struct Pause {
    energies: [f32; PAUSE_LAG],
    /// The energy of the last pulse, and its end.
    tone: f32,
    since: u64,
    looks: u32,
    loud: u32,
}

impl Pause {
    fn take(&mut self, look: &Look, sounding: bool) {
        let lagged = self.energies[0];
        self.energies.rotate_left(1);
        self.energies[PAUSE_LAG - 1] = look.energy;
        if !sounding {
            self.looks = self.looks.saturating_add(1);
            self.loud = self.loud.saturating_add(u32::from(lagged > self.tone / 10.0));
        }
    }

    fn was_quiet(&self) -> bool {
        self.loud as f32 <= LOUD_SHARE * self.looks as f32
    }

    fn begin(&mut self, pulse: &Pulse) {
        let tone = pulse.amplitude * pulse.amplitude / 2.0;
        *self = Pause { tone, since: pulse.ended, looks: 0, loud: 0, ..*self };
    }
}

/// Ringback that has been heard.
#[derive(Clone, Copy, Debug)]
struct Ringing {
    bursts: u32,
    last_end: u64,
    cut: bool,
}

impl ProgressDetector {
    /// A detector for a country's tones, at sample 0, before dialling.
    pub fn new(country: Country) -> Self {
        let ear = Ear::new(country);
        ProgressDetector {
            country,
            stage: Stage::default(),
            rules: Rules::new(country.tones(), &ear),
            cadences: Cadences::new(country.tones(), &ear),
            ear,
            pulses: Pulses::new(),
            voice: Voice::new(),
            clock: 0,
            pause: Pause::default(),
            told: None,
            told_pulse: None,
            ringing: None,
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
        self.cadences.forget();
        self.pulses = Pulses::new();
        self.told = None;
        self.told_pulse = None;
        self.ringing = None;
    }

    /// Takes any number of samples in.
    pub fn push(&mut self, samples: &[i16]) {
        let (mut rest, begun) = (samples, self.clock);
        while let Some(look) = self.ear.hear(&mut rest) {
            self.clock = begun + (samples.len() - rest.len()) as u64;
            self.take(&look);
        }
        self.clock = begun + samples.len() as u64;
    }

    /// The next event, in order.
    pub fn next_event(&mut self) -> Option<Progress> {
        self.events.pop_front()
    }

    /// How long nothing, neither tone nor voice nor noise above the floor, has been heard.
    pub fn quiet_for(&self) -> Samples {
        Samples(self.clock.saturating_sub(self.voice.last_sound()))
    }

    /// Samples taken since the detector was made.
    pub fn now(&self) -> Samples {
        Samples(self.clock)
    }

    fn tell(&mut self, what: ProgressEvent) {
        self.events.push_back(Progress { at: Samples(self.clock), what });
    }

    fn take(&mut self, look: &Look) {
        self.pause.take(look, self.pulses.sounding().is_some());
        if let Some(pulse) = self.pulses.take(look) {
            self.end_pulse(pulse);
        }
        if let Some(sounding) = self.pulses.sounding().copied()
            && let Some(began) = sounding.began
        {
            self.follow_pulse(sounding.kind, began, sounding.length());
        }
        self.follow_ringback(look.middle);
        if self.told.is_some_and(|(_, last)| self.clock - last > TOLD_FOR) {
            self.told = None;
        }
        let tone = self.pulses.sounding().is_some();
        match self.voice.take(look, self.clock, tone) {
            Some(Change::Began(began)) => {
                self.tell(ProgressEvent::VoiceOn { began: Samples(began) });
            }
            Some(Change::Ended(ended)) => {
                self.tell(ProgressEvent::VoiceOff { ended: Samples(ended) });
            }
            None => {}
        }
    }

    /// A pulse has ended: does it complete a cadence, or was it ringback?
    fn end_pulse(&mut self, pulse: Pulse) {
        let quiet = self.pause.was_quiet();
        self.pause.begin(&pulse);
        self.end_ringback(&pulse);
        let Some(meaning) = self.cadences.take(pulse, quiet) else { return };
        let known = self.told.is_some_and(|(told, _)| told == meaning);
        self.told = Some((meaning, self.clock));
        if !known {
            self.ringing = None;
            self.tell(match meaning {
                Meaning::Busy => ProgressEvent::Busy,
                Meaning::Congestion => ProgressEvent::Congestion,
                Meaning::Unobtainable => ProgressEvent::Unobtainable,
                Meaning::Howler => ProgressEvent::Howler,
            });
        }
    }

    /// A pulse that was a burst of ringback: told as one, or come when one was due and cut short.
    fn end_ringback(&mut self, pulse: &Pulse) {
        let Some(ringing) = &mut self.ringing else { return };
        let told = matches!(self.told_pulse, Some((began, ProgressEvent::Ringback { .. })) if began == pulse.began);
        let pause = pulse.began.saturating_sub(ringing.last_end);
        let due = self.rules.ringback == Some(pulse.kind)
            && pause.abs_diff(self.rules.ringback_pause) <= self.rules.ringback_pause / 10;
        if told || (due && ringing.bursts > 0) {
            let whole = self.rules.ringback_burst as f32 * CUT_SHARE;
            ringing.bursts += 1;
            // The first burst may have begun before we could hear it.
            ringing.cut = ringing.bursts > 1 && (pulse.length() as f32) < whole;
            ringing.last_end = pulse.ended;
        }
    }

    /// A pulse goes on: what does its length say?
    fn follow_pulse(&mut self, kind: KindId, began: u64, length: u64) {
        let Some(event) = self.meaning_of(kind, began, length) else { return };
        let known = self.told_pulse.is_some_and(|(at, told)| at == began && told == event);
        if known {
            return;
        }
        self.told_pulse = Some((began, event));
        match event {
            ProgressEvent::Ringback { .. } => {
                let ringing = Ringing { bursts: 0, last_end: began, cut: false };
                self.ringing.get_or_insert(ringing).last_end = began + length;
            }
            _ => self.ringing = None,
        }
        self.tell(event);
    }

    fn meaning_of(&self, kind: KindId, began: u64, length: u64) -> Option<ProgressEvent> {
        if let Some(event) = self.rules.endless(kind, length) {
            return Some(event);
        }
        if self.is_special(kind, began, length) {
            return Some(ProgressEvent::Special);
        }
        let [before, after] = self.rules.dial_from;
        let dialled = self.stage == Stage::AfterDialling;
        if self.rules.dial == Some(kind) && length >= if dialled { after } else { before } {
            return Some(ProgressEvent::DialTone);
        }
        let ringback = dialled && self.rules.ringback == Some(kind);
        (ringback && length >= self.rules.ringback_from)
            .then_some(ProgressEvent::Ringback { began: Samples(began) })
    }

    /// Whether this is the third rising tone after the first two.
    fn is_special(&self, kind: KindId, began: u64, length: u64) -> bool {
        let [low, middle, high] = self.ear.special();
        let mut before = self.cadences.newest();
        let mut next = began;
        let mut follows = |pulse: Option<Pulse>, kind: KindId| {
            pulse.is_some_and(|pulse| {
                let near = next.saturating_sub(pulse.ended) <= SPECIAL_GAP;
                next = pulse.began;
                near && pulse.kind == kind && SPECIAL_TONE.contains(&pulse.length())
            })
        };
        kind == high
            && SPECIAL_TONE.contains(&length)
            && follows(before.next(), middle)
            && follows(before.next(), low)
    }

    /// Has ringback stayed away for longer than its cadence lets it?
    fn follow_ringback(&mut self, middle: u64) {
        let Some(ringing) = self.ringing else { return };
        if self.pulses.sounding().is_some() {
            return;
        }
        let pause = self.rules.ringback_pause;
        let limit = if ringing.cut { CUT_HOLD } else { pause + pause / 10 + 800 };
        let tones_coming = self.pause.since > ringing.last_end
            && middle.saturating_sub(self.pause.since) < TONES_COMING;
        if middle.saturating_sub(ringing.last_end) > limit && !tones_coming {
            self.ringing = None;
            self.tell(ProgressEvent::RingbackEnded { since: Samples(ringing.last_end) });
        }
    }
}

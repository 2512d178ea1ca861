//! An agent at a handset, outside the appliance: dials from a list, speaks, listens, hangs up.
//!
//! The handset's clock is the audio that passes it. It answers what rings, with the part that
//! belongs to the calling number; it gives up a call that neither stands nor fails in time, so it
//! never hangs whatever the appliance does.

use crate::actor::{Actor, Part, samples};
use crate::office::OfficeError;
use crate::script::{Step, Voices};
use call::{CallerId, Number, Station, StationNews, StationRequest};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

/// One entry of a dialling list.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Whom to call, and whose calls this part answers.
    pub number: Number,
    /// What the agent does once the call stands.
    #[serde(default)]
    pub script: Vec<Step>,
}

/// When the next call is placed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So long after the last one ended, more or less a fifth.
    Pause {
        /// Milliseconds.
        ms: u32,
    },
    /// So often, counted from dialling to dialling; a call that takes longer is followed by the
    /// next after two seconds.
    CallsPerHour(u32),
    /// Never: the handset only answers.
    OnlyAnswers,
}

/// A scripted handset.
pub struct Handset {
    name: String,
    list: Vec<(Number, Part)>,
    /// What an unknown caller gets to hear.
    stranger: Part,
    next: usize,
    pace: Pace,
    random: ChaCha8Rng,
    now: u64,
    /// When the last call was dialled.
    dialled_at: u64,
    state: State,
    request: Option<StationRequest>,
}

enum State {
    /// On the hook; dials at the sample.
    Idle { until: u64 },
    /// Dialled, and no answer yet; gives up at the sample.
    Placing { entry: usize, until: u64 },
    /// Rings; goes off the hook at the sample.
    Ringing { entry: Option<usize>, until: u64 },
    /// Went off the hook, and the call does not stand yet; gives up at the sample.
    Answering { entry: Option<usize>, until: u64 },
    /// Talks.
    Talking(Box<Actor>),
    /// Hung up, and not yet told that it is over; takes it for granted at the sample.
    Ending { until: u64 },
}

const GIVE_UP_MS: u32 = 90_000;
/// After the second ring has begun, before which the caller's identity may come.
const PICK_UP_MS: u32 = 6_500;
const KNOWN_PICK_UP_MS: u32 = 1_000;
const ANSWER_GIVE_UP_MS: u32 = 10_000;
const ENDING_MS: u32 = 10_000;
const LEAST_PAUSE_MS: u32 = 2_000;

impl Handset {
    /// A handset that begins with the entry `first` of its list after one pause.
    pub fn new(
        name: &str,
        list: &[Entry],
        first: usize,
        pace: Pace,
        seed: u64,
        voices: &Voices,
    ) -> Result<Handset, OfficeError> {
        let mut learned = Vec::with_capacity(list.len());
        for (index, entry) in list.iter().enumerate() {
            let who = format!("entry {} of handset {name:?}", index + 1);
            learned.push((entry.number.clone(), Part::learn(&entry.script, None, voices, &who)?));
        }
        let polite = [Step::Listen(crate::script::Listen::default()), Step::HangUp];
        let mut handset = Handset {
            name: name.to_owned(),
            next: first.checked_rem(list.len()).unwrap_or(0),
            list: learned,
            stranger: Part::learn(&polite, None, voices, name)?,
            pace,
            random: ChaCha8Rng::seed_from_u64(seed),
            now: 0,
            dialled_at: 0,
            state: State::Idle { until: 0 },
            request: None,
        };
        handset.rest();
        Ok(handset)
    }

    /// What it does in a call from anybody who is not on its list, instead of hearing them out.
    pub fn answering(mut self, script: &[Step], voices: &Voices) -> Result<Handset, OfficeError> {
        self.stranger = Part::learn(script, None, voices, &self.name)?;
        Ok(self)
    }

    /// On the hook until the pace says otherwise.
    fn rest(&mut self) {
        let until = match self.pace {
            Pace::Pause { ms } => {
                // Four to six fifths of the pause.
                let fifth = samples(ms) / 5;
                self.now + fifth * 4 + u64::from(self.random.next_u32() >> 20) * fifth / 2048
            }
            Pace::CallsPerHour(calls) => {
                let hour = samples(3_600_000);
                let due = self.dialled_at + hour / u64::from(calls.max(1));
                due.max(self.now + samples(LEAST_PAUSE_MS))
            }
            Pace::OnlyAnswers => u64::MAX,
        };
        self.state = State::Idle { until };
    }

    fn dial(&mut self) {
        let entry = self.next;
        let Some((number, _)) = self.list.get(entry) else { return };
        self.request = Some(StationRequest::Dial(number.clone()));
        self.next = (entry + 1) % self.list.len();
        self.dialled_at = self.now;
        self.state = State::Placing { entry, until: self.now + samples(GIVE_UP_MS) };
    }

    fn hang_up(&mut self) {
        self.request = Some(StationRequest::HangUp);
        self.state = State::Ending { until: self.now + samples(ENDING_MS) };
    }

    fn entry_of(&self, caller: &CallerId) -> Option<usize> {
        let number = caller.number.as_ref()?;
        self.list.iter().position(|(known, _)| known == number)
    }

    fn talk(&mut self, entry: Option<usize>) {
        let part = entry.and_then(|entry| self.list.get(entry)).map(|(_, part)| part);
        let part = part.unwrap_or(&self.stranger).clone();
        self.state = State::Talking(Box::new(Actor::new(part)));
    }
}

impl Station for Handset {
    fn name(&self) -> &str {
        &self.name
    }

    fn exchange(&mut self, heard: &[i16], spoken: &mut [i16]) {
        spoken.fill(0);
        self.now += spoken.len() as u64;
        match &mut self.state {
            State::Idle { until } if self.now >= *until => self.dial(),
            State::Ringing { entry, until } if self.now >= *until => {
                let entry = *entry;
                self.request = Some(StationRequest::Answer);
                let until = self.now + samples(ANSWER_GIVE_UP_MS);
                self.state = State::Answering { entry, until };
            }
            State::Placing { until, .. } | State::Answering { until, .. } if self.now >= *until => {
                self.hang_up();
            }
            State::Ending { until } if self.now >= *until => self.rest(),
            State::Talking(actor) => {
                let hung_up = actor.play(heard, spoken, |_, _| {});
                if hung_up.is_some() {
                    self.hang_up();
                }
            }
            _ => {}
        }
    }

    fn next_request(&mut self) -> Option<StationRequest> {
        self.request.take()
    }

    fn tell(&mut self, news: StationNews) {
        match news {
            StationNews::Ringing(caller) => {
                // The caller's identity may come after the first ring, with a second telling.
                let known = self.entry_of(&caller);
                let (before, latest) = match self.state {
                    State::Idle { .. } => (None, self.now + samples(PICK_UP_MS)),
                    State::Ringing { entry, until } => (entry, until),
                    _ => return,
                };
                let until = match known {
                    Some(_) => latest.min(self.now + samples(KNOWN_PICK_UP_MS)),
                    None => latest,
                };
                self.state = State::Ringing { entry: known.or(before), until };
            }
            StationNews::Alerting => {}
            StationNews::Connected => match self.state {
                State::Placing { entry, .. } => self.talk(Some(entry)),
                State::Ringing { entry, .. } | State::Answering { entry, .. } => self.talk(entry),
                _ => {}
            },
            StationNews::Released(_) => {
                self.request = None;
                self.rest();
            }
        }
    }
}

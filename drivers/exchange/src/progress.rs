//! How a call goes on a line, from seizure or ring to release.
//!
//! A state takes samples until its counter runs out; then, having taken none, it gives way to the
//! next, so that what is told of the change carries the very sample.

use crate::actor::{Actor, Cue, samples};
use crate::circuit::Circuit;
use crate::directory::{Does, Match};
use crate::log::{Deed, Progress};
use crate::office::{Release, Supervision};
use crate::register::Register;
use crate::ringback::Ringback;
use crate::ringing::Stretch;
use crate::state::{State, Then};
use dsp::tone::ToneGenerator;
use std::sync::Arc;

/// Silence between the far end's release and busy tone.
const RELEASE_GAP_MS: u32 = 300;

impl Circuit {
    /// The loop was closed on an idle line.
    pub(crate) fn seize(&mut self) {
        self.write(Deed::LoopClosed);
        self.state = if self.line.dial_tone.missing {
            State::Unattended
        } else {
            State::Seized { left: samples(self.line.dial_tone.delay_ms) }
        };
    }

    /// An inbound call begins to ring.
    pub(crate) fn offer(&mut self, caller: usize) {
        let Some(ringer) = self.callers.get(caller) else { return };
        self.state = State::Ringing {
            caller,
            stretches: ringer.stretches(),
            next: 0,
            now: Stretch::Pause(0),
        };
        self.write(Deed::CallOffered);
    }

    /// The loop was closed while the line rang.
    pub(crate) fn take(&mut self, caller: usize) {
        self.ringing(false);
        self.write(Deed::LoopClosed);
        self.write(Deed::Taken);
        self.state = match self.callers.get(caller) {
            Some(ringer) => {
                let actor = Box::new(Actor::new(ringer.part.clone()));
                State::Talking { actor, release: ringer.release }
            }
            None => State::Unattended,
        };
    }

    /// The loop has been open for so long that the call is over.
    pub(crate) fn clear(&mut self) {
        match &self.state {
            State::Talking { actor, .. } if actor.is_speaking() => self.write(Deed::SpeechEnded),
            State::Announcing { .. } => self.write(Deed::SpeechEnded),
            _ => {}
        }
        self.write(Deed::LoopOpened);
        self.state = State::Idle;
        self.battery(true);
        self.reverse(false);
    }

    /// Goes on with the call for a stretch; answers how many samples it took, which is none where
    /// one state gives way to the next.
    pub(crate) fn step(&mut self, heard: &[i16], out: &mut [i16]) -> usize {
        let state = core::mem::replace(&mut self.state, State::Idle);
        let (used, state) = self.advance(state, heard, out);
        self.state = state;
        used
    }

    fn advance(&mut self, state: State, heard: &[i16], out: &mut [i16]) -> (usize, State) {
        let all = out.len();
        match state {
            State::Idle | State::Unattended => {
                out.fill(0);
                (all, state)
            }
            State::Ringing { caller, stretches, next, now } => {
                self.ring(caller, stretches, next, now, out)
            }
            State::Seized { left: 0 } => {
                self.write(Deed::DialTone);
                let whose = self.line.dial_tone.of.unwrap_or(self.directory.country);
                let tone = ToneGenerator::new(whose.tones().dial);
                let register = Box::new(Register::new(self.line.digits));
                (0, State::Collecting { register, dial_tone: Some(tone) })
            }
            State::Seized { left } => {
                let used = silence(left, out);
                (used, State::Seized { left: left - used as u64 })
            }
            State::Collecting { register, dial_tone } => {
                self.collect(register, dial_tone, heard, out)
            }
            State::Routing { left: 0, subscriber } => (0, self.reach(subscriber)),
            State::Routing { left, subscriber } => {
                let used = silence(left, out);
                (used, State::Routing { left: left - used as u64, subscriber })
            }
            State::Alerting { left: 0, subscriber, .. } => (0, self.answer(subscriber)),
            State::Alerting { mut ringback, left, subscriber } => {
                let used = at_most(left, all);
                ringback.fill(&mut out[..used]);
                (used, State::Alerting { ringback, left: left - used as u64, subscriber })
            }
            State::Announcing { recording, at, times } => self.announce(recording, at, times, out),
            State::Sounding { left: Some(0), then, .. } => (0, self.after(then)),
            State::Sounding { mut tone, left, then } => {
                let used = left.map_or(all, |left| at_most(left, all));
                match &mut tone {
                    Some(tone) => drop(tone.fill(&mut out[..used])),
                    None => out[..used].fill(0),
                }
                let left = left.map(|left| left - used as u64);
                (used, State::Sounding { tone, left, then })
            }
            State::Talking { actor, release } => self.talk(actor, release, heard, out),
            State::Dropping { left: 0 } => {
                self.battery(true);
                (0, parting())
            }
            State::Dropping { left } => {
                let used = silence(left, out);
                (used, State::Dropping { left: left - used as u64 })
            }
        }
    }

    fn ring(
        &mut self,
        caller: usize,
        stretches: Arc<[Stretch]>,
        next: usize,
        now: Stretch,
        out: &mut [i16],
    ) -> (usize, State) {
        let (used, rest) = match now {
            Stretch::Ring { left, .. } if left > 0 => {
                let used = silence(left, out);
                (used, Stretch::Ring { left: left - used as u64, first: false })
            }
            Stretch::Pause(left) if left > 0 => {
                let used = silence(left, out);
                (used, Stretch::Pause(left - used as u64))
            }
            Stretch::Sound { samples, at } if at < samples.len() => {
                let used = out.len().min(samples.len() - at);
                out[..used].copy_from_slice(&samples[at..at + used]);
                (used, Stretch::Sound { samples, at: at + used })
            }
            _ => {
                self.ringing(false);
                let Some(coming) = stretches.get(next).cloned() else {
                    self.write(Deed::Abandoned);
                    self.reverse(false);
                    return (0, State::Idle);
                };
                match coming {
                    Stretch::Ring { first, .. } => {
                        self.ringing(true);
                        if first {
                            self.write(Deed::Ring);
                        }
                    }
                    Stretch::Reverse => self.reverse(true),
                    Stretch::Identity => self.write(Deed::IdentitySent),
                    Stretch::Pause(_) | Stretch::Sound { .. } => {}
                }
                return (0, State::Ringing { caller, stretches, next: next + 1, now: coming });
            }
        };
        (used, State::Ringing { caller, stretches, next, now: rest })
    }

    fn collect(
        &mut self,
        mut register: Box<Register>,
        mut dial_tone: Option<ToneGenerator>,
        heard: &[i16],
        out: &mut [i16],
    ) -> (usize, State) {
        match &mut dial_tone {
            Some(tone) => drop(tone.fill(out)),
            None => out.fill(0),
        }
        let used = out.len();
        let rules = &self.directory.rules;
        let ends = |state| (used, state);
        let digit = register.hear(heard, rules);
        if register.begun() {
            dial_tone = None;
        }
        if let Some(digit) = digit {
            self.write_at(used, Deed::Digit(digit));
            if digit == '#' {
                let subscriber = self.directory.exactly(register.digits().trim_end_matches('#'));
                return ends(self.route(used, &register, subscriber));
            }
            if let Match::Whole(subscriber) = self.directory.lead(register.digits()) {
                return ends(self.route(used, &register, Some(subscriber)));
            }
        } else if register.begun() {
            if register.idle() >= samples(rules.next_digit_ms) {
                let subscriber = self.directory.exactly(register.digits());
                return ends(self.route(used, &register, subscriber));
            }
        } else if register.idle() >= samples(rules.first_digit_ms) {
            return ends(State::Sounding {
                tone: None,
                left: Some(0),
                then: Then::Tone(Progress::Busy),
            });
        }
        ends(State::Collecting { register, dial_tone })
    }

    fn route(&mut self, offset: usize, register: &Register, subscriber: Option<usize>) -> State {
        if let Ok(number) = register.digits().trim_end_matches('#').parse() {
            self.write_at(offset, Deed::Collected(number));
        }
        let routing = subscriber.and_then(|index| self.directory.subscriber(index));
        let left = routing.map_or(samples(crate::office::default_routing()), |found| found.routing);
        State::Routing { left, subscriber }
    }

    /// The network has found the party, or that there is none.
    fn reach(&mut self, subscriber: Option<usize>) -> State {
        let directory = self.directory.clone();
        let found = subscriber.and_then(|index| Some((index, directory.subscriber(index)?)));
        let Some((index, found)) = found else { return self.sound(Progress::Unobtainable) };
        match &found.does {
            Does::Answer { ring: left, music: Some(music), .. } => {
                self.write(Deed::Ringback);
                let ringback = Ringback::music(music.clone());
                State::Alerting { ringback, left: *left, subscriber: index }
            }
            Does::Answer { ring: left, .. } | Does::NoAnswer { ring: left } => {
                self.write(Deed::Ringback);
                let tone = ToneGenerator::new(directory.country.tones().ringback);
                let ringback = Ringback::Tone(tone);
                State::Alerting { ringback, left: *left, subscriber: index }
            }
            Does::Announce { special: true, .. } => {
                self.write(Deed::Progress(Progress::Special));
                let special = directory.country.tones().special;
                State::Sounding {
                    tone: Some(ToneGenerator::new(special)),
                    left: special.round().map(|round| round.0),
                    then: Then::Announcement { subscriber: index },
                }
            }
            Does::Announce { .. } => self.after(Then::Announcement { subscriber: index }),
            Does::Busy => self.sound(Progress::Busy),
            Does::Congestion => self.sound(Progress::Congestion),
            Does::Unobtainable => self.sound(Progress::Unobtainable),
        }
    }

    /// The called party has been rung for as long as it is.
    fn answer(&mut self, subscriber: usize) -> State {
        let directory = self.directory.clone();
        let Some(found) = directory.subscriber(subscriber) else { return State::Unattended };
        let Does::Answer { supervision, release, part, .. } = &found.does else {
            return self.sound(Progress::Busy);
        };
        self.write(Deed::Answered);
        if *supervision == Supervision::Polarity {
            self.reverse(true);
        }
        State::Talking { actor: Box::new(Actor::new(part.clone())), release: *release }
    }

    fn talk(
        &mut self,
        mut actor: Box<Actor>,
        release: Release,
        heard: &[i16],
        out: &mut [i16],
    ) -> (usize, State) {
        let hung_up = actor.play(heard, out, |offset, cue| {
            let deed = match cue {
                Cue::SpeechBegan(name) => Deed::SpeechBegan(name.to_string()),
                Cue::SpeechEnded => Deed::SpeechEnded,
                Cue::Listened => Deed::Listened,
            };
            self.write_at(offset, deed);
        });
        match hung_up {
            None => (out.len(), State::Talking { actor, release }),
            Some(used) if used > 0 => (used, State::Talking { actor, release }),
            Some(_) => {
                self.write(Deed::FarEndReleased);
                match release {
                    Release::ToneOnly => (0, parting()),
                    Release::Polarity => {
                        self.reverse(false);
                        (0, parting())
                    }
                    Release::LoopDrop { ms } => {
                        self.battery(false);
                        (0, State::Dropping { left: samples(ms) })
                    }
                }
            }
        }
    }

    fn announce(
        &mut self,
        recording: Arc<[i16]>,
        at: usize,
        times: u32,
        out: &mut [i16],
    ) -> (usize, State) {
        let used = out.len().min(recording.len() - at);
        if used > 0 {
            out[..used].copy_from_slice(&recording[at..at + used]);
            return (used, State::Announcing { recording, at: at + used, times });
        }
        self.write(Deed::SpeechEnded);
        if times > 1 && !recording.is_empty() {
            self.write(Deed::Progress(Progress::Announcement));
            return (0, State::Announcing { recording, at: 0, times: times - 1 });
        }
        (0, self.sound(Progress::Busy))
    }

    fn after(&mut self, then: Then) -> State {
        match then {
            Then::Tone(progress) => self.sound(progress),
            Then::Silence => State::Unattended,
            Then::Announcement { subscriber } => {
                let directory = self.directory.clone();
                match directory.subscriber(subscriber).map(|found| &found.does) {
                    Some(Does::Announce { recording, times, .. }) => {
                        self.write(Deed::Progress(Progress::Announcement));
                        State::Announcing { recording: recording.clone(), at: 0, times: *times }
                    }
                    _ => self.sound(Progress::Congestion),
                }
            }
        }
    }

    /// A tone of the network begins.
    fn sound(&mut self, progress: Progress) -> State {
        self.write(Deed::Progress(progress));
        let tones = self.directory.country.tones();
        let rules = &self.directory.rules;
        let tone = match progress {
            Progress::Busy => self.directory.busy,
            Progress::Congestion => tones.congestion,
            Progress::Unobtainable => tones.unobtainable,
            Progress::Howler => tones.howler,
            Progress::Special | Progress::Announcement => tones.special,
        };
        let (left, then) = match (progress, tone.times) {
            (Progress::Howler, _) => (samples(rules.howler_ms), Then::Silence),
            // A tone that is over before the caller is: congestion tone follows.
            (_, Some(times)) => {
                let round = tone.round().map_or(0, |round| round.0);
                (round * u64::from(times), Then::Tone(Progress::Congestion))
            }
            (_, None) => (samples(rules.busy_ms), Then::Tone(Progress::Howler)),
        };
        State::Sounding { tone: Some(ToneGenerator::new(tone)), left: Some(left), then }
    }
}

/// The far end is gone: a moment of silence, then busy tone.
fn parting() -> State {
    State::Sounding {
        tone: None,
        left: Some(samples(RELEASE_GAP_MS)),
        then: Then::Tone(Progress::Busy),
    }
}

fn at_most(left: u64, room: usize) -> usize {
    usize::try_from(left).map_or(room, |left| left.min(room))
}

/// Silence for as long as a counter and the room last.
fn silence(left: u64, out: &mut [i16]) -> usize {
    let used = at_most(left, out.len());
    out[..used].fill(0);
    used
}

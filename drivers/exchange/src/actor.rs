//! A script being acted: one far-end party, block by block.
//!
//! Recordings and tones follow one another to the sample; what is listened for is judged once a
//! block. Whatever the other does, every listening ends by its patience, so a script always ends.

use crate::ear::Ear;
use crate::office::OfficeError;
use crate::rotator::Rotator;
use crate::script::{Beep, Interrupt, Listen, Step, Voices};
use dsp::dtmf::{DtmfGenerator, DtmfSettings};
use dsp::level;
use std::sync::Arc;

/// A script whose recordings have been found.
#[derive(Clone)]
pub(crate) struct Part {
    acts: Arc<[Act]>,
    hang_up_after: Option<u64>,
}

#[derive(Clone)]
enum Act {
    Speak { name: Arc<str>, samples: Arc<[i16]>, yields: bool },
    Listen(Listen),
    Interrupt(Interrupt),
    Wait(u64),
    Tone(Beep),
    Digits(Arc<str>),
    Stay,
    HangUp,
}

pub(crate) const fn samples(ms: u32) -> u64 {
    ms as u64 * (call::SAMPLE_RATE as u64 / 1000)
}

/// Who is spoken into for so long falls silent, samples.
const YIELDS_AFTER: u64 = samples(500);

impl Part {
    /// Finds what a script needs. `who` is for the error's sentence.
    pub(crate) fn learn(
        script: &[Step],
        hang_up_after_ms: Option<u32>,
        voices: &Voices,
        who: &str,
    ) -> Result<Part, OfficeError> {
        let act = |step: &Step| {
            Ok(match step {
                Step::Speak(name) | Step::Yield(name) => {
                    let samples = recording(voices, name, who)?;
                    let yields = matches!(step, Step::Yield(_));
                    Act::Speak { name: name.as_str().into(), samples, yields }
                }
                Step::Listen(listen) => Act::Listen(*listen),
                Step::Interrupt(interrupt) => Act::Interrupt(*interrupt),
                Step::Wait(ms) => Act::Wait(samples(*ms)),
                Step::Tone(beep) => {
                    let kept =
                        (0.0..4_000.0).contains(&beep.hz) && (-100.0..=3.2).contains(&beep.dbm0);
                    if !kept {
                        return Err(OfficeError::Figure {
                            who: who.to_owned(),
                            what: "a tone",
                            allowed: "below 4000 Hz, at -100 to 3.2 dBm0",
                        });
                    }
                    Act::Tone(*beep)
                }
                Step::Digits(digits) => {
                    if digits.chars().any(|digit| dsp::dtmf::frequencies(digit).is_none()) {
                        return Err(OfficeError::NotDigits { who: who.to_owned() });
                    }
                    Act::Digits(digits.as_str().into())
                }
                Step::Stay => Act::Stay,
                Step::HangUp => Act::HangUp,
            })
        };
        let acts: Result<Vec<Act>, OfficeError> = script.iter().map(act).collect();
        Ok(Part { acts: acts?.into(), hang_up_after: hang_up_after_ms.map(samples) })
    }
}

/// A recording, or the sentence that it is missing.
pub(crate) fn recording(voices: &Voices, name: &str, who: &str) -> Result<Arc<[i16]>, OfficeError> {
    voices
        .named(name)
        .cloned()
        .ok_or_else(|| OfficeError::NoRecording { who: who.to_owned(), recording: name.to_owned() })
}

/// What an actor did, and at which sample of the stretch it was given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cue {
    SpeechBegan(Arc<str>),
    SpeechEnded,
    Listened,
}

pub(crate) struct Actor {
    part: Part,
    next: usize,
    doing: Doing,
    ear: Ear,
    /// Samples since the answer.
    clock: u64,
}

enum Doing {
    Nothing,
    Speaking {
        samples: Arc<[i16]>,
        at: usize,
        yields: bool,
    },
    /// Listening, and for how many samples already.
    Listening {
        to: Listen,
        so_far: u64,
    },
    Interrupting {
        at: Interrupt,
        so_far: u64,
    },
    Waiting(u64),
    Sounding {
        tone: Rotator,
        left: u64,
    },
    Sending(Box<DtmfGenerator>),
    Staying,
    HungUp,
}

impl Actor {
    pub(crate) fn new(part: Part) -> Self {
        Actor { part, next: 0, doing: Doing::Nothing, ear: Ear::new(), clock: 0 }
    }

    /// Hears one stretch and fills another as long, telling cues with their offset. Answers the
    /// offset at which the party hangs up, if it does.
    pub(crate) fn play(
        &mut self,
        heard: &[i16],
        out: &mut [i16],
        mut cue: impl FnMut(usize, Cue),
    ) -> Option<usize> {
        out.fill(0);
        self.ear.hear(heard);
        let mut end = out.len();
        if let Some(limit) = self.part.hang_up_after {
            end = end.min(usize::try_from(limit.saturating_sub(self.clock)).unwrap_or(end));
        }
        let mut at = 0;
        while at < end {
            at += self.act(&mut out[at..end], at, &mut cue);
            if matches!(self.doing, Doing::HungUp) {
                return Some(at);
            }
        }
        self.clock += end as u64;
        if end < out.len() {
            if matches!(self.doing, Doing::Speaking { .. }) {
                cue(end, Cue::SpeechEnded);
            }
            self.doing = Doing::HungUp;
            return Some(end);
        }
        None
    }

    /// Whether a recording is being played.
    pub(crate) fn is_speaking(&self) -> bool {
        matches!(self.doing, Doing::Speaking { .. })
    }

    /// Goes on with what is being done, or begins the next step; answers the samples it took.
    fn act(&mut self, out: &mut [i16], offset: usize, cue: &mut impl FnMut(usize, Cue)) -> usize {
        let room = out.len();
        match &mut self.doing {
            Doing::Nothing => {
                self.begin(offset, cue);
                0
            }
            Doing::Speaking { samples, at, yields } => {
                if *yields && self.ear.since_began() >= YIELDS_AFTER {
                    cue(offset, Cue::SpeechEnded);
                    self.doing = Doing::Nothing;
                    return 0;
                }
                let run = room.min(samples.len() - *at);
                out[..run].copy_from_slice(&samples[*at..*at + run]);
                *at += run;
                if *at == samples.len() {
                    cue(offset + run, Cue::SpeechEnded);
                    self.doing = Doing::Nothing;
                    return run;
                }
                run
            }
            Doing::Listening { to, so_far } => {
                *so_far += room as u64;
                let ear = &self.ear;
                let turn_over = ear.began() && ear.quiet() >= samples(to.hang_ms);
                if turn_over {
                    cue(offset + room, Cue::Listened);
                }
                let nobody = !ear.began() && *so_far >= samples(to.patience_ms);
                if turn_over || nobody || *so_far >= samples(to.at_most_ms) {
                    self.doing = Doing::Nothing;
                    return room;
                }
                room
            }
            Doing::Interrupting { at, so_far } => {
                *so_far += room as u64;
                let nobody = !self.ear.began() && *so_far >= samples(at.patience_ms);
                if nobody || (self.ear.began() && self.ear.since_began() >= samples(at.after_ms)) {
                    self.doing = Doing::Nothing;
                    return room;
                }
                room
            }
            Doing::Waiting(left) => {
                let run = room.min(usize::try_from(*left).unwrap_or(room));
                *left -= run as u64;
                if *left == 0 {
                    self.doing = Doing::Nothing;
                    return run;
                }
                run
            }
            Doing::Sounding { tone, left } => {
                let run = room.min(usize::try_from(*left).unwrap_or(room));
                out[..run].iter_mut().for_each(|sample| *sample = level::to_sample(tone.next()));
                tone.settle();
                *left -= run as u64;
                if *left == 0 {
                    self.doing = Doing::Nothing;
                    return run;
                }
                run
            }
            Doing::Sending(generator) => {
                let run = generator.fill(out);
                if generator.is_idle() {
                    self.doing = Doing::Nothing;
                    return run;
                }
                run
            }
            Doing::Staying => room,
            Doing::HungUp => 0,
        }
    }

    fn begin(&mut self, offset: usize, cue: &mut impl FnMut(usize, Cue)) {
        let act = self.part.acts.get(self.next);
        self.next += 1;
        self.doing = match act {
            Some(Act::Speak { name, samples, yields }) => {
                self.ear.new_turn();
                cue(offset, Cue::SpeechBegan(name.clone()));
                Doing::Speaking { samples: samples.clone(), at: 0, yields: *yields }
            }
            Some(Act::Listen(to)) => {
                self.ear.new_turn();
                Doing::Listening { to: *to, so_far: 0 }
            }
            Some(Act::Interrupt(at)) => {
                self.ear.new_turn();
                Doing::Interrupting { at: *at, so_far: 0 }
            }
            Some(Act::Wait(samples)) => Doing::Waiting(*samples),
            Some(Act::Tone(beep)) => Doing::Sounding {
                tone: Rotator::new(beep.hz, level::sine_peak(beep.dbm0)),
                left: samples(beep.ms),
            },
            Some(Act::Digits(digits)) => {
                let mut generator = DtmfGenerator::new(DtmfSettings::default());
                // Only digits that can be sent come this far.
                let _ = generator.push(digits);
                Doing::Sending(Box::new(generator))
            }
            Some(Act::Stay) => Doing::Staying,
            Some(Act::HangUp) | None => Doing::HungUp,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many ms of being spoken into from the start a party has done one step.
    fn done_after_ms(step: Step) -> usize {
        let mut voices = Voices::default();
        voices.insert("long", vec![1_000; 40_000].into());
        let part = Part::learn(&[step, Step::HangUp], None, &voices, "a test").unwrap();
        let mut actor = Actor::new(part);
        let loud: [i16; 80] = core::array::from_fn(|at| if at % 2 == 0 { 4_000 } else { -4_000 });
        let blocks = (1..).find(|_| actor.play(&loud, &mut [0; 80], |_, _| {}).is_some());
        blocks.unwrap() * 10
    }

    #[test]
    fn who_yields_breaks_off_when_spoken_into_and_who_speaks_does_not() {
        let yields = done_after_ms(Step::Yield("long".into()));
        assert!((500..700).contains(&yields), "{yields} ms");
        let speaks = done_after_ms(Step::Speak("long".into()));
        assert!((5_000..5_100).contains(&speaks), "{speaks} ms");
    }
}

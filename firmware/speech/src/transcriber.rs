//! One call's ears: audio of both sides in, words out, while the call runs and after it.
//!
//! ```text
//! push(side, at, samples) ─► VAD ─► segmenter ─► recogniser's queue ─► poll() / wait()
//! ```
//!
//! Promises:
//! * `push` never waits for the recogniser, and costs some 2 ms per second of audio.
//! * Events of one utterance come in order: [`SpeechEvent::Started`], any number of
//!   [`SpeechEvent::Partial`], then one [`SpeechEvent::Final`] or [`SpeechEvent::Dropped`].
//! * After [`Transcriber::finish`] exactly one [`SpeechEvent::Finished`] comes, last of all.
//! * Nothing is guessed: what the guards hold back ([`crate::polish`]) is dropped and counted.

use crate::engine::{Heard, LanguageChoice, Settings};
use crate::polish::{self, Doubt};
use crate::recognizer::{Job, NoAnswer, Priority, Recognizer};
use crate::segment::{Cut, FRAME, Limits, Segment, Segmenter};
use crate::vad::{Vad, VadError, VadModel};
use call::{Language, Samples, Side, SpeechState, Utterance};
use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// New speech that makes another partial text worth its computing: 1.2 s.
const PARTIAL_STEP: usize = 9_600;
/// Beyond this an utterance's partial text costs too much: 12 s.
const PARTIAL_LIMIT: usize = 96_000;
/// A jump in time longer than this is filled with no more than this much silence: 2 s.
const LONGEST_GAP: u64 = 16_000;

/// How to listen to one call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallSettings {
    /// In which language; [`LanguageChoice::Detect`] settles on one after the first utterances.
    pub language: LanguageChoice,
    /// What [`Utterance::model`] shall be: the recogniser's place among the record's models.
    pub model: u8,
    /// Whether words are wanted while they are spoken.
    pub partials: bool,
    /// Whether the call is of the past.
    pub backlog: bool,
    /// Where to cut.
    pub limits: Limits,
}

impl Default for CallSettings {
    fn default() -> Self {
        CallSettings {
            language: LanguageChoice::Detect,
            model: 0,
            partials: true,
            backlog: false,
            limits: Limits::default(),
        }
    }
}

/// What a transcriber tells. `id` counts a call's utterances from 0, in order of their onset.
#[derive(Clone, Debug, PartialEq)]
pub enum SpeechEvent {
    /// Someone began to speak.
    Started {
        /// Which utterance.
        id: u32,
        /// Who.
        side: Side,
        /// From when.
        start: Samples,
    },
    /// The words so far; they may change.
    Partial {
        /// Which utterance.
        id: u32,
        /// Who.
        side: Side,
        /// From when.
        start: Samples,
        /// Words.
        text: String,
    },
    /// The words.
    Final {
        /// Which utterance.
        id: u32,
        /// What was said.
        utterance: Utterance,
    },
    /// No words come of this one.
    Dropped {
        /// Which utterance.
        id: u32,
        /// Who.
        side: Side,
        /// Why.
        why: Dropped,
    },
    /// All is said.
    Finished(SpeechState),
}

/// Why an utterance has no words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// Too short to be speech.
    Noise,
    /// Tones of the network or a keypad.
    Tones,
    /// The recogniser heard nothing, or what it heard is not to be believed.
    Doubted(Doubt),
    /// The recogniser gave no answer.
    NoAnswer(NoAnswer),
}

/// One call's ears.
pub struct Transcriber {
    recognizer: Recognizer,
    settings: CallSettings,
    /// Absent where the voice activity model is: then nothing is heard, and the call stays pending.
    sides: Option<[Ear; 2]>,
    answers: (mpsc::Sender<Answer>, mpsc::Receiver<Answer>),
    events: std::collections::VecDeque<SpeechEvent>,
    /// Finished utterances that wait for their words.
    open: BTreeMap<u32, Asked>,
    votes: Votes,
    next_id: u32,
    tag: u64,
    tally: Tally,
    finishing: bool,
    told: bool,
}

struct Ear {
    vad: Vad,
    segmenter: Segmenter,
    at: Samples,
    speaking: Option<Speaking>,
}

#[derive(Clone, Copy)]
struct Speaking {
    id: u32,
    start: Samples,
    /// Length at the last partial.
    asked: usize,
    /// A partial is on its way.
    waiting: bool,
}

struct Asked {
    side: Side,
    start: Samples,
    end: Samples,
    speech: f32,
}

struct Answer {
    id: u32,
    partial: bool,
    answer: Result<Heard, NoAnswer>,
}

#[derive(Default)]
struct Tally {
    heard: u32,
    failed: u32,
    unavailable: bool,
}

/// Numbers that keep partial utterances of different calls apart in the recogniser's queue.
static NEXT_TAG: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

impl Transcriber {
    /// Ears for one call. Without a voice activity model nothing is heard and the call ends
    /// [`SpeechState::Pending`].
    pub fn new(
        recognizer: Recognizer,
        vad: Option<&VadModel>,
        settings: CallSettings,
    ) -> Result<Transcriber, VadError> {
        let ear = |model: &VadModel| {
            Ok::<_, VadError>(Ear {
                vad: Vad::new(model.clone())?,
                segmenter: Segmenter::new(settings.limits, Samples::ZERO),
                at: Samples::ZERO,
                speaking: None,
            })
        };
        let sides = match vad {
            Some(model) => Some([ear(model)?, ear(model)?]),
            None => None,
        };
        Ok(Transcriber { sides, ..Self::deaf(recognizer, settings) })
    }

    /// Ears that hear nothing: the call ends [`SpeechState::Pending`].
    pub fn deaf(recognizer: Recognizer, settings: CallSettings) -> Transcriber {
        Transcriber {
            recognizer,
            settings,
            sides: None,
            answers: mpsc::channel(),
            events: Default::default(),
            open: BTreeMap::new(),
            votes: Votes::default(),
            next_id: 0,
            tag: NEXT_TAG.fetch_add(1, std::sync::atomic::Ordering::Relaxed) << 32,
            tally: Tally::default(),
            finishing: false,
            told: false,
        }
    }

    /// Takes what one side said from `at` on: linear 16-bit samples at 8 kHz, any number of them.
    /// Missing time is heard as silence, time heard before is passed over.
    pub fn push(&mut self, side: Side, at: Samples, samples: &[i16]) -> Result<(), VadError> {
        let Some(ears) = self.sides.as_mut() else { return Ok(()) };
        let ear = &mut ears[side as usize];
        let gap = at.since(ear.at).0;
        let heard_before = usize::try_from(ear.at.since(at).0).unwrap_or(usize::MAX);
        let new = samples.get(heard_before..).unwrap_or_default();
        if gap > LONGEST_GAP {
            self.jump(side, at)?;
        } else if gap > 0 {
            self.hear(side, &vec![0; gap as usize])?;
        }
        self.hear(side, new)
    }

    /// Nothing more comes: what is being said ends here. Words still come by [`Self::poll`].
    pub fn finish(&mut self) -> Result<(), VadError> {
        if self.finishing {
            return Ok(());
        }
        for side in [Side::Agent, Side::Customer] {
            let spare = self.sides.as_ref().map_or(0, |ears| ears[side as usize].vad.waiting());
            if spare > 0 {
                self.hear(side, &vec![0; FRAME - spare])?;
            }
            let Some(ears) = self.sides.as_mut() else { continue };
            let cut = ears[side as usize].segmenter.finish();
            self.cut(side, cut);
        }
        self.finishing = true;
        Ok(())
    }

    /// The next thing to tell, if there is one now.
    pub fn poll(&mut self) -> Option<SpeechEvent> {
        while let Ok(answer) = self.answers.1.try_recv() {
            self.take(answer);
        }
        self.events.pop_front().or_else(|| self.closing())
    }

    /// The next thing to tell; waits for it up to `limit`.
    pub fn wait(&mut self, limit: Duration) -> Option<SpeechEvent> {
        let until = Instant::now() + limit;
        loop {
            if let Some(event) = self.poll() {
                return Some(event);
            }
            let left = until.checked_duration_since(Instant::now())?;
            if let Ok(answer) = self.answers.1.recv_timeout(left) {
                self.take(answer);
            }
        }
    }

    /// Finished utterances that wait for their words.
    pub fn waiting(&self) -> usize {
        self.open.len()
    }

    /// The language that the call has settled on.
    pub fn language(&self) -> Option<Language> {
        match self.settings.language {
            LanguageChoice::Fixed(language) => Some(language),
            LanguageChoice::Detect => self.votes.settled(),
        }
    }

    fn closing(&mut self) -> Option<SpeechEvent> {
        if !self.finishing || self.told || !self.open.is_empty() {
            return None;
        }
        self.told = true;
        let state = if self.sides.is_none() || self.tally.unavailable {
            SpeechState::Pending
        } else if self.tally.failed > 0 {
            SpeechState::Failed
        } else if self.tally.heard > 0 {
            SpeechState::Done
        } else {
            SpeechState::NothingSaid
        };
        Some(SpeechEvent::Finished(state))
    }

    /// A long gap: what was being said ends before it, and a new stream begins after it.
    fn jump(&mut self, side: Side, at: Samples) -> Result<(), VadError> {
        self.hear(side, &[0; LONGEST_GAP as usize])?;
        let Some(ears) = self.sides.as_mut() else { return Ok(()) };
        let ear = &mut ears[side as usize];
        let cut = ear.segmenter.finish();
        ear.segmenter = Segmenter::new(self.settings.limits, at);
        ear.vad = Vad::new(ear.vad.model().clone())?;
        ear.at = at;
        self.cut(side, cut);
        Ok(())
    }

    fn hear(&mut self, side: Side, samples: &[i16]) -> Result<(), VadError> {
        let Some(ears) = self.sides.as_mut() else { return Ok(()) };
        let ear = &mut ears[side as usize];
        ear.at += Samples(samples.len() as u64);
        let mut cuts = Vec::new();
        let segmenter = &mut ear.segmenter;
        ear.vad.push(samples, |frame, p| cuts.extend(segmenter.push(frame, p)))?;
        for cut in cuts {
            self.cut(side, Some(cut));
        }
        self.ask_partial(side);
        Ok(())
    }

    fn cut(&mut self, side: Side, cut: Option<Cut>) {
        match cut {
            None => {}
            Some(Cut::Started(start)) => self.start(side, start),
            Some(Cut::Noise(_)) => self.drop_current(side, Dropped::Noise),
            Some(Cut::Tones(_)) => self.drop_current(side, Dropped::Tones),
            Some(Cut::Spoken(segment)) => self.ask(side, segment),
        }
        // What was too long was cut, and they speak on.
        let going_on = self.sides.as_ref().and_then(|ears| {
            let ear = &ears[side as usize];
            ear.segmenter.started().filter(|_| ear.speaking.is_none())
        });
        if let Some(start) = going_on {
            self.start(side, start);
        }
    }

    fn start(&mut self, side: Side, start: Samples) {
        let id = self.next_id;
        self.next_id += 1;
        self.ear(side, |ear| {
            ear.speaking = Some(Speaking { id, start, asked: 0, waiting: false });
        });
        self.events.push_back(SpeechEvent::Started { id, side, start });
    }

    fn drop_current(&mut self, side: Side, why: Dropped) {
        if let Some(speaking) = self.ear(side, |ear| ear.speaking.take()).flatten() {
            self.events.push_back(SpeechEvent::Dropped { id: speaking.id, side, why });
        }
    }

    fn ask(&mut self, side: Side, segment: Segment) {
        let Some(speaking) = self.ear(side, |ear| ear.speaking.take()).flatten() else { return };
        let Segment { start, end, audio, speech } = segment;
        self.open.insert(speaking.id, Asked { side, start, end, speech });
        let priority = if self.settings.backlog { Priority::Backlog } else { Priority::Live };
        self.submit(speaking.id, priority, audio);
    }

    fn ask_partial(&mut self, side: Side) {
        if !self.settings.partials || self.settings.backlog || !self.recognizer.is_idle() {
            return;
        }
        let wanted = self.ear(side, |ear| {
            let length = ear.segmenter.current_len();
            let speaking = ear.speaking.as_mut()?;
            let due = length >= speaking.asked + PARTIAL_STEP && length <= PARTIAL_LIMIT;
            if speaking.waiting || !due {
                return None;
            }
            speaking.asked = length;
            speaking.waiting = true;
            ear.segmenter.current().map(|(_, audio)| (speaking.id, audio))
        });
        if let Some((id, audio)) = wanted.flatten() {
            self.submit(id, Priority::Partial, audio);
        }
    }

    fn submit(&mut self, id: u32, priority: Priority, audio: Vec<i16>) {
        let partial = priority == Priority::Partial;
        let language = self.language().map_or(LanguageChoice::Detect, LanguageChoice::Fixed);
        let answers = self.answers.0.clone();
        self.recognizer.submit(Job {
            priority,
            settings: Settings { language, partial },
            audio,
            utterance: self.tag | u64::from(id),
            // The call may be gone when the answer comes: then nobody wants it.
            answer: Box::new(move |answer| drop(answers.send(Answer { id, partial, answer }))),
        });
    }

    fn take(&mut self, answer: Answer) {
        if answer.partial {
            return self.take_partial(answer);
        }
        let Some(asked) = self.open.remove(&answer.id) else { return };
        let id = answer.id;
        let length = asked.end.since(asked.start);
        let event = match answer.answer {
            Ok(heard) => match polish::polish(&heard, length, asked.speech) {
                Ok(text) => {
                    self.tally.heard += 1;
                    self.votes.add(heard.language, length, heard.p);
                    SpeechEvent::Final {
                        id,
                        utterance: Utterance {
                            side: asked.side,
                            start: asked.start,
                            end: asked.end,
                            text,
                            p: heard.p,
                            language: heard.language,
                            model: self.settings.model,
                        },
                    }
                }
                Err(doubt) => {
                    SpeechEvent::Dropped { id, side: asked.side, why: Dropped::Doubted(doubt) }
                }
            },
            Err(why) => {
                match why {
                    NoAnswer::Unavailable(_) | NoAnswer::ShutDown => self.tally.unavailable = true,
                    _ => self.tally.failed += 1,
                }
                SpeechEvent::Dropped { id, side: asked.side, why: Dropped::NoAnswer(why) }
            }
        };
        self.events.push_back(event);
    }

    fn take_partial(&mut self, Answer { id, answer, .. }: Answer) {
        for side in [Side::Agent, Side::Customer] {
            let speaking = self.ear(side, |ear| {
                let speaking = ear.speaking.as_mut().filter(|speaking| speaking.id == id)?;
                speaking.waiting = false;
                Some((speaking.start, Samples(speaking.asked as u64)))
            });
            let Some((start, length)) = speaking.flatten() else { continue };
            if let Ok(heard) = &answer
                && let Ok(text) = polish::polish(heard, length, 1.0)
            {
                self.events.push_back(SpeechEvent::Partial { id, side, start, text });
            }
        }
    }

    fn ear<T>(&mut self, side: Side, f: impl FnOnce(&mut Ear) -> T) -> Option<T> {
        self.sides.as_mut().map(|ears| f(&mut ears[side as usize]))
    }
}

/// Which language a call is in, by its first utterances.
#[derive(Default)]
struct Votes {
    mandarin: f32,
    english: f32,
}

impl Votes {
    /// Seconds of sure words that settle it.
    const ENOUGH: f32 = 2.0;

    fn add(&mut self, language: Language, length: Samples, p: f32) {
        let weight = length.ms() as f32 / 1000.0 * p;
        match language {
            Language::Mandarin => self.mandarin += weight,
            Language::English => self.english += weight,
        }
    }

    fn settled(&self) -> Option<Language> {
        if self.mandarin >= Self::ENOUGH && self.mandarin > 2.0 * self.english {
            Some(Language::Mandarin)
        } else if self.english >= Self::ENOUGH && self.english > 2.0 * self.mandarin {
            Some(Language::English)
        } else {
            None
        }
    }
}

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

use crate::ear::Ear;
use crate::engine::{Heard, LanguageChoice, Settings};
pub use crate::events::{CallSettings, Dropped, SpeechEvent};
use crate::polish;
use crate::recognizer::{Job, NoAnswer, Priority, Recognizer};
use crate::segment::{Cut, Segment};
use crate::vad::{VadError, VadModel};
use crate::votes::Votes;
use call::{Language, Samples, Side, SpeechState, Utterance};
use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// New speech that makes another partial text worth its computing: 1.2 s, and a third of what there
/// is, so that all partial texts of an utterance cost no more than some four final ones.
const PARTIAL_STEP: usize = 9_600;
/// Beyond this an utterance's partial text costs too much: 12 s.
const PARTIAL_LIMIT: usize = 96_000;

/// One call's ears.
pub struct Transcriber {
    recognizer: Recognizer,
    settings: CallSettings,
    /// Absent where the voice activity model is: then nothing is heard, and the call stays pending.
    ears: Option<[Ear; 2]>,
    speaking: [Option<Speaking>; 2],
    answers: (mpsc::Sender<Answer>, mpsc::Receiver<Answer>),
    events: std::collections::VecDeque<SpeechEvent>,
    /// Finished utterances that wait for their words.
    open: BTreeMap<u32, Asked>,
    votes: Votes,
    next_id: u32,
    call: u64,
    tally: Tally,
    finishing: bool,
    told: bool,
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

/// Numbers that keep calls apart in the recogniser's queue.
static NEXT_CALL: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

impl Transcriber {
    /// Ears for one call. Without a voice activity model nothing is heard and the call ends
    /// [`SpeechState::Pending`].
    pub fn new(
        recognizer: Recognizer,
        vad: Option<&VadModel>,
        settings: CallSettings,
    ) -> Result<Transcriber, VadError> {
        let ears = match vad {
            Some(model) => {
                let ear = || Ear::new(model, settings.limits);
                Some([ear()?, ear()?])
            }
            None => None,
        };
        Ok(Transcriber { ears, ..Self::deaf(recognizer, settings) })
    }

    /// Ears that hear nothing: the call ends [`SpeechState::Pending`].
    pub fn deaf(recognizer: Recognizer, settings: CallSettings) -> Transcriber {
        Transcriber {
            recognizer,
            settings,
            ears: None,
            speaking: [None; 2],
            answers: mpsc::channel(),
            events: Default::default(),
            open: BTreeMap::new(),
            votes: Votes::default(),
            next_id: 0,
            call: NEXT_CALL.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
            tally: Tally::default(),
            finishing: false,
            told: false,
        }
    }

    /// Takes what one side said from `at` on: linear 16-bit samples at 8 kHz, any number of them.
    /// Missing time is heard as silence, time heard before is passed over.
    pub fn push(&mut self, side: Side, at: Samples, samples: &[i16]) -> Result<(), VadError> {
        let Some(ears) = &mut self.ears else { return Ok(()) };
        for cut in ears[side as usize].push(at, samples)? {
            self.cut(side, cut);
        }
        self.ask_partial(side);
        Ok(())
    }

    /// Nothing more comes: what is being said ends here, and what waits of this call is urgent now.
    /// Words still come by [`Self::poll`].
    pub fn finish(&mut self) -> Result<(), VadError> {
        if std::mem::replace(&mut self.finishing, true) {
            return Ok(());
        }
        if !self.settings.backlog {
            self.recognizer.hurry(self.call);
        }
        let mut failed = Ok(());
        for side in [Side::Agent, Side::Customer] {
            let Some(ears) = &mut self.ears else { break };
            match ears[side as usize].finish() {
                Ok(cuts) => cuts.into_iter().for_each(|cut| self.cut(side, cut)),
                Err(error) => {
                    self.drop_current(side, Dropped::Unheard);
                    failed = Err(error);
                }
            }
        }
        failed
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
        let state = if self.ears.is_none() || self.tally.unavailable {
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

    fn cut(&mut self, side: Side, cut: Cut) {
        match cut {
            Cut::Started(start) => self.start(side, start),
            Cut::Noise(_) => self.drop_current(side, Dropped::Noise),
            Cut::Tones(_) => self.drop_current(side, Dropped::Tones),
            Cut::Spoken(segment) => self.ask(side, segment),
        }
    }

    fn start(&mut self, side: Side, start: Samples) {
        // Its end was lost with an error of the voice activity model.
        self.drop_current(side, Dropped::Unheard);
        let id = self.next_id;
        self.next_id += 1;
        self.speaking[side as usize] = Some(Speaking { id, start, asked: 0, waiting: false });
        self.events.push_back(SpeechEvent::Started { id, side, start });
    }

    fn drop_current(&mut self, side: Side, why: Dropped) {
        if let Some(Speaking { id, .. }) = self.speaking[side as usize].take() {
            self.events.push_back(SpeechEvent::Dropped { id, side, why });
        }
    }

    fn ask(&mut self, side: Side, segment: Segment) {
        let Some(Speaking { id, .. }) = self.speaking[side as usize].take() else { return };
        let Segment { start, end, audio, speech } = segment;
        self.open.insert(id, Asked { side, start, end, speech });
        let priority = match (self.settings.backlog, self.finishing) {
            (true, _) => Priority::Backlog,
            (false, true) => Priority::Released,
            (false, false) => Priority::Live,
        };
        self.submit(id, priority, audio);
    }

    fn ask_partial(&mut self, side: Side) {
        if !self.settings.partials || self.settings.backlog {
            return;
        }
        let (Some(ears), Some(speaking)) = (&self.ears, &mut self.speaking[side as usize]) else {
            return;
        };
        let ear = &ears[side as usize];
        let length = ear.current_len();
        let due = speaking.asked + PARTIAL_STEP.max(speaking.asked / 3);
        if speaking.waiting || !(due..=PARTIAL_LIMIT).contains(&length) {
            return;
        }
        // Last of all: it locks the recogniser's desk.
        if !self.recognizer.is_idle() {
            return;
        }
        let Some(audio) = ear.current() else { return };
        speaking.asked = length;
        speaking.waiting = true;
        let id = speaking.id;
        self.submit(id, Priority::Partial, audio);
    }

    fn submit(&mut self, id: u32, priority: Priority, audio: Vec<i16>) {
        let partial = priority == Priority::Partial;
        let language = self.language().map_or(LanguageChoice::Detect, LanguageChoice::Fixed);
        let answers = self.answers.0.clone();
        self.recognizer.submit(Job {
            priority,
            settings: Settings { language, partial },
            audio,
            call: self.call,
            utterance: id,
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
            let speaking = self.speaking[side as usize].as_mut();
            let Some(speaking) = speaking.filter(|speaking| speaking.id == id) else { continue };
            speaking.waiting = false;
            let (start, length) = (speaking.start, Samples(speaking.asked as u64));
            if let Ok(heard) = &answer
                && let Ok(text) = polish::polish(heard, length, 1.0)
            {
                self.events.push_back(SpeechEvent::Partial { id, side, start, text });
            }
        }
    }
}

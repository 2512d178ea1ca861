//! The recogniser's thread: serves the desk's queues, watches over the worker, and tells a worker
//! that cannot from an utterance that it cannot recognise.

use crate::engine::{Heard, LanguageChoice, Settings};
use crate::recognizer::{Health, LOOK_AGAIN, NoAnswer, Shared, Waiting};
use crate::worker::{Seat, SeatError};
use call::{Language, SAMPLE_RATE};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// The longest pause between two starts of a worker that keeps dying.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// What is said of a model that loads and then recognises nothing.
const NOT_EVEN_SILENCE: &str = "the speech model is loaded and fails on everything, even on \
    silence: its file is damaged; make it again with `tipring-models`";

/// The thread's side.
pub(crate) struct Clerk {
    shared: Arc<Shared>,
    seat: Box<dyn Seat>,
    pause: Duration,
    /// The model that is loaded.
    model: Option<[u8; 32]>,
    /// The model that has recognised something.
    proven: Option<[u8; 32]>,
}

impl Clerk {
    /// A clerk at this desk, with this seat.
    pub(crate) fn new(shared: Arc<Shared>, seat: Box<dyn Seat>) -> Clerk {
        Clerk { shared, seat, pause: Duration::ZERO, model: None, proven: None }
    }

    /// Works until the desk is closed.
    pub(crate) fn serve(mut self) {
        let mut blocked_until: Option<Instant> = None;
        while let Some(waiting) = self.wait() {
            let health = self.shared.desk().health.clone();
            if let Health::Unavailable(why) = health
                && blocked_until.is_some_and(|until| Instant::now() < until)
            {
                self.settle(waiting, Err(NoAnswer::Unavailable(why)));
                continue;
            }
            blocked_until = self.attend(waiting);
        }
        let left: Vec<Waiting> =
            self.shared.desk().queues.iter_mut().flat_map(std::mem::take).collect();
        for waiting in left {
            self.settle(waiting, Err(NoAnswer::ShutDown));
        }
        self.seat.close();
    }

    fn wait(&self) -> Option<Waiting> {
        let mut desk = self.shared.desk();
        loop {
            if desk.closed {
                return None;
            }
            if let Some(waiting) = desk.next() {
                desk.in_hand = Some(waiting.job.priority);
                desk.give_way.store(false, Ordering::Relaxed);
                return Some(waiting);
            }
            desk = self.shared.work.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Does one job; returns until when there is no point in trying again.
    fn attend(&mut self, mut waiting: Waiting) -> Option<Instant> {
        loop {
            let answer = self.try_once(&waiting.job.audio, &waiting.job.settings);
            match answer {
                Ok(heard) => {
                    self.pause = Duration::ZERO;
                    self.it_works();
                    self.settle(waiting, Ok(heard));
                    return None;
                }
                Err(SeatError::GaveWay) => {
                    self.settle(waiting, Err(NoAnswer::Superseded));
                    return None;
                }
                Err(SeatError::Engine(error)) => return self.blame(waiting, error.into()),
                Err(SeatError::Unavailable(why)) => return Some(self.give_up(waiting, why)),
                Err(error @ (SeatError::Died | SeatError::Hung)) => {
                    waiting.deaths += 1;
                    self.count_death(&error);
                    self.rest();
                    if self.shared.desk().closed {
                        self.settle(waiting, Err(NoAnswer::ShutDown));
                        return None;
                    }
                    if waiting.deaths >= 2 {
                        return self.blame(waiting, NoAnswer::WorkerDied);
                    }
                }
            }
        }
    }

    /// Answers a job that the recogniser failed on: it is the utterance's fault only if the model
    /// works.
    fn blame(&mut self, waiting: Waiting, why: NoAnswer) -> Option<Instant> {
        let settings =
            Settings { language: LanguageChoice::Fixed(Language::Mandarin), partial: false };
        let works = self.proven.is_some() && self.proven == self.model;
        let tried = match works {
            true => Ok(()),
            false => self.try_once(&vec![0; SAMPLE_RATE as usize], &settings).map(drop),
        };
        match tried {
            Ok(()) => {
                self.it_works();
                self.settle(waiting, Err(why));
                None
            }
            Err(SeatError::Unavailable(why)) => Some(self.give_up(waiting, why)),
            Err(error) => {
                if matches!(error, SeatError::Died | SeatError::Hung) {
                    self.count_death(&error);
                }
                Some(self.give_up(waiting, NOT_EVEN_SILENCE.to_owned()))
            }
        }
    }

    /// Nothing can be recognised for now; until when there is no point in trying again.
    fn give_up(&self, waiting: Waiting, why: String) -> Instant {
        self.shared.desk().health = Health::Unavailable(why.clone());
        self.settle(waiting, Err(NoAnswer::Unavailable(why)));
        Instant::now() + LOOK_AGAIN
    }

    fn it_works(&mut self) {
        self.proven = self.model;
        if let Some(model) = self.model {
            self.shared.desk().health = Health::Ready(model);
        }
    }

    fn try_once(&mut self, audio: &[i16], settings: &Settings) -> Result<Heard, SeatError> {
        if let Some(ready) = self.seat.open()? {
            self.model = Some(ready);
            let mut desk = self.shared.desk();
            desk.counts.starts += 1;
            // What could not recognise anything has to show that it can.
            if self.proven == self.model || !matches!(desk.health, Health::Unavailable(_)) {
                desk.health = Health::Ready(ready);
            }
        }
        let give_way = self.shared.desk().give_way.clone();
        self.seat.transcribe(audio, settings, &give_way)
    }

    fn count_death(&mut self, error: &SeatError) {
        let mut desk = self.shared.desk();
        if !matches!(desk.health, Health::Unavailable(_)) {
            desk.health = Health::Starting;
        }
        match error {
            SeatError::Hung => desk.counts.hangs += 1,
            _ => desk.counts.deaths += 1,
        }
    }

    /// Pauses before the next start, longer each time, but never past a shutdown.
    fn rest(&mut self) {
        self.pause = (self.pause * 2).clamp(Duration::from_millis(100), LONGEST_PAUSE);
        let until = Instant::now() + self.pause;
        let mut desk = self.shared.desk();
        while let Some(left) = until.checked_duration_since(Instant::now())
            && !desk.closed
        {
            desk =
                self.shared.work.wait_timeout(desk, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn settle(&self, waiting: Waiting, answer: Result<Heard, NoAnswer>) {
        let mut desk = self.shared.desk();
        desk.in_hand = None;
        match &answer {
            Ok(heard) => {
                desk.counts.heard += 1;
                desk.counts.compute_ms += u64::from(heard.compute_ms);
                desk.counts.audio_ms += call::Samples(waiting.job.audio.len() as u64).ms();
            }
            Err(NoAnswer::Superseded) => desk.counts.superseded += 1,
            Err(_) => desk.counts.unanswered += 1,
        }
        drop(desk);
        (waiting.job.answer)(answer);
    }
}

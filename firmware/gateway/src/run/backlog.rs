//! Calls whose words are still to come: the model was missing, or the appliance was stopped before
//! it had understood them. Their sealed audio is heard again, behind the calls that run.

use super::finishing::Finisher;
use call::{CallId, Record, Samples, Side, SpeechState};
use journal::{Filter, ReadError, Reader, Standing};
use speech::{CallSettings, Health, Recognition, transcribe_audio};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long to rest while there is nothing to do or no model to do it with.
const REST: Duration = Duration::from_secs(3);
/// Calls read at once while the journal is searched at the start.
const PAGE: usize = 256;

/// The calls that wait for their words, shared between those who find them and the one who works.
#[derive(Clone, Default)]
pub struct Waiting(Arc<Mutex<BTreeSet<CallId>>>);

impl Waiting {
    /// Every call of a journal whose record says that its words are still to come. To be asked at
    /// the start, before new calls begin.
    pub fn search(reader: &Reader) -> Result<Waiting, ReadError> {
        let waiting = Waiting::default();
        let mut filter = Filter::default();
        loop {
            let page = reader.calls(&filter, PAGE)?;
            let Some(last) = page.last() else { return Ok(waiting) };
            filter.before = Some(last.call);
            for listed in &page {
                if let Standing::Closed(record) = &listed.standing
                    && record.speech == SpeechState::Pending
                {
                    waiting.add(listed.call);
                }
            }
        }
    }

    /// A call's words are still to come.
    pub fn add(&self, call: CallId) {
        self.set().insert(call);
    }

    /// How many calls wait.
    pub fn count(&self) -> usize {
        self.set().len()
    }

    fn remove(&self, call: CallId) {
        self.set().remove(&call);
    }

    /// The oldest call that waits.
    fn oldest(&self) -> Option<CallId> {
        self.set().first().copied()
    }

    fn set(&self) -> MutexGuard<'_, BTreeSet<CallId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The work on past calls.
pub struct Backlog {
    recognition: Recognition,
    settings: CallSettings,
    finisher: Finisher,
    reader: Reader,
    waiting: Waiting,
}

impl Backlog {
    /// Work on the calls that wait.
    pub fn new(
        recognition: Recognition,
        settings: CallSettings,
        finisher: Finisher,
        reader: Reader,
        waiting: Waiting,
    ) -> Self {
        let settings = CallSettings { backlog: true, partials: false, ..settings };
        Backlog { recognition, settings, finisher, reader, waiting }
    }

    /// Works until asked to stop.
    pub fn run(self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let ready = !matches!(self.recognition.health(), Health::Unavailable(_));
            match self.waiting.oldest() {
                Some(call) if ready && self.work(call) => self.waiting.remove(call),
                _ => pause(REST, stop),
            }
        }
    }

    /// Hears one call again. `true`: nothing more is to be done for it.
    fn work(&self, call: CallId) -> bool {
        let heard = self.read(call).map(|read| {
            read.map(|(record, tracks)| {
                let borrowed: Vec<_> = tracks
                    .iter()
                    .map(|(side, samples)| (*side, Samples::ZERO, samples.as_slice()))
                    .collect();
                (record, transcribe_audio(&self.recognition, &borrowed, self.settings))
            })
        });
        match heard {
            // Erased meanwhile, or its words came another way.
            Ok(None) => true,
            Ok(Some((_, Ok(transcript)))) if transcript.state == SpeechState::Pending => false,
            Ok(Some((record, Ok(transcript)))) => {
                self.finisher.finish(record, transcript.utterances, transcript.state)
            }
            Ok(Some((_, Err(error)))) => {
                tracing::warn!(%call, %error, "a call's words are not made yet");
                false
            }
            Err(error) => {
                tracing::error!(%call, %error, "a call's words cannot be made from its audio; the next start tries again");
                true
            }
        }
    }

    #[allow(clippy::type_complexity)]
    fn read(&self, call: CallId) -> Result<Option<(Record, Vec<(Side, Vec<i16>)>)>, ReadError> {
        let record = match self.reader.call(call)? {
            Some(Standing::Closed(record)) if record.speech == SpeechState::Pending => *record,
            _ => return Ok(None),
        };
        let tracks = self.reader.audio(call)?.into_iter().map(|sound| {
            let mut samples = vec![0; sound.octets.len()];
            dsp::g711::decode(sound.codec, &sound.octets, &mut samples);
            (sound.side, samples)
        });
        Ok(Some((record, tracks.collect())))
    }
}

/// Sleeps, but not past a stop.
fn pause(span: Duration, stop: &AtomicBool) {
    let slice = Duration::from_millis(100);
    let mut left = span;
    while !left.is_zero() && !stop.load(Ordering::Relaxed) {
        std::thread::sleep(slice.min(left));
        left = left.saturating_sub(slice);
    }
}

//! What all calls share, and calls of the past.

use crate::recognizer::{Health, Recognizer};
use crate::transcriber::{CallSettings, SpeechEvent, Transcriber};
use crate::vad::{VadError, VadModel};
use crate::worker::WorkerConfig;
use call::{Language, Samples, Side, SpeechState, Utterance};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How much of a past call is heard at once before its words are waited for.
const STEP: usize = 8_000;
/// How many utterances of a past call may wait in the queue.
const AHEAD: usize = 8;

/// Where the models are, and the worker.
#[derive(Clone, Debug)]
pub struct Config {
    /// The voice activity model's file (`silero-vad-8k.onnx`).
    pub vad: PathBuf,
    /// What its SHA-256 must be, where it is known.
    pub vad_sha256: Option<[u8; 32]>,
    /// The worker and the speech model.
    pub worker: WorkerConfig,
}

/// What all calls share: cheap to clone.
#[derive(Clone, Debug)]
pub struct Recognition {
    config: Arc<Config>,
    vad: Arc<Mutex<Option<VadModel>>>,
    recognizer: Recognizer,
}

impl Recognition {
    /// Starts the recogniser's thread; models may be missing and are looked for again with each
    /// call.
    pub fn open(config: Config) -> std::io::Result<Recognition> {
        let recognizer = Recognizer::with_worker(config.worker.clone())?;
        Ok(Self::with_recognizer(config, recognizer))
    }

    /// The same over a recogniser that is there already: for tests, or for another engine.
    pub fn with_recognizer(config: Config, recognizer: Recognizer) -> Recognition {
        Recognition { config: Arc::new(config), vad: Arc::default(), recognizer }
    }

    /// Ears for a call. Never fails: without a voice activity model they hear nothing, and the call
    /// ends pending.
    pub fn transcriber(&self, settings: CallSettings) -> Transcriber {
        let vad = self.vad().ok();
        match Transcriber::new(self.recognizer.clone(), vad.as_ref(), settings) {
            Ok(transcriber) => transcriber,
            Err(error) => {
                tracing::error!(%error, "voice activity detection is off for this call");
                Transcriber::deaf(self.recognizer.clone(), settings)
            }
        }
    }

    /// The voice activity model: loaded once, looked for again while it is missing.
    pub fn vad(&self) -> Result<VadModel, VadError> {
        let mut held = self.vad.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = &*held {
            return Ok(model.clone());
        }
        let model = VadModel::load(&self.config.vad, self.config.vad_sha256)?;
        *held = Some(model.clone());
        Ok(model)
    }

    /// Whether calls are understood: the first of both models that is not there says why.
    pub fn health(&self) -> Health {
        match self.vad() {
            Err(error) => Health::Unavailable(error.to_string()),
            Ok(_) => self.recognizer.health(),
        }
    }

    /// The recogniser: its queue and its counts.
    pub fn recognizer(&self) -> &Recognizer {
        &self.recognizer
    }

    /// Ends the recogniser and its worker.
    pub fn shut_down(&self) {
        self.recognizer.shut_down();
    }
}

/// What a past call said.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    /// In order of their start.
    pub utterances: Vec<Utterance>,
    /// How far it got.
    pub state: SpeechState,
    /// The language it settled on.
    pub language: Option<Language>,
}

/// Why there is no transcript.
#[derive(Debug, thiserror::Error)]
pub enum TranscribeError {
    /// No voice activity.
    #[error(transparent)]
    Vad(#[from] VadError),
    /// The recogniser went silent.
    #[error("the recogniser gave no answer for ten minutes")]
    Silent,
}

/// Transcribes audio that is there as a whole: a file, or a past call out of the journal. Each track
/// is one stretch of a side's audio and the instant of its first sample; linear 16-bit samples at
/// 8 kHz. Waits for the recogniser, so not for an async task.
pub fn transcribe_audio(
    recognition: &Recognition,
    tracks: &[(Side, Samples, &[i16])],
    settings: CallSettings,
) -> Result<Transcript, TranscribeError> {
    let vad = recognition.vad()?;
    let settings = CallSettings { partials: false, ..settings };
    let mut ears = Transcriber::new(recognition.recognizer.clone(), Some(&vad), settings)?;
    let mut steps: Vec<(Samples, Side, &[i16])> = tracks
        .iter()
        .flat_map(|&(side, start, audio)| {
            let steps = audio.chunks(STEP).enumerate();
            steps.map(move |(n, step)| (start + Samples((n * STEP) as u64), side, step))
        })
        .collect();
    steps.sort_by_key(|&(at, side, _)| (at, side));
    let mut transcript =
        Transcript { utterances: Vec::new(), state: SpeechState::Pending, language: None };
    for (at, side, step) in steps {
        ears.push(side, at, step)?;
        while ears.waiting() > AHEAD {
            let event = ears.wait(Duration::from_secs(600)).ok_or(TranscribeError::Silent)?;
            transcript.note(event);
        }
    }
    ears.finish()?;
    loop {
        match ears.wait(Duration::from_secs(600)).ok_or(TranscribeError::Silent)? {
            SpeechEvent::Finished(state) => {
                transcript.state = state;
                transcript.language = ears.language();
                transcript.utterances.sort_by_key(|utterance| utterance.start);
                return Ok(transcript);
            }
            event => transcript.note(event),
        }
    }
}

impl Transcript {
    fn note(&mut self, event: SpeechEvent) {
        if let SpeechEvent::Final { utterance, .. } = event {
            self.utterances.push(utterance);
        }
    }
}

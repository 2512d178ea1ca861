//! From the audio of running calls to their finished records.
//!
//! One thread holds the ears of every call ([`speech::Transcriber`]): it is given audio as the lines
//! hear it, tells words as they come, and after the release, when the last words are there, has the
//! conversation understood and writes the record's next revision.

use super::finishing::Finisher;
use call::{CallId, Record, Samples, Side, SpeechState, Utterance};
use journal::CallWriter;
use speech::{CallSettings, Recognition, SpeechEvent, Transcriber};
use status::{Live, Words};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// How often words are looked for while nothing is heard.
const TICK: Duration = Duration::from_millis(20);

/// What the lines tell the ears.
pub enum Heard {
    /// A call was opened, and is written by this writer.
    Opened(CallId, Arc<CallWriter>),
    /// Both sides from `at` on, in step; linear 16-bit samples at 8 kHz.
    Audio { call: CallId, at: Samples, agent: Vec<i16>, customer: Vec<i16> },
    /// The call is over and closed in the journal with this record.
    Closed(Box<Record>),
}

/// The ears of all running calls.
pub struct Hearing {
    recognition: Recognition,
    settings: CallSettings,
    finisher: Finisher,
    live: Live,
    calls: BTreeMap<CallId, Listening>,
}

/// One call that is listened to.
struct Listening {
    ears: Transcriber,
    /// While the call runs.
    writer: Option<Arc<CallWriter>>,
    utterances: Vec<Utterance>,
    closed: Option<Box<Record>>,
}

impl Hearing {
    /// Ears that listen by `settings`.
    pub fn new(
        recognition: Recognition,
        settings: CallSettings,
        finisher: Finisher,
        live: Live,
    ) -> Self {
        Hearing { recognition, settings, finisher, live, calls: BTreeMap::new() }
    }

    /// Listens until the lines are gone and the last record is finished.
    pub fn run(mut self, lines: Receiver<Heard>) {
        let mut lines_gone = false;
        while !(lines_gone && self.calls.is_empty()) {
            match lines.recv_timeout(TICK) {
                Ok(heard) => {
                    self.take(heard);
                    // What has piled up comes first: words are late rather than audio lost.
                    lines.try_iter().for_each(|heard| self.take(heard));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    if lines_gone {
                        std::thread::sleep(TICK);
                    }
                    lines_gone = true;
                    // A call that was never closed has nobody to close it now.
                    self.calls.retain(|_, listening| listening.closed.is_some());
                }
            }
            self.tell();
        }
    }

    fn take(&mut self, heard: Heard) {
        match heard {
            Heard::Opened(call, writer) => {
                let ears = self.recognition.transcriber(self.settings);
                let listening =
                    Listening { ears, writer: Some(writer), utterances: Vec::new(), closed: None };
                self.calls.insert(call, listening);
            }
            Heard::Audio { call, at, agent, customer } => {
                let Some(listening) = self.calls.get_mut(&call) else { return };
                for (side, samples) in [(Side::Agent, &agent), (Side::Customer, &customer)] {
                    if let Err(error) = listening.ears.push(side, at, samples) {
                        tracing::error!(%call, %error, "a stretch of a call was not listened to");
                    }
                }
            }
            Heard::Closed(record) => {
                let Some(listening) = self.calls.get_mut(&record.call) else { return };
                if let Err(error) = listening.ears.finish() {
                    tracing::error!(call = %record.call, %error, "the end of a call was not listened to");
                }
                listening.writer = None;
                listening.closed = Some(record);
            }
        }
    }

    /// Passes on what the ears have understood, and finishes the calls whose last words are there.
    fn tell(&mut self) {
        let mut finished = Vec::new();
        for (call, listening) in &mut self.calls {
            while let Some(event) = listening.ears.poll() {
                match event {
                    SpeechEvent::Started { .. } | SpeechEvent::Dropped { .. } => {}
                    SpeechEvent::Partial { side, start, text, .. } => {
                        let text = insight::masked(&text);
                        self.live.words(*call, Words { side, start, text, settled: false });
                    }
                    SpeechEvent::Final { utterance, .. } => {
                        let words = Words {
                            side: utterance.side,
                            start: utterance.start,
                            text: insight::masked(&utterance.text),
                            settled: true,
                        };
                        self.live.words(*call, words);
                        let written = listening
                            .writer
                            .as_ref()
                            .map_or(Ok(()), |writer| writer.utterance(utterance.clone()));
                        if let Err(error) = written {
                            tracing::error!(%call, %error, "an utterance was not written; it comes with the record");
                        }
                        listening.utterances.push(utterance);
                    }
                    SpeechEvent::Finished(state) => finished.push((*call, state)),
                }
            }
        }
        for (call, state) in finished {
            self.finish(call, state);
        }
    }

    fn finish(&mut self, call: CallId, state: SpeechState) {
        let Some(listening) = self.calls.remove(&call) else { return };
        if let Some(record) = listening.closed {
            self.finisher.finish(*record, listening.utterances, state);
        }
    }
}

//! What the switchboard hands over, on its way to the journal, the ears and the page.

use super::clock::Clock;
use super::hearing::Heard;
use super::lessons::Lessons;
use super::line_tests::LineTests;
use super::outbox::Bell;
use super::saying;
use crate::switchboard::{NotRecorded, Recorder, TestNews, line_name};
use alsa_pcm::{Monitor, Speaker};
use call::entry::{Audio, Event, Opened};
use call::{AudioTrack, Call, CallId, Codec, LegEvent, Number, Record, Samples, Side, Software};
use fxo::{Fxo, State};
use journal::{CallWriter, Journal, Ticket};
use status::{CallState, LineState, Live, RunningCall};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::task::Poll;

/// Closings that wait for the disk are looked at so often, in blocks: every second.
const RETRY_BLOCKS: u32 = 100;

/// The appliance's recorder.
pub struct Scribe {
    journal: Journal,
    software: Software,
    clock: Clock,
    live: Live,
    ears: Sender<Heard>,
    card: String,
    bell: Bell,
    line_tests: LineTests,
    lessons: Lessons,
    /// Plays what is said on the line that somebody listens to.
    monitor: Option<Monitor<Speaker>>,
    calls: BTreeMap<CallId, Written>,
    closing: Vec<Closing>,
    blocks: u32,
}

/// One running call, as far as it is written.
struct Written {
    line: String,
    writer: Arc<CallWriter>,
    start: Option<Samples>,
    samples: u64,
    missing: u64,
}

/// One call whose closing is on its way to the disk.
struct Closing {
    writer: Arc<CallWriter>,
    record: Box<Record>,
    ticket: Option<Ticket<u64>>,
}

impl Scribe {
    /// A recorder over an open journal. `card` is what the lines belong to, for people.
    #[expect(clippy::too_many_arguments, reason = "each is another room that hears of calls")]
    pub fn new(
        journal: Journal,
        software: Software,
        clock: Clock,
        live: Live,
        ears: Sender<Heard>,
        card: String,
        bell: Bell,
        line_tests: LineTests,
        lessons: Lessons,
    ) -> Self {
        Scribe {
            journal,
            software,
            clock,
            live,
            ears,
            card,
            bell,
            line_tests,
            lessons,
            monitor: None,
            calls: BTreeMap::new(),
            closing: Vec::new(),
            blocks: 0,
        }
    }

    /// With a loudspeaker for listening to a line.
    pub fn with_monitor(mut self, monitor: Option<Monitor<Speaker>>) -> Self {
        self.monitor = monitor;
        self
    }

    /// Looks after closings that wait for the disk. To be called once a block.
    pub fn tend(&mut self) {
        self.blocks = self.blocks.wrapping_add(1);
        let retry = self.blocks.is_multiple_of(RETRY_BLOCKS);
        for closing in std::mem::take(&mut self.closing) {
            if let Some(still) = self.tend_one(closing, retry) {
                self.closing.push(still);
            }
        }
    }

    /// Whether every closing is on disk.
    pub fn is_settled(&self) -> bool {
        self.closing.is_empty() && self.calls.is_empty()
    }

    fn tend_one(&self, mut closing: Closing, retry: bool) -> Option<Closing> {
        match closing.ticket.as_mut().map(Ticket::look) {
            Some(None) => return Some(closing),
            Some(Some(Ok(_))) => {
                self.bell.ring();
                if let Some(writer) = Arc::into_inner(closing.writer) {
                    writer.settled();
                }
                return None;
            }
            Some(Some(Err(error))) => {
                tracing::error!(call = %closing.record.call, %error, "a call is not closed on disk yet; it is tried again");
                closing.ticket = None;
            }
            None => {}
        }
        if retry {
            closing.ticket = Some(closing.writer.begin_close(&closing.record));
        }
        Some(closing)
    }
}

impl Recorder for Scribe {
    type Opening = (CallId, Option<Ticket<CallWriter>>, RunningCall);

    fn open(&mut self, opened: &Opened) -> Self::Opening {
        (opened.call, Some(self.journal.begin_call(opened)), RunningCall::new(opened))
    }

    fn poll_open(&mut self, opening: &mut Self::Opening) -> Poll<Result<(), NotRecorded>> {
        let (call, ticket, running) = opening;
        let Some(answer) = ticket.as_mut().and_then(Ticket::look) else { return Poll::Pending };
        *ticket = None;
        match answer {
            Ok(writer) => {
                let writer = Arc::new(writer);
                // The ears may be gone only while the appliance stops.
                let _ = self.ears.send(Heard::Opened(*call, Arc::clone(&writer)));
                self.live.call_opened(running.clone());
                let line = running.line.clone();
                let written = Written { line, writer, start: None, samples: 0, missing: 0 };
                self.calls.insert(*call, written);
                Poll::Ready(Ok(()))
            }
            Err(error) => {
                tracing::error!(%call, %error, "a call was refused: it could not be recorded");
                self.live.warn(self.clock.now(), saying::call_refused(&error));
                Poll::Ready(Err(NotRecorded))
            }
        }
    }

    fn audio(&mut self, call: CallId, at: Samples, agent: &[i16], customer: &[i16]) {
        let Some(written) = self.calls.get_mut(&call) else { return };
        written.start.get_or_insert(at);
        let mut lost = false;
        for (side, samples) in [(Side::Agent, agent), (Side::Customer, customer)] {
            let mut payload = vec![0; samples.len()];
            dsp::g711::encode(Codec::ALaw, samples, &mut payload);
            let audio = Audio { side, at, codec: Codec::ALaw, payload };
            // The journal counts what it refuses, and the page shows it.
            lost |= written.writer.audio(audio).is_err();
        }
        if lost {
            written.missing += customer.len() as u64;
        } else {
            written.samples += customer.len() as u64;
        }
        if let Some(monitor) = &mut self.monitor {
            monitor.take(&written.line, agent, customer);
        }
        let (agent, customer) = (agent.to_vec(), customer.to_vec());
        let _ = self.ears.send(Heard::Audio { call, at, agent, customer });
    }

    fn event(&mut self, call: &Call, event: Event) {
        let id = call.opened().call;
        let at = call.opened().at.after(event.at);
        match &event.event {
            LegEvent::Ringback => {
                self.live.call_changed(id, |running| running.state = CallState::Ringing);
            }
            LegEvent::Answered(_) => self.live.call_answered(id, at),
            LegEvent::CallerId(_) | LegEvent::Digit(_) => {
                let customer = call.customer().map(Number::masked).unwrap_or_default();
                self.live.call_changed(id, |running| running.customer = customer);
            }
            LegEvent::Released(_) => self.live.call_released(id, at),
            _ => {}
        }
        let Some(written) = self.calls.get(&id) else { return };
        if let Err(error) = written.writer.event(event) {
            tracing::error!(call = %id, %error, "an event of a call was not written");
        }
    }

    fn close(&mut self, call: Call, end: Samples) {
        let id = call.opened().call;
        let Some(written) = self.calls.remove(&id) else { return };
        let track = |side| AudioTrack {
            side,
            codec: Codec::ALaw,
            start: written.start.unwrap_or_default(),
            samples: written.samples,
            missing: written.missing,
        };
        let tracks = match written.start {
            Some(_) => vec![track(Side::Agent), track(Side::Customer)],
            None => Vec::new(),
        };
        let record =
            Record::at_release(call.cdr(end), call.opened(), tracks, self.software.clone());
        tracing::info!(call = %id, line = %record.cdr.line, cause = ?record.cdr.cause, seconds = end.ms() / 1000, "call over");
        let record = Box::new(record);
        let ticket = Some(written.writer.begin_close(&record));
        let _ = self.ears.send(Heard::Closed(record.clone()));
        self.closing.push(Closing { writer: written.writer, record, ticket });
    }

    fn line(&mut self, index: usize, state: State, call: Option<CallId>, fxo: &Fxo) {
        self.lessons.note(index, fxo.facts());
        let counters = fxo.counters();
        let (state, fault) = match state {
            State::Idle => (LineState::Idle, None),
            State::Ringing => (LineState::Ringing, None),
            State::Seizing | State::AwaitingDialTone => (LineState::Seized, None),
            State::Dialling => (LineState::Dialling, None),
            State::Alerting => (LineState::Alerting, None),
            State::Talking => (LineState::Talking, None),
            State::Testing { .. } => (LineState::Testing, None),
            State::Guard | State::Releasing => (LineState::Guard, None),
            State::Fault(fault) => (LineState::Faulty, Some(saying::line_fault(fault))),
        };
        self.live.line(status::Line {
            name: line_name(index),
            card: format!("{}, {}", self.card, index + 1),
            state,
            since: self.clock.now(),
            call,
            fault,
            counters: status::Counters {
                placed: counters.seizures,
                received: counters.incoming,
                answered: counters.answered,
                faults: counters.faults,
            },
            test: self.line_tests.of(index),
        });
    }

    fn test(&mut self, index: usize, news: TestNews) {
        self.line_tests.tell(index, news);
    }
}

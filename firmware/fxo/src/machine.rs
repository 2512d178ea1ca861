//! The machine: one block in, one step out.
//!
//! Here are its face, its phases and its hook switch; what the call asks is in [`asked`], what the
//! wire does in [`happened`], what time and sound do in [`heard`], line tests in [`tested`].

mod asked;
mod happened;
mod heard;
mod tested;

use crate::digits::Sender;
use crate::line_test::{LineTest, Report};
use crate::supervision::{Alerting, Talking};
use crate::wire::{Debounce, Wire};
use crate::{Counters, Facts, Fault, Refused, SettingError, Settings, State};
use call::{AnswerSign, CallerId, Cause, LegEvent, LegRequest, Samples};
use dsp::caller_id::CallerIdReceiver;
use dsp::dtmf::DtmfDetector;
use dsp::echo::EchoCanceller;
use dsp::learn::ToneLearner;
use dsp::progress::ProgressDetector;
use line::{BLOCK, Block, Hook, Impedance, LineError, LineEvent, LoopState};
use zeroize::Zeroizing;

/// Something that the call must know, and when it happened on the line's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, on the clock of [`Fxo::now`]; never earlier than the event before it.
    pub at: Samples,
    /// What.
    pub what: LegEvent,
}

/// What the shell has to do with the hook switch before the next block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Open or close the loop.
    Hook(Hook),
    /// Open the loop for some milliseconds and close it again.
    Flash(u16),
}

/// What one block came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The next block to send.
    pub to_line: Block,
    /// What the customer's side said, without the agent's echo; silence until the last digit is
    /// out, and while on hook.
    pub customer: Block,
    /// What to do with the hook switch, if anything.
    pub switch: Option<Switch>,
    /// The impedance to present from now on, if it is to change: line tests only.
    pub impedance: Option<Impedance>,
    /// What the call must know, in order.
    pub events: Vec<Event>,
}

/// Silence.
const SILENCE: Block = [0; BLOCK];
/// After the loop was opened or closed by us, what the wire shows is our own doing for so long.
const SETTLING: Samples = Samples::from_ms(300);

/// One loop-start line.
pub struct Fxo {
    settings: Settings,
    counters: Counters,
    phase: Phase,
    now: Samples,
    /// When the loop was opened last; `None` before the first time.
    released: Option<Samples>,
    wire: Wire,
    caller_id: CallerIdReceiver,
    /// A caller's identity that came before the first ring, and when.
    announced: Option<(Samples, CallerId)>,
    progress: ProgressDetector,
    /// The progress detector's sample zero.
    progress_from: Samples,
    dtmf: DtmfDetector,
    learner: ToneLearner,
    facts: Facts,
    loop_state: LoopState,
    report: Option<Report>,
    echo: EchoCanceller,
    last_sent: Block,
    last_event: Samples,
    events: Vec<Event>,
    switch: Option<Switch>,
    impedance: Option<Impedance>,
}

/// Where the line stands, with what is needed there.
enum Phase {
    Idle,
    Ringing(Ringing),
    /// The guard time's end is awaited.
    Seizing(Sender),
    AwaitingDialTone {
        sender: Sender,
        since: Samples,
    },
    Dialling(Sender),
    Alerting(Alerting),
    Talking(Talking, Option<Sender>),
    Testing(Box<LineTest>),
    Fault(Fault),
}

#[derive(Clone, Debug)]
struct Ringing {
    /// The end of the last ring; `None` during one.
    last: Option<Samples>,
    /// The call knows of it, and has not turned it down.
    told: bool,
    caller: Option<CallerId>,
}

impl Fxo {
    /// A line on hook, on the first sample of its clock.
    pub fn new(settings: Settings) -> Result<Fxo, SettingError> {
        settings.check()?;
        let debounce = Debounce {
            ring: Samples::from_ms(u64::from(settings.ring_debounce_ms)),
            polarity: Samples::from_ms(u64::from(settings.polarity_debounce_ms)),
        };
        Ok(Fxo {
            counters: Counters::default(),
            phase: Phase::Idle,
            now: Samples::ZERO,
            released: None,
            wire: Wire::new(debounce),
            caller_id: CallerIdReceiver::new(),
            announced: None,
            progress: ProgressDetector::new(settings.country),
            progress_from: Samples::ZERO,
            dtmf: DtmfDetector::new(),
            learner: ToneLearner::new(),
            facts: Facts::default(),
            loop_state: LoopState::default(),
            report: None,
            echo: EchoCanceller::new(settings.echo_tail_ms),
            last_sent: SILENCE,
            last_event: Samples::ZERO,
            events: Vec::new(),
            switch: None,
            impedance: None,
            settings,
        })
    }

    /// Takes one block and gives one. `from_line` was received while the last step's `to_line` was
    /// sent; `line_events` are the wire's since the last block; `from_agent` is what the agent says
    /// now.
    pub fn block(
        &mut self,
        from_line: &Block,
        line_events: impl IntoIterator<Item = LineEvent>,
        from_agent: &Block,
    ) -> Step {
        let start = self.now;
        self.now += Samples(BLOCK as u64);
        let mut news = Vec::new();
        for event in line_events {
            self.wire.take(event, start, self.now, &mut |what| news.push(what));
        }
        self.wire.pass(self.now, &mut |what| news.push(what));
        for what in news {
            self.hear_wire(what);
        }
        self.watch_battery();
        if !self.state().off_hook() && !matches!(self.phase, Phase::Fault(Fault::Port(_))) {
            self.hear_caller_id(from_line);
        }
        let (to_line, customer) = self.advance(from_line, from_agent);
        self.last_sent = to_line;
        Step {
            to_line,
            customer,
            switch: self.switch.take(),
            impedance: self.impedance.take(),
            events: core::mem::take(&mut self.events),
        }
    }

    /// Takes what the call wants. What comes of it shows in the next steps' events; a request that
    /// is refused changes nothing.
    ///
    /// `Dial` is taken in [`State::Idle`] and [`State::Guard`]: it waits for the guard time's end.
    /// `Release` is always taken; while the line rings it turns the caller down, and the line goes
    /// on ringing by itself.
    pub fn request(&mut self, request: LegRequest) -> Result<(), Refused> {
        if let (Phase::Fault(fault), false) = (&self.phase, request == LegRequest::Release) {
            return Err(Refused::Fault(*fault));
        }
        match request {
            LegRequest::Dial(number) => self.dial(&number),
            LegRequest::Answer => self.answer(),
            LegRequest::SendDigits(digits) => self.send(Zeroizing::new(digits)),
            LegRequest::Flash => self.flash(),
            LegRequest::Release => {
                self.end(self.now, Cause::AgentReleased);
                Ok(())
            }
        }
    }

    /// Takes what the port said to the last exchange or hook command: an error puts the line out of
    /// order, and the first success puts it back. That a port cannot do what it was asked is none.
    pub fn port(&mut self, result: Result<(), LineError>) {
        match (result, &self.phase) {
            (Err(LineError::Unsupported), _) => {}
            (Err(error), Phase::Fault(Fault::Port(_))) => {
                self.phase = Phase::Fault(Fault::Port(error));
            }
            (Err(error), _) => {
                self.end(self.now, Cause::LineFault);
                self.counters.faults += 1;
                self.phase = Phase::Fault(Fault::Port(error));
            }
            (Ok(()), Phase::Fault(Fault::Port(_))) => {
                self.phase = Phase::Idle;
                self.hang_up();
            }
            (Ok(()), _) => {}
        }
    }

    /// Where the line stands.
    pub fn state(&self) -> State {
        match &self.phase {
            Phase::Idle if self.on_hook_for() < SETTLING => State::Releasing,
            Phase::Idle if self.on_hook_for() < self.guard() => State::Guard,
            Phase::Idle => State::Idle,
            Phase::Ringing(_) => State::Ringing,
            Phase::Seizing(_) => State::Seizing,
            Phase::AwaitingDialTone { .. } => State::AwaitingDialTone,
            Phase::Dialling(_) => State::Dialling,
            Phase::Alerting(_) => State::Alerting,
            Phase::Talking(..) => State::Talking,
            Phase::Testing(test) => State::Testing { off_hook: test.off_hook() },
            Phase::Fault(fault) => State::Fault(*fault),
        }
    }

    /// Samples taken so far: the line's clock.
    pub fn now(&self) -> Samples {
        self.now
    }

    /// What the line has seen so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// What was set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How the echo canceller is doing.
    pub fn echo(&self) -> dsp::echo::EchoState {
        self.echo.state()
    }
}

/// The hook switch.
impl Fxo {
    fn close_loop(&mut self) {
        self.switch = Some(Switch::Hook(Hook::Off));
        self.wire.settle_polarity();
        self.wire.blank(self.now + SETTLING);
        self.progress = ProgressDetector::new(self.settings.country);
        self.progress_from = self.now;
        self.announced = None;
        self.learner.begin();
    }

    fn hang_up(&mut self) {
        self.switch = Some(Switch::Hook(Hook::On));
        self.wire.blank(self.now + SETTLING);
        self.released = Some(self.now);
        self.caller_id = CallerIdReceiver::new();
    }

    /// How long the loop has been open.
    fn on_hook_for(&self) -> Samples {
        self.released.map_or(Samples(u64::MAX), |at| self.now.since(at))
    }

    fn guard(&self) -> Samples {
        Samples::from_ms(u64::from(self.settings.guard_ms))
    }

    fn open_briefly(&mut self, ms: u16) {
        self.switch = Some(Switch::Flash(ms));
        self.wire.blank(self.now + Samples::from_ms(u64::from(ms)) + SETTLING);
    }

    /// The call is answered, by them or by us.
    fn stand(&mut self, at: Samples, sign: AnswerSign) {
        self.counters.answered += 1;
        self.dtmf = DtmfDetector::new();
        self.phase = Phase::Talking(Talking::new(at, sign), None);
        self.tell(at, LegEvent::Answered(sign));
    }

    /// The call is over, if there is one.
    fn end(&mut self, at: Samples, cause: Cause) {
        match &mut self.phase {
            Phase::Idle | Phase::Fault(_) => return,
            Phase::Testing(_) => return self.abort_test(cause),
            Phase::Ringing(ringing) => {
                if core::mem::replace(&mut ringing.told, false) {
                    self.tell(at, LegEvent::Released(cause));
                }
                return;
            }
            Phase::Seizing(_) => {}
            _ => self.hang_up(),
        }
        self.phase = Phase::Idle;
        self.tell(at, LegEvent::Released(cause));
    }

    fn tell(&mut self, at: Samples, what: LegEvent) {
        self.last_event = at.max(self.last_event);
        self.events.push(Event { at: self.last_event, what });
    }
}

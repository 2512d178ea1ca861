//! The machine: one block in, one step out.

use crate::{Counters, Fault, Refused, SettingError, Settings, State};
use call::{LegEvent, LegRequest, Samples};
use line::{BLOCK, Block, Hook, LineError, LineEvent};

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
    /// What the customer's side said, without the agent's echo; silence while on hook.
    pub customer: Block,
    /// What to do with the hook switch, if anything.
    pub switch: Option<Switch>,
    /// What the call must know, in order.
    pub events: Vec<Event>,
}

/// One loop-start line.
pub struct Fxo {
    settings: Settings,
    counters: Counters,
    state: State,
    now: Samples,
}

impl Fxo {
    /// A line on hook, on the first sample of its clock.
    pub fn new(settings: Settings) -> Result<Fxo, SettingError> {
        settings.check()?;
        Ok(Fxo { settings, counters: Counters::default(), state: State::Idle, now: Samples::ZERO })
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
        self.now += Samples(BLOCK as u64);
        let _ = (from_line, line_events.into_iter().count(), from_agent);
        Step { to_line: [0; BLOCK], customer: [0; BLOCK], switch: None, events: Vec::new() }
    }

    /// Takes what the call wants. What comes of it shows in the next steps' events; a request that
    /// is refused changes nothing.
    ///
    /// `Dial` is taken in [`State::Idle`] and [`State::Guard`]: it waits for the guard time's end.
    pub fn request(&mut self, request: LegRequest) -> Result<(), Refused> {
        match request {
            LegRequest::Dial(_) => Err(Refused::Taken),
            LegRequest::Answer => Err(Refused::NotRinging),
            LegRequest::SendDigits(_) | LegRequest::Flash => Err(Refused::NotTalking),
            LegRequest::Release => Ok(()),
        }
    }

    /// Takes what the port said to the last exchange or hook command: an error puts the line out of
    /// order from the next block on, and the first success puts it back.
    pub fn port(&mut self, result: Result<(), LineError>) {
        match (result, self.state) {
            (Err(error), _) => self.state = State::Fault(Fault::Port(error)),
            (Ok(()), State::Fault(Fault::Port(_))) => self.state = State::Idle,
            (Ok(()), _) => {}
        }
    }

    /// Where the line stands.
    pub fn state(&self) -> State {
        self.state
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
}

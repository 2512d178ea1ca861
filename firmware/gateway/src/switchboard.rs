//! Lines and stations joined to calls, one block of 10 ms at a time.
//!
//! The switchboard owns the card's ports, a line machine for each, and the stations. In every block
//! it moves audio both ways, lets the line machines and the calls' machines act on what they hear,
//! and hands what is to be kept to a [`Recorder`]. It has no clock (wall time comes in), does no I/O
//! of its own and never waits for the recorder.
//!
//! Promises:
//! * No line is seized and no station rung before the recorder has said that the call's opening is
//!   on disk; where it says no, the station is told at once.
//! * What either side said from the opening to the release reaches the recorder, once, in order.
//! * A port that fails ends its own call and no other.
//! * A line is tested only while it is free, and a call that comes in meanwhile is taken. Who asks
//!   for a test has written down who wanted it before; a test itself is no call, and the recorder
//!   hears how it went.

mod testing;

use call::entry::{Event, Opened};
use call::{
    Action, Call, CallId, Cause, DeviceId, Direction, LegEvent, LegRequest, Number, Samples,
    Station, StationNews, StationRequest, WallTime,
};
use fxo::line_test::{Part, Report};
use fxo::{Fxo, Refused, Settings, State, Switch};
use line::{BLOCK, Block, LineCard, LineError};
use std::collections::VecDeque;
use std::task::Poll;

/// Blocks handed to the recorder at once: 100 ms.
const CHUNK: usize = 10 * BLOCK;
/// Requests that one station may make in one block.
const REQUESTS_A_BLOCK: usize = 8;

/// Where calls are written down and listened to.
pub trait Recorder {
    /// The opening of one call on its way to the disk.
    type Opening;

    /// Begins to write a call's opening.
    fn open(&mut self, opened: &Opened) -> Self::Opening;
    /// Whether the opening is on disk by now. Refused: the call may not be taken.
    fn poll_open(&mut self, opening: &mut Self::Opening) -> Poll<Result<(), NotRecorded>>;
    /// 100 ms or less of both sides, in step, beginning at `at`.
    fn audio(&mut self, call: CallId, at: Samples, agent: &[i16], customer: &[i16]);
    /// Something that a leg told.
    fn event(&mut self, call: &Call, event: Event);
    /// The call is over, at `end`.
    fn close(&mut self, call: Call, end: Samples);
    /// What a line is doing has changed.
    fn line(&mut self, index: usize, state: State, call: Option<CallId>, fxo: &Fxo);
    /// How a line's test goes.
    fn test(&mut self, index: usize, news: TestNews);
}

/// How a line's test goes.
#[derive(Clone, Debug, PartialEq)]
pub enum TestNews {
    /// It has begun, or begins its next part.
    At(Part),
    /// It is over.
    Over(Report),
    /// The line was not free in time.
    NotBegun(Refused),
}

/// The recorder cannot take a call: its opening could not be put on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotRecorded;

/// Lines, stations and the calls between them.
pub struct Switchboard<R: Recorder> {
    device: DeviceId,
    card: Box<dyn LineCard>,
    trunks: Vec<Trunk<R>>,
    desks: Vec<Desk>,
    recorder: R,
    random: Box<dyn FnMut() -> u128 + Send>,
}

/// One line.
struct Trunk<R: Recorder> {
    name: String,
    fxo: Fxo,
    to_line: Block,
    from_line: Block,
    use_: Use<R>,
    shown: Option<(State, Option<CallId>)>,
    events: VecDeque<fxo::Event>,
    /// Since when a test waits for the line to be free.
    test_due: Option<Samples>,
}

/// What a line is used for.
enum Use<R: Recorder> {
    Free,
    Opening(Box<Opening<R>>),
    Call(Box<Running>),
    /// A test that runs, and what it was at when that was told last.
    Test(Option<Part>),
}

/// A call whose opening is on its way to the disk.
struct Opening<R: Recorder> {
    opened: Opened,
    ticket: R::Opening,
    origin: Samples,
    desk: Option<usize>,
    /// What the station asked for meanwhile.
    asked: Vec<StationRequest>,
}

/// A call on a line.
struct Running {
    call: Call,
    origin: Samples,
    desk: Option<usize>,
    agent: Vec<i16>,
    customer: Vec<i16>,
    chunk_at: Samples,
}

/// One station.
struct Desk {
    station: Box<dyn Station>,
    trunk: Option<usize>,
    heard: Block,
    spoken: Block,
}

impl<R: Recorder> Switchboard<R> {
    /// A switchboard over a card and stations. `random` gives call identities their randomness.
    pub fn new(
        device: DeviceId,
        card: Box<dyn LineCard>,
        stations: Vec<Box<dyn Station>>,
        settings: &Settings,
        recorder: R,
        random: Box<dyn FnMut() -> u128 + Send>,
    ) -> Result<Self, fxo::SettingError> {
        let trunk = |index: usize| {
            Ok(Trunk {
                name: line_name(index),
                fxo: Fxo::new(settings.clone())?,
                to_line: [0; BLOCK],
                from_line: [0; BLOCK],
                use_: Use::Free,
                shown: None,
                events: VecDeque::new(),
                test_due: None,
            })
        };
        let trunks = (0..card.ports()).map(trunk).collect::<Result<_, _>>()?;
        let desk = |station| Desk { station, trunk: None, heard: [0; BLOCK], spoken: [0; BLOCK] };
        let desks = stations.into_iter().map(desk).collect();
        Ok(Switchboard { device, card, trunks, desks, recorder, random })
    }

    /// Returns when the next block is due.
    pub fn wait(&mut self) -> Result<(), LineError> {
        self.card.wait()
    }

    /// The recorder, for what a test or the shell wants of it.
    pub fn recorder(&mut self) -> &mut R {
        &mut self.recorder
    }

    /// Moves one block on every line and at every station.
    pub fn block(&mut self, now: WallTime) {
        for index in 0..self.desks.len() {
            self.serve_desk(index, now);
        }
        for index in 0..self.trunks.len() {
            self.serve_line(index);
            self.serve_opening(index);
            self.serve_test(index);
            self.serve_call(index, now);
            self.show(index);
        }
    }

    /// Ends every call, with a cause: before the appliance stops.
    pub fn release_all(&mut self, cause: Cause) {
        for index in 0..self.trunks.len() {
            let trunk = &mut self.trunks[index];
            match &mut trunk.use_ {
                Use::Call(running) => {
                    let at = trunk.fxo.now() - running.origin;
                    let actions = running.call.release(at, cause);
                    self.act(index, actions);
                }
                Use::Test(_) => self.stop_test(index),
                Use::Free | Use::Opening(_) => {}
            }
        }
    }

    fn serve_desk(&mut self, index: usize, now: WallTime) {
        let desk = &mut self.desks[index];
        desk.station.exchange(&desk.heard, &mut desk.spoken);
        desk.heard = [0; BLOCK];
        for _ in 0..REQUESTS_A_BLOCK {
            let Some(request) = self.desks[index].station.next_request() else { break };
            match (self.desks[index].trunk, request) {
                (None, StationRequest::Dial(number)) => self.dial(index, number, now),
                (None, _) => {}
                (Some(trunk), request) => self.ask(trunk, request),
            }
        }
    }

    /// A station wants to place a call: takes a free line and has the opening written.
    fn dial(&mut self, desk: usize, number: Number, now: WallTime) {
        // From the station's own position on, so that lines wear evenly and stay recognisable.
        let count = self.trunks.len();
        let free = (0..count).map(|step| (desk + step) % count).find(|&index| {
            let trunk = &self.trunks[index];
            trunk.test_due.is_none()
                && matches!(trunk.use_, Use::Free)
                && matches!(trunk.fxo.state(), State::Idle)
        });
        let Some(index) = free else {
            self.desks[desk].station.tell(StationNews::Released(Cause::Refused));
            return;
        };
        let mut opened = self.opened(index, Direction::Outbound, now);
        opened.station = self.desks[desk].station.name().to_owned();
        opened.customer = Some(number);
        self.desks[desk].trunk = Some(index);
        let origin = self.trunks[index].fxo.now();
        self.open(index, opened, Some(desk), origin);
    }

    fn opened(&mut self, index: usize, direction: Direction, now: WallTime) -> Opened {
        Opened {
            call: CallId::new(now.unix_ms, (self.random)()),
            device: self.device,
            at: now,
            direction,
            line: self.trunks[index].name.clone(),
            station: String::new(),
            customer: None,
        }
    }

    fn open(&mut self, index: usize, opened: Opened, desk: Option<usize>, origin: Samples) {
        let ticket = self.recorder.open(&opened);
        let opening = Opening { opened, ticket, origin, desk, asked: Vec::new() };
        self.trunks[index].use_ = Use::Opening(Box::new(opening));
    }

    /// A station asks for something in the call that stands on a line.
    fn ask(&mut self, index: usize, request: StationRequest) {
        let trunk = &mut self.trunks[index];
        match &mut trunk.use_ {
            Use::Call(running) => {
                let at = trunk.fxo.now() - running.origin;
                let actions = running.call.station(at, request);
                self.act(index, actions);
            }
            Use::Opening(opening) if opening.asked.len() < REQUESTS_A_BLOCK => {
                opening.asked.push(request);
            }
            _ => {}
        }
    }

    /// One block through the port and the line machine.
    fn serve_line(&mut self, index: usize) {
        let trunk = &mut self.trunks[index];
        let Some(port) = self.card.port(index) else { return };
        let moved = port.exchange(&trunk.to_line, &mut trunk.from_line);
        if moved.is_err() {
            trunk.from_line = [0; BLOCK];
        }
        trunk.fxo.port(moved);
        let desk = match &trunk.use_ {
            Use::Call(running) => running.desk,
            _ => None,
        };
        let spoken = desk.map_or([0; BLOCK], |desk| self.desks[desk].spoken);
        if let Use::Test(_) = trunk.use_ {
            trunk.fxo.sense(port.loop_state());
        }
        let events = std::iter::from_fn(|| port.next_event());
        let step = trunk.fxo.block(&trunk.from_line, events, &spoken);
        let switched = match step.switch {
            Some(Switch::Hook(hook)) => port.set_hook(hook),
            Some(Switch::Flash(ms)) => port.flash(ms),
            None => Ok(()),
        };
        let presented = step.impedance.map_or(Ok(()), |impedance| port.set_impedance(impedance));
        for done in [switched, presented] {
            if done.is_err() {
                trunk.fxo.port(done);
            }
        }
        trunk.to_line = step.to_line;
        trunk.events.extend(step.events);
        if let Use::Call(running) = &mut trunk.use_ {
            running.agent.extend_from_slice(&spoken);
            running.customer.extend_from_slice(&step.customer);
            if let Some(desk) = running.desk {
                self.desks[desk].heard = step.customer;
            }
            if running.customer.len() >= CHUNK {
                running.flush(&mut self.recorder);
            }
        }
    }

    /// Asks whether a call's opening is on disk, and begins the call when it is.
    fn serve_opening(&mut self, index: usize) {
        let Use::Opening(opening) = &mut self.trunks[index].use_ else { return };
        let Poll::Ready(result) = self.recorder.poll_open(&mut opening.ticket) else { return };
        let Use::Opening(opening) = std::mem::replace(&mut self.trunks[index].use_, Use::Free)
        else {
            return;
        };
        let Opening { opened, origin, desk, asked, .. } = *opening;
        if result.is_err() {
            // Not recorded, so not taken: an outbound call is refused; an inbound one rings on
            // unheard, and its events are passed over.
            self.trunks[index].events.clear();
            if let Some(desk) = desk {
                self.desks[desk].trunk = None;
                self.desks[desk].station.tell(StationNews::Released(Cause::Refused));
            }
            return;
        }
        let (call, actions) = match (opened.direction, opened.customer.clone()) {
            (Direction::Outbound, Some(number)) => Call::outbound(opened, number),
            _ => Call::inbound(opened),
        };
        let chunk_at = self.trunks[index].fxo.now() - origin;
        let running = Running {
            call,
            origin,
            desk,
            agent: Vec::with_capacity(CHUNK),
            customer: Vec::with_capacity(CHUNK),
            chunk_at,
        };
        self.trunks[index].use_ = Use::Call(Box::new(running));
        self.act(index, actions);
        asked.into_iter().for_each(|request| self.ask(index, request));
    }

    /// Gives a line's events to its call; a ring without one opens one.
    fn serve_call(&mut self, index: usize, now: WallTime) {
        loop {
            let trunk = &mut self.trunks[index];
            // While an opening is on its way to the disk, events keep their order and their time.
            if matches!(trunk.use_, Use::Opening(_)) {
                return;
            }
            let Some(event) = trunk.events.pop_front() else { return };
            match &mut trunk.use_ {
                Use::Call(running) => {
                    let actions = running.call.line(event.at - running.origin, event.what);
                    self.act(index, actions);
                }
                Use::Free if event.what == LegEvent::Ringing => {
                    let at = event.at;
                    trunk.events.push_front(event);
                    self.open_inbound(index, at, now);
                    return;
                }
                // The tail of a call that has ended already.
                Use::Free | Use::Opening(_) | Use::Test(_) => {}
            }
        }
    }

    /// The exchange rings: has a call opened, for the first station that is free. The ring itself
    /// stays among the line's events, and is the call's first.
    fn open_inbound(&mut self, index: usize, at: Samples, now: WallTime) {
        let mut opened = self.opened(index, Direction::Inbound, now);
        let desk = self.desks.iter().position(|desk| desk.trunk.is_none());
        if let Some(desk) = desk {
            opened.station = self.desks[desk].station.name().to_owned();
            self.desks[desk].trunk = Some(index);
        }
        self.open(index, opened, desk, at);
    }

    fn act(&mut self, index: usize, actions: Vec<Action>) {
        for action in actions {
            let trunk = &mut self.trunks[index];
            let Use::Call(running) = &mut trunk.use_ else { return };
            match action {
                Action::Write(event) => self.recorder.event(&running.call, event),
                Action::Station(news) => {
                    if let Some(desk) = running.desk {
                        self.desks[desk].station.tell(news);
                    }
                }
                Action::Line(request) => {
                    let release = matches!(request, LegRequest::Release);
                    if trunk.fxo.request(request).is_err() && !release {
                        let at = trunk.fxo.now() - running.origin;
                        let actions = running.call.release(at, Cause::Refused);
                        self.act(index, actions);
                        return;
                    }
                }
                Action::Over => self.finish(index),
            }
        }
    }

    fn finish(&mut self, index: usize) {
        let trunk = &mut self.trunks[index];
        let Use::Call(mut running) = std::mem::replace(&mut trunk.use_, Use::Free) else { return };
        let end = trunk.fxo.now() - running.origin;
        if let Some(desk) = running.desk {
            self.desks[desk].trunk = None;
        }
        running.flush(&mut self.recorder);
        self.recorder.close(running.call, end);
    }

    fn show(&mut self, index: usize) {
        let trunk = &mut self.trunks[index];
        let call = match &trunk.use_ {
            Use::Free | Use::Test(_) => None,
            Use::Opening(opening) => Some(opening.opened.call),
            Use::Call(running) => Some(running.call.opened().call),
        };
        let shown = Some((trunk.fxo.state(), call));
        if trunk.shown != shown {
            trunk.shown = shown;
            self.recorder.line(index, trunk.fxo.state(), call, &trunk.fxo);
        }
    }
}

impl Running {
    fn flush<R: Recorder>(&mut self, recorder: &mut R) {
        if self.customer.is_empty() {
            return;
        }
        recorder.audio(self.call.opened().call, self.chunk_at, &self.agent, &self.customer);
        self.chunk_at += Samples(self.customer.len() as u64);
        self.agent.clear();
        self.customer.clear();
    }
}

/// What a line is called, counted from 1 as on a card's bracket.
pub fn line_name(index: usize) -> String {
    format!("line-{}", index + 1)
}

#[cfg(test)]
pub(crate) mod tests;

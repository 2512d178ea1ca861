//! An appliance that cannot err: it joins a station with a line and reads the office's own log
//! instead of listening.

use call::{CallerId, Cause, Number, Station, StationNews, StationRequest};
use dsp::caller_id::CallerIdReceiver;
use dsp::dtmf::{DtmfGenerator, DtmfSettings};
use exchange::{Deed, Exchange, Log};
use line::{BLOCK, Hook, LineCard, Signal};

pub(crate) struct Switch {
    pub(crate) exchange: Exchange,
    pub(crate) log: Log,
    stations: Vec<Box<dyn Station>>,
    ports: Vec<Port>,
}

struct Port {
    from_line: [i16; BLOCK],
    state: State,
    digits: DtmfGenerator,
    identity: CallerIdReceiver,
    caller: CallerId,
    /// Entries of the line's log already seen.
    seen: usize,
    news: Vec<StationNews>,
}

enum State {
    Idle,
    Ringing,
    /// Off hook; digits go out after so many blocks.
    DialTone(u32, Number),
    Placing,
    Talking,
    /// On hook; so many blocks of guard time.
    Guard(u32),
}

impl Switch {
    pub(crate) fn new(exchange: Exchange, stations: Vec<Box<dyn Station>>) -> Self {
        let port = |_| Port {
            from_line: [0; BLOCK],
            state: State::Idle,
            digits: DtmfGenerator::new(DtmfSettings::default()),
            identity: CallerIdReceiver::new(),
            caller: CallerId::default(),
            seen: 0,
            news: Vec::new(),
        };
        let ports = (0..exchange.ports()).map(port).collect();
        let log = exchange.log();
        Switch { exchange, log, stations, ports }
    }

    pub(crate) fn run(&mut self, ms: usize) {
        for _ in 0..ms / 10 {
            self.exchange.wait().unwrap();
            for line in 0..self.ports.len() {
                self.block(line);
            }
        }
    }

    fn block(&mut self, line: usize) {
        let port = &mut self.ports[line];
        let station = &mut self.stations[line];
        let wire = self.exchange.port(line).unwrap();
        let mut spoken = [0; BLOCK];
        let heard = if matches!(port.state, State::Talking) { port.from_line } else { [0; BLOCK] };
        station.exchange(&heard, &mut spoken);
        if let Some(request) = station.next_request() {
            match request {
                StationRequest::Dial(number) => {
                    assert!(matches!(port.state, State::Idle), "{line} dials in a call");
                    wire.set_hook(Hook::Off).unwrap();
                    port.state = State::DialTone(150, number);
                }
                StationRequest::Answer => wire.set_hook(Hook::Off).unwrap(),
                StationRequest::HangUp => {
                    port.news.push(StationNews::Released(Cause::AgentReleased));
                }
                _ => {}
            }
        }
        let mut to_line = [0; BLOCK];
        match &mut port.state {
            State::DialTone(0, number) => {
                port.digits.push(number.digits()).unwrap();
                port.state = State::Placing;
            }
            State::DialTone(left, _) => *left -= 1,
            State::Placing => drop(port.digits.fill(&mut to_line)),
            State::Talking => to_line = spoken,
            State::Guard(0) => port.state = State::Idle,
            State::Guard(left) => *left -= 1,
            State::Idle | State::Ringing => {}
        }
        wire.exchange(&to_line, &mut port.from_line).unwrap();
        while let Some(event) = wire.next_event() {
            if event.what == Signal::RingOn && matches!(port.state, State::Idle) {
                port.state = State::Ringing;
                port.news.push(StationNews::Ringing(port.caller.clone()));
            }
        }
        if matches!(port.state, State::Idle | State::Ringing) {
            port.identity.push(&port.from_line);
            while let Some(heard) = port.identity.next_message() {
                port.caller = heard.message.unwrap().into();
                if matches!(port.state, State::Ringing) {
                    port.news.push(StationNews::Ringing(port.caller.clone()));
                }
            }
        }
        let entries = self.log.of_line(line);
        for (_, deed) in &entries[port.seen..] {
            match deed {
                Deed::Answered | Deed::Taken => {
                    port.state = State::Talking;
                    port.news.push(StationNews::Connected);
                }
                Deed::FarEndReleased => {
                    port.news.push(StationNews::Released(Cause::CustomerReleased));
                }
                Deed::Progress(exchange::Progress::Busy) => {
                    if matches!(port.state, State::Placing) {
                        port.news.push(StationNews::Released(Cause::Busy));
                    }
                }
                Deed::Progress(exchange::Progress::Unobtainable) => {
                    port.news.push(StationNews::Released(Cause::Unobtainable));
                }
                Deed::Progress(exchange::Progress::Congestion) => {
                    port.news.push(StationNews::Released(Cause::Congestion));
                }
                Deed::Abandoned => {
                    port.news.push(StationNews::Released(Cause::RingAbandoned));
                }
                _ => {}
            }
        }
        port.seen = entries.len();
        for news in std::mem::take(&mut port.news) {
            if let StationNews::Released(_) = news {
                wire.set_hook(Hook::On).unwrap();
                port.state = State::Guard(60);
                port.caller = CallerId::default();
            }
            station.tell(news);
        }
    }
}

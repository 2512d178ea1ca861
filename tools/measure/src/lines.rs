//! Many lines in virtual time: what one block of 10 ms costs on all of them.

use crate::{Done, canceller, detectors, load, table};
use call::entry::Opened;
use call::{
    Action, Call, CallId, DeviceId, Direction, LegEvent, LegRequest, Number, Side, Station,
    StationRequest, WallTime,
};
use dsp::plan::Country;
use exchange::{
    Answer, Behaviour, Demonstration, Echo, EchoPath, Exchange, Hum, Line, Office, Pace, Party,
    Step, VoiceFolder, Wire,
};
use fxo::{Fxo, Settings, Switch};
use line::{BLOCK, Block, LineCard};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What `lines` takes.
#[derive(clap::Args)]
pub struct Arguments {
    /// Lines
    #[arg(long, default_value_t = 24)]
    lines: usize,
    /// Seconds of line time to measure
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

impl Default for Arguments {
    fn default() -> Self {
        Arguments { lines: 24, seconds: 60 }
    }
}

/// What all lines together may take of one core.
const LIMIT: f64 = 0.5;
/// Seizure, dialling and answer are over by then, in blocks.
const UNTIL_TALKING: usize = 2_000;

/// The spoken calls of the repository.
pub fn voices() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/voices")
}

/// All lines at once, then each detector.
pub fn main(arguments: &Arguments) -> Done {
    let folder = VoiceFolder::read(&voices())?;
    talking(arguments, &folder)?;
    working(arguments, &folder)?;
    detectors::main(&folder)?;
    canceller::main(&folder)
}

/// Processor time of one part of each block.
#[derive(Clone, Copy, Default)]
struct Cost {
    exchange: Duration,
    fxo: Duration,
    stations: Duration,
}

/// One line of the appliance.
struct Trunk {
    fxo: Fxo,
    from_line: Block,
    to_line: Block,
    wire: Vec<line::LineEvent>,
    switch: Option<Switch>,
    customer: Block,
}

impl Trunk {
    fn new() -> Result<Trunk, fxo::SettingError> {
        let fxo = Fxo::new(Settings { country: Country::China, ..Settings::default() })?;
        let silence = [0; BLOCK];
        Ok(Trunk {
            fxo,
            from_line: silence,
            to_line: silence,
            wire: Vec::new(),
            switch: None,
            customer: silence,
        })
    }

    /// The exchange's part of a block.
    fn move_block(&mut self, index: usize, exchange: &mut Exchange) {
        let Some(port) = exchange.port(index) else { return };
        let switched = match self.switch.take() {
            Some(Switch::Hook(hook)) => port.set_hook(hook),
            Some(Switch::Flash(ms)) => port.flash(ms),
            None => Ok(()),
        };
        let moved = switched.and_then(|()| port.exchange(&self.to_line, &mut self.from_line));
        if moved.is_err() {
            self.from_line = [0; BLOCK];
        }
        self.wire.extend(std::iter::from_fn(|| port.next_event()));
        self.fxo.port(moved);
    }

    /// The line machine's part.
    fn hear(&mut self, spoken: &Block) -> Vec<fxo::Event> {
        let step = self.fxo.block(&self.from_line, self.wire.drain(..), spoken);
        self.to_line = step.to_line;
        self.switch = step.switch;
        self.customer = step.customer;
        step.events
    }
}

/// Every line talks, both sides at once and without a pause: the most that a line can ask for.
fn talking(arguments: &Arguments, folder: &VoiceFolder) -> Done {
    let said = |side: Side| -> Vec<String> {
        let turns = folder.conversations.iter().flat_map(|conversation| &conversation.turns);
        turns.filter(|turn| turn.speaker == side).map(|turn| turn.file.clone()).collect()
    };
    let agent: Vec<i16> = said(Side::Agent)
        .iter()
        .filter_map(|name| folder.voices.named(name))
        .flat_map(|samples: &Arc<[i16]>| samples.iter().copied())
        .collect();
    let customer = said(Side::Customer);
    let number: Number = "13800138001".parse()?;
    let mut office = Office::new(Country::China, 0);
    office.seed = 1;
    office.lines = (0..arguments.lines).map(worn_line).collect();
    let speak = customer.iter().cycle().take(customer.len() * 40).cloned().map(Step::Speak);
    office.parties.push(Party {
        number: number.clone(),
        routing_ms: 900,
        does: Behaviour::Answer(Answer {
            ring_ms: 2_000,
            supervision: exchange::Supervision::Polarity,
            script: speak.collect(),
            ..Answer::default()
        }),
    });
    let mut exchange = Exchange::new(&office, &folder.voices)?;
    let mut trunks = (0..arguments.lines).map(|_| Trunk::new()).collect::<Result<Vec<_>, _>>()?;
    let mut answered = 0;
    for trunk in &mut trunks {
        trunk.fxo.request(LegRequest::Dial(number.clone()))?;
    }
    let blocks = UNTIL_TALKING + arguments.seconds as usize * 100;
    let mut cost = Cost::default();
    let mut at = 0;
    for block in 0..blocks {
        if block == UNTIL_TALKING {
            cost = Cost::default();
        }
        let before = load::of_thread();
        for (index, trunk) in trunks.iter_mut().enumerate() {
            trunk.move_block(index, &mut exchange);
        }
        let between = load::of_thread();
        let mut spoken = [0; BLOCK];
        if let Some(said) = agent.get(at..at + BLOCK)
            && block >= UNTIL_TALKING
        {
            spoken.copy_from_slice(said);
        }
        at = if at + 2 * BLOCK > agent.len() { 0 } else { at + BLOCK };
        for trunk in &mut trunks {
            let events = trunk.hear(&spoken);
            answered +=
                events.iter().filter(|event| matches!(event.what, LegEvent::Answered(_))).count();
        }
        cost.exchange += between - before;
        cost.fxo += load::of_thread() - between;
    }
    let talking = trunks.iter().filter(|trunk| trunk.fxo.state() == fxo::State::Talking).count();
    table::heading(
        &format!("{} lines that all talk, both sides at once, no pause", arguments.lines),
        &format!(
            "virtual time, {} s; worn wires with hybrid echo, noise and hum; {answered} calls \
             answered, {talking} still talk",
            arguments.seconds
        ),
    );
    print(arguments, cost);
    Ok(())
}

/// Lines as `tools/run` has them: handsets that dial, listen, speak, hang up and dial again.
fn working(arguments: &Arguments, folder: &VoiceFolder) -> Done {
    let shown = Demonstration {
        lines: arguments.lines,
        pace: Pace::Pause { ms: 1_000 },
        inbound: false,
        ..Demonstration::default()
    };
    let (mut exchange, stations) = shown.with(folder)?;
    let mut desks = stations
        .into_iter()
        .map(|station| Ok(Desk { station, trunk: Trunk::new()?, call: None, heard: [0; BLOCK] }))
        .collect::<Result<Vec<_>, fxo::SettingError>>()?;
    let (mut cost, mut calls) = (Cost::default(), 0);
    let blocks = 3 * arguments.seconds as usize * 100;
    for _ in 0..blocks {
        let mut spoken = vec![[0; BLOCK]; desks.len()];
        let begun = load::of_thread();
        for (desk, spoken) in desks.iter_mut().zip(&mut spoken) {
            desk.station.exchange(&desk.heard, spoken);
            calls += desk.requests()?;
        }
        let before = load::of_thread();
        for (index, desk) in desks.iter_mut().enumerate() {
            desk.trunk.move_block(index, &mut exchange);
        }
        let between = load::of_thread();
        for (desk, spoken) in desks.iter_mut().zip(&spoken) {
            desk.hear(spoken);
        }
        cost.stations += before - begun;
        cost.exchange += between - before;
        cost.fxo += load::of_thread() - between;
    }
    table::heading(
        &format!("{} lines at work, with their handsets", arguments.lines),
        &format!("as tools/run has them, virtual time, {} s; {calls} calls", blocks / 100),
    );
    print(&Arguments { lines: arguments.lines, seconds: blocks as u64 / 100 }, cost);
    Ok(())
}

fn print(arguments: &Arguments, cost: Cost) {
    let share = |part: Duration| part.as_secs_f64() / arguments.seconds as f64;
    let all = share(cost.exchange) + share(cost.fxo) + share(cost.stations);
    table::row("all", format!("{all:.3} cores"), table::of_limit(all, LIMIT, " cores"));
    let each = |part: Duration| {
        format!("{:.1} µs a line and block", 1e4 * share(part) / arguments.lines.max(1) as f64)
    };
    for (what, part) in [
        ("the exchange: lines, wires, parties", cost.exchange),
        ("fxo and dsp: line machine, detectors, canceller", cost.fxo),
        ("the handsets and the call machine", cost.stations),
    ] {
        if !part.is_zero() {
            table::row(what, format!("{:.3} cores", share(part)), each(part));
        }
    }
}

fn worn_line(index: usize) -> Line {
    let path = EchoPath::G168[index % EchoPath::G168.len()];
    Line {
        wire: Wire {
            loss_db: 3.0,
            noise_dbm0: Some(-60.0),
            hum: Some(Hum { hz: 50.0, dbm0: -60.0 }),
            echo: Some(Echo { path, erl_db: 14.0, delay_ms: 0 }),
            ..Wire::default()
        },
        ..Line::default()
    }
}

/// A handset, its line, and the call between them.
struct Desk {
    station: Box<dyn Station>,
    trunk: Trunk,
    call: Option<Call>,
    heard: Block,
}

impl Desk {
    /// What the person wants; how many calls they placed.
    fn requests(&mut self) -> Result<usize, Box<dyn Error>> {
        let mut placed = 0;
        while let Some(request) = self.station.next_request() {
            let now = self.trunk.fxo.now();
            let actions = match (&mut self.call, request) {
                (Some(call), request) => call.station(now, request),
                (None, StationRequest::Dial(number)) => {
                    placed += 1;
                    let opened = Opened {
                        call: CallId::new(0, 0),
                        device: DeviceId([0; 16]),
                        at: WallTime { unix_ms: 0, offset_min: 0 },
                        direction: Direction::Outbound,
                        line: String::new(),
                        station: String::new(),
                        customer: Some(number.clone()),
                    };
                    let (call, actions) = Call::outbound(opened, number);
                    self.call = Some(call);
                    actions
                }
                (None, _) => Vec::new(),
            };
            self.act(actions);
        }
        Ok(placed)
    }

    fn hear(&mut self, spoken: &Block) {
        for event in self.trunk.hear(spoken) {
            let Some(call) = &mut self.call else { continue };
            let actions = call.line(event.at, event.what);
            self.act(actions);
        }
        self.heard = self.trunk.customer;
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Line(request) => {
                    if self.trunk.fxo.request(request).is_err()
                        && let Some(call) = &mut self.call
                    {
                        let actions = call.release(self.trunk.fxo.now(), call::Cause::Refused);
                        self.act(actions);
                    }
                }
                Action::Station(news) => self.station.tell(news),
                Action::Write(_) => {}
                Action::Over => self.call = None,
            }
        }
    }
}

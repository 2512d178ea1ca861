//! A line on an exchange, and a hand on the clock.

use call::{AnswerSign, Cause, LegEvent, LegRequest, Number, Samples};
use dsp::plan::Country;
use exchange::{
    Answer, Behaviour, Deed, Echo, EchoPath, Exchange, Hum, Office, Party, Release, Step,
    Supervision, Voices, Wire, read_wav,
};
use fxo::{Event, Fxo, Settings, State, Switch};
use line::{BLOCK, Block, LineCard};

/// One line, its machine, and all that it told.
pub(crate) struct Bench {
    pub(crate) exchange: Exchange,
    pub(crate) fxo: Fxo,
    from_line: Block,
    to_line: Block,
    pub(crate) events: Vec<Event>,
    /// What came to the customer's channel.
    pub(crate) customer: Vec<i16>,
    /// What the agent says from now on.
    pub(crate) agent: Vec<i16>,
    pub(crate) agent_at: usize,
}

impl Bench {
    pub(crate) fn new(office: &Office, settings: Settings) -> Bench {
        Bench::with_voices(office, settings, &voices())
    }

    pub(crate) fn with_voices(office: &Office, settings: Settings, voices: &Voices) -> Bench {
        Bench {
            exchange: Exchange::new(office, voices).unwrap(),
            fxo: Fxo::new(Settings { country: office.country, ..settings }).unwrap(),
            from_line: [0; BLOCK],
            to_line: [0; BLOCK],
            events: Vec::new(),
            customer: Vec::new(),
            agent: Vec::new(),
            agent_at: 0,
        }
    }

    /// One block goes by.
    pub(crate) fn block(&mut self) {
        let port = self.exchange.port(0).unwrap();
        let worked = port.exchange(&self.to_line, &mut self.from_line);
        if worked.is_err() {
            self.from_line = [0; BLOCK];
        }
        self.fxo.port(worked);
        let wire: Vec<_> = core::iter::from_fn(|| port.next_event()).collect();
        let mut spoken = [0; BLOCK];
        if let Some(said) = self.agent.get(self.agent_at..self.agent_at + BLOCK) {
            spoken.copy_from_slice(said);
            self.agent_at += BLOCK;
        }
        self.fxo.sense(port.loop_state());
        let step = self.fxo.block(&self.from_line, wire, &spoken);
        if let Some(impedance) = step.impedance {
            port.set_impedance(impedance).unwrap();
        }
        let switched = match step.switch {
            Some(Switch::Hook(hook)) => port.set_hook(hook),
            Some(Switch::Flash(ms)) => port.flash(ms),
            None => Ok(()),
        };
        if switched.is_err() {
            self.fxo.port(switched);
        }
        self.to_line = step.to_line;
        self.customer.extend(step.customer);
        self.events.extend(step.events);
    }

    pub(crate) fn run_ms(&mut self, ms: u64) {
        for _ in 0..ms / 10 {
            self.block();
        }
    }

    /// Runs until the machine has told something, and gives it; panics after a time.
    pub(crate) fn until(&mut self, ms: u64, what: &str, is: impl Fn(&LegEvent) -> bool) -> Event {
        let from = self.events.len();
        for _ in 0..ms / 10 {
            self.block();
            if let Some(event) = self.events[from..].iter().find(|event| is(&event.what)) {
                return event.clone();
            }
        }
        panic!("{what} did not come within {ms} ms; {:?}, {:?}", self.fxo.state(), self.events);
    }

    pub(crate) fn until_state(&mut self, ms: u64, state: State) {
        for _ in 0..ms / 10 {
            if self.fxo.state() == state {
                return;
            }
            self.block();
        }
        panic!("{state:?} was not reached within {ms} ms: {:?}", self.fxo.state());
    }

    pub(crate) fn dial(&mut self, digits: &str) {
        self.fxo.request(LegRequest::Dial(number(digits))).unwrap();
    }

    pub(crate) fn until_answer(&mut self, ms: u64) -> (Samples, AnswerSign) {
        let event = self.until(ms, "an answer", |event| {
            matches!(event, LegEvent::Answered(_) | LegEvent::Released(_))
        });
        match event.what {
            LegEvent::Answered(sign) => (event.at, sign),
            other => panic!("{other:?} instead of an answer: {:?}", self.events),
        }
    }

    pub(crate) fn until_release(&mut self, ms: u64) -> (Samples, Cause) {
        let event = self.until(ms, "a release", |event| matches!(event, LegEvent::Released(_)));
        match event.what {
            LegEvent::Released(cause) => (event.at, cause),
            _ => unreachable!(),
        }
    }

    /// When the office did something for the first time.
    pub(crate) fn office_did(&self, is: impl Fn(&Deed) -> bool) -> Option<u64> {
        let log = self.exchange.log().of_line(0);
        log.into_iter().find(|(_, deed)| is(deed)).map(|(at, _)| at)
    }

    /// The digits that the office understood.
    pub(crate) fn collected(&self) -> String {
        let log = self.exchange.log().of_line(0);
        log.into_iter()
            .filter_map(|(_, deed)| match deed {
                Deed::Digit(digit) => Some(digit),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn told(&self) -> Vec<LegEvent> {
        self.events.iter().map(|event| event.what.clone()).collect()
    }
}

pub(crate) fn number(digits: &str) -> Number {
    digits.parse().unwrap()
}

pub(crate) const VOICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/voices");

/// Every recording of tests/voices.
pub(crate) fn voices() -> Voices {
    let mut voices = Voices::default();
    for entry in std::fs::read_dir(VOICES).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "wav") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            voices.insert(&name, read_wav(&std::fs::read(&path).unwrap()).unwrap());
        }
    }
    voices
}

pub(crate) fn recording(name: &str) -> Vec<i16> {
    voices().named(name).unwrap().to_vec()
}

/// All that one speaker says in all recordings.
pub(crate) fn all_of(speaker: &str) -> Vec<i16> {
    let end = format!("{speaker}.wav");
    let names = names_in(VOICES).into_iter().filter(|name| name.ends_with(&end));
    names.flat_map(|name| recording(&name)).collect()
}

/// The recordings in a folder.
pub(crate) fn names_in(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".wav"))
        .collect();
    names.sort();
    names
}

pub(crate) const PARTY: &str = "13800138001";
pub(crate) const CUSTOMER: &str = "zh-01-loan-books.01.customer.wav";

/// The wire of most tests: some kilometres of old cable, a noisy neighbourhood and a hybrid that
/// gives back more than it should.
pub(crate) fn worn_wire() -> Wire {
    Wire {
        loss_db: 5.0,
        noise_dbm0: Some(-58.0),
        hum: Some(Hum { hz: 50.0, dbm0: -52.0 }),
        echo: Some(Echo { path: EchoPath::G168D5, erl_db: 10.0, delay_ms: 2 }),
        ..Wire::default()
    }
}

/// An office with one line and one party.
pub(crate) fn office(country: Country, does: Behaviour) -> Office {
    let mut office = Office::new(country, 1);
    office.lines[0].wire = worn_wire();
    office.parties.push(Party { number: number(PARTY), routing_ms: 900, does });
    office
}

/// A party that answers, speaks, and stays.
pub(crate) fn answers(supervision: Supervision, release: Release) -> Behaviour {
    Behaviour::Answer(Answer {
        ring_ms: 7_000,
        supervision,
        release,
        script: vec![Step::Wait(400), Step::Speak(CUSTOMER.into()), Step::Wait(2_000)],
        ..Answer::default()
    })
}

//! The test of one line: what an installer wants to know before the first call.
//!
//! A [`LineTest`] takes one block after the other, as [`crate::Fxo`] does, and walks through its
//! parts: a second on hook for the battery; off hook, until dial tone stands still for 0.8 s or does
//! not come in time; one digit by tones, and if that did not break dial tone, by pulses; noise of
//! the line that is then quiet; echo by a probe, once for every impedance that the port offers.
//! Then it hangs up and has a [`Report`]. Nothing in it knows a country: what was heard is compared
//! with the plans when it is judged.
//!
//! Promises:
//! * Every part has an end; a whole test takes less than 20 s of line time, off hook less than 17 s.
//! * One digit is dialled, [`DIGIT`], which by itself leads to nobody, and the line is on hook again
//!   before an exchange takes it for a number.
//! * No I/O, no clock: time is the count of samples given so far.

mod dial_tone;
mod judge;
mod report;

pub use dial_tone::DialTone;
pub use report::{Abort, Advice, Found, Item, Proposal, Report, Tried, Verdict, limits};

use crate::digits::{Sender, Sent};
use crate::{Facts, Settings, settings::Dialling};
use call::Samples;
use dial_tone::{Presence, Watch};
use dsp::measure::{EchoProbe, EchoResponse, Noise, NoiseMeter};
use line::{BLOCK, Block, Hook, Impedance, LoopState};
use zeroize::Zeroizing;

/// The digit that is to break dial tone. No emergency or operator's number begins with it in the
/// countries with a plan.
pub const DIGIT: char = '5';

/// How long each part takes or may take.
const ON_HOOK: Samples = Samples::from_ms(1_000);
/// What is set as the longest wait for dial tone may be longer than a test should take.
const TO_COME: Samples = Samples::from_ms(10_000);
const TO_BREAK: Samples = Samples::from_ms(1_500);
const SETTLE: Samples = Samples::from_ms(200);
const NOISE: Samples = Samples::from_ms(1_000);
/// Rounds of the probe (64 ms each) for the impedance that is set, and for each other one.
const ROUNDS: usize = 5;
const ROUNDS_OF_OTHERS: usize = 3;
/// After a change of impedance.
const CHANGE: Samples = Samples::from_ms(50);
/// Impedances that are tried at most, so that the exchange does not lose patience.
const MOST_IMPEDANCES: usize = 8;

/// What a test is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// On hook: battery.
    Battery,
    /// Off hook: waiting for dial tone, and listening to it.
    DialTone,
    /// Sending a digit, and listening for dial tone to break.
    Digit,
    /// Measuring noise.
    Noise,
    /// Measuring echo.
    Echo,
}

impl Part {
    /// How many there are.
    pub const COUNT: u8 = 5;

    /// Which of them it is, from 1.
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }
}

/// What the shell has to do for a test, beside sending the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open or close the loop.
    Hook(Hook),
    /// Open the loop for some milliseconds: a break of a dial pulse.
    Flash(u16),
    /// Present another impedance.
    Impedance(Impedance),
}

/// What one block of a test came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestStep {
    /// The next block to send.
    pub to_line: Block,
    /// What is to be done before it.
    pub command: Option<Command>,
    /// Whether the test is over; then its report is there.
    pub over: bool,
}

/// What has been measured so far; `None` is not (yet).
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) no_battery: bool,
    pub(crate) loop_on_hook: LoopState,
    pub(crate) dial_tone: Option<DialTone>,
    /// Dial tone broke so many ms after the digit, sent by tones; `Some(None)`: it did not.
    pub(crate) by_tones: Option<Option<u32>>,
    pub(crate) by_pulses: Option<Option<u32>>,
    pub(crate) noise: Option<Noise>,
    pub(crate) echo: Option<EchoResponse>,
    /// The impedance that is set, and what the others came to.
    pub(crate) impedance: Option<Impedance>,
    pub(crate) others: Vec<(Impedance, EchoResponse)>,
}

/// The test of one line.
pub struct LineTest {
    settings: Settings,
    facts: Facts,
    impedances: &'static [Impedance],
    doing: Doing,
    since: Samples,
    now: Samples,
    measured: Measured,
}

enum Doing {
    OnHook,
    Listening(Box<Watch>),
    Sending {
        sender: Box<Sender>,
        way: Dialling,
    },
    Breaking {
        presence: Box<Presence>,
        way: Dialling,
    },
    Settling,
    Noise(Box<NoiseMeter>),
    /// `trying`: the impedance of the list that is presented, if not the one that was set.
    Probing {
        probe: Box<EchoProbe>,
        sending: bool,
        trying: Option<usize>,
    },
    Over,
}

impl LineTest {
    /// A test of a line with these settings, that has shown these facts. `impedances` are what the
    /// port offers, `impedance` what it presents.
    pub fn new(
        settings: &Settings,
        facts: &Facts,
        impedances: &'static [Impedance],
        impedance: Option<Impedance>,
    ) -> Self {
        LineTest {
            settings: settings.clone(),
            facts: facts.clone(),
            impedances,
            doing: Doing::OnHook,
            since: Samples::ZERO,
            now: Samples::ZERO,
            measured: Measured { impedance, ..Measured::default() },
        }
    }

    /// What it is at; `None` when it is over.
    pub fn part(&self) -> Option<Part> {
        match &self.doing {
            Doing::OnHook => Some(Part::Battery),
            Doing::Listening(_) => Some(Part::DialTone),
            Doing::Sending { .. } | Doing::Breaking { .. } => Some(Part::Digit),
            Doing::Settling | Doing::Noise(_) => Some(Part::Noise),
            Doing::Probing { .. } => Some(Part::Echo),
            Doing::Over => None,
        }
    }

    /// Whether it has the loop closed.
    pub fn off_hook(&self) -> bool {
        !matches!(self.doing, Doing::OnHook | Doing::Over)
    }

    /// Takes one block and gives one. `from_line` was received while the last step's block was
    /// sent, `loop_state` is what the port measures.
    pub fn block(&mut self, from_line: &Block, loop_state: LoopState) -> TestStep {
        self.now += Samples(BLOCK as u64);
        let mut step = TestStep { to_line: [0; BLOCK], command: None, over: false };
        let spent = self.now.since(self.since);
        match &mut self.doing {
            Doing::OnHook => {
                self.measured.loop_on_hook = loop_state;
                if spent >= ON_HOOK {
                    step.command = Some(Command::Hook(Hook::Off));
                    self.go(Doing::Listening(Box::default()));
                }
            }
            Doing::Listening(watch) => {
                let limit =
                    Samples::from_ms(u64::from(self.settings.dial_tone_timeout_ms)).min(TO_COME);
                if let Some(heard) = watch.block(from_line, spent >= limit) {
                    self.measured.dial_tone = Some(heard);
                    self.after_dial_tone();
                }
            }
            Doing::Sending { sender, way } => {
                let way = *way;
                match sender.block(self.now, &mut step.to_line) {
                    Sent::Break(ms) => step.command = Some(Command::Flash(ms)),
                    Sent::All => self.listen_for_break(way),
                    Sent::More | Sent::WaitForTone => {}
                }
            }
            Doing::Breaking { presence, way } => {
                let way = *way;
                let gone = presence.block(from_line);
                if gone.is_some() || spent >= TO_BREAK {
                    self.after_digit(way, gone);
                }
            }
            Doing::Settling if spent >= SETTLE => self.go(Doing::Noise(Box::default())),
            Doing::Settling => {}
            Doing::Noise(meter) => {
                meter.push(from_line);
                if spent >= NOISE {
                    self.measured.noise = meter.noise();
                    self.probe(None, ROUNDS);
                }
            }
            Doing::Probing { .. } => self.probing(from_line, &mut step),
            Doing::Over => step.over = true,
        }
        step
    }

    /// The wire or somebody ended it; what was measured until then is reported. Whoever calls this
    /// opens the loop.
    pub fn abort(mut self, why: Abort, no_battery: bool) -> Report {
        self.measured.no_battery = no_battery;
        judge::report(&self.measured, &self.settings, &self.facts, self.now, Some(why))
    }

    /// The impedance to go back to, if the port can choose.
    pub fn set_impedance(&self) -> Option<Impedance> {
        self.measured.impedance
    }

    /// The report of a test that is over.
    pub fn report(&self) -> Option<Report> {
        let over = matches!(self.doing, Doing::Over);
        let report = || judge::report(&self.measured, &self.settings, &self.facts, self.now, None);
        over.then(report)
    }

    fn go(&mut self, doing: Doing) {
        self.doing = doing;
        self.since = self.now;
    }

    fn after_dial_tone(&mut self) {
        match &self.measured.dial_tone {
            Some(DialTone::Steady { .. }) => self.send(Dialling::Tone),
            // Silence can be measured; a tone that comes and goes cannot.
            Some(DialTone::Missing { interrupted: false }) => self.go(Doing::Settling),
            _ => self.probe(None, ROUNDS),
        }
    }

    fn send(&mut self, way: Dialling) {
        let gap = Samples::from_ms(u64::from(self.settings.tone_gap_ms));
        let digit = Zeroizing::new(DIGIT.to_string());
        match Sender::new(digit, way, &self.settings, self.now + gap) {
            Some(sender) => self.go(Doing::Sending { sender: Box::new(sender), way }),
            // The digit is one that both ways can send.
            None => self.go(Doing::Settling),
        }
    }

    fn listen_for_break(&mut self, way: Dialling) {
        let presence = Box::new(Presence::of(self.measured.dial_tone.as_ref()));
        self.go(Doing::Breaking { presence, way });
    }

    fn after_digit(&mut self, way: Dialling, gone: Option<Samples>) {
        let ms = gone.map(|after| u32::try_from(after.ms()).unwrap_or(u32::MAX));
        match way {
            Dialling::Tone => self.measured.by_tones = Some(ms),
            Dialling::Pulse => self.measured.by_pulses = Some(ms),
        }
        match (way, ms) {
            (_, Some(_)) => self.go(Doing::Settling),
            (Dialling::Tone, None) => self.send(Dialling::Pulse),
            // Dial tone goes on: there is no quiet to measure in, and the probe hears past it.
            (Dialling::Pulse, None) => self.probe(None, ROUNDS),
        }
    }

    fn probe(&mut self, trying: Option<usize>, rounds: usize) {
        let probe = Box::new(EchoProbe::new(rounds));
        self.go(Doing::Probing { probe, sending: false, trying });
    }

    fn probing(&mut self, from_line: &Block, step: &mut TestStep) {
        let spent = self.now.since(self.since);
        let Doing::Probing { probe, sending, trying } = &mut self.doing else { return };
        let trying = *trying;
        if *sending {
            probe.take(from_line);
        } else if trying.is_some() && spent < CHANGE {
            return;
        }
        let Some(response) = probe.response() else {
            probe.fill(&mut step.to_line);
            *sending = true;
            return;
        };
        match trying {
            None => self.measured.echo = Some(response),
            Some(index) => self.measured.others.push((self.impedances[index], response)),
        }
        let from = trying.map_or(0, |index| index + 1);
        let set = self.measured.impedance;
        let count = self.impedances.len().min(MOST_IMPEDANCES);
        // Without knowing what is set nothing could be put back, so nothing is tried.
        let next = (from..count).find(|at| set.is_some() && Some(self.impedances[*at]) != set);
        if let Some(next) = next {
            step.command = Some(Command::Impedance(self.impedances[next]));
            self.probe(Some(next), ROUNDS_OF_OTHERS);
            return;
        }
        if let (Some(set), Some(_)) = (set, trying) {
            step.command = Some(Command::Impedance(set));
        }
        self.go(Doing::Over);
        step.over = true;
    }
}

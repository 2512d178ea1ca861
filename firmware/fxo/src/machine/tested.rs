//! Line tests, and what calls teach of a line.

use super::{Fxo, Phase, Switch};
use crate::line_test::{Abort, Command, Part, Report};
use crate::supervision::Verdict;
use crate::{Facts, Fault, LineTest, Refused, State};
use call::{AnswerSign, CallerId, Cause, Samples};
use dsp::learn::ToneLearner;
use line::{Block, Hook, Impedance, LoopState};

impl Fxo {
    /// Begins a test of this line, with the impedances that its port offers and the one that it
    /// presents. The line must be idle; a line that is out of order is reported at once.
    pub fn begin_test(
        &mut self,
        impedances: &'static [Impedance],
        impedance: Option<Impedance>,
    ) -> Result<(), Refused> {
        let test = LineTest::new(&self.settings, &self.facts, impedances, impedance);
        let announced =
            |(at, _): &(Samples, CallerId)| self.now.since(*at) < super::asked::RING_DUE;
        match &self.phase {
            Phase::Fault(fault) => {
                let no_battery = *fault == Fault::NoBattery;
                self.report = Some(test.abort(Abort::Fault, no_battery));
                return Ok(());
            }
            Phase::Ringing(_) => return Err(Refused::Ringing),
            Phase::Idle if self.wire.rings() => return Err(Refused::Ringing),
            Phase::Idle if self.announced.as_ref().is_some_and(announced) => {
                return Err(Refused::Ringing);
            }
            Phase::Idle if self.state() == State::Idle => {}
            _ => return Err(Refused::Taken),
        }
        self.counters.tests += 1;
        self.phase = Phase::Testing(Box::new(test));
        Ok(())
    }

    /// What the running test is at.
    pub fn testing(&self) -> Option<Part> {
        match &self.phase {
            Phase::Testing(test) => test.part(),
            _ => None,
        }
    }

    /// What the port measures of its loop, for a test that runs.
    pub fn sense(&mut self, loop_state: LoopState) {
        self.loop_state = loop_state;
    }

    /// The report of a test that has ended, once.
    pub fn next_report(&mut self) -> Option<Report> {
        self.report.take()
    }

    /// What the line has shown of itself.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Gives the line what it has shown before, as after a restart.
    pub fn recall(&mut self, facts: Facts) {
        self.learner = ToneLearner::new();
        facts.busy_tones.iter().for_each(|tone| self.learner.remember(*tone));
        self.facts = facts;
        self.facts.busy_tones = self.learner.known().to_vec();
    }

    /// Gives what goes to the line.
    pub(super) fn go_on_testing(&mut self, from_line: &Block) -> Block {
        let Phase::Testing(test) = &mut self.phase else { return super::SILENCE };
        let step = test.block(from_line, self.loop_state);
        if step.over {
            self.report = test.report();
            self.phase = Phase::Idle;
            self.hang_up();
        }
        match step.command {
            Some(Command::Hook(Hook::Off)) => self.close_loop(),
            Some(Command::Hook(Hook::On)) => self.switch = Some(Switch::Hook(Hook::On)),
            Some(Command::Flash(ms)) => self.open_briefly(ms),
            Some(Command::Impedance(impedance)) => self.impedance = Some(impedance),
            None => {}
        }
        step.to_line
    }

    /// A running test is ended: by a ring, by a fault, or because it was asked for.
    pub(super) fn abort_test(&mut self, cause: Cause) {
        let off_hook = self.state().off_hook();
        let Phase::Testing(test) = core::mem::replace(&mut self.phase, Phase::Idle) else { return };
        let why = match cause {
            Cause::Refused => Abort::Ring,
            Cause::LineFault => Abort::Fault,
            _ => Abort::Stopped,
        };
        let no_battery = why == Abort::Fault && self.wire.battery_lost_at().is_some();
        self.impedance = test.set_impedance();
        self.report = Some(test.abort(why, no_battery));
        if off_hook {
            self.hang_up();
        }
    }

    /// Listens for a busy tone of no plan.
    pub(super) fn learn(&mut self, customer: &Block) -> Option<Verdict> {
        if !self.settings.learn_busy_tone {
            return None;
        }
        self.learner.push(customer);
        self.learner.next_repeated()?;
        self.facts.busy_tones = self.learner.known().to_vec();
        Some(Verdict::Released(Cause::CustomerReleased))
    }

    pub(super) fn note_answer(&mut self, sign: AnswerSign) {
        match sign {
            AnswerSign::Polarity => self.facts.answers_by_polarity += 1,
            AnswerSign::Voice | AnswerSign::RingbackEnded => self.facts.answers_by_sound += 1,
            AnswerSign::OffHook | AnswerSign::Signalled => {}
        }
    }
}

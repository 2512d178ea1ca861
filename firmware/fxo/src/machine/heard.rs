//! What time and sound do: a block's work in each phase.

use super::{Fxo, Phase, SILENCE};
use crate::digits::Sent;
use crate::supervision::{Alerting, Verdict};
use call::{Cause, LegEvent, Samples};
use dsp::progress::{ProgressEvent, Stage};
use line::Block;

impl Fxo {
    /// Gives what goes to the line and what came from the customer.
    pub(super) fn advance(&mut self, from_line: &Block, from_agent: &Block) -> (Block, Block) {
        let mut to_line = SILENCE;
        let ms = |ms: u32| Samples::from_ms(u64::from(ms));
        match &mut self.phase {
            Phase::Idle | Phase::Fault(_) => {}
            Phase::Ringing(ringing) => {
                let timeout = ms(self.settings.ring_timeout_ms);
                if ringing.last.is_some_and(|last| self.now.since(last) >= timeout) {
                    if ringing.told {
                        self.counters.abandoned += 1;
                        self.end(self.now, Cause::RingAbandoned);
                    }
                    self.phase = Phase::Idle;
                }
            }
            Phase::Seizing(_) => {
                if self.on_hook_for() >= self.guard() {
                    self.seize();
                }
            }
            Phase::AwaitingDialTone { since, .. } => {
                let late = self.now.since(*since) >= ms(self.settings.dial_tone_timeout_ms);
                self.await_dial_tone(from_line, late);
            }
            Phase::Dialling(sender) => {
                let sent = sender.block(self.now, &mut to_line);
                self.progress.push(&SILENCE);
                self.dialled(sent);
            }
            Phase::Alerting(_) => {
                let customer = self.echo.block(&self.last_sent, from_line);
                self.alert(&customer, from_agent);
                return (*from_agent, customer);
            }
            Phase::Talking(..) => {
                let customer = self.echo.block(&self.last_sent, from_line);
                return (self.talk(&customer, from_agent), customer);
            }
            Phase::Testing(_) => to_line = self.go_on_testing(from_line),
        }
        (to_line, SILENCE)
    }

    pub(super) fn seize(&mut self) {
        let Phase::Seizing(sender) = core::mem::replace(&mut self.phase, Phase::Idle) else {
            return;
        };
        self.counters.seizures += 1;
        self.close_loop();
        self.phase = Phase::AwaitingDialTone { sender, since: self.now };
        self.tell(self.now, LegEvent::Seized);
    }

    pub(super) fn await_dial_tone(&mut self, from_line: &Block, late: bool) {
        self.progress.push(from_line);
        let mut heard = false;
        while let Some(event) = self.progress.next_event() {
            match event.what {
                ProgressEvent::DialTone => heard = true,
                ProgressEvent::Busy | ProgressEvent::Congestion => {
                    return self.end(self.now, Cause::Congestion);
                }
                ProgressEvent::Howler => return self.end(self.now, Cause::Howler),
                _ => {}
            }
        }
        if heard {
            self.tell(self.now, LegEvent::DialTone);
        } else if !late {
            return;
        } else if !self.settings.dial_without_tone {
            self.counters.no_dial_tone += 1;
            return self.end(self.now, Cause::NoDialTone);
        }
        let gap = Samples::from_ms(u64::from(self.settings.tone_gap_ms));
        self.phase = match core::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::AwaitingDialTone { mut sender, .. } => {
                sender.resume(self.now + gap);
                Phase::Dialling(sender)
            }
            other => other,
        };
    }

    pub(super) fn dialled(&mut self, sent: Sent) {
        match sent {
            Sent::More => {}
            Sent::Break(ms) => self.open_briefly(ms),
            Sent::WaitForTone => {
                self.progress.set_stage(Stage::BeforeDialling);
                self.phase = match core::mem::replace(&mut self.phase, Phase::Idle) {
                    Phase::Dialling(sender) => Phase::AwaitingDialTone { sender, since: self.now },
                    other => other,
                };
            }
            Sent::All => {
                self.progress.set_stage(Stage::AfterDialling);
                self.phase = Phase::Alerting(Alerting::new(self.now));
                self.tell(self.now, LegEvent::Dialled);
            }
        }
    }

    pub(super) fn alert(&mut self, customer: &Block, from_agent: &Block) {
        self.progress.push(customer);
        if let Some(Verdict::Released(_)) = self.learn(customer)
            && let Phase::Alerting(alerting) = &self.phase
        {
            let verdict = alerting.unknown_tone();
            return self.judge(Some(verdict));
        }
        while let Some(event) = self.progress.next_event() {
            let what = on_line_clock(event.what, self.progress_from);
            if let Phase::Alerting(alerting) = &mut self.phase {
                let verdict = alerting.progress(self.now, what);
                self.judge(verdict);
            }
        }
        if let Phase::Alerting(alerting) = &mut self.phase {
            alerting.hears_tone(self.learner.hears_tone());
            let verdict = alerting.block(self.now, customer, from_agent, &self.settings);
            self.judge(verdict);
        }
    }

    /// Gives what goes to the line.
    pub(super) fn talk(&mut self, customer: &Block, from_agent: &Block) -> Block {
        let mut to_line = *from_agent;
        let Phase::Talking(talking, sending) = &mut self.phase else { return to_line };
        let verdict = talking.block(self.now, customer, from_agent, &self.settings);
        self.progress.push(customer);
        let mut told = None;
        while let Some(event) = self.progress.next_event() {
            told = told.or(talking.progress(event.what));
        }
        match sending {
            Some(sender) => {
                to_line = SILENCE;
                if sender.block(self.now, &mut to_line) == Sent::All {
                    *sending = None;
                }
            }
            None => self.dtmf.push(customer),
        }
        while let Some(digit) = self.dtmf.next_digit() {
            self.counters.digits += 1;
            self.tell(self.now, LegEvent::Digit(digit.digit));
        }
        let told = told.or_else(|| self.learn(customer));
        if told == Some(Verdict::Released(Cause::CustomerReleased)) && verdict.is_none() {
            self.facts.releases_by_tone += 1;
        }
        self.judge(verdict.or(told));
        to_line
    }

    pub(super) fn judge(&mut self, verdict: Option<Verdict>) {
        match verdict {
            None => {}
            Some(Verdict::Ringback(at)) => self.tell(at, LegEvent::Ringback),
            // The exchange says what a voice had said before.
            Some(Verdict::Answered(at, sign)) if matches!(self.phase, Phase::Talking(..)) => {
                self.facts.answers_by_sound = self.facts.answers_by_sound.saturating_sub(1);
                self.note_answer(sign);
                self.tell(at, LegEvent::Answered(sign));
            }
            Some(Verdict::Answered(at, sign)) => {
                self.note_answer(sign);
                self.stand(at, sign);
            }
            Some(Verdict::Released(cause)) => self.end(self.now, cause),
            Some(Verdict::IgnoredReversal) => self.counters.ignored_reversals += 1,
        }
    }
}

/// An event's instants, counted from the line's sample zero.
fn on_line_clock(what: ProgressEvent, from: Samples) -> ProgressEvent {
    match what {
        ProgressEvent::Ringback { began } => ProgressEvent::Ringback { began: from + began },
        ProgressEvent::RingbackEnded { since } => {
            ProgressEvent::RingbackEnded { since: from + since }
        }
        ProgressEvent::VoiceOn { began } => ProgressEvent::VoiceOn { began: from + began },
        ProgressEvent::VoiceOff { ended } => ProgressEvent::VoiceOff { ended: from + ended },
        other => other,
    }
}

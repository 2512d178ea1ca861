//! What the call asks of the line.

use super::{Fxo, Phase, Ringing};
use crate::Refused;
use crate::digits::Sender;
use crate::settings::Dialling;
use call::{AnswerSign, CallerId, LegEvent, Number, Samples};
use dsp::progress::Stage;
use zeroize::Zeroizing;

/// A caller's identity that came so short a time ago announces a ring: no seizure now.
pub(super) const RING_DUE: Samples = Samples::from_ms(4_000);

impl Fxo {
    pub(super) fn dial(&mut self, number: &Number) -> Result<(), Refused> {
        let announced = |(at, _): &(Samples, CallerId)| self.now.since(*at) < RING_DUE;
        match &self.phase {
            Phase::Ringing(_) => return Err(Refused::Ringing),
            Phase::Idle if self.wire.rings() => return Err(Refused::Ringing),
            Phase::Idle if self.announced.as_ref().is_some_and(announced) => {
                return Err(Refused::Ringing);
            }
            Phase::Idle => {}
            _ => return Err(Refused::Taken),
        }
        let mut script = Zeroizing::new(String::with_capacity(64));
        script.push_str(&self.settings.access_code);
        match number.digits().strip_prefix('+') {
            Some(digits) => {
                script.push_str(&self.settings.international_prefix);
                script.push_str(digits);
            }
            None => script.push_str(number.digits()),
        }
        let dialling = self.settings.dialling;
        let sender = Sender::new(script, dialling, &self.settings, self.now);
        self.phase = Phase::Seizing(sender.ok_or(Refused::NotADigit)?);
        Ok(())
    }

    pub(super) fn answer(&mut self) -> Result<(), Refused> {
        if !matches!(self.phase, Phase::Ringing(Ringing { told: true, .. })) {
            return Err(Refused::NotRinging);
        }
        self.close_loop();
        self.progress.set_stage(Stage::AfterDialling);
        self.tell(self.now, LegEvent::Seized);
        self.stand(self.now, AnswerSign::OffHook);
        Ok(())
    }

    pub(super) fn send(&mut self, digits: Zeroizing<String>) -> Result<(), Refused> {
        let Phase::Talking(_, sending) = &mut self.phase else { return Err(Refused::NotTalking) };
        if sending.is_some() {
            return Err(Refused::StillSending);
        }
        let sendable = digits.chars().all(|digit| dsp::dtmf::frequencies(digit).is_some());
        let sender = Sender::new(digits, Dialling::Tone, &self.settings, self.now);
        *sending = Some(sender.filter(|_| sendable).ok_or(Refused::NotADigit)?);
        Ok(())
    }

    pub(super) fn flash(&mut self) -> Result<(), Refused> {
        if !matches!(self.phase, Phase::Talking(..)) {
            return Err(Refused::NotTalking);
        }
        self.open_briefly(u16::try_from(self.settings.flash()).unwrap_or(100));
        Ok(())
    }
}

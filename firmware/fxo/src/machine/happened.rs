//! What the wire does: rings, caller identity, battery, polarity.

use super::{Fxo, Phase, Ringing};
use crate::Fault;
use crate::supervision::Verdict;
use crate::wire::News;
use call::{CallerId, Cause, LegEvent, Samples};
use line::Block;

/// Loop current away for longer than any exchange's release signal: the wire is cut.
const LINE_CUT: Samples = Samples::from_ms(1_500);

impl Fxo {
    pub(super) fn hear_wire(&mut self, news: News) {
        match (news, &mut self.phase) {
            (News::Ring { .. }, Phase::Ringing(ringing)) => ringing.last = None,
            (News::Ring { began }, Phase::Seizing(_) | Phase::AwaitingDialTone { .. }) => {
                self.glare();
                self.ring(began);
            }
            (News::Ring { began }, Phase::Testing(_)) => {
                self.abort_test(Cause::Refused);
                self.ring(began);
            }
            (News::Ring { began }, Phase::Idle) => self.ring(began),
            (News::RingOver { ended }, Phase::Ringing(ringing)) => ringing.last = Some(ended),
            (News::ShortRing, phase) => {
                let glare = matches!(phase, Phase::AwaitingDialTone { .. });
                self.counters.short_rings += 1;
                if glare {
                    self.glare();
                }
            }
            (News::Reversed { at }, Phase::Alerting(alerting)) => {
                let verdict = alerting.reversed(at, &self.settings);
                self.judge(Some(verdict));
            }
            (News::Reversed { at }, Phase::Talking(talking, _)) => {
                let verdict = talking.reversed(at, &self.settings);
                if let Some(Verdict::Released(_)) = verdict {
                    self.facts.releases_by_polarity += 1;
                }
                self.judge(verdict);
            }
            // Some exchanges open the loop for a moment with dial tone, or after a digit.
            (News::BatteryBack { .. }, Phase::Testing(_)) => {}
            (News::ReversedBriefly, _) => self.counters.ignored_reversals += 1,
            (News::BatteryBack { since, lasted }, phase) => {
                let answered = matches!(phase, Phase::Talking(..));
                if !self.state().off_hook() {
                    return;
                }
                if lasted < Samples::from_ms(u64::from(self.settings.loop_drop_ms)) {
                    self.counters.short_drops += 1;
                } else if answered {
                    self.facts.releases_by_loop_drop += 1;
                    self.end(since, Cause::CustomerReleased);
                } else {
                    self.end(since, Cause::Congestion);
                }
            }
            (News::Ring { .. } | News::RingOver { .. } | News::Reversed { .. }, _) => {}
        }
    }

    /// A ring met our seizure: the loop is opened again, and what rings is a call of its own.
    pub(super) fn glare(&mut self) {
        self.counters.glare += 1;
        self.end(self.now, Cause::Refused);
    }

    pub(super) fn ring(&mut self, began: Samples) {
        self.counters.incoming += 1;
        self.phase = Phase::Ringing(Ringing { last: None, told: true, caller: None });
        self.tell(began, LegEvent::Ringing);
        if let Some((at, caller)) = self.announced.take()
            && began.since(at) <= Samples::from_ms(u64::from(self.settings.caller_id_window_ms))
        {
            self.identify(caller);
        }
    }

    pub(super) fn identify(&mut self, caller: CallerId) {
        match &mut self.phase {
            Phase::Ringing(ringing) => {
                if ringing.told && ringing.caller.as_ref() != Some(&caller) {
                    ringing.caller = Some(caller.clone());
                    self.tell(self.now, LegEvent::CallerId(caller));
                }
            }
            _ => self.announced = Some((self.now, caller)),
        }
    }

    pub(super) fn hear_caller_id(&mut self, from_line: &Block) {
        self.caller_id.push(from_line);
        while let Some(heard) = self.caller_id.next_message() {
            match heard.message {
                Ok(message) => {
                    self.counters.caller_ids += 1;
                    self.facts.caller_id = Some(heard.means.into());
                    self.identify(message.into());
                }
                Err(_) => self.counters.broken_caller_ids += 1,
            }
        }
    }

    pub(super) fn watch_battery(&mut self) {
        let away = self.wire.without_battery(self.now);
        let debounce = Samples::from_ms(u64::from(self.settings.battery_debounce_ms));
        match &self.phase {
            Phase::Fault(Fault::NoBattery) if self.wire.with_battery(self.now) >= debounce => {
                self.phase = Phase::Idle;
            }
            Phase::Fault(_) => {}
            _ if away >= if self.state().off_hook() { LINE_CUT } else { debounce } => {
                let since = self.wire.battery_lost_at().unwrap_or(self.now);
                self.end(since, Cause::LineFault);
                self.counters.faults += 1;
                self.phase = Phase::Fault(Fault::NoBattery);
            }
            _ => {}
        }
    }
}

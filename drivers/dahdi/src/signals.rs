//! From what the kernel tells of a port to what happened on the wire.
//!
//! The kernel tells it twice: by events, and by what [`Params::received`] says at the end of a block.
//! Events alone are not to be relied on. For 2 s after our own hang-up the beginning of a ring is
//! kept back; a battery that goes away on hook or within 600 ms of going off hook makes none, and
//! its coming back never does. So the state is what counts, and events add what falls between two
//! looks, and polarity, of which there is no state.

use crate::event::Event;
use crate::wire::{Params, Received};
use line::{LineEvent, Signal};
use std::collections::VecDeque;

/// More signals than a caller who takes them every block can leave.
const KEPT: usize = 64;

/// One port's wire, as far as it is known.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    ringing: bool,
    battery: bool,
    signals: VecDeque<LineEvent>,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Watch { ringing: false, battery: true, signals: VecDeque::with_capacity(KEPT) }
    }

    /// The oldest signal.
    pub(crate) fn next(&mut self) -> Option<LineEvent> {
        self.signals.pop_front()
    }

    /// An event that was queued before the sample `at`.
    pub(crate) fn event(&mut self, event: Event, at: u64) {
        match event {
            Event::RingBegin => self.ring(true, at),
            Event::OnHook => self.feed(false, at),
            Event::Polarity => self.tell(Signal::PolarityReversed, at),
            _ => {}
        }
    }

    /// What the port sees at the sample `at`.
    pub(crate) fn look(&mut self, params: &Params, at: u64) {
        let received = params.received();
        if received != Received::Unknown {
            self.ring(received == Received::Ringing, at);
        }
        match received {
            Received::NoBattery => self.feed(false, at),
            _ if params.red_alarm() => self.feed(false, at),
            Received::Battery | Received::Ringing => self.feed(true, at),
            Received::Unknown => self.feed(true, at),
        }
    }

    fn ring(&mut self, ringing: bool, at: u64) {
        if std::mem::replace(&mut self.ringing, ringing) != ringing {
            self.tell(if ringing { Signal::RingOn } else { Signal::RingOff }, at);
        }
    }

    fn feed(&mut self, battery: bool, at: u64) {
        if std::mem::replace(&mut self.battery, battery) != battery {
            self.tell(if battery { Signal::BatteryPresent } else { Signal::BatteryLost }, at);
        }
    }

    fn tell(&mut self, what: Signal, at: u64) {
        if self.signals.len() < KEPT {
            self.signals.push_back(LineEvent { at, what });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Signal::{BatteryLost, BatteryPresent, PolarityReversed, RingOff, RingOn};

    /// A port that sees `received` (`enum dahdi_rxsig`) and has these alarms.
    fn seen(received: i32, alarms: i32) -> Params {
        let mut bytes = [0; 136];
        bytes[36..40].copy_from_slice(&received.to_ne_bytes());
        bytes[132..].copy_from_slice(&alarms.to_ne_bytes());
        Params::from_bytes(bytes)
    }

    const NO_BATTERY: i32 = 0;
    const BATTERY: i32 = 1;
    const RINGING: i32 = 3;
    const UNKNOWN: i32 = 4;

    fn signals(watch: &mut Watch) -> Vec<(u64, Signal)> {
        std::iter::from_fn(|| watch.next()).map(|event| (event.at, event.what)).collect()
    }

    #[test]
    fn a_ring_is_seen_though_the_kernel_keeps_its_beginning_back() {
        let mut watch = Watch::new();
        watch.look(&seen(RINGING, 0), 80);
        watch.look(&seen(RINGING, 0), 160);
        watch.look(&seen(BATTERY, 0), 240);
        // The kernel's own event of the end comes 50 ms later, and says nothing new.
        watch.event(Event::RingOffHook, 640);
        assert_eq!(signals(&mut watch), [(80, RingOn), (240, RingOff)]);
    }

    #[test]
    fn a_ring_between_two_looks_is_told_by_its_event() {
        let mut watch = Watch::new();
        watch.event(Event::RingBegin, 80);
        watch.look(&seen(BATTERY, 0), 80);
        assert_eq!(signals(&mut watch), [(80, RingOn), (80, RingOff)]);
    }

    #[test]
    fn battery_goes_and_comes_with_and_without_events() {
        let mut watch = Watch::new();
        watch.look(&seen(UNKNOWN, 0), 80);
        watch.look(&seen(NO_BATTERY, 0), 160);
        watch.look(&seen(BATTERY, 0), 240);
        watch.event(Event::OnHook, 320);
        watch.look(&seen(BATTERY, 0), 320);
        let told =
            [(160, BatteryLost), (240, BatteryPresent), (320, BatteryLost), (320, BatteryPresent)];
        assert_eq!(signals(&mut watch), told);
    }

    #[test]
    fn a_red_alarm_is_a_line_without_battery() {
        let mut watch = Watch::new();
        watch.look(&seen(UNKNOWN, 8), 80);
        watch.look(&seen(BATTERY, 8), 160);
        watch.look(&seen(BATTERY, 0), 240);
        assert_eq!(signals(&mut watch), [(80, BatteryLost), (240, BatteryPresent)]);
    }

    #[test]
    fn each_reversal_is_told() {
        let mut watch = Watch::new();
        watch.event(Event::Polarity, 80);
        watch.event(Event::Polarity, 80);
        assert_eq!(signals(&mut watch), [(80, PolarityReversed), (80, PolarityReversed)]);
    }

    #[test]
    fn a_flood_of_events_takes_no_memory_without_end() {
        let mut watch = Watch::new();
        (0..1_000).for_each(|at| watch.event(Event::Polarity, at));
        assert_eq!(signals(&mut watch).len(), KEPT);
    }
}

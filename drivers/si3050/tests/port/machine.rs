//! The line machine on this port: whole calls, from the wire's volts to the call's events.

// What the lints allow in a test they do not allow in what tests share.
#![allow(clippy::unwrap_used)]

use crate::bench::{Bench, TestPort};
use call::{AnswerSign, Cause, LegEvent, LegRequest};
use fxo::{AnswerBy, Dialling, Fxo, Settings, State, Switch};
use line::{BLOCK, LineInterface};
use si3050_model::Ring;

struct Line {
    port: TestPort,
    fxo: Fxo,
    to_line: [i16; BLOCK],
}

impl Line {
    fn new(settings: Settings) -> Line {
        let port = Bench::new().port();
        let mut line = Line { port, fxo: Fxo::new(settings).unwrap(), to_line: [0; BLOCK] };
        line.run(2000, |_| {});
        line
    }

    /// The shell's loop for some time; `look` sees the port after each block.
    fn run(&mut self, ms: u64, mut look: impl FnMut(&TestPort)) -> Vec<LegEvent> {
        let mut told = Vec::new();
        for _ in 0..ms / 10 {
            self.port.bench.advance(std::time::Duration::from_millis(10));
            let mut heard = [0; BLOCK];
            let moved = self.port.port.exchange(&self.to_line, &mut heard);
            self.fxo.port(moved);
            let events = std::iter::from_fn(|| self.port.port.next_event());
            let step = self.fxo.block(&heard, events, &[0; BLOCK]);
            let switched = match step.switch {
                Some(Switch::Hook(hook)) => self.port.port.set_hook(hook),
                Some(Switch::Flash(ms)) => self.port.port.flash(ms),
                None => Ok(()),
            };
            switched.unwrap();
            self.to_line = step.to_line;
            told.extend(step.events.into_iter().map(|event| event.what));
            look(&self.port);
        }
        told
    }
}

#[test]
fn a_call_that_comes_in_rings_is_answered_and_ends_with_the_loop_current() {
    let mut line = Line::new(Settings::default());
    line.port.bench.chip(|chip| chip.line.ring = Some(Ring { hz: 25.0, volts_rms: 75.0 }));
    assert_eq!(line.run(1000, |_| {}), [LegEvent::Ringing]);
    line.port.bench.chip(|chip| chip.line.ring = None);
    assert_eq!(line.run(2000, |_| {}), []);
    line.fxo.request(LegRequest::Answer).unwrap();
    let told = line.run(1000, |_| {});
    assert!(told.contains(&LegEvent::Seized), "{told:?}");
    assert!(line.port.bench.chip(|chip| chip.off_hook()));
    let battery = line.port.bench.chip(|chip| std::mem::take(&mut chip.line.battery_volts));
    assert_eq!(line.run(300, |_| {}), []);
    line.port.bench.chip(|chip| chip.line.battery_volts = battery);
    assert_eq!(line.run(1000, |_| {}), [LegEvent::Released(Cause::CustomerReleased)]);
    assert!(!line.port.bench.chip(|chip| chip.off_hook()));
}

#[test]
fn a_call_that_goes_out_is_pulsed_on_the_loop_and_answered_by_the_polarity() {
    let mut line = Line::new(Settings {
        dialling: Dialling::Pulse,
        dial_without_tone: true,
        answer_by: AnswerBy::Polarity,
        ..Settings::default()
    });
    line.fxo.request(LegRequest::Dial("3105".parse().unwrap())).unwrap();
    let (mut closed, mut breaks) = (false, 0);
    let told = line.run(15_000, |port| {
        let now = port.bench.chip(|chip| chip.off_hook());
        breaks += u32::from(closed && !now);
        closed = now;
    });
    assert!(told.contains(&LegEvent::Seized) && told.contains(&LegEvent::Dialled), "{told:?}");
    assert_eq!(breaks, 3 + 1 + 10 + 5);
    line.port.bench.chip(|chip| chip.line.reversed = true);
    let told = line.run(500, |_| {});
    assert_eq!(told, [LegEvent::Answered(AnswerSign::Polarity)]);
    line.fxo.request(LegRequest::Release).unwrap();
    let told = line.run(500, |_| {});
    assert!(matches!(told[..], [LegEvent::Released(Cause::AgentReleased)]), "{told:?}");
    assert!(!line.port.bench.chip(|chip| chip.off_hook()));
}

#[test]
fn a_chip_that_fails_puts_the_line_out_of_order_and_back() {
    let mut line = Line::new(Settings::default());
    line.port.bench.world().broken = true;
    line.run(500, |_| {});
    assert!(matches!(line.fxo.state(), State::Fault(_)), "{:?}", line.fxo.state());
    line.port.bench.world().broken = false;
    line.run(6000, |_| {});
    assert_eq!(line.fxo.state(), State::Idle);
}

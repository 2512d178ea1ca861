//! The pumps on a device in virtual time that is starved, put to sleep, stopped and pulled out.

use super::*;
use crate::elastic::{Between, elastic};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A device at 8 kHz with periods of 80 frames. It hears a count; what it plays is kept.
#[derive(Clone, Default)]
struct Card {
    now_ms: Rc<Cell<u64>>,
    /// Frames heard or played by the device's clock, and moved by us.
    clock: Rc<Cell<u64>>,
    moved: Rc<Cell<u64>>,
    played: Rc<RefCell<Vec<i16>>>,
    next: Rc<Cell<Option<Fault>>>,
    stopped: Rc<Cell<bool>>,
    gone: Rc<Cell<bool>>,
    starts: Rc<Cell<u32>>,
}

/// What the device holds, frames.
const BUFFER: u64 = 320;

impl Card {
    fn pass(&self, ms: u64) {
        self.now_ms.set(self.now_ms.get() + ms);
        if !self.stopped.get() {
            self.clock.set(self.clock.get() + ms * 8);
        }
    }

    fn check(&self) -> Result<(), Fault> {
        match self.gone.get() {
            true => Err(Fault::Gone),
            false => self.next.take().map_or(Ok(()), Err),
        }
    }

    fn now(&self) -> impl Fn() -> Duration + use<> {
        let now = self.now_ms.clone();
        move || Duration::from_millis(now.get())
    }
}

/// The card as a microphone.
struct Ear(Card);

impl Capture for Ear {
    fn period(&self) -> usize {
        80
    }

    fn wait(&mut self) -> Result<bool, Fault> {
        self.0.check()?;
        self.0.pass(if self.0.stopped.get() { 100 } else { 10 });
        Ok(self.0.clock.get() - self.0.moved.get() >= 80)
    }

    fn read(&mut self, samples: &mut [i16]) -> Result<usize, Fault> {
        let there = self.0.clock.get() - self.0.moved.get();
        if there > BUFFER {
            return Err(Fault::Xrun);
        }
        let count = samples.len().min(there as usize);
        for (sample, at) in samples[..count].iter_mut().zip(self.0.moved.get()..) {
            *sample = (at % 10_000) as i16;
        }
        self.0.moved.set(self.0.moved.get() + count as u64);
        Ok(count)
    }

    fn restart(&mut self) -> Result<(), Fault> {
        self.0.starts.set(self.0.starts.get() + 1);
        self.0.moved.set(self.0.clock.get());
        self.0.check()
    }
}

/// The card as a loudspeaker: `moved` runs ahead of `clock`.
struct Mouth(Card);

impl Playback for Mouth {
    fn period(&self) -> usize {
        80
    }

    fn wait(&mut self) -> Result<bool, Fault> {
        self.0.check()?;
        if self.0.clock.get() > self.0.moved.get() {
            return Err(Fault::Xrun);
        }
        self.0.pass(if self.0.stopped.get() { 100 } else { 10 });
        Ok(!self.0.stopped.get())
    }

    fn write(&mut self, samples: &[i16]) -> Result<usize, Fault> {
        // Takes 50 at once, so that a period is never taken whole.
        let count = samples.len().min(50);
        self.0.played.borrow_mut().extend(&samples[..count]);
        self.0.moved.set(self.0.moved.get() + count as u64);
        Ok(count)
    }

    fn restart(&mut self) -> Result<(), Fault> {
        self.0.starts.set(self.0.starts.get() + 1);
        self.0.moved.set(self.0.clock.get() + BUFFER - 80);
        self.0.check()
    }
}

fn to_lines() -> (Inlet, Outlet) {
    elastic(Between { writer_hz: 8_000, reader_hz: 8_000, block: 80, fill_ms: 30 }).unwrap()
}

#[test]
fn a_starved_microphone_is_started_anew_and_the_xrun_counted() {
    let (inlet, outlet) = to_lines();
    let card = Card::default();
    let mut intake = Intake::start(Ear(card.clone()), inlet).unwrap();
    for _ in 0..3 {
        intake.turn(card.now()).unwrap();
    }
    card.pass(200);
    intake.turn(card.now()).unwrap();
    assert_eq!((intake.xruns(), card.starts.get()), (1, 2));
    let before = outlet.waiting();
    intake.turn(card.now()).unwrap();
    assert!(outlet.waiting() > before, "sound comes again");
    card.next.set(Some(Fault::Suspended));
    intake.turn(card.now()).unwrap();
    assert_eq!((intake.xruns(), card.starts.get()), (2, 3));
}

#[test]
fn a_late_turn_takes_all_that_is_there() {
    let (inlet, outlet) = to_lines();
    let card = Card::default();
    let mut intake = Intake::start(Ear(card.clone()), inlet).unwrap();
    card.pass(25);
    intake.turn(card.now()).unwrap();
    assert_eq!((outlet.waiting(), intake.xruns()), (280, 0));
}

#[test]
fn a_device_that_is_pulled_out_or_stands_still_ends_the_pump_with_its_fault() {
    let card = Card::default();
    let mut intake = Intake::start(Ear(card.clone()), to_lines().0).unwrap();
    intake.turn(card.now()).unwrap();
    card.gone.set(true);
    assert_eq!(intake.turn(card.now()), Err(Fault::Gone));
    assert_eq!(Intake::start(Ear(card), to_lines().0).err(), Some(Fault::Gone));

    let card = Card::default();
    let mut intake = Intake::start(Ear(card.clone()), to_lines().0).unwrap();
    card.stopped.set(true);
    let ended = (0..100).find_map(|_| intake.turn(card.now()).err());
    assert_eq!(ended, Some(Fault::Stalled));
    assert!(card.now_ms.get() <= 3_000 && card.starts.get() == 4, "{} ms", card.now_ms.get());
}

#[test]
fn what_the_lines_say_is_played_whole_though_the_device_takes_it_in_pieces() {
    let (mut inlet, outlet) = to_lines();
    let card = Card::default();
    let mut output = Output::start(Mouth(card.clone()), outlet).unwrap();
    for round in 0..400 {
        inlet.write(card.now()(), &[(round % 100) * 100; 40]);
        output.turn(card.now()).unwrap();
        // Two turns of pieces move a period; the card's clock is held to it.
        card.clock.set(card.moved.get() - 240);
    }
    assert_eq!(output.xruns(), 0);
    let played = card.played.borrow();
    let sounding = played.iter().filter(|sample| **sample != 0).count();
    assert!(sounding * 10 > played.len() * 8, "{sounding} of {}", played.len());
}

#[test]
fn a_starved_loudspeaker_is_started_anew_and_a_pulled_one_ends_the_pump() {
    let (_inlet, outlet) = to_lines();
    let card = Card::default();
    let mut output = Output::start(Mouth(card.clone()), outlet).unwrap();
    output.turn(card.now()).unwrap();
    card.pass(500);
    output.turn(card.now()).unwrap();
    assert_eq!((output.xruns(), card.starts.get()), (1, 2));
    output.turn(card.now()).unwrap();
    card.gone.set(true);
    assert_eq!(output.turn(card.now()), Err(Fault::Gone));
}

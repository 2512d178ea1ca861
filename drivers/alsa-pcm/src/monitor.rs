//! A loudspeaker for listening to a line: it plays what both sides say of the line that was chosen.
//!
//! It only ever takes: samples are copied to it after they were recorded, writing never waits, and
//! what a slow device has no room for is dropped there. So a call does not notice it.

use crate::sound::Speaker;
use std::sync::{Arc, Mutex, PoisonError};

/// A loudspeaker at the lines' rate that never waits.
pub trait Loudspeaker: Send {
    /// Plays samples, or drops them.
    fn play(&mut self, samples: &[i16]);
}

impl Loudspeaker for Speaker {
    fn play(&mut self, samples: &[i16]) {
        self.write(samples);
    }
}

/// Chooses the line that is listened to; can be held by many.
#[derive(Clone, Default)]
pub struct MonitorSwitch(Arc<Mutex<Option<String>>>);

impl MonitorSwitch {
    /// Listens to a line, or to none.
    pub fn choose(&self, line: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }

    /// The line that is listened to.
    pub fn chosen(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_on(&self, line: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_deref() == Some(line)
    }
}

/// The loudspeaker and the switch.
pub struct Monitor<L> {
    loudspeaker: L,
    switch: MonitorSwitch,
    mixed: Vec<i16>,
}

impl<L: Loudspeaker> Monitor<L> {
    /// A monitor that listens to nothing yet.
    pub fn new(loudspeaker: L) -> Monitor<L> {
        Monitor { loudspeaker, switch: MonitorSwitch::default(), mixed: Vec::new() }
    }

    /// What chooses the line.
    pub fn switch(&self) -> MonitorSwitch {
        self.switch.clone()
    }

    /// Both sides of a line, in step; played if it is the one.
    pub fn take(&mut self, line: &str, agent: &[i16], customer: &[i16]) {
        if !self.switch.is_on(line) {
            return;
        }
        self.mixed.clear();
        let both = agent.iter().zip(customer);
        self.mixed.extend(both.map(|(agent, customer)| agent.saturating_add(*customer)));
        self.loudspeaker.play(&self.mixed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<i16>>>);

    impl Loudspeaker for Heard {
        fn play(&mut self, samples: &[i16]) {
            self.0.lock().unwrap().extend(samples);
        }
    }

    #[test]
    fn both_sides_of_the_chosen_line_are_heard_and_no_other() {
        let heard = Heard::default();
        let mut monitor = Monitor::new(heard.clone());
        let switch = monitor.switch();
        monitor.take("line-1", &[1; 4], &[10; 4]);
        switch.choose(Some("line-2".into()));
        monitor.take("line-1", &[1; 4], &[10; 4]);
        monitor.take("line-2", &[2, 30_000], &[20, 30_000]);
        assert_eq!(*heard.0.lock().unwrap(), [22, i16::MAX]);
        assert_eq!(switch.chosen().as_deref(), Some("line-2"));
        switch.choose(None);
        monitor.take("line-2", &[2], &[20]);
        assert_eq!(heard.0.lock().unwrap().len(), 2);
    }
}

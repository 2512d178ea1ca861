//! A set of ports, and the block that is due on all of them.
//!
//! All channels of a card run on one clock, so their blocks end at the same millisecond if they began
//! at the same. Opening and hanging up make a channel's block begin anew, so such a port is aligned:
//! its queue is emptied just as the others' blocks end. A round begins when the first of the aligned
//! ports has its block, and waits a moment for the rest of these; one that stays behind is read as
//! its blocks come, and aligned when it is on hook. So no port holds up another.

use crate::port::{Counters, Pace, Port};
use crate::setup::{self, Found, Settings};
use crate::system::{Linux, System};
use line::{BLOCK, LineCard, LineError, LineInterface};
use std::sync::Arc;
use std::time::Duration;

/// One block.
const BLOCK_TIME: Duration = Duration::from_micros(BLOCK as u64 * 125);
/// No port had a block for so long: the round is given up.
const NO_BLOCK: Duration = Duration::from_millis(25);
/// How long the first waits for the rest.
const STRAGGLERS: Duration = Duration::from_millis(3);

/// Ports of DAHDI cards that face an exchange.
pub struct Card<S: System = Linux> {
    system: Arc<S>,
    ports: Vec<Port<S>>,
}

impl Card {
    /// The ports of this machine that face an exchange. A machine without any is no error here.
    pub fn find() -> Result<Vec<Found>, LineError> {
        setup::find(&Linux)
    }

    /// Opens ports by their channels' numbers. One that cannot be opened says why at every block, and
    /// is tried again every second.
    pub fn open(channels: &[u32], settings: &Settings) -> Card {
        Card::on(Linux, channels, settings)
    }
}

impl<S: System> Card<S> {
    /// The same on another system.
    pub fn on(system: S, channels: &[u32], settings: &Settings) -> Card<S> {
        let (system, settings) = (Arc::new(system), Arc::new(settings.clone()));
        let port = |&number| Port::open(system.clone(), number, settings.clone());
        let ports = channels.iter().map(port).collect();
        Card { system, ports }
    }

    /// What did not go as it should at a port, counted from 0.
    pub fn counters(&self, index: usize) -> Option<Counters> {
        self.ports.get(index).map(Port::counters)
    }

    /// Waits until one of the ports whose pace is `wanted` has a block, and says of each of these
    /// whether it has.
    fn look(
        &self,
        wanted: fn(Pace) -> bool,
        wait: Duration,
    ) -> Result<Vec<(usize, bool)>, LineError> {
        let mut asked = Vec::with_capacity(self.ports.len());
        let mut files = Vec::with_capacity(self.ports.len());
        for (index, port) in self.ports.iter().enumerate() {
            if let Some((pace, file)) = port.pace()
                && wanted(pace)
            {
                asked.push(index);
                files.push(file);
            }
        }
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let ready = self.system.readable(&files, wait);
        let ready = ready.map_err(|error| LineError::Driver(error.0))?;
        Ok(asked.into_iter().zip(ready).collect())
    }

    /// Looks for the blocks of aligned ports that are still to come; whether one came.
    fn gather(&mut self, wait: Duration) -> Result<bool, LineError> {
        let looked = self.look(|pace| pace == Pace::Kept(false), wait)?;
        for (index, _) in looked.iter().filter(|(_, ready)| *ready) {
            self.ports[*index].set_pace(Pace::Kept(true));
        }
        Ok(looked.iter().any(|(_, ready)| *ready))
    }

    fn any(&self, wanted: fn(Pace) -> bool) -> bool {
        self.ports.iter().filter_map(Port::pace).any(|(pace, _)| wanted(pace))
    }

    /// Changes the pace of those ports that `change` gives another.
    fn change(&mut self, change: fn(Pace) -> Option<Pace>) {
        for port in &mut self.ports {
            if let Some(pace) = port.pace().and_then(|(pace, _)| change(pace)) {
                port.set_pace(pace);
            }
        }
    }

    /// Aligns what keeps no step with the others and is on hook.
    fn align(&mut self) {
        for port in &mut self.ports {
            if let Some((Pace::Align | Pace::Loose(_), _)) = port.pace() {
                port.align();
            }
        }
    }

    /// Begins a round: from here on, no block is there yet.
    fn begin(&mut self) {
        let keeps = |pace| matches!(pace, Pace::Kept(_) | Pace::Aligned);
        if !self.any(keeps) {
            // With nobody to keep step with, all that are on hook begin now, or else one sets it.
            self.align();
            if !self.any(keeps)
                && let Some(port) = self.ports.iter_mut().find(|port| port.pace().is_some())
            {
                port.set_pace(Pace::Aligned);
            }
        }
        self.change(|pace| match pace {
            Pace::Kept(true) | Pace::Aligned => Some(Pace::Kept(false)),
            _ => None,
        });
    }
}

impl<S: System> LineCard for Card<S> {
    fn ports(&self) -> usize {
        self.ports.len()
    }

    fn port(&mut self, index: usize) -> Option<&mut dyn LineInterface> {
        Some(self.ports.get_mut(index)?)
    }

    fn wait(&mut self) -> Result<(), LineError> {
        if !self.any(|_| true) {
            self.system.pause(BLOCK_TIME);
            return Ok(());
        }
        self.begin();
        let behind = self.gather(Duration::ZERO)?;
        self.ports.iter_mut().for_each(|port| port.set_behind(behind));
        if behind || self.gather(NO_BLOCK)? {
            self.align();
            let late = |pace| pace == Pace::Kept(false);
            while self.any(late) && self.gather(STRAGGLERS)? {}
            self.change(|pace| (pace == Pace::Kept(false)).then_some(Pace::Loose(false)));
        }
        for (index, ready) in self.look(|pace| matches!(pace, Pace::Loose(_)), Duration::ZERO)? {
            self.ports[index].set_pace(Pace::Loose(ready));
        }
        Ok(())
    }
}

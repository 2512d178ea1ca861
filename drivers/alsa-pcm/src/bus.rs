//! The PCM highway of a DAA card: all lines in the slots of one frame, on one clock.
//!
//! The [`Bus`] moves one block of all slots at a time over a [`Highway`], which is ALSA's linked
//! capture and playback streams ([`crate::TdmDevice`]) or, in tests, a card in virtual time. Each
//! port holds a [`Slot`], which is a [`line::Pcm`]. The bus moves when the card waits for the next
//! block ([`Bus::turn`], through [`Slot::wait`]), or when a slot asks for a block that has not come
//! yet, so a card may pace itself by either.
//!
//! * The block that the ports give is written before the next one is waited for; `lead` blocks of
//!   silence run ahead of it, which is how late the thread may be.
//! * A late thread that missed samples (an xrun) starts the streams anew. What is missing by the
//!   highway's clock comes as blocks of silence, so the count of samples keeps to time; no port
//!   hears of it but by the counter.
//! * A bus that has stopped, or a device that is gone, is told to every port, and tried again once a
//!   second.

use crate::trouble::Fault;
use line::{BLOCK, Block, LineError, Pcm};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Slots that one bus may have.
pub const MOST_SLOTS: usize = 64;
/// A block's length.
const BLOCK_TIME: Duration = Duration::from_millis(10);
/// By this much more than a block its due time moves a block, so that a highway whose clock is up
/// to 1000 ppm slower than ours is not taken to be missing samples.
const CREEP: Duration = Duration::from_micros(10);
/// Looks without a sample after which the streams are started anew; a look that took a block's time
/// counts for ten.
const PATIENCE: u32 = 50;
/// Starts in a row that bring no sample before the bus counts as stopped.
const TRIES: u32 = 3;
/// Blocks between two tries to bring back a bus that has stopped.
const RETRY: u32 = 100;
/// Blocks of silence made up for one gap at most: a minute.
const MOST_OWED: u64 = 6_000;

/// Both directions of a device whose frames carry the slots side by side, at 8 kHz.
pub trait Highway: Send {
    /// Time since some fixed instant.
    fn now(&self) -> Duration;
    /// Waits until frames have come, a block's time at most; whether they have.
    fn wait(&mut self) -> Result<bool, Fault>;
    /// Reads whole frames that are there; how many samples. Never waits.
    fn read(&mut self, frames: &mut [i16]) -> Result<usize, Fault>;
    /// Writes whole frames; how many samples were taken. Never waits.
    fn write(&mut self, frames: &[i16]) -> Result<usize, Fault>;
    /// Starts the way out alone anew, with `lead` in front.
    fn restart_playback(&mut self, lead: &[i16]) -> Result<(), Fault>;
    /// Starts both ways anew, opening the device again if it was gone, with `lead` on the way out.
    fn restart(&mut self, lead: &[i16]) -> Result<(), Fault>;
    /// Lets a block's time pass while there is no device.
    fn idle(&mut self);
}

/// What happened on a bus since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BusCounters {
    /// Blocks moved.
    pub blocks: u64,
    /// Blocks of silence in place of samples that were missed.
    pub missed: u64,
    /// Samples missed on the way in: we were too late to read.
    pub overruns: u64,
    /// Silence sent on the way out: we were too late to write.
    pub underruns: u64,
    /// Blocks that found the device's way out full: its two ways are not on one clock.
    pub unsent: u64,
    /// Times that the device stopped or went away.
    pub losses: u64,
}

/// One bus.
pub struct Bus<H> {
    highway: H,
    slots: Vec<Ports>,
    lead: Vec<i16>,
    frames: Vec<i16>,
    /// Whether the ports' blocks are still to be written.
    unsent: bool,
    counters: BusCounters,
    /// When the last block was due: its arrival, had we not been late.
    due: Duration,
    owed: u64,
    starts: u32,
    trouble: Option<(Fault, u32)>,
}

/// One slot's blocks.
#[derive(Clone)]
struct Ports {
    to_line: Block,
    from_line: Block,
    /// Whether `from_line` has not been taken yet.
    fresh: bool,
}

/// One slot of a bus, for the port of a line.
pub struct Slot<H> {
    bus: Arc<Mutex<Bus<H>>>,
    index: usize,
}

impl<H: Highway> Bus<H> {
    /// A bus of so many slots, and each slot. `lead` is how many blocks of silence run ahead of the
    /// way out, 1 to 8. The streams start at the first turn.
    pub fn on(highway: H, slots: usize, lead: usize) -> Vec<Slot<H>> {
        let slots = slots.clamp(1, MOST_SLOTS);
        let silent = Ports { to_line: [0; BLOCK], from_line: [0; BLOCK], fresh: false };
        let bus = Bus {
            highway,
            slots: vec![silent; slots],
            lead: vec![0; lead.clamp(1, 8) * BLOCK * slots],
            frames: vec![0; BLOCK * slots],
            unsent: false,
            counters: BusCounters::default(),
            due: Duration::ZERO,
            owed: 0,
            starts: 0,
            // Not started: brought up at the first turn.
            trouble: Some((Fault::Stalled, RETRY)),
        };
        let bus = Arc::new(Mutex::new(bus));
        (0..slots).map(|index| Slot { bus: bus.clone(), index }).collect()
    }

    /// Sends what the ports gave, and returns when a block of every slot is there; on a fault, after
    /// a block's time.
    pub fn turn(&mut self) -> Result<(), LineError> {
        self.slots.iter_mut().for_each(|slot| slot.fresh = false);
        if let Some((fault, waited)) = self.trouble {
            self.bring_back(fault, waited)?;
        }
        if self.owed > 0 {
            self.owed -= 1;
            self.deliver_silence();
            return Ok(());
        }
        let moved = self.send().and_then(|()| self.receive());
        match moved {
            Ok(true) => {
                self.starts = 0;
                self.deliver();
                Ok(())
            }
            Ok(false) => self.fail(Fault::Stalled),
            Err(fault) => self.fail(fault),
        }
    }

    /// What happened since the bus was opened.
    pub fn counters(&self) -> BusCounters {
        self.counters
    }

    fn send(&mut self) -> Result<(), Fault> {
        if !std::mem::take(&mut self.unsent) {
            return Ok(());
        }
        let count = self.slots.len();
        for (index, slot) in self.slots.iter_mut().enumerate() {
            let frames = self.frames.iter_mut().skip(index).step_by(count);
            frames.zip(&slot.to_line).for_each(|(frame, sample)| *frame = *sample);
            // A port that gives nothing more sends nothing more.
            slot.to_line = [0; BLOCK];
        }
        match self.highway.write(&self.frames) {
            // The device's buffer is larger than the lead and one block.
            Ok(taken) if taken < self.frames.len() => {
                self.counters.unsent += 1;
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(fault) if fault.passes() => {
                // What has been captured is worth more than what is to be said: the way in goes on.
                self.counters.underruns += 1;
                self.highway.restart_playback(&self.lead)
            }
            Err(fault) => Err(fault),
        }
    }

    /// Reads one block of all slots; false if none came in time.
    fn receive(&mut self) -> Result<bool, Fault> {
        let (mut got, mut looks) = (0, 0);
        while got < self.frames.len() {
            match self.highway.read(&mut self.frames[got..])? {
                0 if looks >= PATIENCE => return Ok(false),
                0 => looks += if self.highway.wait()? { 1 } else { 10 },
                read => got += read,
            }
        }
        Ok(true)
    }

    fn deliver(&mut self) {
        let count = self.slots.len();
        for (index, slot) in self.slots.iter_mut().enumerate() {
            let frames = self.frames.iter().skip(index).step_by(count);
            slot.from_line.iter_mut().zip(frames).for_each(|(sample, frame)| *sample = *frame);
            slot.fresh = true;
        }
        self.unsent = true;
        self.counters.blocks += 1;
        self.due = (self.due + BLOCK_TIME + CREEP).min(self.highway.now());
    }

    fn deliver_silence(&mut self) {
        for slot in &mut self.slots {
            slot.from_line = [0; BLOCK];
            slot.fresh = true;
        }
        self.counters.blocks += 1;
        self.counters.missed += 1;
    }

    /// A stream broke down: starts it anew, or tells that it does not go on.
    fn fail(&mut self, fault: Fault) -> Result<(), LineError> {
        self.starts += 1;
        if !fault.passes() || self.starts > TRIES {
            self.counters.losses += 1;
            self.trouble = Some((fault, 0));
            return Err(fault.into());
        }
        self.counters.overruns += 1;
        if let Err(fault) = self.highway.restart(&self.lead) {
            self.counters.losses += 1;
            self.trouble = Some((fault, 0));
            return Err(fault.into());
        }
        // The new streams' first sample is one of now; what was due before is missing.
        let now = self.highway.now();
        let missing = now.saturating_sub(self.due).as_nanos() / BLOCK_TIME.as_nanos();
        self.owed = u64::try_from(missing).unwrap_or(u64::MAX).clamp(1, MOST_OWED) - 1;
        self.due = now;
        self.deliver_silence();
        Ok(())
    }

    fn bring_back(&mut self, fault: Fault, waited: u32) -> Result<(), LineError> {
        if waited < RETRY {
            self.trouble = Some((fault, waited + 1));
            self.highway.idle();
            return Err(fault.into());
        }
        if let Err(fault) = self.highway.restart(&self.lead) {
            self.trouble = Some((fault, 0));
            self.highway.idle();
            return Err(fault.into());
        }
        (self.trouble, self.unsent, self.owed, self.starts) = (None, false, 0, 0);
        self.due = self.highway.now();
        Ok(())
    }
}

impl<H: Highway> Slot<H> {
    /// Returns when the next block of the whole bus is there: a card's wait.
    pub fn wait(&self) -> Result<(), LineError> {
        self.lock().turn()
    }

    /// What happened on the bus since it was opened.
    pub fn counters(&self) -> BusCounters {
        self.lock().counters()
    }

    /// All slots are served by one thread; a panic in it says nothing about the bus.
    fn lock(&self) -> MutexGuard<'_, Bus<H>> {
        self.bus.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H: Highway> Pcm for Slot<H> {
    fn exchange(&mut self, to_line: &Block, from_line: &mut Block) -> Result<(), LineError> {
        *from_line = [0; BLOCK];
        let mut bus = self.lock();
        if !bus.slots.get(self.index).is_some_and(|slot| slot.fresh) {
            bus.turn()?;
        }
        if let Some(slot) = bus.slots.get_mut(self.index) {
            slot.to_line = *to_line;
            *from_line = slot.from_line;
            slot.fresh = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

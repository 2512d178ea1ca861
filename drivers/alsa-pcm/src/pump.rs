//! One sound device at work: what it captures goes into an [`Inlet`], what it plays comes out of an
//! [`Outlet`], a period at a time.
//!
//! Xruns, sleeps of the machine and stalls are mended here and counted; what a fresh start does not
//! mend ends the pump with its fault, and whoever runs it opens the device again. The device is a
//! [`Capture`] or a [`Playback`], ALSA's or, in tests, one in virtual time.

use crate::elastic::{Inlet, Outlet};
use crate::trouble::Fault;
use std::time::Duration;

/// A device that hears. Samples are of one channel.
pub trait Capture {
    /// Frames that it hands over at once.
    fn period(&self) -> usize;
    /// Waits until some are there, a tenth of a second at most; whether they are.
    fn wait(&mut self) -> Result<bool, Fault>;
    /// Reads what is there; how many. Never waits.
    fn read(&mut self, samples: &mut [i16]) -> Result<usize, Fault>;
    /// Starts, or starts anew.
    fn restart(&mut self) -> Result<(), Fault>;
}

/// A device that sounds. Samples are of one channel.
pub trait Playback {
    /// Frames that it takes at once.
    fn period(&self) -> usize;
    /// Waits until it has room for a period, a tenth of a second at most; whether it has.
    fn wait(&mut self) -> Result<bool, Fault>;
    /// Writes; how many it took. Never waits.
    fn write(&mut self, samples: &[i16]) -> Result<usize, Fault>;
    /// Starts, or starts anew, behind silence that fills it but for a period.
    fn restart(&mut self) -> Result<(), Fault>;
}

/// Waits without a sample after which a stream is started anew: half a second.
const PATIENCE: u32 = 5;
/// Starts in a row without a sample before a device counts as out of order.
const TRIES: u32 = 3;

/// What to do about what a stream meets.
#[derive(Debug, Default)]
struct Recovery {
    quiet: u32,
    starts: u32,
    xruns: u64,
}

impl Recovery {
    fn moved(&mut self) {
        (self.quiet, self.starts) = (0, 0);
    }

    /// A wait that brought nothing.
    fn waited(&mut self) -> Result<(), Fault> {
        self.quiet += 1;
        if self.quiet > PATIENCE { Err(Fault::Stalled) } else { Ok(()) }
    }

    /// Whether to start anew after a fault.
    fn broke(&mut self, fault: Fault) -> Result<(), Fault> {
        self.quiet = 0;
        self.starts += 1;
        if !fault.passes() || self.starts > TRIES {
            return Err(fault);
        }
        self.xruns += 1;
        Ok(())
    }
}

/// A capturing device at work.
pub struct Intake<C> {
    device: C,
    to: Inlet,
    samples: Vec<i16>,
    recovery: Recovery,
}

impl<C: Capture> Intake<C> {
    /// Over a device; starts it.
    pub fn start(mut device: C, to: Inlet) -> Result<Self, Fault> {
        device.restart()?;
        let samples = vec![0; device.period().max(1)];
        Ok(Intake { device, to, samples, recovery: Recovery::default() })
    }

    /// Waits for sound and hands it on. `now` is asked after the wait. An error ends the pump.
    pub fn turn(&mut self, now: impl Fn() -> Duration) -> Result<(), Fault> {
        match self.carry(now) {
            Ok(()) => Ok(()),
            Err(fault) => {
                self.recovery.broke(fault)?;
                self.device.restart()
            }
        }
    }

    /// Times that samples were missed.
    pub fn xruns(&self) -> u64 {
        self.recovery.xruns
    }

    fn carry(&mut self, now: impl Fn() -> Duration) -> Result<(), Fault> {
        if !self.device.wait()? {
            return self.recovery.waited();
        }
        // All that is there, so that a late turn catches up at once.
        loop {
            let count = self.device.read(&mut self.samples)?;
            if count == 0 {
                return self.recovery.waited();
            }
            self.recovery.moved();
            self.to.write(now(), &self.samples[..count]);
            if count < self.samples.len() {
                return Ok(());
            }
        }
    }
}

/// A playing device at work.
pub struct Output<P> {
    device: P,
    from: Outlet,
    samples: Vec<i16>,
    /// What the device has not taken yet of `samples`, from here on.
    at: usize,
    recovery: Recovery,
}

impl<P: Playback> Output<P> {
    /// Over a device; starts it. `from` reads in blocks of the device's period.
    pub fn start(mut device: P, from: Outlet) -> Result<Self, Fault> {
        device.restart()?;
        let samples = vec![0; device.period().max(1)];
        let at = samples.len();
        Ok(Output { device, from, samples, at, recovery: Recovery::default() })
    }

    /// Waits until the device has room and fills it. An error ends the pump.
    pub fn turn(&mut self, now: impl Fn() -> Duration) -> Result<(), Fault> {
        match self.carry(now) {
            Ok(()) => Ok(()),
            Err(fault) => {
                self.recovery.broke(fault)?;
                self.device.restart()
            }
        }
    }

    /// Times that silence was heard in between.
    pub fn xruns(&self) -> u64 {
        self.recovery.xruns
    }

    fn carry(&mut self, now: impl Fn() -> Duration) -> Result<(), Fault> {
        if !self.device.wait()? {
            return self.recovery.waited();
        }
        if self.at == self.samples.len() {
            self.from.read(now(), &mut self.samples);
            self.at = 0;
        }
        match self.device.write(&self.samples[self.at..])? {
            0 => self.recovery.waited(),
            count => {
                self.at += count;
                self.recovery.moved();
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;

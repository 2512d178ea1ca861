//! The two pins of a chip besides its buses: RESET, active low, and AOUT/INT, active low.

use crate::fault::Fault;
use embedded_hal::digital::{Error, InputPin, OutputPin};

/// What of the two is wired.
pub trait Pins {
    /// Whether RESET is ours to drive; otherwise the chip is reset by its register.
    const RESETS: bool;

    /// Holds the chip in reset, or lets it go.
    fn hold_reset(&mut self, held: bool) -> Result<(), Fault>;

    /// Whether an interrupt may be pending; always, where the pin is not wired or cannot be read.
    fn interrupted(&mut self) -> bool;
}

/// Neither: RESET is shared by a chain, which the board resets as a whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwired;

impl Pins for Unwired {
    const RESETS: bool = false;

    fn hold_reset(&mut self, _: bool) -> Result<(), Fault> {
        Ok(())
    }

    fn interrupted(&mut self) -> bool {
        true
    }
}

/// RESET only; interrupts are asked for by register.
#[derive(Debug)]
pub struct Reset<R>(pub R);

impl<R: OutputPin> Pins for Reset<R> {
    const RESETS: bool = true;

    fn hold_reset(&mut self, held: bool) -> Result<(), Fault> {
        drive(&mut self.0, held)
    }

    fn interrupted(&mut self) -> bool {
        true
    }
}

/// Both.
#[derive(Debug)]
pub struct ResetAndInterrupt<R, I>(pub R, pub I);

impl<R: OutputPin, I: InputPin> Pins for ResetAndInterrupt<R, I> {
    const RESETS: bool = true;

    fn hold_reset(&mut self, held: bool) -> Result<(), Fault> {
        drive(&mut self.0, held)
    }

    fn interrupted(&mut self) -> bool {
        self.1.is_low().unwrap_or(true)
    }
}

fn drive(pin: &mut impl OutputPin, held: bool) -> Result<(), Fault> {
    let driven = if held { pin.set_low() } else { pin.set_high() };
    driven.map_err(|error| Fault::Pin(error.kind()))
}

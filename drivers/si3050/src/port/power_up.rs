//! From reset to a telephone on hook, a step a block: reset, settings, line side, link.

use super::{LOOK, ON_HOOK_SETTLES, Phase, Port};
use crate::fault::Fault;
use crate::pins::Pins;
use embedded_hal::spi::SpiDevice;
use line::Hook;

/// Blocks for which the line side's link is waited for: 1 s.
const FRAME_WAIT: u16 = 100;

impl<SPI: SpiDevice, PINS: Pins, PCM> Port<SPI, PINS, PCM> {
    /// One step.
    pub(super) fn power_up(&mut self) -> Result<(), Fault> {
        self.phase = match self.phase {
            Phase::Reset => {
                if PINS::RESETS {
                    self.pins.hold_reset(true)?;
                } else {
                    self.chip.soft_reset()?;
                }
                Phase::Released
            }
            // The PLL locks within 1 ms of the reset's end; a block is enough.
            Phase::Released => {
                self.pins.hold_reset(false)?;
                Phase::Configure
            }
            Phase::Configure => {
                self.chip.identify()?;
                self.chip.configure()?;
                self.chip.power_line_side()?;
                Phase::LineSide { waited: 0 }
            }
            Phase::LineSide { waited } => {
                if self.chip.frame_detected()? {
                    self.connect()?;
                    Phase::Running
                } else if waited < FRAME_WAIT {
                    Phase::LineSide { waited: waited + 1 }
                } else {
                    return Err(Fault::NoFrame);
                }
            }
            other => other,
        };
        Ok(())
    }

    /// The link runs: the chip becomes a telephone on hook.
    fn connect(&mut self) -> Result<(), Fault> {
        let line_side = self.chip.line_side()?;
        self.chip.set_full_scale(line_side)?;
        self.chip.set_hook(Hook::On)?;
        self.chip.take_interrupts()?;
        self.line_side = Some(line_side);
        self.hook = Hook::On;
        self.closing_in = None;
        self.pulsing = false;
        self.strange = 0;
        self.look_in = LOOK;
        self.watch.moved(ON_HOOK_SETTLES);
        self.fault = None;
        Ok(())
    }
}

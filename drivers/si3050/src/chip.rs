//! The chip as an instrument: what can be asked of it, and what it shows. Each method is a few
//! register accesses and none waits.

use crate::bus::Bus;
use crate::fault::Fault;
use crate::registers::{
    Register, ac_termination, control_1, daa_control_1, daa_control_2, daa_control_5,
    device_revision, international_2, international_4, line_side_status, resistor_calibration,
};
use crate::settings::Settings;
use embedded_hal::spi::SpiDevice;
use line::Hook;

/// What sits behind the isolation barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineSide {
    /// Si3018: 600 Ω and a global complex impedance.
    Si3018,
    /// Si3019: every impedance, +3.2 dBm.
    Si3019,
    /// Si3011: for TBR 21 and FCC lines.
    Si3011,
    /// Another; its number.
    Other(u8),
}

/// What the line shows at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Ringing voltage, now.
    pub ringing: bool,
    /// The ring is one, by the chip's own validation.
    pub valid: bool,
    /// Tip less ring, in volts; 0 below 3 V.
    pub volts: i8,
    /// Loop current in mA.
    pub milliamperes: u16,
}

/// One Si3050 with its line side.
#[derive(Debug)]
pub struct Chip<SPI> {
    bus: Bus<SPI>,
    settings: Settings,
}

impl<SPI: SpiDevice> Chip<SPI> {
    /// A chip that has not been spoken to yet.
    pub fn new(spi: SPI, settings: Settings) -> Self {
        Chip { bus: Bus::new(spi, settings.position), settings }
    }

    /// Resets every register. The chip is silent for some 1 ms afterwards.
    pub fn soft_reset(&mut self) -> Result<(), Fault> {
        self.bus.write(Register::CONTROL_1, control_1::SR)
    }

    /// Proves that a chip answers, by a register that harms nobody: the receive slot.
    pub fn identify(&mut self) -> Result<(), Fault> {
        let register = Register::PCM_RECEIVE_START_LOW;
        for pattern in [0x5a, 0xa5] {
            self.bus.write(register, pattern)?;
            match self.bus.read(register)? {
                read if read == pattern => {}
                silent @ (0x00 | 0xff) => return Err(Fault::Absent(silent)),
                read => return Err(Fault::Disagrees { register, wrote: pattern, read }),
            }
        }
        Ok(())
    }

    /// Writes the settings, and proves each.
    pub fn configure(&mut self) -> Result<(), Fault> {
        let registers = self.settings.registers();
        registers
            .iter()
            .try_for_each(|&(register, value, mask)| self.bus.settle(register, value, mask))
    }

    /// Powers the line side; its link is there some milliseconds later.
    pub fn power_line_side(&mut self) -> Result<(), Fault> {
        self.bus.settle(Register::DAA_CONTROL_2, 0, daa_control_2::PDL | daa_control_2::PDN)
    }

    /// Whether the link to the line side runs.
    pub fn frame_detected(&mut self) -> Result<bool, Fault> {
        Ok(self.bus.read(Register::LINE_SIDE_STATUS)? & line_side_status::FDT != 0)
    }

    /// What the line side is. To be asked when the link runs.
    pub fn line_side(&mut self) -> Result<LineSide, Fault> {
        Ok(match (self.bus.read(Register::DEVICE_REVISION)? & device_revision::LSID) >> 4 {
            1 => LineSide::Si3018,
            3 => LineSide::Si3019,
            4 => LineSide::Si3011,
            other => LineSide::Other(other),
        })
    }

    /// Sets full scale to +3.2 dBm where the line side can, so that full scale on the highway is
    /// what G.711 says it is; others stay at 0 dBm, and need their gains set.
    pub fn set_full_scale(&mut self, line_side: LineSide) -> Result<(), Fault> {
        if line_side != LineSide::Si3019 {
            return Ok(());
        }
        let value = self.daa_control_5(daa_control_5::FOH_128_MS) | daa_control_5::FULL;
        self.bus.settle(Register::DAA_CONTROL_5, value, 0xff)
    }

    /// The impedance that is presented to the line (ACIM).
    pub fn impedance(&self) -> u8 {
        self.settings.termination.impedance
    }

    /// Presents another impedance to the line (ACIM), now and after a restart.
    pub fn set_impedance(&mut self, acim: u8) -> Result<(), Fault> {
        let acim = acim & ac_termination::ACIM;
        self.bus.settle(Register::AC_TERMINATION_CONTROL, acim, 0xff)?;
        self.settings.termination.impedance = acim;
        Ok(())
    }

    /// Opens or closes the loop. On hook the receive path goes on hearing the line (ONHM), so that
    /// caller ID comes through.
    pub fn set_hook(&mut self, hook: Hook) -> Result<(), Fault> {
        self.bus.write(Register::DAA_CONTROL_1, hook_bits(hook))
    }

    /// Prepares for fast changes of the hook switch (dial pulses): the shortest off-hook counter and
    /// no calibrations; or sets both back.
    pub fn set_pulsing(&mut self, pulsing: bool, line_side: LineSide) -> Result<(), Fault> {
        let (calibrate, no_resistor) =
            if pulsing { (international_2::CALD, resistor_calibration::RCALD) } else { (0, 0) };
        let counter = if pulsing { daa_control_5::FOH_8_MS } else { daa_control_5::FOH_128_MS };
        let full = if line_side == LineSide::Si3019 { daa_control_5::FULL } else { 0 };
        let kept = self.bus.read(Register::INTERNATIONAL_CONTROL_2)? & !international_2::CALD;
        self.bus.write(Register::INTERNATIONAL_CONTROL_2, kept | calibrate)?;
        self.bus.write(Register::RESISTOR_CALIBRATION, no_resistor)?;
        self.bus.write(Register::DAA_CONTROL_5, self.daa_control_5(counter) | full)
    }

    /// Lets the chip open the loop by itself when its current is far too high. To be switched off
    /// before going off hook, and on some 25 ms after.
    pub fn set_overload_protection(&mut self, on: bool) -> Result<(), Fault> {
        let kept = self.bus.read(Register::INTERNATIONAL_CONTROL_2)? & !international_2::OPE;
        let ope = if on { international_2::OPE } else { 0 };
        self.bus.write(Register::INTERNATIONAL_CONTROL_2, kept | ope)
    }

    /// Whether the overload protection has opened the loop.
    pub fn overloaded(&mut self) -> Result<bool, Fault> {
        let status = self.bus.read(Register::INTERNATIONAL_CONTROL_4)?;
        Ok(status & international_4::OPD != 0)
    }

    /// What has happened since it was last asked; asking clears it.
    pub fn take_interrupts(&mut self) -> Result<u8, Fault> {
        let pending = self.bus.read(Register::INTERRUPT_SOURCE)?;
        if pending != 0 {
            self.bus.write(Register::INTERRUPT_SOURCE, !pending)?;
        }
        Ok(pending)
    }

    /// Register 5 as it is, to be held against [`hook_bits`].
    pub fn hook_status(&mut self) -> Result<u8, Fault> {
        self.bus.read(Register::DAA_CONTROL_1)
    }

    /// What the line shows now; `status` is register 5.
    pub fn reading(&mut self, status: u8, hook: Hook) -> Result<Reading, Fault> {
        let volts = self.bus.read(Register::LINE_VOLTAGE_STATUS)?.cast_signed();
        let milliamperes = match hook {
            Hook::On => 0,
            Hook::Off => milliamperes(self.bus.read(Register::LOOP_CURRENT_STATUS)?),
        };
        Ok(Reading {
            ringing: status & (daa_control_1::RDTN | daa_control_1::RDTP) != 0,
            valid: status & daa_control_1::RDT != 0,
            volts,
            milliamperes,
        })
    }

    /// Whether the chip still has what it was told: the line side powered.
    pub fn line_side_powered(&mut self) -> Result<bool, Fault> {
        Ok(self.bus.read(Register::DAA_CONTROL_2)? & daa_control_2::PDL == 0)
    }

    fn daa_control_5(&self, counter: u8) -> u8 {
        let (_, ohs2, _) = self.settings.termination.on_hook_speed.bits();
        counter | daa_control_5::FILT | ohs2
    }
}

/// What register 5 holds for a position of the hook switch.
pub const fn hook_bits(hook: Hook) -> u8 {
    match hook {
        Hook::On => daa_control_1::ONHM,
        Hook::Off => daa_control_1::ONHM | daa_control_1::OH,
    }
}

/// LCS2 counts in steps of 1.1 mA.
const fn milliamperes(steps: u8) -> u16 {
    steps as u16 * 11 / 10
}

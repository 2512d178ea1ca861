//! The chip as a port of a line card.
//!
//! Everything goes by blocks of 10 ms and nothing waits: power-up is a step a block, so a chip that
//! fails and comes back does not hold up the lines beside it. While it is not there, each exchange
//! says why, and every [`RETRY`] blocks it is started anew.
//!
//! A block costs some four register accesses: the hook register (ringing, and whether the chip still
//! is where it was put), the line voltage, off hook the loop current, and the pending interrupts
//! unless their pin says that there are none.

mod power_up;

use crate::chip::{Chip, LineSide, Reading, hook_bits};
use crate::country::IMPEDANCES;
use crate::fault::Fault;
use crate::pins::Pins;
use crate::registers::{daa_control_1, interrupt};
use crate::settings::Settings;
use crate::watch::Watch;
use embedded_hal::delay::DelayNs;
use embedded_hal::spi::SpiDevice;
use line::{BLOCK, Block, Hook, Impedance, LineError, LineEvent, LineInterface, LoopState, Pcm};

/// The interrupts that pull the pin.
pub(crate) const INTERRUPTS: u8 = interrupt::FDT | interrupt::LCSO | interrupt::DOD;

const BLOCK_MS: u16 = 10;
/// Blocks until a port that failed is started anew: 1 s.
const RETRY: u16 = 100;
/// Blocks until a port that opened its loop for an overload is started anew: 30 s.
const AFTER_OVERLOAD: u16 = 3000;
/// Blocks between two looks at the link and at the overload protection.
const LOOK: u16 = 16;
/// Answers without sense, in a row, after which the chip is taken for lost.
const PATIENCE: u8 = 5;
/// Blocks after closing the loop in which voltage and current say nothing: the off-hook counter of
/// 128 ms and both calibrations.
const OFF_HOOK_SETTLES: u16 = 45;
/// Blocks after opening it.
const ON_HOOK_SETTLES: u16 = 20;
/// Blocks after a flash or a dial pulse: the off-hook counter is 8 ms then.
const FLASH_SETTLES: u16 = 10;
/// Blocks after going off hook until the overload protection may be on: 30 ms.
const PROTECT: u8 = 3;
/// The loop current that is no longer one.
const OVERLOAD_MA: u16 = 280;

/// One FXO port: chip, pins and audio.
#[derive(Debug)]
pub struct Port<SPI: SpiDevice, PINS: Pins, PCM> {
    chip: Chip<SPI>,
    pins: PINS,
    pcm: PCM,
    phase: Phase,
    fault: Option<Fault>,
    faults: u32,
    line_side: Option<LineSide>,
    reading: Option<Reading>,
    watch: Watch,
    hook: Hook,
    now: u64,
    /// Blocks until the loop is closed again after a flash.
    closing_in: Option<u16>,
    pulsing: bool,
    protect_in: u8,
    look_in: u16,
    strange: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Reset,
    Released,
    Configure,
    LineSide { waited: u16 },
    Running,
    Failed { blocks: u16 },
}

impl<SPI: SpiDevice, PINS: Pins, PCM> Port<SPI, PINS, PCM> {
    /// A port that starts with its first blocks, and tells [`Fault::Starting`] until it has.
    pub fn new(spi: SPI, pins: PINS, pcm: PCM, settings: Settings) -> Self {
        Port {
            chip: Chip::new(spi, settings),
            pins,
            pcm,
            phase: Phase::Reset,
            fault: Some(Fault::Starting),
            faults: 0,
            line_side: None,
            reading: None,
            watch: Watch::new(settings.parallel),
            hook: Hook::On,
            now: 0,
            closing_in: None,
            pulsing: false,
            protect_in: 0,
            look_in: LOOK,
            strange: 0,
        }
    }

    /// Starts the port now, which takes some 50 ms, 1 s at most. PCLK and FSYNC must run.
    pub fn start(&mut self, delay: &mut impl DelayNs) -> Result<(), Fault> {
        self.phase = Phase::Reset;
        loop {
            match (self.serve(), self.phase) {
                (Err(fault), Phase::Failed { .. }) => return Err(fault),
                (_, Phase::Running) => return Ok(()),
                _ => delay.delay_ms(BLOCK_MS.into()),
            }
        }
    }

    /// Why the port does not work; `None` while it does.
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// How often it has failed; starts that fail one after the other are one failure.
    pub fn faults(&self) -> u32 {
        self.faults
    }

    /// What sits behind the isolation barrier, once the port runs.
    pub fn line_side(&self) -> Option<LineSide> {
        self.line_side
    }

    /// The audio half.
    pub fn pcm(&self) -> &PCM {
        &self.pcm
    }

    /// What is known of the line.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// One block of the chip's life.
    fn serve(&mut self) -> Result<(), Fault> {
        if let Phase::Failed { blocks } = self.phase {
            self.phase = match blocks {
                0 => Phase::Reset,
                _ => Phase::Failed { blocks: blocks - 1 },
            };
        }
        let served = match self.phase {
            Phase::Running => self.run(),
            Phase::Failed { .. } => Ok(()),
            _ => self.power_up(),
        };
        if let Err(fault) = served {
            self.fail(fault);
        }
        self.fault.map_or(Ok(()), Err)
    }

    fn fail(&mut self, fault: Fault) {
        let blocks = match fault {
            Fault::Overload => AFTER_OVERLOAD,
            _ => RETRY,
        };
        self.phase = Phase::Failed { blocks };
        if matches!(self.fault, None | Some(Fault::Starting)) {
            self.faults = self.faults.saturating_add(1);
        }
        self.fault = Some(fault);
        self.reading = None;
        self.hook = Hook::On;
        self.closing_in = None;
        // Whatever state the chip is in, its loop shall be open. In reset it is.
        let opened = self.chip.set_hook(Hook::On);
        if opened.is_err() || fault != Fault::Overload {
            let _ = self.pins.hold_reset(true);
        }
    }

    fn run(&mut self) -> Result<(), Fault> {
        self.close_after_flash()?;
        let status = self.chip.hook_status()?;
        if !self.sane(status)? {
            return Ok(());
        }
        let pending = if self.pins.interrupted() { self.chip.take_interrupts()? } else { 0 };
        let switch = if self.closing_in.is_some() { Hook::On } else { self.hook };
        let reading = self.chip.reading(status, switch)?;
        self.look_in = self.look_in.saturating_sub(1);
        if self.look_in == 0 || pending & (interrupt::FDT | interrupt::LCSO) != 0 {
            self.look_in = LOOK;
            if !self.chip.frame_detected()? {
                return Err(Fault::FrameLost);
            }
            if switch == Hook::Off && self.chip.overloaded()? {
                return Err(Fault::Overload);
            }
        }
        if reading.milliamperes >= OVERLOAD_MA {
            return Err(Fault::Overload);
        }
        self.reading = Some(reading);
        self.watch.see(self.now, switch, reading);
        self.protect()
    }

    /// Whether register 5 is what was put there. One stray answer is passed over; a chip that was
    /// reset behind our back is found out; one that only lost its hook bits is set right.
    fn sane(&mut self, status: u8) -> Result<bool, Fault> {
        let switch = if self.closing_in.is_some() { Hook::On } else { self.hook };
        let hook = daa_control_1::OH | daa_control_1::ONHM;
        let torn = status & daa_control_1::RESERVED != 0;
        if !torn && status & hook == hook_bits(switch) {
            self.strange = 0;
            return Ok(true);
        }
        self.strange += 1;
        if self.strange >= PATIENCE {
            return Err(Fault::Garbled);
        }
        if !torn {
            if !self.chip.line_side_powered()? {
                return Err(Fault::Restarted);
            }
            self.chip.set_hook(switch)?;
        }
        Ok(false)
    }

    fn close_after_flash(&mut self) -> Result<(), Fault> {
        match self.closing_in {
            Some(0) => {
                self.closing_in = None;
                self.chip.set_hook(Hook::Off)?;
                self.protect_in = PROTECT;
            }
            Some(blocks) => self.closing_in = Some(blocks - 1),
            None => {}
        }
        Ok(())
    }

    fn protect(&mut self) -> Result<(), Fault> {
        if self.hook == Hook::Off && self.closing_in.is_none() && self.protect_in > 0 {
            self.protect_in -= 1;
            if self.protect_in == 0 {
                self.chip.set_overload_protection(true)?;
            }
        }
        Ok(())
    }

    fn switch(&mut self, hook: Hook) -> Result<(), Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if hook == self.hook && self.closing_in.is_none() {
            return Ok(());
        }
        if hook == Hook::Off && self.pulsing {
            self.chip.set_pulsing(false, self.line_side.unwrap_or(LineSide::Other(0)))?;
            self.pulsing = false;
        }
        self.chip.set_overload_protection(false)?;
        self.chip.set_hook(hook)?;
        self.closing_in = None;
        self.hook = hook;
        let (settles, protect_in) = match hook {
            Hook::Off => (OFF_HOOK_SETTLES, PROTECT),
            Hook::On => (ON_HOOK_SETTLES, 0),
        };
        self.watch.moved(settles);
        self.protect_in = protect_in;
        Ok(())
    }

    fn open_for(&mut self, ms: u16) -> Result<(), Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if !self.pulsing {
            self.chip.set_pulsing(true, self.line_side.unwrap_or(LineSide::Other(0)))?;
            self.pulsing = true;
        }
        self.chip.set_overload_protection(false)?;
        self.chip.set_hook(Hook::On)?;
        let blocks = ms.div_ceil(BLOCK_MS).max(1);
        self.closing_in = Some(blocks - 1);
        self.watch.moved(blocks.saturating_add(FLASH_SETTLES));
        Ok(())
    }

    /// What a command to the chip came to; a fault puts the port out of order at once.
    fn told(&mut self, result: Result<(), Fault>) -> Result<(), LineError> {
        result.map_err(|fault| {
            if self.fault.is_none() {
                self.fail(fault);
            }
            LineError::from(fault)
        })
    }
}

impl<SPI, PINS, PCM> LineInterface for Port<SPI, PINS, PCM>
where
    SPI: SpiDevice + Send,
    PINS: Pins + Send,
    PCM: Pcm,
{
    fn exchange(&mut self, to_line: &Block, from_line: &mut Block) -> Result<(), LineError> {
        // The highway's clock goes on whatever becomes of the chip.
        let moved = self.pcm.exchange(to_line, from_line);
        self.now += BLOCK as u64;
        let served = self.serve();
        if served.is_err() {
            *from_line = [0; BLOCK];
        }
        served?;
        moved
    }

    fn next_event(&mut self) -> Option<LineEvent> {
        self.watch.next_event()
    }

    fn set_hook(&mut self, hook: Hook) -> Result<(), LineError> {
        let switched = self.switch(hook);
        self.told(switched)
    }

    /// In steps of 10 ms, at least one.
    fn flash(&mut self, ms: u16) -> Result<(), LineError> {
        if self.hook == Hook::On {
            return Err(LineError::Unsupported);
        }
        let opened = self.open_for(ms);
        self.told(opened)
    }

    /// In steps of 1 V and 1.1 mA.
    fn loop_state(&mut self) -> LoopState {
        self.reading.map_or_else(LoopState::default, |reading| LoopState {
            millivolts: Some(i32::from(reading.volts) * 1000),
            microamps: Some(i32::from(reading.milliamperes) * 1000),
        })
    }

    fn impedances(&self) -> &'static [Impedance] {
        match self.line_side {
            Some(LineSide::Si3019) => &IMPEDANCES,
            _ => &[],
        }
    }

    fn impedance(&self) -> Option<Impedance> {
        self.impedances().get(usize::from(self.chip.impedance())).copied()
    }

    fn set_impedance(&mut self, impedance: Impedance) -> Result<(), LineError> {
        let known = self.impedances().iter().position(|known| *known == impedance);
        let acim = known.ok_or(LineError::Unsupported)? as u8;
        let set = match self.fault {
            Some(fault) => Err(fault),
            None => self.chip.set_impedance(acim),
        };
        self.told(set)
    }
}

impl<SPI: SpiDevice, PINS: Pins, PCM> Drop for Port<SPI, PINS, PCM> {
    fn drop(&mut self) {
        if self.chip.set_hook(Hook::On).is_err() || self.fault.is_some() {
            let _ = self.pins.hold_reset(true);
        }
    }
}

//! The Si3050s of a board as a line card.

use super::{Output, PinError};
use crate::{Chip, Lines};
use embedded_hal::digital::OutputPin;
use embedded_hal::spi::SpiDevice;
use line::{BLOCK, LineCard, LineError, LineInterface, Pcm};
use linux_embedded_hal::SpidevDevice;
use linux_embedded_hal::spidev::{SpiModeFlags, SpidevOptions};
use si3050::{Country, Fault, Port, Position, Settings, Unwired};
use std::time::Duration;

/// The SPI clock: far below the chip's limit, far above what its polling needs.
const SPI_HZ: u32 = 4_000_000;
/// How long the shared reset is held.
const RESET: Duration = Duration::from_millis(5);
/// Blocks in which every chip has started or has said why not: its line side is given 1 s.
const STARTING: u32 = 150;

/// A slot of a PCM highway that tells when the whole highway's next block is due.
pub trait Paced: Pcm {
    /// Returns when it is, or, on a fault, after a block's time.
    fn wait(&self) -> Result<(), LineError>;
}

/// Ports on one highway, whose clock is theirs.
pub struct DaaCard<SPI: SpiDevice, PCM> {
    ports: Vec<Port<SPI, Unwired, PCM>>,
    /// Let go for as long as the card is used.
    _reset: Option<Output>,
}

impl<SPI: SpiDevice + Send, PCM: Paced> DaaCard<SPI, PCM> {
    /// A card of ports, which are given the time to start. A chip that does not is a port out of
    /// order, and comes back by itself; that none of them does is a mistake, and told.
    pub fn start(
        ports: Vec<Port<SPI, Unwired, PCM>>,
        reset: Option<Output>,
    ) -> Result<Self, DaaError> {
        let mut card = DaaCard { ports, _reset: reset };
        for _ in 0..STARTING {
            if card.ports.iter().all(|port| port.fault() != Some(Fault::Starting)) {
                break;
            }
            // A highway that does not run shows as a line side that does not answer.
            let _ = card.wait();
            for port in &mut card.ports {
                let _ = port.exchange(&[0; BLOCK], &mut [0; BLOCK]);
            }
        }
        match card.ports.first().and_then(Port::fault) {
            Some(first) if card.ports.iter().all(|port| port.fault().is_some()) => {
                Err(DaaError::Silent(first))
            }
            _ => Ok(card),
        }
    }
}

impl<SPI: SpiDevice + Send, PCM: Paced> LineCard for DaaCard<SPI, PCM> {
    fn ports(&self) -> usize {
        self.ports.len()
    }

    fn port(&mut self, index: usize) -> Option<&mut dyn LineInterface> {
        self.ports.get_mut(index).map(|port| port as &mut dyn LineInterface)
    }

    fn wait(&mut self) -> Result<(), LineError> {
        self.ports.first().map_or(Ok(()), |port| port.pcm().wait())
    }
}

/// Why a card of Si3050s cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DaaError {
    /// The SPI device cannot be opened, or not in mode 3.
    #[error(
        "line {line}: {device}: {error}; enable SPI in the device tree, and give this user the right to open it"
    )]
    Spi {
        /// Which line.
        line: usize,
        /// Which device.
        device: String,
        /// The system's words.
        error: std::io::Error,
    },
    /// The shared reset cannot be driven.
    #[error("the reset of the line chips: {0}")]
    Reset(#[from] PinError),
    /// No chip of the card works: its first line's words.
    #[error("no line chip works; line 1: {0}")]
    Silent(Fault),
    /// There are fewer channels than lines.
    #[error("the PCM highway has {slots} slots, and a chip is in slot {slot}; raise card.slots")]
    Slots {
        /// How many there are.
        slots: usize,
        /// Which is asked for.
        slot: u8,
    },
}

/// Opens every chip of a board. `slots` are the channels of the PCM highway.
pub fn open_daas<PCM: Paced>(
    lines: &Lines,
    country: Country,
    slots: Vec<PCM>,
) -> Result<DaaCard<SpidevDevice, PCM>, DaaError> {
    let mut slots: Vec<Option<PCM>> = slots.into_iter().map(Some).collect();
    let mut ports = Vec::new();
    for (index, chip) in lines.chip.iter().enumerate() {
        let count = slots.len();
        let slot = slots.get_mut(usize::from(chip.slot)).and_then(Option::take);
        let pcm = slot.ok_or(DaaError::Slots { slots: count, slot: chip.slot })?;
        let spi = spi(chip).map_err(|error| DaaError::Spi {
            line: index + 1,
            device: chip.spi.display().to_string(),
            error,
        })?;
        ports.push(Port::new(spi, Unwired, pcm, settings(chip, country)));
    }
    let reset = lines.reset.as_ref().map(reset).transpose()?;
    DaaCard::start(ports, reset)
}

fn settings(chip: &Chip, country: Country) -> Settings {
    let mut settings = Settings::new(country, chip.slot);
    // The profile was checked.
    settings.position = Position::new(chip.position).unwrap_or(Position::FIRST);
    // A highway with several talkers: each lets go half a clock earlier.
    settings.highway.release_on_negative_edge = true;
    settings
}

fn spi(chip: &Chip) -> std::io::Result<SpidevDevice> {
    let mut device = SpidevDevice::open(&chip.spi).map_err(std::io::Error::other)?;
    let options = SpidevOptions::new()
        .bits_per_word(8)
        .max_speed_hz(SPI_HZ)
        .mode(SpiModeFlags::SPI_MODE_3)
        .build();
    device.0.configure(&options)?;
    Ok(device)
}

/// Holds the shared RESET and lets it go. The pin is active low on the chip: high in the profile's
/// words is "running".
fn reset(pin: &crate::Pin) -> Result<Output, PinError> {
    let mut pin = Output::open(pin)?;
    std::thread::sleep(RESET);
    pin.set_high()?;
    Ok(pin)
}

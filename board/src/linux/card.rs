//! The Si3050s of a board as a line card.

use super::{Output, PinError};
use crate::{Chip, Lines};
use embedded_hal::digital::OutputPin;
use line::{LineCard, LineError, LineInterface, Pcm};
use linux_embedded_hal::spidev::{SpiModeFlags, SpidevOptions};
use linux_embedded_hal::{Delay, SpidevDevice};
use si3050::{Country, Fault, Pins, Port, Position, Settings, Unwired};
use std::time::Duration;

/// The SPI clock: far below the chip's limit, far above what its polling needs.
const SPI_HZ: u32 = 4_000_000;
/// How long the shared reset is held.
const RESET: Duration = Duration::from_millis(5);

/// Returns when the next block is due: the PCM highway's own clock.
pub trait Clock: Send {
    /// Waits, for at most some blocks' time.
    fn wait(&mut self) -> Result<(), LineError>;
}

impl<F: FnMut() -> Result<(), LineError> + Send> Clock for F {
    fn wait(&mut self) -> Result<(), LineError> {
        self()
    }
}

/// One port of such a card.
pub type DaaPort<P> = Port<SpidevDevice, Unwired, P>;

/// Ports on one highway.
pub struct DaaCard<P, C> {
    ports: Vec<P>,
    clock: C,
    /// Let go for as long as the card is used.
    _reset: Option<Output>,
}

impl<P: LineInterface, C: Clock> DaaCard<P, C> {
    /// A card of ports that are there already.
    pub fn new(ports: Vec<P>, clock: C) -> Self {
        DaaCard { ports, clock, _reset: None }
    }
}

impl<P: LineInterface, C: Clock> LineCard for DaaCard<P, C> {
    fn ports(&self) -> usize {
        self.ports.len()
    }

    fn port(&mut self, index: usize) -> Option<&mut dyn LineInterface> {
        self.ports.get_mut(index).map(|port| port as &mut dyn LineInterface)
    }

    fn wait(&mut self) -> Result<(), LineError> {
        self.clock.wait()
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
    #[error("no line chip answers; line 1: {0}")]
    Silent(Fault),
    /// There are fewer channels than lines.
    #[error(
        "the PCM highway has {slots} slots, and a chip is in slot {slot}; raise the number of channels"
    )]
    Slots {
        /// How many there are.
        slots: usize,
        /// Which is asked for.
        slot: u8,
    },
}

/// Opens every chip of a board. `slots` are the channels of the PCM highway, whose clock must run
/// already. A chip that does not answer yet is a port out of order, which comes back by itself; a
/// card of which none answers is a mistake, and told.
pub fn open_daas<P: Pcm, C: Clock>(
    lines: &Lines,
    country: Country,
    slots: Vec<P>,
    clock: C,
) -> Result<DaaCard<DaaPort<P>, C>, DaaError> {
    let reset = lines.reset.as_ref().map(reset).transpose()?;
    let mut slots: Vec<Option<P>> = slots.into_iter().map(Some).collect();
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
    start(&mut ports)?;
    Ok(DaaCard { ports, clock, _reset: reset })
}

/// Starts each port; an error only where none works.
fn start<S: embedded_hal::spi::SpiDevice, N: Pins, P>(
    ports: &mut [Port<S, N, P>],
) -> Result<(), DaaError> {
    let started: Vec<_> = ports.iter_mut().map(|port| port.start(&mut Delay)).collect();
    match started.first() {
        Some(Err(first)) if started.iter().all(Result::is_err) => Err(DaaError::Silent(*first)),
        _ => Ok(()),
    }
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
    std::thread::sleep(RESET);
    Ok(pin)
}

//! One digital pin: a line of a GPIO character device, or a file that holds 0 or 1.

use crate::Pin;
use embedded_hal::digital::{Error, ErrorKind, ErrorType, InputPin, OutputPin};
use linux_embedded_hal::CdevPin;
use linux_embedded_hal::gpio_cdev::{self, LineRequestFlags};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::PathBuf;

/// What the lines are held as, for whoever asks the kernel.
const CONSUMER: &str = "tipring";

/// Why a pin cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// The GPIO chip does not give it.
    #[error("line {line} of {chip}: {why}; check the board's profile, and who else holds the line")]
    Line {
        /// The chip's device.
        chip: String,
        /// The line on it.
        line: u32,
        /// The system's words.
        why: String,
    },
    /// The file cannot be opened.
    #[error("{file}: {error}; check the board's profile, and that the pin is exported")]
    File {
        /// Which.
        file: String,
        /// Why.
        error: std::io::Error,
    },
    /// The profile names no pin.
    #[error("the profile names neither a line of a GPIO chip nor a file")]
    Unnamed,
}

impl Error for PinError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// A pin that is driven. Levels are what the profile means by them: high is "so".
pub struct Output {
    level: Driven,
    active_low: bool,
}

enum Driven {
    Line(CdevPin, Place),
    File(File, PathBuf),
}

/// A pin that is read.
pub struct Input {
    level: Watched,
    active_low: bool,
}

enum Watched {
    Line(CdevPin, Place),
    File(File, PathBuf),
}

/// A line, for what errors say.
#[derive(Clone, Debug)]
struct Place {
    chip: PathBuf,
    line: u32,
}

impl Place {
    fn failed(&self, why: impl ToString) -> PinError {
        PinError::Line {
            chip: self.chip.display().to_string(),
            line: self.line,
            why: why.to_string(),
        }
    }

    /// Takes the line; an output begins at a level.
    fn request(&self, flags: LineRequestFlags, high: bool) -> Result<CdevPin, PinError> {
        let open = || -> Result<CdevPin, gpio_cdev::errors::Error> {
            let line = gpio_cdev::Chip::new(&self.chip)?.get_line(self.line)?;
            CdevPin::new(line.request(flags, high.into(), CONSUMER)?)
        };
        open().map_err(|error| self.failed(error))
    }
}

impl Output {
    /// Takes the pin and drives it low: "not so".
    pub fn open(pin: &Pin) -> Result<Output, PinError> {
        let active_low = pin.active_low;
        let level = match place(pin) {
            Some(place) => {
                Driven::Line(place.request(LineRequestFlags::OUTPUT, active_low)?, place)
            }
            None => {
                let name = pin.file.clone().ok_or(PinError::Unnamed)?;
                let file = OpenOptions::new().write(true).open(&name);
                Driven::File(file.map_err(|error| unusable(&name, error))?, name)
            }
        };
        let mut output = Output { level, active_low };
        output.set_low()?;
        Ok(output)
    }

    fn drive(&mut self, so: bool) -> Result<(), PinError> {
        let high = so != self.active_low;
        match &mut self.level {
            Driven::Line(pin, place) => {
                let driven = if high { pin.set_high() } else { pin.set_low() };
                driven.map_err(|error| place.failed(error))
            }
            Driven::File(file, name) => {
                let value = if high { b"1\n" } else { b"0\n" };
                let written = file.rewind().and_then(|()| file.write_all(value));
                written.map_err(|error| unusable(name, error))
            }
        }
    }
}

impl Input {
    /// Takes the pin.
    pub fn open(pin: &Pin) -> Result<Input, PinError> {
        let level = match place(pin) {
            Some(place) => Watched::Line(place.request(LineRequestFlags::INPUT, false)?, place),
            None => {
                let name = pin.file.clone().ok_or(PinError::Unnamed)?;
                Watched::File(File::open(&name).map_err(|error| unusable(&name, error))?, name)
            }
        };
        Ok(Input { level, active_low: pin.active_low })
    }

    fn look(&mut self) -> Result<bool, PinError> {
        let high = match &mut self.level {
            Watched::Line(pin, place) => pin.is_high().map_err(|error| place.failed(error))?,
            Watched::File(file, name) => {
                let mut value = [b'0'];
                let read = file.rewind().and_then(|()| file.read_exact(&mut value));
                read.map_err(|error| unusable(name, error))?;
                value[0] == b'1'
            }
        };
        Ok(high != self.active_low)
    }
}

fn place(pin: &Pin) -> Option<Place> {
    Some(Place { chip: pin.chip.clone()?, line: pin.line? })
}

fn unusable(name: &std::path::Path, error: std::io::Error) -> PinError {
    PinError::File { file: name.display().to_string(), error }
}

impl ErrorType for Output {
    type Error = PinError;
}

impl OutputPin for Output {
    fn set_low(&mut self) -> Result<(), PinError> {
        self.drive(false)
    }

    fn set_high(&mut self) -> Result<(), PinError> {
        self.drive(true)
    }
}

impl ErrorType for Input {
    type Error = PinError;
}

impl InputPin for Input {
    fn is_high(&mut self) -> Result<bool, PinError> {
        self.look()
    }

    fn is_low(&mut self) -> Result<bool, PinError> {
        self.look().map(|high| !high)
    }
}

//! A temperature in thousandths of a degree: `/sys/class/thermal/thermal_zone*/temp`, or an hwmon's
//! `temp*_input`.

use std::path::{Path, PathBuf};

/// What is believed of a board, in °C; a sensor that shows anything else is broken.
const PLAUSIBLE: std::ops::RangeInclusive<f32> = -40.0..=150.0;

/// Where the temperature is read.
#[derive(Clone, Debug)]
pub struct Thermometer(PathBuf);

impl Thermometer {
    /// By its file.
    pub fn new(file: &Path) -> Thermometer {
        Thermometer(file.to_owned())
    }

    /// Now, in °C; `None` where it cannot be read, or is none.
    pub fn celsius(&self) -> Option<f32> {
        let text = std::fs::read_to_string(&self.0).ok()?;
        let thousandths: i32 = text.trim().parse().ok()?;
        let celsius = thousandths as f32 / 1000.0;
        PLAUSIBLE.contains(&celsius).then_some(celsius)
    }
}

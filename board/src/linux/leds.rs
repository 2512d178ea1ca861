//! Lights of the LED class: `/sys/class/leds/NAME/brightness`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::Path;

/// One light. Dropping it puts it out.
#[derive(Debug)]
pub struct Led {
    brightness: File,
    full: u32,
    lit: Option<bool>,
}

impl Led {
    /// A light by its folder. Its trigger is switched off, so that nobody else blinks it.
    pub fn open(folder: &Path) -> io::Result<Led> {
        let full = fs::read_to_string(folder.join("max_brightness"))?;
        let full = full.trim().parse().map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidData, "max_brightness holds no number")
        })?;
        let trigger = folder.join("trigger");
        if trigger.exists() {
            fs::write(trigger, "none")?;
        }
        let brightness = OpenOptions::new().write(true).open(folder.join("brightness"))?;
        Ok(Led { brightness, full, lit: None })
    }

    /// Lights it or puts it out; writes only what changes.
    pub fn set(&mut self, lit: bool) -> io::Result<()> {
        if self.lit == Some(lit) {
            return Ok(());
        }
        let value = if lit { self.full } else { 0 };
        self.brightness.rewind()?;
        self.brightness.write_all(format!("{value}\n").as_bytes())?;
        self.lit = Some(lit);
        Ok(())
    }
}

impl Drop for Led {
    fn drop(&mut self) {
        // A light that cannot be put out any more harms nobody.
        let _ = self.set(false);
    }
}

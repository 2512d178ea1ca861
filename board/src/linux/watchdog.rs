//! `/dev/watchdog`: a timer in hardware that restarts the machine unless it is fed (the kernel's
//! watchdog API).
//!
//! Closing it in order writes `V` first (magic close), which stops the timer. A process that is
//! killed, or panics, closes without it, and the machine restarts: nobody would record calls.

// The kernel's call is wrapped here.
#![allow(unsafe_code)]

use crate::Watchdog;
use nix::errno::Errno;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsRawFd;

nix::ioctl_readwrite!(
    /// WDIOC_SETTIMEOUT: seconds in, the timeout that came of it out.
    set_timeout, b'W', 6, i32
);

/// Why there is no watchdog.
#[derive(Debug, thiserror::Error)]
pub enum WatchdogError {
    /// The device cannot be opened.
    #[error(
        "{device}: {error}; load its driver, or stop who else feeds it, and give this user the right to open it"
    )]
    Open {
        /// Which.
        device: String,
        /// Why.
        error: std::io::Error,
    },
    /// It refuses the timeout.
    #[error(
        "{device}: a timeout of {seconds} s is refused ({error}); name another in watchdog.timeout_s"
    )]
    Timeout {
        /// Which.
        device: String,
        /// What was asked.
        seconds: u16,
        /// Why not.
        error: Errno,
    },
}

/// Feeds a watchdog. Dropping it does not stop the timer: see [`Feeder::close`].
#[derive(Debug)]
pub struct Feeder {
    device: File,
    timeout_s: Option<u16>,
}

impl Feeder {
    /// Opens the device, which starts its timer, and sets the timeout. A driver that has a fixed one
    /// keeps it.
    pub fn open(watchdog: &Watchdog) -> Result<Feeder, WatchdogError> {
        let name = || watchdog.device.display().to_string();
        let device = OpenOptions::new().write(true).open(&watchdog.device);
        let device = device.map_err(|error| WatchdogError::Open { device: name(), error })?;
        let mut seconds = i32::from(watchdog.timeout_s);
        // SAFETY: the descriptor is open, and the kernel writes one int where one is given.
        let timeout_s = match unsafe { set_timeout(device.as_raw_fd(), &raw mut seconds) } {
            Ok(_) => u16::try_from(seconds).ok(),
            Err(Errno::ENOTTY | Errno::EOPNOTSUPP) => None,
            Err(error) => {
                // Nobody would feed it from here on.
                let _ = (&device).write_all(b"V");
                let seconds = watchdog.timeout_s;
                return Err(WatchdogError::Timeout { device: name(), seconds, error });
            }
        };
        Ok(Feeder { device, timeout_s })
    }

    /// The timeout that the driver took; `None` where it has a fixed one.
    pub fn timeout_s(&self) -> Option<u16> {
        self.timeout_s
    }

    /// One meal.
    pub fn feed(&mut self) -> std::io::Result<()> {
        self.device.write_all(b".")
    }

    /// Stops the timer and closes: an end in order. Some drivers are built to run on (nowayout).
    pub fn close(mut self) -> std::io::Result<()> {
        self.device.write_all(b"V")
    }
}

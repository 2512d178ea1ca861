//! The way into the kernel, as narrow as it can be.
//!
//! [`System`] and [`File`] are what the driver needs of an operating system; [`Linux`] is the real
//! one, and the only place in this crate with `unsafe`. Errors are the system's own numbers.

use crate::abi::Request;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// A system's error number (`errno`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        Errno(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

/// A device node of DAHDI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// What configures spans and channels.
    Control,
    /// A descriptor that `SPECIFY` makes a channel's.
    Channel,
}

/// An operating system with DAHDI.
pub trait System: Send + Sync {
    /// An open device node.
    type File: File;

    /// Opens a node, never to wait on it.
    fn open(&self, node: Node) -> Result<Self::File, Errno>;

    /// Gives numbers to the spans of cards that have none yet; whether there was such a card.
    fn assign_spans(&self) -> bool;

    /// Waits until one of the files can be read or is broken, or the time is over, and says of each
    /// whether it is so.
    fn readable(&self, files: &[&Self::File], wait: Duration) -> Result<Vec<bool>, Errno>;

    /// Lets time pass.
    fn pause(&self, time: Duration);
}

/// An open device node.
pub trait File: Send {
    /// One ioctl.
    fn ioctl<const N: usize>(
        &self,
        request: Request<N>,
        argument: &mut [u8; N],
    ) -> Result<(), Errno>;

    /// Reads one block's bytes.
    fn read(&self, bytes: &mut [u8]) -> Result<usize, Errno>;

    /// Writes one block's bytes.
    fn write(&self, bytes: &[u8]) -> Result<usize, Errno>;
}

/// Linux with the modules of DAHDI.
#[derive(Clone, Copy, Debug, Default)]
pub struct Linux;

impl System for Linux {
    type File = std::fs::File;

    fn open(&self, node: Node) -> Result<std::fs::File, Errno> {
        let path = match node {
            Node::Control => "/dev/dahdi/ctl",
            Node::Channel => "/dev/dahdi/channel",
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(libc::O_NONBLOCK);
        Ok(options.open(path)?)
    }

    fn assign_spans(&self) -> bool {
        let devices = Path::new("/sys/bus/dahdi_devices/devices");
        let Ok(devices) = devices.read_dir() else { return false };
        let assigned = |device: io::Result<std::fs::DirEntry>| {
            let device = device.map(|device| device.path().join("auto_assign"));
            device.is_ok_and(|attribute| std::fs::write(attribute, "1").is_ok())
        };
        devices.map(assigned).fold(false, |any, one| any | one)
    }

    fn readable(&self, files: &[&std::fs::File], wait: Duration) -> Result<Vec<bool>, Errno> {
        let descriptors = files.iter().map(|file| file.as_fd());
        let mut watched: Vec<PollFd<'_>> =
            descriptors.map(|file| PollFd::new(file, PollFlags::POLLIN)).collect();
        // Rounded up: a wait that ends too early would only be begun again.
        let timeout = u16::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u16::MAX);
        match poll(&mut watched, PollTimeout::from(timeout)) {
            Ok(_) => {}
            Err(nix::errno::Errno::EINTR) => return Ok(vec![false; files.len()]),
            Err(error) => return Err(Errno(error as i32)),
        }
        Ok(watched.iter().map(|file| file.any().unwrap_or(true)).collect())
    }

    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

impl File for std::fs::File {
    fn ioctl<const N: usize>(
        &self,
        request: Request<N>,
        argument: &mut [u8; N],
    ) -> Result<(), Errno> {
        // SAFETY: the descriptor is open for as long as `self` is borrowed. `Request<N>` carries `N`
        // in its code, so the kernel reads and writes no more than the `N` bytes that are borrowed
        // here alone; any bytes are valid ones. DAHDI keeps no pointer to them.
        let answer =
            unsafe { libc::ioctl(self.as_raw_fd(), request.code() as _, argument.as_mut_ptr()) };
        if answer < 0 { Err(io::Error::last_os_error().into()) } else { Ok(()) }
    }

    fn read(&self, bytes: &mut [u8]) -> Result<usize, Errno> {
        let mut file = self;
        Ok(Read::read(&mut file, bytes)?)
    }

    fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        let mut file = self;
        Ok(Write::write(&mut file, bytes)?)
    }
}

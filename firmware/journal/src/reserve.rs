//! Space laid by for what must still be written when the disk is full: closings, audit, receipts.
//!
//! It is given back to the file system part by part, so that whoever else fills the disk cannot take
//! all of it at once.

use crate::disk::Disk;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// In how many parts it is given back.
const PARTS: u64 = 8;

pub(crate) struct Reserve {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    whole: u64,
    held: u64,
}

impl Reserve {
    /// What an earlier run has left of it. A file that another program has shortened or copied may
    /// hold less space than its length; [`Reserve::lay_by`] mends that.
    pub(crate) fn found(disk: Arc<dyn Disk>, dir: &Path, whole: u64) -> Reserve {
        let path = dir.join("reserve");
        let held = disk.length(&path).unwrap_or(0).min(whole);
        Reserve { disk, path, whole, held }
    }

    /// Octets that are still to be laid by.
    pub(crate) fn missing(&self) -> u64 {
        self.whole - self.held
    }

    /// Lays by what is missing, all or nothing.
    pub(crate) fn lay_by(&mut self) -> io::Result<()> {
        if self.whole == 0 {
            return Ok(());
        }
        match self.disk.reserve(&self.path, self.whole) {
            Ok(()) => self.held = self.whole,
            Err(error) => {
                // What a half-done attempt took is what others need.
                if self.missing() > 0 {
                    let _ = self.disk.truncate(&self.path, self.held);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Gives a part back; false if nothing is left to give.
    pub(crate) fn give(&mut self) -> bool {
        if self.held == 0 {
            return false;
        }
        if self.missing() == 0 {
            tracing::error!("storage is full: the reserve is used to close what runs");
        }
        self.held = self.held.saturating_sub(self.whole.div_ceil(PARTS));
        // A reserve that cannot be cut does not help, and the next part is tried.
        let _ = self.disk.truncate(&self.path, self.held);
        true
    }

    /// Does something again, giving parts back, as long as it finds no space.
    pub(crate) fn help<T>(&mut self, mut act: impl FnMut() -> io::Result<T>) -> io::Result<T> {
        loop {
            match act() {
                Err(error) if is_full(&error) && self.give() => {}
                done => return done,
            }
        }
    }
}

/// Whether an error says that there is no space.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

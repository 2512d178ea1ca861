//! What the journal needs of a file system, and the real one.
//!
//! Tests stand a model in its place that loses power between any two of these calls.

use std::any::Any;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// A file open for appending.
pub trait Tail: Send {
    /// Appends all of `bytes`, or fails; after a failure any part of them may be there.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns when everything appended is durable (`fdatasync`).
    fn sync(&mut self) -> io::Result<()>;
}

/// A file system.
pub trait Disk: Send + Sync {
    /// Makes a folder and those above it.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;
    /// The names of the files in a folder; none if there is no folder.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// A whole file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Up to `buffer.len()` octets from `offset`; fewer only at the file's end.
    fn read_at(&self, path: &Path, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// A file's length.
    fn length(&self, path: &Path) -> io::Result<u64>;
    /// A new file for appending, for its owner only; fails if the name is taken.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Tail>>;
    /// Renames, in place of a file of the new name if there is one; durable after
    /// [`Disk::sync_folder`].
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Cuts a file to `length`, durably.
    fn truncate(&self, path: &Path, length: u64) -> io::Result<()>;
    /// Gives the space of some octets back, which read as zeros from then on; durably.
    fn punch(&self, path: &Path, from: u64, length: u64) -> io::Result<()>;
    /// Makes a folder's names durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Octets free for us.
    fn free(&self, folder: &Path) -> io::Result<u64>;
    /// Makes or lengthens a file to `length` octets whose space is taken already.
    fn reserve(&self, path: &Path, length: u64) -> io::Result<()>;
    /// Takes the lock that a file stands for, until what is returned is dropped;
    /// [`io::ErrorKind::WouldBlock`] if somebody holds it.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Any + Send + Sync>>;

    /// Puts a file in place of another of its name, all or nothing, durably.
    fn replace(&self, folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
        let new = folder.join(format!("{name}.new"));
        // Left by a crash in the middle of a replacement; it never counted.
        if self.length(&new).is_ok() {
            self.remove(&new)?;
        }
        let written = self.create(&new).and_then(|mut file| {
            file.append(bytes)?;
            file.sync()
        });
        if let Err(error) = written {
            // On a full disk its space is what others need.
            let _ = self.remove(&new);
            return Err(error);
        }
        self.rename(&new, &folder.join(name))?;
        self.sync_folder(folder)
    }
}

/// The operating system's.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileSystem;

impl Tail for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

impl Disk for FileSystem {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_file()
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn read_at(&self, path: &Path, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let file = File::open(path)?;
        let mut done = 0;
        while done < buffer.len() {
            match file.read_at(&mut buffer[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        Ok(std::fs::metadata(path)?.len())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Tail>> {
        let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)?;
        Ok(Box::new(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(length)?;
        file.sync_all()
    }

    fn punch(&self, path: &Path, from: u64, length: u64) -> io::Result<()> {
        use nix::fcntl::{FallocateFlags, fallocate};
        let file = OpenOptions::new().write(true).open(path)?;
        let signed = |octets| i64::try_from(octets).unwrap_or(i64::MAX);
        let flags = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        fallocate(&file, flags, signed(from), signed(length)).map_err(io::Error::from)?;
        file.sync_data()
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn free(&self, folder: &Path) -> io::Result<u64> {
        let stat = nix::sys::statvfs::statvfs(folder).map_err(io::Error::from)?;
        Ok(stat.blocks_available() * stat.fragment_size())
    }

    fn reserve(&self, path: &Path, length: u64) -> io::Result<()> {
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        nix::fcntl::posix_fallocate(&file, 0, length).map_err(io::Error::from)?;
        file.sync_all()
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Any + Send + Sync>> {
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(file)),
            Err(std::fs::TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

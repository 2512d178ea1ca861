//! A file system of a few MiB, in memory, which tests fill to its last block.

use std::fs::{OpenOptions, create_dir_all, remove_file};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small file system, mounted while this lives.
pub struct Small(PathBuf);

impl Small {
    /// Mounts one of so many MiB at `folder`. Nothing, said loudly, where that is not allowed.
    pub fn mount(folder: &Path, mib: u32) -> Option<Small> {
        let size = format!("size={mib}m,mode=0700");
        let mounted = create_dir_all(folder).and_then(|()| {
            Command::new("mount")
                .args(["-t", "tmpfs", "-o", &size, "tipring-test"])
                .arg(folder)
                .output()
        });
        let why = match mounted {
            Ok(output) if output.status.success() => return Some(Small(folder.to_owned())),
            Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => error.to_string(),
        };
        eprintln!("SKIPPED a test of a full disk: no small file system can be mounted: {why}");
        None
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Takes all that is free, but for some octets.
    pub fn fill(&self, but: u64) -> io::Result<()> {
        let path = self.0.join("filler");
        let mut filler = OpenOptions::new().create(true).append(true).open(path)?;
        while filler.write_all(&[7; 4096]).is_ok() {}
        let length = filler.metadata()?.len();
        filler.set_len(length.saturating_sub(but))
    }

    /// Gives back what was taken.
    pub fn free(&self) -> io::Result<()> {
        remove_file(self.0.join("filler"))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Lazily: what still has a file open there ends a moment later.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

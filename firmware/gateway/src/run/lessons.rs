//! What the lines have shown of themselves, kept in `lines.json` in the data folder.
//!
//! A small file and not the journal: how a caller's identity came and how a release was told stand
//! in no record, and are worth nothing when they are old. The thread of the lines hands over what
//! changed, the watch writes it.

use crate::switchboard::line_name;
use fxo::{Facts, FactsFile};
use journal::disk::{Disk, FileSystem};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const NAME: &str = "lines.json";

/// The facts of all lines; cheap to clone.
#[derive(Clone)]
pub struct Lessons {
    folder: PathBuf,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    file: FactsFile,
    changed: bool,
}

impl Lessons {
    /// Reads what was kept. A file that does not read is said and learnt over.
    pub fn open(folder: &Path) -> Self {
        let read = FileSystem.read(&folder.join(NAME));
        let file = match read.as_deref().map(FactsFile::parse) {
            Ok(Ok(file)) => file,
            Ok(Err(error)) => {
                tracing::warn!("{}: {error}", folder.join(NAME).display());
                FactsFile::default()
            }
            Err(_) => FactsFile::default(),
        };
        let shared = Arc::new(Mutex::new(Shared { file, changed: false }));
        Lessons { folder: folder.to_path_buf(), shared }
    }

    /// What a line has shown.
    pub fn of(&self, index: usize) -> Facts {
        self.lock().file.of(&line_name(index))
    }

    /// What a line has shown by now. Does not wait for the disk.
    pub fn note(&self, index: usize, facts: &Facts) {
        let mut shared = self.lock();
        let changed = shared.file.set(&line_name(index), facts);
        shared.changed |= changed;
    }

    /// Writes what changed, all or nothing.
    pub fn settle(&self) {
        let mut shared = self.lock();
        if !std::mem::take(&mut shared.changed) {
            return;
        }
        let bytes = shared.file.to_bytes();
        drop(shared);
        if let Err(error) = FileSystem.replace(&self.folder, NAME, &bytes) {
            tracing::warn!(%error, "what the lines have shown is not kept; tried again");
            self.lock().changed = true;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Whole after every statement; a panic elsewhere does not spoil it.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fxo::CallerIdKind;

    #[test]
    fn what_was_learnt_is_there_after_a_restart_and_a_damaged_file_is_learnt_over() {
        let folder = tempfile::tempdir().unwrap();
        let facts = Facts { caller_id: Some(CallerIdKind::Dtmf), ..Facts::default() };
        let lessons = Lessons::open(folder.path());
        lessons.note(1, &facts);
        assert!(!folder.path().join(NAME).exists(), "noting does not touch the disk");
        lessons.settle();
        let again = Lessons::open(folder.path());
        assert_eq!((again.of(0), again.of(1)), (Facts::default(), facts.clone()));

        std::fs::write(folder.path().join(NAME), b"{\"version\":1").unwrap();
        let damaged = Lessons::open(folder.path());
        assert_eq!(damaged.of(1), Facts::default());
        damaged.note(1, &facts);
        damaged.settle();
        assert_eq!(Lessons::open(folder.path()).of(1), facts);
    }
}

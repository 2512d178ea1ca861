//! The models' files, held against their pinned hashes, and looked at again when one changes.
//!
//! A look costs a `stat` of each file; a file is read whole only when its length, its time or its
//! identity has changed and it has stood still since the look before: one that is being copied is
//! read once, when it is there.

use models::Store;
use status::{ModelStanding, ModelState};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What changes when a file does: device and inode, length, time of the last change.
type Stamp = (u64, u64, u64, i64, i64);

/// The files that are looked at.
pub struct Inventory {
    files: Vec<Pinned>,
}

/// One file and what it must be.
struct Pinned {
    name: String,
    path: PathBuf,
    sha256: [u8; 32],
    /// At the look before.
    seen: Option<Stamp>,
    /// The file that `standing` tells of.
    judged: Option<Stamp>,
    standing: Option<ModelStanding>,
}

impl Inventory {
    /// The models that the appliance works with.
    pub fn of(store: &Store) -> Inventory {
        let pinned = store.manifest().model.iter();
        let used = pinned.filter(|model| {
            [models::SPEECH, models::VOICE_ACTIVITY].contains(&model.name.as_str())
        });
        let files = used.map(|model| {
            let sha256 = models::hash::parse(&model.sha256).unwrap_or_default();
            Pinned::new(&model.name, store.folder().join(&model.file), sha256)
        });
        Inventory { files: files.collect() }
    }

    /// Looks at every file; whether one stands differently than before.
    pub fn look(&mut self) -> bool {
        // Every one is looked at, whatever became of those before.
        let changed = self.files.iter_mut().map(Pinned::look);
        changed.filter(|changed| *changed).count() > 0
    }

    /// Whether every file is the one it must be.
    pub fn is_whole(&self) -> bool {
        self.files.iter().all(|file| file.standing == Some(ModelStanding::Ready))
    }

    /// How each file was at the last look.
    pub fn states(&self) -> Vec<ModelState> {
        let state = |file: &Pinned| ModelState {
            name: file.name.clone(),
            sha256: models::hash::text(&file.sha256),
            standing: file.standing.unwrap_or(ModelStanding::Missing),
        };
        self.files.iter().map(state).collect()
    }
}

impl Pinned {
    fn new(name: &str, path: PathBuf, sha256: [u8; 32]) -> Pinned {
        Pinned { name: name.to_owned(), path, sha256, seen: None, judged: None, standing: None }
    }

    fn look(&mut self) -> bool {
        let now = stamp(&self.path);
        let still = now == self.seen || self.standing.is_none();
        self.seen = now;
        let same = self.standing.is_some() && now == self.judged;
        // A file that is gone needs no second look.
        if same || (now.is_some() && !still) {
            return false;
        }
        self.judged = now;
        let standing = Some(self.judge());
        std::mem::replace(&mut self.standing, standing) != standing
    }

    fn judge(&self) -> ModelStanding {
        match models::hash::file(&self.path) {
            Ok(found) if found == self.sha256 => ModelStanding::Ready,
            Ok(_) => ModelStanding::Damaged,
            Err(error) if error.kind() == io::ErrorKind::NotFound => ModelStanding::Missing,
            Err(_) => ModelStanding::Unreadable,
        }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.dev(), file.ino(), file.len(), file.mtime(), file.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_model_that_appears_is_torn_or_vanishes_is_told_once_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.bin");
        let sha256 = models::hash::bytes(b"a whole model");
        let mut inventory = Inventory { files: vec![Pinned::new("m", path.clone(), sha256)] };
        let told = |inventory: &mut Inventory| {
            // A file that was written just now is judged at the second look.
            let changed = [inventory.look(), inventory.look(), inventory.look()];
            let times = changed.iter().filter(|changed| **changed).count();
            (times, inventory.states()[0].standing)
        };
        assert_eq!(told(&mut inventory), (1, ModelStanding::Missing));
        fs::write(&path, b"a whole model").unwrap();
        assert_eq!(told(&mut inventory), (1, ModelStanding::Ready));
        assert!(inventory.is_whole());
        fs::write(&path, b"a torn").unwrap();
        assert_eq!(told(&mut inventory), (1, ModelStanding::Damaged));
        assert!(!inventory.is_whole());
        fs::remove_file(&path).unwrap();
        assert!(inventory.look(), "a file that is gone needs no second look");
        fs::create_dir(&path).unwrap();
        assert_eq!(told(&mut inventory), (1, ModelStanding::Unreadable));
        fs::remove_dir(&path).unwrap();
        fs::write(&path, b"a whole model").unwrap();
        assert_eq!(told(&mut inventory), (1, ModelStanding::Ready));
        assert_eq!(told(&mut inventory), (0, ModelStanding::Ready));
    }

    #[test]
    fn a_file_that_grows_is_not_read_until_it_stands_still() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.bin");
        let sha256 = models::hash::bytes(b"whole");
        let mut inventory = Inventory { files: vec![Pinned::new("m", path.clone(), sha256)] };
        assert!(inventory.look());
        for part in ["w", "wh", "who", "whol", "whole"] {
            fs::write(&path, part).unwrap();
            assert!(!inventory.look(), "{part}");
        }
        assert!(inventory.look());
        assert_eq!(inventory.states()[0].standing, ModelStanding::Ready);
    }
}

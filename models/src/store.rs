//! The folder that models live in.

use crate::hash;
use crate::manifest::{Manifest, ManifestError, Model};
use std::io;
use std::path::{Path, PathBuf};

/// A folder of models, held against the pinned manifest.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    manifest: Manifest,
}

/// One pinned model and what the folder has of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name, as records and `tipring models` say it.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// What for.
    pub purpose: String,
    /// Octets it must have.
    pub bytes: u64,
    /// SHA-256 it must have.
    pub sha256: [u8; 32],
    /// Whether the appliance wants it; the others are made on request.
    pub by_default: bool,
    /// What is there.
    pub state: State,
}

/// What a folder has of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The very file.
    Present,
    /// No file.
    Missing,
    /// Another file; its SHA-256.
    Corrupt([u8; 32]),
    /// It cannot be read; the system's words.
    Unreadable(String),
}

impl Store {
    /// Holds a folder against the manifest. The folder need not exist.
    pub fn open(folder: &Path) -> Result<Store, ManifestError> {
        Ok(Store { folder: folder.to_owned(), manifest: Manifest::pinned()? })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The pinned manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Every pinned model and what the folder has of it. Reads every file whole: some 0.1 s for
    /// each 100 MB.
    pub fn entries(&self) -> Vec<Entry> {
        self.manifest.model.iter().map(|model| self.look(model)).collect()
    }

    /// One model by its name, as [`Self::entries`] would say it.
    pub fn entry(&self, name: &str) -> Option<Entry> {
        self.manifest.model.iter().find(|model| model.name == name).map(|model| self.look(model))
    }

    fn look(&self, model: &Model) -> Entry {
        let path = self.folder.join(&model.file);
        let sha256 = hash::parse(&model.sha256).unwrap_or_default();
        let state = match hash::file(&path) {
            Ok(found) if found == sha256 => State::Present,
            Ok(found) => State::Corrupt(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::Missing,
            Err(error) => State::Unreadable(error.to_string()),
        };
        Entry {
            name: model.name.clone(),
            path,
            purpose: model.purpose.clone(),
            bytes: model.bytes,
            sha256,
            by_default: model.by_default,
            state,
        }
    }
}

impl std::fmt::Display for Entry {
    /// One line: name, state, and what to do about it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Entry { name, path, .. } = self;
        let path = path.display();
        match &self.state {
            State::Present => write!(f, "{name}: present ({path})"),
            State::Missing => write!(f, "{name}: missing ({path}); make it with tipring-models"),
            State::Corrupt(found) => write!(
                f,
                "{name}: corrupt ({path} has SHA-256 {}, expected {}); tipring-models makes it again",
                hash::text(found),
                hash::text(&self.sha256)
            ),
            State::Unreadable(why) => write!(f, "{name}: not readable ({path}: {why})"),
        }
    }
}

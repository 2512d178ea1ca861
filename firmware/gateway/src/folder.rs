//! The data folder: keys, journal, the page's people, control socket.

use crate::command::Trouble;
use crate::config::Config;
use call::CallId;
use journal::disk::FileSystem;
use journal::{Options, Reader, keys};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vault::Vault;

/// The data folder of one device.
#[derive(Clone)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
}

impl Folder {
    /// The folder that a configuration names.
    pub fn of(config: &Config) -> Folder {
        Folder { path: config.device.data.clone() }
    }

    /// The folder that a configuration file names.
    pub fn named_in(config: &Path) -> Result<Folder, Trouble> {
        Ok(Folder::of(&Config::load(config)?))
    }

    /// The device's keys; made where nothing has been written yet.
    pub fn vault(&self) -> Result<Arc<Vault>, Trouble> {
        std::fs::create_dir_all(&self.path)
            .map_err(|error| Trouble::Found(format!("{}: {error}", self.path.display())))?;
        keys::load_or_create(&FileSystem, &self.path).map(Arc::new).map_err(Trouble::found)
    }

    /// A reader of the journal, beside the appliance or without it. A folder that no appliance has
    /// written to is no journal.
    pub fn reader(&self) -> Result<Reader, Trouble> {
        if !self.path.join("segments").exists() {
            let path = self.path.display();
            return Err(Trouble::Found(format!(
                "{path} holds no journal; is this the data folder of an appliance that has run?"
            )));
        }
        Ok(Reader::open(&self.path, self.vault()?))
    }
}

/// How the journal behaves on this configuration.
pub fn options(config: &Config) -> Options {
    let reserve = config.storage.reserve_mib << 20;
    Options { low: reserve, reserve: reserve / 4, ..Options::default() }
}

/// A call's identity from the command line.
pub fn call_id(text: &str) -> Result<CallId, String> {
    text.parse().map_err(|error: call::IdError| error.to_string())
}

//! The day rings on disk, and the calls' keys out of them.

use crate::disk::Disk;
use crate::reserve::is_full;
use call::CallId;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vault::key::Entropy;
use vault::ring::{Day, KeyError, RingError};
use vault::{CallKey, DayRing, Vault};

/// Days whose rings are kept open in memory; a longer list of calls reads rings again.
const KEPT_OPEN: usize = 32;

/// Why a ring cannot be read or replaced.
#[derive(Debug, thiserror::Error)]
pub enum RingsError {
    /// The file system says no.
    #[error("{path}: {error}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// The file is no ring of ours.
    #[error("{path}: {error}")]
    Bad {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        error: RingError,
    },
    /// The ring has no key for this call.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] Entropy),
}

impl RingsError {
    /// Whether there was no space.
    pub(crate) fn is_full(&self) -> bool {
        matches!(self, RingsError::Io { error, .. } if is_full(error))
    }
}

/// All rings of a journal.
pub(crate) struct Rings {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    vault: Arc<Vault>,
    journal_key: CallKey,
    open: Mutex<BTreeMap<Day, DayRing>>,
}

impl Rings {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: &Path, vault: Arc<Vault>) -> Rings {
        let journal_key = vault.master.journal_key();
        let open = Mutex::new(BTreeMap::new());
        Rings { disk, folder: dir.join("rings"), vault, journal_key, open }
    }

    pub(crate) fn create_folder(&self) -> io::Result<()> {
        self.disk.create_folder(&self.folder)
    }

    /// Whose they are.
    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The key of the frames that belong to no call.
    pub(crate) fn journal_key(&self) -> &CallKey {
        &self.journal_key
    }

    /// A call's key.
    pub(crate) fn key(&self, call: CallId) -> Result<CallKey, RingsError> {
        let day = Day::of_call(call);
        let mut open = self.open();
        if let Some(ring) = open.get(&day)
            && let Ok(key) = ring.key(call)
        {
            return Ok(key);
        }
        // Not open yet, or the writer, in another process, has added to it since.
        let ring = self.read(day)?.ok_or(KeyError::Gone)?;
        let key = ring.key(call);
        keep(&mut open, ring);
        Ok(key?)
    }

    /// Fresh keys for calls about to be opened, durable in their rings when this returns: one
    /// replacement a day, however many the calls.
    pub(crate) fn add(&self, calls: &[CallId]) -> Result<Vec<CallKey>, RingsError> {
        let mut open = self.open();
        let mut touched = BTreeMap::new();
        let mut keys = Vec::with_capacity(calls.len());
        for &call in calls {
            let day = Day::of_call(call);
            let ring = match touched.entry(day) {
                std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::btree_map::Entry::Vacant(entry) => {
                    // Taken out while it is changed: if the disk refuses the new one, the old one
                    // is read back from there.
                    let ring = match open.remove(&day) {
                        Some(ring) => ring,
                        None => self.read_or_new(day)?,
                    };
                    entry.insert(ring)
                }
            };
            keys.push(ring.add(call)?);
        }
        for (_, ring) in touched {
            self.write(&ring)?;
            keep(&mut open, ring);
        }
        Ok(keys)
    }

    /// Takes calls' keys out and rolls their rings, durably, one replacement a day; a ring that holds
    /// nothing then is removed. Returns how many keys there were.
    pub(crate) fn erase(&self, calls: &[CallId]) -> Result<usize, RingsError> {
        let mut by_day: BTreeMap<Day, Vec<CallId>> = BTreeMap::new();
        for &call in calls {
            by_day.entry(Day::of_call(call)).or_default().push(call);
        }
        let mut open = self.open();
        let mut count = 0;
        for (day, gone) in by_day {
            open.remove(&day);
            let Some(ring) = self.read(day)? else { continue };
            let here = ring.calls().filter(|call| gone.contains(call)).count();
            if here == 0 {
                continue;
            }
            let rolled = ring.without(&gone, &self.vault.master)?;
            if rolled.calls().next().is_some() {
                self.write(&rolled)?;
                keep(&mut open, rolled);
            } else {
                let path = self.folder.join(day.file_name());
                self.disk.remove(&path).map_err(|error| self.io(&path, error))?;
                self.disk
                    .sync_folder(&self.folder)
                    .map_err(|error| self.io(&self.folder, error))?;
            }
            count += here;
        }
        Ok(count)
    }

    /// The days that have a ring.
    pub(crate) fn days(&self) -> Result<Vec<Day>, RingsError> {
        let names = self.disk.list(&self.folder).map_err(|error| self.io(&self.folder, error))?;
        let mut days: Vec<Day> =
            names.iter().filter_map(|name| Day::from_file_name(name)).collect();
        days.sort();
        Ok(days)
    }

    /// The calls with a key on a day.
    pub(crate) fn calls(&self, day: Day) -> Result<Vec<CallId>, RingsError> {
        Ok(self.read(day)?.map_or_else(Vec::new, |ring| ring.calls().collect()))
    }

    fn read_or_new(&self, day: Day) -> Result<DayRing, RingsError> {
        match self.read(day) {
            Ok(Some(ring)) => return Ok(ring),
            Ok(None) => {}
            Err(RingsError::Bad { path, error }) => {
                // Calls must go on being recorded today; what it held is kept under another name.
                let aside = path.with_extension("ring.foreign");
                tracing::error!(path = %path.display(), %error, "ring set aside as *.foreign");
                self.disk.rename(&path, &aside).map_err(|error| self.io(&path, error))?;
            }
            Err(error) => return Err(error),
        }
        Ok(DayRing::new(day, &self.vault.master)?)
    }

    fn read(&self, day: Day) -> Result<Option<DayRing>, RingsError> {
        let path = self.folder.join(day.file_name());
        let bytes = match self.disk.read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.io(&path, error)),
        };
        let bad = |error| RingsError::Bad { path: path.clone(), error };
        let ring = DayRing::decode(&bytes, &self.vault.master).map_err(bad)?;
        // A ring under another day's name: copied there by hand.
        if ring.day() == day { Ok(Some(ring)) } else { Err(bad(RingError::Foreign)) }
    }

    fn write(&self, ring: &DayRing) -> Result<(), RingsError> {
        let name = ring.day().file_name();
        self.disk
            .replace(&self.folder, &name, &ring.encode())
            .map_err(|error| self.io(&self.folder.join(&name), error))
    }

    fn io(&self, path: &Path, error: io::Error) -> RingsError {
        RingsError::Io { path: path.to_owned(), error }
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<Day, DayRing>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keep(open: &mut BTreeMap<Day, DayRing>, ring: DayRing) {
    open.insert(ring.day(), ring);
    if open.len() > KEPT_OPEN {
        open.pop_first();
    }
}

//! A disk in memory that loses power at any moment, runs full, and fails.
//!
//! What is synced stays. Of what is not, after a loss of power any part may be there: a file's
//! unsynced octets up to anywhere, or with sectors in between that were never written (zeros);
//! changes of names up to any one of them.

use journal::disk::{Disk, Tail};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

const SECTOR: usize = 512;

#[derive(Clone, Default)]
struct Inode {
    data: Vec<u8>,
    synced: usize,
}

#[derive(Clone)]
enum NameOp {
    Bind(PathBuf, u64),
    Unbind(PathBuf),
}

#[derive(Default)]
struct State {
    inodes: BTreeMap<u64, Inode>,
    next: u64,
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    name_ops: Vec<NameOp>,
    locks: BTreeSet<PathBuf>,
    capacity: Option<u64>,
    operations: u64,
    /// Power is lost within this operation.
    cut_at: Option<u64>,
    /// Operations that fail with an input/output error, once each.
    failing: BTreeSet<u64>,
    off: bool,
    seed: u64,
}

#[derive(Clone, Default)]
pub(crate) struct ModelDisk(Arc<Mutex<State>>);

fn power() -> io::Error {
    io::Error::other("the power is gone")
}

impl State {
    /// Counts a changing operation. `Ok(false)`: power goes within it.
    fn begin(&mut self) -> io::Result<bool> {
        if self.off {
            return Err(power());
        }
        self.operations += 1;
        if self.failing.remove(&self.operations) {
            return Err(io::Error::from_raw_os_error(5));
        }
        if Some(self.operations) == self.cut_at {
            self.off = true;
            return Ok(false);
        }
        Ok(true)
    }

    fn used(&self) -> u64 {
        self.names.values().map(|inode| self.inodes[inode].data.len() as u64).sum()
    }

    fn name(&mut self, op: NameOp) {
        apply(&mut self.names, &op);
        self.name_ops.push(op);
    }
}

fn apply(names: &mut BTreeMap<PathBuf, u64>, op: &NameOp) {
    match op {
        NameOp::Bind(path, inode) => names.insert(path.clone(), *inode),
        NameOp::Unbind(path) => names.remove(path),
    };
}

impl ModelDisk {
    pub(crate) fn new(seed: u64) -> ModelDisk {
        let disk = ModelDisk::default();
        disk.state().seed = seed;
        disk
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Power goes within the `n`th changing operation from now (1 is the next).
    pub(crate) fn cut_after(&self, n: u64) {
        let mut state = self.state();
        state.cut_at = Some(state.operations + n);
    }

    /// The `n`th changing operation from now fails with EIO; what it does is undone or half done.
    pub(crate) fn fail(&self, n: u64) {
        let mut state = self.state();
        let at = state.operations + n;
        state.failing.insert(at);
    }

    pub(crate) fn set_capacity(&self, capacity: u64) {
        self.state().capacity = Some(capacity);
    }

    pub(crate) fn is_off(&self) -> bool {
        self.state().off
    }

    /// The disk as the machine finds it when power is back.
    pub(crate) fn after_power_loss(&self) -> ModelDisk {
        let state = self.state();
        let mut random = ChaCha8Rng::seed_from_u64(state.seed);
        let mut names = state.durable_names.clone();
        let kept = random.random_range(0..=state.name_ops.len());
        for op in &state.name_ops[..kept] {
            apply(&mut names, op);
        }
        let mut inodes = BTreeMap::new();
        for inode in names.values() {
            let was = &state.inodes[inode];
            let mut data = was.data[..was.synced].to_vec();
            let rest = &was.data[was.synced..];
            let until = random.random_range(0..=rest.len());
            data.extend_from_slice(&rest[..until]);
            if random.random_bool(0.5) {
                // Sectors reach the disk in any order: some in between may be missing.
                let mut at = was.synced.next_multiple_of(SECTOR);
                while at < data.len() {
                    let end = (at + SECTOR).min(data.len());
                    if random.random_bool(0.3) {
                        data[at..end].fill(0);
                    }
                    at += SECTOR;
                }
            }
            inodes.insert(*inode, Inode { synced: data.len(), data });
        }
        let after = State {
            inodes,
            next: state.next,
            durable_names: names.clone(),
            names,
            seed: random.random(),
            capacity: state.capacity,
            ..State::default()
        };
        ModelDisk(Arc::new(Mutex::new(after)))
    }

    /// The same content, another disk.
    pub(crate) fn copy(&self) -> ModelDisk {
        let state = self.state();
        let copy = State {
            inodes: state.inodes.clone(),
            next: state.next,
            names: state.names.clone(),
            durable_names: state.durable_names.clone(),
            seed: state.seed,
            ..State::default()
        };
        ModelDisk(Arc::new(Mutex::new(copy)))
    }

    /// Every file's path.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.state().names.keys().cloned().collect()
    }

    /// Changes a file behind everyone's back.
    pub(crate) fn tamper(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let inode = match state.names.get(path) {
            Some(inode) => *inode,
            None => {
                state.next += 1;
                let inode = state.next;
                state.inodes.insert(inode, Inode::default());
                state.names.insert(path.to_owned(), inode);
                state.durable_names.insert(path.to_owned(), inode);
                inode
            }
        };
        let inode = state.inodes.get_mut(&inode).unwrap();
        change(&mut inode.data);
        inode.synced = inode.data.len();
    }
}

struct ModelTail {
    disk: ModelDisk,
    inode: u64,
}

impl Tail for ModelTail {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        let goes_on = state.begin()?;
        let free =
            state.capacity.map_or(u64::MAX, |capacity| capacity.saturating_sub(state.used()));
        let fits = bytes.len().min(usize::try_from(free).unwrap_or(usize::MAX));
        let inode = state.inodes.get_mut(&self.inode).unwrap();
        inode.data.extend_from_slice(&bytes[..fits]);
        if !goes_on {
            return Err(power());
        }
        if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        if !state.begin()? {
            return Err(power());
        }
        let inode = state.inodes.get_mut(&self.inode).unwrap();
        inode.synced = inode.data.len();
        Ok(())
    }
}

struct Held(ModelDisk, PathBuf);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.state().locks.remove(&self.1);
    }
}

impl Disk for ModelDisk {
    fn create_folder(&self, _folder: &Path) -> io::Result<()> {
        if self.is_off() { Err(power()) } else { Ok(()) }
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        if state.off {
            return Err(power());
        }
        let here = state.names.keys().filter(|path| path.parent() == Some(folder));
        Ok(here.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let state = self.state();
        if state.off {
            return Err(power());
        }
        let inode = state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(state.inodes[inode].data.clone())
    }

    fn read_at(&self, path: &Path, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let state = self.state();
        if state.off {
            return Err(power());
        }
        let inode = state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        let data = &state.inodes[inode].data;
        let from = data.len().min(usize::try_from(offset).unwrap());
        let count = buffer.len().min(data.len() - from);
        buffer[..count].copy_from_slice(&data[from..from + count]);
        Ok(count)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        let state = self.state();
        let inode = state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(state.inodes[inode].data.len() as u64)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Tail>> {
        let mut state = self.state();
        let goes_on = state.begin()?;
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.next += 1;
        let inode = state.next;
        state.inodes.insert(inode, Inode::default());
        state.name(NameOp::Bind(path.to_owned(), inode));
        if !goes_on {
            return Err(power());
        }
        Ok(Box::new(ModelTail { disk: self.clone(), inode }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        let goes_on = state.begin()?;
        let inode = *state.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        // One step of the file system's own journal, so both or none.
        state.name(NameOp::Bind(to.to_owned(), inode));
        state.name(NameOp::Unbind(from.to_owned()));
        if goes_on { Ok(()) } else { Err(power()) }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        let goes_on = state.begin()?;
        if !state.names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.name(NameOp::Unbind(path.to_owned()));
        if goes_on { Ok(()) } else { Err(power()) }
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        let mut state = self.state();
        if !state.begin()? {
            return Err(power());
        }
        let inode = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        let inode = state.inodes.get_mut(&inode).unwrap();
        inode.data.truncate(usize::try_from(length).unwrap());
        inode.synced = inode.synced.min(inode.data.len());
        Ok(())
    }

    fn punch(&self, path: &Path, from: u64, length: u64) -> io::Result<()> {
        let mut state = self.state();
        let goes_on = state.begin()?;
        let inode = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        let data = &mut state.inodes.get_mut(&inode).unwrap().data;
        let from = usize::try_from(from).unwrap();
        let mut to = from + usize::try_from(length).unwrap();
        assert!(to <= data.len(), "a hole beyond the end");
        if !goes_on {
            // Half of it, when the power goes.
            to = from + (to - from) / 2;
        }
        data[from..to].fill(0);
        if goes_on { Ok(()) } else { Err(power()) }
    }

    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        if !state.begin()? {
            return Err(power());
        }
        state.durable_names = state.names.clone();
        state.name_ops.clear();
        Ok(())
    }

    fn free(&self, _folder: &Path) -> io::Result<u64> {
        let state = self.state();
        if state.off {
            return Err(power());
        }
        Ok(state.capacity.map_or(u64::MAX / 2, |capacity| capacity.saturating_sub(state.used())))
    }

    fn reserve(&self, path: &Path, length: u64) -> io::Result<()> {
        let mut state = self.state();
        if !state.begin()? {
            return Err(power());
        }
        let had = state.names.get(path).map_or(0, |inode| state.inodes[inode].data.len() as u64);
        let free = state.capacity.map_or(u64::MAX, |all| (all + had).saturating_sub(state.used()));
        if length > free {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.next += 1;
        let inode = state.next;
        let length = usize::try_from(length).unwrap();
        state.inodes.insert(inode, Inode { data: vec![0; length], synced: length });
        state.name(NameOp::Bind(path.to_owned(), inode));
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Any + Send + Sync>> {
        let mut state = self.state();
        if state.off {
            return Err(power());
        }
        if !state.locks.insert(path.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        drop(state);
        Ok(Box::new(Held(self.clone(), path.to_owned())))
    }
}

//! The catalogue in sled 0.34, in `index/`: thrown away and made again whenever in doubt.
//!
//! ```text
//! key                              value
//! "c" call (16)                    opened 8, tail 8, record 8, revision 2, flags 1 (1 closed,
//!                                  2 erased, 4 held); positions and numbers little-endian
//! "d" delivery number (8, BE)      call 16, position 8
//! "s"                              format version 1 (1), first segment not yet settled (4)
//! ```
//!
//! No value is longer than 27 octets. Nothing waits for sled's flush: at opening, every segment from
//! the one that "s" names is applied again, and "s" moves only after a flush that worked.
//!
//! Once a write of sled's has failed, as on a full disk, sled takes no more until it is opened anew.
//! What comes after is kept in memory over what it has; the next start applies it again.

use crate::catalogue::{Applied, Catalogue, Changes, Entry, Undelivered, below, is_filed};
use crate::disk::Disk;
use crate::frame::Position;
use crate::reserve::is_full;
use call::CallId;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

const FORMAT: u8 = 1;
/// sled's own default is 1 GiB, more than the whole appliance may take.
const CACHE: u64 = 16 << 20;

/// The catalogue on disk.
pub(crate) struct Index {
    db: sled::Db,
    /// How many records wait.
    waiting: AtomicUsize,
    /// What came after sled had failed.
    since: Mutex<Option<Changes>>,
}

impl Index {
    /// Opens the index, or makes an empty one. Returns the first segment to apply, and what had to
    /// be done, if anything. An index that only finds no space is left as it is.
    pub(crate) fn open(disk: &dyn Disk, dir: &Path) -> io::Result<(Index, u32, Option<String>)> {
        let folder = dir.join("index");
        let swept = sweep(disk, &folder)?;
        match Index::at(&folder) {
            Ok((index, first)) => Ok((index, first, swept)),
            Err(error) if is_full(&error) => Err(error),
            Err(error) => {
                let aside = set_aside(dir)?;
                let (index, first) = Index::fresh(&folder)?;
                let said = format!("index did not open ({error}): set aside as {aside}, made anew");
                Ok((index, first, Some(said)))
            }
        }
    }

    /// Throws the index away, by name, and begins an empty one.
    pub(crate) fn anew(dir: &Path) -> io::Result<(Index, String)> {
        let aside = set_aside(dir)?;
        Ok((Index::fresh(&dir.join("index"))?.0, aside))
    }

    /// An index where there was none; nothing half-made stays where it fails.
    fn fresh(folder: &Path) -> io::Result<(Index, u32)> {
        let made = Index::at(folder);
        if made.is_err() {
            let _ = std::fs::remove_dir_all(folder);
        }
        made
    }

    fn at(folder: &Path) -> io::Result<(Index, u32)> {
        let config =
            sled::Config::new().path(folder).cache_capacity(CACHE).flush_every_ms(Some(2000));
        // sled asserts on some of what may lie in its files; that is damage like any other.
        let opened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| config.open()));
        let db = opened.map_err(|_| io::Error::other("sled gave up on it"))?.map_err(to_io)?;
        let first = match db.get(b"s").map_err(to_io)? {
            Some(value) => match <[u8; 5]>::try_from(value.as_ref()) {
                Ok([FORMAT, segment @ ..]) => u32::from_le_bytes(segment),
                _ => return Err(io::Error::other("another format of the index")),
            },
            None if db.is_empty() => 0,
            None => return Err(io::Error::other("the index has lost its beginning")),
        };
        if first == 0 {
            let mut value = vec![FORMAT];
            value.extend_from_slice(&0_u32.to_le_bytes());
            db.insert(b"s", value).map_err(to_io)?;
        }
        let waiting = AtomicUsize::new(deliveries(&db, 0).count());
        Ok((Index { db, waiting, since: Mutex::default() }, first))
    }

    fn since(&self) -> MutexGuard<'_, Option<Changes>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a record waits under this number.
    fn waits(&self, delivery: u64) -> io::Result<bool> {
        if let Some(known) = self.since().as_ref().and_then(|since| since.deliveries.get(&delivery))
        {
            return Ok(known.is_some());
        }
        self.db.contains_key(delivery_key(delivery)).map_err(to_io)
    }

    fn write(&self, changes: &Changes) -> io::Result<()> {
        let mut batch = sled::Batch::default();
        for (call, entry) in &changes.calls {
            batch.insert(&call_key(*call), &encode(entry));
        }
        for (delivery, waits) in &changes.deliveries {
            match waits {
                Some((call, at)) => {
                    let mut value = call.to_bytes().to_vec();
                    value.extend_from_slice(&at.to_u64().to_le_bytes());
                    batch.insert(&delivery_key(*delivery), value);
                }
                None => batch.remove(&delivery_key(*delivery)),
            }
        }
        self.db.apply_batch(batch).map_err(to_io)
    }
}

/// The records that wait with a number above one.
fn deliveries(db: &sled::Db, after: u64) -> sled::Iter {
    db.range(delivery_key(after.saturating_add(1)).to_vec()..b"e".to_vec())
}

/// A leftover `snap.*.generating` makes sled refuse to open; without it nothing is lost.
fn sweep(disk: &dyn Disk, folder: &Path) -> io::Result<Option<String>> {
    let mut count = 0;
    for name in disk.list(folder)? {
        if name.starts_with("snap.") && name.ends_with(".generating") {
            disk.remove(&folder.join(name))?;
            count += 1;
        }
    }
    Ok((count > 0).then(|| format!("{count} half-made snapshots of the index swept")))
}

fn set_aside(dir: &Path) -> io::Result<String> {
    for number in 1.. {
        let name = format!("index.damaged-{number}");
        if !dir.join(&name).exists() {
            std::fs::rename(dir.join("index"), dir.join(&name))?;
            return Ok(name);
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn to_io(error: sled::Error) -> io::Error {
    match error {
        sled::Error::Io(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

fn call_key(call: CallId) -> [u8; 17] {
    let mut key = [b'c'; 17];
    key[1..].copy_from_slice(&call.to_bytes());
    key
}

fn delivery_key(delivery: u64) -> [u8; 9] {
    let mut key = [b'd'; 9];
    key[1..].copy_from_slice(&delivery.to_be_bytes());
    key
}

fn encode(entry: &Entry) -> [u8; 27] {
    let mut value = [0; 27];
    value[..8].copy_from_slice(&entry.opened.to_u64().to_le_bytes());
    value[8..16].copy_from_slice(&entry.tail.to_u64().to_le_bytes());
    value[16..24].copy_from_slice(&entry.record.to_u64().to_le_bytes());
    value[24..26].copy_from_slice(&entry.revision.to_le_bytes());
    value[26] = u8::from(entry.closed) | u8::from(entry.erased) << 1 | u8::from(entry.held) << 2;
    value
}

fn decode(value: &[u8]) -> io::Result<Entry> {
    let value: &[u8; 27] =
        value.try_into().map_err(|_| io::Error::other("an entry of the index is damaged"))?;
    let (positions, rest) = value.split_at(24);
    let mut places = positions.chunks_exact(8).map(|octets| {
        let mut packed = [0; 8];
        packed.copy_from_slice(octets);
        Position::from_u64(u64::from_le_bytes(packed))
    });
    let mut place = || places.next().unwrap_or_default();
    Ok(Entry {
        opened: place(),
        tail: place(),
        record: place(),
        revision: u16::from_le_bytes([rest[0], rest[1]]),
        closed: rest[2] & 1 != 0,
        erased: rest[2] & 2 != 0,
        held: rest[2] & 4 != 0,
    })
}

fn to_call(octets: &[u8]) -> io::Result<CallId> {
    let octets =
        octets.try_into().map_err(|_| io::Error::other("a key of the index is damaged"))?;
    Ok(CallId::from_bytes(octets))
}

fn to_undelivered(key: &[u8], value: &[u8]) -> io::Result<Undelivered> {
    let damaged = || io::Error::other("a delivery of the index is damaged");
    let delivery = key.get(1..).and_then(|octets| octets.try_into().ok()).ok_or_else(damaged)?;
    let (call, at) = value.split_at_checked(16).ok_or_else(damaged)?;
    let at = at.try_into().map_err(|_| damaged())?;
    Ok(Undelivered {
        delivery: u64::from_be_bytes(delivery),
        call: to_call(call)?,
        at: Position::from_u64(u64::from_le_bytes(at)),
    })
}

impl Catalogue for Index {
    fn apply(&self, frames: &Applied) -> io::Result<()> {
        let filed: Vec<_> =
            frames.iter().filter(|(header, _)| is_filed(header.kind)).copied().collect();
        if filed.is_empty() {
            return Ok(());
        }
        let changes = Changes::of(&filed, self)?;
        let (mut more, mut fewer) = (0, 0);
        for (delivery, waits) in &changes.deliveries {
            match (self.waits(*delivery)?, waits.is_some()) {
                (false, true) => more += 1,
                (true, false) => fewer += 1,
                _ => {}
            }
        }
        let mut since = self.since();
        if since.is_none()
            && let Err(error) = self.write(&changes)
        {
            tracing::error!(%error, "the journal's index takes no more: it is kept in memory until the next start");
            *since = Some(Changes::default());
        }
        if let Some(since) = since.as_mut() {
            since.extend(changes);
        }
        self.waiting.fetch_add(more, Ordering::Relaxed);
        self.waiting.fetch_sub(fewer, Ordering::Relaxed);
        Ok(())
    }

    fn call(&self, call: CallId) -> io::Result<Option<Entry>> {
        if let Some(entry) = self.since().as_ref().and_then(|since| since.calls.get(&call)) {
            return Ok(Some(*entry));
        }
        let value = self.db.get(call_key(call)).map_err(to_io)?;
        value.map(|value| decode(&value)).transpose()
    }

    fn older(&self, before: Option<CallId>, limit: usize) -> io::Result<Vec<(CallId, Entry)>> {
        let end = match before {
            Some(call) => call_key(call).to_vec(),
            None => b"d".to_vec(),
        };
        let mut found = BTreeMap::new();
        for item in self.db.range(b"c".to_vec()..end).rev().take(limit) {
            let (key, value) = item.map_err(to_io)?;
            found.insert(to_call(&key[1..])?, decode(&value)?);
        }
        if let Some(since) = self.since().as_ref() {
            let newest = since.calls.range(below(before)).rev().take(limit);
            found.extend(newest.map(|(call, entry)| (*call, *entry)));
        }
        Ok(found.into_iter().rev().take(limit).collect())
    }

    fn undelivered(&self, after: u64, limit: usize) -> io::Result<Vec<Undelivered>> {
        let since = self.since();
        let later = since.as_ref().map(|since| &since.deliveries);
        let mut found = BTreeMap::new();
        for item in deliveries(&self.db, after) {
            let (key, value) = item.map_err(to_io)?;
            let waiting = to_undelivered(&key, &value)?;
            if later.is_none_or(|later| !later.contains_key(&waiting.delivery)) {
                found.insert(waiting.delivery, waiting);
            }
            if found.len() >= limit {
                break;
            }
        }
        let later = later.into_iter().flat_map(|later| later.range(after.saturating_add(1)..));
        let waits = later.filter_map(|(&delivery, waits)| {
            waits.map(|(call, at)| (delivery, Undelivered { delivery, call, at }))
        });
        found.extend(waits.take(limit));
        Ok(found.into_values().take(limit).collect())
    }

    fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    fn settled(&self, segment: u32) -> io::Result<()> {
        // What is in memory only has to be applied again at the next start.
        if self.since().is_some() {
            return Ok(());
        }
        self.db.flush().map_err(to_io)?;
        let mut value = vec![FORMAT];
        value.extend_from_slice(&segment.to_le_bytes());
        self.db.insert(b"s", value).map_err(to_io)?;
        Ok(())
    }
}

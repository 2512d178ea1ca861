//! Gives the space of erased calls back to the file system, one segment after the other.

use crate::catalogue::Catalogue;
use crate::disk::Disk;
use crate::error::ReclaimError;
use crate::pruned::{self, Pruned, Statement};
use crate::request::{Request, Shared};
use crate::segment;
use crate::writing::Desk;
use call::CallId;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// How many calls are asked of the catalogue at once.
const PAGE: usize = 1024;

/// What is worth a look.
#[derive(Default)]
pub(crate) struct Reclaim {
    /// How many calls had been erased, and which segment was the last, when it was found out.
    as_of: Option<(u64, u32)>,
    /// The erased calls that reach into each segment that is still to be looked at.
    segments: BTreeMap<u32, BTreeSet<CallId>>,
    /// How many they were when nothing was found there.
    barren: BTreeMap<u32, usize>,
}

/// What is needed for it.
pub(crate) struct Ground<'a> {
    pub(crate) disk: &'a dyn Disk,
    pub(crate) dir: &'a Path,
    pub(crate) catalogue: Arc<dyn Catalogue>,
    pub(crate) shared: &'a Shared,
    pub(crate) desk: &'a Desk,
    pub(crate) shortest: u32,
}

impl Reclaim {
    /// Looks through the next segment with erased calls in it; returns how many octets it gave back,
    /// or nothing if no segment is left.
    pub(crate) fn step(&mut self, ground: &Ground<'_>) -> Result<Option<u64>, ReclaimError> {
        self.look_around(ground)?;
        let Some((number, erased)) = self.segments.pop_first() else { return Ok(None) };
        let (disk, dir) = (ground.disk, ground.dir);
        let known = pruned::read(disk, dir, number)?;
        let known = known.map(|(pruned, _)| pruned).unwrap_or_default();
        let (numbers, _) = segment::numbers(disk, dir)?;
        let end = segment::ends(disk, dir, &numbers)?.get(&number).copied();
        let mut bytes = disk.read(&segment::path(dir, number))?;
        bytes.truncate(end.unwrap_or(usize::MAX));
        let found = Pruned::of(number, &bytes, &known.stretches, &erased, ground.shortest);
        if found.stretches == known.stretches {
            self.barren.insert(number, erased.len());
            return Ok(Some(0));
        }
        let file = found.encode();
        let hash = *blake3::hash(&file).as_bytes();
        let statement = Statement { segment: number, hash };
        ground.desk.ask(|answer| Request::Prune { statement, answer: Some(answer) }).wait()?;
        disk.replace(&segment::folder(dir), &Pruned::name(number), &file)?;
        found.punch(disk, dir)?;
        Ok(Some(found.octets().saturating_sub(known.octets())))
    }

    /// Finds out which segments hold erased calls, if that may have changed.
    fn look_around(&mut self, ground: &Ground<'_>) -> Result<(), ReclaimError> {
        let (disk, dir) = (ground.disk, ground.dir);
        let (numbers, _) = segment::numbers(disk, dir)?;
        let Some((&last, complete)) = numbers.split_last() else { return Ok(()) };
        let now = (ground.shared.counts().erased, last);
        if self.as_of == Some(now) {
            return Ok(());
        }
        self.segments.clear();
        let mut before = None;
        loop {
            let page = ground.catalogue.older(before, PAGE)?;
            let Some((oldest, _)) = page.last() else { break };
            before = Some(*oldest);
            for (call, entry) in page.into_iter().filter(|(_, entry)| entry.erased) {
                for number in entry.opened.segment..=entry.tail.segment {
                    if complete.binary_search(&number).is_ok() {
                        self.segments.entry(number).or_default().insert(call);
                    }
                }
            }
        }
        let barren = &self.barren;
        let mut looked_at = BTreeSet::new();
        for (&number, erased) in &self.segments {
            let known = pruned::read(disk, dir, number)?;
            let then = known.map(|(pruned, _)| pruned.erased as usize);
            if then.or(barren.get(&number).copied()).is_some_and(|then| then == erased.len()) {
                looked_at.insert(number);
            }
        }
        self.segments.retain(|number, _| !looked_at.contains(number));
        self.as_of = Some(now);
        Ok(())
    }
}

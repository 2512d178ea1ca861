//! Audio that goes on without a gap within one commit is written as one frame.
//!
//! At work a commit holds 100 ms of a side at most, so that nothing changes. When the disk has kept
//! the writer waiting, what has piled up of each side becomes few long frames instead of many short
//! ones, and is caught up with several times faster.

use crate::request::{Asked, Request};
use call::{CallId, Codec, Side, entry::Audio};
use std::collections::HashMap;

/// The longest payload of a frame that is made of several entries: what one damaged octet may cost,
/// a second of one side.
const LONGEST: usize = 8000;

/// Which entries of a batch go on where another ended.
pub(super) struct Runs {
    /// By entry: the first of its run; itself, if it is that or no audio.
    first: Vec<usize>,
    /// By entry: the next of its run.
    next: Vec<Option<usize>>,
}

/// The end of a run that may go on.
struct End {
    first: usize,
    last: usize,
    at: u64,
    codec: Codec,
    octets: usize,
}

impl Runs {
    pub(super) fn of(batch: &[Asked]) -> Runs {
        let mut runs = Runs { first: (0..batch.len()).collect(), next: vec![None; batch.len()] };
        let mut ends: HashMap<CallId, [Option<End>; 2]> = HashMap::new();
        for (index, asked) in batch.iter().enumerate() {
            let Request::Audio { call, audio } = &asked.request else {
                // What follows an event or a closing in time follows it on disk, too.
                if let Some(call) = asked.request.call() {
                    ends.remove(&call);
                }
                continue;
            };
            let sides = ends.entry(*call).or_default();
            let end = &mut sides[usize::from(audio.side == Side::Customer)];
            let octets = audio.payload.len();
            match end {
                Some(end)
                    if end.at == audio.at.0
                        && end.codec == audio.codec
                        && end.octets + octets <= LONGEST =>
                {
                    runs.first[index] = end.first;
                    runs.next[end.last] = Some(index);
                    end.last = index;
                    end.octets += octets;
                    end.at += octets as u64;
                }
                _ => {
                    // One octet a sample, in both codecs.
                    let at = audio.at.0.saturating_add(octets as u64);
                    *end = Some(End { first: index, last: index, at, codec: audio.codec, octets });
                }
            }
        }
        runs
    }

    /// The first entry of the run that an entry belongs to.
    pub(super) fn first(&self, index: usize) -> usize {
        self.first[index]
    }

    /// The audio of the run that begins with an entry.
    pub(super) fn pieces<'a>(
        &'a self,
        batch: &'a [Asked],
        first: usize,
    ) -> impl Iterator<Item = &'a Audio> + Clone {
        let indices = std::iter::successors(Some(first), |index| self.next[*index]);
        indices.filter_map(|index| match &batch[index].request {
            Request::Audio { audio, .. } => Some(audio),
            _ => None,
        })
    }
}

//! A stream that tells where it was cut: codes of A-law drawn from a counter, so that any stretch of
//! them says which stretch it is.

use call::Codec;
use dsp::g711;
use line::{BLOCK, Block};

/// Samples that say where they belong beyond doubt.
const TELLING: usize = 32;
/// How far a slip is looked for, in samples.
const FAR: u64 = 800;

/// One stream's code at a sample.
fn code(stream: u64, at: u64) -> u8 {
    let mut mixed = at.wrapping_add(stream << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^= mixed >> 29;
    mixed = mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 56) as u8
}

/// What is sent.
pub struct Sender {
    stream: u64,
    at: u64,
}

impl Sender {
    /// A stream from its first sample on.
    pub fn new(stream: u64) -> Self {
        Sender { stream, at: 0 }
    }

    /// The next block.
    pub fn block(&mut self) -> Block {
        let (stream, at) = (self.stream, self.at);
        self.at += BLOCK as u64;
        std::array::from_fn(|index| g711::alaw_decode(code(stream, at + index as u64)))
    }
}

/// What arrives, held against what was sent.
pub struct Receiver {
    stream: u64,
    /// The next sample that is due; `None` until the stream was recognised.
    due: Option<u64>,
    recent: Vec<u8>,
    /// Samples that arrived as they were sent.
    pub whole: u64,
    /// Samples that were lost.
    pub lost: u64,
    /// Samples that came twice, or were none of the stream's.
    pub doubled: u64,
}

impl Receiver {
    /// A receiver of a stream.
    pub fn new(stream: u64) -> Self {
        Receiver { stream, due: None, recent: Vec::new(), whole: 0, lost: 0, doubled: 0 }
    }

    /// Whether the stream was recognised.
    pub fn is_locked(&self) -> bool {
        self.due.is_some()
    }

    /// Takes a block.
    pub fn push(&mut self, block: &Block) {
        let mut codes = [0; BLOCK];
        g711::encode(Codec::ALaw, block, &mut codes);
        for code in codes {
            self.take(code);
        }
    }

    fn take(&mut self, heard: u8) {
        if let Some(due) = self.due
            && self.recent.is_empty()
            && heard == code(self.stream, due)
        {
            self.due = Some(due + 1);
            self.whole += 1;
            return;
        }
        // Out of step, or not yet in it: gather what tells the place.
        self.recent.push(heard);
        if self.recent.len() < TELLING {
            return;
        }
        // The stream begins at its beginning, and goes on somewhere near.
        let mut near = self.due.map_or(0..1, |due| due.saturating_sub(FAR)..due + FAR);
        let place = near.find(|&place| {
            let sent = (place..).map(|at| code(self.stream, at));
            sent.zip(&self.recent).all(|(sent, heard)| sent == *heard)
        });
        match (place, self.due) {
            (None, due) => {
                self.doubled += u64::from(due.is_some());
                self.recent.remove(0);
            }
            (Some(place), due) => {
                self.lost += due.map_or(0, |due| place.saturating_sub(due));
                self.doubled += due.map_or(0, |due| due.saturating_sub(place));
                self.whole += TELLING as u64;
                self.due = Some(place + TELLING as u64);
                self.recent.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(blocks: impl IntoIterator<Item = Block>) -> Receiver {
        let mut receiver = Receiver::new(7);
        blocks.into_iter().for_each(|block| receiver.push(&block));
        receiver
    }

    fn sent(count: usize) -> Vec<Block> {
        let mut sender = Sender::new(7);
        (0..count).map(|_| sender.block()).collect()
    }

    #[test]
    fn a_whole_stream_after_silence_is_whole() {
        let blocks = [[0; BLOCK]; 5].into_iter().chain(sent(100));
        let receiver = received(blocks);
        assert_eq!((receiver.whole, receiver.lost, receiver.doubled), (8_000, 0, 0));
    }

    #[test]
    fn a_lost_and_a_doubled_block_are_counted() {
        let mut blocks = sent(100);
        blocks.remove(50);
        let receiver = received(blocks.clone());
        assert_eq!((receiver.whole, receiver.lost, receiver.doubled), (7_920, 80, 0));
        blocks.insert(20, blocks[19]);
        let receiver = received(blocks);
        assert_eq!((receiver.lost, receiver.doubled), (80, 80));
    }

    #[test]
    fn silence_in_between_belongs_to_no_stream() {
        let mut blocks = sent(100);
        blocks.insert(50, [0; BLOCK]);
        assert_eq!(received(blocks).doubled, 80);
    }

    #[test]
    fn another_stream_is_not_taken_for_it() {
        let mut other = Sender::new(8);
        assert!(!received((0..20).map(|_| other.block())).is_locked());
    }
}

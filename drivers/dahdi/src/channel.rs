//! One channel: a descriptor bound to it, and each ioctl as a method.
//!
//! An FXO port uses a part of this; the rest is for FXS ports, on which tests play the exchange.

use crate::abi::{self, ELAST, Flush, HookState, INT, Law, Request};
use crate::event::Event;
use crate::system::{Errno, File, Node, System};
use crate::wire::{self, Params};
use line::{BLOCK, Block};
use nix::libc;

/// What reading or writing a block came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// The block was moved.
    Whole,
    /// There was no block to read, or no room to write one.
    Nothing,
    /// Events come first: take them, and try again.
    EventsFirst,
}

/// One channel, open.
#[derive(Debug)]
pub struct Channel<F> {
    file: F,
}

impl<F: File> Channel<F> {
    /// Opens a channel by its number, counted from 1. Nobody else can while it is open; dropping it
    /// puts the line on hook.
    pub fn open(system: &impl System<File = F>, number: u32) -> Result<Self, Errno> {
        let channel = Channel { file: system.open(Node::Channel)? };
        channel.set(abi::SPECIFY, number.cast_signed())?;
        Ok(channel)
    }

    /// Blocks of [`BLOCK`] linear samples, `count` of them each way, sent and handed over at once.
    /// Lost blocks become events.
    pub fn move_blocks(&self, count: u8) -> Result<(), Errno> {
        self.set(abi::SET_BLOCK_SIZE, BLOCK as i32)?;
        self.file.ioctl(abi::SET_BUFFERS, &mut wire::buffers(count, BLOCK as u16))?;
        self.set(abi::SET_LINEAR, 1)?;
        self.set(abi::BUFFER_EVENTS, 1)
    }

    /// How samples are coded between driver and card.
    pub fn set_law(&self, law: Law) -> Result<(), Errno> {
        self.set(abi::SET_LAW, law as i32)
    }

    /// The kernel's echo canceller, as long as so many samples; 0: none.
    pub fn cancel_echo(&self, taps: u16) -> Result<(), Errno> {
        self.set(abi::ECHO_CANCEL, i32::from(taps))
    }

    /// The card's own gain in tenths of a decibel.
    pub fn set_gain(&self, tenths: i16, to_line: bool) -> Result<(), Errno> {
        self.file.ioctl(abi::SET_HARDWARE_GAIN, &mut wire::hardware_gain(tenths, to_line))
    }

    /// All about the channel.
    pub fn params(&self) -> Result<Params, Errno> {
        let mut params = Params::of(0);
        self.file.ioctl(abi::GET_PARAMS, params.bytes_mut())?;
        Ok(params)
    }

    /// Changes the channel's times.
    pub fn set_params(&self, params: &mut Params) -> Result<(), Errno> {
        self.file.ioctl(abi::SET_PARAMS, params.bytes_mut())
    }

    /// Tells the hook switch. Flash and ringing go on by themselves: the kernel says so of a
    /// descriptor that does not wait, by an error that is none.
    pub fn hook(&self, state: HookState) -> Result<(), Errno> {
        match self.set(abi::HOOK, state as i32) {
            Err(Errno(libc::EINPROGRESS)) => Ok(()),
            other => other,
        }
    }

    /// Throws away what is queued.
    pub fn flush(&self, what: Flush) -> Result<(), Errno> {
        self.set(abi::FLUSH, what as i32)
    }

    /// Takes the oldest event.
    pub fn next_event(&self) -> Result<Option<Event>, Errno> {
        let mut code = [0; INT];
        self.file.ioctl(abi::GET_EVENT, &mut code)?;
        Ok(Event::decode(i32::from_ne_bytes(code)))
    }

    /// Receives a block.
    pub fn read(&self, block: &mut Block) -> Result<Moved, Errno> {
        let mut bytes = [0; 2 * BLOCK];
        let moved = moved(self.file.read(&mut bytes))?;
        if moved == Moved::Whole {
            for (sample, pair) in block.iter_mut().zip(bytes.chunks_exact(2)) {
                *sample = i16::from_ne_bytes([pair[0], pair[1]]);
            }
        }
        Ok(moved)
    }

    /// Sends a block.
    pub fn write(&self, block: &Block) -> Result<Moved, Errno> {
        let mut bytes = [0; 2 * BLOCK];
        for (pair, sample) in bytes.chunks_exact_mut(2).zip(block) {
            pair.copy_from_slice(&sample.to_ne_bytes());
        }
        moved(self.file.write(&bytes))
    }

    /// FXS: turns tip and ring round, or back.
    pub fn reverse(&self, reversed: bool) -> Result<(), Errno> {
        self.set(abi::SET_POLARITY, i32::from(reversed))
    }

    /// FXS: sends audio on hook for so long.
    pub fn transfer_on_hook(&self, ms: i32) -> Result<(), Errno> {
        self.set(abi::ON_HOOK_TRANSFER, ms)
    }

    /// FXS: how many messages wait; shown by reversing the line (`reversal`), or by a neon lamp.
    pub fn show_messages(&self, count: i32, reversal: bool) -> Result<(), Errno> {
        const REVERSAL: i32 = 1 << 0;
        const NEON: i32 = 1 << 2;
        let means = if reversal { REVERSAL } else { NEON };
        self.set(abi::MESSAGES_WAITING_CONFIG, means)?;
        self.set(abi::MESSAGES_WAITING, count)
    }

    /// FXS: uses a zone's ringing.
    pub fn use_zone(&self, zone: i32) -> Result<(), Errno> {
        self.set(abi::SET_TONE_ZONE, zone)
    }

    /// The descriptor.
    pub fn file(&self) -> &F {
        &self.file
    }

    fn set(&self, request: Request<INT>, value: i32) -> Result<(), Errno> {
        self.file.ioctl(request, &mut value.to_ne_bytes())
    }
}

fn moved(result: Result<usize, Errno>) -> Result<Moved, Errno> {
    match result {
        Ok(bytes) if bytes == 2 * BLOCK => Ok(Moved::Whole),
        // Blocks are what was asked for: part of one is the tail of what was queued before.
        Ok(_) | Err(Errno(libc::EAGAIN)) => Ok(Moved::Nothing),
        Err(Errno(ELAST)) => Ok(Moved::EventsFirst),
        Err(error) => Err(error),
    }
}

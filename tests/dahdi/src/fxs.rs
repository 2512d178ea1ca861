//! The exchange's end of a line: an FXS port.

use dahdi::abi::{self, Flush, HookState, INT, Law, Signalling};
use dahdi::channel::{Channel, Moved};
use dahdi::event::Event;
use dahdi::system::{Errno, File, Linux, Node, System};
use dahdi::wire::{self, Params, Received};
use line::{BLOCK, Block};

/// Blocks each way in the kernel, and silent ones sent ahead.
const BLOCKS: u8 = 6;
const AHEAD: usize = 2;
/// The zone with our ringing: on until it is told to stop.
const ZONE: i32 = 1;
const CADENCE: [i32; 2] = [60_000, 100];

/// An FXS port, open.
pub struct Fxs {
    channel: Channel<std::fs::File>,
    dry: bool,
    /// Events that were taken, and not given yet.
    events: Vec<Event>,
    /// Times that the kernel lost samples on their way in, or had none of ours to send.
    pub gaps: u64,
}

impl Fxs {
    /// Configures and opens a channel as the exchange's end.
    pub fn open(number: u32, law: Law) -> Result<Fxs, Errno> {
        let control = Linux.open(Node::Control)?;
        control.ioctl(abi::LOAD_ZONE, &mut wire::ringing_zone(ZONE, CADENCE)).or_else(|error| {
            // Loaded by the port before.
            if error == Errno(nix::libc::EINVAL) { Ok(()) } else { Err(error) }
        })?;
        let mut params = Params::of(number);
        let mut known = control.ioctl(abi::GET_PARAMS, params.bytes_mut());
        if known == Err(Errno(nix::libc::EINVAL)) && Linux.assign_spans() {
            known = control.ioctl(abi::GET_PARAMS, params.bytes_mut());
        }
        known?;
        let mut span: [u8; INT] = params.span().to_ne_bytes();
        control.ioctl(abi::STARTUP, &mut span)?;
        let mut config = wire::channel_config(number, Signalling::FxoKewlstart, law);
        control.ioctl(abi::CHANNEL_CONFIG, &mut config)?;
        let channel = Channel::open(&Linux, number)?;
        channel.set_law(law)?;
        channel.move_blocks(BLOCKS)?;
        channel.use_zone(ZONE)?;
        channel.reverse(false)?;
        channel.hook(HookState::OnHook)?;
        channel.flush(Flush::All)?;
        Ok(Fxs { channel, dry: true, events: Vec::new(), gaps: 0 })
    }

    /// The channel, for what is done to the wire.
    pub fn channel(&self) -> &Channel<std::fs::File> {
        &self.channel
    }

    /// Whether the subscriber's loop is closed.
    pub fn off_hook(&self) -> Result<bool, Errno> {
        Ok(self.channel.params()?.received() == Received::Battery)
    }

    /// Rings, or stops ringing.
    pub fn ring(&self, on: bool) -> Result<(), Errno> {
        // From whatever the kernel still had in hand, to on hook.
        self.channel.hook(HookState::RingOff)?;
        if on { self.channel.hook(HookState::Ring) } else { Ok(()) }
    }

    /// The next event of the wire.
    pub fn next_event(&mut self) -> Option<Event> {
        (!self.events.is_empty()).then(|| self.events.remove(0))
    }

    /// Receives a block, if one is there.
    pub fn read(&mut self, block: &mut Block) -> Result<bool, Errno> {
        loop {
            match self.channel.read(block)? {
                Moved::Whole => return Ok(true),
                Moved::Nothing => return Ok(false),
                Moved::EventsFirst => self.take_events()?,
            }
        }
    }

    /// Sends a block.
    pub fn write(&mut self, block: &Block) -> Result<(), Errno> {
        if std::mem::take(&mut self.dry) {
            self.channel.flush(Flush::Write)?;
            for _ in 0..AHEAD {
                self.channel.write(&[0; BLOCK])?;
            }
        }
        loop {
            match self.channel.write(block)? {
                Moved::Whole => return Ok(()),
                Moved::Nothing => {
                    self.gaps += 1;
                    return Ok(());
                }
                Moved::EventsFirst => self.take_events()?,
            }
        }
    }

    fn take_events(&mut self) -> Result<(), Errno> {
        while let Some(event) = self.channel.next_event()? {
            match event {
                Event::WriteUnderrun => {
                    self.gaps += u64::from(!self.dry);
                    self.dry = true;
                }
                Event::ReadOverrun => self.gaps += 1,
                event => self.events.push(event),
            }
        }
        Ok(())
    }
}

/// Waits until one of the ports has a block, 50 ms at most, and says of each whether it has.
pub fn wait(ports: &[Fxs]) -> Result<Vec<bool>, Errno> {
    let files: Vec<&std::fs::File> = ports.iter().map(|port| port.channel.file()).collect();
    Linux.readable(&files, std::time::Duration::from_millis(50))
}

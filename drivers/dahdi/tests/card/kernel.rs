//! A kernel with DAHDI, as far as a card can tell: its ports' queues fill and empty as time passes,
//! and what it answers can be chosen.

use dahdi::abi::{self, ELAST, Request};
use dahdi::system::{Errno, File, Node, System};
use line::BLOCK;
use nix::libc;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// What a port of the kernel is and did.
#[derive(Default)]
pub struct Channel {
    /// `sigcap`: 0x2007 for an FXO port, 0x1020 for an FXS port.
    pub capabilities: i32,
    /// `sigtype`; 0: not configured.
    pub signalling: i32,
    /// `enum dahdi_rxsig`.
    pub received: i32,
    pub events: VecDeque<i32>,
    /// What every call for it answers, if not 0.
    pub broken: i32,
    /// No blocks come.
    pub stalled: bool,
    /// How often a flash is refused as busy.
    pub flash_busy: u32,
    pub open: bool,
    /// What was told to the hook switch.
    pub hooks: Vec<i32>,
    pub flash_ms: i32,
    /// Blocks sent to the line, one for each that passed; `None`: nothing was there to send.
    pub sent: Vec<Option<i16>>,
    /// To be sent, and received: one sample stands for its block.
    pub queued: VecDeque<i16>,
    pub waiting: VecDeque<i16>,
    pub next: i16,
}

#[derive(Default)]
pub struct Machine {
    pub channels: BTreeMap<i32, Channel>,
    /// What opening a node answers, if not 0.
    pub no_node: i32,
    /// Codes that are not known there.
    pub unknown: Vec<u32>,
    /// Cards whose spans have no numbers yet.
    pub unassigned: BTreeMap<i32, Channel>,
}

impl Machine {
    /// A block passes on every line.
    pub fn pass_block(&mut self) {
        for channel in self.channels.values_mut().filter(|channel| channel.open) {
            if channel.stalled {
                continue;
            }
            channel.next = channel.next.wrapping_add(1);
            if channel.waiting.len() < 6 {
                channel.waiting.push_back(channel.next);
            }
            let sent = channel.queued.pop_front();
            if sent.is_none() && channel.sent.last().is_some_and(Option::is_some) {
                channel.events.push_back(30);
            }
            channel.sent.push(sent);
        }
    }
}

/// A hold on the machine, from the card's side and from the test's.
#[derive(Clone, Default)]
pub struct Kernel(Arc<Mutex<Machine>>);

impl Kernel {
    /// FXO ports of these numbers, configured, on lines with battery.
    pub fn with(numbers: &[i32]) -> Kernel {
        let kernel = Kernel::default();
        for &number in numbers {
            kernel.lock().channels.insert(number, fxo());
        }
        kernel
    }

    pub fn lock(&self) -> MutexGuard<'_, Machine> {
        self.0.lock().unwrap()
    }

    pub fn channel<T>(&self, number: i32, change: impl FnOnce(&mut Channel) -> T) -> T {
        change(self.lock().channels.get_mut(&number).unwrap())
    }
}

pub fn fxo() -> Channel {
    Channel { capabilities: 0x2007, signalling: 0x2004, received: 1, ..Channel::default() }
}

impl System for Kernel {
    type File = Descriptor;

    fn open(&self, node: Node) -> Result<Descriptor, Errno> {
        match self.lock().no_node {
            0 => Ok(Descriptor { kernel: self.clone(), node, number: Mutex::new(0) }),
            error => Err(Errno(error)),
        }
    }

    fn assign_spans(&self) -> bool {
        let mut machine = self.lock();
        let mut unassigned = std::mem::take(&mut machine.unassigned);
        let any = !unassigned.is_empty();
        machine.channels.append(&mut unassigned);
        any
    }

    fn readable(&self, files: &[&Descriptor], wait: Duration) -> Result<Vec<bool>, Errno> {
        let look = || -> Vec<bool> {
            let machine = self.lock();
            let ready = |file: &&Descriptor| {
                let channel = machine.channels.get(&*file.number.lock().unwrap());
                channel.is_none_or(|channel| channel.broken != 0 || !channel.waiting.is_empty())
            };
            files.iter().map(ready).collect()
        };
        let mut ready = look();
        if !ready.contains(&true) && wait > Duration::from_millis(9) {
            self.lock().pass_block();
            ready = look();
        }
        Ok(ready)
    }

    fn pause(&self, _: Duration) {
        self.lock().pass_block();
    }
}

/// An open node.
pub struct Descriptor {
    kernel: Kernel,
    node: Node,
    number: Mutex<i32>,
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        let number = *self.number.lock().unwrap();
        if let Some(channel) = self.kernel.lock().channels.get_mut(&number) {
            channel.open = false;
            channel.hooks.push(0);
        }
    }
}

impl Descriptor {
    fn control(&self, code: u32, argument: &mut [u8], first: i32) -> Result<(), Errno> {
        let mut machine = self.kernel.lock();
        if code == abi::STARTUP.code() {
            return Ok(());
        }
        if code == abi::SPAN_STATUS.code() {
            argument[260..264].copy_from_slice(b"card");
            return Ok(());
        }
        let channel = machine.channels.get_mut(&first).ok_or(Errno(libc::EINVAL))?;
        if code == abi::GET_PARAMS.code() {
            params(first, channel, argument);
        } else if code == abi::CHANNEL_CONFIG.code() {
            channel.signalling = i32::from_ne_bytes(argument[44..48].try_into().unwrap());
        } else if code == abi::ATTACH_ECHO_CANCELLER.code() && argument[4] != 0 {
            return Err(Errno(libc::EINVAL));
        }
        Ok(())
    }

    fn bind(&self, number: i32) -> Result<(), Errno> {
        let mut machine = self.kernel.lock();
        let channel = machine.channels.get_mut(&number).ok_or(Errno(libc::EINVAL))?;
        if channel.open {
            return Err(Errno(libc::EBUSY));
        }
        if channel.signalling == 0 {
            return Err(Errno(libc::ENXIO));
        }
        channel.open = true;
        *self.number.lock().unwrap() = number;
        Ok(())
    }
}

fn params(number: i32, channel: &Channel, argument: &mut [u8]) {
    let fields = [
        (0, number),
        (4, 1),
        (12, channel.signalling),
        (16, channel.capabilities),
        (36, channel.received),
        (100, channel.flash_ms),
    ];
    for (at, value) in fields {
        argument[at..at + 4].copy_from_slice(&value.to_ne_bytes());
    }
}

impl File for Descriptor {
    fn ioctl<const N: usize>(
        &self,
        request: Request<N>,
        argument: &mut [u8; N],
    ) -> Result<(), Errno> {
        let code = request.code();
        if self.kernel.lock().unknown.contains(&code) {
            return Err(Errno(libc::ENOTTY));
        }
        let first = i32::from_ne_bytes(argument[..4].try_into().unwrap());
        if self.node == Node::Control {
            return self.control(code, argument, first);
        }
        if code == abi::SPECIFY.code() {
            return self.bind(first);
        }
        let number = *self.number.lock().unwrap();
        let mut machine = self.kernel.lock();
        let channel = machine.channels.get_mut(&number).ok_or(Errno(libc::ENODEV))?;
        if channel.broken != 0 {
            return Err(Errno(channel.broken));
        }
        if code == abi::GET_PARAMS.code() {
            params(number, channel, argument);
        } else if code == abi::SET_PARAMS.code() {
            channel.flash_ms = i32::from_ne_bytes(argument[100..104].try_into().unwrap());
        } else if code == abi::GET_EVENT.code() {
            let event = channel.events.pop_front().unwrap_or(0);
            argument[..4].copy_from_slice(&event.to_ne_bytes());
        } else if code == abi::HOOK.code() {
            if first == 3 && channel.flash_busy > 0 {
                channel.flash_busy -= 1;
                return Err(Errno(libc::EBUSY));
            }
            channel.hooks.push(first);
            if first == 3 {
                return Err(Errno(libc::EINPROGRESS));
            }
            if first == 0 {
                channel.queued.clear();
                channel.waiting.clear();
            }
        } else if code == abi::FLUSH.code() {
            if first & 1 != 0 {
                channel.waiting.clear();
            }
            if first & 2 != 0 {
                channel.queued.clear();
            }
        }
        Ok(())
    }

    fn read(&self, bytes: &mut [u8]) -> Result<usize, Errno> {
        let mut machine = self.kernel.lock();
        let number = *self.number.lock().unwrap();
        let channel = machine.channels.get_mut(&number).ok_or(Errno(libc::ENODEV))?;
        if channel.broken != 0 {
            return Err(Errno(channel.broken));
        }
        if !channel.events.is_empty() {
            return Err(Errno(ELAST));
        }
        let sample = channel.waiting.pop_front().ok_or(Errno(libc::EAGAIN))?;
        for pair in bytes.chunks_exact_mut(2) {
            pair.copy_from_slice(&sample.to_ne_bytes());
        }
        Ok(bytes.len())
    }

    fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        assert_eq!(bytes.len(), 2 * BLOCK);
        let mut machine = self.kernel.lock();
        let number = *self.number.lock().unwrap();
        let channel = machine.channels.get_mut(&number).ok_or(Errno(libc::ENODEV))?;
        if !channel.events.is_empty() {
            return Err(Errno(ELAST));
        }
        if channel.queued.len() >= 6 {
            return Err(Errno(libc::EAGAIN));
        }
        channel.queued.push_back(i16::from_ne_bytes([bytes[0], bytes[1]]));
        Ok(bytes.len())
    }
}

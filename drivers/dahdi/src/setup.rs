//! Finding a card's ports, and making one of them ready, without `dahdi_cfg`.
//!
//! No tone zone is loaded: tones, digits and caller identity are the line machine's work. The
//! kernel's echo canceller is off unless it is asked for, for the same reason.

use crate::abi::{self, Flush, HookState, INT, Law, Signalling};
use crate::channel::Channel;
use crate::system::{Errno, File, Node, System};
use crate::wire::{self, Params, SpanStatus};
use line::LineError;
use nix::libc;

/// How every port of a card is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether the exchange drops the battery when the caller is gone.
    pub supervision: Supervision,
    /// How samples are coded between driver and card.
    pub law: Law,
    /// The card's own gain for what it receives, in tenths of a decibel.
    pub gain_from_line: i16,
    /// The same for what it sends.
    pub gain_to_line: i16,
    /// The kernel's echo canceller.
    pub echo_canceller: Option<EchoCanceller>,
}

/// What an exchange's battery tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Supervision {
    /// It goes away for a moment when the caller is gone (kewlstart).
    #[default]
    Kewlstart,
    /// Nothing (loop start).
    LoopStart,
}

/// One of the kernel's echo cancellers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EchoCanceller {
    /// Its name as its module has it, such as `mg2` or `oslec`.
    pub name: String,
    /// How far it reaches, in samples: 32 to 1024.
    pub taps: u16,
}

/// A port that faces an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The channel's number.
    pub channel: u32,
    /// What the card's maker calls the card.
    pub card: String,
}

/// Blocks each way in the kernel: how late we may be before samples are lost.
const BLOCKS: u8 = 6;
/// Channels that DAHDI can have.
const CHANNELS: u32 = 1_024;
/// What the driver takes no notice of after the loop was closed. Its own 600 ms would refuse the
/// first dial pulse and hide an early release; the line machine has a settling time of its own.
const DEBOUNCE_MS: u16 = 100;
/// The loop stays closed for so long before a flash; 0 would never end.
const BEFORE_FLASH_MS: u16 = 1;

/// All ports that face an exchange, by number.
pub(crate) fn find<S: System>(system: &S) -> Result<Vec<Found>, LineError> {
    let control = system.open(Node::Control).map_err(of_node)?;
    let mut found = ports(&control)?;
    if found.is_empty() && system.assign_spans() {
        found = ports(&control)?;
    }
    Ok(found)
}

fn ports<F: File>(control: &F) -> Result<Vec<Found>, LineError> {
    let mut found = Vec::new();
    for channel in 1..=CHANNELS {
        let params = match params_of(control, channel) {
            Ok(params) => params,
            Err(LineError::Missing) => continue,
            Err(error) => return Err(error),
        };
        if params.is_fxo() && params.span() > 0 {
            let mut status = SpanStatus::of(params.span());
            control.ioctl(abi::SPAN_STATUS, status.bytes_mut()).map_err(of_ioctl)?;
            found.push(Found { channel, card: status.device() });
        }
    }
    Ok(found)
}

/// Opens a channel and makes it ready: configured, on hook, its queues empty.
pub(crate) fn open<S: System>(
    system: &S,
    number: u32,
    settings: &Settings,
) -> Result<Channel<S::File>, LineError> {
    let control = system.open(Node::Control).map_err(of_node)?;
    let params = match params_of(&control, number) {
        Err(LineError::Missing) if system.assign_spans() => params_of(&control, number)?,
        other => other?,
    };
    if !params.is_fxo() {
        return Err(LineError::NotFxo);
    }
    let bound = match Channel::open(system, number) {
        // What another program holds is not configured under its hands.
        Err(Errno(libc::EBUSY)) => return Err(LineError::Busy),
        Ok(channel) if params.signalling() == signalling(settings) as i32 => Some(channel),
        // Not configured yet, or otherwise: the descriptor is given back first.
        Ok(_) | Err(Errno(libc::ENXIO)) => None,
        Err(error) => return Err(of_node(error)),
    };
    let channel = match bound {
        Some(channel) => channel,
        None => {
            configure(&control, &params, number, settings)?;
            Channel::open(system, number).map_err(of_node)?
        }
    };
    start(&control, &params)?;
    prepare(&control, &channel, number, settings)?;
    Ok(channel)
}

fn configure<F: File>(
    control: &F,
    params: &Params,
    number: u32,
    settings: &Settings,
) -> Result<(), LineError> {
    start(control, params)?;
    let mut config = wire::channel_config(number, signalling(settings), settings.law);
    control.ioctl(abi::CHANNEL_CONFIG, &mut config).map_err(|error| match error {
        Errno(libc::EINVAL) => LineError::NotFxo,
        other => of_ioctl(other),
    })
}

/// Starts the span; one that runs is left alone.
fn start<F: File>(control: &F, params: &Params) -> Result<(), LineError> {
    let mut span: [u8; INT] = params.span().to_ne_bytes();
    control.ioctl(abi::STARTUP, &mut span).map_err(of_ioctl)
}

fn prepare<F: File>(
    control: &F,
    channel: &Channel<F>,
    number: u32,
    settings: &Settings,
) -> Result<(), LineError> {
    let (name, taps) = match &settings.echo_canceller {
        Some(canceller) => (canceller.name.as_str(), canceller.taps),
        None => ("", 0),
    };
    let no_canceller = |error| match error {
        Errno(libc::EINVAL | libc::ENODEV) => LineError::NoEchoCanceller,
        other => of_ioctl(other),
    };
    channel.cancel_echo(0).map_err(of_ioctl)?;
    let mut attached = wire::echo_canceller(number, name);
    control.ioctl(abi::ATTACH_ECHO_CANCELLER, &mut attached).map_err(no_canceller)?;
    if taps > 0 {
        channel.cancel_echo(taps).map_err(no_canceller)?;
    }
    if settings.law != Law::Default {
        channel.set_law(settings.law).map_err(of_ioctl)?;
    }
    for (gain, to_line) in [(settings.gain_from_line, false), (settings.gain_to_line, true)] {
        match channel.set_gain(gain, to_line) {
            // A chip without gain has the gain 0.
            Err(Errno(libc::ENOTTY)) if gain == 0 => {}
            Err(Errno(libc::ENOTTY)) => return Err(LineError::NoGain),
            other => other.map_err(of_ioctl)?,
        }
    }
    let ready = || {
        channel.move_blocks(BLOCKS)?;
        let mut params = channel.params()?;
        params.set_debounce(DEBOUNCE_MS);
        params.set_flash(BEFORE_FLASH_MS, u16::try_from(params.flash_ms()).unwrap_or(100));
        channel.set_params(&mut params)?;
        channel.hook(HookState::OnHook)?;
        channel.flush(Flush::All)
    };
    ready().map_err(of_ioctl)
}

/// Sets a flash's length where it is another.
pub(crate) fn set_flash<F: File>(channel: &Channel<F>, ms: u16) -> Result<(), Errno> {
    let mut params = channel.params()?;
    if params.flash_ms() != i32::from(ms) {
        params.set_flash(BEFORE_FLASH_MS, ms);
        channel.set_params(&mut params)?;
    }
    Ok(())
}

fn signalling(settings: &Settings) -> Signalling {
    match settings.supervision {
        Supervision::Kewlstart => Signalling::FxsKewlstart,
        Supervision::LoopStart => Signalling::FxsLoopStart,
    }
}

fn params_of<F: File>(control: &F, channel: u32) -> Result<Params, LineError> {
    let mut params = Params::of(channel);
    control.ioctl(abi::GET_PARAMS, params.bytes_mut()).map_err(|error| match error {
        Errno(libc::EINVAL) => LineError::Missing,
        other => of_ioctl(other),
    })?;
    Ok(params)
}

/// What it means that a node cannot be opened, or bound to its channel.
fn of_node(error: Errno) -> LineError {
    match error.0 {
        libc::ENOENT | libc::ENXIO => LineError::NoDriver,
        libc::EACCES | libc::EPERM => LineError::Denied,
        libc::EBUSY => LineError::Busy,
        libc::EINVAL => LineError::Missing,
        other => of_ioctl(Errno(other)),
    }
}

/// What it means that an open node does not do what it was asked.
pub(crate) fn of_ioctl(error: Errno) -> LineError {
    match error.0 {
        // Every code carries its structure's size, so another version's are not known there.
        libc::ENOTTY => LineError::Incompatible,
        libc::ENODEV | libc::ENXIO | libc::EIO => LineError::Vanished,
        libc::EACCES | libc::EPERM => LineError::Denied,
        other => LineError::Driver(other),
    }
}

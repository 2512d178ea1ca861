//! What a two-wire loop-start line can do and tell, whoever drives it.
//!
//! A [`LineInterface`] is one FXO port: a DAHDI channel, a DAA chip with its PCM, or a line of the
//! software exchange. It moves audio in blocks of [`BLOCK`] samples both ways at once, so that
//! transmit and receive share one clock; what happened on the wire during a block comes out as
//! [`LineEvent`]s, each with the sample at which it was seen.
//!
//! A [`LineCard`] is a set of ports on one clock. Its [`LineCard::wait`] returns when the next block
//! is due on every port, which paces the one thread that serves them all.
//!
//! Where the chip at the wire and the audio come by different buses (a DAA on SPI with its PCM on
//! I2S or TDM), the audio half is a [`Pcm`], and the chip's driver makes a [`LineInterface`] of both.
//!
//! Promises of every implementation:
//! * Dropping a port puts the line on hook.
//! * A failing port tells why ([`LineError`]), stays failing until it works again, and does not
//!   disturb the others.
//! * Samples are linear 16-bit at 8 kHz; full scale is +3.14 dBm0 (ITU-T G.711).
//! * `no_std`, no allocation: a microcontroller can implement it.

#![no_std]

use core::fmt;

/// Samples in a block: 10 ms at 8 kHz.
pub const BLOCK: usize = 80;

/// One block of linear 16-bit samples at 8 kHz.
pub type Block = [i16; BLOCK];

/// The hook switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// Loop open.
    On,
    /// Loop closed.
    Off,
}

/// Something that the wire did, and at which sample since the port was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineEvent {
    /// The port's sample count when it was seen.
    pub at: u64,
    /// What it was.
    pub what: Signal,
}

/// What a wire can do. Raw: debouncing and cadences are the line machine's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ringing voltage came on.
    RingOn,
    /// Ringing voltage went off.
    RingOff,
    /// Tip and ring changed places.
    PolarityReversed,
    /// Loop current (off hook) or battery (on hook) went away.
    BatteryLost,
    /// Loop current or battery is back.
    BatteryPresent,
}

/// Why a port cannot do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineError {
    /// The card or its driver is gone.
    Vanished,
    /// Another program holds the port.
    Busy,
    /// The operating system does not allow it.
    Denied,
    /// The driver answered with an error of its own; the number is the system's.
    Driver(i32),
    /// The card's driver is not loaded.
    NoDriver,
    /// The card has no such port.
    Missing,
    /// The port does not face an exchange.
    NotFxo,
    /// The driver speaks another version of its interface than this program.
    Incompatible,
    /// No audio comes from the port, though it works otherwise.
    Stalled,
    /// The port's own gain cannot be set.
    NoGain,
    /// The driver does not have the echo canceller that is configured.
    NoEchoCanceller,
    /// This port cannot do that.
    Unsupported,
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LineError::Vanished => {
                f.write_str("the card or its driver is gone; check the card and its module")
            }
            LineError::Busy => f.write_str("another program holds this port; stop it"),
            LineError::Denied => {
                f.write_str("no permission to open this port; run as a user of its group")
            }
            LineError::Driver(code) => write!(f, "the driver answered with system error {code}"),
            LineError::NoDriver => {
                f.write_str("the card's driver is not loaded; load its kernel module")
            }
            LineError::Missing => {
                f.write_str("the card has no such port; check its number and what is fitted")
            }
            LineError::NotFxo => f.write_str(
                "this port does not face an exchange; name an FXO port, or fit such a module",
            ),
            LineError::Incompatible => {
                f.write_str("the driver is of a version that is not known here; update either")
            }
            LineError::Stalled => {
                f.write_str("no audio comes from this port; check the card and its interrupts")
            }
            LineError::NoGain => f.write_str("this port has no gain of its own; configure none"),
            LineError::NoEchoCanceller => f.write_str(
                "the driver does not have this echo canceller; load its module, or configure none",
            ),
            LineError::Unsupported => f.write_str("this port cannot do that"),
        }
    }
}

impl core::error::Error for LineError {}

/// What a port measures of its loop; what it cannot measure is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoopState {
    /// From tip to ring, in millivolts; its sign is the polarity.
    pub millivolts: Option<i32>,
    /// Through the loop, in microamperes.
    pub microamps: Option<i32>,
}

/// A resistor in series with a resistor and a capacitor in parallel: what a port presents to the
/// line. No capacitor (0 nF) is one plain resistor, `series_ohm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Impedance {
    /// Ohms in series.
    pub series_ohm: u16,
    /// Ohms beside the capacitor.
    pub parallel_ohm: u16,
    /// The capacitor, in nanofarads.
    pub nanofarad: u16,
}

impl Impedance {
    /// 600 Ω: North America, and the usual default.
    pub const OHM_600: Impedance = Impedance::resistor(600);
    /// 900 Ω: long North American loops.
    pub const OHM_900: Impedance = Impedance::resistor(900);
    /// ETSI ES 203 021-3 (TBR 21): most of Europe.
    pub const EUROPE: Impedance = Impedance::complex(270, 750, 150);
    /// China.
    pub const CHINA: Impedance = Impedance::complex(200, 680, 100);
    /// The United Kingdom (BT SIN 351).
    pub const UK: Impedance = Impedance::complex(370, 620, 310);

    /// One resistor.
    pub const fn resistor(series_ohm: u16) -> Self {
        Impedance { series_ohm, parallel_ohm: 0, nanofarad: 0 }
    }

    /// `series_ohm + (parallel_ohm ∥ nanofarad)`.
    pub const fn complex(series_ohm: u16, parallel_ohm: u16, nanofarad: u16) -> Self {
        Impedance { series_ohm, parallel_ohm, nanofarad }
    }
}

impl fmt::Display for Impedance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Impedance { series_ohm, parallel_ohm, nanofarad } = self;
        match nanofarad {
            0 => write!(f, "{series_ohm} Ω"),
            _ => write!(f, "{series_ohm} Ω + ({parallel_ohm} Ω ∥ {nanofarad} nF)"),
        }
    }
}

/// One FXO port.
pub trait LineInterface: Send {
    /// Moves one block both ways: `to_line` is sent while `from_line` is received.
    fn exchange(&mut self, to_line: &Block, from_line: &mut Block) -> Result<(), LineError>;

    /// The next event seen up to the end of the last block, in order.
    fn next_event(&mut self) -> Option<LineEvent>;

    /// Sets the hook switch; it acts from the next block on.
    fn set_hook(&mut self, hook: Hook) -> Result<(), LineError>;

    /// Opens the loop for some milliseconds and closes it again: a hook flash, or one break of a
    /// dial pulse.
    fn flash(&mut self, ms: u16) -> Result<(), LineError>;

    /// What it measures of its loop just now.
    fn loop_state(&mut self) -> LoopState {
        LoopState::default()
    }

    /// The impedances that it can present to the line; none where it has no choice.
    fn impedances(&self) -> &'static [Impedance] {
        &[]
    }

    /// What it presents now, if it can tell.
    fn impedance(&self) -> Option<Impedance> {
        None
    }

    /// Presents one of its impedances from the next block on.
    fn set_impedance(&mut self, _impedance: Impedance) -> Result<(), LineError> {
        Err(LineError::Unsupported)
    }
}

/// The audio half of a port whose line chip is controlled by another bus: one slot of a PCM
/// highway, one channel of a sound card.
///
/// Its clock is the audio's own. It never waits longer than one block lasts; when the stream broke
/// down it says why, starts anew at the next call, and fills what is missing with silence, so that
/// the count of samples goes on.
pub trait Pcm: Send {
    /// Moves one block both ways: `to_line` is sent while `from_line` is received. After an error
    /// nothing was received, and `from_line` holds silence.
    fn exchange(&mut self, to_line: &Block, from_line: &mut Block) -> Result<(), LineError>;
}

impl<P: Pcm + ?Sized> Pcm for &mut P {
    fn exchange(&mut self, to_line: &Block, from_line: &mut Block) -> Result<(), LineError> {
        (**self).exchange(to_line, from_line)
    }
}

/// A set of ports on one clock.
pub trait LineCard: Send {
    /// How many ports there are; fixed for the card's life.
    fn ports(&self) -> usize;

    /// One port, counted from 0; `None` beyond the last.
    fn port(&mut self, index: usize) -> Option<&mut dyn LineInterface>;

    /// Returns when the next block is due. In virtual time, at once.
    fn wait(&mut self) -> Result<(), LineError>;
}

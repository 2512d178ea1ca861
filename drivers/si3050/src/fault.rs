//! What can be wrong between us and the wire.

use crate::registers::Register;
use core::fmt;
use embedded_hal::{digital, spi};
use line::LineError;

/// Why a port does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It has not been started yet, or is being started.
    Starting,
    /// The SPI bus reports an error.
    Bus(spi::ErrorKind),
    /// The reset pin reports an error.
    Pin(digital::ErrorKind),
    /// Every answer is this byte, 0x00 or 0xFF: nobody drives the bus.
    Absent(u8),
    /// A register does not hold what was written to it.
    Disagrees {
        /// Which.
        register: Register,
        /// What was written.
        wrote: u8,
        /// What was read.
        read: u8,
    },
    /// The line side does not answer over the isolation barrier.
    NoFrame,
    /// The link to the line side was lost.
    FrameLost,
    /// The chip lost its settings: it was reset, or its supply failed.
    Restarted,
    /// Answers make no sense, again and again.
    Garbled,
    /// More current than a telephone line has; the loop was opened.
    Overload,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Starting => f.write_str("the Si3050 is being started"),
            Fault::Bus(kind) => write!(f, "the SPI bus to the Si3050 fails: {kind}"),
            Fault::Pin(kind) => write!(f, "the reset pin of the Si3050 cannot be driven: {kind}"),
            Fault::Absent(byte) => write!(
                f,
                "no Si3050 answers, the bus reads {byte:#04x}; check chip select, MISO, the reset \
                 pin, and that the SPI clock idles high (mode 3)"
            ),
            Fault::Disagrees { register, wrote, read } => write!(
                f,
                "register {} of the Si3050 reads {read:#04x} after {wrote:#04x} was written; check \
                 the SPI clock and its wiring",
                register.0
            ),
            Fault::NoFrame => f.write_str(
                "the Si3050 finds no line side; check that PCLK and FSYNC run and that the \
                 isolation capacitors are fitted",
            ),
            Fault::FrameLost => f.write_str(
                "the Si3050 lost its line side; check PCLK, FSYNC and the supply of the board",
            ),
            Fault::Restarted => f.write_str(
                "the Si3050 lost its settings; check its supply and who else drives its reset pin",
            ),
            Fault::Garbled => {
                f.write_str("the Si3050 answers nonsense; check the SPI clock and its wiring")
            }
            Fault::Overload => f.write_str(
                "the line carries more current than a telephone line may, and the loop was opened; \
                 check what this port is plugged into",
            ),
        }
    }
}

impl core::error::Error for Fault {}

/// The system error that an SPI bus or a pin gives on Linux: EIO.
const INPUT_OUTPUT: i32 = 5;
/// What fits an overload best: EPROTO, the far end does not keep to what was agreed.
const PROTOCOL: i32 = 71;

impl From<Fault> for LineError {
    fn from(fault: Fault) -> LineError {
        match fault {
            Fault::Bus(_) | Fault::Pin(_) => LineError::Driver(INPUT_OUTPUT),
            Fault::Overload => LineError::Driver(PROTOCOL),
            _ => LineError::Vanished,
        }
    }
}

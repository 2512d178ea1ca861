//! What a sound device answers instead of sound, by the error numbers of Linux and of alsa-lib.

use line::LineError;
use std::fmt;

const EPERM: i32 = 1;
const ENOENT: i32 = 2;
const EIO: i32 = 5;
const ENXIO: i32 = 6;
const EAGAIN: i32 = 11;
const EACCES: i32 = 13;
const EBUSY: i32 = 16;
const ENODEV: i32 = 19;
const EINVAL: i32 = 22;
const EPIPE: i32 = 32;
const EBADFD: i32 = 77;
const ESTRPIPE: i32 = 86;

/// Which way a device's sound goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// From the device to us: a microphone, a line input.
    Capture,
    /// From us to the device: an earpiece, a loudspeaker.
    Playback,
}

/// What a running stream met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An xrun: we were late and samples were lost.
    Xrun,
    /// The machine slept.
    Suspended,
    /// The device is gone.
    Gone,
    /// No sample moved for longer than a device may take.
    Stalled,
    /// Anything else; the number is the system's.
    System(i32),
}

impl Fault {
    /// What an error number means to a stream that ran.
    pub fn of(errno: i32) -> Fault {
        match errno {
            EPIPE => Fault::Xrun,
            ESTRPIPE => Fault::Suspended,
            ENODEV | ENXIO | ENOENT | EBADFD => Fault::Gone,
            other => Fault::System(other),
        }
    }

    /// Whether the stream goes on after it was started anew.
    pub fn passes(self) -> bool {
        matches!(self, Fault::Xrun | Fault::Suspended | Fault::Stalled)
    }
}

impl From<alsa::Error> for Fault {
    fn from(error: alsa::Error) -> Fault {
        Fault::of(error.errno())
    }
}

impl From<Fault> for LineError {
    fn from(fault: Fault) -> LineError {
        match fault {
            Fault::Gone => LineError::Vanished,
            Fault::System(EBUSY) => LineError::Busy,
            Fault::System(EACCES | EPERM) => LineError::Denied,
            Fault::System(errno) => LineError::Driver(errno),
            Fault::Stalled => LineError::Stalled,
            Fault::Xrun => LineError::Driver(EPIPE),
            Fault::Suspended => LineError::Driver(ESTRPIPE),
        }
    }
}

/// Why a sound device gives or takes no sound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sound device {device:?} ({way}) {trouble}")]
pub struct AudioError {
    /// Its ALSA name, as configured.
    pub device: String,
    /// Which way its sound was to go.
    pub way: Way,
    /// What it met.
    pub trouble: Trouble,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Way::Capture => "capture",
            Way::Playback => "playback",
        })
    }
}

impl Way {
    /// The command of alsa-utils that lists the devices of this way.
    pub fn listing(self) -> &'static str {
        match self {
            Way::Capture => "arecord",
            Way::Playback => "aplay",
        }
    }
}

/// What a sound device met: what it is, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No such card or name.
    #[error(
        "is not there; plug it in, or take a name from `arecord -l` and `arecord -L` (`aplay` for playback)"
    )]
    Absent,
    /// It was there, and is gone.
    #[error("is gone; plug it in again, it is tried once a second")]
    Vanished,
    /// Another program holds it.
    #[error("is held by another program; stop that one (`fuser -v /dev/snd/*` names it)")]
    Busy,
    /// The system does not allow it.
    #[error("may not be opened; run as a user of the group `audio`")]
    Denied,
    /// It has no such format.
    #[error("refuses {0}; with `plughw:` for `hw:` in its name, ALSA converts")]
    Format(Refused),
    /// It is open, and no sample comes or goes.
    #[error("is open and does not run; check its clock (on a TDM bus: who is master, and FSYNC)")]
    Stalled,
    /// Anything else.
    #[error("answered with system error {0}")]
    System(i32),
}

/// A setting that a device refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Linear 16-bit samples.
    Samples,
    /// So many channels.
    Channels(u32),
    /// So many frames a second.
    Rate(u32),
    /// Frames of all channels side by side.
    Interleaved,
    /// A buffer of so many frames.
    Buffer(u32),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Samples => f.write_str("linear 16-bit samples (S16_LE)"),
            Refused::Channels(count) => write!(f, "{count} channels"),
            Refused::Rate(hz) => write!(f, "{hz} Hz"),
            Refused::Interleaved => f.write_str("interleaved frames"),
            Refused::Buffer(frames) => write!(f, "a buffer of {frames} frames"),
        }
    }
}

impl Trouble {
    /// What an error number means to a device that is being opened.
    pub fn opening(errno: i32) -> Trouble {
        match errno {
            ENOENT | ENODEV | ENXIO => Trouble::Absent,
            EBUSY | EAGAIN => Trouble::Busy,
            EACCES | EPERM => Trouble::Denied,
            other => Trouble::System(other),
        }
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Fault {
        match trouble {
            Trouble::Absent | Trouble::Vanished => Fault::Gone,
            Trouble::Busy => Fault::System(EBUSY),
            Trouble::Denied => Fault::System(EACCES),
            Trouble::Format(_) => Fault::System(EINVAL),
            Trouble::Stalled => Fault::Stalled,
            Trouble::System(errno) => Fault::System(errno),
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        match fault {
            Fault::Gone => Trouble::Vanished,
            Fault::Stalled => Trouble::Stalled,
            Fault::Xrun | Fault::Suspended => Trouble::System(EIO),
            Fault::System(errno) => Trouble::opening(errno),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_says_what_where_and_what_to_do() {
        let says = |errno| {
            let trouble = Trouble::opening(errno);
            AudioError { device: "hw:9,0".into(), way: Way::Capture, trouble }.to_string()
        };
        let absent = says(ENOENT);
        assert!(absent.contains("\"hw:9,0\" (capture)") && absent.contains("arecord -l"));
        assert!(says(EBUSY).contains("another program") && says(EACCES).contains("`audio`"));
        assert!(says(EIO).contains("system error 5"));
        let refused = Trouble::Format(Refused::Rate(8000)).to_string();
        assert!(refused.contains("8000 Hz") && refused.contains("plughw:"));
    }

    #[test]
    fn only_what_a_fresh_start_mends_passes() {
        assert!(Fault::of(EPIPE).passes() && Fault::of(ESTRPIPE).passes());
        assert_eq!(Fault::of(ENODEV), Fault::Gone);
        assert!(!Fault::Gone.passes() && !Fault::of(EIO).passes());
        assert_eq!(LineError::from(Fault::Gone), LineError::Vanished);
    }
}

//! ALSA devices opened: what is asked, what is refused, and the three calls that move sound.

use crate::trouble::{AudioError, Fault, Refused, Trouble, Way};
use alsa::pcm::{Access, Format, Frames, HwParams, PCM, State};
use alsa::{Direction, Output, ValueOr};
use std::ffi::CString;

/// A number that a device is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// This one or none.
    Exactly(u32),
    /// This one, or the nearest that it has.
    Near(u32),
}

/// What is asked of a device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub way: Way,
    pub channels: Ask,
    pub hz: Ask,
    /// How often it is to wake us, ms, and how much it is to hold.
    pub period_ms: u32,
    pub buffer_ms: u32,
}

/// One open device, one way.
pub(crate) struct Device {
    pcm: PCM,
    pub hz: u32,
    pub channels: usize,
    /// Frames of a period and of the buffer.
    pub period: usize,
    pub buffer: usize,
}

impl Device {
    /// Opens a device by its ALSA name.
    pub fn open(name: &str, wanted: &Wanted) -> Result<Device, AudioError> {
        // alsa-lib prints of its own; what it says goes nowhere, since the error says it better.
        let _silent = Output::local_error_handler();
        let fail = |trouble| AudioError { device: name.to_owned(), way: wanted.way, trouble };
        let Ok(c_name) = CString::new(name) else { return Err(fail(Trouble::Absent)) };
        let direction = match wanted.way {
            Way::Capture => Direction::Capture,
            Way::Playback => Direction::Playback,
        };
        let pcm = PCM::open(&c_name, direction, true)
            .map_err(|error| fail(Trouble::opening(error.errno())))?;
        let [hz, channels, period, buffer] = configure(&pcm, wanted).map_err(fail)?;
        Ok(Device {
            pcm,
            hz,
            channels: channels as usize,
            period: period as usize,
            buffer: buffer as usize,
        })
    }

    /// Waits until a period can be moved, so long at most.
    pub fn wait(&self, ms: u32) -> Result<bool, Fault> {
        self.pcm.wait(Some(ms)).map_err(|error| self.fault(error))
    }

    /// Reads frames that are there; how many samples.
    pub fn read(&self, frames: &mut [i16]) -> Result<usize, Fault> {
        let io = self.pcm.io_i16()?;
        self.moved(io.readi(frames))
    }

    /// Writes frames; how many samples were taken.
    pub fn write(&self, frames: &[i16]) -> Result<usize, Fault> {
        let io = self.pcm.io_i16()?;
        self.moved(io.writei(frames))
    }

    /// Stops, and makes ready to start.
    pub fn prepare(&self) -> Result<(), Fault> {
        if self.pcm.state() == State::Suspended {
            // A device that can resume does so; the others are prepared like any.
            let _ = self.pcm.resume();
        }
        // A stream that never ran has nothing to stop.
        let _ = self.pcm.drop();
        Ok(self.pcm.prepare()?)
    }

    /// Starts. A playback stream holds what it is to begin with.
    pub fn start(&self) -> Result<(), Fault> {
        match self.pcm.state() {
            State::Running => Ok(()),
            _ => Ok(self.pcm.start()?),
        }
    }

    /// Runs something with the starts of both devices joined, where they can be.
    pub fn linked<T>(&self, other: &Device, run: impl FnOnce() -> T) -> T {
        let linked = self.pcm.link(&other.pcm).is_ok();
        let done = run();
        if linked {
            let _ = self.pcm.unlink();
        }
        done
    }

    fn moved(&self, frames: alsa::Result<usize>) -> Result<usize, Fault> {
        match frames {
            Ok(count) => Ok(count * self.channels),
            Err(error) if error.errno() == EAGAIN => Ok(0),
            Err(error) => Err(self.fault(error)),
        }
    }

    /// What an error means: after a pull, the state knows better than the number.
    fn fault(&self, error: alsa::Error) -> Fault {
        match self.pcm.state() {
            State::Disconnected => Fault::Gone,
            State::XRun => Fault::Xrun,
            State::Suspended => Fault::Suspended,
            _ => error.into(),
        }
    }
}

const EAGAIN: i32 = 11;

/// Rate, channels, period and buffer that were agreed.
fn configure(pcm: &PCM, wanted: &Wanted) -> Result<[u32; 4], Trouble> {
    let system = |error: alsa::Error| Trouble::System(error.errno());
    let refuse = |refused| move |_: alsa::Error| Trouble::Format(refused);
    let params = HwParams::any(pcm).map_err(system)?;
    params.set_access(Access::RWInterleaved).map_err(refuse(Refused::Interleaved))?;
    params.set_format(Format::s16()).map_err(refuse(Refused::Samples))?;
    match wanted.channels {
        Ask::Exactly(count) => params.set_channels(count).map_err(refuse(Refused::Channels(count))),
        Ask::Near(count) => {
            params.set_channels_near(count).map(drop).map_err(refuse(Refused::Channels(count)))
        }
    }?;
    match wanted.hz {
        Ask::Exactly(hz) => {
            params.set_rate(hz, ValueOr::Nearest).map_err(refuse(Refused::Rate(hz)))
        }
        Ask::Near(hz) => {
            params.set_rate_near(hz, ValueOr::Nearest).map(drop).map_err(refuse(Refused::Rate(hz)))
        }
    }?;
    let hz = params.get_rate().map_err(system)?;
    let frames = |ms: u32| hz * ms / 1000;
    let (period, buffer) = (frames(wanted.period_ms), frames(wanted.buffer_ms));
    // Some devices have but one size of either; what they have is read back below.
    let _ = params.set_period_size_near(Frames::from(period), ValueOr::Nearest);
    params.set_buffer_size_near(Frames::from(buffer)).map_err(refuse(Refused::Buffer(buffer)))?;
    pcm.hw_params(&params).map_err(refuse(Refused::Buffer(buffer)))?;
    let agreed = |frames: alsa::Result<Frames>| {
        frames.map_err(system).map(|frames| u32::try_from(frames).unwrap_or(0))
    };
    let (period, buffer) = (agreed(params.get_period_size())?, agreed(params.get_buffer_size())?);
    if period == 0 || buffer < 2 * period {
        return Err(Trouble::Format(Refused::Buffer(buffer)));
    }
    let channels = params.get_channels().map_err(system)?;
    drop(params);
    wake_each_period(pcm, period).map_err(system)?;
    Ok([hz, channels, period, buffer])
}

/// Wakes us at each period, and starts only when it is told to.
fn wake_each_period(pcm: &PCM, period: u32) -> alsa::Result<()> {
    let params = pcm.sw_params_current()?;
    params.set_avail_min(Frames::from(period))?;
    params.set_start_threshold(params.get_boundary()?)?;
    pcm.sw_params(&params)
}

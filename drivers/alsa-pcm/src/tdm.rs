//! The TDM bus of a DAA card as an ALSA device: both ways opened, started as one.

use crate::bus::{Bus, Highway, Slot};
use crate::device::{Ask, Device, Wanted};
use crate::trouble::{AudioError, Fault, Way};
use std::time::{Duration, Instant};

/// The rate of every slot: 8 kHz.
const HZ: u32 = 8_000;
/// How often the device wakes us, ms.
const PERIOD_MS: u32 = 5;
/// What the device holds each way, ms: how long the thread may stand still without loss.
const BUFFER_MS: u32 = 160;
const BLOCK_MS: u32 = 10;

/// Which device carries the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TdmSettings {
    /// The ALSA name of the way in, `hw:daa` for instance.
    pub capture: String,
    /// The ALSA name of the way out; mostly the same.
    pub playback: String,
    /// Slots in a frame, 1 to 64.
    pub slots: usize,
    /// Blocks of silence that run ahead of the way out, 1 to 8: how many tens of milliseconds the
    /// thread may be late, and what the way out is delayed by.
    pub lead: usize,
}

/// Linked capture and playback streams of one device.
pub struct TdmDevice {
    settings: TdmSettings,
    streams: Option<(Device, Device)>,
    begun: Instant,
}

impl TdmDevice {
    /// Opens the device and gives a port's audio for each slot. A device that is not there now, or
    /// goes later, is an error here once, and a fault at every slot later.
    pub fn open(settings: TdmSettings) -> Result<Vec<Slot<TdmDevice>>, AudioError> {
        let (slots, lead) = (settings.slots, settings.lead);
        let streams = Some(open(&settings)?);
        Ok(Bus::on(TdmDevice { settings, streams, begun: Instant::now() }, slots, lead))
    }
}

fn open(settings: &TdmSettings) -> Result<(Device, Device), AudioError> {
    let wanted = |way| Wanted {
        way,
        channels: Ask::Exactly(u32::try_from(settings.slots).unwrap_or(u32::MAX)),
        hz: Ask::Exactly(HZ),
        period_ms: PERIOD_MS,
        buffer_ms: BUFFER_MS,
    };
    let capture = Device::open(&settings.capture, &wanted(Way::Capture))?;
    let playback = Device::open(&settings.playback, &wanted(Way::Playback))?;
    Ok((capture, playback))
}

impl TdmDevice {
    fn streams(&self) -> Result<&(Device, Device), Fault> {
        self.streams.as_ref().ok_or(Fault::Gone)
    }

    /// A device that is gone is closed, so that it can come back under the same name.
    fn keep<T>(&mut self, result: Result<T, Fault>) -> Result<T, Fault> {
        if matches!(result, Err(fault) if !fault.passes()) {
            self.streams = None;
        }
        result
    }
}

impl Highway for TdmDevice {
    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn wait(&mut self) -> Result<bool, Fault> {
        let ready = self.streams().and_then(|(capture, _)| capture.wait(BLOCK_MS));
        self.keep(ready)
    }

    fn read(&mut self, frames: &mut [i16]) -> Result<usize, Fault> {
        let read = self.streams().and_then(|(capture, _)| capture.read(frames));
        self.keep(read)
    }

    fn write(&mut self, frames: &[i16]) -> Result<usize, Fault> {
        let written = self.streams().and_then(|(_, playback)| playback.write(frames));
        self.keep(written)
    }

    fn restart_playback(&mut self, lead: &[i16]) -> Result<(), Fault> {
        let restarted = self.streams().and_then(|(_, playback)| begin(playback, lead));
        self.keep(restarted)
    }

    fn restart(&mut self, lead: &[i16]) -> Result<(), Fault> {
        if self.streams.is_none() {
            self.streams = Some(open(&self.settings).map_err(|error| error.trouble)?);
        }
        let restarted = self.streams().and_then(|(capture, playback)| {
            capture.linked(playback, || {
                capture.prepare()?;
                begin(playback, lead)?;
                capture.start()
            })
        });
        self.keep(restarted)
    }

    fn idle(&mut self) {
        std::thread::sleep(Duration::from_millis(u64::from(BLOCK_MS)));
    }
}

/// Starts a playback stream anew behind some silence.
fn begin(playback: &Device, lead: &[i16]) -> Result<(), Fault> {
    playback.prepare()?;
    playback.write(lead)?;
    playback.start()
}

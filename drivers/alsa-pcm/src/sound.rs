//! A sound card's microphone or loudspeaker, each on a thread of its own, so that no line waits for
//! a device: [`Microphone`] and [`Speaker`] are what the thread of the lines holds of them.
//!
//! A device is opened at the rate that it likes (48 kHz where it may choose) and resampled against
//! the lines' clock. One that is not there, busy or pulled out is named ([`Standing`]) and tried once
//! a second, for ever.

use crate::device::{Ask, Device, Wanted};
use crate::elastic::{Between, Flow, Inlet, Outlet, elastic};
use crate::pump::{Capture, Intake, Output, Playback};
use crate::trouble::{AudioError, Fault, Trouble, Way};
use line::{BLOCK, Block};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The lines' rate.
const LINE_HZ: u32 = 8_000;
/// The rate that a device is asked for first.
const LIKED_HZ: u32 = 48_000;
const PERIOD_MS: u32 = 10;
const CAPTURE_BUFFER_MS: u32 = 200;
/// What a playing device holds: late by so much, and it gaps.
const PLAYBACK_BUFFER_MS: u32 = 40;
const WAIT_MS: u32 = 100;
const RETRY: Duration = Duration::from_secs(1);

/// Which sound device, and which of its channels.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundSettings {
    /// Its ALSA name, as `arecord -L` and `aplay -L` list them.
    pub device: String,
    /// The channel that is listened to, counted from 1; what is played goes to all.
    #[serde(default = "first")]
    pub channel: u32,
}

fn first() -> u32 {
    1
}

/// How a device is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Being opened.
    #[default]
    Opening,
    /// At work, at so many frames a second.
    Running {
        /// Its rate.
        hz: u32,
    },
    /// Out of order; tried once a second.
    Troubled(AudioError),
}

/// How a device is and how it fared, for whoever watches.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// How it is.
    pub state: State,
    /// Xruns that were mended.
    pub xruns: u64,
    /// Times that it went away or was out of order.
    pub losses: u64,
    /// What passed between its clock and the lines'; of the device that runs now.
    pub flow: Option<Arc<Flow>>,
}

/// A shared look at a device.
#[derive(Clone, Default)]
pub struct Watch(Arc<Mutex<Standing>>);

impl Watch {
    /// How the device is now.
    pub fn standing(&self) -> Standing {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Standing)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Sound from a device, in the lines' blocks.
pub struct Microphone {
    ends: Receiver<Outlet>,
    outlet: Option<Outlet>,
    watch: Watch,
    begun: Instant,
    _stop: Stop,
}

impl Microphone {
    /// Opens a capturing device on a thread of its own, now and whenever it is back.
    pub fn open(settings: SoundSettings) -> std::io::Result<Microphone> {
        let (watch, stop, begun) = (Watch::default(), Stop::default(), Instant::now());
        let (send, ends) = channel();
        let work = Work { settings, watch: watch.clone(), stop: stop.0.clone(), begun };
        std::thread::Builder::new()
            .name("microphone".into())
            .spawn(move || work.run(|work| work.capture(&send)))?;
        Ok(Microphone { ends, outlet: None, watch, begun, _stop: stop })
    }

    /// The next block; silence while there is no device. Answers whether it is sound.
    pub fn read(&mut self, block: &mut Block) -> bool {
        if let Some(newest) = self.ends.try_iter().last() {
            self.outlet = Some(newest);
        }
        match &mut self.outlet {
            Some(outlet) => outlet.read(self.begun.elapsed(), block),
            None => {
                block.fill(0);
                false
            }
        }
    }

    /// Forgets what was heard and not read.
    pub fn clear(&mut self) {
        self.outlet.as_mut().map(Outlet::clear);
    }

    /// A look at the device that can be shared.
    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }
}

/// Sound to a device, in the lines' blocks.
pub struct Speaker {
    ends: Receiver<Inlet>,
    inlet: Option<Inlet>,
    watch: Watch,
    begun: Instant,
    _stop: Stop,
}

impl Speaker {
    /// Opens a playing device on a thread of its own, now and whenever it is back. Sound is written
    /// `burst_ms` at once.
    pub fn open(settings: SoundSettings, burst_ms: u32) -> std::io::Result<Speaker> {
        let (watch, stop, begun) = (Watch::default(), Stop::default(), Instant::now());
        let (send, ends) = channel();
        let work = Work { settings, watch: watch.clone(), stop: stop.0.clone(), begun };
        std::thread::Builder::new()
            .name("speaker".into())
            .spawn(move || work.run(|work| work.play(&send, burst_ms)))?;
        Ok(Speaker { ends, inlet: None, watch, begun, _stop: stop })
    }

    /// Plays samples at the lines' rate. Never waits: what a slow device has no room for is dropped,
    /// and counted.
    pub fn write(&mut self, samples: &[i16]) {
        if let Some(newest) = self.ends.try_iter().last() {
            self.inlet = Some(newest);
        }
        if let Some(inlet) = &mut self.inlet {
            inlet.write(self.begun.elapsed(), samples);
        }
    }

    /// A look at the device that can be shared.
    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }
}

/// Ends a device's thread when the one who used it is gone. It is not waited for: a driver that
/// hangs may not hold up the appliance.
#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a device's thread does.
struct Work {
    settings: SoundSettings,
    watch: Watch,
    stop: Arc<AtomicBool>,
    begun: Instant,
}

impl Work {
    fn run(self, once: impl Fn(&Work) -> Result<(), AudioError>) {
        while !self.stopped() {
            let Err(error) = once(&self) else { return };
            self.watch.change(|standing| {
                standing.losses += u64::from(matches!(standing.state, State::Running { .. }));
                standing.state = State::Troubled(error);
                standing.flow = None;
            });
            let until = Instant::now() + RETRY;
            while Instant::now() < until && !self.stopped() {
                std::thread::sleep(Duration::from_millis(u64::from(WAIT_MS)));
            }
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn capture(&self, ends: &Sender<Outlet>) -> Result<(), AudioError> {
        let device = self.open(Way::Capture, CAPTURE_BUFFER_MS)?;
        let hz = device.hz;
        let (inlet, outlet) = elastic(Between {
            writer_hz: hz,
            reader_hz: LINE_HZ,
            block: BLOCK,
            fill_ms: self.fill_ms(&device, 10),
        })
        .map_err(|_| self.error(Way::Capture, Trouble::Format(crate::Refused::Rate(hz))))?;
        let flow = inlet.flow();
        let card =
            Card { pace: Pace::new(hz), frames: Vec::new(), channel: self.channel(), device };
        let fail = |fault: Fault| self.error(Way::Capture, fault.into());
        let mut intake = Intake::start(card, inlet).map_err(fail)?;
        // Its reader may be gone only when the thread is to end.
        let _ = ends.send(outlet);
        self.running(hz, flow);
        self.turn(|now| intake.turn(now).map(|()| intake.xruns())).map_err(fail)
    }

    fn play(&self, ends: &Sender<Inlet>, burst_ms: u32) -> Result<(), AudioError> {
        let device = self.open(Way::Playback, PLAYBACK_BUFFER_MS)?;
        let hz = device.hz;
        let (inlet, outlet) = elastic(Between {
            writer_hz: LINE_HZ,
            reader_hz: hz,
            block: device.period,
            fill_ms: self.fill_ms(&device, burst_ms),
        })
        .map_err(|_| self.error(Way::Playback, Trouble::Format(crate::Refused::Rate(hz))))?;
        let flow = outlet.flow();
        let card =
            Card { pace: Pace::new(hz), frames: Vec::new(), channel: self.channel(), device };
        let fail = |fault: Fault| self.error(Way::Playback, fault.into());
        let mut output = Output::start(card, outlet).map_err(fail)?;
        let _ = ends.send(inlet);
        self.running(hz, flow);
        self.turn(|now| output.turn(now).map(|()| output.xruns())).map_err(fail)
    }

    fn turn(
        &self,
        mut turn: impl FnMut(&dyn Fn() -> Duration) -> Result<u64, Fault>,
    ) -> Result<(), Fault> {
        let mut seen = 0;
        while !self.stopped() {
            let xruns = turn(&|| self.begun.elapsed())?;
            if xruns != seen {
                self.watch.change(|standing| standing.xruns += xruns - seen);
                seen = xruns;
            }
        }
        Ok(())
    }

    /// What both sides move at once, and 10 ms in which both may be late.
    fn fill_ms(&self, device: &Device, other_ms: u32) -> u32 {
        device.period as u32 * 1000 / device.hz.max(1) + other_ms + 10
    }

    fn open(&self, way: Way, buffer_ms: u32) -> Result<Device, AudioError> {
        let wanted = Wanted {
            way,
            channels: Ask::Near(self.settings.channel.max(1)),
            hz: Ask::Near(LIKED_HZ),
            period_ms: PERIOD_MS,
            buffer_ms,
        };
        let device = Device::open(&self.settings.device, &wanted)?;
        if way == Way::Capture && self.channel() >= device.channels {
            let refused = crate::Refused::Channels(self.settings.channel);
            return Err(self.error(way, Trouble::Format(refused)));
        }
        Ok(device)
    }

    fn channel(&self) -> usize {
        self.settings.channel.max(1) as usize - 1
    }

    fn running(&self, hz: u32, flow: Arc<Flow>) {
        self.watch.change(|standing| {
            standing.state = State::Running { hz };
            standing.flow = Some(flow);
        });
    }

    fn error(&self, way: Way, trouble: Trouble) -> AudioError {
        AudioError { device: self.settings.device.clone(), way, trouble }
    }
}

/// An ALSA device as the pumps use one.
struct Card {
    device: Device,
    /// Frames of all channels.
    frames: Vec<i16>,
    channel: usize,
    pace: Pace,
}

impl Capture for Card {
    fn period(&self) -> usize {
        self.device.period
    }

    fn wait(&mut self) -> Result<bool, Fault> {
        self.device.wait(WAIT_MS)
    }

    fn read(&mut self, samples: &mut [i16]) -> Result<usize, Fault> {
        let channels = self.device.channels;
        self.frames.resize(samples.len() * channels, 0);
        let count = self.device.read(&mut self.frames)? / channels;
        let heard = self.frames.iter().skip(self.channel).step_by(channels);
        samples.iter_mut().zip(heard).for_each(|(sample, frame)| *sample = *frame);
        self.pace.moved(count);
        Ok(count)
    }

    fn restart(&mut self) -> Result<(), Fault> {
        self.device.prepare()?;
        self.device.start()
    }
}

impl Playback for Card {
    fn period(&self) -> usize {
        self.device.period
    }

    fn wait(&mut self) -> Result<bool, Fault> {
        self.device.wait(WAIT_MS)
    }

    fn write(&mut self, samples: &[i16]) -> Result<usize, Fault> {
        let channels = self.device.channels;
        self.frames.clear();
        self.frames.extend(samples.iter().flat_map(|&one| std::iter::repeat_n(one, channels)));
        let count = self.device.write(&self.frames)? / channels;
        self.pace.moved(count);
        Ok(count)
    }

    fn restart(&mut self) -> Result<(), Fault> {
        self.device.prepare()?;
        let lead = self.device.buffer.saturating_sub(self.device.period);
        self.device.write(&vec![0; lead * self.device.channels])?;
        self.device.start()
    }
}

/// Holds up a device that has no clock of its own (ALSA's `null` and `file`) to its nominal rate;
/// one that has a clock never notices.
struct Pace {
    hz: f64,
    begun: Instant,
    /// When what was moved so far has sounded, by a clock that is 500 ppm fast.
    due: Duration,
}

/// So far ahead, or behind, a working device may be.
const AHEAD: Duration = Duration::from_millis(100);
const FAST: f64 = 0.9995;

impl Pace {
    fn new(hz: u32) -> Pace {
        Pace { hz: f64::from(hz), begun: Instant::now(), due: Duration::ZERO }
    }

    fn moved(&mut self, frames: usize) {
        let now = self.begun.elapsed();
        let sound = Duration::from_secs_f64(frames as f64 / self.hz * FAST);
        self.due = self.due.max(now.saturating_sub(AHEAD)) + sound;
        std::thread::sleep(self.due.saturating_sub(now + AHEAD));
    }
}

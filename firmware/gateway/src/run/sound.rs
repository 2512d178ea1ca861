//! The sound cards that the configuration names: handsets, taps, the monitor; and what the command
//! line asks of them.

use super::clock::Clock;
use super::recorder::Scribe;
use super::saying;
use super::source::JournalSource;
use crate::command::Trouble;
use crate::config::Config;
use crate::control::Answer;
use crate::tapping::{Tap, TapState};
use alsa_pcm::{
    Handset, HandsetSettings, HandsetSwitch, Microphone, Monitor, MonitorSwitch, Press,
    SoundSettings, Speaker, State, Watch,
};
use call::{Cause, DeviceId, Station};
use line::BLOCK;
use status::{LineState, Live, SoundDevice, SoundRole};
use vault::audit::Action;

/// What the lines' thread writes to an earpiece at once, ms.
const BLOCK_MS: u32 = 10;
/// What the recorder hands over at once, ms.
const CHUNK_MS: u32 = 100;

/// All of them.
pub struct Sound {
    /// The handsets, as stations.
    pub stations: Vec<Box<dyn Station>>,
    /// The taps.
    pub taps: Vec<Listening>,
    /// The loudspeaker, fed by the recorder.
    pub monitor: Option<Monitor<Speaker>>,
    /// What the command line can do.
    pub switches: Switches,
    /// How they are.
    pub devices: Devices,
}

/// Opens what the configuration names. A device that is not there is no reason not to start: it is
/// named, and tried again.
pub fn open(config: &Config, device: DeviceId, live: &Live) -> Result<Sound, Trouble> {
    let mut sound = Sound {
        stations: Vec::new(),
        taps: Vec::new(),
        monitor: None,
        switches: Switches::default(),
        devices: Devices(Vec::new()),
    };
    for handset in &config.stations.sound {
        let microphone = Microphone::open(handset.microphone.clone()).map_err(Trouble::found)?;
        let earpiece = Speaker::open(handset.earpiece.clone(), BLOCK_MS).map_err(Trouble::found)?;
        let name = &handset.name;
        sound.devices.add(name, SoundRole::Microphone, &handset.microphone, microphone.watch());
        sound.devices.add(name, SoundRole::Earpiece, &handset.earpiece, earpiece.watch());
        let settings = HandsetSettings {
            name: name.clone(),
            auto_answer_ms: handset.auto_answer_s.map(|seconds| (seconds * 1000.0) as u32),
        };
        let (station, switch) = Handset::new(settings, (microphone, earpiece));
        sound.stations.push(Box::new(station));
        sound.switches.handsets.push(switch);
    }
    for tap in &config.tap {
        let microphone = Microphone::open(tap.input.clone()).map_err(Trouble::found)?;
        sound.devices.add(&tap.name, SoundRole::Tap, &tap.input, microphone.watch());
        let random = super::lines::random();
        let country = config.fxo.country;
        let heard =
            Tap::new(tap.name.clone(), device, country, tap.vox, random).map_err(Trouble::found)?;
        sound.taps.push(Listening {
            tap: heard,
            watch: microphone.watch(),
            microphone,
            card: format!("line tap, {}", tap.input.device),
            live: live.clone(),
            shown: None,
            blocks: 0,
        });
    }
    if let Some(monitor) = &config.monitor {
        let speaker =
            Speaker::open(monitor.loudspeaker.clone(), CHUNK_MS).map_err(Trouble::found)?;
        let watch = speaker.watch();
        sound.devices.add("monitor", SoundRole::Monitor, &monitor.loudspeaker, watch);
        let monitor = Monitor::new(speaker);
        sound.switches.monitor = Some(monitor.switch());
        sound.monitor = Some(monitor);
    }
    Ok(sound)
}

/// A tap and its line input, served by the lines' thread.
pub struct Listening {
    tap: Tap<Scribe>,
    microphone: Microphone,
    watch: Watch,
    card: String,
    live: Live,
    shown: Option<(TapState, bool)>,
    blocks: u32,
}

/// Blocks between two looks at the device: half a second.
const LOOK: u32 = 50;

impl Listening {
    /// The next block.
    pub fn block(&mut self, clock: &Clock, scribe: &mut Scribe) {
        let mut block = [0; BLOCK];
        self.microphone.read(&mut block);
        let now = clock.now();
        self.tap.block(&block, now, scribe);
        let look = self.blocks.is_multiple_of(LOOK);
        self.blocks = self.blocks.wrapping_add(1);
        let state = self.tap.state();
        if look || self.shown.is_none_or(|(shown, _)| shown != state) {
            self.show(state, clock);
        }
    }

    /// Closes the call that stands, before the appliance stops.
    pub fn release(&mut self, scribe: &mut Scribe) {
        self.tap.release(Cause::Interrupted, scribe);
    }

    fn show(&mut self, state: TapState, clock: &Clock) {
        let standing = self.watch.standing();
        let fault = match &standing.state {
            State::Troubled(error) => Some(saying::sound_trouble(error)),
            State::Opening | State::Running { .. } => None,
        };
        let now = Some((state, fault.is_some()));
        if self.shown == now {
            return;
        }
        self.shown = now;
        let (state, call) = match state {
            _ if fault.is_some() => (LineState::Faulty, None),
            TapState::Quiet => (LineState::Idle, None),
            TapState::InUse(call) => (LineState::Talking, call),
        };
        let counters = self.tap.counters();
        self.live.line(status::Line {
            name: self.tap.name().to_owned(),
            card: self.card.clone(),
            state,
            since: clock.now(),
            call,
            fault,
            test: None,
            counters: status::Counters {
                placed: counters.placed,
                received: counters.received,
                answered: counters.answered,
                faults: standing.losses,
            },
        });
    }
}

/// How the devices are.
pub struct Devices(Vec<(String, SoundRole, String, Watch)>);

impl Devices {
    fn add(&mut self, name: &str, role: SoundRole, settings: &SoundSettings, watch: Watch) {
        self.0.push((name.to_owned(), role, settings.device.clone(), watch));
    }

    /// Tells the page.
    pub fn tell(&self, live: &Live) {
        let told = self.0.iter().map(|(name, role, device, watch)| {
            let standing = watch.standing();
            let (hz, fault) = match &standing.state {
                State::Opening => (None, None),
                State::Running { hz } => (Some(*hz), None),
                State::Troubled(error) => (None, Some(saying::sound_trouble(error))),
            };
            SoundDevice {
                name: name.clone(),
                role: *role,
                device: device.clone(),
                hz,
                fault,
                xruns: standing.xruns,
                losses: standing.losses,
                ppm: standing.flow.as_ref().map_or(0, |flow| flow.ppm()),
            }
        });
        live.sounds(told.collect());
    }
}

/// The hooks and keys that the command line reaches.
#[derive(Default)]
pub struct Switches {
    handsets: Vec<HandsetSwitch>,
    monitor: Option<MonitorSwitch>,
}

impl Switches {
    /// Does something at a handset.
    pub fn handset(&self, name: &str, press: Press) -> Answer {
        let Some(switch) = self.handsets.iter().find(|switch| switch.name() == name) else {
            let known: Vec<&str> = self.handsets.iter().map(HandsetSwitch::name).collect();
            return Err(match known.as_slice() {
                [] => "no handset is a sound card here; [[stations.sound]] configures one".into(),
                _ => format!("no such handset; there are: {}", known.join(", ")),
            });
        };
        switch.press(press).map_err(|error| error.to_string())?;
        Ok(serde_json::Value::Null)
    }

    /// Listens to a line, or to none. Who listens is written down before anything is heard.
    pub fn monitor(
        &self,
        line: Option<String>,
        who: &str,
        live: &Live,
        journal: &JournalSource,
    ) -> Answer {
        let Some(switch) = &self.monitor else {
            return Err("there is no monitor loudspeaker here; [monitor] configures one".into());
        };
        let Some(name) = line else {
            switch.choose(None);
            return Ok(serde_json::Value::Null);
        };
        let lines = live.snapshot().lines;
        let Some(line) = lines.iter().find(|line| line.name == name) else {
            let known: Vec<&str> = lines.iter().map(|line| line.name.as_str()).collect();
            return Err(format!("no such line; there are: {}", known.join(", ")));
        };
        let why = format!("listens to {name} on the monitor loudspeaker");
        journal.note(Action::Listen, line.call, who, &why)?;
        switch.choose(Some(name));
        Ok(serde_json::Value::Null)
    }
}

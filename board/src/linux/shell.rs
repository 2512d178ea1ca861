//! All of a board's parts together: what they show, and what is done with them.

use super::{Feeder, Input, Led, Output, Thermometer};
use crate::{Outputs, Profile};
use embedded_hal::digital::{InputPin, OutputPin};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A watchdog is fed so many times in its timeout; a driver that does not tell its own is taken to
/// have [`UNKNOWN_TIMEOUT_S`].
const MEALS: u32 = 4;
const UNKNOWN_TIMEOUT_S: u16 = 10;
/// How often the temperature is read.
const THERMAL: Duration = Duration::from_secs(5);

/// Where the kernel shows its classes.
#[derive(Clone, Debug)]
pub struct Places {
    /// The folder of the lights.
    pub leds: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Places { leds: "/sys/class/leds".into() }
    }
}

/// What the board shows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Inputs {
    /// The button is down.
    pub pressed: bool,
    /// Its temperature, where it can be read.
    pub celsius: Option<f32>,
}

/// A board's parts, as far as they are there.
#[derive(Default)]
pub struct Shell {
    system: Option<Led>,
    trouble: Option<Led>,
    lines: Vec<Option<Led>>,
    button: Option<Input>,
    relay: Option<Output>,
    serving: Option<bool>,
    relay_failed: bool,
    watchdog: Option<Feeder>,
    thermometer: Option<Thermometer>,
    /// When it was last fed, or tried to be.
    fed: Option<Duration>,
    feeding_failed: bool,
    felt: Option<(Duration, Option<f32>)>,
    troubles: Vec<String>,
}

impl Shell {
    /// Opens what the profile names. What cannot be opened is told by [`Shell::take_troubles`].
    pub fn open(profile: &Profile, places: &Places) -> Shell {
        let mut shell = Shell::default();
        shell.system = shell.led(profile.leds.system.as_deref(), &places.leds);
        shell.trouble = shell.led(profile.leds.trouble.as_deref(), &places.leds);
        for name in &profile.leds.lines {
            let led = shell.led(Some(name), &places.leds);
            shell.lines.push(led);
        }
        if let Some(button) = &profile.button {
            shell.button = shell.got("the button", Input::open(&button.pin));
        }
        if let Some(bypass) = &profile.bypass {
            shell.relay = shell.got("the bypass relay", Output::open(&bypass.pin));
        }
        if let Some(watchdog) = &profile.watchdog {
            shell.watchdog = shell.got("the watchdog", Feeder::open(watchdog));
        }
        if let Some(temperature) = &profile.temperature {
            let thermometer = Thermometer::new(&temperature.sensor);
            if thermometer.celsius().is_none() {
                let sensor = temperature.sensor.display();
                shell.troubles.push(format!("the temperature: {sensor} shows none"));
            }
            shell.thermometer = Some(thermometer);
        }
        shell
    }

    /// What does not work, in sentences, since it was last asked.
    pub fn take_troubles(&mut self) -> Vec<String> {
        std::mem::take(&mut self.troubles)
    }

    /// What the board shows at a moment.
    pub fn look(&mut self, now: Duration) -> Inputs {
        let pressed = match &mut self.button {
            None => false,
            Some(button) => match button.is_high() {
                Ok(pressed) => pressed,
                Err(error) => {
                    self.button = None;
                    self.troubles.push(format!("the button: {error}"));
                    false
                }
            },
        };
        Inputs { pressed, celsius: self.celsius(now) }
    }

    /// Does what is to be done at a moment. A part that fails is told, and left alone from then on;
    /// the relay and the watchdog are tried again, since much hangs on them.
    pub fn apply(&mut self, now: Duration, outputs: &Outputs) {
        // First what must not wait.
        self.switch(outputs.serve);
        if outputs.feed {
            self.feed(now);
        }
        let troubles = &mut self.troubles;
        show(&mut self.system, outputs.system, "the system's light", troubles);
        show(&mut self.trouble, outputs.trouble, "the light for trouble", troubles);
        for (index, (led, lit)) in self.lines.iter_mut().zip(&outputs.lines).enumerate() {
            show(led, *lit, &format!("the light of line {}", index + 1), troubles);
        }
    }

    /// Ends in order: the relay falls, the watchdog's timer is stopped, the lights go out.
    pub fn close(mut self) {
        self.switch(false);
        if let Some(watchdog) = self.watchdog.take() {
            // A timer that runs on restarts the machine, which is what it is for.
            let _ = watchdog.close();
        }
    }

    fn led(&mut self, name: Option<&str>, leds: &Path) -> Option<Led> {
        let name = name?;
        self.got(&format!("the light {name}"), Led::open(&leds.join(name)))
    }

    fn got<T, E: std::fmt::Display>(&mut self, what: &str, opened: Result<T, E>) -> Option<T> {
        opened.map_err(|error| self.troubles.push(format!("{what}: {error}"))).ok()
    }

    fn switch(&mut self, serve: bool) {
        let Some(relay) = &mut self.relay else { return };
        if self.serving == Some(serve) {
            return;
        }
        match if serve { relay.set_high() } else { relay.set_low() } {
            Ok(()) => (self.serving, self.relay_failed) = (Some(serve), false),
            Err(error) => {
                if !self.relay_failed {
                    self.troubles.push(format!("the bypass relay: {error}"));
                }
                (self.serving, self.relay_failed) = (None, true);
            }
        }
    }

    fn feed(&mut self, now: Duration) {
        let Some(watchdog) = &mut self.watchdog else { return };
        let timeout = Duration::from_secs(watchdog.timeout_s().unwrap_or(UNKNOWN_TIMEOUT_S).into());
        if self.fed.is_some_and(|fed| now.saturating_sub(fed) < timeout / MEALS) {
            return;
        }
        self.fed = Some(now);
        match watchdog.feed() {
            Ok(()) => self.feeding_failed = false,
            Err(error) => {
                if !self.feeding_failed {
                    self.troubles.push(format!("the watchdog: {error}"));
                }
                self.feeding_failed = true;
            }
        }
    }

    fn celsius(&mut self, now: Duration) -> Option<f32> {
        let thermometer = self.thermometer.as_ref()?;
        match self.felt {
            Some((at, celsius)) if now.saturating_sub(at) < THERMAL => celsius,
            _ => {
                let celsius = thermometer.celsius();
                self.felt = Some((now, celsius));
                celsius
            }
        }
    }
}

impl Drop for Shell {
    /// Also on the way out of a panic: the lines go through. The watchdog's timer runs on.
    fn drop(&mut self) {
        self.switch(false);
    }
}

fn show(led: &mut Option<Led>, lit: bool, what: &str, troubles: &mut Vec<String>) {
    if let Some(light) = led
        && let Err(error) = light.set(lit)
    {
        troubles.push(format!("{what}: {error}"));
        *led = None;
    }
}

//! What the board does, given what is known. No I/O; the time is an argument.

use crate::Light;
use std::time::Duration;

/// A button that moves for less is none.
const DEBOUNCE: Duration = Duration::from_millis(40);
/// Held so long, the button asks for bypass.
const BYPASS: Duration = Duration::from_secs(3);
/// Held so long, the button resets to defaults.
const DEFAULTS: Duration = Duration::from_secs(10);
/// The lines' thread beats every 10 ms; silent for so long, it hangs.
const HANGS: Duration = Duration::from_secs(2);
/// A start may take so long until the first beat: a journal is scanned, models are read.
const STARTS: Duration = Duration::from_secs(120);
/// A journal that fails for less may come back by itself.
const FAILS: Duration = Duration::from_secs(30);
/// What has been warm is cool again so far below.
const HYSTERESIS_C: f32 = 3.0;

/// What a line is used for, as far as its light shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineUse {
    /// Ready.
    Idle,
    /// The exchange rings.
    Ringing,
    /// Somebody uses it.
    InUse,
    /// Out of order.
    Faulty,
}

/// Whether calls can be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// They can.
    Works,
    /// There is no room for new ones; a restart would not make any.
    NoRoom,
    /// The journal takes nothing.
    Fails,
}

/// What is known at a moment.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Each line, in the order of the card.
    pub lines: &'a [LineUse],
    /// Whether calls can be recorded.
    pub recording: Recording,
    /// When the lines' thread last moved a block; `None` before the first.
    pub beat: Option<Duration>,
    /// The board's temperature, where it can be read.
    pub celsius: Option<f32>,
    /// The button is down.
    pub pressed: bool,
    /// A person should look at the page for another reason.
    pub warned: bool,
}

/// What a button asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Show how the page is reached: pressed for less than 3 s.
    ShowAddress,
    /// Connect the lines through, or take them back: held for 3 s to 10 s.
    Bypass,
    /// Go back to the defaults: held for 10 s.
    ResetToDefaults,
}

/// How hot the board is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heat {
    /// Nothing is known, or all is well.
    #[default]
    Fine,
    /// Somebody should look at where it stands.
    Warm,
    /// It will not last.
    Hot,
}

/// What is to be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outputs {
    /// The system's light is lit.
    pub system: bool,
    /// The light for trouble is lit.
    pub trouble: bool,
    /// The lines' lights, in their order.
    pub lines: Vec<bool>,
    /// The watchdog is to be fed.
    pub feed: bool,
    /// The bypass relay is to be held: the appliance serves the lines.
    pub serve: bool,
    /// What the button asks for, once.
    pub order: Option<Order>,
}

/// A board's state.
#[derive(Clone, Debug)]
pub struct Board {
    warm_c: f32,
    hot_c: f32,
    has_trouble_light: bool,
    button: Press,
    heat: Heat,
    bypass_asked: bool,
    bypassed: bool,
    failing_since: Option<Duration>,
}

impl Board {
    /// A board as it is at the start. Its time counts from there.
    pub fn new(profile: &crate::Profile) -> Board {
        let (warm, hot) = match &profile.temperature {
            Some(limits) => (f32::from(limits.warm_c), f32::from(limits.hot_c)),
            None => (f32::INFINITY, f32::INFINITY),
        };
        Board {
            warm_c: warm,
            hot_c: hot,
            has_trouble_light: profile.leds.trouble.is_some(),
            button: Press::default(),
            heat: Heat::Fine,
            bypass_asked: false,
            bypassed: false,
            failing_since: None,
        }
    }

    /// What is to be done at `now`, given the facts. To be asked many times a second: lights blink by
    /// it.
    pub fn step(&mut self, now: Duration, facts: &Facts<'_>) -> Outputs {
        let order = self.button.take(now, facts.pressed);
        if order == Some(Order::Bypass) {
            self.bypass_asked = !self.bypass_asked;
        }
        // A call that runs is not cut by a button: the relay falls when the last one has ended.
        let busy = facts.lines.contains(&LineUse::InUse);
        self.bypassed = self.bypass_asked && (self.bypassed || !busy);
        self.heat = self.felt(facts.celsius);
        self.failing_since = match facts.recording {
            Recording::Fails => self.failing_since.or(Some(now)),
            Recording::Works | Recording::NoRoom => None,
        };

        let started = facts.beat.is_some();
        let alive = facts.beat.is_some_and(|beat| now.saturating_sub(beat) < HANGS);
        let failing = self.failing_since.is_some_and(|since| now.saturating_sub(since) >= FAILS);
        let lives = alive || !started && now < STARTS;
        let light = self.light(now, facts, lives);
        let trouble = match light {
            Light::Fast => Light::On,
            Light::Slow if started => Light::Slow,
            _ => Light::Off,
        };
        // Where trouble has a light of its own, a dark system light says it too.
        let system = match light {
            Light::Fast if self.has_trouble_light => Light::Off,
            other => other,
        };
        let system = self.button.shown(now).unwrap_or(system);
        Outputs {
            system: system.is_lit(now),
            trouble: trouble.is_lit(now),
            lines: facts.lines.iter().map(|line| line_light(*line).is_lit(now)).collect(),
            feed: lives && !failing,
            serve: alive && !self.bypassed,
            order,
        }
    }

    /// How hot it is.
    pub fn heat(&self) -> Heat {
        self.heat
    }

    /// Whether the lines are connected through because somebody asked for it.
    pub fn bypassed(&self) -> bool {
        self.bypassed
    }

    /// The one pattern that sums up how things stand.
    fn light(&self, now: Duration, facts: &Facts<'_>, lives: bool) -> Light {
        let trouble = !lives || facts.recording == Recording::Fails || self.heat == Heat::Hot;
        let starting = facts.beat.is_none() && now < STARTS;
        let look = facts.warned
            || facts.recording == Recording::NoRoom
            || self.heat == Heat::Warm
            || facts.lines.contains(&LineUse::Faulty);
        match (trouble, self.bypassed, starting || look) {
            (true, _, _) => Light::Fast,
            (false, true, _) => Light::Double,
            (false, false, true) => Light::Slow,
            (false, false, false) => Light::On,
        }
    }

    fn felt(&self, celsius: Option<f32>) -> Heat {
        let Some(celsius) = celsius else { return Heat::Fine };
        let over = |limit: f32, heat: Heat| {
            let limit = if self.heat >= heat { limit - HYSTERESIS_C } else { limit };
            celsius >= limit
        };
        if over(self.hot_c, Heat::Hot) {
            Heat::Hot
        } else if over(self.warm_c, Heat::Warm) {
            Heat::Warm
        } else {
            Heat::Fine
        }
    }
}

fn line_light(line: LineUse) -> Light {
    match line {
        LineUse::Idle => Light::On,
        LineUse::Ringing => Light::Fast,
        LineUse::InUse => Light::Slow,
        LineUse::Faulty => Light::Double,
    }
}

/// The button, debounced, and for how long it is held.
#[derive(Clone, Copy, Debug, Default)]
struct Press {
    /// The level that counts.
    down: bool,
    /// Since when it has been down.
    since: Duration,
    /// Since when the level is another than the one that counts.
    changed: Option<Duration>,
    /// The hold has been answered already.
    answered: bool,
}

impl Press {
    fn take(&mut self, now: Duration, pressed: bool) -> Option<Order> {
        let mut released_after = None;
        if pressed == self.down {
            self.changed = None;
        } else {
            let changed = *self.changed.get_or_insert(now);
            if now.saturating_sub(changed) >= DEBOUNCE {
                self.changed = None;
                self.down = pressed;
                if pressed {
                    (self.since, self.answered) = (changed, false);
                } else if !self.answered {
                    released_after = Some(changed.saturating_sub(self.since));
                }
            }
        }
        if self.down && !self.answered && now.saturating_sub(self.since) >= DEFAULTS {
            self.answered = true;
            return Some(Order::ResetToDefaults);
        }
        released_after.map(|held| if held >= BYPASS { Order::Bypass } else { Order::ShowAddress })
    }

    /// While it is held, the system's light shows what letting go would ask for.
    fn shown(&self, now: Duration) -> Option<Light> {
        let held = self.down.then(|| now.saturating_sub(self.since))?;
        Some(match held {
            held if held >= DEFAULTS => Light::Fast,
            held if held >= BYPASS => Light::Double,
            _ => Light::On,
        })
    }
}

#[cfg(test)]
mod tests;

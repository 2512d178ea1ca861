//! Looks after the board: lights, button, watchdog, bypass relay, temperature; and tells the page.
//!
//! A thread of its own, so that lines that hang cannot hold it up, and that a panic in it lets the
//! relay fall. What is decided is decided by `board::Board`; here its facts are gathered.

use super::saying;
use crate::command::Trouble;
use crate::config::Config;
use board::linux::{Places, Shell};
use board::{Board, Facts, Heat, LineUse, Order, Outputs, Profile, Recording};
use status::{LineState, Live, Saying};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often lights and button are served.
const TURN: Duration = Duration::from_millis(50);
/// How often the lines are looked at.
const LINES: Duration = Duration::from_millis(200);
/// How often the rest is looked at, and the page is told.
const REST: Duration = Duration::from_secs(1);

/// When the thread of the lines last moved a block.
#[derive(Clone)]
pub struct Pulse(Arc<Beats>);

struct Beats {
    begun: Instant,
    /// Milliseconds from the beginning; 0 before the first beat.
    last: AtomicU64,
}

impl Pulse {
    /// Before the first block.
    pub fn new() -> Pulse {
        Pulse(Arc::new(Beats { begun: Instant::now(), last: AtomicU64::new(0) }))
    }

    /// A block was moved.
    pub fn beat(&self) {
        let ms = u64::try_from(self.now().as_millis()).unwrap_or(u64::MAX);
        self.0.last.store(ms.max(1), Ordering::Relaxed);
    }

    fn now(&self) -> Duration {
        self.0.begun.elapsed()
    }

    fn last(&self) -> Option<Duration> {
        match self.0.last.load(Ordering::Relaxed) {
            0 => None,
            ms => Some(Duration::from_millis(ms)),
        }
    }
}

/// The board that the configuration names, if it names one; it has to be one for the card.
pub fn profile(config: &Config) -> Result<Option<Profile>, Trouble> {
    let Some(board) = &config.board else { return Ok(None) };
    let profile = Profile::load(&board.profile).map_err(Trouble::found)?;
    let driver = config.card.driver();
    if profile.lines.driver != driver {
        return Err(Trouble::Found(format!(
            "[board] profile = {:?} is a board for {:?}, and card.driver is {driver:?}; name the \
             board that the lines are on, or leave [board] out",
            board.profile.display().to_string(),
            profile.lines.driver,
        )));
    }
    Ok(Some(profile))
}

/// Whoever looks after the board.
pub struct Keeper {
    name: String,
    shell: Shell,
    board: Board,
    has_relay: bool,
    has_watchdog: bool,
    pulse: Pulse,
    live: Live,
    outside: Outside,
    lines: Vec<LineUse>,
    recording: Recording,
    warned: bool,
    looked: [Option<Duration>; 2],
    broken: Vec<Saying>,
}

/// What lies outside the board, and is asked or told.
pub struct Outside {
    /// Whether calls can be recorded.
    pub recording: Box<dyn Fn() -> Recording + Send>,
    /// How the page is reached.
    pub page: String,
    /// The files with the page's accounts, which a reset to defaults removes.
    pub accounts: Vec<PathBuf>,
    /// Ends the appliance in order.
    pub end: Box<dyn Fn() + Send>,
}

impl Keeper {
    /// Opens what the board has.
    pub fn open(
        profile: &Profile,
        places: &Places,
        pulse: Pulse,
        live: Live,
        outside: Outside,
    ) -> Keeper {
        Keeper {
            name: profile.name.clone(),
            shell: Shell::open(profile, places),
            board: Board::new(profile),
            has_relay: profile.bypass.is_some(),
            has_watchdog: profile.watchdog.is_some(),
            pulse,
            live,
            outside,
            lines: Vec::new(),
            recording: Recording::Works,
            warned: false,
            looked: [None; 2],
            broken: Vec::new(),
        }
    }

    /// Serves the board until asked to stop; then lets the lines through and stops the watchdog.
    pub fn run(mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            self.turn(self.pulse.now());
            std::thread::sleep(TURN);
        }
        self.shell.close();
    }

    fn turn(&mut self, now: Duration) {
        if self.is_due(0, now, LINES) {
            let lines = self.live.snapshot().lines;
            self.lines = lines.iter().map(|line| line_use(line.state)).collect();
        }
        let rest = self.is_due(1, now, REST);
        if rest {
            self.recording = (self.outside.recording)();
            let seen = self.live.snapshot();
            let told = |error: Option<&Saying>| error.is_some();
            self.warned = told(seen.uplink.as_ref().and_then(|uplink| uplink.error.as_ref()))
                || told(seen.speech.as_ref().and_then(|speech| speech.error.as_ref()));
        }
        let inputs = self.shell.look(now);
        let facts = Facts {
            lines: &self.lines,
            recording: self.recording,
            beat: self.pulse.last(),
            celsius: inputs.celsius,
            pressed: inputs.pressed,
            warned: self.warned,
        };
        let outputs = self.board.step(now, &facts);
        self.shell.apply(now, &outputs);
        if let Some(order) = outputs.order {
            self.obey(order);
        }
        if rest {
            self.tell(inputs.celsius, &outputs);
        }
    }

    fn is_due(&mut self, what: usize, now: Duration, every: Duration) -> bool {
        let due = self.looked[what].is_none_or(|at| now.saturating_sub(at) >= every);
        if due {
            self.looked[what] = Some(now);
        }
        due
    }

    fn obey(&self, order: Order) {
        match order {
            Order::ShowAddress => tracing::info!("the page: http://{}", self.outside.page),
            Order::Bypass => {
                tracing::warn!("the button: the lines are connected through, or taken back");
            }
            Order::ResetToDefaults => {
                tracing::warn!("the button: the page's accounts are removed, the appliance ends");
                let removed = self.outside.accounts.iter().all(|file| is_gone(file));
                if removed {
                    (self.outside.end)();
                }
            }
        }
    }

    fn tell(&mut self, celsius: Option<f32>, outputs: &Outputs) {
        for trouble in self.shell.take_troubles() {
            tracing::warn!("the board: {trouble}");
            let says = saying::board_part(&trouble);
            if !self.broken.contains(&says) {
                self.broken.push(says);
            }
        }
        let mut troubles = self.broken.clone();
        if let (Heat::Warm | Heat::Hot, Some(celsius)) = (self.board.heat(), celsius) {
            troubles.push(saying::board_warm(celsius, self.board.heat() == Heat::Hot));
        }
        if self.board.bypassed() {
            troubles.push(saying::board_bypassed());
        }
        self.live.board(status::Board {
            name: self.name.clone(),
            celsius,
            served: self.has_relay.then_some(outputs.serve),
            watched: self.has_watchdog.then_some(outputs.feed),
            troubles,
        });
    }
}

/// Removes a file that may be there.
fn is_gone(file: &Path) -> bool {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::error!(%error, "{} cannot be removed", file.display());
            false
        }
        _ => true,
    }
}

fn line_use(state: LineState) -> LineUse {
    match state {
        LineState::Idle | LineState::Guard => LineUse::Idle,
        LineState::Ringing => LineUse::Ringing,
        LineState::Seized
        | LineState::Dialling
        | LineState::Alerting
        | LineState::Talking
        | LineState::Testing => LineUse::InUse,
        LineState::Faulty => LineUse::Faulty,
    }
}

/// Whether calls can be recorded, by what the journal says of itself.
pub fn recording(state: journal::health::State) -> Recording {
    match state {
        journal::health::State::Working => Recording::Works,
        journal::health::State::Low | journal::health::State::Full => Recording::NoRoom,
        journal::health::State::Failing => Recording::Fails,
    }
}

#[cfg(test)]
mod tests;

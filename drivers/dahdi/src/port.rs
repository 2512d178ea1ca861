//! One FXO port: a channel that is open, or the reason why it is not and when to try again.

use crate::abi::{Flush, HookState};
use crate::channel::{Channel, Moved};
use crate::event::Event;
use crate::setup::{self, Settings, of_ioctl};
use crate::signals::Watch;
use crate::system::{Errno, System};
use line::{BLOCK, Block, Hook, LineError, LineEvent, LineInterface};
use nix::libc;
use std::sync::Arc;

/// A port that does not work is tried again after so many blocks: every second.
const AGAIN: u32 = 100;
/// Blocks in a row that may fail to come before the port counts as stalled: half a second.
const PATIENCE: u32 = 50;
/// Silent blocks sent ahead: how late we may be before the far end hears a gap.
const AHEAD: u32 = 2;
/// A thread that is late for so many blocks in a row does not catch up any more.
const CATCH_UP: u32 = 20;
/// Events of one block; a queue in the kernel holds 1024.
const EVENTS: u32 = 1_024;
/// A flash that the kernel is not ready for is tried again for so many blocks.
const FLASH_TRIES: u32 = 20;

/// What did not go as it should, since the port was made; none ever goes down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Times that the port was opened.
    pub opened: u64,
    /// Blocks that did not come in time: silence was given instead.
    pub missed: u64,
    /// Blocks that were not sent, while we were late or the kernel had no room.
    pub unsent: u64,
    /// Times that the kernel threw received samples away.
    pub overruns: u64,
    /// Times that the kernel had nothing to send.
    pub underruns: u64,
}

/// A port of a [`crate::Card`].
pub struct Port<S: System> {
    system: Arc<S>,
    number: u32,
    settings: Arc<Settings>,
    state: State<S>,
    watch: Watch,
    counters: Counters,
    /// Samples given so far.
    at: u64,
}

enum State<S: System> {
    Shut { why: LineError, again: u32 },
    Open(Box<Open<S>>),
}

struct Open<S: System> {
    channel: Channel<S::File>,
    /// Why it was shut before, until the first block comes.
    before: Option<LineError>,
    pace: Pace,
    /// Blocks in a row that did not come.
    missing: u32,
    /// The kernel has nothing of ours to send.
    dry: bool,
    /// Blocks in a row that began late.
    behind: u32,
    off_hook: bool,
    /// A flash that the kernel was not ready for, and how often it is still tried.
    flash: Option<(u16, u32)>,
}

/// How a port's blocks stand to the others'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// They end with the others'; whether this one is there.
    Kept(bool),
    /// They end when they like; whether one is there.
    Loose(bool),
    /// The next one is to begin as the others' end.
    Align,
    /// The next one began as the others' ended, and ends with theirs.
    Aligned,
}

impl<S: System> Port<S> {
    pub(crate) fn open(system: Arc<S>, number: u32, settings: Arc<Settings>) -> Self {
        let state = State::Shut { why: LineError::Stalled, again: 0 };
        let (watch, counters) = (Watch::new(), Counters::default());
        let mut port = Port { system, number, settings, state, watch, counters, at: 0 };
        port.state = match port.try_open(None) {
            Ok(open) => State::Open(Box::new(open)),
            Err(why) => State::Shut { why, again: AGAIN },
        };
        port
    }

    fn try_open(&mut self, before: Option<LineError>) -> Result<Open<S>, LineError> {
        let channel = setup::open(&*self.system, self.number, &self.settings)?;
        self.counters.opened += 1;
        Ok(Open {
            channel,
            before,
            pace: Pace::Align,
            missing: 0,
            dry: true,
            behind: 0,
            off_hook: false,
            flash: None,
        })
    }

    /// What did not go as it should.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// While the port works: its pace, and the file to wait for.
    pub(crate) fn pace(&self) -> Option<(Pace, &S::File)> {
        match &self.state {
            State::Open(open) => Some((open.pace, open.channel.file())),
            State::Shut { .. } => None,
        }
    }

    pub(crate) fn set_pace(&mut self, pace: Pace) {
        if let State::Open(open) = &mut self.state {
            open.pace = pace;
        }
    }

    /// Makes the port's next block begin now, if nobody hears what that loses.
    pub(crate) fn align(&mut self) {
        if let State::Open(open) = &mut self.state
            && !open.off_hook
            && open.channel.flush(Flush::Read).is_ok()
        {
            open.pace = Pace::Aligned;
        }
    }

    /// Says whether this round's block was there before it was waited for: we are late.
    pub(crate) fn set_behind(&mut self, behind: bool) {
        if let State::Open(open) = &mut self.state {
            open.behind = if behind { open.behind + 1 } else { 0 };
        }
    }

    fn shut<T>(&mut self, why: LineError) -> Result<T, LineError> {
        // What the wire does from here on is not seen; what it did is not known any more.
        self.watch = Watch::new();
        self.state = State::Shut { why, again: AGAIN };
        Err(why)
    }

    fn open_again(&mut self) -> Result<(), LineError> {
        let State::Shut { why, again } = &mut self.state else { return Ok(()) };
        let why = *why;
        if *again > 0 {
            *again -= 1;
            return Err(why);
        }
        match self.try_open(Some(why)) {
            Ok(open) => {
                self.state = State::Open(Box::new(open));
                Err(why)
            }
            Err(why) => self.shut(why),
        }
    }
}

impl<S: System> LineInterface for Port<S> {
    fn exchange(&mut self, to_line: &Block, from_line: &mut Block) -> Result<(), LineError> {
        self.at += BLOCK as u64;
        let State::Open(open) = &mut self.state else {
            from_line.fill(0);
            return self.open_again();
        };
        match open.exchange(to_line, from_line, self.at, &mut self.watch, &mut self.counters) {
            Ok(()) => Ok(()),
            // Opened again, and not proven yet.
            Err(why) if open.before == Some(why) => Err(why),
            Err(why) => self.shut(why),
        }
    }

    fn next_event(&mut self) -> Option<LineEvent> {
        self.watch.next()
    }

    fn set_hook(&mut self, hook: Hook) -> Result<(), LineError> {
        let open = match &mut self.state {
            State::Open(open) => open,
            State::Shut { why, .. } => return Err(*why),
        };
        open.set_hook(hook).or_else(|error| self.shut(of_ioctl(error)))
    }

    fn flash(&mut self, ms: u16) -> Result<(), LineError> {
        let open = match &mut self.state {
            State::Open(open) => open,
            State::Shut { why, .. } => return Err(*why),
        };
        open.flash = Some((ms, FLASH_TRIES));
        open.try_flash().or_else(|error| self.shut(of_ioctl(error)))
    }
}

impl<S: System> Open<S> {
    fn exchange(
        &mut self,
        to_line: &Block,
        from_line: &mut Block,
        at: u64,
        watch: &mut Watch,
        counters: &mut Counters,
    ) -> Result<(), LineError> {
        let ready = matches!(self.pace, Pace::Kept(true) | Pace::Loose(true));
        if !ready || !self.receive(from_line, at, watch, counters)? {
            from_line.fill(0);
            self.missing += 1;
            counters.missed += 1;
            // Both clocks are one: where nothing came in, nothing went out.
            counters.unsent += 1;
            if self.missing >= PATIENCE {
                return Err(LineError::Stalled);
            }
        } else {
            self.missing = 0;
            self.before = None;
            self.send(to_line, at, watch, counters)?;
        }
        self.try_flash().map_err(of_ioctl)?;
        watch.look(&self.channel.params().map_err(of_ioctl)?, at);
        self.before.map_or(Ok(()), Err)
    }

    /// Whether a block came.
    fn receive(
        &mut self,
        from_line: &mut Block,
        at: u64,
        watch: &mut Watch,
        counters: &mut Counters,
    ) -> Result<bool, LineError> {
        loop {
            match self.channel.read(from_line).map_err(of_ioctl)? {
                Moved::Whole => return Ok(true),
                Moved::Nothing => return Ok(false),
                Moved::EventsFirst => self.take_events(at, watch, counters)?,
            }
        }
    }

    fn send(
        &mut self,
        to_line: &Block,
        at: u64,
        watch: &mut Watch,
        counters: &mut Counters,
    ) -> Result<(), LineError> {
        if self.dry {
            // What was missed is made up for by reading; sent as fast, it would stay in the queue
            // as delay.
            if (1..CATCH_UP).contains(&self.behind) {
                counters.unsent += 1;
                return Ok(());
            }
            self.channel.flush(Flush::Write).map_err(of_ioctl)?;
            for _ in 0..AHEAD {
                self.channel.write(&[0; BLOCK]).map_err(of_ioctl)?;
            }
            self.dry = false;
        }
        loop {
            match self.channel.write(to_line).map_err(of_ioctl)? {
                Moved::Whole => return Ok(()),
                Moved::Nothing => {
                    counters.unsent += 1;
                    return Ok(());
                }
                Moved::EventsFirst => self.take_events(at, watch, counters)?,
            }
        }
    }

    fn take_events(
        &mut self,
        at: u64,
        watch: &mut Watch,
        counters: &mut Counters,
    ) -> Result<(), LineError> {
        for _ in 0..EVENTS {
            match self.channel.next_event().map_err(of_ioctl)? {
                None => return Ok(()),
                Some(Event::Removed) => return Err(LineError::Vanished),
                Some(Event::ReadOverrun) => counters.overruns += 1,
                Some(Event::WriteUnderrun) => {
                    counters.underruns += u64::from(!self.dry);
                    self.dry = true;
                }
                Some(event) => watch.event(event, at),
            }
        }
        Ok(())
    }

    fn set_hook(&mut self, hook: Hook) -> Result<(), Errno> {
        self.flash = None;
        self.off_hook = hook == Hook::Off;
        self.channel.hook(if self.off_hook { HookState::OffHook } else { HookState::OnHook })?;
        if !self.off_hook {
            // The kernel empties both queues as it hangs up.
            (self.dry, self.pace) = (true, Pace::Align);
        }
        Ok(())
    }

    /// Flashes, if that is still to be done. Busy means that the loop was closed only just now, or
    /// is open in the flash before.
    fn try_flash(&mut self) -> Result<(), Errno> {
        let Some((ms, tries)) = self.flash.take() else { return Ok(()) };
        setup::set_flash(&self.channel, ms)?;
        match self.channel.hook(HookState::Flash) {
            Err(Errno(libc::EBUSY)) if tries > 0 && self.off_hook => {
                self.flash = Some((ms, tries - 1));
                Ok(())
            }
            Err(Errno(libc::EBUSY)) => Ok(()),
            other => other,
        }
    }
}

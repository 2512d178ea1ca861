//! A line that is only listened to: a telephone stands in it by itself, and a sound card's line input
//! hears what both parties say, on one channel.
//!
//! There is no hook switch and no ringing to see, so a call is what the voice-operated switch takes
//! for one ([`Vox`]): it begins with the first sound, pre-roll included, and ends when nothing was
//! heard for the hang-over. What can be known from sound alone is told as the line machine tells it:
//!
//! * dial tone first means that the telephone was lifted to call, else it was lifted to answer;
//! * the digits that it sends are the number, until a voice answers;
//! * ringback, busy, and a voice are heard by the same detectors as on any line.
//!
//! Both parties are on one channel, so all words count as the customer's; the agent's side is
//! silence.
//!
//! A call is opened at most [`JUDGED`] blocks after its first sound, which wait in memory until then;
//! from the opening on, the promises are the switchboard's. A call that cannot be recorded is passed
//! over, and the next one is tried.

use crate::switchboard::Recorder;
use alsa_pcm::{Change, Vox};
use call::entry::Opened;
use call::{
    Action, AnswerSign, Call, CallId, Cause, DeviceId, Direction, LegEvent, Samples, WallTime,
};
use dsp::dtmf::DtmfDetector;
use dsp::plan::Country;
use dsp::progress::{ProgressDetector, ProgressEvent, Stage};
use line::{BLOCK, Block};
use std::collections::VecDeque;
use std::task::Poll;

/// Blocks in which it is judged whether dial tone came first: 1.2 s.
const JUDGED: usize = 120;
/// What of a digit may be heard after it was told.
const DIGIT_TAIL: Samples = Samples::from_ms(60);
/// Blocks handed to the recorder at once: 100 ms.
const CHUNK: usize = 10;
/// Blocks that wait for the opening at most: a minute, beyond which the disk is not to be waited for.
const MOST_WAITING: usize = 6_000;
const BLOCK_MS: i64 = 10;

/// What a tap is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapState {
    /// Nothing is heard.
    Quiet,
    /// A conversation stands and is recorded, or is about to be.
    InUse(Option<CallId>),
}

/// What happened on a tap since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TapCounters {
    /// Calls that the telephone made.
    pub placed: u64,
    /// Calls that it took.
    pub received: u64,
    /// Calls in which a voice was heard.
    pub answered: u64,
}

/// One tapped line.
pub struct Tap<R: Recorder> {
    name: String,
    device: DeviceId,
    random: Box<dyn FnMut() -> u128 + Send>,
    country: Country,
    vox: Vox,
    hang_over: Samples,
    ears: Ears,
    now: Samples,
    use_: Use<R>,
    counters: TapCounters,
}

/// The detectors, made anew for each conversation.
struct Ears {
    progress: ProgressDetector,
    dtmf: DtmfDetector,
    dialling: bool,
    /// When the last digit ended, on the call's clock.
    last_digit: Option<Samples>,
}

/// What the tap is used for. Blocks wait in `heard` until the opening is on disk.
enum Use<R: Recorder> {
    Quiet,
    Judging(Heard),
    Opening(Heard, Opened, R::Opening),
    Call(Heard, Box<Call>),
    /// In use, and not recorded.
    PassedOver,
}

/// What was heard since the conversation's first sample and is not handed on.
struct Heard {
    /// The first sample of the conversation, on the tap's clock.
    origin: Samples,
    /// The first sample of `blocks`, on the call's.
    at: Samples,
    blocks: VecDeque<Block>,
    /// How many of the first blocks were there before the switch was sure.
    pre_roll: usize,
    events: VecDeque<(Samples, LegEvent)>,
    digits: VecDeque<(Samples, char)>,
    /// Whether dial tone came before anything else.
    dial_tone: Option<bool>,
    answered: bool,
    /// What the exchange's last tone said.
    tone: Option<Cause>,
    over: bool,
}

impl<R: Recorder> Tap<R> {
    /// A tap of a name. `random` gives call identities their randomness.
    pub fn new(
        name: String,
        device: DeviceId,
        country: Country,
        settings: alsa_pcm::VoxSettings,
        random: Box<dyn FnMut() -> u128 + Send>,
    ) -> Result<Self, alsa_pcm::VoxSettingError> {
        let hang_over = Samples::from_ms(u64::from(settings.hang_over_s) * 1000);
        Ok(Tap {
            name,
            device,
            random,
            country,
            vox: Vox::new(settings)?,
            hang_over,
            ears: Ears::new(country),
            now: Samples::ZERO,
            use_: Use::Quiet,
            counters: TapCounters::default(),
        })
    }

    /// What it is doing.
    pub fn state(&self) -> TapState {
        match &self.use_ {
            Use::Quiet => TapState::Quiet,
            Use::Call(_, call) => TapState::InUse(Some(call.opened().call)),
            _ => TapState::InUse(None),
        }
    }

    /// What happened since the start.
    pub fn counters(&self) -> TapCounters {
        self.counters
    }

    /// The tap's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Takes the next block that the line input heard.
    pub fn block(&mut self, block: &Block, now: WallTime, recorder: &mut R) {
        self.now += Samples(BLOCK as u64);
        match self.vox.take(block) {
            Some(Change::Began) => self.begin(),
            change => {
                if let Some(heard) = self.heard() {
                    heard.blocks.push_back(*block);
                    heard.over |= change == Some(Change::Ended);
                    self.listen(block, self.now);
                }
                if change == Some(Change::Ended) && matches!(self.use_, Use::PassedOver) {
                    self.use_ = Use::Quiet;
                }
            }
        }
        self.serve(now, recorder);
    }

    /// Ends the call that stands, with a cause: before the appliance stops.
    pub fn release(&mut self, cause: Cause, recorder: &mut R) {
        if let Use::Call(heard, _) = &self.use_ {
            let at = self.now - heard.origin;
            self.close(at, cause, recorder);
        }
    }

    fn heard(&mut self) -> Option<&mut Heard> {
        match &mut self.use_ {
            Use::Judging(heard) | Use::Opening(heard, ..) | Use::Call(heard, _) => Some(heard),
            Use::Quiet | Use::PassedOver => None,
        }
    }

    /// The first sound: the pre-roll is heard first.
    fn begin(&mut self) {
        let blocks: VecDeque<Block> = self.vox.pre_roll().collect();
        let length = Samples((blocks.len() * BLOCK) as u64);
        self.ears = Ears::new(self.country);
        self.use_ = Use::Judging(Heard {
            origin: self.now - length,
            at: Samples::ZERO,
            blocks: blocks.clone(),
            pre_roll: blocks.len(),
            events: VecDeque::new(),
            digits: VecDeque::new(),
            dial_tone: None,
            answered: false,
            tone: None,
            over: false,
        });
        let mut until = self.now - length;
        for block in &blocks {
            until += Samples(BLOCK as u64);
            self.listen(block, until);
        }
    }

    /// Lets the detectors hear one block, which ends at `until` on the tap's clock.
    fn listen(&mut self, block: &Block, until: Samples) {
        let (Use::Judging(heard) | Use::Opening(heard, ..) | Use::Call(heard, _)) = &mut self.use_
        else {
            return;
        };
        let at = until - heard.origin;
        let ears = &mut self.ears;
        ears.dtmf.push(block);
        while let Some(digit) = ears.dtmf.next_digit() {
            if !std::mem::replace(&mut ears.dialling, true) {
                ears.progress.set_stage(Stage::AfterDialling);
                // Nobody dials after taking a call, whatever was missed of its dial tone.
                heard.dial_tone = heard.dial_tone.or(Some(true));
            }
            ears.last_digit = Some(at);
            heard.digits.push_back((at, digit.digit));
        }
        // The digits of a telephone are loud and no voice: the other detectors do not hear them.
        let digits = ears.dtmf.sounding().is_some()
            || ears.last_digit.is_some_and(|last| at.since(last) < DIGIT_TAIL);
        ears.progress.push(if digits { &[0; BLOCK] } else { block });
        while let Some(progress) = ears.progress.next_event() {
            let event = match progress.what {
                ProgressEvent::DialTone => {
                    heard.dial_tone = heard.dial_tone.or(Some(true));
                    Some(LegEvent::DialTone)
                }
                ProgressEvent::Ringback { .. } => Some(LegEvent::Ringback),
                ProgressEvent::VoiceOn { .. } => {
                    heard.dial_tone = heard.dial_tone.or(Some(false));
                    heard.tone = None;
                    let first = !std::mem::replace(&mut heard.answered, true);
                    first.then_some(LegEvent::Answered(AnswerSign::Voice))
                }
                ProgressEvent::Busy => heard.told(Cause::Busy),
                ProgressEvent::Congestion => heard.told(Cause::Congestion),
                ProgressEvent::Special | ProgressEvent::Unobtainable => {
                    heard.told(Cause::Unobtainable)
                }
                ProgressEvent::Howler => heard.told(Cause::Howler),
                ProgressEvent::RingbackEnded { .. } | ProgressEvent::VoiceOff { .. } => None,
            };
            heard.events.extend(event.map(|event| (at, event)));
        }
    }

    fn serve(&mut self, now: WallTime, recorder: &mut R) {
        self.use_ = match std::mem::replace(&mut self.use_, Use::Quiet) {
            Use::Judging(heard) => {
                let judged = heard.dial_tone.is_some() || heard.over;
                if judged || heard.blocks.len() >= heard.pre_roll + JUDGED {
                    self.open(heard, now, recorder)
                } else {
                    Use::Judging(heard)
                }
            }
            Use::Opening(heard, opened, mut ticket) => match recorder.poll_open(&mut ticket) {
                Poll::Pending if heard.blocks.len() < MOST_WAITING => {
                    Use::Opening(heard, opened, ticket)
                }
                Poll::Ready(Ok(())) => Use::Call(heard, Box::new(Call::overheard(opened))),
                Poll::Pending | Poll::Ready(Err(_)) if heard.over => Use::Quiet,
                Poll::Pending | Poll::Ready(Err(_)) => Use::PassedOver,
            },
            other => other,
        };
        let Use::Call(heard, call) = &mut self.use_ else { return };
        heard.hand_on(call, &mut self.counters, recorder);
        if heard.over {
            let at = self.now - heard.origin - self.hang_over;
            let cause = heard.cause();
            self.close(at, cause, recorder);
        }
    }

    fn open(&mut self, heard: Heard, now: WallTime, recorder: &mut R) -> Use<R> {
        let outbound = heard.dial_tone == Some(true);
        let before = heard.blocks.len() as i64 * BLOCK_MS;
        let at = WallTime { unix_ms: now.unix_ms.saturating_sub(before), ..now };
        let opened = Opened {
            call: CallId::new(at.unix_ms, (self.random)()),
            device: self.device,
            at,
            direction: if outbound { Direction::Outbound } else { Direction::Inbound },
            line: self.name.clone(),
            station: String::new(),
            customer: None,
        };
        match outbound {
            true => self.counters.placed += 1,
            false => self.counters.received += 1,
        }
        let ticket = recorder.open(&opened);
        Use::Opening(heard, opened, ticket)
    }

    /// Closes the call that stands, `at` an instant of its own clock.
    fn close(&mut self, at: Samples, cause: Cause, recorder: &mut R) {
        let Use::Call(mut heard, mut call) = std::mem::replace(&mut self.use_, Use::Quiet) else {
            return;
        };
        heard.over = true;
        heard.hand_on(&mut call, &mut self.counters, recorder);
        write(call.release(at, cause), &call, recorder);
        recorder.close(*call, at);
    }
}

/// The actions that can be taken on a line that is only listened to.
fn write<R: Recorder>(actions: Vec<Action>, call: &Call, recorder: &mut R) {
    for action in actions {
        if let Action::Write(event) = action {
            recorder.event(call, event);
        }
    }
}

impl Heard {
    /// Hands on what was heard; audio in chunks, and to the last sample when it is over.
    fn hand_on<R: Recorder>(
        &mut self,
        call: &mut Call,
        counters: &mut TapCounters,
        recorder: &mut R,
    ) {
        for (at, digit) in self.digits.drain(..) {
            write(call.overheard_digit(at, digit), call, recorder);
        }
        for (at, event) in self.events.drain(..) {
            counters.answered += u64::from(matches!(event, LegEvent::Answered(_)));
            write(call.line(at, event), call, recorder);
        }
        while self.blocks.len() >= CHUNK || (self.over && !self.blocks.is_empty()) {
            let count = self.blocks.len().min(CHUNK);
            let customer: Vec<i16> = self.blocks.drain(..count).flatten().collect();
            recorder.audio(call.opened().call, self.at, &vec![0; customer.len()], &customer);
            self.at += Samples(customer.len() as u64);
        }
    }

    /// A tone that ends a call, or stands in the place of an answer.
    fn told(&mut self, cause: Cause) -> Option<LegEvent> {
        self.dial_tone = self.dial_tone.or(Some(false));
        self.tone = Some(cause);
        None
    }

    /// Why the conversation is over, as far as sound tells.
    fn cause(&self) -> Cause {
        match self.tone {
            Some(Cause::Howler) => Cause::Howler,
            Some(_) if self.answered => Cause::CustomerReleased,
            Some(cause) => cause,
            None => Cause::Silence,
        }
    }
}

impl Ears {
    fn new(country: Country) -> Ears {
        let (progress, dtmf) = (ProgressDetector::new(country), DtmfDetector::new());
        Ears { progress, dtmf, dialling: false, last_digit: None }
    }
}

#[cfg(test)]
mod tests;

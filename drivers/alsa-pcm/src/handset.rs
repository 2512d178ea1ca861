//! A sound card's microphone and earpiece as an agent's handset: a [`call::Station`].
//!
//! A sound card has no hook switch, so a person lifts, dials and hangs up by the appliance's own
//! means ([`HandsetSwitch`], which its control socket and page hold), or calls are answered by
//! themselves after a time. The microphone is heard only while the handset is off the hook; what
//! rings is heard in the earpiece.

use crate::sound::{Microphone, Speaker};
use call::{Number, Station, StationNews, StationRequest};
use dsp::tone::{Segment, Tone, ToneGenerator};
use line::{BLOCK, Block};
use std::sync::mpsc::{Receiver, Sender, channel};

/// How a handset behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandsetSettings {
    /// The name that records and the page show.
    pub name: String,
    /// Milliseconds of ringing after which a call is answered by itself; never where absent.
    pub auto_answer_ms: Option<u32>,
}

/// The ringer: a soft tone, a second of every five.
const RINGER: Tone =
    Tone::endless(&[Segment::on(&[800.0, 1000.0], -24.0, 1_000), Segment::off(4_000)]);
/// What one block may bring of presses.
const BLOCK_MS: u32 = 10;

/// A microphone and an earpiece, a block at a time. Neither waits.
pub trait Acoustics: Send {
    /// What the microphone hears; silence where there is none.
    fn hear(&mut self, block: &mut Block);
    /// What the earpiece is to say.
    fn say(&mut self, block: &Block);
}

impl Acoustics for (Microphone, Speaker) {
    fn hear(&mut self, block: &mut Block) {
        self.0.read(block);
    }

    fn say(&mut self, block: &Block) {
        self.1.write(block);
    }
}

/// What a person does at a handset.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Press {
    /// Takes it off the hook: answers what rings.
    Lift,
    /// Takes it off the hook and dials.
    Dial(Number),
    /// Sends digits into the call.
    Digits(String),
    /// Gives a hook flash.
    Flash,
    /// Puts it back on the hook.
    HangUp,
}

/// The keys and the hook of a handset; can be held by many.
#[derive(Clone)]
pub struct HandsetSwitch {
    name: String,
    presses: Sender<Press>,
}

/// Why a handset does not take a press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PressError {
    /// It is no longer there.
    #[error("the handset is out of use; the appliance is stopping")]
    OutOfUse,
    /// Something that no telephone can send.
    #[error("a telephone sends 1 to 32 of the digits 0-9, *, # and A-D")]
    NoDigits,
}

impl HandsetSwitch {
    /// The handset's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Does something at the handset; it acts at the next block.
    pub fn press(&self, press: Press) -> Result<(), PressError> {
        if let Press::Digits(digits) = &press {
            let known = |digit: char| matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D');
            if !(1..=32).contains(&digits.len()) || !digits.chars().all(known) {
                return Err(PressError::NoDigits);
            }
        }
        self.presses.send(press).map_err(|_| PressError::OutOfUse)
    }
}

/// A handset.
pub struct Handset<A> {
    settings: HandsetSettings,
    acoustics: A,
    presses: Receiver<Press>,
    state: State,
    ringer: ToneGenerator,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    OnHook,
    /// Rings, for so many blocks by now.
    Ringing(u32),
    /// In a call, from dialling or answering on.
    OffHook,
}

impl<A: Acoustics> Handset<A> {
    /// A handset on the hook, and its switch.
    pub fn new(settings: HandsetSettings, acoustics: A) -> (Handset<A>, HandsetSwitch) {
        let (sender, presses) = channel();
        let switch = HandsetSwitch { name: settings.name.clone(), presses: sender };
        let ringer = ToneGenerator::new(RINGER);
        (Handset { settings, acoustics, presses, state: State::OnHook, ringer }, switch)
    }

    /// What a press asks of the call, if anything. What makes no sense now is passed over, as on a
    /// telephone.
    fn pressed(&mut self, press: Press) -> Option<StationRequest> {
        let request = match (press, self.state) {
            (Press::Lift, State::Ringing(_)) => StationRequest::Answer,
            (Press::Dial(number), State::OnHook) => StationRequest::Dial(number),
            (Press::Digits(digits), State::OffHook) => StationRequest::SendDigits(digits),
            (Press::Flash, State::OffHook) => StationRequest::Flash,
            (Press::HangUp, State::OffHook | State::Ringing(_)) => StationRequest::HangUp,
            _ => return None,
        };
        // The call's word that it is over puts it on the hook.
        self.state = State::OffHook;
        Some(request)
    }

    fn answers_by_itself(&self) -> bool {
        match (self.state, self.settings.auto_answer_ms) {
            (State::Ringing(blocks), Some(ms)) => blocks >= ms / BLOCK_MS,
            _ => false,
        }
    }
}

impl<A: Acoustics> Station for Handset<A> {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn exchange(&mut self, heard: &[i16], spoken: &mut [i16]) {
        // Read on the hook as well, so that nothing old waits when it is lifted.
        let mut microphone = [0; BLOCK];
        self.acoustics.hear(&mut microphone);
        spoken.fill(0);
        if self.state == State::OffHook {
            spoken.iter_mut().zip(&microphone).for_each(|(to, from)| *to = *from);
        }
        let mut earpiece = [0; BLOCK];
        match &mut self.state {
            State::OnHook => {}
            State::Ringing(blocks) => {
                *blocks = blocks.saturating_add(1);
                self.ringer.fill(&mut earpiece);
            }
            State::OffHook => {
                earpiece.iter_mut().zip(heard).for_each(|(to, from)| *to = *from);
            }
        }
        self.acoustics.say(&earpiece);
    }

    fn next_request(&mut self) -> Option<StationRequest> {
        if self.answers_by_itself() {
            return self.pressed(Press::Lift);
        }
        while let Ok(press) = self.presses.try_recv() {
            if let Some(request) = self.pressed(press) {
                return Some(request);
            }
        }
        None
    }

    fn tell(&mut self, news: StationNews) {
        match (news, self.state) {
            (StationNews::Ringing(_), State::OnHook) => {
                self.state = State::Ringing(0);
                self.ringer = ToneGenerator::new(RINGER);
            }
            (StationNews::Connected, State::Ringing(_)) => self.state = State::OffHook,
            (StationNews::Released(_), _) => self.state = State::OnHook,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use call::{CallerId, Cause};

    /// A microphone that always says 7, and an earpiece that remembers.
    #[derive(Default)]
    struct Ears(Vec<Block>);

    impl Acoustics for Ears {
        fn hear(&mut self, block: &mut Block) {
            *block = [7; BLOCK];
        }

        fn say(&mut self, block: &Block) {
            self.0.push(*block);
        }
    }

    fn handset(auto_answer_ms: Option<u32>) -> (Handset<Ears>, HandsetSwitch) {
        let settings = HandsetSettings { name: "desk".into(), auto_answer_ms };
        Handset::new(settings, Ears::default())
    }

    /// One block: what was spoken, what the earpiece said.
    fn block(handset: &mut Handset<Ears>) -> (i16, Block) {
        let mut spoken = [-1; BLOCK];
        handset.exchange(&[9; BLOCK], &mut spoken);
        (spoken[0], *handset.acoustics.0.last().unwrap())
    }

    #[test]
    fn nothing_is_heard_of_the_microphone_before_it_is_lifted_nor_after_it_hung_up() {
        let (mut handset, switch) = handset(None);
        assert_eq!(block(&mut handset), (0, [0; BLOCK]));
        handset.tell(StationNews::Ringing(CallerId::default()));
        let (spoken, ringer) = block(&mut handset);
        assert!(spoken == 0 && dsp::level::of(&ringer) > -30.0, "it rings in the earpiece");
        switch.press(Press::Lift).unwrap();
        assert_eq!(handset.next_request(), Some(StationRequest::Answer));
        handset.tell(StationNews::Connected);
        assert_eq!(block(&mut handset), (7, [9; BLOCK]));
        switch.press(Press::HangUp).unwrap();
        assert_eq!(handset.next_request(), Some(StationRequest::HangUp));
        handset.tell(StationNews::Released(Cause::AgentReleased));
        assert_eq!(block(&mut handset), (0, [0; BLOCK]));
        assert_eq!(handset.next_request(), None);
    }

    #[test]
    fn it_dials_sends_digits_and_flashes_and_passes_over_what_makes_no_sense() {
        let (mut handset, switch) = handset(None);
        let number: Number = "13800138001".parse().unwrap();
        for press in [Press::Lift, Press::Flash, Press::HangUp, Press::Dial(number.clone())] {
            switch.press(press).unwrap();
        }
        assert_eq!(handset.next_request(), Some(StationRequest::Dial(number.clone())));
        switch.press(Press::Dial(number)).unwrap();
        switch.press(Press::Digits("12#".into())).unwrap();
        switch.press(Press::Flash).unwrap();
        assert_eq!(handset.next_request(), Some(StationRequest::SendDigits("12#".into())));
        assert_eq!(handset.next_request(), Some(StationRequest::Flash));
        assert_eq!(handset.next_request(), None);
        let no_digits = switch.press(Press::Digits("12 3".into()));
        assert_eq!(no_digits, Err(PressError::NoDigits));
        drop(handset);
        assert_eq!(switch.press(Press::Lift), Err(PressError::OutOfUse));
    }

    #[test]
    fn it_answers_by_itself_after_the_time_that_was_set() {
        let (mut handset, _switch) = handset(Some(2_000));
        handset.tell(StationNews::Ringing(CallerId::default()));
        for _ in 0..199 {
            block(&mut handset);
            assert_eq!(handset.next_request(), None);
        }
        block(&mut handset);
        assert_eq!(handset.next_request(), Some(StationRequest::Answer));
        assert_eq!(handset.next_request(), None);
    }
}

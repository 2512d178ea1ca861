//! Whether somebody has answered, and whether they are gone: what a line without signalling can
//! know of it.
//!
//! After the last digit the signs are, in the order of their worth: a polarity reversal; a voice
//! where ringback was; ringback that stays away.
//!
//! Where no ringback was heard, a voice may be a person's, an announcement that the network plays
//! without answering, or music that some subscribers have in place of ringback. A person says a
//! phrase and waits: so a phrase of at most [`LONGEST_GREETING`] with a pause after it is an answer,
//! and a sound without such a pause is held for music, whose end is then looked at as ringback's is.
//! What this cannot tell apart, no analog line can without understanding speech: an announcement has
//! pauses as a person has (unless the special information tone came first), and so have music with
//! rests and songs; they count as an answer. Who speaks on and on when answering is told late, at
//! their first pause or later. Where the exchange reverses polarity after such a voice, the answer is
//! told again, by that sign.

use crate::Settings;
use crate::settings::AnswerBy;
use call::{AnswerSign, Cause, Samples};
use dsp::level;
use dsp::progress::ProgressEvent;
use line::{BLOCK, Block};

/// What has become of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Ringback was heard for the first time.
    Ringback(Samples),
    /// The far end answered.
    Answered(Samples, AnswerSign),
    /// The call is over.
    Released(Cause),
    /// A reversal that means nothing.
    IgnoredReversal,
}

const BLOCK_SPAN: Samples = Samples(BLOCK as u64);
/// Ringback that stays away is an answer only when no tone has told otherwise for so long: a
/// cadence of the network (UK congestion, 1.5 s) has to be heard twice.
const TONE_AFTER_RINGBACK: Samples = Samples::from_ms(3_200);
/// The longest phrase with which a call is answered, and the pause after it.
const LONGEST_GREETING: Samples = Samples::from_ms(3_000);
const PAUSE: Samples = Samples::from_ms(300);
/// An announcement after the special information tone is listened to for so long.
const ANNOUNCEMENT: Samples = Samples::from_ms(30_000);
/// What is below this is no voice, and silence if it stays so.
const QUIET_DBM0: f32 = -45.0;
/// What is heard while the agent speaks must be within this of their level to be someone else's: a
/// canceller that knows nothing yet leaves the line's own loss, 6 dB or more.
const ABOVE_ECHO_DB: f32 = -3.0;

/// Sound that is not the agent's, from one pause to the next.
#[derive(Clone, Copy, Debug)]
struct Phrase {
    began: Samples,
    ended: Samples,
    heard: Samples,
}

/// A call whose digits are out.
#[derive(Clone, Debug)]
pub(crate) struct Alerting {
    dialled: Samples,
    rang: bool,
    /// When ringback was found to have ended, and when it had.
    ringback_ended: Option<(Samples, Samples)>,
    special: Option<Samples>,
    voice: Option<Samples>,
    heard: Samples,
    phrase: Option<Phrase>,
    /// A pure tone of no plan sounds: that is nobody's voice.
    tone: bool,
    agent_dbm0: f32,
}

impl Alerting {
    pub(crate) fn new(dialled: Samples) -> Self {
        Alerting {
            dialled,
            rang: false,
            ringback_ended: None,
            special: None,
            voice: None,
            heard: Samples::ZERO,
            phrase: None,
            tone: false,
            agent_dbm0: level::FLOOR_DBM0,
        }
    }

    /// A progress event, its instants on the line's clock.
    pub(crate) fn progress(&mut self, now: Samples, what: ProgressEvent) -> Option<Verdict> {
        let cause = match what {
            ProgressEvent::Ringback { began } => {
                self.ringback_ended = None;
                let first = !self.rang;
                self.rang = true;
                return first.then_some(Verdict::Ringback(began.max(self.dialled)));
            }
            ProgressEvent::RingbackEnded { since } => {
                self.ringback_ended = Some((now, since));
                return None;
            }
            ProgressEvent::VoiceOn { began } => {
                let began = began.max(self.dialled);
                self.voice = Some(began);
                // It has been there for as long as it took to be sure of it.
                self.heard = if self.tone { Samples::ZERO } else { now.since(began) };
                return None;
            }
            ProgressEvent::VoiceOff { .. } => {
                self.voice = None;
                return None;
            }
            ProgressEvent::Special => {
                self.special = Some(now);
                return None;
            }
            _ if self.special.is_some() => Cause::Unobtainable,
            ProgressEvent::Busy if self.rang => Cause::NoAnswer,
            ProgressEvent::Busy => Cause::Busy,
            ProgressEvent::Congestion | ProgressEvent::DialTone => Cause::Congestion,
            ProgressEvent::Unobtainable => Cause::Unobtainable,
            ProgressEvent::Howler => Cause::Howler,
        };
        Some(Verdict::Released(cause))
    }

    /// Whether a pure tone of no plan sounds now.
    pub(crate) fn hears_tone(&mut self, tone: bool) {
        self.tone = tone;
    }

    /// A tone of no plan that comes and goes as a busy tone does.
    pub(crate) fn unknown_tone(&self) -> Verdict {
        Verdict::Released(if self.rang { Cause::NoAnswer } else { Cause::Busy })
    }

    /// Polarity changed.
    pub(crate) fn reversed(&mut self, at: Samples, settings: &Settings) -> Verdict {
        let earliest = Samples::from_ms(u64::from(settings.polarity_earliest_ms));
        if at.since(self.dialled) < earliest || settings.answer_by == AnswerBy::Sound {
            return Verdict::IgnoredReversal;
        }
        Verdict::Answered(at, AnswerSign::Polarity)
    }

    /// A block went by: what the line said without echo, and what the agent did.
    pub(crate) fn block(
        &mut self,
        now: Samples,
        customer: &Block,
        agent: &Block,
        settings: &Settings,
    ) -> Option<Verdict> {
        self.listen(now, customer, agent);
        let by_sound = settings.answer_by != AnswerBy::Polarity && self.special.is_none();
        if by_sound && let Some(answer) = self.answered_by_voice(now, settings) {
            return Some(answer);
        }
        if let Some((found, since)) = self.ringback_ended
            && by_sound
            && now.since(found) >= TONE_AFTER_RINGBACK
        {
            return Some(Verdict::Answered(since, AnswerSign::RingbackEnded));
        }
        let waited = Samples::from_ms(u64::from(settings.no_answer_s) * 1000);
        match self.special {
            Some(at) if now.since(at) >= ANNOUNCEMENT => {
                Some(Verdict::Released(Cause::Unobtainable))
            }
            None if now.since(self.dialled) >= waited => Some(Verdict::Released(Cause::NoAnswer)),
            _ => None,
        }
    }

    /// What the voice so far says.
    fn answered_by_voice(&self, now: Samples, settings: &Settings) -> Option<Verdict> {
        let enough = Samples::from_ms(u64::from(settings.voice_answer_ms));
        if self.rang {
            let began = self.voice.filter(|_| self.heard >= enough)?;
            return Some(Verdict::Answered(began, AnswerSign::Voice));
        }
        let phrase = self.phrase.filter(|phrase| phrase.heard >= enough)?;
        let quiet = now.since(phrase.ended);
        if phrase.ended.since(phrase.began) <= LONGEST_GREETING {
            return (self.voice.is_some() && quiet >= PAUSE)
                .then_some(Verdict::Answered(phrase.began, AnswerSign::Voice));
        }
        (quiet >= TONE_AFTER_RINGBACK)
            .then_some(Verdict::Answered(phrase.ended, AnswerSign::RingbackEnded))
    }

    /// Follows the sound that cannot be the agent's own coming back.
    fn listen(&mut self, now: Samples, customer: &Block, agent: &Block) {
        // The agent's echo comes some blocks after them: their level fades by 100 dB a second.
        self.agent_dbm0 = level::of(agent).max(self.agent_dbm0 - 1.0);
        let heard = level::of(customer);
        let theirs = heard > QUIET_DBM0
            && (self.agent_dbm0 < QUIET_DBM0 || heard > self.agent_dbm0 + ABOVE_ECHO_DB);
        if !theirs || self.tone {
            return;
        }
        if self.voice.is_some() {
            self.heard += BLOCK_SPAN;
        }
        let began = Samples(now.0.saturating_sub(BLOCK as u64));
        let phrase = self.phrase.filter(|phrase| began.since(phrase.ended) < PAUSE);
        let phrase = phrase.unwrap_or(Phrase { began, ended: began, heard: Samples::ZERO });
        self.phrase = Some(Phrase { ended: now, heard: phrase.heard + BLOCK_SPAN, ..phrase });
    }
}

/// A call that was answered.
#[derive(Clone, Debug)]
pub(crate) struct Talking {
    since: Samples,
    /// By which sign, if the far end answered and not we.
    sign: AnswerSign,
    quiet: Samples,
}

impl Talking {
    pub(crate) fn new(since: Samples, sign: AnswerSign) -> Self {
        Talking { since, sign, quiet: Samples::ZERO }
    }

    /// A progress event.
    pub(crate) fn progress(&self, what: ProgressEvent) -> Option<Verdict> {
        match what {
            ProgressEvent::Busy
            | ProgressEvent::Congestion
            | ProgressEvent::Unobtainable
            | ProgressEvent::DialTone => Some(Verdict::Released(Cause::CustomerReleased)),
            ProgressEvent::Howler => Some(Verdict::Released(Cause::Howler)),
            _ => None,
        }
    }

    /// Polarity changed.
    pub(crate) fn reversed(&mut self, at: Samples, settings: &Settings) -> Option<Verdict> {
        match self.sign {
            // A voice was heard first (an announcement, perhaps), and this is the answer.
            AnswerSign::Voice | AnswerSign::RingbackEnded
                if settings.answer_by != AnswerBy::Sound =>
            {
                self.sign = AnswerSign::Polarity;
                Some(Verdict::Answered(at, AnswerSign::Polarity))
            }
            // Some exchanges reverse when the called side, we, answers.
            AnswerSign::OffHook
                if at.since(self.since)
                    < Samples::from_ms(u64::from(settings.polarity_earliest_ms)) =>
            {
                Some(Verdict::IgnoredReversal)
            }
            AnswerSign::Polarity | AnswerSign::OffHook if settings.polarity_release => {
                Some(Verdict::Released(Cause::CustomerReleased))
            }
            _ => Some(Verdict::IgnoredReversal),
        }
    }

    /// A block went by.
    pub(crate) fn block(
        &mut self,
        now: Samples,
        customer: &Block,
        agent: &Block,
        settings: &Settings,
    ) -> Option<Verdict> {
        let quiet = level::of(customer) < QUIET_DBM0 && level::of(agent) < QUIET_DBM0;
        self.quiet = if quiet { self.quiet + BLOCK_SPAN } else { Samples::ZERO };
        let seconds = |s: u32| Samples::from_ms(u64::from(s) * 1000);
        if settings.silence_s > 0 && self.quiet >= seconds(settings.silence_s) {
            return Some(Verdict::Released(Cause::Silence));
        }
        (now.since(self.since) >= seconds(settings.max_call_s))
            .then_some(Verdict::Released(Cause::MaximumTime))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: u64) -> Samples {
        Samples::from_ms(ms)
    }

    #[test]
    fn a_reversal_right_after_the_last_digit_is_no_answer() {
        let settings = Settings::default();
        let mut alerting = Alerting::new(at(1_000));
        assert_eq!(alerting.reversed(at(1_599), &settings), Verdict::IgnoredReversal);
        let answer = Verdict::Answered(at(1_600), AnswerSign::Polarity);
        assert_eq!(alerting.reversed(at(1_600), &settings), answer);
        let by_sound = Settings { answer_by: AnswerBy::Sound, ..settings };
        assert_eq!(alerting.reversed(at(9_000), &by_sound), Verdict::IgnoredReversal);
    }

    #[test]
    fn a_reversal_after_an_answer_by_voice_is_the_answer_and_the_next_the_release() {
        let settings = Settings::default();
        let mut talking = Talking::new(at(0), AnswerSign::Voice);
        let answer = Some(Verdict::Answered(at(4_000), AnswerSign::Polarity));
        assert_eq!(talking.reversed(at(4_000), &settings), answer);
        let released = Some(Verdict::Released(Cause::CustomerReleased));
        assert_eq!(talking.reversed(at(9_000), &settings), released);
        let kept = Settings { polarity_release: false, ..settings };
        assert_eq!(talking.reversed(at(9_000), &kept), Some(Verdict::IgnoredReversal));
    }

    #[test]
    fn a_reversal_as_we_answer_is_not_the_caller_s_release() {
        let settings = Settings::default();
        let mut talking = Talking::new(at(5_000), AnswerSign::OffHook);
        assert_eq!(talking.reversed(at(5_100), &settings), Some(Verdict::IgnoredReversal));
        let released = Some(Verdict::Released(Cause::CustomerReleased));
        assert_eq!(talking.reversed(at(15_000), &settings), released);
    }

    #[test]
    fn dial_tone_and_howler_in_a_call_are_its_end() {
        let talking = Talking::new(at(0), AnswerSign::Polarity);
        let told = |what| talking.progress(what);
        let released = Some(Verdict::Released(Cause::CustomerReleased));
        assert_eq!(told(ProgressEvent::DialTone), released);
        assert_eq!(told(ProgressEvent::Howler), Some(Verdict::Released(Cause::Howler)));
        assert_eq!(told(ProgressEvent::VoiceOn { began: at(0) }), None);
        assert_eq!(told(ProgressEvent::RingbackEnded { since: at(0) }), None);
    }

    #[test]
    fn ringback_that_resumes_after_a_gap_was_no_answer() {
        let settings = Settings::default();
        let silence = [0; BLOCK];
        let mut alerting = Alerting::new(at(0));
        let ringback = |began| ProgressEvent::Ringback { began: at(began) };
        assert!(alerting.progress(at(2_000), ringback(1_000)).is_some());
        let ended = ProgressEvent::RingbackEnded { since: at(2_000) };
        assert_eq!(alerting.progress(at(7_000), ended), None);
        assert_eq!(alerting.block(at(9_000), &silence, &silence, &settings), None);
        assert_eq!(alerting.progress(at(9_500), ringback(8_500)), None);
        assert_eq!(alerting.block(at(12_000), &silence, &silence, &settings), None);
    }

    #[test]
    fn a_short_noise_is_no_answer() {
        let settings = Settings::default();
        let (silence, noise) = ([0; BLOCK], [3_000; BLOCK]);
        let mut alerting = Alerting::new(at(0));
        alerting.progress(at(500), ProgressEvent::Ringback { began: at(100) });
        alerting.progress(at(1_000), ProgressEvent::VoiceOn { began: at(900) });
        for block in 0..19 {
            assert_eq!(alerting.block(at(1_000 + block * 10), &noise, &silence, &settings), None);
        }
        let verdict = alerting.block(at(1_190), &noise, &silence, &settings);
        assert_eq!(verdict, Some(Verdict::Answered(at(900), AnswerSign::Voice)));
    }

    /// What is told of `loud` ms of voice and then `quiet` ms of silence, without ringback before.
    fn told(loud: u64, quiet: u64) -> Option<Verdict> {
        let settings = Settings::default();
        let mut alerting = Alerting::new(at(0));
        let mut told = None;
        for ms in (1_000..1_000 + loud + quiet).step_by(10) {
            if ms == 1_100 {
                alerting.progress(at(ms), ProgressEvent::VoiceOn { began: at(1_000) });
            }
            if ms == 1_000 + loud + 800 {
                alerting.progress(at(ms), ProgressEvent::VoiceOff { ended: at(1_000 + loud) });
            }
            let customer = if ms < 1_000 + loud { [3_000; BLOCK] } else { [0; BLOCK] };
            told = told.or(alerting.block(at(ms + 10), &customer, &[0; BLOCK], &settings));
        }
        told
    }

    #[test]
    fn without_ringback_a_phrase_and_a_pause_are_an_answer() {
        let answer = Some(Verdict::Answered(at(1_000), AnswerSign::Voice));
        for loud in [300, 700, 3_000] {
            assert_eq!(told(loud, 300), answer, "{loud} ms");
        }
        assert_eq!(told(700, 290), None, "the pause is not over");
        assert_eq!(told(280, 2_000), None, "too short");
    }

    #[test]
    fn a_sound_without_a_pause_is_music_and_its_end_the_answer() {
        assert_eq!(told(30_000, 3_190), None);
        let ended = Some(Verdict::Answered(at(31_000), AnswerSign::RingbackEnded));
        assert_eq!(told(30_000, 3_200), ended);
    }
}

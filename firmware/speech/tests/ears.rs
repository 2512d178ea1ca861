//! One call's ears over a scripted engine: words while they are spoken, gaps, repeats, and what a
//! call ends with.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests, though not all of it stands in a #[test].

#[path = "support/loudness.rs"]
mod loudness;

use call::{Language, Samples, Side, SpeechState, Utterance};
use speech::{
    CallSettings, Dropped, Engine, EngineError, Heard, LanguageChoice, NoAnswer, Recognizer,
    Settings, SpeechEvent, Transcriber,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECOND: usize = 8000;
const BLOCK: usize = 160;

/// An engine that says how much it heard, and remembers what it was asked.
#[derive(Clone, Default)]
struct Script {
    asked: Arc<Mutex<Vec<(usize, bool)>>>,
    /// Audio of at least this many samples is too much for it; silence never is.
    fails_from: Option<usize>,
    /// Fails on everything.
    broken: bool,
}

impl Engine for Script {
    fn transcribe(&mut self, audio: &[i16], settings: &Settings) -> Result<Heard, EngineError> {
        let silent = audio.iter().all(|&sample| sample == 0);
        if !silent {
            self.asked.lock().unwrap().push((audio.len(), settings.partial));
        }
        if self.broken || !silent && self.fails_from.is_some_and(|from| audio.len() >= from) {
            return Err(EngineError::Failed(-7));
        }
        Ok(Heard {
            text: format!("{}个样本", audio.len()),
            p: 0.9,
            no_speech: 0.0,
            tokens: 4,
            language: Language::Mandarin,
            compute_ms: 1,
        })
    }
}

/// A call's ears and what they have told.
struct Call {
    recognizer: Recognizer,
    ears: Transcriber,
    told: Vec<SpeechEvent>,
}

impl Call {
    fn with(script: &Script, settings: CallSettings) -> Call {
        let recognizer = Recognizer::with_engine(Box::new(script.clone())).unwrap();
        let vad = loudness::model();
        let ears = Transcriber::new(recognizer.clone(), Some(&vad), settings).unwrap();
        Call { recognizer, ears, told: Vec::new() }
    }

    /// Hears audio block by block, as a line brings it, on an idle machine: what was asked for is
    /// answered before the next block comes.
    fn hear(&mut self, side: Side, at: usize, audio: &[i16]) {
        for (n, block) in audio.chunks(BLOCK).enumerate() {
            self.ears.push(side, Samples((at + n * BLOCK) as u64), block).unwrap();
            while !self.recognizer.is_idle() {
                std::thread::yield_now();
            }
            self.told.extend(std::iter::from_fn(|| self.ears.poll()));
        }
    }

    /// Ends the call; how it ended.
    fn end(&mut self) -> SpeechState {
        self.ears.finish().unwrap();
        loop {
            match self.ears.wait(Duration::from_secs(30)).expect("an end within 30 s") {
                SpeechEvent::Finished(state) => {
                    assert_eq!(self.ears.poll(), None, "the end is the last word");
                    return state;
                }
                event => self.told.push(event),
            }
        }
    }

    fn utterances(&self) -> Vec<&Utterance> {
        let words = self.told.iter().filter_map(|event| match event {
            SpeechEvent::Final { utterance, .. } => Some(utterance),
            _ => None,
        });
        words.collect()
    }
}

fn mandarin() -> CallSettings {
    CallSettings { language: LanguageChoice::Fixed(Language::Mandarin), ..CallSettings::default() }
}

/// Loud noise, which is no tone: what the loudness model takes for a voice.
fn voice(seconds: f64) -> Vec<i16> {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as i16 / 4
    };
    (0..(seconds * SECOND as f64) as usize).map(|_| next()).collect()
}

fn silence(seconds: f64) -> Vec<i16> {
    vec![0; (seconds * SECOND as f64) as usize]
}

#[test]
fn words_come_while_they_are_spoken_and_then_once_and_for_all() {
    let script = Script::default();
    let mut call = Call::with(&script, mandarin());
    let audio = [silence(0.5), voice(6.0), silence(1.0)].concat();
    call.hear(Side::Customer, 0, &audio);
    assert_eq!(call.end(), SpeechState::Done);

    let mut told = call.told.iter();
    let Some(SpeechEvent::Started { id: 0, side: Side::Customer, start }) = told.next() else {
        panic!("{:?}", call.told)
    };
    // Before the first loud frame: the pre-roll, and the frames that the onset was seen in.
    assert!((4000 - 15 * 256..=4000).contains(&start.0), "{start:?}");
    let partial = |event: &SpeechEvent| match event {
        SpeechEvent::Partial { id: 0, side: Side::Customer, start: from, text } => {
            assert_eq!(from, start);
            Some(text.clone())
        }
        _ => None,
    };
    let partials: Vec<String> = told.by_ref().map_while(partial).collect();
    assert!(partials.len() >= 3, "{partials:?}");
    assert_eq!(call.utterances().len(), 1, "{:?}", call.told);
    let said = call.utterances()[0];
    assert_eq!((said.side, said.start), (Side::Customer, *start));
    assert!((said.end.0 as usize).abs_diff(4000 + 6 * SECOND) < SECOND / 3, "{:?}", said.end);

    // Each partial was asked with a third more than the one before, and all before the whole.
    let asked = script.asked.lock().unwrap();
    let (whole, parts) = asked.split_last().unwrap();
    assert!(!whole.1 && parts.iter().all(|(_, partial)| *partial), "{asked:?}");
    assert_eq!(parts.len(), partials.len());
    for pair in parts.windows(2) {
        assert!(pair[1].0 >= pair[0].0 + 9600.max(pair[0].0 / 3), "{asked:?}");
    }
    assert_eq!(whole.0 as u64, said.end.since(said.start).0, "the whole is heard as it was cut");
}

#[test]
fn without_the_wish_for_partial_words_only_whole_utterances_are_asked_for() {
    for settings in [
        CallSettings { partials: false, ..mandarin() },
        CallSettings { backlog: true, ..mandarin() },
    ] {
        let script = Script::default();
        let mut call = Call::with(&script, settings);
        call.hear(Side::Agent, 0, &[voice(4.0), silence(1.0), voice(1.0)].concat());
        assert_eq!(call.end(), SpeechState::Done);
        assert_eq!(call.utterances().len(), 2);
        assert!(script.asked.lock().unwrap().iter().all(|(_, partial)| !partial));
    }
}

#[test]
fn missing_time_is_silence_and_what_is_behind_it_keeps_its_time() {
    // A second is filled with silence; at a longer gap a new stream begins. Both end an utterance.
    for gap in [SECOND, 60 * SECOND] {
        let mut call = Call::with(&Script::default(), mandarin());
        call.hear(Side::Customer, 0, &voice(1.0));
        call.hear(Side::Customer, SECOND + gap, &voice(1.0));
        assert_eq!(call.end(), SpeechState::Done);
        let said = call.utterances();
        assert_eq!(said.len(), 2, "a gap of {gap}: {:?}", call.told);
        assert!(said[0].end <= said[1].start);
        assert!(said[0].end.0 as usize <= SECOND + SECOND / 2, "{:?}", said[0]);
        let begun = (said[1].start.0 as usize).abs_diff(SECOND + gap);
        assert!(begun <= SECOND / 2, "a gap of {gap}: {:?}", said[1]);
    }
}

#[test]
fn time_that_was_heard_before_is_passed_over() {
    let once = {
        let mut call = Call::with(&Script::default(), mandarin());
        call.hear(Side::Agent, 0, &[voice(2.0), silence(1.0)].concat());
        call.end();
        call.utterances()[0].clone()
    };
    let mut call = Call::with(&Script::default(), mandarin());
    let audio = [voice(2.0), silence(1.0)].concat();
    call.hear(Side::Agent, 0, &audio[..SECOND]);
    call.hear(Side::Agent, SECOND / 2, &audio[SECOND / 2..]);
    call.hear(Side::Agent, 0, &voice(1.0));
    call.end();
    assert_eq!(call.utterances(), [&once]);
}

#[test]
fn both_sides_are_heard_apart_though_they_speak_at_once() {
    let mut call = Call::with(&Script::default(), mandarin());
    for at in (0..3 * SECOND).step_by(BLOCK) {
        let agent = if at < 2 * SECOND { voice(0.02) } else { silence(0.02) };
        let customer = if (SECOND..3 * SECOND).contains(&at) { voice(0.02) } else { silence(0.02) };
        call.hear(Side::Agent, at, &agent);
        call.hear(Side::Customer, at, &customer);
    }
    assert_eq!(call.end(), SpeechState::Done);
    let sides: Vec<Side> = call.utterances().iter().map(|said| said.side).collect();
    assert_eq!(sides, [Side::Agent, Side::Customer], "{:?}", call.told);
    let [agent, customer] = call.utterances()[..] else { panic!() };
    assert!(customer.start < agent.end, "they overlap in time");
}

#[test]
fn nothing_said_and_nothing_heard_are_told_apart() {
    let mut call = Call::with(&Script::default(), mandarin());
    call.hear(Side::Customer, 0, &silence(2.0));
    assert_eq!(call.end(), SpeechState::NothingSaid);

    let recognizer = Recognizer::with_engine(Box::new(Script::default())).unwrap();
    let mut deaf = Transcriber::new(recognizer, None, mandarin()).unwrap();
    deaf.push(Side::Customer, Samples(0), &voice(2.0)).unwrap();
    deaf.finish().unwrap();
    assert_eq!(deaf.poll(), Some(SpeechEvent::Finished(SpeechState::Pending)));
}

#[test]
fn an_utterance_that_fails_alone_fails_the_call_and_a_model_that_fails_leaves_it_pending() {
    let settings = CallSettings { partials: false, ..mandarin() };
    let script = Script { fails_from: Some(3 * SECOND), ..Script::default() };
    let mut call = Call::with(&script, settings);
    call.hear(Side::Customer, 0, &[voice(1.0), silence(1.0), voice(4.0)].concat());
    assert_eq!(call.end(), SpeechState::Failed);
    assert_eq!(call.utterances().len(), 1, "what was understood is kept");

    let mut call = Call::with(&Script { broken: true, ..Script::default() }, settings);
    call.hear(Side::Customer, 0, &[voice(1.0), silence(1.0), voice(4.0)].concat());
    assert_eq!(call.end(), SpeechState::Pending);
    let unavailable = |event: &SpeechEvent| {
        matches!(
            event,
            SpeechEvent::Dropped { why: Dropped::NoAnswer(NoAnswer::Unavailable(_)), .. }
        )
    };
    assert_eq!(call.told.iter().filter(|event| unavailable(event)).count(), 2, "{:?}", call.told);
}

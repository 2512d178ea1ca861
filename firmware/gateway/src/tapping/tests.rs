//! What a tapped line lets one hear, made of tones, digits and recorded speech, in virtual time.

use super::*;
use crate::switchboard::tests::Memory;
use alsa_pcm::VoxSettings;
use dsp::dtmf::{DtmfGenerator, DtmfSettings};
use dsp::tone::{Tone, ToneGenerator};
use exchange::VoiceFolder;
use std::path::Path;

/// A tap, what is written of it, and the time.
struct Line {
    tap: Tap<Memory>,
    memory: Memory,
    blocks: i64,
}

/// When block 0 is taken.
const EPOCH: i64 = 1_700_000_000_000;

impl Line {
    fn new(memory: Memory) -> Line {
        let mut count = 0;
        let random = Box::new(move || {
            count += 1;
            count
        });
        let settings = VoxSettings { hang_over_s: 5, ..VoxSettings::default() };
        let device = DeviceId([1; 16]);
        let tap = Tap::new("tap".into(), device, Country::China, settings, random).unwrap();
        Line { tap, memory, blocks: 0 }
    }

    fn hear(&mut self, samples: &[i16]) {
        for piece in samples.chunks(BLOCK) {
            let mut block = [0; BLOCK];
            block[..piece.len()].copy_from_slice(piece);
            self.blocks += 1;
            let now = WallTime { unix_ms: EPOCH + self.blocks * BLOCK_MS, offset_min: 480 };
            self.tap.block(&block, now, &mut self.memory);
        }
    }

    fn quiet(&mut self, ms: usize) {
        self.hear(&vec![0; ms * 8]);
    }

    fn tone(&mut self, tone: Tone, ms: usize) {
        let mut samples = vec![0; ms * 8];
        ToneGenerator::new(tone).fill(&mut samples);
        self.hear(&samples);
    }

    fn dial(&mut self, digits: &str) {
        let mut generator = DtmfGenerator::new(DtmfSettings::default());
        generator.push(digits).unwrap();
        while !generator.is_idle() {
            let mut block = [0; BLOCK];
            generator.fill(&mut block);
            self.hear(&block);
        }
    }

    /// One call's record, where there is but one.
    fn only(&self) -> &call::record::Cdr {
        assert_eq!((self.memory.opened.len(), self.memory.closed.len()), (1, 1));
        &self.memory.closed[0].1
    }
}

fn speech() -> Vec<i16> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/voices");
    let folder = VoiceFolder::read(&folder).unwrap();
    let turns = folder.conversations[0].turns.iter().take(4);
    let spoken = turns.filter_map(|turn| folder.voices.named(&turn.file));
    spoken.flat_map(|samples| samples.iter().copied()).collect()
}

#[test]
fn a_call_that_the_telephone_made_is_recorded_with_its_number_its_answer_and_its_end() {
    let mut line = Line::new(Memory { patience: 30, ..Memory::default() });
    let tones = Country::China.tones();
    line.quiet(3_000);
    line.tone(tones.dial, 1_500);
    line.dial("13800138000");
    line.quiet(1_500);
    line.tone(tones.ringback, 1_000);
    line.quiet(900);
    let words = speech();
    line.hear(&words);
    line.tone(tones.busy, 4_000);
    line.quiet(8_000);
    let cdr = line.only();
    assert_eq!(cdr.direction, Direction::Outbound);
    assert_eq!(cdr.customer.as_ref().map(|number| number.digits()), Some("13800138000"));
    assert_eq!((cdr.cause, cdr.answer_sign), (Cause::CustomerReleased, Some(AnswerSign::Voice)));
    assert!(cdr.dialled_at < cdr.rang_at && cdr.rang_at < cdr.answered_at, "{cdr:?}");
    // Opened a pre-roll before the dial tone, less what the switch needed to be sure.
    let opened = cdr.opened_at.unix_ms - EPOCH;
    assert!((2_000..=2_200).contains(&opened), "{opened} ms");
    // Over where its last sound was, not after the hang-over.
    let talked = words.len() as u64 / 8 + 1_500 + 1_500 + 1_000 + 900 + 4_000 + 1_000;
    let dialled = 11 * 200;
    assert!(cdr.released_at.ms().abs_diff(talked + dialled) < 1_500, "{} ms", cdr.released_at.ms());
    let counters = line.tap.counters();
    assert_eq!((counters.placed, counters.received, counters.answered), (1, 0, 1));
}

#[test]
fn every_sample_from_the_pre_roll_on_is_recorded_once_and_in_order() {
    let mut line = Line::new(Memory { patience: 200, ..Memory::default() });
    line.quiet(2_000);
    line.hear(&speech());
    line.quiet(6_000);
    let (call, _) = line.memory.closed[0];
    // The recorder refuses holes and repetitions; what is left to see is the end.
    let end = line.memory.audio[&call];
    let expected = line.memory.closed[0].1.released_at.0 + 5 * 8_000;
    assert!(end.0.abs_diff(expected) <= BLOCK as u64, "{end:?} {expected}");
}

#[test]
fn a_call_that_the_telephone_took_begins_with_a_voice() {
    let mut line = Line::new(Memory::default());
    line.quiet(1_000);
    line.hear(&speech());
    assert!(matches!(line.tap.state(), TapState::InUse(Some(_))));
    line.quiet(6_000);
    assert_eq!(line.tap.state(), TapState::Quiet);
    let cdr = line.only();
    assert_eq!((cdr.direction, cdr.cause), (Direction::Inbound, Cause::Silence));
    assert!(cdr.answered_at.is_some() && cdr.customer.is_none());
}

#[test]
fn a_number_that_was_engaged_was_not_answered() {
    let mut line = Line::new(Memory::default());
    let tones = Country::China.tones();
    line.tone(tones.dial, 1_500);
    line.dial("10086");
    line.quiet(500);
    line.tone(tones.busy, 5_000);
    line.quiet(6_000);
    let cdr = line.only();
    assert_eq!((cdr.cause, cdr.answered_at), (Cause::Busy, None));
}

#[test]
fn what_cannot_be_recorded_is_passed_over_and_the_next_call_is_tried() {
    let mut line = Line::new(Memory { full: true, ..Memory::default() });
    line.hear(&speech());
    line.quiet(6_000);
    assert!(line.memory.written.is_empty() && line.memory.audio.is_empty());
    assert_eq!((line.memory.opened.len(), line.tap.state()), (1, TapState::Quiet));
    line.memory.full = false;
    line.hear(&speech());
    line.quiet(6_000);
    assert_eq!((line.memory.opened.len(), line.memory.closed.len()), (2, 1));
}

#[test]
fn a_call_that_stands_when_the_appliance_stops_is_closed() {
    let mut line = Line::new(Memory::default());
    line.hear(&speech());
    line.tap.release(Cause::Interrupted, &mut line.memory);
    assert_eq!(line.only().cause, Cause::Interrupted);
    assert_eq!(line.tap.state(), TapState::Quiet);
}

//! From a probability of speech every 32 ms to utterances.
//!
//! A [`Segmenter`] is fed frames of [`FRAME`] samples, each with the probability that it is speech,
//! and cuts one party's audio into utterances:
//! * An utterance begins when [`Limits::onset`] of the last [`ONSET_WINDOW`] frames are speech, and
//!   takes [`Limits::pre_roll`] frames from before, since the first consonant is often weak.
//! * It ends after [`Limits::hang`] frames without speech; [`TAIL`] of them stay with it.
//! * Speech above [`Limits::on`] begins or goes on, below [`Limits::off`] is none, between the two
//!   nothing changes.
//! * One longer than [`Limits::longest`] is cut at its weakest point in the last third, and the rest
//!   is the beginning of the next: its [`Cut::Started`] follows at once.
//! * One with fewer than [`Limits::least`] frames of speech is dropped, told as [`Cut::Noise`]; one
//!   that is steady tones (dial tone, ringback, busy, DTMF) as [`Cut::Tones`].
//!
//! Invariants: utterances never overlap, come in order, and every sample of one is a sample that was
//! fed; no clock but the count of samples; memory is bounded by `longest`.

use crate::tone;
use call::Samples;
use std::collections::VecDeque;

/// Samples in a frame: 32 ms.
pub const FRAME: usize = 256;
/// Frames of silence that stay at an utterance's end.
pub const TAIL: usize = 6;
/// How many frames are looked at for an onset.
pub const ONSET_WINDOW: usize = 5;

/// Where to cut. Counts are frames of 32 ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// From this probability on a frame is speech.
    pub on: f32,
    /// Below this it is none.
    pub off: f32,
    /// Frames of speech that begin an utterance.
    pub onset: usize,
    /// Frames without speech that end it.
    pub hang: usize,
    /// Frames taken from before the onset.
    pub pre_roll: usize,
    /// Fewer frames of speech than this are noise.
    pub least: usize,
    /// Frames after which an utterance is cut.
    pub longest: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { on: 0.5, off: 0.35, onset: 3, hang: 19, pre_roll: 10, least: 4, longest: 470 }
    }
}

/// One stretch of one party's speech, with its audio.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// From when.
    pub start: Samples,
    /// Until when.
    pub end: Samples,
    /// Linear 16-bit samples at 8 kHz.
    pub audio: Vec<i16>,
    /// Mean probability of speech over the frames between the first and the last that had any.
    pub speech: f32,
}

/// What became clear with a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Cut {
    /// Someone began to speak.
    Started(Samples),
    /// They have spoken.
    Spoken(Segment),
    /// What had begun was too short to be speech.
    Noise(Samples),
    /// What had begun was tones of the network or of a keypad.
    Tones(Samples),
}

/// One party's utterances.
#[derive(Debug)]
pub struct Segmenter {
    limits: Limits,
    clock: u64,
    /// The utterance in hand, or while there is none the last frames heard.
    frames: VecDeque<Frame>,
    speaking: bool,
    silent: usize,
}

#[derive(Clone, Debug)]
struct Frame {
    audio: [i16; FRAME],
    p: f32,
}

impl Segmenter {
    /// Begins at sample `start` of the call.
    pub fn new(limits: Limits, start: Samples) -> Self {
        Segmenter { limits, clock: start.0, frames: VecDeque::new(), speaking: false, silent: 0 }
    }

    /// Takes the next frame and its probability of speech.
    pub fn push(&mut self, audio: &[i16; FRAME], p: f32) -> Vec<Cut> {
        self.clock += FRAME as u64;
        self.frames.push_back(Frame { audio: *audio, p });
        if self.speaking { self.go_on(p) } else { self.wait().into_iter().collect() }
    }

    /// Nothing more comes: the utterance in hand ends here.
    pub fn finish(&mut self) -> Option<Cut> {
        let cut = self.speaking.then(|| self.end());
        self.speaking = false;
        self.frames.clear();
        cut
    }

    /// The utterance in hand: its start and its audio so far.
    pub fn current(&self) -> Option<(Samples, Vec<i16>)> {
        self.speaking.then(|| (self.start(), self.audio(self.frames.len())))
    }

    /// How many samples the utterance in hand has, 0 if nobody speaks.
    pub fn current_len(&self) -> usize {
        if self.speaking { self.frames.len() * FRAME } else { 0 }
    }

    fn wait(&mut self) -> Option<Cut> {
        let recent = self.frames.iter().rev().take(ONSET_WINDOW);
        let voiced = recent.filter(|frame| frame.p >= self.limits.on).count();
        if voiced >= self.limits.onset {
            self.speaking = true;
            self.silent = 0;
            return Some(Cut::Started(self.start()));
        }
        while self.frames.len() > self.limits.pre_roll + ONSET_WINDOW {
            self.frames.pop_front();
        }
        None
    }

    fn go_on(&mut self, p: f32) -> Vec<Cut> {
        if p >= self.limits.on || (p >= self.limits.off && self.silent == 0) {
            self.silent = 0;
        } else if p < self.limits.off || self.silent > 0 {
            self.silent += 1;
        }
        if self.silent >= self.limits.hang {
            let cut = self.end();
            self.speaking = false;
            // The silence may be the next one's pre-roll, but never twice the same sample.
            let keep = self.silent.saturating_sub(TAIL).min(self.limits.pre_roll);
            self.frames.drain(..self.frames.len() - keep);
            return vec![cut];
        }
        if self.frames.len() >= self.limits.longest {
            let cut = self.split();
            return vec![cut, Cut::Started(self.start())];
        }
        Vec::new()
    }

    /// Ends the utterance in hand before most of its closing silence.
    fn end(&self) -> Cut {
        let spare = self.silent.saturating_sub(TAIL).min(self.frames.len());
        self.judge(self.frames.len() - spare)
    }

    /// Cuts what is too long where it is least like speech; the rest stays in hand.
    fn split(&mut self) -> Cut {
        let from = self.frames.len() * 2 / 3;
        let weakest = (from..self.frames.len().saturating_sub(TAIL))
            .min_by(|&a, &b| self.strength(a).total_cmp(&self.strength(b)))
            .unwrap_or(self.frames.len());
        let cut = self.judge(weakest);
        self.frames.drain(..weakest);
        cut
    }

    /// How much like speech it is around a frame: probability first, then loudness.
    fn strength(&self, at: usize) -> f32 {
        let around = self.frames.range(at.saturating_sub(1)..(at + 2).min(self.frames.len()));
        around.map(|frame| frame.p + tone::rms(&frame.audio) / 32_768.0).sum()
    }

    fn judge(&self, frames: usize) -> Cut {
        let start = self.start();
        let voiced = |frame: &&Frame| frame.p >= self.limits.on;
        if self.frames.iter().take(frames).filter(voiced).count() < self.limits.least {
            return Cut::Noise(start);
        }
        if tone::is_tones(self.frames.iter().take(frames).map(|frame| &frame.audio)) {
            return Cut::Tones(start);
        }
        let first = self.frames.iter().take(frames).position(|f| voiced(&f)).unwrap_or(0);
        let last = self.frames.iter().take(frames).rposition(|f| voiced(&f)).unwrap_or(0);
        let spoken = self.frames.range(first..=last);
        let speech = spoken.map(|frame| frame.p).sum::<f32>() / (last - first + 1) as f32;
        Cut::Spoken(Segment {
            start,
            end: start + Samples((frames * FRAME) as u64),
            audio: self.audio(frames),
            speech,
        })
    }

    fn start(&self) -> Samples {
        Samples(self.clock - (self.frames.len() * FRAME) as u64)
    }

    fn audio(&self, frames: usize) -> Vec<i16> {
        self.frames.iter().take(frames).flat_map(|frame| frame.audio).collect()
    }
}

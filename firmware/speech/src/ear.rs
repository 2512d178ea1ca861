//! One side's ear: its audio, with gaps and repeats, cut into utterances.
//!
//! * Missing time is heard as silence, time heard before is passed over.
//! * A gap longer than [`LONGEST_GAP`] ends what was being said; behind it a new stream begins.

use crate::segment::{Cut, FRAME, Limits, Segmenter};
use crate::vad::{Vad, VadError, VadModel};
use call::Samples;

/// A jump in time longer than this is filled with no more than this much silence: 2 s.
pub(crate) const LONGEST_GAP: u64 = 16_000;

/// One side's ear.
#[derive(Debug)]
pub(crate) struct Ear {
    vad: Vad,
    segmenter: Segmenter,
    limits: Limits,
    /// How far it has heard.
    at: Samples,
}

impl Ear {
    pub(crate) fn new(model: &VadModel, limits: Limits) -> Result<Ear, VadError> {
        Ok(Ear {
            vad: Vad::new(model.clone())?,
            segmenter: Segmenter::new(limits, Samples::ZERO),
            limits,
            at: Samples::ZERO,
        })
    }

    /// Hears what was said from `at` on; what became clear with it.
    pub(crate) fn push(&mut self, at: Samples, samples: &[i16]) -> Result<Vec<Cut>, VadError> {
        let gap = at.since(self.at).0;
        let heard_before = usize::try_from(self.at.since(at).0).unwrap_or(usize::MAX);
        let new = samples.get(heard_before..).unwrap_or_default();
        let mut cuts = Vec::new();
        if gap > LONGEST_GAP {
            self.jump(at, &mut cuts)?;
        } else if gap > 0 {
            self.hear(&vec![0; gap as usize], &mut cuts)?;
        }
        self.hear(new, &mut cuts)?;
        Ok(cuts)
    }

    /// Nothing more comes: what is being said ends here.
    pub(crate) fn finish(&mut self) -> Result<Vec<Cut>, VadError> {
        let mut cuts = Vec::new();
        let waiting = self.vad.waiting();
        if waiting > 0 {
            self.hear(&vec![0; FRAME - waiting], &mut cuts)?;
        }
        cuts.extend(self.segmenter.finish());
        Ok(cuts)
    }

    /// How many samples the utterance in hand has, 0 if nobody speaks.
    pub(crate) fn current_len(&self) -> usize {
        self.segmenter.current_len()
    }

    /// The audio of the utterance in hand.
    pub(crate) fn current(&self) -> Option<Vec<i16>> {
        self.segmenter.current().map(|(_, audio)| audio)
    }

    fn jump(&mut self, at: Samples, cuts: &mut Vec<Cut>) -> Result<(), VadError> {
        self.hear(&[0; LONGEST_GAP as usize], cuts)?;
        cuts.extend(self.segmenter.finish());
        self.segmenter = Segmenter::new(self.limits, at);
        self.vad = Vad::new(self.vad.model().clone())?;
        self.at = at;
        Ok(())
    }

    fn hear(&mut self, samples: &[i16], cuts: &mut Vec<Cut>) -> Result<(), VadError> {
        self.at += Samples(samples.len() as u64);
        let segmenter = &mut self.segmenter;
        self.vad.push(samples, |frame, p| cuts.extend(segmenter.push(frame, p)))
    }
}

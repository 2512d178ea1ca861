//! Voice activity by Silero VAD 6, run by tract.
//!
//! A [`VadModel`] is the loaded network, shared by every call; a [`Vad`] is one party's stream
//! through it: 32 samples of context and 256 new ones at 8 kHz go in, with the network's state
//! (2 × 1 × 128), and a probability comes out. Blocks of any length may be pushed; what does not
//! fill a frame waits for the next.

use crate::segment::FRAME;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::format_err;

/// Samples of the frame before that the network sees again.
const CONTEXT: usize = 32;

type Plan = TypedRunnableModel;

/// The loaded network.
#[derive(Clone)]
pub struct VadModel {
    plan: Arc<Plan>,
    sha256: [u8; 32],
}

/// Why there is no voice activity detector.
#[derive(Debug, thiserror::Error)]
pub enum VadError {
    /// No file, or not readable.
    #[error(
        "the voice activity model {path} cannot be read ({why}); make it with `tipring-models`"
    )]
    Unreadable {
        /// The file.
        path: String,
        /// The system's words.
        why: std::io::Error,
    },
    /// Not the file it should be.
    #[error("the voice activity model {path} is damaged; make it again with `tipring-models`")]
    Corrupt {
        /// The file.
        path: String,
    },
    /// tract does not take it.
    #[error("{path} is no voice activity model ({why}); make it again with `tipring-models`")]
    NoModel {
        /// The file.
        path: String,
        /// What tract says.
        why: String,
    },
    /// The network failed on a frame.
    #[error("the voice activity model failed: {0}")]
    Failed(String),
}

impl VadModel {
    /// Loads the network from its ONNX file; with `sha256` given, demands that the file is that.
    pub fn load(path: &Path, sha256: Option<[u8; 32]>) -> Result<VadModel, VadError> {
        let name = || path.display().to_string();
        let bytes =
            std::fs::read(path).map_err(|why| VadError::Unreadable { path: name(), why })?;
        let found: [u8; 32] = Sha256::digest(&bytes).into();
        if sha256.is_some_and(|expected| expected != found) {
            return Err(VadError::Corrupt { path: name() });
        }
        let plan = plan(&bytes)
            .map_err(|why| VadError::NoModel { path: name(), why: format!("{why:#}") })?;
        Ok(VadModel { plan, sha256: found })
    }

    /// SHA-256 of the network's file.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }
}

impl std::fmt::Debug for VadModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VadModel")
    }
}

fn plan(bytes: &[u8]) -> TractResult<Arc<Plan>> {
    let mut model = tract_onnx::onnx()
        .with_ignore_value_info(true)
        .with_ignore_output_shapes(true)
        .model_for_read(&mut &bytes[..])?;
    let node = |model: &InferenceModel, name: &str| model.node_by_name(name).map(|node| node.id);
    let (input, state, rate) =
        (node(&model, "input")?, node(&model, "state")?, node(&model, "sr")?);
    model.set_input_outlets(&[
        OutletId::new(input, 0),
        OutletId::new(state, 0),
        OutletId::new(rate, 0),
    ])?;
    model.set_input_fact(0, f32::fact([1, CONTEXT + FRAME]).into())?;
    model.set_input_fact(1, f32::fact([2, 1, 128]).into())?;
    let hertz = tensor0(i64::from(call::SAMPLE_RATE)).into_arc_tensor();
    model.nodes[rate].op = Box::new(tract_onnx::tract_hir::ops::konst::Const::new(hertz.clone())?);
    model.nodes[rate].outputs[0].fact = InferenceFact::from(tensor0(i64::from(call::SAMPLE_RATE)));
    model.set_input_outlets(&[OutletId::new(input, 0), OutletId::new(state, 0)])?;
    model.into_optimized()?.into_runnable()
}

/// One party's stream.
pub struct Vad {
    model: VadModel,
    /// tract's own state, made once: making it costs about as much as a frame.
    run: TypedSimpleState,
    state: Tensor,
    /// Context, then samples that wait for a whole frame.
    waiting: Vec<i16>,
}

impl Vad {
    /// A stream that begins with silence.
    pub fn new(model: VadModel) -> Result<Vad, VadError> {
        let state = Tensor::zero::<f32>(&[2, 1, 128]).map_err(failed)?;
        let run = model.plan.spawn().map_err(failed)?;
        Ok(Vad { model, run, state, waiting: vec![0; CONTEXT] })
    }

    /// Takes some samples; each frame that they complete goes to `heard` with its probability of
    /// speech, 0 to 1.
    pub fn push(
        &mut self,
        samples: &[i16],
        mut heard: impl FnMut(&[i16; FRAME], f32),
    ) -> Result<(), VadError> {
        self.waiting.extend_from_slice(samples);
        let mut done = 0;
        while let Some((frame, _)) =
            self.waiting.get(done + CONTEXT..).and_then(<[i16]>::split_first_chunk::<FRAME>)
        {
            let seen = &self.waiting[done..done + CONTEXT + FRAME];
            let p = judge(&mut self.run, &mut self.state, seen).map_err(failed)?;
            heard(frame, p);
            done += FRAME;
        }
        self.waiting.drain(..done);
        Ok(())
    }

    /// The network it runs on.
    pub fn model(&self) -> &VadModel {
        &self.model
    }

    /// Samples that wait for the rest of their frame.
    pub fn waiting(&self) -> usize {
        self.waiting.len() - CONTEXT
    }
}

impl std::fmt::Debug for Vad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vad").field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}

fn judge(run: &mut TypedSimpleState, state: &mut Tensor, seen: &[i16]) -> TractResult<f32> {
    let scaled: Vec<f32> = seen.iter().map(|&sample| f32::from(sample) / 32_768.0).collect();
    let input = Tensor::from_shape(&[1, scaled.len()], &scaled)?;
    let mut out = run.run(tvec![input.into(), std::mem::take(state).into()])?;
    let next = out.pop().ok_or_else(|| format_err!("no state came out"))?;
    let p = out.pop().ok_or_else(|| format_err!("no probability came out"))?;
    *state = next.into_tensor();
    Ok(p.try_as_plain_ram()?.as_slice::<f32>()?.first().copied().unwrap_or(0.0).clamp(0.0, 1.0))
}

fn failed(error: TractError) -> VadError {
    VadError::Failed(format!("{error:#}"))
}

//! The trained ONNX file, run by tract: a batch of turns in, a row of probabilities for each out.

use crate::LoadError;
use call::{Act, Need};
use tract_onnx::prelude::*;

/// What the model says of a customer's turn, each calibrated, 0 to 1. The order of its outputs is
/// models/insight/labels.txt: acts, needs, then the five below.
#[derive(Clone, Debug)]
pub(crate) struct TurnScores {
    pub(crate) acts: [f32; 15],
    pub(crate) needs: [f32; 10],
    /// Glad.
    pub(crate) glad: f32,
    /// Displeased.
    pub(crate) displeased: f32,
    /// A machine speaks.
    pub(crate) machine: f32,
    /// Asks to be rung back.
    pub(crate) ring_back: f32,
    /// Wants material or a contact.
    pub(crate) material: f32,
}

const OUTPUTS: usize = 30;

pub(crate) struct Model {
    plan: Arc<TypedRunnableModel>,
    width: usize,
}

impl Model {
    pub(crate) fn read(bytes: &[u8], width: usize) -> Result<Model, LoadError> {
        let failed = |error: TractError| LoadError::Model(format!("{error}"));
        let mut source = bytes;
        let mut model = tract_onnx::onnx()
            .with_ignore_value_info(true)
            .with_ignore_output_shapes(true)
            .model_for_read(&mut source)
            .map_err(failed)?;
        let rows = model.symbols.sym("n");
        let fact = f32::fact([rows.to_dim(), width.to_dim()]);
        model.set_input_fact(0, fact.into()).map_err(failed)?;
        let plan =
            model.into_optimized().and_then(|model| model.into_runnable()).map_err(failed)?;
        let model = Model { plan, width };
        model.run(&[Vec::new()]).map(|_| model)
    }

    /// One row of scores for each row of features.
    pub(crate) fn run(&self, rows: &[Vec<(usize, f32)>]) -> Result<Vec<TurnScores>, LoadError> {
        let failed = |error: TractError| LoadError::Model(format!("{error}"));
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut dense = vec![0f32; rows.len() * self.width];
        for (row, cells) in dense.chunks_exact_mut(self.width).zip(rows) {
            for (column, value) in cells {
                if let Some(cell) = row.get_mut(*column) {
                    *cell = *value;
                }
            }
        }
        let input = Tensor::from_shape(&[rows.len(), self.width], &dense).map_err(failed)?;
        let outputs = self.plan.run(tvec!(input.into())).map_err(failed)?;
        let view =
            outputs.first().ok_or_else(|| LoadError::Model("it has no output".to_owned()))?;
        let shape = view.shape().to_vec();
        let scores = view.to_plain_array_view::<f32>().map_err(failed)?;
        if shape != [rows.len(), OUTPUTS] {
            return Err(LoadError::Model(format!("its output has the shape {shape:?}")));
        }
        let flat: Vec<f32> = scores.iter().copied().collect();
        Ok(flat.chunks_exact(OUTPUTS).map(TurnScores::from_row).collect())
    }
}

impl TurnScores {
    /// `row` has [`OUTPUTS`] cells.
    fn from_row(row: &[f32]) -> Self {
        let cell = |at: usize| row.get(at).copied().unwrap_or(0.0).clamp(0.0, 1.0);
        TurnScores {
            acts: core::array::from_fn(cell),
            needs: core::array::from_fn(|at| cell(15 + at)),
            glad: cell(25),
            displeased: cell(26),
            machine: cell(27),
            ring_back: cell(28),
            material: cell(29),
        }
    }

    pub(crate) fn act(&self, act: Act) -> f32 {
        Act::ALL.iter().position(|a| *a == act).map_or(0.0, |at| self.acts[at])
    }

    pub(crate) fn need(&self, need: Need) -> f32 {
        Need::ALL.iter().position(|n| *n == need).map_or(0.0, |at| self.needs[at])
    }
}

//! Linear prediction of what is sent, to whiten it (Levinson-Durbin on a windowed stretch).

/// How many samples back the prediction reaches.
pub(super) const ORDER: usize = 10;

/// Samples that one prediction is made from: 30 ms.
pub(super) const STRETCH: usize = 240;

/// The whitening filter of one stretch.
#[derive(Clone, Debug)]
pub(super) struct Predictor {
    window: [f32; STRETCH],
    /// `[1, a1, … aORDER]`: white = Σ a·x.
    pub(super) coefficients: [f32; ORDER + 1],
    /// Power in over power out.
    pub(super) gain: f32,
}

impl Predictor {
    pub(super) fn new() -> Self {
        let mut window = [0.0; STRETCH];
        for (at, weight) in window.iter_mut().enumerate() {
            let phase = (at as f32 + 0.5) / STRETCH as f32;
            *weight = (core::f32::consts::PI * phase).sin().powi(2);
        }
        let mut predictor = Predictor { window, coefficients: [0.0; ORDER + 1], gain: 1.0 };
        predictor.pass();
        predictor
    }

    /// Whitens nothing: for stretches too weak to say anything.
    pub(super) fn pass(&mut self) {
        self.coefficients = [0.0; ORDER + 1];
        self.coefficients[0] = 1.0;
        self.gain = 1.0;
    }

    /// Learns from a stretch.
    pub(super) fn learn(&mut self, stretch: &[f32; STRETCH]) {
        let mut windowed = [0.0; STRETCH];
        for ((out, sample), weight) in windowed.iter_mut().zip(stretch).zip(&self.window) {
            *out = sample * weight;
        }
        let mut correlation = [0.0f32; ORDER + 1];
        for (lag, sum) in correlation.iter_mut().enumerate() {
            *sum = windowed.iter().zip(&windowed[lag..]).map(|(a, b)| a * b).sum();
        }
        if correlation[0] <= f32::EPSILON {
            return self.pass();
        }
        // A floor of white noise 30 dB down keeps the whitening gentle where there is no signal.
        correlation[0] *= 1.001;
        let mut a = [0.0f32; ORDER + 1];
        a[0] = 1.0;
        let mut error = correlation[0];
        for order in 1..=ORDER {
            let sum: f32 = (0..order).map(|at| a[at] * correlation[order - at]).sum();
            let reflection = -sum / error;
            let before = a;
            for at in 1..=order {
                a[at] = before[at] + reflection * before[order - at];
            }
            error *= 1.0 - reflection * reflection;
            if error <= 0.0 || !error.is_finite() {
                return self.pass();
            }
        }
        self.coefficients = a;
        self.gain = correlation[0] / error;
    }

    /// Whitens: `out[i]` from `samples[i..=i + ORDER]`, the last of which is the newest.
    pub(super) fn whiten(&self, samples: &[f32], out: &mut [f32]) {
        let mut reversed = self.coefficients;
        reversed.reverse();
        for (out, window) in out.iter_mut().zip(samples.windows(ORDER + 1)) {
            *out = window.iter().zip(&reversed).map(|(sample, a)| sample * a).sum();
        }
    }
}

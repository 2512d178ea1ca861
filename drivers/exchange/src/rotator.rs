//! A sine by rotating a vector: two multiplications a sample, no table.

use core::f64::consts::TAU;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Rotator {
    re: f64,
    im: f64,
    step_re: f64,
    step_im: f64,
    amplitude: f64,
}

impl Rotator {
    /// A sine of a frequency and a peak, starting at its rising zero.
    pub(crate) fn new(hz: f32, peak: f32) -> Self {
        let angle = TAU * f64::from(hz) / f64::from(call::SAMPLE_RATE);
        Rotator {
            re: 1.0,
            im: 0.0,
            step_re: angle.cos(),
            step_im: angle.sin(),
            amplitude: f64::from(peak),
        }
    }

    /// The next sample.
    pub(crate) fn next(&mut self) -> f32 {
        self.next_pair().0
    }

    /// The next sample of the sine and of its cosine.
    pub(crate) fn next_pair(&mut self) -> (f32, f32) {
        let here = ((self.im * self.amplitude) as f32, (self.re * self.amplitude) as f32);
        let re = self.re * self.step_re - self.im * self.step_im;
        self.im = self.im * self.step_re + self.re * self.step_im;
        self.re = re;
        here
    }

    /// Takes back the rounding that makes the vector grow or shrink; once a block is plenty.
    pub(crate) fn settle(&mut self) {
        let length = self.re.hypot(self.im);
        self.re /= length;
        self.im /= length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_frequency_and_level_for_an_hour() {
        let mut hum = Rotator::new(50.0, 1000.0);
        for _ in 0..360_000 {
            (0..80).for_each(|_| _ = hum.next());
            hum.settle();
        }
        let cycle: Vec<f32> = (0..160).map(|_| hum.next()).collect();
        assert!(cycle[0].abs() < 0.1 && (cycle[40] - 1000.0).abs() < 0.01, "{:?}", &cycle[..2]);
    }
}

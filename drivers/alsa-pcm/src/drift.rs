//! How far two clocks run apart, from how full the buffer between them is.
//!
//! A loop of second order: the distance from the wanted fill, smoothed, acts on the reader's speed at
//! once (proportional) and stays (integral), so that a steady difference of the clocks leaves no
//! distance behind. Critically damped; a step of 200 ppm moves the buffer by 2 ms at most before it
//! is taken up.

/// The loop's natural frequency, radians a second: slow enough that scheduling noise of some
/// milliseconds moves the pitch by less than anyone hears.
const NATURAL: f64 = 0.05;
/// Seconds over which the fill is smoothed.
const SMOOTHING: f64 = 1.0;
/// No pair of working clocks is further apart, ppm.
pub const LIMIT_PPM: f64 = 1000.0;

/// The estimator. Time comes as an argument.
#[derive(Clone, Debug, Default)]
pub struct Drift {
    /// Distance from the wanted fill, seconds, smoothed.
    distance: f64,
    /// What stays, as a fraction.
    steady: f64,
}

impl Drift {
    /// Takes a look at the fill, `elapsed` seconds after the last: how many seconds it is `above`
    /// what is wanted. Answers by how many ppm the reader is to read faster.
    pub fn correct(&mut self, above: f64, elapsed: f64) -> f64 {
        let weight = (elapsed / SMOOTHING).clamp(0.0, 1.0);
        self.distance += weight * (above.clamp(-1.0, 1.0) - self.distance);
        let limit = LIMIT_PPM * 1e-6;
        self.steady += NATURAL * NATURAL * self.distance * elapsed;
        self.steady = self.steady.clamp(-limit, limit);
        let speed = 2.0 * NATURAL * self.distance + self.steady;
        speed.clamp(-limit, limit) * 1e6
    }

    /// The steady difference of the clocks, ppm: positive when the writer's is the faster one.
    pub fn ppm(&self) -> f64 {
        self.steady * 1e6
    }

    /// The buffer was filled anew: the distance is void, the clocks' difference stays.
    pub fn rest(&mut self) {
        self.distance = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fills and drains a buffer in steps of 10 ms; the largest distance from the wanted fill, ms.
    fn run(drift: &mut Drift, ppm: f64, seconds: u32) -> f64 {
        let (mut above, mut furthest) = (0.0f64, 0.0f64);
        for _ in 0..seconds * 100 {
            let correction = drift.correct(above, 0.01);
            above += 0.01 * (ppm - correction) * 1e-6;
            furthest = furthest.max(above.abs());
        }
        furthest * 1000.0
    }

    #[test]
    fn a_steady_difference_is_learned_and_moves_the_fill_by_less_than_two_milliseconds() {
        for ppm in [200.0, -200.0, 50.0] {
            let mut drift = Drift::default();
            let furthest = run(&mut drift, ppm, 600);
            assert!(furthest < 2.0, "{ppm}: {furthest} ms");
            assert!((drift.ppm() - ppm).abs() < 1.0, "{ppm}: {}", drift.ppm());
            let later = run(&mut drift, ppm, 60);
            assert!(later < 0.01, "{ppm}: {later} ms");
        }
    }

    #[test]
    fn no_distance_asks_for_more_than_the_limit() {
        let mut drift = Drift::default();
        for _ in 0..100_000 {
            assert!(drift.correct(1e6, 0.01) <= LIMIT_PPM);
        }
        assert!(drift.ppm() <= LIMIT_PPM);
        assert!(drift.correct(f64::NEG_INFINITY, 0.01) >= -LIMIT_PPM);
    }
}

//! Sums and corrections over taps, laid out for vector registers.

/// The energy of a block.
pub(super) fn energy(block: &[f32]) -> f32 {
    block.iter().map(|sample| sample * sample).sum()
}

/// The largest absolute sample.
pub(super) fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |most, sample| sample.abs().max(most))
}

/// Sums are kept apart in this many lanes, so that the compiler can use vector registers: float
/// addition is not associative, and it may not do that by itself.
pub(super) const LANES: usize = 8;

/// `Σ a·b`.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// `Σ taps·samples` and `Σ share·samples²` in one pass.
pub(super) fn dot_and_shared_energy(taps: &[f32], samples: &[f32], share: &[f32]) -> (f32, f32) {
    let mut dots = [0.0f32; LANES];
    let mut energies = [0.0f32; LANES];
    let (taps, _) = taps.as_chunks::<LANES>();
    let (samples, _) = samples.as_chunks::<LANES>();
    let (share, _) = share.as_chunks::<LANES>();
    for ((taps, samples), share) in taps.iter().zip(samples).zip(share) {
        for lane in 0..LANES {
            dots[lane] += taps[lane] * samples[lane];
            energies[lane] += share[lane] * samples[lane] * samples[lane];
        }
    }
    (dots.iter().sum(), energies.iter().sum())
}

/// Moves every tap by its share.
pub(super) fn correct(taps: &mut [f32], samples: &[f32], share: &[f32], correction: f32) {
    for ((tap, sample), share) in taps.iter_mut().zip(samples).zip(share) {
        *tap += correction * share * sample;
    }
}

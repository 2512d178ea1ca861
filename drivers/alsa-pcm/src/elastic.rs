//! Sound between two clocks: written at one, read at the other, neither gaping nor growing.
//!
//! One side writes at its clock ([`Inlet`]), the other reads blocks at its own ([`Outlet`]); the ring
//! between them is free of locks, so neither waits for the other. The reader resamples (windowed
//! sinc, ratio steered by [`Drift`]) so that the ring keeps its wanted fill. To see the fill between
//! two arrivals, the writer leaves the instant of each; instants come in as arguments, from any clock
//! that both sides share.
//!
//! What cannot be kept is counted ([`Flow`]): frames that found the ring full, frames skipped because
//! the reader had been away, blocks of silence because the writer had.

use crate::drift::Drift;
use rtrb::{Consumer, Producer, RingBuffer};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Adjustable, Async, FixedAsync, Resampler, SincInterpolationParameters, SincInterpolationType,
    WindowFunction,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Rates that either side may have, Hz.
pub const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;
/// Half a filter, in milliseconds of the slower side: what resampling adds to the delay.
pub const FILTER_MS: f64 = 4.0;
/// Taps of the filter at the telephone rate.
const TAPS: usize = 64;
/// What the ring holds beyond its wanted fill before the oldest is skipped, ms.
const SLACK_MS: u32 = 60;
/// The ring's size beyond that, ms: a reader that was away so long loses nothing that it wants.
const SPARE_MS: u32 = 200;
/// The ratio may move by so much: the drift's limit, and rounding.
const RATIO_RANGE: f64 = 1.01;

/// What passes between two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between {
    /// The writer's rate, Hz; one of [`RATES`].
    pub writer_hz: u32,
    /// The reader's rate, Hz; one of [`RATES`].
    pub reader_hz: u32,
    /// Frames that the reader takes at once.
    pub block: usize,
    /// The fill that is kept on average before a block is read, ms of the writer's clock. At least
    /// what the writer writes at once and the reader reads at once, and what both may be late.
    pub fill_ms: u32,
}

/// Why two clocks cannot be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BetweenError {
    /// A rate outside [`RATES`].
    #[error("{0} Hz is no rate of sound here; 8,000 to 192,000 Hz are")]
    Rate(u32),
    /// Nothing is read at once.
    #[error("a block of no frames cannot be read")]
    Block,
}

/// Joins two clocks.
pub fn elastic(between: Between) -> Result<(Inlet, Outlet), BetweenError> {
    let Between { writer_hz, reader_hz, block, fill_ms } = between;
    for hz in [writer_hz, reader_hz] {
        if !RATES.contains(&hz) {
            return Err(BetweenError::Rate(hz));
        }
    }
    let ratio = f64::from(reader_hz) / f64::from(writer_hz);
    // The filter is counted in the writer's frames; below the writer's rate it grows with the ratio.
    let taps = (TAPS as f64 * f64::from(writer_hz) / f64::from(writer_hz.min(reader_hz))) as usize;
    let parameters = SincInterpolationParameters {
        sinc_len: taps.div_ceil(8) * 8,
        f_cutoff: None,
        oversampling_factor: 128,
        interpolation: SincInterpolationType::Linear,
        window: WindowFunction::BlackmanHarris2,
    };
    let resampler = Async::new_sinc(ratio, RATIO_RANGE, &parameters, block, 1, FixedAsync::Output)
        .map_err(|_| BetweenError::Block)?;
    let frames = |ms: u32| (u64::from(writer_hz) * u64::from(ms) / 1000) as usize;
    let (producer, consumer) = RingBuffer::new(frames(fill_ms + SLACK_MS + SPARE_MS));
    let flow = Arc::new(Flow::default());
    let inlet = Inlet { ring: producer, flow: flow.clone() };
    let outlet = Outlet {
        ring: consumer,
        flow,
        writer_hz: f64::from(writer_hz),
        wanted: frames(fill_ms),
        most: frames(fill_ms + SLACK_MS),
        input: vec![0.0; resampler.input_frames_max()],
        output: vec![0.0; block],
        elapsed: block as f64 / f64::from(reader_hz),
        resampler,
        drift: Drift::default(),
        running: false,
    };
    Ok((inlet, outlet))
}

/// What passed, and what could not; shared by both sides and whoever watches.
#[derive(Debug, Default)]
pub struct Flow {
    arrived_at_ns: AtomicU64,
    arrived: AtomicU32,
    dropped: AtomicU64,
    skipped: AtomicU64,
    gaps: AtomicU64,
    ppm: AtomicI32,
}

impl Flow {
    /// Frames that found the ring full.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// Frames that the reader passed over, having been away.
    pub fn skipped(&self) -> u64 {
        self.skipped.load(Relaxed)
    }

    /// Times that the writer ran dry while sound was read.
    pub fn gaps(&self) -> u64 {
        self.gaps.load(Relaxed)
    }

    /// The difference of the clocks, ppm; positive when the writer's is the faster one.
    pub fn ppm(&self) -> i32 {
        self.ppm.load(Relaxed)
    }
}

/// The writer's side.
pub struct Inlet {
    ring: Producer<i16>,
    flow: Arc<Flow>,
}

impl Inlet {
    /// Writes frames that are there at the instant `now`. Never waits: what finds no room is dropped
    /// and counted.
    pub fn write(&mut self, now: Duration, frames: &[i16]) {
        let (_, left) = self.ring.push_partial_slice(frames);
        self.flow.dropped.fetch_add(left.len() as u64, Relaxed);
        let at = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        self.flow.arrived_at_ns.store(at, Relaxed);
        self.flow.arrived.store(u32::try_from(frames.len()).unwrap_or(u32::MAX), Relaxed);
    }

    /// What passed, and what could not.
    pub fn flow(&self) -> Arc<Flow> {
        self.flow.clone()
    }
}

/// The reader's side.
pub struct Outlet {
    ring: Consumer<i16>,
    flow: Arc<Flow>,
    writer_hz: f64,
    wanted: usize,
    most: usize,
    resampler: Async<f32>,
    input: Vec<f32>,
    output: Vec<f32>,
    /// A block's length, seconds.
    elapsed: f64,
    drift: Drift,
    running: bool,
}

impl Outlet {
    /// Reads one block at the instant `now`. Silence until the ring has its wanted fill; after the
    /// writer ran dry, again so. Answers whether it is sound. A block of another length than was
    /// agreed is silence.
    pub fn read(&mut self, now: Duration, block: &mut [i16]) -> bool {
        block.fill(0);
        let sounds = block.len() == self.output.len() && self.fill_block(now);
        if sounds {
            for (sample, value) in block.iter_mut().zip(&self.output) {
                *sample = dsp::level::to_sample(value * 32768.0);
            }
        }
        sounds
    }

    /// Forgets what waits, so that the next block is one that is written from now on.
    pub fn clear(&mut self) {
        self.pass_over(self.ring.slots());
        self.running = false;
    }

    /// What passed, and what could not.
    pub fn flow(&self) -> Arc<Flow> {
        self.flow.clone()
    }

    /// The writer's frames that wait.
    pub fn waiting(&self) -> usize {
        self.ring.slots()
    }

    fn fill_block(&mut self, now: Duration) -> bool {
        let mut waiting = self.ring.slots();
        if !self.running {
            if waiting < self.wanted {
                return false;
            }
            self.running = true;
            self.drift.rest();
            self.resampler.reset();
            self.steer(self.drift.ppm());
        }
        if waiting > self.most {
            self.flow.skipped.fetch_add((waiting - self.wanted) as u64, Relaxed);
            self.pass_over(waiting - self.wanted);
            waiting = self.wanted;
            self.drift.rest();
        }
        let above = (waiting as f64 + self.on_the_way(now) - self.wanted as f64) / self.writer_hz;
        let correction = self.drift.correct(above, self.elapsed);
        self.steer(correction);
        self.flow.ppm.store(self.drift.ppm().round() as i32, Relaxed);
        self.resample(waiting)
    }

    /// What the writer's device holds already and has not handed over, in the writer's frames.
    fn on_the_way(&self, now: Duration) -> f64 {
        let arrived = Duration::from_nanos(self.flow.arrived_at_ns.load(Relaxed));
        let since = now.saturating_sub(arrived).as_secs_f64() * self.writer_hz;
        since.min(f64::from(self.flow.arrived.load(Relaxed)))
    }

    fn steer(&mut self, ppm: f64) {
        // Within the range that the resampler was made for, so it cannot refuse.
        let _ = self.resampler.set_resample_ratio_relative(1.0 / (1.0 + ppm * 1e-6), true);
    }

    fn resample(&mut self, waiting: usize) -> bool {
        let needed = self.resampler.input_frames_next();
        if waiting < needed {
            self.running = false;
            self.flow.gaps.fetch_add(1, Relaxed);
            return false;
        }
        let Ok(chunk) = self.ring.read_chunk(needed) else { return false };
        for (value, sample) in self.input.iter_mut().zip(chunk) {
            *value = f32::from(sample) / 32768.0;
        }
        let frames = self.output.len();
        let (Ok(input), Ok(mut output)) = (
            InterleavedSlice::new(&self.input[..needed], 1, needed),
            InterleavedSlice::new_mut(&mut self.output, 1, frames),
        ) else {
            return false;
        };
        self.resampler.process_into_buffer(&input, &mut output, None).is_ok()
    }

    fn pass_over(&mut self, frames: usize) {
        if let Ok(chunk) = self.ring.read_chunk(frames) {
            chunk.commit_all();
        }
    }
}

#[cfg(test)]
mod tests;

//! Sound cards: what the TDM bus costs a slot, and what joining two clocks costs and delays.

use crate::{Done, load, table};
use alsa_pcm::{Between, TdmDevice, TdmSettings, elastic};
use line::{BLOCK, Pcm};
use std::time::Duration;

/// Slots of the bus.
const SLOTS: usize = 24;
/// Seconds of line time to measure.
const SECONDS: usize = 60;
const BLOCKS: usize = SECONDS * 100;
/// Blocks of silence that run ahead, as a card has them by default.
const LEAD: usize = 3;

/// The bus, then both ways of a sound card.
pub fn main() -> Done {
    bus()?;
    table::heading(
        "a sound card at 48 kHz beside the lines' clock",
        &format!("virtual time, {SECONDS} s, its clock 150 ppm fast"),
    );
    let microphone = Between { writer_hz: 48_000, reader_hz: 8_000, block: BLOCK, fill_ms: 30 };
    joined("microphone to a line", microphone)?;
    let earpiece = Between { writer_hz: 8_000, reader_hz: 48_000, block: 480, fill_ms: 30 };
    joined("line to an earpiece", earpiece)
}

fn bus() -> Done {
    let null = || "null".to_owned();
    let settings = TdmSettings { capture: null(), playback: null(), slots: SLOTS, lead: LEAD };
    let mut ports = TdmDevice::open(settings)?;
    let before = load::of_thread();
    for _ in 0..BLOCKS {
        ports[0].wait()?;
        for port in &mut ports {
            port.exchange(&[0; BLOCK], &mut [0; BLOCK])?;
        }
    }
    let cost = load::of_thread() - before;
    table::heading(
        &format!("a TDM bus of {SLOTS} slots"),
        &format!("alsa-lib's null device in place of a card, {SECONDS} s of line time"),
    );
    let share = cost.as_secs_f64() / SECONDS as f64;
    let each = 1e4 * share / SLOTS as f64;
    table::row("all", format!("{share:.4} cores"), format!("{each:.2} µs a slot and block"));
    let out = LEAD * 10;
    table::row(
        "added delay",
        format!("{out} ms out, 10 ms in"),
        "by the lead and the block; a test holds the way out to it",
    );
    Ok(())
}

/// What one way costs a block, and when a click that goes in comes out.
fn joined(what: &str, between: Between) -> Done {
    const FAST: f64 = 1.000_15;
    let (mut inlet, mut outlet) = elastic(between)?;
    let period = between.writer_hz as usize / 100;
    let click_at = BLOCKS / 2;
    let (mut cost, mut written) = (Duration::ZERO, 0);
    let (mut clicked, mut heard) = (0.0, (0, 0.0));
    let mut block = vec![0; between.block];
    for turn in 0..BLOCKS {
        let now = turn as f64 / 100.0;
        let begun = load::of_thread();
        while (written + 1) as f64 / 100.0 / FAST <= now {
            let mut frames = vec![0; period];
            if written == click_at {
                // The first sample of a period was there ten milliseconds before it arrives.
                frames[0] = 30_000;
                clicked = written as f64 / 100.0 / FAST;
            }
            written += 1;
            inlet.write(Duration::from_secs_f64(written as f64 / 100.0 / FAST), &frames);
        }
        outlet.read(Duration::from_secs_f64(now), &mut block);
        cost += load::of_thread() - begun;
        for (at, sample) in block.iter().enumerate() {
            if sample.unsigned_abs() > heard.0 {
                heard = (sample.unsigned_abs(), now + at as f64 / f64::from(between.reader_hz));
            }
        }
    }
    let each = cost.as_secs_f64() * 1e6 / BLOCKS as f64;
    let delay = (heard.1 - clicked) * 1000.0;
    table::row(
        what,
        format!("{each:.1} µs a block"),
        format!("{delay:.0} ms from sample to sample, both devices' own buffers left aside"),
    );
    Ok(())
}

//! A telling stream each way on every port: whether any sample is lost, or comes twice.

use crate::lines::{Ends, Lines};
use crate::{check, figure};
use dahdi_guest::pattern::{Receiver, Sender};
use line::{Block, Hook, LineEvent};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// For so long the loops settle, before the streams begin.
const SETTLE_MS: u64 = 1_000;

struct Streams {
    near: Vec<(Sender, Receiver)>,
    far: Vec<(Sender, Receiver)>,
}

impl Ends for Streams {
    fn near(&mut self, index: usize, heard: &Block, _: &[LineEvent]) -> Block {
        let (sender, receiver) = &mut self.near[index];
        receiver.push(heard);
        sender.block()
    }

    fn far(&mut self, index: usize, heard: &Block) -> Block {
        let (sender, receiver) = &mut self.far[index];
        receiver.push(heard);
        sender.block()
    }
}

pub fn run(ports: u32, seconds: u64) -> Result<(), String> {
    let mut lines = Lines::open(ports)?;
    lines.rest(SETTLE_MS)?;
    for index in 0..ports as usize {
        lines.port(index)?.set_hook(Hook::Off).map_err(|error| error.to_string())?;
    }
    lines.rest(SETTLE_MS)?;
    let stream =
        |from: u64| move |port| (Sender::new(2 * port + from), Receiver::new(2 * port + 1 - from));
    let mut streams = Streams {
        near: (0..u64::from(ports)).map(stream(0)).collect(),
        far: (0..u64::from(ports)).map(stream(1)).collect(),
    };
    let before = processor_ms()?;
    for _ in 0..seconds * 100 {
        lines.round(&mut streams)?;
    }
    let used = processor_ms()? - before;
    let (mut whole, mut lost, mut doubled, mut locked) = (0, 0, 0, 0);
    for (_, receiver) in streams.near.iter().chain(&streams.far) {
        whole += receiver.whole;
        lost += receiver.lost;
        doubled += receiver.doubled;
        locked += u32::from(receiver.is_locked());
    }
    figure("streams", locked, "of the card's ports, both ways");
    figure("samples_whole", whole, "samples");
    figure("samples_lost", lost, "samples");
    figure("samples_doubled", doubled, "samples");
    figure(
        "processor",
        format!("{:.1}", used as f64 / seconds as f64 / 10.0),
        "% of the guest's core, both ends",
    );
    let missing = (0..ports as usize).filter_map(|index| lines.card.counters(index));
    let gaps: u64 =
        missing.map(|count| count.missed + count.unsent + count.overruns + count.underruns).sum();
    figure("driver_gaps", gaps, "blocks");
    let least = u64::from(2 * ports) * (seconds * 8_000 - 8_000);
    let sound = locked == 2 * ports && lost == 0 && doubled == 0 && whole >= least;
    check("integrity", sound, format_args!("{ports} ports for {seconds} s"));
    Ok(())
}

/// Processor time that this process has taken so far.
fn processor_ms() -> Result<i64, String> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).map_err(|error| error.to_string())?;
    Ok(usage.user_time().num_milliseconds() + usage.system_time().num_milliseconds())
}

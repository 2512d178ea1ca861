//! The journal on a disk: 1,000 calls at once, then the proof and the recovery of what they left.

use crate::sealing::{self, mb};
use crate::{Done, load, table};
use call::entry::{Audio, Opened};
use call::{
    CallId, Cause, Cdr, Codec, DeviceId, Direction, Record, Samples, Side, Software, WallTime,
};
use journal::disk::FileSystem;
use journal::{CallWriter, Journal, Options, Reader};
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use vault::{DeviceKey, MasterKey, Vault};

/// What `journal` takes.
#[derive(clap::Args)]
pub struct Arguments {
    /// Calls at once
    #[arg(long, default_value_t = 1_000)]
    calls: usize,
    /// Seconds of audio
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Folder on the disk to be measured; what is written there is removed again
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

impl Default for Arguments {
    fn default() -> Self {
        Arguments { calls: 1_000, seconds: 20, data: None }
    }
}

/// A side's audio is handed in by so many samples: 100 ms of A-law.
const CHUNK: usize = 800;
/// The calls' turns within 100 ms, so that they do not come all at once.
const SLOTS: usize = 10;

/// Sealing in memory, then everything on disk.
pub fn main(arguments: &Arguments) -> Done {
    sealing::main()?;
    let folder = match &arguments.data {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir_in(std::env::current_dir()?)?,
    };
    through_the_writer()?;
    let disk = bare_disk(folder.path(), arguments)?;
    let dir = folder.path().join("journal");
    let journal = open(&dir)?;
    let image = folder.path().join("image");
    sustained(&journal, arguments, &disk, || copy(&dir, &image))?;
    let (closing, _) = load::wall_seconds(|| drop(journal));
    after_the_fact(&dir, &image, closing)
}

fn now() -> WallTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    WallTime { unix_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX), offset_min: 0 }
}

fn vault() -> Arc<Vault> {
    Arc::new(Vault {
        device: DeviceKey::from_seed(&[1; 32]),
        master: MasterKey::from_bytes(&[2; 32]),
    })
}

fn software() -> Software {
    Software { version: "tipring-bench".into() }
}

fn open(dir: &Path) -> Result<Journal, Box<dyn Error>> {
    let disk = Arc::new(FileSystem);
    let (journal, _) = Journal::open_on(disk, dir, vault(), now(), software(), Options::default())?;
    Ok(journal)
}

fn opened(n: usize) -> Result<Opened, Box<dyn Error>> {
    let at = now();
    Ok(Opened {
        call: CallId::new(at.unix_ms, n as u128),
        device: DeviceId([1; 16]),
        at,
        direction: Direction::Outbound,
        line: format!("line-{}", n % 24),
        station: "bench".into(),
        customer: Some(format!("138{n:08}").parse()?),
    })
}

fn audio(side: Side, at: u64) -> Audio {
    Audio { side, at: Samples(at), codec: Codec::ALaw, payload: vec![0x55; CHUNK] }
}

/// The writer's whole way (hand in, gather, seal, append, file) where the disk is memory.
fn through_the_writer() -> Done {
    let memory = Path::new("/dev/shm");
    if !memory.is_dir() {
        eprintln!("skipped: the writer without a disk; there is no /dev/shm");
        return Ok(());
    }
    const FRAMES: usize = 200_000;
    let folder = tempfile::tempdir_in(memory)?;
    let options = Options { reserve: 0, low: 0, ..Options::default() };
    let (journal, _) =
        Journal::open_on(Arc::new(FileSystem), folder.path(), vault(), now(), software(), options)?;
    let writers = (0..100)
        .map(|n| Ok(journal.open_call(&opened(n)?)?))
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    let before = load::of_named_thread("journal");
    let (wall, handed) = load::wall_seconds(|| -> Done {
        for n in 0..FRAMES {
            // Handed in no faster than it is taken: this measures the writer, not its refusals.
            while n % 256 == 0 && journal.health().queued > 32 << 20 {
                std::thread::sleep(Duration::from_micros(200));
            }
            writers[n % writers.len()].audio(audio(Side::Agent, (n / 100 * CHUNK) as u64))?;
        }
        Ok(journal.settle()?)
    });
    handed?;
    let cpu = before.zip(load::of_named_thread("journal")).map(|(from, to)| to - from);
    table::heading(
        "the journal's writer without a disk",
        "audio of 800 octets handed in by another thread, files in /dev/shm",
    );
    let octets = mb(FRAMES * CHUNK);
    if let Some(cpu) = cpu {
        let speed = octets / cpu;
        let beside = table::of_target(speed, sealing::TARGET, " MB/s");
        table::row("by the writer thread's processor time", format!("{speed:.0} MB/s"), beside);
    }
    let speed = octets / wall;
    table::row("by the clock, with its neighbours", format!("{speed:.0} MB/s"), "");
    Ok(())
}

/// What the disk by itself takes to append and sync as much as one group commit has; seconds.
fn bare_disk(folder: &Path, arguments: &Arguments) -> Result<Vec<f64>, Box<dyn Error>> {
    // A commit every 50 ms or so.
    let octets = arguments.calls * 16_000 / 20;
    let path = folder.join("bare");
    let mut file = OpenOptions::new().append(true).create_new(true).open(&path)?;
    let block = vec![0x55u8; octets];
    let mut took = Vec::new();
    for _ in 0..100 {
        let (seconds, done) = load::wall_seconds(|| {
            file.write_all(&block)?;
            file.sync_data()
        });
        done?;
        took.push(seconds);
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::remove_file(path)?;
    Ok(took)
}

fn sustained(
    journal: &Journal,
    arguments: &Arguments,
    disk: &[f64],
    while_running: impl FnOnce() -> Done,
) -> Done {
    table::heading(
        &format!(
            "{} calls at once for {} s, 16 kB/s each, group commit to disk",
            arguments.calls, arguments.seconds
        ),
        "both sides' A-law, handed in every 100 ms; delay: from hand-in to fdatasync's return",
    );
    let openings: Vec<Opened> =
        (0..arguments.calls).map(opened).collect::<Result<_, Box<dyn Error>>>()?;
    let (opening, writers) = load::wall_seconds(|| {
        let tickets: Vec<_> = openings.iter().map(|opened| journal.begin_call(opened)).collect();
        tickets.into_iter().map(|ticket| ticket.wait()).collect::<Result<Vec<_>, _>>()
    });
    let writers = writers?;
    let before = load::of_named_thread("journal");
    let start = Instant::now();
    let latest = feed(&writers, arguments.seconds, start)?;
    let feeding = start.elapsed().as_secs_f64();
    journal.settle()?;
    let cpu = before.zip(load::of_named_thread("journal")).map(|(from, to)| to - from);
    let health = journal.health();

    let handed = writers.len() * 16_000 * arguments.seconds as usize;
    table::row(
        "openings, all at once",
        format!("{:.0} ms", opening * 1e3),
        "keys and frames on disk",
    );
    let rate = mb(handed) / feeding;
    let asked = mb(writers.len() * 16_000);
    table::row(
        "audio",
        format!("{rate:.1} MB/s"),
        format!("{:.2} of what the calls make", rate / asked),
    );
    let lost = format!("{} entries", health.audio_lost);
    let late = format!("the feeder itself was at most {:.0} ms late", latest.as_secs_f64() * 1e3);
    table::row("audio lost", lost, late);
    let mut disk = disk.to_vec();
    for (what, delay, part) in [("p50", health.delay_p50, 0.5), ("p99", health.delay_p99, 0.99)] {
        let alone = 1e3 * table::quantile(&mut disk, part);
        let ms = delay.as_secs_f64() * 1e3;
        let beside =
            format!("the disk alone, append and fdatasync of one commit's share: {alone:.1} ms");
        table::row(&format!("commit delay {what}"), format!("{ms:.1} ms"), beside);
    }
    let commits = health.commits as f64 / feeding;
    table::row("commits", format!("{commits:.0} a second"), format!("{} failed", health.failed));
    if let Some(cpu) = cpu {
        let share = cpu / feeding;
        table::row("the writer's thread", format!("{share:.2} cores"), "");
    }
    while_running()?;
    let (closing, closed) = load::wall_seconds(|| -> Done {
        let tickets: Vec<_> = writers
            .iter()
            .zip(&openings)
            .map(|(writer, opened)| writer.begin_close(&record(opened, arguments.seconds)))
            .collect();
        for (ticket, writer) in tickets.into_iter().zip(writers) {
            ticket.wait()?;
            writer.settled();
        }
        Ok(())
    });
    closed?;
    table::row("closings, all at once", format!("{:.0} ms", closing * 1e3), "");
    Ok(())
}

/// Hands in every call's audio as it would come; returns by how much it was late at worst.
fn feed(writers: &[CallWriter], seconds: u64, start: Instant) -> Result<Duration, Box<dyn Error>> {
    let mut latest = Duration::ZERO;
    for slot in 0..seconds * 10 * SLOTS as u64 {
        let due = start + Duration::from_millis(slot * 100 / SLOTS as u64);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        latest = latest.max(Instant::now().saturating_duration_since(due));
        let at = slot / SLOTS as u64 * CHUNK as u64;
        let first = (slot % SLOTS as u64) as usize;
        for writer in writers.iter().skip(first).step_by(SLOTS) {
            for side in [Side::Agent, Side::Customer] {
                // What is refused is counted by the journal, and printed.
                let _ = writer.audio(audio(side, at));
            }
        }
    }
    Ok(latest)
}

fn record(opened: &Opened, seconds: u64) -> Record {
    let end = Samples::from_ms(seconds * 1000);
    let cdr = Cdr { cause: Cause::CustomerReleased, ..Cdr::of(opened, &[], end) };
    Record::at_release(cdr, opened, Vec::new(), software())
}

/// Verifying all of it, opening it again, and opening what a crash in the middle would have left.
fn after_the_fact(dir: &Path, image: &Path, closing: f64) -> Done {
    table::heading("afterwards", "files in the page cache");
    let (seconds, report) = load::wall_seconds(|| Reader::open(dir, vault()).verify());
    let report = report?;
    let octets = usize::try_from(report.bytes).unwrap_or(usize::MAX);
    table::row(
        "verify",
        format!("{:.0} MB/s", mb(octets) / seconds),
        format!(
            "{} frames, {} calls opened, {} closed, {} findings, in {seconds:.2} s",
            report.frames,
            report.opened,
            report.closed,
            report.findings.len()
        ),
    );
    table::row("stop", format!("{:.0} ms", closing * 1e3), "");
    let (seconds, journal) = load::wall_seconds(|| open(dir));
    drop(journal?);
    table::row(
        "start after a stop",
        format!("{:.0} ms", seconds * 1e3),
        format!("{:.0} MB", mb(octets)),
    );
    let (seconds, opened) = load::wall_seconds(|| Journal::open(image, vault(), now(), software()));
    let (journal, recovery) = opened?;
    drop(journal);
    let closed = format!("{} calls closed as interrupted", recovery.closed.len());
    table::row(
        "start after a crash with all calls open",
        format!("{:.0} ms", seconds * 1e3),
        closed,
    );
    Ok(())
}

/// The folder as a crash at this moment would leave it.
fn copy(from: &Path, to: &Path) -> Done {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), &to)?;
            File::open(&to)?.sync_all()?;
        }
    }
    Ok(())
}

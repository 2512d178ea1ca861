//! The whole appliance in real time, as `tools/run` starts it: how soon a record is finished, and
//! what it all takes.
//!
//! Everything is seen from outside: `tipring calls --json` tells when a call was released and, asked
//! again and again, since when its record has its words; /proc tells the rest.

use crate::{Done, lines, machine, process, speech_score, table};
use call::WallTime;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// What `calls` takes.
#[derive(clap::Args)]
pub struct Arguments {
    /// Lines, each with a handset that dials
    #[arg(long, default_value_t = 4)]
    lines: usize,
    /// Seconds to watch
    #[arg(long, default_value_t = 150)]
    seconds: u64,
    /// Seconds between two calls of one handset
    #[arg(long, default_value_t = 2)]
    pause: u64,
    /// Where the page listens; the collector listens 363 above
    #[arg(long, default_value_t = 9180)]
    port: u16,
    /// Threads that the recogniser computes with
    #[arg(long, default_value_t = 1)]
    threads: u8,
    /// Keep everything in this folder, the appliance's log too; otherwise nothing is kept
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

impl Default for Arguments {
    fn default() -> Self {
        Arguments { lines: 4, seconds: 150, pause: 2, port: 9180, threads: 1, data: None }
    }
}

/// From release to finished record, 95 of 100, seconds.
const SOON: f64 = 3.0;
/// How often is asked whether a record is finished.
const LOOK: Duration = Duration::from_millis(250);
/// Memory of the appliance and its recogniser, octets.
const MEMORY: f64 = 400e6;

/// A process that is asked to end when nobody watches it any more.
struct Guard(Child);

impl Guard {
    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn stop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            let pid = Pid::from_raw(i32::try_from(self.0.id()).unwrap_or(0));
            // Gone meanwhile: then it need not be asked.
            let _ = kill(pid, Signal::SIGTERM);
            let _ = self.0.wait();
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs it, watches it, prints what its metrics and /proc tell.
pub fn main(arguments: &Arguments) -> Done {
    let models = speech_score::models();
    if !models.is_dir() {
        eprintln!("skipped: calls; {} is missing (tools/run --setup-only)", models.display());
        return Ok(());
    }
    let kept = tempfile::tempdir()?;
    let data = arguments.data.clone().unwrap_or_else(|| kept.path().to_owned());
    std::fs::create_dir_all(&data)?;
    let (_collector, mut appliance) = start(arguments, &data, &models)?;
    let watched = watch(arguments, &mut appliance, &data.join("tipring.toml"))?;
    let metrics = metrics(arguments.port)?;
    appliance.stop();
    print(arguments, &watched, &metrics);
    Ok(())
}

fn program(name: &str) -> Result<Command, Box<dyn Error>> {
    let path = std::env::current_exe()?.with_file_name(name);
    if !path.is_file() {
        return Err(format!("{} is not built; run tools/bench", path.display()).into());
    }
    Ok(Command::new(path))
}

fn run(command: &mut Command) -> Done {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}

fn start(
    arguments: &Arguments,
    data: &Path,
    models: &Path,
) -> Result<(Guard, Guard), Box<dyn Error>> {
    let address = format!("127.0.0.1:{}", arguments.port + 363);
    let collector = data.join("collector");
    let config = data.join("tipring.toml");
    let log = File::create(data.join("log"))?;
    if !collector.join("enrolment.toml").is_file() {
        run(program("tipring-collector")?
            .args(["init", "--address", &address, "--data"])
            .arg(&collector)
            .stdout(Stdio::null())
            .stderr(log.try_clone()?))?;
    }
    std::fs::write(
        &config,
        format!(
            "[device]\nname = \"bench\"\ndata = \"branch\"\ntime_zone = \"Asia/Shanghai\"\n\
             [card]\ndriver = \"exchange\"\nlines = {}\nvoices = {:?}\nlanguage = \"both\"\n\
             pause_s = {}\n\
             [speech]\nmodels = {:?}\nthreads = {}\n\
             [page]\nlisten = \"127.0.0.1:{}\"\n\
             [uplink]\nenrolment = \"collector/enrolment.toml\"\n",
            arguments.lines,
            std::fs::canonicalize(lines::voices())?,
            arguments.pause,
            std::fs::canonicalize(models)?,
            arguments.threads,
            arguments.port,
        ),
    )?;
    let device = data.join("device.toml");
    run(program("tipring")?
        .arg("--config")
        .arg(&config)
        .arg("device")
        .stdout(File::create(&device)?)
        .stderr(log.try_clone()?))?;
    run(program("tipring-collector")?
        .args(["enroll", "--data"])
        .arg(&collector)
        .arg(&device)
        .stdout(Stdio::null())
        .stderr(log.try_clone()?))?;
    let serve = program("tipring-collector")?
        .args(["serve", "--listen", &address, "--data"])
        .arg(&collector)
        .stdout(Stdio::null())
        .stderr(log.try_clone()?)
        .spawn()?;
    let serve = Guard(serve);
    let appliance = program("tipring")?
        .arg("--config")
        .arg(&config)
        .arg("run")
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    Ok((serve, Guard(appliance)))
}

/// What /proc told.
#[derive(Default)]
struct Watched {
    /// The most that all processes together had, and each by its name, octets (PSS).
    memory: u64,
    each: BTreeMap<String, u64>,
    /// Peak RSS by name.
    peaks: BTreeMap<String, u64>,
    /// Processor seconds by name.
    cpu: BTreeMap<String, f64>,
    seconds: f64,
    /// From release to finished record by call, seconds.
    finished: BTreeMap<String, f64>,
    /// Answered calls that are over and not finished at the end.
    unfinished: usize,
}

impl Watched {
    /// Asks for the newest calls.
    fn look(&mut self, config: &Path) -> Done {
        let listed = program("tipring")?
            .arg("--config")
            .arg(config)
            .args(["calls", "--json", "--limit", "60"])
            .stderr(Stdio::null())
            .output()?;
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        self.unfinished = 0;
        for line in String::from_utf8_lossy(&listed.stdout).lines() {
            let row: serde_json::Value = serde_json::from_str(line)?;
            let record = &row["record"];
            if row["state"] != "closed" || record["answered"] != true {
                continue;
            }
            if record["revision"].as_u64() == Some(0) {
                self.unfinished += usize::from(record["speech"] == "pending");
                continue;
            }
            let opened = record["opened_at"].as_str().and_then(WallTime::parse);
            let duration = record["duration_ms"].as_f64();
            if let (Some(opened), Some(duration)) = (opened, duration) {
                let released = opened.unix_ms as f64 + duration;
                let delay = (since.as_millis() as f64 - released) / 1e3;
                self.finished.entry(row["call"].to_string()).or_insert(delay);
            }
        }
        Ok(())
    }
}

fn watch(
    arguments: &Arguments,
    appliance: &mut Guard,
    config: &Path,
) -> Result<Watched, Box<dyn Error>> {
    let mut watched = Watched::default();
    let start = Instant::now();
    let until = Duration::from_secs(arguments.seconds);
    while start.elapsed() < until {
        std::thread::sleep(LOOK);
        watched.look(config)?;
        if let Some(status) = appliance.0.try_wait()? {
            return Err(format!("the appliance ended with {status}; --data keeps its log").into());
        }
        let mut sum = 0;
        for pid in process::family(appliance.pid()) {
            let (name, memory) = (process::name(pid), process::memory(pid));
            sum += memory;
            let most = watched.each.entry(name.clone()).or_default();
            *most = (*most).max(memory);
            watched.peaks.insert(name.clone(), process::peak(pid));
            watched.cpu.insert(name, process::cpu(pid));
        }
        watched.memory = watched.memory.max(sum);
    }
    watched.seconds = start.elapsed().as_secs_f64();
    Ok(watched)
}

/// The appliance's own counts: name and value of every metric without labels.
fn metrics(port: u16) -> Result<BTreeMap<String, f64>, Box<dyn Error>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let rows = text.lines().filter(|line| line.starts_with("tipring_"));
    let values = rows.filter_map(|line| {
        let (name, value) = line.split_once(' ')?;
        Some((name.strip_prefix("tipring_")?.to_owned(), value.parse().ok()?))
    });
    Ok(values.collect())
}

fn print(arguments: &Arguments, watched: &Watched, metrics: &BTreeMap<String, f64>) {
    let of = |name: &str| metrics.get(name).copied().unwrap_or(f64::NAN);
    table::heading(
        &format!(
            "the appliance: {} lines, {:.0} s in real time, recogniser with {} thread{}",
            arguments.lines,
            watched.seconds,
            arguments.threads,
            if arguments.threads == 1 { "" } else { "s" }
        ),
        &format!(
            "collector running beside it; looked at every {} ms; load at the end {}",
            LOOK.as_millis(),
            machine::load()
        ),
    );
    let mut delays: Vec<f64> = watched.finished.values().copied().collect();
    let count = format!("{} calls, {} more not finished yet", delays.len(), watched.unfinished);
    let p50 = table::median(&mut delays);
    table::row("release to finished record, p50", format!("{p50:.2} s"), count);
    let p95 = table::quantile(&mut delays, 0.95);
    let beside = table::of_limit(p95, SOON, " s");
    table::row("release to finished record, p95", format!("{p95:.2} s"), beside);
    let ms = |name| format!("{:.1} ms", 1e3 * of(name));
    table::row(
        "commit delay p99",
        ms("journal_commit_delay_p99_seconds"),
        format!("audio lost: {}", of("journal_audio_lost_total")),
    );
    let mb = |octets: u64| format!("{:.0} MB", octets as f64 / 1e6);
    let beside = table::of_limit(watched.memory as f64 / 1e6, MEMORY / 1e6, " MB");
    table::row("memory at its peak, all processes (PSS)", mb(watched.memory), beside);
    for (name, memory) in &watched.each {
        let peak = watched.peaks.get(name).copied().unwrap_or_default();
        table::row(&format!("  {name}"), mb(*memory), format!("peak RSS {}", mb(peak)));
    }
    for (name, cpu) in &watched.cpu {
        let share = format!("{:.2} cores", cpu / watched.seconds);
        table::row(&format!("processor time of {name}"), share, "");
    }
}

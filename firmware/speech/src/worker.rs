//! Where the recogniser sits: in a worker process that is watched, or in this one.
//!
//! The worker is started from its own program, told its model, and fed one job at a time. What it
//! writes is read by a thread of its own and what it is sent is written by another, so a worker that
//! neither reads nor writes cannot hold up the watcher: past the time limit it is killed.

use crate::engine::{Engine, Heard, Settings};
use crate::protocol::{self, Pcm, Reply, Request};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How often a partial job looks whether it is to give way.
const LOOK: Duration = Duration::from_millis(10);

/// The worker and its model.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// The worker's program; [`beside_this_program`] finds `tipring-asr`.
    pub program: PathBuf,
    /// The model's file.
    pub model: PathBuf,
    /// What the model's SHA-256 must be, where it is known.
    pub sha256: Option<[u8; 32]>,
    /// Threads to compute with. ggml's threads wait for each other by spinning: more than one is
    /// slower by ten times where other work keeps the cores busy.
    pub threads: u8,
    /// How long loading the model may take.
    pub open_limit: Duration,
    /// How long a job may take; as much again as the audio lasts is added.
    pub job_limit: Duration,
}

impl WorkerConfig {
    /// A worker with this model, one thread and the usual limits, beside this program.
    pub fn new(model: PathBuf) -> Self {
        WorkerConfig {
            program: beside_this_program("tipring-asr"),
            model,
            sha256: None,
            threads: 1,
            open_limit: Duration::from_secs(60),
            job_limit: Duration::from_secs(30),
        }
    }
}

/// The path of a program in the folder of the running one (for a test, in the folder above it).
pub fn beside_this_program(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap_or_default();
    let folder = here.parent().unwrap_or(Path::new(""));
    let folder = match folder.file_name() {
        Some(last) if last == "deps" => folder.parent().unwrap_or(folder),
        _ => folder,
    };
    folder.join(name)
}

/// Why a seat gave no answer.
#[derive(Debug)]
pub(crate) enum SeatError {
    /// The process ended, or spoke out of turn.
    Died,
    /// It took too long and was killed.
    Hung,
    /// It cannot work at all, and why.
    Unavailable(String),
    /// It was told to give way, and did.
    GaveWay,
    /// The engine has no answer.
    Engine(crate::engine::EngineError),
}

/// Where an engine sits.
pub(crate) trait Seat: Send {
    /// Makes it ready; the model's SHA-256 if it was not ready before.
    fn open(&mut self) -> Result<Option<[u8; 32]>, SeatError>;
    /// Recognises. Called only after `open` went well. A partial utterance may be given up when
    /// `give_way` becomes true.
    fn transcribe(
        &mut self,
        audio: &[i16],
        settings: &Settings,
        give_way: &AtomicBool,
    ) -> Result<Heard, SeatError>;
    /// Ends it.
    fn close(&mut self);
}

/// An engine in this process.
pub(crate) struct EngineSeat(pub(crate) Box<dyn Engine>);

impl Seat for EngineSeat {
    fn open(&mut self) -> Result<Option<[u8; 32]>, SeatError> {
        Ok(Some([0; 32]))
    }

    fn transcribe(
        &mut self,
        audio: &[i16],
        settings: &Settings,
        _: &AtomicBool,
    ) -> Result<Heard, SeatError> {
        self.0.transcribe(audio, settings).map_err(SeatError::Engine)
    }

    fn close(&mut self) {}
}

/// A process of its own.
pub(crate) struct WorkerSeat {
    config: WorkerConfig,
    running: Option<Running>,
    jobs: u64,
}

struct Running {
    child: Child,
    to: mpsc::Sender<Vec<u8>>,
    from: mpsc::Receiver<Reply>,
}

impl WorkerSeat {
    pub(crate) fn new(config: WorkerConfig) -> Self {
        WorkerSeat { config, running: None, jobs: 0 }
    }

    fn ask(&mut self, request: &Request, limit: Duration) -> Result<Reply, SeatError> {
        self.send(request)?;
        self.answer(Instant::now() + limit).and_then(|reply| reply.ok_or_else(|| self.hung()))
    }

    /// Asks, and looks all the time whether it is to give way.
    fn ask_in_passing(
        &mut self,
        request: &Request,
        limit: Duration,
        give_way: &AtomicBool,
    ) -> Result<Reply, SeatError> {
        self.send(request)?;
        let until = Instant::now() + limit;
        loop {
            let look = (Instant::now() + LOOK).min(until);
            if let Some(reply) = self.answer(look)? {
                return Ok(reply);
            }
            if look == until {
                return Err(self.hung());
            }
            if give_way.load(Ordering::Relaxed) {
                self.send(&Request::Abandon)?;
                let reply = self.answer(until)?.ok_or_else(|| self.hung())?;
                // It may have been done just before.
                return match reply {
                    Reply::Failed { .. } => Err(SeatError::GaveWay),
                    reply => Ok(reply),
                };
            }
        }
    }

    fn send(&mut self, request: &Request) -> Result<(), SeatError> {
        let frame =
            protocol::encode(request).map_err(|error| SeatError::Unavailable(error.to_string()))?;
        let running = self.running.as_mut().ok_or(SeatError::Died)?;
        running.to.send(frame).map_err(|_| self.died())
    }

    /// What it says until then; `None` if it says nothing.
    fn answer(&mut self, until: Instant) -> Result<Option<Reply>, SeatError> {
        let running = self.running.as_mut().ok_or(SeatError::Died)?;
        match running.from.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(reply) => Ok(Some(reply)),
            Err(mpsc::RecvTimeoutError::Timeout) => Ok(None),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(self.died()),
        }
    }

    fn died(&mut self) -> SeatError {
        self.kill();
        SeatError::Died
    }

    fn hung(&mut self) -> SeatError {
        self.kill();
        SeatError::Hung
    }

    fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            // It may be gone already, which is what is wanted.
            drop(running.child.kill());
            if let Ok(status) = running.child.wait() {
                tracing::warn!(%status, "the recogniser's process is gone");
            }
        }
    }
}

impl Seat for WorkerSeat {
    fn open(&mut self) -> Result<Option<[u8; 32]>, SeatError> {
        if self.running.is_some() {
            return Ok(None);
        }
        let config = self.config.clone();
        if !config.model.is_file() {
            let path = config.model.display().to_string();
            return Err(SeatError::Unavailable(protocol::Refusal::Missing { path }.to_string()));
        }
        self.running = Some(start(&config.program)?);
        let request = Request::Open {
            model: config.model.display().to_string(),
            sha256: config.sha256,
            threads: config.threads,
        };
        let answer = self.ask(&request, config.open_limit).map_err(|error| match error {
            // Whatever job waits is not to blame.
            SeatError::Died | SeatError::Hung => SeatError::Unavailable(format!(
                "the recogniser {} died while it loaded {}; make the model again, or look at the \
                 machine's memory",
                config.program.display(),
                config.model.display()
            )),
            other => other,
        })?;
        match answer {
            Reply::Ready { sha256 } => Ok(Some(sha256)),
            Reply::Refused(refusal) => {
                self.kill();
                Err(SeatError::Unavailable(refusal.to_string()))
            }
            Reply::Heard { .. } | Reply::Failed { .. } => {
                self.kill();
                Err(SeatError::Died)
            }
        }
    }

    fn transcribe(
        &mut self,
        audio: &[i16],
        settings: &Settings,
        give_way: &AtomicBool,
    ) -> Result<Heard, SeatError> {
        if audio.len() > crate::engine::LONGEST {
            return Err(SeatError::Engine(crate::engine::EngineError::TooLong(audio.len())));
        }
        self.jobs += 1;
        let job = self.jobs;
        let request = Request::Transcribe { job, settings: *settings, audio: Pcm(audio.to_vec()) };
        let lasts = Duration::from_millis(call::Samples(audio.len() as u64).ms());
        let limit = self.config.job_limit + lasts;
        let reply = match settings.partial {
            true => self.ask_in_passing(&request, limit, give_way)?,
            false => self.ask(&request, limit)?,
        };
        match reply {
            Reply::Heard { job: answered, heard } if answered == job => Ok(heard),
            Reply::Failed { job: answered, code } if answered == job => {
                Err(SeatError::Engine(crate::engine::EngineError::Failed(code)))
            }
            _ => {
                self.kill();
                Err(SeatError::Died)
            }
        }
    }

    fn close(&mut self) {
        if let Some(running) = self.running.take() {
            let Running { mut child, to, from } = running;
            // The end of its input is its end; what it still says is not waited for.
            drop((to, from));
            for _ in 0..50 {
                if !matches!(child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            self.running = None;
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Drop for WorkerSeat {
    fn drop(&mut self) {
        self.kill();
    }
}

fn start(program: &Path) -> Result<Running, SeatError> {
    let unavailable = |why: std::io::Error| {
        SeatError::Unavailable(format!(
            "the recogniser {} does not start ({why}); install it beside tipring",
            program.display()
        ))
    };
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(unavailable)?;
    let (to, frames) = mpsc::channel();
    let (replies, from) = mpsc::channel();
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let threads = std::thread::Builder::new()
        .name("recogniser-in".into())
        .spawn(move || stdin.map(|pipe| feed(pipe, &frames)))
        .and_then(|_| {
            std::thread::Builder::new()
                .name("recogniser-out".into())
                .spawn(move || stdout.map(|pipe| listen(pipe, &replies)))
        });
    if let Err(why) = threads {
        drop(child.kill());
        drop(child.wait());
        return Err(unavailable(why));
    }
    Ok(Running { child, to, from })
}

/// Writes frames until there are no more or the pipe breaks.
fn feed(mut pipe: ChildStdin, frames: &mpsc::Receiver<Vec<u8>>) {
    use std::io::Write;
    for frame in frames {
        if pipe.write_all(&frame).and_then(|()| pipe.flush()).is_err() {
            return;
        }
    }
}

/// Reads replies until the pipe ends or what comes is no reply.
fn listen(mut pipe: ChildStdout, replies: &mpsc::Sender<Reply>) {
    while let Ok(Some(reply)) = protocol::read(&mut pipe) {
        if replies.send(reply).is_err() {
            return;
        }
    }
}

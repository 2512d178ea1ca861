//! The whole system, run as its users run it: the built programs, in processes of their own, in a
//! folder of their own, over real sockets and a real disk.
//!
//! What the tests share: [`Branch`] (an appliance on an exchange in software) and [`Headquarters`]
//! (a collector). Both end with the test, whatever becomes of it.

mod audit;

pub use audit::{delivered_once, envelopes, journal_of};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::fs::{File, create_dir_all, read_to_string, write};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a repository").to_path_buf()
}

/// A program of ours, built beside this test.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a file");
    let folder = test.ancestors().nth(2).expect("tests are built into deps");
    let program = folder.join(name);
    assert!(program.exists(), "{name} is not built: run cargo build --release --bins first");
    program
}

/// The folder with the speech models, if they were fetched.
pub fn models() -> Option<PathBuf> {
    let folder =
        std::env::var_os("TIPRING_MODELS").map_or_else(|| root().join("var/models"), PathBuf::from);
    folder.join("whisper-base-q8_0.bin").exists().then_some(folder)
}

/// A TCP port that nobody listens on just now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Asks until the answer is `Some`, or fails with what was waited for.
pub fn wait_for<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < until, "waited {limit:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Runs a program to its end.
pub fn run(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).stdin(Stdio::null()).output().expect("it starts")
}

/// The JSON Lines that a command printed; the command must have worked.
pub fn json_lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout.clone()).expect("JSON is UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

/// The same, but with this on its standard input.
pub fn run_with(program: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // One that ends before it has read everything is judged by what it said.
    let _ = child.stdin.take().expect("its standard input").write_all(input);
    child.wait_with_output().expect("it ends")
}

/// What a program said on standard error.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asks an HTTP server on this machine; the answer's body, or nothing where nobody answers.
pub fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
}

/// A process that ends with its owner.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    fn start(
        program: &Path,
        arguments: &[&str],
        environment: &[(String, PathBuf)],
        log: PathBuf,
    ) -> Process {
        let file = File::options().create(true).append(true).open(&log).expect("a log file");
        let child = Command::new(program)
            .args(arguments)
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle"))
            .stderr(file)
            .spawn()
            .expect("it starts");
        Process { child, log }
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        read_to_string(&self.log).unwrap_or_default()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The processes that it has started and that carry this name.
    pub fn children(&self, name: &str) -> Vec<Pid> {
        let folders = std::fs::read_dir("/proc").expect("a Linux machine").flatten();
        let found = folders.filter_map(|folder| {
            let stat = read_to_string(folder.path().join("stat")).ok()?;
            // pid (name) state ppid …; a name is cut after 15 octets.
            let (head, tail) = stat.rsplit_once(") ")?;
            let (pid, called) = head.split_once(" (")?;
            let parent = tail.split(' ').nth(1)?;
            let ours = parent == self.id().to_string() && called == name;
            ours.then(|| Pid::from_raw(pid.parse().expect("a process id")))
        });
        found.collect()
    }

    /// Ends it at once, as a power cut would.
    pub fn kill_9(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ended");
    }

    /// Asks it to end, and waits for it.
    pub fn stop(&mut self) -> std::process::ExitStatus {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"));
        kill(pid, Signal::SIGTERM).expect("it can be asked");
        wait_for("the process to end", Duration::from_secs(30), || {
            self.child.try_wait().expect("a child")
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A collector in a folder of its own.
pub struct Headquarters {
    /// Its data folder.
    pub data: PathBuf,
    /// The port that it listens on.
    pub port: u16,
    /// While it runs.
    pub process: Option<Process>,
}

impl Headquarters {
    /// Makes its keys.
    pub fn new(folder: &Path) -> Headquarters {
        let (data, port) = (folder.join("collector"), free_port());
        let address = format!("127.0.0.1:{port}");
        let made = run(
            &program("tipring-collector"),
            &["init", "--data", path(&data), "--address", &address],
        );
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Headquarters { data, port, process: None }
    }

    /// Starts it, and waits until it answers.
    pub fn start(&mut self) {
        let listen = format!("127.0.0.1:{}", self.port);
        let arguments = ["serve", "--data", path(&self.data), "--listen", &listen];
        let log = self.data.with_extension("log");
        self.process = Some(Process::start(&program("tipring-collector"), &arguments, &[], log));
        wait_for("the collector to listen", Duration::from_secs(30), || {
            TcpStream::connect(("127.0.0.1", self.port)).ok()
        });
    }

    /// The process, which runs.
    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("it was started")
    }

    /// What it has said so far, over all its starts.
    pub fn log(&self) -> String {
        read_to_string(self.data.with_extension("log")).unwrap_or_default()
    }

    /// What it has, as `query --json` says it.
    pub fn query(&self, arguments: &[&str]) -> Vec<Value> {
        let all = [&["query", "--json", "--data", path(&self.data)], arguments].concat();
        json_lines(&run(&program("tipring-collector"), &all))
    }
}

/// An appliance in a folder of its own, on an exchange in software.
pub struct Branch {
    /// Its configuration file.
    pub config: PathBuf,
    /// Its data folder.
    pub data: PathBuf,
    /// The port of its page.
    pub port: u16,
    /// Variables that it is started with, beside this process's own.
    pub environment: Vec<(String, PathBuf)>,
    /// While it runs.
    pub process: Option<Process>,
}

/// What a branch's configuration holds beside paths and ports.
pub struct Setting<'a> {
    /// Lines of the exchange.
    pub lines: usize,
    /// How many times faster than life the exchange runs.
    pub speed: u32,
    /// Pause between two calls of one agent, in seconds.
    pub pause_s: f32,
    /// `zh`, `en` or `both`.
    pub language: &'a str,
    /// The seed of the exchange.
    pub seed: u64,
    /// Where the speech models are.
    pub models: &'a Path,
    /// Further tables of the configuration.
    pub more: &'a str,
}

impl Default for Setting<'_> {
    /// Four lines at eight times life's speed, and no speech models.
    fn default() -> Self {
        Setting {
            lines: 4,
            speed: 8,
            pause_s: 1.0,
            language: "both",
            seed: 1,
            models: Path::new("/nonexistent/models"),
            more: "",
        }
    }
}

impl Branch {
    /// Writes the configuration, and enrols at headquarters where there is one.
    pub fn new(
        folder: &Path,
        setting: &Setting<'_>,
        headquarters: Option<&Headquarters>,
    ) -> Branch {
        let (config, data, port) =
            (folder.join("tipring.toml"), folder.join("branch"), free_port());
        create_dir_all(&data).expect("a data folder");
        let Setting { lines, speed, pause_s, language, seed, models, more } = setting;
        let uplink = headquarters.map_or(String::new(), |headquarters| {
            format!("[uplink]\nenrolment = {:?}\n", headquarters.data.join("enrolment.toml"))
        });
        let text = format!(
            "[device]\nname = \"test branch\"\ndata = {data:?}\ntime_zone = \"Asia/Shanghai\"\n\
             [card]\ndriver = \"exchange\"\nlines = {lines}\nspeed = {speed}\nseed = {seed}\n\
             pause_s = {pause_s:?}\nlanguage = {language:?}\nvoices = {:?}\n\
             [speech]\nmodels = {models:?}\n[page]\nlisten = \"127.0.0.1:{port}\"\n{uplink}{more}",
            root().join("tests/voices"),
        );
        write(&config, text).expect("a configuration");
        let environment = Vec::new();
        let branch = Branch { config, data, port, environment, process: None };
        if let Some(headquarters) = headquarters {
            let card = folder.join("device.toml");
            let device = branch.run(&["device"]);
            assert!(device.status.success(), "{}", String::from_utf8_lossy(&device.stderr));
            write(&card, device.stdout).expect("a device card");
            let enrolled = run(
                &program("tipring-collector"),
                &["enroll", "--data", path(&headquarters.data), path(&card)],
            );
            assert!(enrolled.status.success(), "{}", String::from_utf8_lossy(&enrolled.stderr));
        }
        branch
    }

    /// Starts the appliance, and waits until its page answers.
    pub fn start(&mut self) {
        self.launch();
        wait_for("the page to answer", Duration::from_secs(60), || get(self.port, "/healthz"));
    }

    /// Starts the appliance and waits for nothing.
    pub fn launch(&mut self) {
        let arguments = ["--config", path(&self.config), "run"];
        let log = self.data.with_extension("log");
        self.process =
            Some(Process::start(&program("tipring"), &arguments, &self.environment, log));
    }

    /// The process, which runs.
    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("it was started")
    }

    /// A figure of its metrics; nothing where it does not answer.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let text = get(self.port, "/metrics")?;
        let line = text.lines().find(|line| line.split(' ').next() == Some(name))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// Runs a command on its configuration.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let all = [&["--config", path(&self.config)], arguments].concat();
        run(&program("tipring"), &all)
    }

    /// Its calls, newest first, as `calls --json` says them.
    pub fn calls(&self) -> Vec<Value> {
        json_lines(&self.run(&["calls", "--json", "--limit", "10000"]))
    }

    /// What it has said so far, over all its starts.
    pub fn log(&self) -> String {
        read_to_string(self.data.with_extension("log")).unwrap_or_default()
    }
}

/// A path as an argument.
pub fn path(path: &Path) -> &str {
    path.to_str().expect("test folders have UTF-8 names")
}

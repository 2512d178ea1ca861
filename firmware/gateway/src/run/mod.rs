//! `tipring run`: the appliance.
//!
//! What is opened before anything else is the journal; what is stopped last is the journal. Between
//! them: one thread for all lines ([`lines`]), one for the ears ([`hearing`]), one for the calls
//! whose words are still to come ([`backlog`]), one for headquarters (`uplink`), one that looks after
//! all of these and tells the page ([`watch`]), and the page on an executor of its own.

mod backlog;
mod card;
mod clock;
mod daa;
mod deeds;
mod finishing;
mod hearing;
mod inventory;
mod keeper;
mod lessons;
mod line_report;
mod line_tests;
mod lines;
mod outbox;
mod recorder;
mod saying;
mod sound;
mod source;
mod stations;
mod watch;

use crate::command::{Done, Trouble};
use crate::config::{CallLanguage, Config, country_code};
use crate::folder::{self, Folder};
use backlog::{Backlog, Waiting};
use call::{Language, ModelIdentity, Software};
pub use clock::Clock;
use finishing::Finisher;
use hearing::Hearing;
use insight::Insight;
use inventory::Inventory;
use journal::Journal;
use journal::disk::FileSystem;
use lessons::Lessons;
use line_tests::LineTests;
use outbox::Bell;
use recorder::Scribe;
use sound::Switches;
use source::JournalSource;
use speech::{CallSettings, LanguageChoice, Recognition, WorkerConfig};
use status::{Access, Live, Receipt};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{Builder, JoinHandle};
use vault::Vault;

/// What wrote a record.
pub fn software() -> Software {
    Software { version: concat!("tipring ", env!("CARGO_PKG_VERSION")).into() }
}

/// Where the recogniser finds its models and its worker.
pub fn speech_config(store: &models::Store, threads: u8) -> speech::Config {
    let file = |name: &str| {
        let pinned = store.manifest().model.iter().find(|model| model.name == name);
        let path = |file: &str| store.folder().join(file);
        pinned.map_or((path(name), None), |model| {
            (path(&model.file), models::hash::parse(&model.sha256))
        })
    };
    let (vad, vad_sha256) = file(models::VOICE_ACTIVITY);
    let (model, sha256) = file(models::SPEECH);
    let worker = WorkerConfig { sha256, threads, ..WorkerConfig::new(model) };
    speech::Config { vad, vad_sha256, worker }
}

/// Runs the appliance until it is asked to stop.
pub fn main(file: &Path) -> Done {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("TIPRING_LOG")
                .unwrap_or_else(|_| "info,sled=warn,tract=warn,ureq=warn,rustls=warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let config = Config::load(file)?;
    let clock = Clock::new(config.device.time_zone.as_deref()).map_err(Trouble::found)?;

    // First of all the journal: what was open is closed before anything new begins.
    let folder = Folder::of(&config);
    let vault = folder.vault()?;
    let (journal, recovery) = Journal::open_on(
        Arc::new(FileSystem),
        &folder.path,
        vault.clone(),
        clock.now(),
        software(),
        folder::options(&config),
    )
    .map_err(Trouble::found)?;
    tracing::info!("{recovery}");

    let appliance = Appliance::start(&config, &folder, journal, recovery, clock, vault)?;
    appliance.serve(&config)
}

/// What runs.
struct Appliance {
    journal: Journal,
    live: Live,
    folder: Folder,
    source: Arc<JournalSource>,
    switches: Switches,
    recognition: Recognition,
    line_tests: LineTests,
    lessons: Lessons,
    stop: Arc<AtomicBool>,
    lines: JoinHandle<()>,
    hearing: JoinHandle<()>,
    backlog: JoinHandle<()>,
    watch: JoinHandle<()>,
    board: Option<JoinHandle<()>>,
    uplink: Option<Arc<uplink::Uplink>>,
}

impl Appliance {
    fn start(
        config: &Config,
        folder: &Folder,
        journal: Journal,
        recovery: journal::Recovery,
        clock: Clock,
        vault: Arc<Vault>,
    ) -> Result<Appliance, Trouble> {
        let live = Live::new();
        let device = vault.device_id();
        let stop = Arc::new(AtomicBool::new(false));
        let profile = keeper::profile(config)?;
        let insight = Arc::new(Insight::built_in().map_err(Trouble::found)?);
        let threads = u8::try_from(config.speech.threads).unwrap_or(u8::MAX);
        let store = models::Store::open(&config.models()).map_err(Trouble::found)?;
        let speech = speech_config(&store, threads);
        let ears = Arc::new(Mutex::new(ModelIdentity {
            name: models::SPEECH.into(),
            sha256: speech.worker.sha256.unwrap_or_default(),
        }));
        let recognition = Recognition::open(speech).map_err(|error| {
            Trouble::Found(format!("the recogniser cannot be started: {error}"))
        })?;

        let (way, no_uplink) = match outbox::start(config, vault, &journal, &live) {
            Ok(Some(way)) => (Some(way), None),
            Ok(None) => (None, Some(saying::no_headquarters())),
            Err(why) => {
                tracing::error!("the enrolment cannot be used; calls are recorded and wait: {why}");
                (None, Some(saying::enrolment_unusable(&why)))
            }
        };
        let bell = Bell::at(way.as_ref());
        let enrolled = config.uplink.enrolment.is_some();
        let receipt = if enrolled { Receipt::Queued } else { Receipt::Local };
        let (language, choice) = match config.speech.language {
            CallLanguage::Zh => (Language::Mandarin, LanguageChoice::Fixed(Language::Mandarin)),
            CallLanguage::En => (Language::English, LanguageChoice::Fixed(Language::English)),
            CallLanguage::Auto => (Language::Mandarin, LanguageChoice::Detect),
        };
        let settings = CallSettings { language: choice, ..CallSettings::default() };
        let waiting = Waiting::search(&journal.reader()).map_err(Trouble::found)?;
        let finisher = Finisher {
            insight: insight.clone(),
            journal: journal.clone(),
            live: live.clone(),
            waiting: waiting.clone(),
            ears,
            language,
            receipt,
            bell: bell.clone(),
        };
        let (ask_test, tests_asked) = mpsc::channel();
        let line_tests = LineTests::new(journal.clone(), clock.clone(), live.clone(), ask_test);
        let lessons = Lessons::open(&folder.path);
        let source = Arc::new(JournalSource::new(
            journal.clone(),
            live.clone(),
            receipt,
            clock.clone(),
            country_code(config.fxo.country),
            line_tests.clone(),
        ));
        source.tell_newest();

        let sound = sound::open(config, device, &live)?;
        let mut stations = sound.stations;
        stations.extend(stations::open(&config.stations)?);
        let (card, brought, card_name) =
            card::open(&config.card, profile.as_ref(), config.fxo.country)?;
        stations.extend(brought);
        let (to_ears, from_lines) = mpsc::channel();
        let scribe = Scribe::new(
            journal.clone(),
            software(),
            clock.clone(),
            live.clone(),
            to_ears,
            card_name,
            bell,
            line_tests.clone(),
            lessons.clone(),
        )
        .with_monitor(sound.monitor);
        let board = lines::switchboard(device, card, stations, &config.fxo, scribe, &lessons)?;

        let hearing = Hearing::new(recognition.clone(), settings, finisher.clone(), live.clone());
        let backlog = Backlog::new(
            recognition.clone(),
            settings,
            finisher,
            journal.reader(),
            waiting.clone(),
        );
        let watch = watch::Watch {
            identity: watch::identity(device, &software().version, &insight, clock.now()),
            inventory: Inventory::of(&store),
            journal: journal.clone(),
            recognition: recognition.clone(),
            live: live.clone(),
            clock: clock.clone(),
            waiting,
            line_tests: line_tests.clone(),
            lessons: lessons.clone(),
            uplink: way.as_ref().map(|way| (way.uplink.clone(), way.endpoint.clone())),
            data: folder.path.clone(),
            recovered: watch::recovered(&recovery),
            no_uplink,
            retention_days: config.storage.retention_days,
            sounds: sound.devices,
        };
        let pulse = keeper::Pulse::new();
        let keeper = profile.map(|profile| {
            let outside = keeper::Outside {
                recording: Box::new({
                    let journal = journal.clone();
                    move || keeper::recording(journal.health().state)
                }),
                page: config.page.listen.to_string(),
                accounts: ["page.people", "page.password"]
                    .map(|name| folder.path.join(name))
                    .into(),
                end: Box::new(ask_to_end),
            };
            let places = board::linux::Places::default();
            keeper::Keeper::open(&profile, &places, pulse.clone(), live.clone(), outside)
        });

        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            Builder::new().name(name.into()).spawn(work).map_err(Trouble::found)
        };
        Ok(Appliance {
            lines: spawn(
                "lines",
                Box::new({
                    let (stop, clock) = (stop.clone(), clock.clone());
                    move || lines::run(board, sound.taps, &clock, &pulse, &stop, &tests_asked)
                }),
            )?,
            hearing: spawn("ears", Box::new(move || hearing.run(from_lines)))?,
            backlog: spawn(
                "backlog",
                Box::new({
                    let stop = stop.clone();
                    move || backlog.run(&stop)
                }),
            )?,
            watch: spawn(
                "watch",
                Box::new({
                    let stop = stop.clone();
                    move || watch.run(&stop)
                }),
            )?,
            board: keeper
                .map(|keeper| {
                    let stop = stop.clone();
                    spawn("board", Box::new(move || keeper.run(&stop)))
                })
                .transpose()?,
            journal,
            live,
            folder: folder.clone(),
            source,
            switches: sound.switches,
            recognition,
            line_tests,
            lessons,
            stop,
            uplink: way.map(|way| way.uplink),
        })
    }

    /// Serves page and control socket until a signal comes, then stops everything in order.
    fn serve(mut self, config: &Config) -> Done {
        let access = Arc::new(Access::open(&self.folder.path).map_err(Trouble::found)?);
        let control = source::Control::new(
            self.source.clone(),
            self.live.clone(),
            access.clone(),
            std::mem::take(&mut self.switches),
        );
        crate::control::serve(&self.folder.path, move |request, who| control.answer(request, who))
            .map_err(|error| Trouble::Found(format!("the control socket: {error}")))?;
        let code = access.setup_code();
        let mut settings = status::Settings::new(access);
        settings.hosts.clone_from(&config.page.names);
        settings.more_metrics = Some(Arc::new({
            let (journal, recognition) = (self.journal.clone(), self.recognition.clone());
            move || watch::metrics(&journal, &recognition)
        }));

        let executor = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(Trouble::found)?;
        let listen = config.page.listen;
        let served = executor.block_on(async {
            let listener = tokio::net::TcpListener::bind(listen).await.map_err(|error| {
                Trouble::Found(format!(
                    "the page cannot listen on {listen}: {error}; set page.listen to a free address"
                ))
            })?;
            tracing::info!("the page: http://{listen}");
            if let Some(code) = code {
                // The one secret that is printed: it works once, and only on this console.
                eprintln!("\n    First sign-in at http://{listen}: set-up code {code}\n");
            }
            let page = status::serve(
                listener,
                self.live.clone(),
                self.source.clone(),
                settings,
                signalled(),
            );
            page.await.map_err(|error| Trouble::Found(format!("the page: {error}")))
        });
        tracing::info!("stopping");
        executor.shutdown_timeout(std::time::Duration::from_secs(1));
        self.finish();
        served.map(|()| ExitCode::SUCCESS)
    }

    /// Lines first, so that nothing new begins; the journal last.
    fn finish(self) {
        self.stop.store(true, Ordering::Relaxed);
        let name = |what: &str| format!("the thread of the {what} ended by a panic");
        // The ears end when the lines are gone and the last words are there or given up.
        let joined = [("lines", self.lines), ("watch", self.watch)];
        for (what, thread) in joined.into_iter().chain(self.board.map(|board| ("board", board))) {
            if thread.join().is_err() {
                tracing::error!("{}", name(what));
            }
        }
        self.recognition.shut_down();
        for (what, thread) in [("ears", self.hearing), ("backlog", self.backlog)] {
            if thread.join().is_err() {
                tracing::error!("{}", name(what));
            }
        }
        self.line_tests.settle();
        self.lessons.settle();
        // The uplink's thread ends by itself; what it has not delivered waits in the journal.
        drop(self.uplink);
        if let Err(error) = self.journal.settle() {
            tracing::error!(%error, "the journal's last entries are not on disk");
        }
    }
}

/// Asks this process to end in order.
fn ask_to_end() {
    if let Err(error) = nix::sys::signal::raise(nix::sys::signal::Signal::SIGTERM) {
        tracing::error!(%error, "the appliance cannot be asked to end");
    }
}

/// Resolves when the process is asked to end.
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}

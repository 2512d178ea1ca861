//! Looks after the journal, the recogniser and the uplink once a second, and tells the page.

use super::backlog::Waiting;
use super::clock::Clock;
use super::inventory::Inventory;
use super::lessons::Lessons;
use super::line_tests::LineTests;
use super::saying;
use super::sound::Devices;
use call::{DeviceId, ModelIdentity, WallTime};
use insight::Insight;
use journal::{Journal, Recovery};
use nix::sys::statvfs::statvfs;
use speech::recognizer::LOOK_AGAIN;
use speech::{Health, Recognition};
use status::{Identity, Live, ModelStanding, ModelState, Saying, Speech, Storage, Uplink};
use std::fmt::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use vault::ring::Day;

/// How often everything is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What is looked after.
pub struct Watch {
    /// Who this device is, and the models that are built in.
    pub identity: Identity,
    pub inventory: Inventory,
    pub journal: Journal,
    pub recognition: Recognition,
    pub live: Live,
    pub clock: Clock,
    pub waiting: Waiting,
    pub line_tests: LineTests,
    pub lessons: Lessons,
    pub uplink: Option<(Arc<uplink::Uplink>, String)>,
    pub data: PathBuf,
    pub recovered: Option<Saying>,
    /// Why there is no uplink, where there is none.
    pub no_uplink: Option<Saying>,
    /// Days after which calls go, if they do.
    pub retention_days: Option<u32>,
    /// The sound cards.
    pub sounds: Devices,
}

/// What the last start mended, for the page; nothing where there was nothing to mend.
pub fn recovered(recovery: &Recovery) -> Option<Saying> {
    recovery.was_needed().then(|| saying::recovered(recovery))
}

impl Watch {
    /// Looks and tells until asked to stop.
    pub fn run(mut self, stop: &AtomicBool) {
        let (mut kept_from, mut silent, mut nudged) = (None, None, Instant::now());
        while !stop.load(Ordering::Relaxed) {
            self.tell();
            self.look_at_models();
            nudged = self.nudge(nudged);
            kept_from = self.retire(kept_from);
            self.reclaim();
            silent = self.note_speech(silent);
            self.line_tests.settle();
            self.lessons.settle();
            std::thread::sleep(LOOK);
        }
    }

    /// Tells the page how the models' files are, whenever one has changed.
    fn look_at_models(&mut self) {
        if !self.inventory.look() {
            return;
        }
        let states = self.inventory.states();
        for model in &states {
            tracing::info!(model = model.name, standing = ?model.standing, "a model's file");
        }
        let models = states.into_iter().chain(self.identity.models.clone()).collect();
        self.live.identity(Identity { models, ..self.identity.clone() });
    }

    /// Has the recogniser look for its model again, where it had none and the files are whole now:
    /// calls wait for it, and perhaps no other comes. `before` is when that was done last.
    fn nudge(&self, before: Instant) -> Instant {
        let recognizer = self.recognition.recognizer();
        let wanting = matches!(recognizer.health(), Health::Unavailable(_));
        if !wanting || !self.inventory.is_whole() || before.elapsed() <= LOOK_AGAIN + LOOK {
            return before;
        }
        recognizer.warm_up();
        Instant::now()
    }

    /// Logs that speech is not recognised, and that it is again; `before` is why it was not at the
    /// last look.
    fn note_speech(&self, before: Option<String>) -> Option<String> {
        let now = match self.recognition.health() {
            Health::Unavailable(why) => Some(why),
            Health::Starting | Health::Ready(_) => None,
        };
        match (&before, &now) {
            (before, Some(why)) if before.as_ref() != Some(why) => {
                tracing::warn!(
                    "speech is not recognised; calls are recorded and transcribed later: {why}"
                );
            }
            (Some(_), None) => tracing::info!("speech is recognised again"),
            _ => {}
        }
        now
    }

    /// Lets the days past retention go, once a day and at the start. `kept_from` is the first day
    /// that was kept at the last look.
    fn retire(&self, kept_from: Option<Day>) -> Option<Day> {
        let now = self.clock.now();
        let span = i64::from(self.retention_days?) * 86_400_000;
        let keep = Day::of_unix_ms(now.unix_ms.saturating_sub(span));
        if kept_from.is_some_and(|day| day >= keep) {
            return kept_from;
        }
        match self.journal.retire(keep, now, "tipring") {
            Ok(0) => {}
            Ok(calls) => tracing::info!(calls, "calls past retention have gone"),
            Err(error) => {
                tracing::error!(%error, "calls past retention are still here; tried again tomorrow")
            }
        }
        Some(keep)
    }

    /// Gives back the space of erased calls in one segment: one a second at most, so that the disk
    /// and the page have their turn.
    fn reclaim(&self) {
        match self.journal.reclaim() {
            Ok(None | Some(0)) => {}
            Ok(Some(octets)) => tracing::info!(octets, "the space of erased calls is given back"),
            Err(error) => tracing::warn!(%error, "tried again when more is erased"),
        }
    }

    fn tell(&self) {
        self.live.storage(self.storage());
        self.live.speech(self.speech());
        self.sounds.tell(&self.live);
        if let Some((uplink, endpoint)) = &self.uplink {
            self.live.uplink(told(&uplink.health(), endpoint, self.clock.now()));
        }
        if let Some(says) = &self.no_uplink {
            self.live.warn(self.clock.now(), says.clone());
        }
    }

    fn storage(&self) -> Storage {
        let health = self.journal.health();
        let total = statvfs(&self.data).map_or(0, |disk| disk.blocks() * disk.fragment_size());
        let error = match health.state {
            journal::health::State::Working => None,
            journal::health::State::Low => Some(saying::storage_low()),
            journal::health::State::Full => Some(saying::storage_full()),
            journal::health::State::Failing => {
                Some(saying::storage_failing(health.last_error.as_deref().unwrap_or_default()))
            }
        };
        let p99 = health.delay_p99.as_secs_f64() * 1000.0;
        Storage {
            free: health.free,
            total,
            journal: journal_size(&self.data),
            commit_p99_ms: (health.commits > 0).then_some(p99),
            recovered: self.recovered.clone(),
            error,
        }
    }

    fn speech(&self) -> Speech {
        let error = match self.recognition.health() {
            Health::Unavailable(why) => Some(saying::speech_missing(&why)),
            Health::Starting | Health::Ready(_) => None,
        };
        let counts = self.recognition.recognizer().counts();
        let restarts = counts.deaths + counts.hangs;
        let now = self.clock.now().unix_ms;
        let running = self.live.snapshot().running;
        let first = running.iter().filter_map(|call| call.released_at).map(|at| at.unix_ms).min();
        let behind_ms = first.map_or(0, |at| u64::try_from(now.saturating_sub(at)).unwrap_or(0));
        Speech { waiting: self.waiting.count() as u64, behind_ms, restarts, error }
    }
}

/// Who this device is and what is built into it.
pub fn identity(
    device: DeviceId,
    software: &str,
    insight: &Insight,
    started_at: WallTime,
) -> Identity {
    let built_in = |model: &ModelIdentity| ModelState {
        name: model.name.clone(),
        sha256: models::hash::text(&model.sha256),
        standing: ModelStanding::Ready,
    };
    Identity {
        device: device.to_string(),
        software: software.to_owned(),
        started_at,
        models: insight.models().iter().map(built_in).collect(),
    }
}

/// Octets that the journal's segments take on the disk, as far as they can be counted.
fn journal_size(data: &Path) -> u64 {
    let Ok(files) = std::fs::read_dir(data.join("segments")) else { return 0 };
    files.flatten().filter_map(|file| file.metadata().ok()).map(|file| file.blocks() * 512).sum()
}

fn told(health: &uplink::Health, endpoint: &str, now: WallTime) -> Uplink {
    let ago = |age: Duration| WallTime {
        unix_ms: now.unix_ms.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)),
        ..now
    };
    Uplink {
        endpoint: endpoint.to_owned(),
        waiting: health.waiting,
        delivered: health.delivered,
        last_success: health.last_receipt.map(|last| ago(last.age)),
        error: health
            .trouble
            .as_ref()
            .map(|trouble| Saying::new(trouble.zh(), trouble.to_string())),
    }
}

/// What the journal and the recogniser count, in Prometheus' text format.
pub fn metrics(journal: &Journal, recognition: &Recognition) -> String {
    let health = journal.health();
    let counts = recognition.recognizer().counts();
    let rows: [(&str, &str, &str, f64); 11] = [
        (
            "journal_written_bytes_total",
            "counter",
            "Octets written and synced",
            health.written as f64,
        ),
        ("journal_commits_total", "counter", "Group commits", health.commits as f64),
        (
            "journal_commits_failed_total",
            "counter",
            "Group commits that failed",
            health.failed as f64,
        ),
        (
            "journal_audio_lost_total",
            "counter",
            "Audio entries that could not be kept",
            health.audio_lost as f64,
        ),
        (
            "journal_calls_refused_total",
            "counter",
            "Calls refused for want of storage",
            health.calls_refused as f64,
        ),
        (
            "journal_free_bytes",
            "gauge",
            "Octets free on the journal's file system",
            health.free as f64,
        ),
        (
            "journal_commit_delay_p50_seconds",
            "gauge",
            "From hand-in to disk over the last 5 minutes, half of the entries within",
            health.delay_p50.as_secs_f64(),
        ),
        (
            "journal_commit_delay_p99_seconds",
            "gauge",
            "From hand-in to disk over the last 5 minutes, 99 of 100 entries within",
            health.delay_p99.as_secs_f64(),
        ),
        ("speech_jobs_heard_total", "counter", "Jobs answered with words", counts.heard as f64),
        (
            "speech_worker_deaths_total",
            "counter",
            "Recogniser processes that died or hung",
            (counts.deaths + counts.hangs) as f64,
        ),
        (
            "speech_jobs_unanswered_total",
            "counter",
            "Jobs answered without words",
            counts.unanswered as f64,
        ),
    ];
    rows.iter().fold(String::new(), |mut text, (name, kind, help, value)| {
        // Writing to a `String` does not fail.
        let _ = writeln!(
            text,
            "# HELP tipring_{name} {help}\n# TYPE tipring_{name} {kind}\ntipring_{name} {value}"
        );
        text
    })
}

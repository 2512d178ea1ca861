//! The recogniser on single utterances: how often it errs, and what it costs.

use crate::{Done, load, table};
use call::{Language, Samples};
use speech::recognizer::Job;
use speech::score::{Score, score};
use speech::{LanguageChoice, Priority, Recognizer, Settings, WorkerConfig, polish, wave};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

/// What `speech` takes.
#[derive(clap::Args)]
pub struct Arguments {
    /// Utterances, half of them Mandarin, half English
    #[arg(long, default_value_t = 40)]
    files: usize,
    /// Threads to compute with; may be given more than once
    #[arg(long, default_values_t = [1, 2])]
    threads: Vec<u8>,
    /// Folder with manifest.tsv (file, language, text) and the recordings it names
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// The model's file within the folder of models
    #[arg(long, default_value = "whisper-base-q8_0.bin")]
    model: String,
}

impl Default for Arguments {
    fn default() -> Self {
        let model = "whisper-base-q8_0.bin".into();
        Arguments { files: 40, threads: vec![1, 2], folder: None, model }
    }
}

/// One recording and what is said in it.
struct Utterance {
    audio: Vec<i16>,
    language: Language,
    said: String,
}

/// The folder of models that tools/bench or the caller names.
pub fn models() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::var_os("TIPRING_MODELS").map_or_else(|| root.join("var/models"), PathBuf::from)
}

/// Scores a sample with each number of threads.
pub fn main(arguments: &Arguments) -> Done {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/speech");
    let folder = arguments.folder.clone().unwrap_or(beside);
    if !folder.join("manifest.tsv").is_file() {
        eprintln!("skipped: speech; {} has no manifest.tsv", folder.display());
        return Ok(());
    }
    let model = models().join(&arguments.model);
    if !model.is_file() {
        eprintln!("skipped: speech; {} is missing (tools/run --setup-only)", model.display());
        return Ok(());
    }
    let utterances = sample(&folder, arguments.files)?;
    table::heading(
        &format!("recognising {} single utterances with {}", utterances.len(), arguments.model),
        "speech::score: characters in Mandarin, words in English; one job at a time in the worker",
    );
    for &threads in &arguments.threads {
        one(&utterances, &model, threads)?;
    }
    Ok(())
}

/// As many of each language, spread over the manifest.
fn sample(folder: &Path, files: usize) -> Result<Vec<Utterance>, Box<dyn Error>> {
    let manifest = std::fs::read_to_string(folder.join("manifest.tsv"))?;
    let mut utterances = Vec::new();
    for (code, language) in [("zh", Language::Mandarin), ("en", Language::English)] {
        let rows: Vec<Vec<&str>> = manifest
            .lines()
            .skip(1)
            .map(|line| line.split('\t').collect::<Vec<_>>())
            .filter(|fields| fields.len() >= 3 && fields[1] == code)
            .collect();
        let step = (2 * rows.len() / files.max(1)).max(1);
        for fields in rows.iter().step_by(step).take(files.div_ceil(2)) {
            let wave = wave::read(&std::fs::read(folder.join(fields[0]))?)?;
            let audio = wave.channels.into_iter().next().unwrap_or_default();
            utterances.push(Utterance { audio, language, said: fields[2].to_owned() });
        }
    }
    Ok(utterances)
}

fn one(utterances: &[Utterance], model: &Path, threads: u8) -> Done {
    let before = load::of_children();
    let config = WorkerConfig { threads, ..WorkerConfig::new(model.to_owned()) };
    let recognizer = Recognizer::with_worker(config)?;
    recognizer.warm_up();
    let mut sums = [Score::default(); 2];
    let mut took = Vec::new();
    let mut doubted = 0;
    for utterance in utterances {
        let length = Samples(utterance.audio.len() as u64);
        let (answer, answers) = mpsc::channel();
        let computed = recognizer.counts().compute_ms;
        recognizer.submit(Job {
            priority: Priority::Live,
            settings: Settings {
                language: LanguageChoice::Fixed(utterance.language),
                partial: false,
            },
            audio: utterance.audio.clone(),
            call: 0,
            utterance: 0,
            answer: Box::new(move |heard| drop(answer.send(heard))),
        });
        let heard = answers.recv()??;
        took.push((recognizer.counts().compute_ms - computed) as f64);
        let text = polish::polish(&heard, length, 1.0).unwrap_or_else(|_| {
            doubted += 1;
            String::new()
        });
        sums[utterance.language as usize] += score(&utterance.said, &text, utterance.language);
    }
    let counts = recognizer.counts();
    recognizer.shut_down();
    let cpu = load::of_children().saturating_sub(before).as_secs_f64();
    let audio = counts.audio_ms as f64 / 1e3;
    let compute = counts.compute_ms as f64 / 1e3;
    println!("  with {threads} thread{}:", if threads == 1 { "" } else { "s" });
    let of = |score: Score, unit: &str| format!("of {} {unit}", score.length);
    let percent = |score: Score| format!("{:.1} %", 100.0 * score.rate());
    table::row("  Mandarin, character error rate", percent(sums[0]), of(sums[0], "characters"));
    table::row("  English, word error rate", percent(sums[1]), of(sums[1], "words"));
    table::row("  held back as doubtful", doubted.to_string(), format!("of {}", utterances.len()));
    let each = format!(
        "p95 {:.0} ms; {audio:.0} s of audio in {compute:.0} s",
        table::quantile(&mut took.clone(), 0.95)
    );
    table::row("  an utterance, median", format!("{:.0} ms", table::median(&mut took)), each);
    let share = compute / audio.max(0.001);
    table::row(
        "  computing",
        format!("{share:.3} × real time"),
        format!("{:.1} × as fast", 1.0 / share),
    );
    table::row(
        "  processor time, loading included",
        format!("{:.3} × real time", cpu / audio.max(0.001)),
        "",
    );
    let peak = load::peak_of_children() as f64 / 1e6;
    table::row("  largest worker so far, peak memory", format!("{peak:.0} MB"), "");
    Ok(())
}

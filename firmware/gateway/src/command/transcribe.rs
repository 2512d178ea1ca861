//! `tipring transcribe`: WAV files in, words out.

use super::{Done, Trouble, print, print_json};
use crate::config::Config;
use call::{Language, Samples, Side, Utterance};
use clap::ValueEnum;
use serde::Serialize;
use speech::{CallSettings, Health, LanguageChoice, Recognition, transcribe_audio};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// What is to be transcribed, and how.
#[derive(clap::Args)]
pub struct Arguments {
    /// WAV files: G.711 or linear, mono, or stereo with the agent left and the customer right
    #[arg(required = true, value_name = "FILE.wav")]
    files: Vec<PathBuf>,
    /// The language that is spoken
    #[arg(long, value_enum, default_value_t = Spoken::Auto)]
    language: Spoken,
    /// The folder with the converted models; the configuration's where absent
    #[arg(long, env = "TIPRING_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
    /// Threads to compute with
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: u8,
}

/// The languages, as on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum Spoken {
    Zh,
    En,
    Auto,
}

/// One file's answer.
#[derive(Serialize)]
struct Answer {
    file: String,
    text: String,
    language: Option<Language>,
    utterances: Vec<Said>,
    audio_ms: u64,
    compute_ms: u64,
    engine: &'static str,
    model_sha256: String,
}

#[derive(Serialize)]
struct Said {
    side: Side,
    start_ms: u64,
    end_ms: u64,
    text: String,
    p: f32,
}

/// A file that could not be transcribed.
#[derive(Serialize)]
struct Failed {
    file: String,
    error: String,
}

/// Transcribes each file; one that cannot be is named and the rest goes on.
pub fn main(config: &Path, json: bool, arguments: &Arguments) -> Done {
    let models = match &arguments.models {
        Some(folder) => folder.clone(),
        None => Config::load(config)?.models(),
    };
    let recognition = open(&models, arguments.threads)?;
    let mut failed = false;
    for file in &arguments.files {
        match one(&recognition, file, arguments.language) {
            Ok(answer) if json => print_json(&answer)?,
            Ok(answer) => people(&answer)?,
            Err(error) => {
                failed = true;
                let file = file.display().to_string();
                eprintln!("tipring: {file}: {error}");
                if json {
                    print_json(&Failed { file, error })?;
                }
            }
        }
    }
    recognition.shut_down();
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// The recogniser over a folder of models.
fn open(models: &Path, threads: u8) -> Result<Recognition, Trouble> {
    let store = models::Store::open(models).map_err(Trouble::found)?;
    let recognition = Recognition::open(crate::run::speech_config(&store, threads))
        .map_err(|error| Trouble::Found(format!("the recogniser cannot be started: {error}")))?;
    match recognition.vad() {
        Ok(_) => Ok(recognition),
        Err(error) => Err(Trouble::Found(format!(
            "{error}\nThe models are fetched by: tipring-models {}",
            models.display()
        ))),
    }
}

/// One file's answer, or a sentence that says why there is none.
fn one(recognition: &Recognition, file: &Path, spoken: Spoken) -> Result<Answer, String> {
    let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
    let wave = speech::wave::read(&bytes).map_err(|error| error.to_string())?;
    let sides: &[Side] = match wave.channels.len() {
        1 => &[Side::Customer],
        2 => &[Side::Agent, Side::Customer],
        more => return Err(format!("it has {more} channels; 1 or 2 are understood")),
    };
    let tracks: Vec<_> = sides
        .iter()
        .zip(&wave.channels)
        .map(|(&side, samples)| (side, Samples::ZERO, samples.as_slice()))
        .collect();
    let language = match spoken {
        Spoken::Zh => LanguageChoice::Fixed(Language::Mandarin),
        Spoken::En => LanguageChoice::Fixed(Language::English),
        Spoken::Auto => LanguageChoice::Detect,
    };
    let settings = CallSettings { language, ..CallSettings::default() };
    let started = Instant::now();
    let transcript =
        transcribe_audio(recognition, &tracks, settings).map_err(|error| error.to_string())?;
    let compute_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let model_sha256 = match recognition.recognizer().health() {
        Health::Ready(hash) => hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        Health::Unavailable(why) => return Err(why),
        Health::Starting => String::new(),
    };
    let longest = wave.channels.iter().map(Vec::len).max().unwrap_or(0);
    Ok(Answer {
        file: file.display().to_string(),
        text: joined(&transcript.utterances),
        language: transcript.language,
        utterances: transcript.utterances.iter().map(said).collect(),
        audio_ms: Samples(longest as u64).ms(),
        compute_ms,
        engine: "whisper.cpp",
        model_sha256,
    })
}

fn said(utterance: &Utterance) -> Said {
    Said {
        side: utterance.side,
        start_ms: utterance.start.ms(),
        end_ms: utterance.end.ms(),
        text: utterance.text.clone(),
        p: utterance.p,
    }
}

/// The utterances as one text: English with spaces between them, Mandarin without.
fn joined(utterances: &[Utterance]) -> String {
    let mut text = String::new();
    for utterance in utterances {
        let latin = text.ends_with(|last: char| last.is_ascii());
        if !text.is_empty() && (latin || utterance.language == Language::English) {
            text.push(' ');
        }
        text.push_str(&utterance.text);
    }
    text
}

/// The same for people: who, from when, what.
fn people(answer: &Answer) -> Result<(), Trouble> {
    print(&answer.file)?;
    for said in &answer.utterances {
        let seconds = said.start_ms as f64 / 1000.0;
        let side = match said.side {
            Side::Agent => "agent",
            Side::Customer => "customer",
        };
        print(format_args!("{seconds:8.2} s  {side:<8}  {}", said.text))?;
    }
    Ok(())
}

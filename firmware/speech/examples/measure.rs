//! Measures the recogniser on a folder of single utterances.
//!
//! `cargo run --release -p speech --example measure -- MODEL FOLDER [FROM TO]`: the folder holds
//! `manifest.tsv` (file, language, text). Prints error rate, cost and the worker's peak memory.

use call::Language;
use speech::recognizer::Job;
use speech::score::{Score, score};
use speech::{LanguageChoice, Priority, Recognizer, Settings, WorkerConfig, polish, wave};
use std::error::Error;
use std::path::PathBuf;
use std::sync::mpsc;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, folder, range @ ..] = arguments.as_slice() else {
        return Err("usage: measure MODEL FOLDER [FROM TO]".into());
    };
    let number = |n: usize, otherwise| range.get(n).map_or(Ok(otherwise), |text| text.parse());
    let (from, to): (usize, usize) = (number(0, 0)?, number(1, usize::MAX)?);
    let folder = PathBuf::from(folder);
    let manifest = std::fs::read_to_string(folder.join("manifest.tsv"))?;
    let mut config = WorkerConfig::new(model.into());
    config.program = std::env::current_exe()?.with_file_name("../tipring-asr");
    let recognizer = Recognizer::with_worker(config)?;
    let mut sums = [Score::default(); 2];
    let mut doubted = 0;
    for line in manifest.lines().skip(1 + from).take(to.saturating_sub(from)) {
        let mut fields = line.split('\t');
        let (Some(file), Some(language), Some(said)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let language = if language == "zh" { Language::Mandarin } else { Language::English };
        let wave = wave::read(&std::fs::read(folder.join(file))?)?;
        let audio = wave.channels.into_iter().next().unwrap_or_default();
        let length = call::Samples(audio.len() as u64);
        let (answer, answers) = mpsc::channel();
        recognizer.submit(Job {
            priority: Priority::Live,
            settings: Settings { language: LanguageChoice::Fixed(language), partial: false },
            audio,
            call: 0,
            utterance: 0,
            answer: Box::new(move |heard| drop(answer.send(heard))),
        });
        let heard = answers.recv()??;
        let text = polish::polish(&heard, length, 1.0).unwrap_or_else(|doubt| {
            doubted += 1;
            eprintln!("{file}: {doubt}: {}", heard.text);
            String::new()
        });
        let one = score(said, &text, language);
        if one.rate() > 0.5 {
            eprintln!("{file} {:.2}\n  {said}\n  {text}", one.rate());
        }
        sums[language as usize] += one;
    }
    let counts = recognizer.counts();
    println!(
        "Mandarin CER {:.3} ({} characters), English WER {:.3} ({} words), {doubted} doubted",
        sums[0].rate(),
        sums[0].length,
        sums[1].rate(),
        sums[1].length
    );
    println!(
        "{:.1} s of audio in {:.1} s: {:.3} of real time, {:.0} ms an utterance",
        counts.audio_ms as f64 / 1e3,
        counts.compute_ms as f64 / 1e3,
        counts.compute_ms as f64 / counts.audio_ms.max(1) as f64,
        counts.compute_ms as f64 / counts.heard.max(1) as f64
    );
    recognizer.shut_down();
    let children = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN)?;
    println!("the worker's peak memory: {} MB", children.max_rss() / 1024);
    Ok(())
}

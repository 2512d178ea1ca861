//! The real worker: models that are none, and its end.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests, though not all of it stands in a #[test].

use call::Language;
use speech::recognizer::Job;
use speech::{Health, LanguageChoice, NoAnswer, Priority, Recognizer, Settings, WorkerConfig};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

const WORKER: &str = env!("CARGO_BIN_EXE_tipring-asr");

/// A model's file with these octets.
fn model(name: &str, octets: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, octets).unwrap();
    path
}

/// What the recogniser says to an utterance with this model.
fn ask(model: PathBuf, sha256: Option<[u8; 32]>) -> String {
    let config = WorkerConfig { program: WORKER.into(), sha256, ..WorkerConfig::new(model) };
    let recognizer = Recognizer::with_worker(config).unwrap();
    let (answer, answers) = mpsc::channel();
    recognizer.submit(Job {
        priority: Priority::Live,
        settings: Settings { language: LanguageChoice::Fixed(Language::English), partial: false },
        audio: vec![0; 8000],
        call: 0,
        utterance: 0,
        answer: Box::new(move |heard| drop(answer.send(heard))),
    });
    let heard = answers.recv_timeout(Duration::from_secs(60)).unwrap();
    let Err(NoAnswer::Unavailable(why)) = heard else { panic!("{heard:?} from no model") };
    assert_eq!(recognizer.health(), Health::Unavailable(why.clone()));
    assert_eq!(recognizer.counts().deaths, 0, "the utterance is not to blame");
    recognizer.shut_down();
    why
}

#[test]
fn a_file_that_is_no_model_is_refused_with_what_to_do() {
    for octets in [&b""[..], b"lmg", b"this is a text, not a model"] {
        let why = ask(model("text.bin", octets), None);
        assert!(why.contains("does not take") && why.contains("tipring-models"), "{why}");
    }
}

#[test]
fn another_file_than_the_pinned_one_never_reaches_ggml() {
    let why = ask(model("other.bin", b"lmgg and more"), Some([1; 32]));
    assert!(why.contains("damaged") && why.contains("tipring-models"), "{why}");
}

#[test]
fn it_ends_with_its_input_and_takes_no_arguments() {
    let start = |argument: &[&str]| {
        let mut command = Command::new(WORKER);
        command.args(argument).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.output().unwrap()
    };
    let ended = start(&[]);
    assert!(ended.status.success() && ended.stdout.is_empty(), "{ended:?}");
    assert_eq!(start(&["--help"]).status.code(), Some(2));
}

#[test]
fn what_is_no_request_ends_it_with_a_word() {
    use std::io::Write;
    let mut command = Command::new(WORKER);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut worker = command.spawn().unwrap();
    worker.stdin.take().unwrap().write_all(&[9; 64]).unwrap();
    let ended = worker.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("tipring-asr"), "{ended:?}");
}

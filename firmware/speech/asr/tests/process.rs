//! The real worker: models that are none, and its end.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests, though not all of it stands in a #[test].

#[path = "../../../../models/tests/support/tiny.rs"]
mod tiny;

use call::Language;
use models::ggml::{Dimensions, Kind};
use speech::recognizer::Job;
use speech::{
    Health, Heard, LanguageChoice, NoAnswer, Priority, Recognizer, Settings, WorkerConfig,
};
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

/// What the recogniser says to an utterance with this model, which is none.
fn ask(model: PathBuf, sha256: Option<[u8; 32]>) -> String {
    let (heard, recognizer) = hear(model, sha256);
    let Err(NoAnswer::Unavailable(why)) = heard else { panic!("{heard:?} from no model") };
    assert_eq!(recognizer.health(), Health::Unavailable(why.clone()));
    assert_eq!(recognizer.counts().deaths, 0, "the utterance is not to blame");
    recognizer.shut_down();
    why
}

/// What a second of silence is heard as with this model.
fn hear(model: PathBuf, sha256: Option<[u8; 32]>) -> (Result<Heard, NoAnswer>, Recognizer) {
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
    (heard, recognizer)
}

/// Whisper in all its proportions but the width and the number of layers, made up and converted.
fn converted(kind: Kind) -> Vec<u8> {
    let sizes = Dimensions { state: 64, heads: 1, layers: 1, ..Dimensions::BASE };
    let filters = vec![0.01; sizes.bands * 201];
    let mut tokens: Vec<Vec<u8>> = (0..50_257).map(|n| format!("t{n}").into_bytes()).collect();
    // whisper.cpp looks these up by name, to keep utterances from beginning with them.
    for (at, token) in [(220, " "), (532, " -"), (705, " '")] {
        tokens[at] = token.as_bytes().to_vec();
    }
    let bytes = tiny::ct2(&sizes);
    let model = models::ct2::Model::read(&bytes).unwrap();
    models::convert::convert(&model, &sizes, &filters, &tokens, kind, |_| ()).unwrap()
}

#[test]
fn what_the_converter_writes_is_loaded_and_what_is_left_of_it_when_torn_is_not() {
    for kind in [Kind::F16, Kind::Q8_0, Kind::Q5_1] {
        let file = converted(kind);
        let name = format!("{kind:?}.bin");
        let (heard, recognizer) = hear(model(&name, &file), None);
        // A model whose weights are made up may say anything; that it answers is what counts.
        assert!(heard.is_ok(), "{kind:?}: {heard:?}");
        assert!(matches!(recognizer.health(), Health::Ready(_)), "{kind:?}");
        recognizer.shut_down();
        for left in [file.len() / 3, file.len() * 9 / 10] {
            let why = ask(model(&name, &file[..left]), None);
            assert!(why.contains("tipring-models"), "{kind:?}, {left} octets: {why}");
        }
    }
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

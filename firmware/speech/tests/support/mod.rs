//! The spoken calls in tests/voices, and where the models are.

#![allow(dead_code, reason = "each test program uses a part of it")]

use call::Language;
use std::path::{Path, PathBuf};

/// One turn of a spoken call.
pub(crate) struct Turn {
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) language: Language,
    pub(crate) audio: Vec<i16>,
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The models' folder, if the models were made: $TIPRING_MODELS or var/models. Says so if not.
pub(crate) fn models() -> Option<PathBuf> {
    let folder = std::env::var_os("TIPRING_MODELS")
        .map_or_else(|| repository().join("var/models"), PathBuf::from);
    let there = ["silero-vad-8k.onnx", "whisper-base-q8_0.bin"];
    if there.iter().all(|file| folder.join(file).is_file()) {
        return Some(folder);
    }
    eprintln!("SKIPPED: no models in {}; make them with tipring-models", folder.display());
    None
}

/// Every turn of the calls whose name begins with `prefix`.
pub(crate) fn turns(prefix: &str) -> Vec<Turn> {
    let folder = repository().join("tests/voices");
    let mut calls: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix))
        .collect();
    calls.sort();
    let turn = |call: &serde_json::Value, turn: &serde_json::Value| {
        let file = turn["file"].as_str().unwrap().to_owned();
        let wave = speech::wave::read(&std::fs::read(folder.join(&file)).unwrap()).unwrap();
        Turn {
            text: turn["text"].as_str().unwrap().into(),
            language: match call["language"].as_str().unwrap() {
                "zh" => Language::Mandarin,
                _ => Language::English,
            },
            audio: wave.channels.into_iter().next().unwrap(),
            file,
        }
    };
    let mut all = Vec::new();
    for path in calls {
        let call: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        if call["kind"] == "ringback" {
            continue; // Music, and nobody's turn.
        }
        all.extend(call["turns"].as_array().unwrap().iter().map(|t| turn(&call, t)));
    }
    assert!(!all.is_empty(), "tests/voices has calls named {prefix}…");
    all
}

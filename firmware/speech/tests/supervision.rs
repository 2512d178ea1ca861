//! A worker may die, hang or talk nonsense: every job is answered once, and the next one is heard.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests, though not all of it stands in a #[test].

use call::Language;
use speech::recognizer::Job;
use speech::{
    EngineError, Health, Heard, LanguageChoice, NoAnswer, Priority, Recognizer, Settings,
    WorkerConfig,
};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

type Answers = mpsc::Receiver<(u32, Result<Heard, NoAnswer>)>;
type Answer = mpsc::Sender<(u32, Result<Heard, NoAnswer>)>;

const HEARS: i16 = 0;
const DIES: i16 = 1;
const HANGS: i16 = 2;
const TALKS_NONSENSE: i16 = 3;
const FAILS: i16 = 4;
const DIES_ONCE: i16 = 5;
const ANSWERS_ANOTHER: i16 = 6;
const THINKS_UNTIL_TOLD: i16 = 7;
const DONE_WHEN_TOLD: i16 = 8;

fn recognizer(folder: &Path, model: &str) -> Recognizer {
    let path = folder.join("model.bin");
    std::fs::write(&path, model).unwrap();
    let mut config = WorkerConfig::new(path);
    config.program = env!("CARGO_BIN_EXE_speech-test-worker").into();
    config.job_limit = Duration::from_millis(300);
    Recognizer::with_worker(config).unwrap()
}

fn job(utterance: u32, priority: Priority, first: i16, answers: &Answer) -> Job {
    let answers = answers.clone();
    let mut audio = vec![0; 400 + utterance as usize];
    audio[0] = first;
    Job {
        priority,
        settings: Settings {
            language: LanguageChoice::Fixed(Language::Mandarin),
            partial: priority == Priority::Partial,
        },
        audio,
        call: 0,
        utterance,
        answer: Box::new(move |answer| drop(answers.send((utterance, answer)))),
    }
}

fn next(answers: &Answers) -> (u32, Result<Heard, NoAnswer>) {
    answers.recv_timeout(Duration::from_secs(30)).expect("an answer within 30 s")
}

/// Asks for one utterance and waits for its answer.
fn ask(recognizer: &Recognizer, first: i16) -> Result<Heard, NoAnswer> {
    let (sender, answers) = mpsc::channel();
    recognizer.submit(job(0, Priority::Live, first, &sender));
    next(&answers).1
}

#[test]
fn an_utterance_is_heard_and_the_worker_stays() {
    let folder = tempfile::tempdir().unwrap();
    let recognizer = recognizer(folder.path(), "");
    assert_eq!(ask(&recognizer, HEARS).unwrap().text, "400个样本");
    assert_eq!(ask(&recognizer, HEARS).unwrap().text, "400个样本");
    assert_eq!(recognizer.health(), Health::Ready([7; 32]));
    let counts = recognizer.counts();
    assert_eq!((counts.heard, counts.starts, counts.deaths), (2, 1, 0));
}

#[test]
fn a_death_costs_one_retry_of_the_utterance() {
    let folder = tempfile::tempdir().unwrap();
    let recognizer = recognizer(folder.path(), "");
    assert!(ask(&recognizer, DIES_ONCE).is_ok());
    let counts = recognizer.counts();
    assert_eq!((counts.heard, counts.starts, counts.deaths), (1, 2, 1));
}

#[test]
fn two_deaths_on_one_utterance_give_it_up_and_the_next_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let recognizer = recognizer(folder.path(), "");
    assert_eq!(ask(&recognizer, DIES), Err(NoAnswer::WorkerDied));
    assert!(ask(&recognizer, HEARS).is_ok());
    assert_eq!(recognizer.counts().deaths, 2);
}

#[test]
fn a_worker_that_hangs_is_killed_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let recognizer = recognizer(folder.path(), "");
    assert_eq!(ask(&recognizer, HANGS), Err(NoAnswer::WorkerDied));
    assert_eq!(recognizer.counts().hangs, 2);
    assert!(ask(&recognizer, HEARS).is_ok());
}

#[test]
fn a_worker_that_talks_nonsense_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let recognizer = recognizer(folder.path(), "");
    for nonsense in [TALKS_NONSENSE, ANSWERS_ANOTHER] {
        assert_eq!(ask(&recognizer, nonsense), Err(NoAnswer::WorkerDied));
        assert!(ask(&recognizer, HEARS).is_ok());
    }
}

#[test]
fn a_model_that_fails_on_silence_too_is_to_blame_and_not_the_utterance() {
    for (model, deaths) in [("fail", 0), ("die", 3)] {
        let folder = tempfile::tempdir().unwrap();
        let recognizer = recognizer(folder.path(), model);
        let Err(NoAnswer::Unavailable(why)) = ask(&recognizer, HEARS) else {
            panic!("a model that only {model}s was believed")
        };
        assert!(why.contains("damaged") && why.contains("tipring-models"), "{why}");
        assert_eq!(recognizer.counts().deaths, deaths);
        assert_eq!(recognizer.health(), Health::Unavailable(why));
        assert!(matches!(ask(&recognizer, HEARS), Err(NoAnswer::Unavailable(_))), "{model}");
    }
}

#[test]
fn an_engine_that_has_no_answer_says_so_and_lives_on() {
    let folder = tempfile::tempdir().unwrap();
    let recognizer = recognizer(folder.path(), "");
    assert_eq!(ask(&recognizer, FAILS), Err(NoAnswer::Engine(EngineError::Failed(-6))));
    assert!(ask(&recognizer, HEARS).is_ok());
    assert_eq!(recognizer.counts().starts, 1);
}

#[test]
fn without_a_model_jobs_are_answered_at_once_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let recognizer = recognizer(folder.path(), "");
    std::fs::remove_file(folder.path().join("model.bin")).unwrap();
    let Err(NoAnswer::Unavailable(why)) = ask(&recognizer, HEARS) else {
        panic!("there is no model");
    };
    assert!(why.contains("missing") && why.contains("tipring-models"), "{why}");
    assert_eq!(recognizer.health(), Health::Unavailable(why));
    assert_eq!(recognizer.counts().starts, 0);
}

#[test]
fn a_refused_model_and_one_that_kills_the_worker_are_not_the_utterances_fault() {
    for model in ["refuse", "abort"] {
        let folder = tempfile::tempdir().unwrap();
        let recognizer = recognizer(folder.path(), model);
        for _ in 0..3 {
            assert!(matches!(ask(&recognizer, HEARS), Err(NoAnswer::Unavailable(_))), "{model}");
        }
    }
}

#[test]
fn finished_utterances_come_before_partial_ones_and_those_before_the_backlog() {
    let folder = tempfile::tempdir().unwrap();
    let recognizer = recognizer(folder.path(), "");
    let (sender, answers) = mpsc::channel();
    // The first keeps the worker busy until it is killed, twice: time for the others to queue up.
    recognizer.submit(job(1, Priority::Live, HANGS, &sender));
    for (utterance, priority) in [
        (2, Priority::Backlog),
        (3, Priority::Partial),
        (4, Priority::Live),
        (5, Priority::Backlog),
        (6, Priority::Live),
    ] {
        recognizer.submit(job(utterance, priority, HEARS, &sender));
    }
    let order: Vec<u32> = (0..6).map(|_| next(&answers).0).collect();
    assert_eq!(order, [1, 4, 6, 3, 2, 5]);
}

#[test]
fn a_newer_partial_utterance_replaces_the_one_that_waits() {
    let folder = tempfile::tempdir().unwrap();
    let recognizer = recognizer(folder.path(), "");
    let (sender, answers) = mpsc::channel();
    recognizer.submit(job(1, Priority::Live, HANGS, &sender));
    recognizer.submit(job(2, Priority::Partial, HEARS, &sender));
    recognizer.submit(job(2, Priority::Partial, HEARS, &sender));
    assert_eq!(next(&answers), (2, Err(NoAnswer::Superseded)));
    assert_eq!(next(&answers).0, 1);
    assert!(next(&answers).1.is_ok());
    assert_eq!(recognizer.counts().superseded, 1);
}

#[test]
fn a_partial_utterance_in_hand_gives_way_to_a_finished_one_and_the_worker_stays() {
    let folder = tempfile::tempdir().unwrap();
    let recognizer = recognizer(folder.path(), "");
    assert!(ask(&recognizer, HEARS).is_ok());
    let (sender, answers) = mpsc::channel();
    for (thinking, answered) in [(THINKS_UNTIL_TOLD, false), (DONE_WHEN_TOLD, true)] {
        recognizer.submit(job(1, Priority::Partial, thinking, &sender));
        while recognizer.waiting() != [0; 4] {
            std::thread::yield_now();
        }
        recognizer.submit(job(2, Priority::Live, HEARS, &sender));
        let (first, partial) = next(&answers);
        assert_eq!(first, 1);
        assert_eq!(partial.is_ok(), answered, "{partial:?}");
        if let Err(why) = partial {
            assert_eq!(why, NoAnswer::Superseded);
        }
        assert!(matches!(next(&answers), (2, Ok(_))));
    }
    let counts = recognizer.counts();
    assert_eq!((counts.starts, counts.superseded, counts.unanswered), (1, 1, 0));
}

#[test]
fn a_call_that_is_over_goes_before_calls_that_run() {
    let folder = tempfile::tempdir().unwrap();
    let recognizer = recognizer(folder.path(), "");
    let (sender, answers) = mpsc::channel();
    recognizer.submit(job(1, Priority::Live, HANGS, &sender));
    while recognizer.counts().starts == 0 {
        std::thread::yield_now();
    }
    for (call, utterance) in [(1, 2), (2, 3), (1, 4), (2, 5)] {
        recognizer.submit(Job { call, ..job(utterance, Priority::Live, HEARS, &sender) });
    }
    recognizer.hurry(2);
    recognizer.submit(Job { call: 2, ..job(6, Priority::Released, HEARS, &sender) });
    let order: Vec<u32> = (0..6).map(|_| next(&answers).0).collect();
    assert_eq!(order, [1, 3, 5, 6, 2, 4]);
}

#[test]
fn shutting_down_answers_everything_and_ends_the_worker() {
    let folder = tempfile::tempdir().unwrap();
    let recognizer = recognizer(folder.path(), "");
    let (sender, answers) = mpsc::channel();
    recognizer.submit(job(1, Priority::Live, HANGS, &sender));
    for utterance in 2..6 {
        recognizer.submit(job(utterance, Priority::Live, HEARS, &sender));
    }
    while recognizer.counts().starts == 0 {
        std::thread::yield_now();
    }
    recognizer.shut_down();
    recognizer.submit(job(6, Priority::Live, HEARS, &sender));
    let answered: Vec<_> = (0..6).map(|_| next(&answers)).collect();
    assert_eq!(answered[0], (1, Err(NoAnswer::ShutDown)), "its audio can be recognised later");
    assert!(answered.iter().all(|(_, answer)| *answer == Err(NoAnswer::ShutDown)));
    assert!(answers.try_recv().is_err());
}

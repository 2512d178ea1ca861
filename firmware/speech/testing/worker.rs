//! A recogniser's process that misbehaves on command: the first sample of an utterance says how.
//!
//! 0 hears the number of samples, 1 dies, 2 hangs, 3 talks nonsense, 4 fails with a code, 5 dies
//! once in its life (it leaves a file beside the model), 6 answers another job, 7 thinks until it is
//! told to give way, 8 is done just when it is told. A model file that holds `abort` kills it while
//! loading, `refuse` makes it refuse, `fail` and `die` make it do so on every utterance.

use speech::protocol::{self, Refusal, Reply, Request};
use speech::{Heard, LanguageChoice};
use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let Some(Request::Open { model, .. }) = protocol::read(&mut input)? else {
        return Err("not opened".into());
    };
    let kind = std::fs::read_to_string(&model)?;
    match kind.trim() {
        "abort" => std::process::abort(),
        "refuse" => {
            protocol::write(&mut output, &Reply::Refused(Refusal::NoModel { path: model }))?;
            return Ok(());
        }
        _ => protocol::write(&mut output, &Reply::Ready { sha256: [7; 32] })?,
    }
    while let Some(request) = protocol::read(&mut input)? {
        let Request::Transcribe { job, settings, audio } = request else {
            return Err("no job in hand".into());
        };
        let died = format!("{model}.died");
        let mut answered = job;
        let how = match kind.trim() {
            "die" => Some(&1),
            "fail" => Some(&4),
            _ => audio.0.first(),
        };
        match how {
            Some(1) => std::process::abort(),
            Some(2) => loop {
                std::thread::park();
            },
            Some(3) => output.write_all(&[9; 64])?,
            Some(4) => {
                protocol::write(&mut output, &Reply::Failed { job, code: -6 })?;
                continue;
            }
            Some(5) if !std::fs::exists(&died)? => {
                std::fs::write(&died, "")?;
                std::process::abort();
            }
            Some(6) => answered += 1,
            Some(7 | 8) => {
                let Some(Request::Abandon) = protocol::read(&mut input)? else {
                    return Err("something else than to give way".into());
                };
                if audio.0.first() == Some(&7) {
                    protocol::write(&mut output, &Reply::Failed { job, code: -6 })?;
                    continue;
                }
            }
            _ => {}
        }
        let heard = Heard {
            text: format!("{}个样本", audio.0.len()),
            p: 0.9,
            no_speech: 0.0,
            tokens: 4,
            language: match settings.language {
                LanguageChoice::Fixed(language) => language,
                LanguageChoice::Detect => call::Language::Mandarin,
            },
            compute_ms: 1,
        };
        protocol::write(&mut output, &Reply::Heard { job: answered, heard })?;
    }
    Ok(())
}

//! `tipring-asr`: the recogniser's process.
//!
//! Speaks [`speech::protocol`] on standard input and output, and nothing else: it opens one file,
//! the model, and no socket. It ends with its input, and with the process that started it. ggml may
//! abort it; the appliance starts it again.

mod model;
mod whisper;

use speech::Engine;
use speech::protocol::{self, ProtocolError, Reply, Request};
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use whisper::GIVE_WAY;

fn main() -> ExitCode {
    // Loading a model cannot be given up: then the end of the input would be seen late.
    if let Err(error) = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL) {
        eprintln!("tipring-asr: it may outlive its parent while it loads its model: {error}");
    }
    if std::env::args_os().len() > 1 {
        eprintln!("tipring-asr is started by tipring and takes no arguments");
        return ExitCode::from(2);
    }
    let (to_engine, requests) = mpsc::channel();
    let listener = std::thread::Builder::new()
        .name("listener".into())
        .spawn(move || listen(&mut io::stdin().lock(), &to_engine));
    if let Err(error) = listener {
        eprintln!("tipring-asr: {error}");
        return ExitCode::from(1);
    }
    match serve(&requests, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tipring-asr: {error}");
            ExitCode::from(1)
        }
    }
}

type Asked = Result<Request, ProtocolError>;

/// Reads while the engine computes, so that a job can be given up.
fn listen(input: &mut impl io::Read, to_engine: &mpsc::Sender<Asked>) {
    loop {
        let asked = match protocol::read(input) {
            Ok(Some(Request::Abandon)) => {
                GIVE_WAY.store(true, Ordering::Relaxed);
                continue;
            }
            Ok(Some(request)) => {
                // The job before is answered, or this one had not been sent.
                GIVE_WAY.store(false, Ordering::Relaxed);
                Ok(request)
            }
            Ok(None) => break,
            Err(error) => Err(error),
        };
        let last = asked.is_err();
        if to_engine.send(asked).is_err() || last {
            break;
        }
    }
    // Nobody waits for the job in hand any more.
    GIVE_WAY.store(true, Ordering::Relaxed);
}

fn serve(requests: &mpsc::Receiver<Asked>, output: &mut impl Write) -> Result<(), ProtocolError> {
    let mut engine = match requests.recv() {
        Err(mpsc::RecvError) => return Ok(()),
        Ok(Ok(Request::Open { model, sha256, threads })) => {
            match model::open(&model, sha256, threads) {
                Ok((engine, sha256)) => {
                    protocol::write(output, &Reply::Ready { sha256 })?;
                    engine
                }
                Err(refusal) => return protocol::write(output, &Reply::Refused(refusal)),
            }
        }
        Ok(Ok(_)) => return Err(ProtocolError::Body),
        Ok(Err(error)) => return Err(error),
    };
    for request in requests {
        let Request::Transcribe { job, settings, audio } = request? else {
            return Err(ProtocolError::Body);
        };
        let reply = match engine.transcribe(&audio.0, &settings) {
            Ok(heard) => Reply::Heard { job, heard },
            Err(speech::EngineError::Failed(code)) => Reply::Failed { job, code },
            Err(speech::EngineError::TooLong(_)) => Reply::Failed { job, code: -1 },
        };
        protocol::write(output, &reply)?;
    }
    Ok(())
}

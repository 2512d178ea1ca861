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

fn main() -> ExitCode {
    // A worker that computes does not read, and would not see the end of its input.
    if let Err(error) = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL) {
        eprintln!("tipring-asr: it will outlive its parent while it computes: {error}");
    }
    if std::env::args_os().len() > 1 {
        eprintln!("tipring-asr is started by tipring and takes no arguments");
        return ExitCode::from(2);
    }
    match serve(&mut io::stdin().lock(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tipring-asr: {error}");
            ExitCode::from(1)
        }
    }
}

fn serve(input: &mut impl io::Read, output: &mut impl Write) -> Result<(), ProtocolError> {
    let mut engine = match protocol::read(input)? {
        None => return Ok(()),
        Some(Request::Transcribe { .. }) => return Err(ProtocolError::Body),
        Some(Request::Open { model, sha256, threads }) => {
            match model::open(&model, sha256, threads) {
                Ok((engine, sha256)) => {
                    protocol::write(output, &Reply::Ready { sha256 })?;
                    engine
                }
                Err(refusal) => return protocol::write(output, &Reply::Refused(refusal)),
            }
        }
    };
    while let Some(request) = protocol::read(input)? {
        let Request::Transcribe { job, settings, audio } = request else {
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

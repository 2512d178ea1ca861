//! `tipring export`: a call taken away, as stereo WAV or as vCon.

use super::show::{closed, note};
use super::{Done, Trouble};
use crate::config::{Config, country_code};
use crate::control::Access;
use crate::folder::{Folder, call_id};
use crate::run::Clock;
use call::{CallId, Record, Side, WallTime};
use journal::SideAudio;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Which call, and where to.
#[derive(clap::Args)]
pub struct Arguments {
    /// The call, as `tipring calls` prints it
    #[arg(value_parser = call_id, value_name = "ID")]
    call: CallId,
    #[command(flatten)]
    form: Form,
}

/// One of the forms.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Form {
    /// The audio: linear 16-bit stereo at 8 kHz, agent left, customer right
    #[arg(long, value_name = "FILE")]
    wav: Option<PathBuf>,
    /// The whole call with its audio, as IETF vCon JSON
    #[arg(long, value_name = "FILE")]
    vcon: Option<PathBuf>,
}

/// Writes one call into a file; the audit chain says so first.
pub fn main(config: &Path, json: bool, arguments: &Arguments) -> Done {
    let config = Config::load(config)?;
    let folder = Folder::of(&config);
    let record = closed(&folder, arguments.call)?;
    let sides = folder.reader()?.audio(arguments.call).map_err(Trouble::found)?;
    let file = match (&arguments.form.wav, &arguments.form.vcon) {
        (Some(file), _) => {
            if sides.is_empty() {
                return Err(Trouble::Found(format!("call {} has no audio", arguments.call)));
            }
            note(&folder, arguments.call, Access::AudioExported)?;
            let wav = stereo(&sides).map_err(Trouble::found)?;
            std::fs::write(file, wav).map_err(|error| cannot_write(file, &error))?;
            file
        }
        (None, Some(file)) => {
            note(&folder, arguments.call, Access::VconExported)?;
            let clock = Clock::new(config.device.time_zone.as_deref()).map_err(Trouble::found)?;
            let country_code = country_code(config.fxo.country);
            let text = vcon(&record, &sides, clock.now(), country_code).map_err(Trouble::found)?;
            std::fs::write(file, text + "\n").map_err(|error| cannot_write(file, &error))?;
            file
        }
        (None, None) => return Err(Trouble::Used("name a file with --wav or --vcon".into())),
    };
    if json {
        super::print_json(&serde_json::json!({ "call": arguments.call, "file": file }))?;
    } else {
        eprintln!("call {} is in {}", arguments.call, file.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn cannot_write(file: &Path, error: &dyn std::fmt::Display) -> Trouble {
    Trouble::Found(format!("{}: cannot be written: {error}", file.display()))
}

/// The call as IETF vCon with its audio inside.
pub fn vcon(
    record: &Record,
    sides: &[SideAudio],
    now: WallTime,
    country_code: &str,
) -> Result<String, hound::Error> {
    let wav = if sides.is_empty() { None } else { Some(stereo(sides)?) };
    let name = format!("{}.wav", record.call);
    let audio = wav.as_deref().map(|wav| call::vcon::Audio { wav, name: &name });
    Ok(call::vcon::vcon(record, audio, now, country_code).to_string())
}

/// Both sides as one stereo WAV file; a side that is not there is silent.
fn stereo(sides: &[SideAudio]) -> Result<Vec<u8>, hound::Error> {
    let samples = |wanted: Side| {
        let found = sides.iter().find(|sound| sound.side == wanted);
        found.map_or(Vec::new(), |sound| {
            let mut samples = vec![0; sound.octets.len()];
            dsp::g711::decode(sound.codec, &sound.octets, &mut samples);
            samples
        })
    };
    let (agent, customer) = (samples(Side::Agent), samples(Side::Customer));
    let form = hound::WavSpec {
        channels: 2,
        sample_rate: call::SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut file, form)?;
    for at in 0..agent.len().max(customer.len()) {
        writer.write_sample(agent.get(at).copied().unwrap_or(0))?;
        writer.write_sample(customer.get(at).copied().unwrap_or(0))?;
    }
    writer.finalize()?;
    Ok(file.into_inner())
}

//! `tipring verify`: the proof that every call is there and nothing was changed.

use super::{Done, Trouble, print, print_json};
use crate::folder::Folder;
use std::path::Path;
use std::process::ExitCode;

/// Reads the whole journal. Exit status 1 where something is wrong.
pub fn main(config: &Path, json: bool) -> Done {
    let reader = Folder::named_in(config)?.reader()?;
    let report = reader.verify().map_err(Trouble::found)?;
    if json {
        let findings: Vec<_> = report
            .findings
            .iter()
            .map(|finding| {
                serde_json::json!({ "segment": finding.segment, "offset": finding.offset, "what": finding.to_string() })
            })
            .collect();
        print_json(&serde_json::json!({
            "sound": report.is_sound(), "segments": report.segments, "frames": report.frames,
            "bytes": report.bytes, "opened": report.opened, "closed": report.closed,
            "erased": report.erased, "pruned": report.pruned, "running": report.running, "unfinished": report.unfinished,
            "findings": findings,
        }))?;
    } else {
        for finding in &report.findings {
            print(finding)?;
        }
        print(format_args!(
            "{} frames in {} segments in their chain; {} calls opened, {} closed, {} running, {} erased: {}",
            report.frames,
            report.segments,
            report.opened,
            report.closed,
            report.running.len(),
            report.erased,
            if report.is_sound() { "sound" } else { "NOT SOUND" },
        ))?;
    }
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

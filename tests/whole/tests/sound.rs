//! Sound cards at a running appliance: a tapped line, a handset, the monitor. alsa-lib's own plugins
//! stand in for the cards: files are captured, and what is played goes into files.

use serde_json::Value;
use std::f64::consts::TAU;
use std::path::Path;
use std::time::Duration;
use whole::{Branch, Setting, said, wait_for};

const CARDS: &str = r#"
    pcm.null { type null }
    pcm.line { type file slave.pcm null file /dev/null infile "$/line.raw" format raw }
    pcm.voice { type file slave.pcm null file /dev/null infile "$/voice.raw" format raw }
    pcm.ear { type file slave.pcm null file "$/ear.wav" format wav }
    pcm.room { type file slave.pcm null file "$/room.wav" format wav }
"#;

const USES: &str = r#"
    [[stations.sound]]
    name = "reception"
    microphone = { device = "voice" }
    earpiece = { device = "ear" }
    [[tap]]
    name = "workshop"
    input = { device = "line" }
    vox = { hang_over_s = 2 }
    [[tap]]
    name = "attic"
    input = { device = "nowhere" }
    [monitor]
    loudspeaker = { device = "room" }
"#;

/// Tones at 48 kHz, one after the other: hertz (0 is silence) and milliseconds.
fn raw(tones: &[(f64, usize)]) -> Vec<u8> {
    let samples = tones.iter().flat_map(|&(hz, ms)| {
        (0..ms * 48).map(move |at| (6_000.0 * (TAU * hz * at as f64 / 48_000.0).sin()) as i16)
    });
    samples.flat_map(i16::to_le_bytes).collect()
}

/// Seconds of a file that are loud.
fn loud_seconds(file: &Path) -> f64 {
    let Ok(mut wav) = hound::WavReader::open(file) else { return 0.0 };
    let spec = wav.spec();
    let samples: Vec<i16> = wav.samples::<i16>().map_while(Result::ok).collect();
    let window = spec.sample_rate as usize * usize::from(spec.channels) / 10;
    let loud = |window: &&[i16]| window.iter().any(|sample| sample.unsigned_abs() > 500);
    samples.chunks(window.max(1)).filter(loud).count() as f64 / 10.0
}

fn of_line<'a>(calls: &'a [Value], line: &str) -> Option<&'a Value> {
    calls.iter().find(|call| call["record"]["line"] == line)
}

#[test]
fn a_tapped_line_a_handset_and_the_monitor_work_on_a_running_appliance() {
    let folder = tempfile::tempdir().expect("a folder");
    let cards = CARDS.replace('$', whole::path(folder.path()));
    let configuration = folder.path().join("asound.conf");
    std::fs::write(&configuration, cards).expect("a configuration of ALSA");
    // The telephone of the tapped line is lifted and hears China's dial tone, then a voice-like sound.
    let line = raw(&[(0.0, 4_000), (450.0, 2_000), (0.0, 300), (700.0, 1_000), (0.0, 600_000)]);
    std::fs::write(folder.path().join("line.raw"), line).expect("a line");
    let voice = raw(&[(600.0, 120_000)]);
    std::fs::write(folder.path().join("voice.raw"), voice).expect("a voice");
    // At the pace of life, since sound cards are; the exchange's own agents hardly ever dial.
    let setting = Setting { lines: 2, speed: 1, pause_s: 3600.0, more: USES, ..Setting::default() };
    let mut branch = Branch::new(folder.path(), &setting, None);
    branch.environment.push(("ALSA_CONFIG_PATH".into(), configuration));
    branch.start();

    let tapped = wait_for("the tapped call", Duration::from_secs(60), || {
        of_line(&branch.calls(), "workshop").cloned()
    });
    assert_eq!(tapped["record"]["direction"], "outbound", "{tapped}");
    assert_eq!(tapped["record"]["station"], "", "{tapped}");

    // The card that is not there is named, and the others do not mind.
    let lines = branch.run(&["lines"]);
    let text = String::from_utf8_lossy(&lines.stdout).into_owned();
    assert_eq!(lines.status.code(), Some(1), "{text}");
    assert!(text.contains("\"nowhere\" (capture) is not there"), "{text}");
    assert!(text.contains("48000 Hz"), "{text}");

    let refused = branch.run(&["handset", "kitchen", "lift"]);
    assert!(said(&refused).contains("no such handset; there are: reception"), "{}", said(&refused));
    let refused = branch.run(&["monitor", "line-9"]);
    assert!(said(&refused).contains("no such line; there are: "), "{}", said(&refused));
    // The first station takes the first line.
    assert!(branch.run(&["monitor", "line-1"]).status.success());
    assert!(branch.run(&["handset", "reception", "dial", "13800138001"]).status.success());
    // Not `json_lines`: for the card that is missing, the status is 1.
    let running = || {
        let text = branch.run(&["lines", "--json"]).stdout;
        let lines = String::from_utf8(text).expect("JSON is UTF-8");
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect::<Vec<Value>>()
    };
    wait_for("the line to be in use", Duration::from_secs(30), || {
        running()
            .iter()
            .find(|line| line["state"] == "talking" || line["state"] == "alerting")
            .cloned()
    });
    std::thread::sleep(Duration::from_secs(3));
    assert!(branch.run(&["handset", "reception", "hang-up"]).status.success());
    let placed = wait_for("the call of the handset", Duration::from_secs(60), || {
        let calls = branch.calls();
        calls.iter().find(|call| call["record"]["station"] == "reception").cloned()
    });
    assert_eq!(placed["record"]["direction"], "outbound", "{placed}");
    assert!(branch.process().stop().success(), "{}", branch.log());
    // The agent heard dial tone and ringing; so did who listened to the line.
    for file in ["ear.wav", "room.wav"] {
        let loud = loud_seconds(&folder.path().join(file));
        assert!(loud > 1.0, "{file}: {loud} s");
    }
}

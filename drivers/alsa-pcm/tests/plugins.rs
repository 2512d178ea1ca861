//! The real alsa-lib without a sound card: its own plugins stand in for one, in a configuration that
//! the test writes.
//!
//! alsa-lib reads its configuration once a process, from where `ALSA_CONFIG_PATH` says, so each test
//! runs itself again in a process of its own that has it set.

// What the lints allow in a test they do not allow in what tests share.
#![allow(clippy::unwrap_used)]

use alsa_pcm::{
    AudioError, Microphone, Refused, Slot, SoundSettings, Speaker, State, TdmDevice, TdmSettings,
    Trouble, Way,
};
use line::{BLOCK, Block, Pcm};
use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Where the other process finds the test's folder.
const FOLDER: &str = "TIPRING_ALSA_TEST_FOLDER";

/// In the test's own process: writes the configuration, runs the test again under it, and holds it
/// to its success. In that one: the folder. `$` in the configuration stands for it.
fn under(test: &str, configuration: &str, inputs: &[(&str, &[i16])]) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return Some(folder.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let text = format!("pcm.null {{ type null }}\n{}", configuration.replace('$', &path));
    std::fs::write(folder.path().join("asound.conf"), text).unwrap();
    for (name, samples) in inputs {
        let octets: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        std::fs::write(folder.path().join(name), octets).unwrap();
    }
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("ALSA_CONFIG_PATH", folder.path().join("asound.conf"))
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let says = [run.stdout, run.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(run.status.success(), "{}\n{}", says[0], says[1]);
    assert!(says[0].contains("1 passed"), "the test ran: {}", says[0]);
    assert!(!says[1].contains("ALSA lib"), "alsa-lib keeps quiet: {}", says[1]);
    None
}

/// A file that is captured, and one that is played into.
const FILES: &str = r#"
    pcm.in { type file slave.pcm null file /dev/null infile "$/in.raw" format raw }
    pcm.out { type file slave.pcm null file "$/out.wav" format wav }
"#;

fn bus(capture: &str, playback: &str, slots: usize) -> Result<Vec<Slot<TdmDevice>>, AudioError> {
    let (capture, playback) = (capture.to_owned(), playback.to_owned());
    TdmDevice::open(TdmSettings { capture, playback, slots, lead: 2 })
}

fn played(file: &Path) -> (hound::WavSpec, Vec<i16>) {
    let mut wav = hound::WavReader::open(file).unwrap();
    (wav.spec(), wav.samples::<i16>().map(Result::unwrap).collect())
}

/// Sample `at` of a slot's line.
fn sample(slot: usize, at: usize) -> i16 {
    ((at * 7 + slot * 1_000) % 30_000) as i16 - 15_000
}

#[test]
fn each_slot_captures_and_plays_its_own_channel_sample_by_sample() {
    let (slots, blocks) = (4, 50);
    let frames: Vec<i16> =
        (0..blocks * BLOCK).flat_map(|at| (0..slots).map(move |slot| sample(slot, at))).collect();
    let test = "each_slot_captures_and_plays_its_own_channel_sample_by_sample";
    let Some(folder) = under(test, FILES, &[("in.raw", &frames)]) else { return };
    let mut ports = bus("in", "out", slots).unwrap();
    for block in 0..blocks {
        ports[0].wait().unwrap();
        for (slot, port) in ports.iter_mut().enumerate() {
            let said: Block = std::array::from_fn(|at| -sample(slot, block * BLOCK + at));
            let mut heard = [0; BLOCK];
            port.exchange(&said, &mut heard).unwrap();
            let expected: Block = std::array::from_fn(|at| sample(slot, block * BLOCK + at));
            assert_eq!(heard, expected, "slot {slot}, block {block}");
        }
    }
    assert_eq!(ports[0].counters().blocks, blocks as u64);
    drop(ports);
    let (spec, out) = played(&folder.join("out.wav"));
    assert_eq!((spec.channels, spec.sample_rate), (slots as u16, 8_000));
    let lead = 2 * BLOCK * slots;
    assert!(out[..lead].iter().all(|sample| *sample == 0));
    // All but the last block, which no later wait has sent.
    assert_eq!(out.len() - lead, (blocks - 1) * BLOCK * slots);
    for (at, frame) in out[lead..].chunks(slots).enumerate() {
        for (slot, value) in frame.iter().enumerate() {
            assert_eq!(*value, -sample(slot, at), "slot {slot}, sample {at}");
        }
    }
}

#[test]
fn a_bus_can_be_joined_from_two_cards() {
    let configuration = format!(
        "{FILES}
        pcm.a {{ type file slave.pcm null file \"$/a.wav\" format wav }}
        pcm.b {{ type file slave.pcm null file \"$/b.wav\" format wav }}
        pcm.both {{
            type multi
            slaves {{ a {{ pcm a channels 2 }} b {{ pcm b channels 1 }} }}
            bindings {{
                0 {{ slave a channel 0 }} 1 {{ slave a channel 1 }} 2 {{ slave b channel 0 }}
            }}
        }}"
    );
    let test = "a_bus_can_be_joined_from_two_cards";
    let Some(folder) = under(test, &configuration, &[("in.raw", &[0; 9_600])]) else { return };
    let mut ports = bus("in", "both", 3).unwrap();
    for block in 0..20 {
        for (slot, port) in ports.iter_mut().enumerate() {
            let said: Block = std::array::from_fn(|at| sample(slot, block * BLOCK + at));
            port.exchange(&said, &mut [0; BLOCK]).unwrap();
        }
    }
    drop(ports);
    let (lead, count) = (2 * BLOCK, 19 * BLOCK);
    let (_, pairs) = played(&folder.join("a.wav"));
    let (_, single) = played(&folder.join("b.wav"));
    assert_eq!((pairs.len(), single.len()), (2 * (lead + count), lead + count));
    for at in 0..count {
        let frame = [pairs[2 * (lead + at)], pairs[2 * (lead + at) + 1], single[lead + at]];
        assert_eq!(frame, [sample(0, at), sample(1, at), sample(2, at)], "sample {at}");
    }
    // And no more slots than it has.
    let refused = bus("in", "both", 4).err().unwrap();
    assert_eq!(refused.trouble, Trouble::Format(Refused::Channels(4)));
    assert_eq!(refused.way, Way::Playback);
}

#[test]
fn a_device_that_is_not_there_is_named_with_what_to_do() {
    let configuration = "pcm.card { type hw card 7 }";
    let test = "a_device_that_is_not_there_is_named_with_what_to_do";
    let Some(_) = under(test, configuration, &[]) else { return };
    for name in ["card", "nothing", "no\0name"] {
        let error = bus(name, "out", 2).err().unwrap();
        assert_eq!((error.device.as_str(), error.way), (name, Way::Capture));
        assert_eq!(error.trouble, Trouble::Absent);
    }
    let text = bus("card", "out", 2).err().unwrap().to_string();
    assert!(text.contains("\"card\" (capture)") && text.contains("arecord -l"), "{text}");
    // A handset's device is tried for ever; meanwhile it is silent and says why.
    let mut microphone = Microphone::open(settings("card", 1)).unwrap();
    let watch = microphone.watch();
    let troubled = eventually(|| matches!(watch.standing().state, State::Troubled(_)));
    let mut block = [1; BLOCK];
    assert!(troubled && !microphone.read(&mut block) && block == [0; BLOCK]);
}

fn settings(device: &str, channel: u32) -> SoundSettings {
    SoundSettings { device: device.to_owned(), channel }
}

/// Looks a hundred times a second, for twenty seconds at most.
fn eventually(mut look: impl FnMut() -> bool) -> bool {
    (0..2_000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        look()
    })
}

fn tone(hz: f64, rate: f64, count: usize) -> impl Iterator<Item = i16> {
    (0..count).map(move |at| (8_000.0 * (TAU * hz * at as f64 / rate).sin()).round() as i16)
}

/// What of the purest 20 ms is not a tone of this frequency, against all of it, dB. On a
/// busy machine a real-time thread gaps, so not every stretch is pure.
fn impurity_db(samples: &[i16], hz: f64, rate: f64) -> f64 {
    let sounding = |stretch: &&[i16]| dsp::level::of(stretch) > -20.0;
    let stretches = samples.chunks_exact(rate as usize / 50).filter(sounding);
    stretches.map(|stretch| impurity_of(stretch, hz, rate)).fold(0.0, f64::min)
}

fn impurity_of(samples: &[i16], hz: f64, rate: f64) -> f64 {
    let (mut re, mut im, mut all) = (0.0, 0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        let (value, angle) = (f64::from(*sample), TAU * hz / rate * at as f64);
        (re, im) = (re + value * angle.cos(), im + value * angle.sin());
        all += value * value;
    }
    let pure = 2.0 * (re * re + im * im) / samples.len() as f64;
    10.0 * ((all - pure).max(1e-9) / all).log10()
}

#[test]
fn a_microphone_at_48_khz_is_heard_on_the_channel_that_was_named() {
    let frames: Vec<i16> = tone(1_000.0, 48_000.0, 96_000).flat_map(|one| [0, one]).collect();
    let test = "a_microphone_at_48_khz_is_heard_on_the_channel_that_was_named";
    let Some(_) = under(test, FILES, &[("in.raw", &frames)]) else { return };
    let mut microphone = Microphone::open(settings("in", 2)).unwrap();
    let mut heard = Vec::new();
    let enough = eventually(|| {
        let mut block = [0; BLOCK];
        if microphone.read(&mut block) {
            heard.extend(block);
        }
        heard.len() >= 4_000
    });
    assert!(enough, "{:?}", microphone.watch().standing());
    let impurity = impurity_db(&heard, 1_000.0, 8_000.0);
    assert!(impurity < -30.0, "{impurity} dB");
    let state = microphone.watch().standing().state;
    assert_eq!(state, State::Running { hz: 48_000 });
}

#[test]
fn what_is_said_to_a_loudspeaker_is_played_through_alsa_s_own_conversions() {
    let configuration = "
        pcm.out { type file slave.pcm null file \"$/out.wav\" format wav }
        pcm.speaker { type plug slave { pcm out rate 44100 channels 2 format S16_LE } }";
    let test = "what_is_said_to_a_loudspeaker_is_played_through_alsa_s_own_conversions";
    let Some(folder) = under(test, configuration, &[]) else { return };
    let mut speaker = Speaker::open(settings("speaker", 1), 10).unwrap();
    let watch = speaker.watch();
    assert!(eventually(|| matches!(watch.standing().state, State::Running { .. })));
    let said: Vec<i16> = tone(500.0, 8_000.0, 24_000).collect();
    let mut blocks = said.chunks(BLOCK);
    eventually(|| blocks.next().map(|block| speaker.write(block)).is_none());
    drop(speaker);
    // The file is whole when the device's thread has closed it.
    let mut found = f64::NAN;
    let heard = eventually(|| {
        let Ok(mut wav) = hound::WavReader::open(folder.join("out.wav")) else { return false };
        let left: Vec<i16> = wav.samples::<i16>().map_while(Result::ok).step_by(2).collect();
        found = impurity_db(&left, 500.0, 44_100.0);
        wav.spec().sample_rate == 44_100 && found < -30.0
    });
    assert!(heard, "{found} dB");
}

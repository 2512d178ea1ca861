//! Each detector beside libspandsp's, on the same audio in the same run: cost, hits, false alarms.

use crate::{Done, load, table};
use call::Side;
use dsp::caller_id::CallerIdReceiver;
use dsp::dtmf::DtmfDetector;
use dsp::fsk::FskStandard;
use dsp::plan::Country;
use dsp::progress::{ProgressDetector, Stage};
use exchange::VoiceFolder;
use spandsp_oracle::trials::{self, SEED, Score};
use spandsp_oracle::{CallProgress, CallerId, Dtmf};
use std::hint::black_box;

/// Blocks of 10 ms, as a line gives them.
const BLOCK: usize = 80;

/// False alarms of one side, and its cost.
struct Showing {
    imagined: usize,
    cost: f64,
}

/// All detectors.
pub fn main(folder: &VoiceFolder) -> Done {
    let speech = speech(folder);
    table::heading(
        "detectors, one channel: ours / libspandsp's on the same audio",
        &format!(
            "cost on {} s of telephone speech in blocks of 10 ms; seed {SEED}",
            speech.len() / 8000
        ),
    );
    if !spandsp_oracle::PRESENT {
        println!("  libspandsp is not installed: ours stand alone");
    }
    dtmf(&speech);
    caller_identity(&speech);
    call_progress(&speech);
    Ok(())
}

/// All recordings, one behind the other, agents' and customers'.
pub fn speech(folder: &VoiceFolder) -> Vec<i16> {
    [Side::Agent, Side::Customer].into_iter().flat_map(|side| of(folder, side)).collect()
}

/// All that one side says.
pub fn of(folder: &VoiceFolder, side: Side) -> Vec<i16> {
    let turns = folder.conversations.iter().flat_map(|conversation| &conversation.turns);
    turns
        .filter(|turn| turn.speaker == side)
        .filter_map(|turn| folder.voices.named(&turn.file))
        .flat_map(|samples| samples.iter().copied())
        .collect()
}

/// Seconds of processor time for a second of audio.
pub fn cost(samples: &[i16], mut push: impl FnMut(&[i16])) -> f64 {
    let seconds = load::cpu_seconds(|| {
        for block in samples.chunks_exact(BLOCK) {
            push(black_box(block));
        }
    });
    seconds * 8000.0 / samples.len().max(1) as f64
}

fn print(what: &str, heard: &[Score], speech: &[i16], ours: &Showing, theirs: Option<&Showing>) {
    let cost = |side: &Showing| format!("{:.2} µs/block", side.cost * 1e4);
    let imagined = |side: &Showing| format!("{} in {} s", side.imagined, speech.len() / 8000);
    let all = trials::total(heard);
    let hits = |hits: usize| format!("{hits} of {}", all.sent);
    let beside = theirs.map_or(String::new(), |theirs| {
        format!("{} — {:.2} × theirs", cost(theirs), ours.cost / theirs.cost)
    });
    table::row(&format!("{what}: cost"), cost(ours), beside);
    table::row(&format!("{what}: heard"), hits(all.ours), all.theirs.map_or(String::new(), hits));
    let alone: Vec<&Score> =
        heard.iter().filter(|score| all.theirs.is_some() && score.theirs.is_none()).collect();
    if !alone.is_empty() {
        let (mine, sent) =
            alone.iter().fold((0, 0), |(mine, sent), score| (mine + score.ours, sent + score.sent));
        let what = format!("{what}: heard, softer");
        table::row(&what, format!("{mine} of {sent}"), "theirs is not made for these levels");
    }
    let beside = theirs.map_or(String::new(), imagined);
    table::row(&format!("{what}: imagined"), imagined(ours), beside);
}

fn dtmf(speech: &[i16]) {
    let mut detector = DtmfDetector::new();
    let spent = cost(speech, |block| detector.push(block));
    let imagined = std::iter::from_fn(|| detector.next_digit()).count();
    let ours = Showing { imagined, cost: spent };
    let theirs = Dtmf::new().map(|mut theirs| {
        let spent = cost(speech, |block| theirs.push(block));
        Showing { imagined: theirs.digits().len(), cost: spent }
    });
    print("DTMF", &trials::digits(), speech, &ours, theirs.as_ref());
}

fn caller_identity(speech: &[i16]) {
    // Ours listens for both standards, and for DTMF identities; the library needs one receiver for
    // each, and its DTMF receiver.
    let mut receiver = CallerIdReceiver::new();
    let spent = cost(speech, |block| receiver.push(block));
    let imagined = std::iter::from_fn(|| receiver.next_message()).count();
    let ours = Showing { imagined, cost: spent };
    let fsk = [FskStandard::Bell202, FskStandard::V23].map(CallerId::new);
    let theirs = match (fsk, Dtmf::new()) {
        ([Some(mut bell), Some(mut v23)], Some(mut dtmf)) => {
            let spent = cost(speech, |block| {
                bell.push(block);
                v23.push(block);
                dtmf.push(block);
            });
            let imagined = bell.messages().len() + v23.messages().len();
            Some(Showing { imagined, cost: spent })
        }
        _ => None,
    };
    let heard = trials::caller_identities();
    print("caller identity, both FSK and DTMF", &heard, speech, &ours, theirs.as_ref());
}

fn call_progress(speech: &[i16]) {
    let country = Country::China;
    let mut detector = ProgressDetector::new(country);
    detector.set_stage(Stage::AfterDialling);
    let spent = cost(speech, |block| detector.push(block));
    let imagined = trials::busy_of_ours(&mut detector).len();
    let ours = Showing { imagined, cost: spent };
    let theirs = CallProgress::new(country).map(|mut theirs| {
        let spent = cost(speech, |block| theirs.push(block));
        Showing { imagined: trials::busy_of_theirs(&mut theirs).len(), cost: spent }
    });
    let heard = trials::busy_tones(country);
    print("call progress", &heard, speech, &ours, theirs.as_ref());
}

//! What a call's frames say: its entries, its audio, and a record of a call that nobody closed.

use crate::disk::Disk;
use crate::error::ReadError;
use crate::frame::{Frame, Kind, Position};
use crate::rings::Rings;
use crate::segment;
use call::{
    AudioTrack, CallId, Cdr, Codec, Record, Samples, Side, Software, SpeechState, Utterance, entry,
};
use std::path::Path;
use vault::CallKey;

/// One of a call's frames, in clear.
#[derive(Clone, Debug, PartialEq)]
pub enum CallEntry {
    /// The call was opened.
    Opened(entry::Opened),
    /// Audio of one side.
    Audio(entry::Audio),
    /// A leg told something.
    Event(entry::Event),
    /// Something was said.
    Utterance(Utterance),
    /// The record at release, or a later revision of it.
    Record(Box<Record>),
}

/// One side's audio from the call's sample zero to its end, without a hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideAudio {
    /// Whose.
    pub side: Side,
    /// How `octets` is coded.
    pub codec: Codec,
    /// One octet a sample; silence where nothing was kept.
    pub octets: Vec<u8>,
    /// Where nothing was kept, in order.
    pub gaps: Vec<Gap>,
}

/// Samples that are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first one missing.
    pub at: Samples,
    /// How many.
    pub length: Samples,
}

/// Decodes the frames of a call, in order. Frames that are damaged are left out.
pub(crate) fn entries(frames: &[Vec<u8>], key: &CallKey) -> Vec<CallEntry> {
    frames.iter().filter_map(|bytes| open_entry(&Frame::parse(bytes).ok()?, key)).collect()
}

/// One frame's entry, if it is a call's, opens, and parses.
pub(crate) fn open_entry(frame: &Frame<'_>, key: &CallKey) -> Option<CallEntry> {
    if !frame.header.kind.under_call_key() {
        return None;
    }
    let body = frame.open(key).ok()?;
    match frame.header.kind {
        Kind::Opened => whole(&body).map(CallEntry::Opened),
        Kind::Audio => audio(&body).map(CallEntry::Audio),
        Kind::Event => whole(&body).map(CallEntry::Event),
        Kind::Utterance => whole(&body).map(CallEntry::Utterance),
        Kind::Closed | Kind::Revised => {
            Record::decode(&body).ok().map(|record| CallEntry::Record(Box::new(record)))
        }
        _ => None,
    }
}

/// `whole(body)` at memory speed: postcard reads a vector octet by octet.
fn audio(body: &[u8]) -> Option<entry::Audio> {
    let (head, payload) = postcard::take_from_bytes::<(Side, Samples, Codec, usize)>(body).ok()?;
    let (side, at, codec, length) = head;
    (payload.len() == length).then(|| entry::Audio { side, at, codec, payload: payload.to_vec() })
}

/// One value, and nothing behind it.
fn whole<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Some(value),
        _ => None,
    }
}

/// The tracks that audio entries make up.
pub fn tracks<'a>(audio: impl Iterator<Item = &'a entry::Audio> + Clone) -> Vec<AudioTrack> {
    let mut tracks = Vec::new();
    for side in [Side::Agent, Side::Customer] {
        let mut of_side: Vec<&entry::Audio> =
            audio.clone().filter(|audio| audio.side == side).collect();
        of_side.sort_by_key(|audio| audio.at);
        let Some(first) = of_side.first() else { continue };
        let (mut samples, mut missing, mut end) = (0, 0, first.at.0);
        for audio in &of_side {
            let length = audio.payload.len() as u64;
            let until = audio.at.0.saturating_add(length);
            missing += audio.at.0.saturating_sub(end);
            // What overlaps with audio already there counts once.
            samples += until.saturating_sub(audio.at.0.max(end)).min(length);
            end = end.max(until);
        }
        tracks.push(AudioTrack { side, codec: first.codec, start: first.at, samples, missing });
    }
    tracks
}

/// The longest call whose audio is laid out in memory: 24 hours. A gap beyond comes of damage.
const LONGEST: u64 = 24 * 60 * 60 * 8000;

/// Both sides' audio, laid out from sample zero to the later end of the two.
pub(crate) fn sides(entries: &[CallEntry]) -> Vec<SideAudio> {
    let audio = || {
        entries.iter().filter_map(|entry| match entry {
            CallEntry::Audio(audio) if audio.at.0 < LONGEST => Some(audio),
            _ => None,
        })
    };
    let end = audio().map(|audio| audio.at.0 + audio.payload.len() as u64).max().unwrap_or(0);
    let mut sides = Vec::new();
    for side in [Side::Agent, Side::Customer] {
        let mut of_side: Vec<&entry::Audio> = audio().filter(|audio| audio.side == side).collect();
        of_side.sort_by_key(|audio| audio.at);
        let Some(first) = of_side.first() else { continue };
        let codec = first.codec;
        let mut octets: Vec<u8> = Vec::with_capacity(end as usize);
        let mut gaps = Vec::new();
        for audio in of_side.iter().filter(|audio| audio.codec == codec) {
            let have = octets.len() as u64;
            fill(&mut octets, audio.at.0, codec, &mut gaps);
            // An overlap keeps what came first.
            let from = have.saturating_sub(audio.at.0) as usize;
            octets.extend_from_slice(audio.payload.get(from..).unwrap_or_default());
        }
        fill(&mut octets, end, codec, &mut gaps);
        sides.push(SideAudio { side, codec, octets, gaps });
    }
    sides
}

fn fill(octets: &mut Vec<u8>, until: u64, codec: Codec, gaps: &mut Vec<Gap>) {
    let have = octets.len() as u64;
    if until > have {
        gaps.push(Gap { at: Samples(have), length: Samples(until - have) });
        // G.711's octet for the level next to zero.
        let silence = match codec {
            Codec::ALaw => 0xd5,
            Codec::MuLaw => 0xff,
        };
        octets.resize(until as usize, silence);
    }
}

/// The record of a call that nobody closed: what its opening, events and audio say.
pub(crate) fn record(
    disk: &dyn Disk,
    dir: &Path,
    rings: &Rings,
    call: CallId,
    (opened, tail): (Position, Position),
    software: &Software,
) -> Result<Record, ReadError> {
    let key = rings.key(call).map_err(|error| ReadError::Key { call, error })?;
    let frames = segment::frames_of(disk, dir, call, opened, tail)?;
    let entries = entries(&frames, &key);
    let begun = entries.iter().find_map(|entry| match entry {
        CallEntry::Opened(opened) => Some(opened),
        _ => None,
    });
    let Some(begun) = begun else {
        return Err(ReadError::Damaged { call, segment: opened.segment, offset: opened.offset });
    };
    let mut events = Vec::new();
    let mut audio = Vec::new();
    let mut end = Samples::ZERO;
    for entry in &entries {
        match entry {
            CallEntry::Event(event) => {
                end = end.max(event.at);
                events.push(event.clone());
            }
            CallEntry::Audio(piece) => {
                end = end.max(piece.at + Samples(piece.payload.len() as u64));
                audio.push(piece);
            }
            _ => {}
        }
    }
    let tracks = tracks(audio.iter().copied());
    Ok(Record {
        call,
        device: begun.device,
        revision: 0,
        cdr: Cdr::of(begun, &events, end),
        speech: if tracks.is_empty() { SpeechState::NothingSaid } else { SpeechState::Pending },
        audio: tracks,
        utterances: Vec::new(),
        findings: None,
        software: software.clone(),
        models: Vec::new(),
    })
}

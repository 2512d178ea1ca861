//! One entry for each parser that bytes from outside can reach.
//!
//! An entry takes any bytes, never panics, and says whether it took them for what it reads. The fuzz
//! targets beside this crate (`../fuzz_targets`) and this crate's own test call the same entries, so
//! that the seeds in `../corpus` are held to it in every run of the tests, without a fuzzer.

use call::entry::Unrecorded;
use call::record::Record;
use call::{Codec, WallTime};
use dsp::caller_id::{self, CallerIdReceiver};
use insight::{Insight, jsonl};
use journal::frame::{Frame, Piece, pieces};
use journal::mark::Mark;
use journal::pruned::Pruned;
use speech::protocol;
use std::sync::LazyLock;
use vault::{DeviceKey, MasterKey, envelope, receipt, ring};

/// An entry and its name, which is its target's and its corpus' too.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name.
    pub name: &'static str,
    /// The parser: `true` if the bytes were what it reads.
    pub run: fn(&[u8]) -> bool,
}

/// Every entry.
pub const ENTRIES: &[Entry] = &[
    Entry { name: "caller_id", run: caller_id },
    Entry { name: "caller_id_digits", run: caller_id_digits },
    Entry { name: "caller_id_sound", run: caller_id_sound },
    Entry { name: "line_facts", run: line_facts },
    Entry { name: "record", run: record },
    Entry { name: "envelope", run: envelope },
    Entry { name: "receipt", run: receipt },
    Entry { name: "enrolment", run: enrolment },
    Entry { name: "key_file", run: key_file },
    Entry { name: "ring", run: ring },
    Entry { name: "segment", run: segment },
    Entry { name: "pruned", run: pruned },
    Entry { name: "mark", run: mark },
    Entry { name: "unrecorded", run: unrecorded },
    Entry { name: "speech_protocol", run: speech_protocol },
    Entry { name: "wave", run: wave },
    Entry { name: "office", run: office },
    Entry { name: "conversation", run: conversation },
    Entry { name: "board", run: board },
    Entry { name: "understand", run: understand },
    Entry { name: "words", run: words },
    Entry { name: "ct2", run: ct2 },
    Entry { name: "npy", run: npy },
    Entry { name: "tokens", run: tokens },
];

/// Octets of a caller's identity as FSK carries them (EN 300 659-3, GR-30): as they are, and once
/// more with the checksum made right, past which random octets never get.
pub fn caller_id(bytes: &[u8]) -> bool {
    let as_they_are = caller_id::parse(bytes).is_ok();
    if let Some((_, front)) = bytes.split_last() {
        let sum = front.iter().fold(0u8, |sum, octet| sum.wrapping_add(*octet));
        let mut mended = front.to_vec();
        mended.push(sum.wrapping_neg());
        return caller_id::parse(&mended).is_ok() && as_they_are;
    }
    as_they_are
}

/// Digits of a caller's identity as DTMF carries them.
pub fn caller_id_digits(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|digits| caller_id::parse_dtmf(digits).is_some())
}

/// Sound in A-law, listened to for FSK and DTMF.
pub fn caller_id_sound(bytes: &[u8]) -> bool {
    let mut samples = vec![0; bytes.len()];
    dsp::g711::decode(Codec::ALaw, bytes, &mut samples);
    let mut receiver = CallerIdReceiver::new();
    receiver.push(&samples);
    std::iter::from_fn(|| receiver.next_message()).count() > 0
}

/// The file of what lines have shown; what is read is written again as the same facts.
pub fn line_facts(bytes: &[u8]) -> bool {
    let Ok(file) = fxo::FactsFile::parse(bytes) else { return false };
    assert_eq!(fxo::FactsFile::parse(&file.to_bytes()), Ok(file), "line facts change");
    true
}

/// A record's bytes; what is read has to be written again as it was read.
pub fn record(bytes: &[u8]) -> bool {
    let Ok(record) = Record::decode(bytes) else { return false };
    let again = Record::decode(&record.encode());
    assert!(again.is_ok_and(|again| again.encode() == record.encode()), "a record changes");
    true
}

/// An envelope at headquarters.
pub fn envelope(bytes: &[u8]) -> bool {
    envelope::fuzz(bytes);
    envelope::Unverified::parse(bytes).is_ok()
}

/// A receipt at the branch: whether it has a receipt's length, for the signature decides the rest.
pub fn receipt(bytes: &[u8]) -> bool {
    receipt::fuzz(bytes);
    bytes.len() == receipt::LENGTH
}

/// `enrolment.toml` and `device.toml`.
pub fn enrolment(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|text| {
        vault::enrol::Enrolment::from_toml(text).is_ok()
            || vault::enrol::DeviceCard::from_toml(text).is_ok()
    })
}

/// The files in `keys/`.
pub fn key_file(bytes: &[u8]) -> bool {
    DeviceKey::from_file(bytes).is_ok() | MasterKey::from_file(bytes).is_ok()
}

/// A day's ring.
pub fn ring(bytes: &[u8]) -> bool {
    ring::parse_any(bytes)
}

/// A journal's segment. Its pieces have to cover it from end to end, each octet once.
pub fn segment(bytes: &[u8]) -> bool {
    // Whether there is a header does not matter here.
    let _ = Frame::header(bytes);
    let (mut reached, mut frames) = (0, 0);
    for piece in pieces(bytes, 0) {
        let (from, to) = match piece {
            Piece::Frame(at, frame) => {
                frames += 1;
                (at, at + frame.len())
            }
            Piece::Damage { from, to, .. } => (from, to),
        };
        assert!(from == reached && to > from, "the pieces of a segment do not meet at {reached}");
        reached = to;
    }
    assert_eq!(reached, bytes.len(), "the pieces of a segment do not reach its end");
    frames > 0
}

/// What was given back of a segment; what is read is written again as it was read.
pub fn pruned(bytes: &[u8]) -> bool {
    let Some(pruned) = Pruned::decode(bytes) else { return false };
    assert_eq!(Pruned::decode(&pruned.encode()), Some(pruned), "a file changes");
    true
}

/// How far a journal has got, as the device of the seeds has signed it.
pub fn mark(bytes: &[u8]) -> bool {
    let device = DeviceKey::from_seed(&[1; 32]);
    let Some(mark) = Mark::from_file(bytes, &device.public()) else { return false };
    assert_eq!(mark.to_file(&device), bytes, "a mark changes");
    true
}

/// A call without a record, at headquarters.
pub fn unrecorded(bytes: &[u8]) -> bool {
    let Some(unrecorded) = Unrecorded::decode(bytes) else { return false };
    let again = Unrecorded::decode(&unrecorded.encode());
    assert_eq!(again, Some(unrecorded), "what is said of a call without a record changes");
    true
}

/// Both directions of the pipe between the appliance and `tipring-asr`. The version is made ours: the
/// parsers behind it are what is of interest.
pub fn speech_protocol(bytes: &[u8]) -> bool {
    let mut frame = bytes.to_vec();
    if let Some(version) = frame.get_mut(4) {
        *version = protocol::VERSION;
    }
    let (mut to, mut from) = (frame.as_slice(), frame.as_slice());
    protocol::read::<protocol::Request>(&mut to).is_ok_and(|message| message.is_some())
        | protocol::read::<protocol::Reply>(&mut from).is_ok_and(|message| message.is_some())
}

/// A WAV file, by the reader of `tipring transcribe` and by that of the exchange.
pub fn wave(bytes: &[u8]) -> bool {
    speech::wave::read(bytes).is_ok() | exchange::read_wav(bytes).is_ok()
}

/// An office's description.
pub fn office(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|text| exchange::office::Office::parse(text).is_ok())
}

/// A board's profile.
pub fn board(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|text| board::Profile::parse(text, "board.toml").is_ok())
}

/// A spoken conversation's description.
pub fn conversation(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|text| exchange::Conversation::parse(text).is_ok())
}

/// A line of `tipring understand`: parsed, understood, answered. The answer is one line.
pub fn understand(bytes: &[u8]) -> bool {
    static INSIGHT: LazyLock<Option<Insight>> = LazyLock::new(|| Insight::built_in().ok());
    let Ok(line) = str::from_utf8(bytes) else { return false };
    let insight = INSIGHT.as_ref();
    assert!(insight.is_some(), "the built-in model loads");
    if let Some(insight) = insight {
        let answer = jsonl::answer(insight, line);
        assert!(!answer.contains('\n'), "an answer is one line");
    }
    jsonl::parse(line).is_ok()
}

/// A turn's words: numbers found and masked, times found and put on the wall. What is sensitive has
/// to be gone where it was masked.
pub fn words(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let start = WallTime { unix_ms: 1_772_417_700_000, offset_min: 480 };
    let found = insight::sensitive::find(text);
    let masked = insight::masked(text);
    assert!(insight::sensitive::find(&masked).is_empty(), "masking leaves a sensitive number");
    let mentions = insight::when::mentions(text);
    for mention in &mentions {
        assert!(text.get(mention.start..mention.end).is_some(), "a mention is a part of its text");
        // A time that no calendar has is no time.
        let _ = mention.resolve(start);
    }
    !(found.is_empty() && mentions.is_empty())
}

/// A CTranslate2 model.
pub fn ct2(bytes: &[u8]) -> bool {
    models::ct2::Model::read(bytes).is_ok()
}

/// A NumPy array, bare or in its archive.
pub fn npy(bytes: &[u8]) -> bool {
    models::npy::read_npy(bytes).is_ok() | models::npy::read_npz(bytes, "mel_80").is_ok()
}

/// A `.tiktoken` vocabulary.
pub fn tokens(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|text| models::tokens::read(text).is_ok())
}

//! The bytes: golden files, and bytes of every other kind.

use crate::common::{audio, call_id};
use call::{Samples, Side};
use journal::frame::{Chain, Draft, Frame, FrameError, HEADER, Kind, Piece, Position, pieces};
use journal::mark::Mark;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vault::{CallKey, DeviceKey};

fn key() -> CallKey {
    CallKey::from_bytes(&[0x11; 32])
}

/// Two frames as they stand in a segment.
fn two_frames() -> Vec<u8> {
    let mut chain = Chain {
        salt: 0x0403_0201,
        sequence: 7,
        previous: [0xee; 32],
        next: Position { segment: 1, offset: 0x1000 },
        begins_commit: true,
    };
    let mut bytes = Vec::new();
    let draft = Draft {
        kind: Kind::Audio,
        revision: 0,
        call: call_id(1),
        delivery: 0,
        back: Position { segment: 1, offset: 0x0800 },
    };
    let at = chain
        .seal(&mut bytes, &key(), draft, |out| journal::audio_into(&audio(Side::Agent, 3), out))
        .unwrap();
    assert_eq!(at, Position { segment: 1, offset: 0x1000 });
    let draft = Draft { kind: Kind::Closed, delivery: 5, back: at, ..draft };
    chain.seal(&mut bytes, &key(), draft, |out| out.extend_from_slice(b"a record")).unwrap();
    bytes
}

#[test]
fn the_mark_is_these_bytes_and_no_others() {
    let (mark, key) = (Mark { sequence: 7, last: [0xab; 32] }, DeviceKey::from_seed(&[1; 32]));
    let bytes = mark.to_file(&key);
    let mut front = b"TPJM\x01\x07\0\0\0\0\0\0\0".to_vec();
    front.extend_from_slice(&[0xab; 32]);
    assert_eq!(bytes[..45], front);
    assert_eq!(Mark::from_file(&bytes, &key.public()), Some(mark));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert_eq!(Mark::from_file(&changed, &key.public()), None, "octet {at}");
        assert_eq!(Mark::from_file(&bytes[..at], &key.public()), None, "{at} octets");
    }
}

#[test]
fn frames_are_these_bytes() {
    let golden = include_bytes!("../golden/frames-v1.bin");
    assert!(two_frames() == golden, "the frame format has changed: give it another version");
    let mut found = pieces(golden, 0);
    let Some(Piece::Frame(0, first)) = found.next() else { panic!("no frame") };
    let Some(Piece::Frame(at, second)) = found.next() else { panic!("no second frame") };
    assert!(found.next().is_none());
    assert_eq!(at, first.len());
    assert_eq!(second.header.previous, first.hash());
    assert_eq!((second.header.sequence, second.header.delivery), (8, 5));
    assert!(first.header.begins_commit && !second.header.begins_commit);
    assert_eq!(second.open(&key()).unwrap(), b"a record");
    assert_eq!(
        postcard::from_bytes::<call::entry::Audio>(&first.open(&key()).unwrap()).unwrap(),
        audio(Side::Agent, 3)
    );
    assert_eq!(HEADER, 96);
}

#[test]
fn audio_written_fast_is_what_postcard_writes() {
    for (side, at) in [(Side::Agent, 0), (Side::Customer, 127), (Side::Agent, u64::MAX)] {
        for codec in [call::Codec::ALaw, call::Codec::MuLaw] {
            for length in [0, 1, 127, 128, 800, 20_000] {
                let payload = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
                let audio = call::entry::Audio { side, at: Samples(at), codec, payload };
                let mut fast = vec![9];
                journal::audio_into(&audio, &mut fast);
                assert_eq!(fast[1..], postcard::to_allocvec(&audio).unwrap());
            }
        }
    }
}

#[test]
fn every_cut_of_a_frame_is_short_and_every_changed_octet_is_noticed() {
    let bytes = two_frames();
    let first = Frame::parse(&bytes).unwrap().len();
    for end in 0..first {
        assert_eq!(Frame::parse(&bytes[..end]).unwrap_err(), FrameError::Short, "cut at {end}");
    }
    for at in 0..first {
        let mut changed = bytes.clone();
        changed[at] ^= 0x20;
        assert!(Frame::parse(&changed).is_err(), "octet {at}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_pieces_that_cover_them_all(
        bytes in proptest::collection::vec(any::<u8>(), 0..2000),
        cut in 0_usize..3000,
        flip in 0_usize..3000,
    ) {
        let mut mixed = two_frames();
        mixed.truncate(cut);
        mixed.extend_from_slice(&bytes);
        mixed.extend_from_slice(&two_frames());
        if let Some(octet) = mixed.get_mut(flip) {
            *octet ^= 0x04;
        }
        let mut at = 0;
        for piece in pieces(&mixed, 0) {
            match piece {
                Piece::Frame(from, frame) => {
                    prop_assert_eq!(from, at);
                    at += frame.len();
                }
                Piece::Damage { from, to, .. } => {
                    prop_assert_eq!(from, at);
                    prop_assert!(to > from);
                    at = to;
                }
            }
        }
        prop_assert_eq!(at, mixed.len());
    }
}

#[test]
fn lengths_that_no_frame_has_are_refused_before_anything_is_read() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    for _ in 0..2000 {
        let mut bytes = two_frames();
        let length: u32 = random.random();
        bytes[8..12].copy_from_slice(&length.to_le_bytes());
        match Frame::parse(&bytes) {
            Ok(_) => panic!("a length of {length} was believed"),
            Err(FrameError::Length(found)) => assert_eq!(found, length),
            Err(FrameError::Short | FrameError::Crc) => {
                assert!((16..=8 << 20).contains(&length));
            }
            Err(other) => panic!("{other}"),
        }
    }
}

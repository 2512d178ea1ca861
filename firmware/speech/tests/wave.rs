//! WAV files as they come, whole, cut off and damaged.

#![allow(clippy::unwrap_used)] // Tests, though not all of it stands in a #[test].

use proptest::prelude::*;
use speech::wave::{self, WaveError};

/// A WAV file with one odd chunk before its audio.
fn file(code: u16, channels: u16, rate: u32, bits: u16, audio: &[u8]) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WAVEnote\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
    bytes.extend(code.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend([0; 6]);
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((audio.len() as u32).to_le_bytes());
    bytes.extend(audio);
    bytes
}

#[test]
fn agent_is_left_and_customer_right() {
    let wave = wave::read(&file(1, 2, 8000, 16, &[1, 0, 2, 0, 3, 0, 4, 0])).unwrap();
    assert_eq!(wave.channels, [[1, 3], [2, 4]]);
}

#[test]
fn both_laws_are_read_and_a_cut_off_file_ends_where_it_ends() {
    let whole = file(6, 1, 8000, 8, &[0xd5; 100]);
    assert_eq!(wave::read(&whole).unwrap().channels[0], [8; 100]);
    assert_eq!(wave::read(&whole[..whole.len() - 40]).unwrap().channels[0], [8; 60]);
    assert_eq!(wave::read(&file(7, 1, 8000, 8, &[0xff; 3])).unwrap().channels[0], [0; 3]);
}

#[test]
fn what_cannot_be_heard_is_named() {
    assert_eq!(wave::read(b"not a wave file"), Err(WaveError::NoWave));
    assert_eq!(wave::read(b"RIFF\0\0\0\0WAVE"), Err(WaveError::NoFormat));
    assert_eq!(
        wave::read(&file(3, 1, 8000, 32, &[])),
        Err(WaveError::Coding { code: 3, bits: 32 })
    );
    assert_eq!(wave::read(&file(1, 1, 44_100, 16, &[])), Err(WaveError::Rate(44_100)));
    assert_eq!(wave::read(&file(1, 6, 8000, 16, &[])), Err(WaveError::Channels(6)));
    let mut headless = file(1, 1, 8000, 16, &[]);
    headless.truncate(headless.len() - 8);
    assert_eq!(wave::read(&headless), Err(WaveError::NoAudio));
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic_or_hear_more_than_there_is(
        changes in prop::collection::vec((0usize..120, any::<u8>()), 0..6), cut in 0usize..120,
    ) {
        let mut bytes = file(1, 2, 8000, 16, &[7; 48]);
        for (at, octet) in changes {
            let at = at % bytes.len();
            bytes[at] = octet;
        }
        bytes.truncate(cut);
        if let Ok(wave) = wave::read(&bytes) {
            let samples: usize = wave.channels.iter().map(Vec::len).sum();
            prop_assert!(samples <= bytes.len());
        }
    }
}

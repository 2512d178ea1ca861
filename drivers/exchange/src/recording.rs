//! A recording: RIFF/WAVE, one channel at 8 kHz, as A-law, µ-law or linear 16-bit.
//!
//! ```text
//! offset  size  field (little-endian)
//!      0     4  "RIFF"
//!      4     4  size of what follows
//!      8     4  "WAVE"
//!     12     …  chunks: 4 bytes name, 4 bytes size, body, one pad byte if the size is odd
//! fmt : u16 tag (1 PCM, 6 A-law, 7 µ-law), u16 channels (1), u32 rate (8000), u32 bytes a second,
//!       u16 block, u16 bits
//! data: the samples
//! ```
//!
//! A `data` chunk that claims more than the file has is taken as far as it goes: recorders that
//! were cut off leave such files behind.

use call::Codec;
use dsp::g711;
use std::sync::Arc;

/// Why bytes are no recording that can be played on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    /// No RIFF/WAVE header.
    #[error("this is no WAV file: it does not start with RIFF and WAVE")]
    NotWav,
    /// A chunk is missing.
    #[error("the WAV file has no {0} chunk")]
    Missing(&'static str),
    /// A coding that is not one of the three.
    #[error(
        "WAV format tag {tag} with {bits} bits; a line plays PCM of 16 bits (1), A-law (6) and µ-law (7)"
    )]
    Coding {
        /// The format tag.
        tag: u16,
        /// Bits a sample.
        bits: u16,
    },
    /// Not one channel at 8 kHz.
    #[error(
        "{channels} channels at {rate} Hz; a line plays one channel at 8000 Hz: convert the file"
    )]
    Shape {
        /// Channels.
        channels: u16,
        /// Sampling rate in Hz.
        rate: u32,
    },
}

/// Reads a WAV file's bytes into linear samples at 8 kHz.
pub fn read_wav(bytes: &[u8]) -> Result<Arc<[i16]>, WavError> {
    let body = match bytes.split_at_checked(12) {
        Some((head, body)) if &head[..4] == b"RIFF" && &head[8..] == b"WAVE" => body,
        _ => return Err(WavError::NotWav),
    };
    let format = chunk(body, b"fmt ").ok_or(WavError::Missing("fmt"))?;
    let data = chunk(body, b"data").ok_or(WavError::Missing("data"))?;
    let &[t0, t1, c0, c1, r0, r1, r2, r3, _, _, _, _, _, _, b0, b1, ..] = format else {
        return Err(WavError::Missing("fmt"));
    };
    let (tag, bits) = (u16::from_le_bytes([t0, t1]), u16::from_le_bytes([b0, b1]));
    let channels = u16::from_le_bytes([c0, c1]);
    let rate = u32::from_le_bytes([r0, r1, r2, r3]);
    if channels != 1 || rate != call::SAMPLE_RATE {
        return Err(WavError::Shape { channels, rate });
    }
    match (tag, bits) {
        (6, 8) => Ok(expand(Codec::ALaw, data)),
        (7, 8) => Ok(expand(Codec::MuLaw, data)),
        (1, 16) => {
            let pairs = data.chunks_exact(2);
            Ok(pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
        }
        (tag, bits) => Err(WavError::Coding { tag, bits }),
    }
}

fn expand(codec: Codec, octets: &[u8]) -> Arc<[i16]> {
    let mut samples = vec![0; octets.len()];
    g711::decode(codec, octets, &mut samples);
    samples.into()
}

/// The body of the first chunk of a name, as far as the bytes go.
fn chunk<'a>(mut body: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    loop {
        let (head, rest) = body.split_at_checked(8)?;
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let here = rest.get(..size).unwrap_or(rest);
        if &head[..4] == name {
            return Some(here);
        }
        body = rest.get(size.checked_add(size & 1)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wav(tag: u16, channels: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        bytes.extend(tag.to_le_bytes());
        bytes.extend(channels.to_le_bytes());
        bytes.extend(rate.to_le_bytes());
        bytes.extend([0; 6]);
        bytes.extend(bits.to_le_bytes());
        bytes.extend(b"data");
        bytes.extend((data.len() as u32).to_le_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn three_codings_play() {
        let linear = read_wav(&wav(1, 1, 8000, 16, &[1, 0, 0xff, 0xff, 9])).unwrap();
        assert_eq!(*linear, [1, -1], "an odd byte at the end is no sample");
        assert_eq!(*read_wav(&wav(6, 1, 8000, 8, &[0xd5, 0x55])).unwrap(), [8, -8]);
        assert_eq!(*read_wav(&wav(7, 1, 8000, 8, &[0xff, 0x80])).unwrap(), [0, 32_124]);
    }

    #[test]
    fn a_file_cut_short_plays_as_far_as_it_goes() {
        let whole = wav(6, 1, 8000, 8, &[0xd5; 100]);
        assert_eq!(read_wav(&whole[..whole.len() - 60]).unwrap().len(), 40);
    }

    #[test]
    fn what_a_line_cannot_play_is_refused_with_a_sentence() {
        assert_eq!(read_wav(b"RIFF"), Err(WavError::NotWav));
        assert_eq!(read_wav(b"{\"id\": \"no recording\"}"), Err(WavError::NotWav));
        assert_eq!(
            read_wav(&wav(1, 2, 44_100, 16, &[])),
            Err(WavError::Shape { channels: 2, rate: 44_100 })
        );
        assert_eq!(read_wav(&wav(85, 1, 8000, 0, &[])), Err(WavError::Coding { tag: 85, bits: 0 }));
        let headless = wav(1, 1, 8000, 16, &[]);
        assert_eq!(read_wav(&headless[..30]), Err(WavError::Missing("fmt")));
        assert_eq!(read_wav(&headless[..48]), Err(WavError::Missing("data")));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(at in 0usize..60, bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut file = wav(6, 1, 8000, 8, &[0xd5; 20]);
            file.truncate(at);
            file.extend(bytes);
            if let Ok(samples) = read_wav(&file) {
                prop_assert!(samples.len() <= file.len());
            }
        }
    }
}

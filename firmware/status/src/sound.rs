//! A call's audio as browsers play it: a WAV file of two channels, agent left, customer right,
//! 16-bit linear at 8 kHz, made piece by piece; and its peaks for drawing.

use crate::Sound;
use call::{Codec, SAMPLE_RATE};
use std::ops::Range;

/// Bytes before the first sample.
pub(crate) const HEAD: u64 = 44;
/// Bytes of one instant: two channels of 16 bits.
const FRAME: u64 = 4;

/// Both sides of a call.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Stereo {
    /// Left.
    pub(crate) agent: Option<Sound>,
    /// Right.
    pub(crate) customer: Option<Sound>,
}

impl Stereo {
    /// Instants, by the longer side.
    pub(crate) fn samples(&self) -> u64 {
        let length = |side: &Option<Sound>| side.as_ref().map_or(0, |side| side.payload.len());
        // A WAV file counts its bytes in 32 bits: 37 hours of two channels.
        (length(&self.agent).max(length(&self.customer)) as u64)
            .min((u64::from(u32::MAX) - HEAD) / FRAME)
    }

    /// Bytes that it takes in memory.
    pub(crate) fn kept(&self) -> usize {
        [&self.agent, &self.customer].into_iter().flatten().map(|side| side.payload.len()).sum()
    }

    /// Bytes of the whole file.
    pub(crate) fn length(&self) -> u64 {
        HEAD + self.samples() * FRAME
    }

    /// Some of the file's bytes; what lies beyond its end is left out.
    pub(crate) fn bytes(&self, range: Range<u64>) -> Vec<u8> {
        let range = range.start.min(self.length())..range.end.min(self.length());
        let mut bytes = Vec::with_capacity(range.end.saturating_sub(range.start) as usize + 8);
        if range.start < HEAD {
            let head = self.head();
            bytes.extend_from_slice(&head[range.start as usize..range.end.min(HEAD) as usize]);
        }
        let body = range.start.max(HEAD) - HEAD..range.end.max(HEAD) - HEAD;
        let instants = body.start / FRAME..body.end.div_ceil(FRAME);
        let from = bytes.len();
        for instant in instants.clone() {
            bytes.extend_from_slice(&linear(&self.agent, instant).to_le_bytes());
            bytes.extend_from_slice(&linear(&self.customer, instant).to_le_bytes());
        }
        // Cut what the range does not want of its first and last instant.
        let cut = (body.start - instants.start * FRAME) as usize;
        bytes.drain(from..from + cut.min(bytes.len() - from));
        bytes.truncate(from + (body.end - body.start) as usize);
        bytes
    }

    /// The header of RIFF WAVE with linear samples (format tag 1).
    fn head(&self) -> [u8; HEAD as usize] {
        let data = (self.samples() * FRAME) as u32;
        let mut head = [0; HEAD as usize];
        let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"RIFF");
        put(4, &(data + HEAD as u32 - 8).to_le_bytes());
        put(8, b"WAVEfmt ");
        put(16, &16_u32.to_le_bytes());
        put(20, &1_u16.to_le_bytes());
        put(22, &2_u16.to_le_bytes());
        put(24, &SAMPLE_RATE.to_le_bytes());
        put(28, &(SAMPLE_RATE * FRAME as u32).to_le_bytes());
        put(32, &(FRAME as u16).to_le_bytes());
        put(34, &16_u16.to_le_bytes());
        put(36, b"data");
        put(40, &data.to_le_bytes());
        head
    }

    /// The loudest sample of each of `count` equal stretches, per side, 0 to 255.
    pub(crate) fn peaks(&self, count: usize) -> [Vec<u8>; 2] {
        [&self.agent, &self.customer].map(|side| peaks(side.as_ref(), self.samples(), count))
    }
}

fn peaks(side: Option<&Sound>, samples: u64, count: usize) -> Vec<u8> {
    let Some(side) = side else { return vec![0; count] };
    let edge = |at: usize| (samples * at as u64 / count as u64) as usize;
    (0..count)
        .map(|at| {
            let stretch = side.payload.get(edge(at)..edge(at + 1).min(side.payload.len()));
            let loudest = stretch
                .unwrap_or_default()
                .iter()
                .map(|&octet| decode(side.codec, octet).unsigned_abs());
            (loudest.max().unwrap_or(0) >> 7).min(255) as u8
        })
        .collect()
}

fn linear(side: &Option<Sound>, instant: u64) -> i16 {
    let octet =
        |side: &Sound| side.payload.get(instant as usize).map(|&octet| decode(side.codec, octet));
    side.as_ref().and_then(octet).unwrap_or(0)
}

/// One octet of ITU-T G.711 as a linear 16-bit sample.
fn decode(codec: Codec, octet: u8) -> i16 {
    match codec {
        // Table 1a: even bits inverted; sign, segment of three bits, four bits within.
        Codec::ALaw => {
            let bits = octet ^ 0x55;
            let (segment, within) = ((bits >> 4) & 7, i16::from(bits & 15));
            let size = match segment {
                0 => within * 16 + 8,
                _ => (within * 16 + 0x108) << (segment - 1),
            };
            if bits & 0x80 == 0 { -size } else { size }
        }
        // Table 2a: all bits inverted; the segments start at 33 of 8159, here times 4.
        Codec::MuLaw => {
            let bits = !octet;
            let (segment, within) = ((bits >> 4) & 7, i16::from(bits & 15));
            let size = (((within * 8) + 0x84) << segment) - 0x84;
            if bits & 0x80 == 0 { size } else { -size }
        }
    }
}

/// Reads a `Range` header for a file of `length` bytes (RFC 9110 §14.1.2): one range of bytes.
/// `Err` if it is none that the file has.
pub(crate) fn range(header: &str, length: u64) -> Result<Range<u64>, BadRange> {
    let spec = header.trim().strip_prefix("bytes=").ok_or(BadRange)?.trim();
    let (first, last) = spec.split_once('-').ok_or(BadRange)?;
    let number = |text: &str| -> Result<u64, BadRange> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BadRange);
        }
        // A number beyond 64 bits is beyond every file.
        Ok(text.parse().unwrap_or(u64::MAX))
    };
    let range = match (first.trim(), last.trim()) {
        ("", last) => length.saturating_sub(number(last)?)..length,
        (first, "") => number(first)?..length,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return Err(BadRange);
            }
            first..last.saturating_add(1).min(length)
        }
    };
    if range.is_empty() { Err(BadRange) } else { Ok(range) }
}

/// No range of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadRange;

#[cfg(test)]
mod tests {
    use super::*;

    fn stereo() -> Stereo {
        let sound = |codec, payload| Some(Sound { codec, payload });
        Stereo {
            agent: sound(Codec::ALaw, (0..=255).collect()),
            customer: sound(Codec::MuLaw, vec![0x00, 0x80, 0xff]),
        }
    }

    #[test]
    fn g711_decodes_to_its_tables_values() {
        // G.711 table 1a: the largest and smallest magnitudes, both signs (13 bits, times 8).
        assert_eq!(
            [0xAA, 0x2A, 0xD5, 0x55].map(|octet| decode(Codec::ALaw, octet)),
            [32256, -32256, 8, -8]
        );
        // Table 2a (14 bits, times 4).
        assert_eq!(
            [0x80, 0x00, 0xFF, 0x7F].map(|octet| decode(Codec::MuLaw, octet)),
            [32124, -32124, 0, 0]
        );
    }

    #[test]
    fn the_file_says_what_it_holds() {
        let stereo = stereo();
        let whole = stereo.bytes(0..u64::MAX);
        assert_eq!(whole.len() as u64, stereo.length());
        assert_eq!(stereo.length(), 44 + 256 * 4);
        assert_eq!(&whole[..4], b"RIFF");
        assert_eq!(u32::from_le_bytes(whole[4..8].try_into().unwrap()) as usize, whole.len() - 8);
        assert_eq!(u32::from_le_bytes(whole[40..44].try_into().unwrap()), 1024);
        assert_eq!(whole[46..48], (-32124_i16).to_le_bytes(), "customer right");
        assert_eq!(whole[44 + 4 * 100 + 2..][..2], [0, 0], "the shorter side is silent at its end");
    }

    #[test]
    fn any_piece_is_a_piece_of_the_whole() {
        let stereo = stereo();
        let whole = stereo.bytes(0..u64::MAX);
        for start in 0..60 {
            for end in start..70 {
                assert_eq!(
                    stereo.bytes(start..end),
                    whole[start as usize..end as usize],
                    "{start}..{end}"
                );
            }
        }
        assert_eq!(stereo.bytes(1060..2000), whole[1060..]);
        assert!(stereo.bytes(5000..6000).is_empty());
    }

    #[test]
    fn nothing_kept_is_an_empty_file() {
        let none = Stereo { agent: None, customer: None };
        assert_eq!(none.bytes(0..100).len(), 44);
        assert_eq!(none.peaks(4), [vec![0; 4], vec![0; 4]]);
    }

    #[test]
    fn peaks_show_who_is_loud_when() {
        let mut payload = vec![0xD5; 800];
        payload[250] = 0xAA;
        let stereo = Stereo { agent: Some(Sound { codec: Codec::ALaw, payload }), customer: None };
        assert_eq!(stereo.peaks(4), [vec![0, 252, 0, 0], vec![0; 4]]);
    }

    #[test]
    fn ranges_are_read_as_rfc_9110_writes_them() {
        assert_eq!(range("bytes=0-", 100), Ok(0..100));
        assert_eq!(range("bytes=10-19", 100), Ok(10..20));
        assert_eq!(range("bytes=90-1000", 100), Ok(90..100));
        assert_eq!(range("bytes=-30", 100), Ok(70..100));
        assert_eq!(range("bytes=-300", 100), Ok(0..100));
        assert_eq!(range("bytes=5-99999999999999999999999", 100), Ok(5..100));
        for bad in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=--1",
            "bytes=a-b",
            "bytes=20-10",
            "bytes=100-",
            "bytes=-0",
            "bytes=0-1,5-6",
            "lines=0-1",
            "bytes=+1-2",
        ] {
            assert_eq!(range(bad, 100), Err(BadRange), "{bad}");
        }
    }
}

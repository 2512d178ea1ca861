//! WAV files of calls: what `transcribe` reads.
//!
//! RIFF/WAVE with PCM of 16 bits (format 1), A-law (6) or µ-law (7), one or two channels, at 8 kHz;
//! 16 kHz PCM is brought down to 8 kHz. Chunks other than `fmt ` and `data` are passed over, and a
//! `data` chunk that says to be longer than the file (a recorder that was cut off) ends with it.

use call::{Codec, SAMPLE_RATE};

/// One channel's linear 16-bit samples at 8 kHz, for each channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wave {
    /// Agent left, customer right, where there are two.
    pub channels: Vec<Vec<i16>>,
}

/// Why bytes are no WAV file that can be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WaveError {
    /// No RIFF header.
    #[error("this is no WAV file: it does not begin with RIFF and WAVE")]
    NoWave,
    /// No format before the audio, or none at all.
    #[error("this WAV file has no whole `fmt ` chunk before its audio")]
    NoFormat,
    /// No audio.
    #[error("this WAV file has no `data` chunk")]
    NoAudio,
    /// Another coding.
    #[error("WAV coding {code} with {bits} bits is not read; 16-bit PCM, A-law and µ-law are")]
    Coding {
        /// The format's number.
        code: u16,
        /// Bits a sample.
        bits: u16,
    },
    /// Another rate.
    #[error("{0} samples a second are not read; bring the file to 8000")]
    Rate(u32),
    /// Another number of channels.
    #[error("{0} channels are not read; one, or agent and customer, are")]
    Channels(u16),
}

struct Format {
    codec: Option<Codec>,
    channels: usize,
    rate: u32,
}

/// Reads a WAV file.
pub fn read(bytes: &[u8]) -> Result<Wave, WaveError> {
    let mut rest = match bytes.split_at_checked(12) {
        Some((head, rest)) if head[..4] == *b"RIFF" && head[8..] == *b"WAVE" => rest,
        _ => return Err(WaveError::NoWave),
    };
    let mut format = None;
    while let Some((head, body)) = rest.split_at_checked(8) {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let (chunk, after) = body.split_at(length.min(body.len()));
        match &head[..4] {
            b"fmt " => format = Some(read_format(chunk)?),
            b"data" => return Ok(read_data(chunk, &format.ok_or(WaveError::NoFormat)?)),
            _ => {}
        }
        // Chunks begin at even places.
        rest = after.get(length % 2..).unwrap_or_default();
    }
    Err(if format.is_some() { WaveError::NoAudio } else { WaveError::NoFormat })
}

fn read_format(chunk: &[u8]) -> Result<Format, WaveError> {
    let chunk = chunk.first_chunk::<16>().ok_or(WaveError::NoFormat)?;
    let short = |at: usize| u16::from_le_bytes([chunk[at], chunk[at + 1]]);
    let (code, channels, bits) = (short(0), short(2), short(14));
    let rate = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]);
    let codec = match (code, bits) {
        (1, 16) => None,
        (6, 8) => Some(Codec::ALaw),
        (7, 8) => Some(Codec::MuLaw),
        _ => return Err(WaveError::Coding { code, bits }),
    };
    if !(1..=2).contains(&channels) {
        return Err(WaveError::Channels(channels));
    }
    if rate != SAMPLE_RATE && !(rate == 2 * SAMPLE_RATE && codec.is_none()) {
        return Err(WaveError::Rate(rate));
    }
    Ok(Format { codec, channels: usize::from(channels), rate })
}

fn read_data(chunk: &[u8], format: &Format) -> Wave {
    let samples: Vec<i16> = match format.codec {
        None => chunk.as_chunks::<2>().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect(),
        Some(codec) => {
            let mut samples = vec![0; chunk.len()];
            dsp::g711::decode(codec, chunk, &mut samples);
            samples
        }
    };
    let channel = |n: usize| {
        let channel: Vec<i16> = samples.iter().skip(n).step_by(format.channels).copied().collect();
        if format.rate == SAMPLE_RATE { channel } else { crate::resample::halve(&channel) }
    };
    Wave { channels: (0..format.channels).map(channel).collect() }
}

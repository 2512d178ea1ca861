//! whisper.cpp's model file, and the blocks of its quantised tensors.
//!
//! ```text
//! size  field (all numbers little-endian)
//!    4  magic 0x67676d6c
//!   44  i32 × 11: vocabulary, audio context, audio state, audio heads, audio layers, text context,
//!       text state, text heads, text layers, mel bands, file type (1 f16, 2007 q8_0, 2009 q5_1)
//!    8  i32 mel bands, i32 bins; then the mel filters, f32
//!    4  i32 number of tokens; for each i32 length and its octets
//!    …  tensors up to the end; for each:
//!         4  i32 rank
//!         4  i32 length of the name
//!         4  i32 element type (0 f32, 1 f16, 7 q5_1, 8 q8_0)
//!     4 × rank  i32 lengths, innermost first
//!         …  name, data
//! ```
//!
//! A block holds 32 elements. q8_0: f16 scale, 32 × i8. q5_1: f16 scale, f16 least, u32 of fifth
//! bits, 16 octets with the low four bits of elements j and j + 16.

use half::f16;

/// Elements in a block.
pub const BLOCK: usize = 32;

/// How a tensor's elements are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 32-bit floating point.
    F32,
    /// 16-bit floating point.
    F16,
    /// Five bits with scale and least.
    Q5_1,
    /// Eight bits with a scale.
    Q8_0,
}

impl Kind {
    /// The element type's number.
    pub const fn number(self) -> i32 {
        match self {
            Kind::F32 => 0,
            Kind::F16 => 1,
            Kind::Q5_1 => 7,
            Kind::Q8_0 => 8,
        }
    }

    /// The file type's number of a file whose matrices are of this kind: ggml's own, with 1000 for
    /// each version of the quantised blocks.
    pub const fn file_type(self) -> i32 {
        match self {
            Kind::F32 => 0,
            Kind::F16 => 1,
            Kind::Q5_1 => 2009,
            Kind::Q8_0 => 2007,
        }
    }
}

/// The numbers in the file's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimensions {
    /// Size of the vocabulary, special tokens included.
    pub vocabulary: usize,
    /// Width of encoder and decoder.
    pub state: usize,
    /// Attention heads.
    pub heads: usize,
    /// Layers of the encoder, and of the decoder.
    pub layers: usize,
    /// Positions of the encoder.
    pub audio_context: usize,
    /// Positions of the decoder.
    pub text_context: usize,
    /// Mel bands.
    pub bands: usize,
}

impl Dimensions {
    /// Whisper base, multilingual.
    pub const BASE: Dimensions = Dimensions {
        vocabulary: 51_865,
        state: 512,
        heads: 8,
        layers: 6,
        audio_context: 1500,
        text_context: 448,
        bands: 80,
    };
}

/// A file as it grows.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// The file's head: dimensions, mel filters (bands × bins, f32), tokens in order.
    pub fn new(sizes: &Dimensions, kind: Kind, filters: &[f32], tokens: &[Vec<u8>]) -> Writer {
        let mut writer = Writer { bytes: Vec::new() };
        writer.bytes.extend(0x6767_6d6c_u32.to_le_bytes());
        for number in [
            sizes.vocabulary,
            sizes.audio_context,
            sizes.state,
            sizes.heads,
            sizes.layers,
            sizes.text_context,
            sizes.state,
            sizes.heads,
            sizes.layers,
            sizes.bands,
        ] {
            writer.number(number);
        }
        writer.bytes.extend(kind.file_type().to_le_bytes());
        writer.number(sizes.bands);
        writer.number(filters.len() / sizes.bands.max(1));
        writer.bytes.extend(filters.iter().flat_map(|x| x.to_le_bytes()));
        writer.number(tokens.len());
        for token in tokens {
            writer.number(token.len());
            writer.bytes.extend(token);
        }
        writer
    }

    /// Adds a tensor; `shape` is outermost first, `elements` in C order. A kind of blocks falls back
    /// to f16 where a row is not made of whole blocks.
    pub fn tensor(&mut self, name: &str, shape: &[usize], kind: Kind, elements: &[f16]) {
        let whole = shape.last().is_some_and(|row| row % BLOCK == 0);
        let kind = match kind {
            Kind::Q5_1 | Kind::Q8_0 if !whole => Kind::F16,
            kind => kind,
        };
        self.number(shape.len());
        self.number(name.len());
        self.bytes.extend(kind.number().to_le_bytes());
        for &length in shape.iter().rev() {
            self.number(length);
        }
        self.bytes.extend(name.as_bytes());
        match kind {
            Kind::F32 => self.bytes.extend(elements.iter().flat_map(|x| x.to_f32().to_le_bytes())),
            Kind::F16 => self.bytes.extend(elements.iter().flat_map(|x| x.to_le_bytes())),
            Kind::Q8_0 => self.blocks(elements, q8_0),
            Kind::Q5_1 => self.blocks(elements, q5_1),
        }
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn blocks<const N: usize>(&mut self, elements: &[f16], pack: fn([f32; BLOCK]) -> [u8; N]) {
        for block in elements.as_chunks::<BLOCK>().0 {
            self.bytes.extend(pack(block.map(f16::to_f32)));
        }
    }

    fn number(&mut self, number: usize) {
        self.bytes.extend(i32::try_from(number).unwrap_or(i32::MAX).to_le_bytes());
    }
}

/// One block of eight bits.
pub fn q8_0(block: [f32; BLOCK]) -> [u8; 34] {
    let largest = block.iter().fold(0f32, |largest, x| largest.max(x.abs()));
    let scale = largest / 127.0;
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    let mut out = [0; 34];
    out[..2].copy_from_slice(&f16::from_f32(scale).to_le_bytes());
    for (octet, x) in out[2..].iter_mut().zip(block) {
        *octet = ((x * inverse).round() as i8).cast_unsigned();
    }
    out
}

/// One block of five bits.
pub fn q5_1(block: [f32; BLOCK]) -> [u8; 24] {
    let least = block.iter().copied().fold(f32::INFINITY, f32::min);
    let most = block.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let scale = (most - least) / 31.0;
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    let level = |x: f32| (((x - least) * inverse + 0.5) as u8).min(31);
    let mut out = [0; 24];
    out[..2].copy_from_slice(&f16::from_f32(scale).to_le_bytes());
    out[2..4].copy_from_slice(&f16::from_f32(least).to_le_bytes());
    let mut fifth = 0u32;
    for j in 0..16 {
        let (low, high) = (level(block[j]), level(block[j + 16]));
        out[8 + j] = (low & 15) | ((high & 15) << 4);
        fifth |= u32::from(low >> 4) << j | u32::from(high >> 4) << (j + 16);
    }
    out[4..8].copy_from_slice(&fifth.to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> [f32; BLOCK] {
        std::array::from_fn(|i| (i as f32 - 12.0) * 0.37)
    }

    #[test]
    fn eight_bits_come_back_within_half_a_step() {
        let block = q8_0(ramp());
        let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
        for (octet, x) in block[2..].iter().zip(ramp()) {
            let back = f32::from(octet.cast_signed()) * scale;
            assert!((back - x).abs() <= scale * 0.51 + 0.005, "{back} {x}");
        }
        assert_eq!(q8_0([0.0; BLOCK]), [0; 34]);
    }

    #[test]
    fn five_bits_come_back_within_half_a_step() {
        let block = q5_1(ramp());
        let half = |at: usize| f16::from_le_bytes([block[at], block[at + 1]]).to_f32();
        let fifth = u32::from_le_bytes([block[4], block[5], block[6], block[7]]);
        for (i, x) in ramp().into_iter().enumerate() {
            let nibble = block[8 + i % 16] >> (i / 16 * 4) & 15;
            let level = u32::from(nibble) | (fifth >> i & 1) << 4;
            let back = level as f32 * half(0) + half(2);
            assert!((back - x).abs() <= half(0) * 0.51 + 0.01, "{i}: {back} {x}");
        }
        assert_eq!(q5_1([2.0; BLOCK])[..2], [0, 0]);
    }

    #[test]
    fn a_tensor_without_whole_blocks_stays_f16() {
        let mut writer = Writer { bytes: Vec::new() };
        writer.tensor("t", &[1, 3], Kind::Q8_0, &[f16::ONE; 3]);
        let bytes = writer.finish();
        assert_eq!(bytes[8..12], Kind::F16.number().to_le_bytes());
        assert_eq!(bytes[12..16], 3i32.to_le_bytes());
        assert_eq!(bytes.len(), 20 + 1 + 6);
    }
}

//! ITU-T G.711, A-law and µ-law, bit-exact.
//!
//! One octet a sample, in the bit order of G.711's transmitted character signals (A-law with its
//! even bits inverted, µ-law with all bits inverted), as RTP payload types 8 and 0 and WAV formats
//! 6 and 7 carry it. Linear samples are 16 bits with the codec's 13 or 14 at the top, as ITU-T
//! G.191 has it; negative values are folded by one's complement, as there.

use call::Codec;

/// One linear sample as an A-law octet.
#[inline]
pub const fn alaw_encode(sample: i16) -> u8 {
    let size = (if sample < 0 { !sample } else { sample } as u16) >> 4;
    // Segment 0 is linear and covers twice a segment's width, so 0..=31 stand for themselves.
    let code = if size < 32 {
        size as u8
    } else {
        let segment = 12 - size.leading_zeros();
        ((segment << 4) as u16 + ((size >> (segment - 1)) & 0x0f)) as u8
    };
    let sign = if sample >= 0 { 0x80 } else { 0 };
    (code | sign) ^ 0x55
}

/// One linear sample as a µ-law octet.
#[inline]
pub const fn mulaw_encode(sample: i16) -> u8 {
    let folded = (if sample < 0 { !sample } else { sample } as u16) >> 2;
    let biased = if folded + 33 > 0x1fff { 0x1fff } else { folded + 33 };
    let segment = 10 - biased.leading_zeros();
    let code = (segment << 4) as u16 | ((biased >> (segment + 1)) & 0x0f);
    let sign = if sample >= 0 { 0x80 } else { 0 };
    (!(code as u8) & 0x7f) | sign
}

const fn alaw_expand(octet: u8) -> i16 {
    let code = octet ^ 0x55;
    let segment = (code >> 4) & 7;
    let mut size = ((code & 0x0f) as i16) << 4;
    size += if segment == 0 { 0x008 } else { 0x108 };
    if segment > 1 {
        size <<= segment - 1;
    }
    if octet & 0x80 == 0 { -size } else { size }
}

const fn mulaw_expand(octet: u8) -> i16 {
    let code = !octet;
    let segment = (code >> 4) & 7;
    let step = 8i16 << segment;
    let size = (0x80i16 << segment) + step * (code & 0x0f) as i16 + step / 2 - 4 * 33;
    if octet & 0x80 == 0 { -size } else { size }
}

/// Every A-law octet's linear value.
pub const ALAW: [i16; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = alaw_expand(octet as u8);
        octet += 1;
    }
    table
};

/// Every µ-law octet's linear value.
pub const MULAW: [i16; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = mulaw_expand(octet as u8);
        octet += 1;
    }
    table
};

static ALAW_TABLE: [i16; 256] = ALAW;
static MULAW_TABLE: [i16; 256] = MULAW;

/// One A-law octet as a linear sample.
#[inline]
pub fn alaw_decode(octet: u8) -> i16 {
    ALAW_TABLE[usize::from(octet)]
}

/// One µ-law octet as a linear sample.
#[inline]
pub fn mulaw_decode(octet: u8) -> i16 {
    MULAW_TABLE[usize::from(octet)]
}

/// Encodes samples into octets; returns how many were done, the shorter length of the two.
pub fn encode(codec: Codec, samples: &[i16], octets: &mut [u8]) -> usize {
    let one = match codec {
        Codec::ALaw => alaw_encode,
        Codec::MuLaw => mulaw_encode,
    };
    for (octet, &sample) in octets.iter_mut().zip(samples) {
        *octet = one(sample);
    }
    samples.len().min(octets.len())
}

/// Decodes octets into samples; returns how many were done, the shorter length of the two.
pub fn decode(codec: Codec, octets: &[u8], samples: &mut [i16]) -> usize {
    let table = match codec {
        Codec::ALaw => &ALAW_TABLE,
        Codec::MuLaw => &MULAW_TABLE,
    };
    for (sample, &octet) in samples.iter_mut().zip(octets) {
        *sample = table[usize::from(octet)];
    }
    samples.len().min(octets.len())
}

/// The octet of silence, for filling a gap.
pub const fn silence(codec: Codec) -> u8 {
    match codec {
        Codec::ALaw => alaw_encode(0),
        Codec::MuLaw => mulaw_encode(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// G.191's reference, written as its loops are, to compare our shifts with.
    fn alaw_reference(sample: i16) -> u8 {
        let mut ix = if sample < 0 { !sample >> 4 } else { sample >> 4 };
        if ix > 15 {
            let mut iexp = 1;
            while ix > 16 + 15 {
                ix >>= 1;
                iexp += 1;
            }
            ix -= 16;
            ix += iexp << 4;
        }
        if sample >= 0 {
            ix |= 0x80;
        }
        (ix ^ 0x55) as u8
    }

    fn mulaw_reference(sample: i16) -> u8 {
        let absno = (if sample < 0 { (!sample >> 2) + 33 } else { (sample >> 2) + 33 }).min(0x1fff);
        let mut i = absno >> 6;
        let mut segno = 1;
        while i != 0 {
            segno += 1;
            i >>= 1;
        }
        let high = 8 - segno;
        let low = 0xf - ((absno >> segno) & 0xf);
        let code = (high << 4) | low;
        (if sample >= 0 { code | 0x80 } else { code }) as u8
    }

    #[test]
    fn every_sample_encodes_as_the_reference_does() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(alaw_encode(sample), alaw_reference(sample), "A-law of {sample}");
            assert_eq!(mulaw_encode(sample), mulaw_reference(sample), "mu-law of {sample}");
        }
    }

    #[test]
    fn every_octet_survives_decoding_and_encoding() {
        for octet in 0..=255u8 {
            assert_eq!(alaw_encode(alaw_decode(octet)), octet);
            // µ-law has two zeros; linear has one, and it is the positive.
            let expected = if octet == 0x7f { 0xff } else { octet };
            assert_eq!(mulaw_encode(mulaw_decode(octet)), expected);
        }
    }

    #[test]
    fn the_decision_values_of_tables_1a_and_2a_stand() {
        // G.711 table 1a: the largest A-law value is 4032 of 4096; table 2a: µ-law 8031 of 8159.
        assert_eq!(alaw_decode(0b1111_1111 ^ 0x55), 4032 << 3);
        assert_eq!(alaw_decode(0b1000_0000 ^ 0x55), 1 << 3);
        assert_eq!(mulaw_decode(0x80), 8031 << 2);
        assert_eq!(mulaw_decode(0xff), 0);
        assert_eq!((silence(Codec::ALaw), silence(Codec::MuLaw)), (0xd5, 0xff));
    }

    #[test]
    fn slices_stop_at_the_shorter_of_the_two() {
        let mut octets = [0u8; 3];
        assert_eq!(encode(Codec::ALaw, &[0, 1000, -1000, 5], &mut octets), 3);
        let mut samples = [0i16; 2];
        assert_eq!(decode(Codec::ALaw, &octets, &mut samples), 2);
        assert_eq!(samples, [8, 1008]);
    }
}

//! From CTranslate2's file to whisper.cpp's: every tensor's place, name and values, and golden
//! bytes. The worker's tests load such a file into whisper.cpp itself.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests, though not all of it stands in a #[test].

#[path = "support/tiny.rs"]
mod tiny;

use half::f16;
use models::convert::convert;
use models::ct2::{Ct2Error, Model};
use models::ggml::{BLOCK, Dimensions, Kind};
use std::collections::BTreeMap;

const FILTERS: [f32; 4] = [0.0, 0.5, -1.0, 2.0];

/// Whole blocks in every row.
const WIDE: Dimensions = Dimensions {
    vocabulary: 5,
    state: BLOCK,
    heads: 2,
    layers: 2,
    audio_context: 4,
    text_context: 3,
    bands: 2,
};
/// As small as can be, for golden bytes that a person can read.
const NARROW: Dimensions = Dimensions { vocabulary: 2, state: 2, heads: 1, layers: 1, ..WIDE };

fn tokens() -> Vec<Vec<u8>> {
    vec![b"!".to_vec(), "好".as_bytes().to_vec(), vec![0xff]]
}

fn converted(sizes: &Dimensions, kind: Kind) -> Vec<u8> {
    let bytes = tiny::ct2(sizes);
    let mut shares = Vec::new();
    let told = |share| shares.push(share);
    let model = Model::read(&bytes).unwrap();
    let file = convert(&model, sizes, &FILTERS, &tokens(), kind, told).unwrap();
    assert!(shares.is_sorted() && *shares.last().unwrap() <= 1.0, "{shares:?}");
    file
}

/// One tensor as a reader of whisper.cpp's layout finds it.
struct Tensor {
    kind: i32,
    /// Outermost first.
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// A file read by its layout alone.
struct File {
    head: [i32; 11],
    filters: (i32, i32, Vec<f32>),
    tokens: Vec<Vec<u8>>,
    tensors: BTreeMap<String, Tensor>,
}

fn read(bytes: &[u8]) -> File {
    let mut rest = bytes;
    assert_eq!(take(&mut rest, 4), 0x6767_6d6c_u32.to_le_bytes());
    let head = std::array::from_fn(|_| number(&mut rest));
    let (bands, bins) = (number(&mut rest), number(&mut rest));
    let filters = (0..bands * bins).map(|_| single(take(&mut rest, 4))).collect();
    let tokens = (0..number(&mut rest)).map(|_| {
        let length = number(&mut rest) as usize;
        take(&mut rest, length).to_vec()
    });
    let tokens = tokens.collect();
    let mut tensors = BTreeMap::new();
    while !rest.is_empty() {
        let (rank, name, kind) = (number(&mut rest), number(&mut rest), number(&mut rest));
        let mut shape: Vec<usize> = (0..rank).map(|_| number(&mut rest) as usize).collect();
        shape.reverse();
        let name = String::from_utf8(take(&mut rest, name as usize).to_vec()).unwrap();
        let count: usize = shape.iter().product();
        let values = match kind {
            0 => take(&mut rest, 4 * count).chunks(4).map(single).collect(),
            1 => take(&mut rest, 2 * count).chunks(2).map(half).collect(),
            8 => take(&mut rest, 34 * count / BLOCK).chunks(34).flat_map(eight_bits).collect(),
            7 => take(&mut rest, 24 * count / BLOCK).chunks(24).flat_map(five_bits).collect(),
            kind => panic!("{name} is of kind {kind}"),
        };
        assert!(tensors.insert(name, Tensor { kind, shape, values }).is_none());
    }
    File { head, filters: (bands, bins, filters), tokens, tensors }
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, left) = rest.split_at(count);
    *rest = left;
    taken
}

fn number(rest: &mut &[u8]) -> i32 {
    i32::from_le_bytes(take(rest, 4).try_into().unwrap())
}

fn single(octets: &[u8]) -> f32 {
    f32::from_le_bytes(octets.try_into().unwrap())
}

fn half(octets: &[u8]) -> f32 {
    f16::from_le_bytes([octets[0], octets[1]]).to_f32()
}

fn eight_bits(block: &[u8]) -> Vec<f32> {
    let scale = half(block);
    block[2..].iter().map(|&octet| scale * f32::from(octet.cast_signed())).collect()
}

fn five_bits(block: &[u8]) -> Vec<f32> {
    let fifth = u32::from_le_bytes(block[4..8].try_into().unwrap());
    let level =
        |i: usize| u32::from(block[8 + i % 16] >> (i / 16 * 4) & 15) | (fifth >> i & 1) << 4;
    (0..BLOCK).map(|i| half(block) * level(i) as f32 + half(&block[2..])).collect()
}

/// Where each of OpenAI's tensors comes from: the variable, and from which element on.
fn sources(sizes: &Dimensions) -> Vec<(String, String, usize)> {
    let square = sizes.state * sizes.state;
    let mut all: Vec<(String, String, usize)> = Vec::new();
    let mut of = |to: String, from: String, at: usize| all.push((to, from, at));
    for (to, from) in [
        ("encoder.positional_embedding", "encoder/position_encodings/encodings"),
        ("decoder.positional_embedding", "decoder/position_encodings/encodings"),
        ("decoder.token_embedding.weight", "decoder/embeddings/weight"),
        ("encoder.conv1.weight", "encoder/conv1/weight"),
        ("encoder.conv1.bias", "encoder/conv1/bias"),
        ("encoder.conv2.weight", "encoder/conv2/weight"),
        ("encoder.conv2.bias", "encoder/conv2/bias"),
        ("encoder.ln_post.weight", "encoder/layer_norm/gamma"),
        ("encoder.ln_post.bias", "encoder/layer_norm/beta"),
        ("decoder.ln.weight", "decoder/layer_norm/gamma"),
        ("decoder.ln.bias", "decoder/layer_norm/beta"),
    ] {
        of(to.into(), from.into(), 0);
    }
    for part in ["encoder", "decoder"] {
        for layer in 0..sizes.layers {
            let (to, from) = (format!("{part}.blocks.{layer}"), format!("{part}/layer_{layer}"));
            let mut norms = vec![("attn_ln", "self_attention"), ("mlp_ln", "ffn")];
            // Name, layer, which of the fused parts, whether it has a bias.
            let mut linears = vec![
                ("attn.query", "self_attention/linear_0", 0, true),
                ("attn.key", "self_attention/linear_0", 1, false),
                ("attn.value", "self_attention/linear_0", 2, true),
                ("attn.out", "self_attention/linear_1", 0, true),
                ("mlp.0", "ffn/linear_0", 0, true),
                ("mlp.2", "ffn/linear_1", 0, true),
            ];
            if part == "decoder" {
                norms.push(("cross_attn_ln", "attention"));
                linears.extend([
                    ("cross_attn.query", "attention/linear_0", 0, true),
                    ("cross_attn.key", "attention/linear_1", 0, false),
                    ("cross_attn.value", "attention/linear_1", 1, true),
                    ("cross_attn.out", "attention/linear_2", 0, true),
                ]);
            }
            for (norm, group) in norms {
                of(format!("{to}.{norm}.weight"), format!("{from}/{group}/layer_norm/gamma"), 0);
                of(format!("{to}.{norm}.bias"), format!("{from}/{group}/layer_norm/beta"), 0);
            }
            for (linear, group, part, has_bias) in linears {
                of(
                    format!("{to}.{linear}.weight"),
                    format!("{from}/{group}/weight"),
                    part * square,
                );
                if has_bias {
                    let at = part * sizes.state;
                    of(format!("{to}.{linear}.bias"), format!("{from}/{group}/bias"), at);
                }
            }
        }
    }
    all
}

#[test]
fn every_tensor_has_openais_name_and_the_values_that_ctranslate2_kept() {
    for (kind, steps) in [(Kind::F16, 0.0), (Kind::Q8_0, 254.0), (Kind::Q5_1, 31.0)] {
        let file = read(&converted(&WIDE, kind));
        let sources = sources(&WIDE);
        assert_eq!(file.tensors.len(), sources.len(), "{kind:?}: tensors too many");
        for (to, from, at) in sources {
            let tensor = file.tensors.get(&to).unwrap_or_else(|| panic!("{kind:?}: no {to}"));
            let count: usize = tensor.shape.iter().product();
            assert_eq!(tensor.values.len(), count);
            let quantised = ![0, 1].contains(&tensor.kind);
            // Half a step of the widest range that a block can have, and the scale's own rounding.
            let near = if quantised { 0.5 / steps * 0.55 + 0.0005 } else { 0.0 };
            for (index, &value) in tensor.values.iter().enumerate() {
                let kept = tiny::element(&from, at + index).to_f32();
                assert!(
                    (value - kept).abs() <= near,
                    "{kind:?} {to}[{index}]: {value}, not {kept}"
                );
            }
        }
    }
}

#[test]
fn matrices_are_quantised_and_what_is_added_stays_exact() {
    for (kind, number) in [(Kind::F16, 1), (Kind::Q8_0, 8), (Kind::Q5_1, 7)] {
        for (name, tensor) in read(&converted(&WIDE, kind)).tensors {
            let (rank, kind) = (tensor.shape.len(), tensor.kind);
            let exact = name.ends_with("bias")
                || name.contains("positional")
                || name.contains("_ln.")
                || name.contains("ln_post")
                || name.contains("decoder.ln.");
            let conv = name.contains("conv") && rank == 3;
            let expected = if exact {
                0
            } else if conv {
                1
            } else {
                number
            };
            assert_eq!(kind, expected, "{name}");
            if name.contains("conv") && name.ends_with("bias") {
                assert_eq!(tensor.shape, [WIDE.state, 1], "a column, to be added to each position");
            }
        }
    }
}

#[test]
fn the_head_tells_the_sizes_the_filters_and_the_tokens() {
    for (kind, file_type) in [(Kind::F16, 1), (Kind::Q8_0, 2007), (Kind::Q5_1, 2009)] {
        let file = read(&converted(&WIDE, kind));
        assert_eq!(file.head, [5, 4, 32, 2, 2, 3, 32, 2, 2, 2, file_type]);
        assert_eq!(file.filters, (2, 2, FILTERS.to_vec()));
        assert_eq!(file.tokens, tokens());
    }
}

#[test]
fn a_converted_file_has_its_golden_bytes() {
    let bytes = converted(&NARROW, Kind::F16);
    let line =
        |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
    let found: String = bytes.chunks(48).map(|chunk| line(chunk) + "\n").collect();
    assert_eq!(found, include_str!("golden/tiny-f16.hex"), "{found}");
}

#[test]
fn a_model_of_another_size_is_named_with_what_is_missing() {
    let bytes = tiny::ct2(&NARROW);
    let model = Model::read(&bytes).unwrap();
    for sizes in [
        Dimensions { layers: 2, ..NARROW },
        Dimensions { state: 4, ..NARROW },
        Dimensions { vocabulary: 3, ..NARROW },
    ] {
        let refused = convert(&model, &sizes, &FILTERS, &tokens(), Kind::F16, |_| ());
        let Err(Ct2Error::Missing { name, .. }) = refused else { panic!("{sizes:?} was found") };
        assert!(name.contains('/'), "{name}");
    }
}

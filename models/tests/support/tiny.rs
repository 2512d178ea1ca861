//! A Whisper of any size as CTranslate2 writes it, its weights made up: each element tells which
//! variable it is of and where it stands there.

use half::f16;
use models::ct2::F16;
use models::ggml::Dimensions;

/// The element at `index` of the variable with this name. Small, as weights are, and exact in f16.
pub(crate) fn element(name: &str, index: usize) -> f16 {
    let seed = name.bytes().fold(7_u32, |seed, byte| seed.wrapping_mul(31) ^ u32::from(byte));
    let mixed = (seed ^ index as u32).wrapping_mul(2_654_435_761) >> 20;
    f16::from_f32((mixed as f32 - 2048.0) / 8192.0)
}

/// Every variable's name and shape, in the order of the file.
pub(crate) fn variables(sizes: &Dimensions) -> Vec<(String, Vec<usize>)> {
    let width = sizes.state;
    let mut all = vec![
        ("encoder/conv1/weight".into(), vec![width, sizes.bands, 3]),
        ("encoder/conv1/bias".into(), vec![width]),
        ("encoder/conv2/weight".into(), vec![width, width, 3]),
        ("encoder/conv2/bias".into(), vec![width]),
        ("encoder/position_encodings/encodings".into(), vec![sizes.audio_context, width]),
        ("decoder/position_encodings/encodings".into(), vec![sizes.text_context, width]),
        ("decoder/embeddings/weight".into(), vec![sizes.vocabulary, width]),
    ];
    let mut norm = |name: String| {
        all.push((format!("{name}/gamma"), vec![width]));
        all.push((format!("{name}/beta"), vec![width]));
    };
    norm("encoder/layer_norm".into());
    norm("decoder/layer_norm".into());
    for layer in 0..sizes.layers {
        for part in ["encoder", "decoder"] {
            norm(format!("{part}/layer_{layer}/self_attention/layer_norm"));
            norm(format!("{part}/layer_{layer}/ffn/layer_norm"));
        }
        norm(format!("decoder/layer_{layer}/attention/layer_norm"));
    }
    let mut linear = |name: String, rows: usize, columns: usize| {
        all.push((format!("{name}/weight"), vec![rows, columns]));
        all.push((format!("{name}/bias"), vec![rows]));
    };
    for layer in 0..sizes.layers {
        for part in ["encoder", "decoder"] {
            let layer = format!("{part}/layer_{layer}");
            linear(format!("{layer}/self_attention/linear_0"), 3 * width, width);
            linear(format!("{layer}/self_attention/linear_1"), width, width);
            linear(format!("{layer}/ffn/linear_0"), 4 * width, width);
            linear(format!("{layer}/ffn/linear_1"), width, 4 * width);
        }
        let cross = format!("decoder/layer_{layer}/attention");
        linear(format!("{cross}/linear_0"), width, width);
        linear(format!("{cross}/linear_1"), 2 * width, width);
        linear(format!("{cross}/linear_2"), width, width);
    }
    all
}

/// The file.
pub(crate) fn ct2(sizes: &Dimensions) -> Vec<u8> {
    let variables = variables(sizes);
    let mut bytes = 6u32.to_le_bytes().to_vec();
    name("WhisperSpec", &mut bytes);
    bytes.extend(3u32.to_le_bytes());
    bytes.extend((variables.len() as u32).to_le_bytes());
    for (variable, shape) in variables {
        name(&variable, &mut bytes);
        bytes.push(shape.len() as u8);
        bytes.extend(shape.iter().flat_map(|&length| (length as u32).to_le_bytes()));
        bytes.push(F16);
        let count: usize = shape.iter().product();
        bytes.extend((2 * count as u32).to_le_bytes());
        bytes.extend((0..count).flat_map(|index| element(&variable, index).to_le_bytes()));
    }
    bytes.extend(0u32.to_le_bytes());
    bytes
}

fn name(text: &str, bytes: &mut Vec<u8>) {
    bytes.extend((text.len() as u16 + 1).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.push(0);
}

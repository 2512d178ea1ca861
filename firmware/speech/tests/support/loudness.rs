//! A voice activity model that goes by loudness: the smallest network of the inputs and outputs that
//! Silero's has, so that a call's ears can be tested without the real one's file.
//!
//! ```text
//! output = clip(50 × mean(|input|), 0, 1)      stateN = state
//! ```

use speech::vad::VadModel;

/// The model, loaded from a file of its own as any other.
pub(crate) fn model() -> VadModel {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loudness.onnx");
    std::fs::write(&path, onnx()).unwrap();
    VadModel::load(&path, None).unwrap()
}

/// ONNX's `ModelProto` (onnx.proto3): IR version 8, operators of set 13.
fn onnx() -> Vec<u8> {
    let nodes = [
        node("Abs", &["input"], "size", &[]),
        node("ReduceMean", &["size"], "mean", &[ints("axes", 1), int("keepdims", 1)]),
        node("Mul", &["mean", "gain"], "level", &[]),
        node("Clip", &["level", "least", "most"], "output", &[]),
        node("Identity", &["state"], "stateN", &[]),
    ];
    let constants = [("gain", 50.0), ("least", 0.0), ("most", 1.0)].map(|(name, value)| {
        // TensorProto: data_type (2) f32, name (8), raw_data (9).
        [number(2, 1), field(8, name.as_bytes()), field(9, &f32::to_le_bytes(value))].concat()
    });
    let value = |name: &str, kind: u64| {
        // ValueInfoProto: name (1), type (2) → tensor_type (1) → elem_type (1).
        [field(1, name.as_bytes()), field(2, &field(1, &number(1, kind)))].concat()
    };
    let graph = [
        nodes.iter().flat_map(|node| field(1, node)).collect(),
        field(2, b"loudness"),
        constants.iter().flat_map(|constant| field(5, constant)).collect(),
        field(11, &value("input", 1)),
        field(11, &value("state", 1)),
        field(11, &value("sr", 7)),
        field(12, &value("output", 1)),
        field(12, &value("stateN", 1)),
    ]
    .concat();
    [number(1, 8), field(7, &graph), field(8, &number(2, 13))].concat()
}

/// NodeProto: inputs (1), outputs (2), the operator (4), attributes (5).
fn node(operator: &str, inputs: &[&str], output: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut node: Vec<u8> = inputs.iter().flat_map(|input| field(1, input.as_bytes())).collect();
    node.extend(field(2, output.as_bytes()));
    node.extend(field(4, operator.as_bytes()));
    node.extend(attributes.iter().flat_map(|attribute| field(5, attribute)));
    node
}

/// AttributeProto: name (1), i (3), type (20) INT.
fn int(name: &str, value: u64) -> Vec<u8> {
    [field(1, name.as_bytes()), number(3, value), number(20, 2)].concat()
}

/// AttributeProto: name (1), ints (8), type (20) INTS.
fn ints(name: &str, value: u64) -> Vec<u8> {
    [field(1, name.as_bytes()), number(8, value), number(20, 7)].concat()
}

/// A field of protobuf's wire type 0.
fn number(tag: u64, value: u64) -> Vec<u8> {
    [varint(tag << 3), varint(value)].concat()
}

/// A field of protobuf's wire type 2.
fn field(tag: u64, bytes: &[u8]) -> Vec<u8> {
    [varint(tag << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut octets = Vec::new();
    while value >= 0x80 {
        octets.push(value as u8 | 0x80);
        value >>= 7;
    }
    octets.push(value as u8);
    octets
}

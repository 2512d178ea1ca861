//! How a payload of audio is coded.

use serde::{Deserialize, Serialize};

/// A codec that audio is kept in. Append only: the order is part of the journal's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// ITU-T G.711 A-law, one octet a sample.
    ALaw,
    /// ITU-T G.711 µ-law, one octet a sample.
    MuLaw,
}

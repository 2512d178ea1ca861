//! Opening the model: only a file that is what it should be reaches ggml, which aborts on others.

use crate::whisper::Whisper;
use sha2::{Digest, Sha256};
use speech::protocol::Refusal;
use std::fs::File;
use std::io::{self, Read};

/// A ggml file's first four octets.
const MAGIC: [u8; 4] = 0x6767_6d6c_u32.to_le_bytes();

/// Loads a model: the engine and the SHA-256 of the file.
pub(crate) fn open(
    path: &str,
    expected: Option<[u8; 32]>,
    threads: u8,
) -> Result<(Whisper, [u8; 32]), Refusal> {
    let (found, magic) = read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Refusal::Missing { path: path.into() },
        _ => Refusal::Unreadable { path: path.into(), why: error.to_string() },
    })?;
    if let Some(expected) = expected.filter(|expected| *expected != found) {
        let (expected, found) = (hexadecimal(&expected), hexadecimal(&found));
        return Err(Refusal::Corrupt { path: path.into(), expected, found });
    }
    if magic != MAGIC {
        return Err(Refusal::NoModel { path: path.into() });
    }
    match Whisper::open(path, threads) {
        Ok(engine) => Ok((engine, found)),
        Err(_) => Err(Refusal::NoModel { path: path.into() }),
    }
}

/// SHA-256 and first octets of a file.
fn read(path: &str) -> io::Result<([u8; 32], [u8; 4])> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut magic = [0; 4];
    let mut piece = vec![0; 1 << 20];
    let mut first = true;
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((hash.finalize().into(), magic));
        }
        if std::mem::take(&mut first) {
            magic[..read.min(4)].copy_from_slice(&piece[..read.min(4)]);
        }
        hash.update(&piece[..read]);
    }
}

fn hexadecimal(hash: &[u8; 32]) -> String {
    hash.iter().map(|octet| format!("{octet:02x}")).collect()
}

//! NumPy arrays: what the mel filters come in.
//!
//! A `.npz` is a zip file of `.npy` files. A `.npy` of version 1 or 2 (NEP 1):
//!
//! ```text
//! offset  size  field
//!      0     6  magic "\x93NUMPY"
//!      6     1  major version, 1 or 2
//!      7     1  minor version
//!      8   2|4  header length, little-endian (2 octets in version 1, 4 in version 2)
//!      …     …  header: a Python dict in ASCII: 'descr', 'fortran_order', 'shape'
//!      …     …  data
//! ```
//!
//! Only little-endian f32 in C order is read, since nothing else is needed.

use std::io::{Cursor, Read};

/// An array of f32 in C order.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Lengths, outermost first.
    pub shape: Vec<usize>,
    /// Elements.
    pub data: Vec<f32>,
}

/// Why bytes are no array.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
    /// Not a zip file, or no such member.
    #[error("the archive has no readable array {0:?}")]
    NoMember(String),
    /// Not a `.npy` file.
    #[error("this is no NumPy array of version 1 or 2")]
    NoArray,
    /// Another element type or order.
    #[error("the array's header {0:?} is not that of little-endian f32 in C order")]
    Kind(String),
    /// Data and shape differ.
    #[error("the array's data is {found} octets long, its shape needs {expected}")]
    Length {
        /// By the shape.
        expected: usize,
        /// There.
        found: usize,
    },
}

/// Members longer than this are refused: 64 MiB.
const LONGEST: u64 = 64 << 20;

/// Reads one array out of an `.npz`.
pub fn read_npz(bytes: &[u8], name: &str) -> Result<Array, NpyError> {
    let missing = || NpyError::NoMember(name.into());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| missing())?;
    let member = archive.by_name(&format!("{name}.npy")).map_err(|_| missing())?;
    let mut npy = Vec::new();
    member.take(LONGEST).read_to_end(&mut npy).map_err(|_| missing())?;
    read_npy(&npy)
}

/// Reads an `.npy`.
pub fn read_npy(bytes: &[u8]) -> Result<Array, NpyError> {
    let (head, rest) = bytes.split_at_checked(8).ok_or(NpyError::NoArray)?;
    if head[..6] != *b"\x93NUMPY" {
        return Err(NpyError::NoArray);
    }
    let (length, rest) = match head[6] {
        1 => rest.split_first_chunk().map(|(n, rest)| (usize::from(u16::from_le_bytes(*n)), rest)),
        2 => rest.split_first_chunk().map(|(n, rest)| (u32::from_le_bytes(*n) as usize, rest)),
        _ => None,
    }
    .ok_or(NpyError::NoArray)?;
    let (header, data) = rest.split_at_checked(length).ok_or(NpyError::NoArray)?;
    let header = String::from_utf8_lossy(header).trim().to_owned();
    let kind = || NpyError::Kind(header.clone());
    if value(&header, "descr") != Some("'<f4'") || value(&header, "fortran_order") != Some("False")
    {
        return Err(kind());
    }
    let shape = shape(&header).ok_or_else(kind)?;
    let elements = shape.iter().try_fold(4usize, |n, &length| n.checked_mul(length));
    match elements {
        Some(expected) if expected == data.len() => {}
        other => {
            let expected = other.unwrap_or(usize::MAX);
            return Err(NpyError::Length { expected, found: data.len() });
        }
    }
    let data = data.as_chunks::<4>().0.iter().map(|octets| f32::from_le_bytes(*octets)).collect();
    Ok(Array { shape, data })
}

/// What a key's value begins with, up to the next comma.
fn value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, after) = header.split_once(&format!("'{key}':"))?;
    after.split([',', '}']).next().map(str::trim)
}

fn shape(header: &str) -> Option<Vec<usize>> {
    let (_, after) = header.split_once("'shape':")?;
    let (lengths, _) = after.trim_start().strip_prefix('(')?.split_once(')')?;
    let lengths = lengths.split(',').map(str::trim).filter(|length| !length.is_empty());
    lengths.map(|length| length.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn npy(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend([version, 0]);
        match version {
            1 => bytes.extend((header.len() as u16).to_le_bytes()),
            _ => bytes.extend((header.len() as u32).to_le_bytes()),
        }
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    const HEADER: &str = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }   \n";

    #[test]
    fn both_versions_are_read() {
        let data: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        for version in [1, 2] {
            let array = read_npy(&npy(version, HEADER, &data)).unwrap();
            assert_eq!(array, Array { shape: vec![2, 1], data: vec![1.5, -2.0] });
        }
    }

    #[test]
    fn an_array_comes_out_of_an_npz() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("mel_80.npy", options).unwrap();
        zip.write_all(&npy(1, HEADER, &[0; 8])).unwrap();
        let bytes = zip.finish().unwrap().into_inner();
        assert_eq!(read_npz(&bytes, "mel_80").unwrap().shape, [2, 1]);
        assert!(matches!(read_npz(&bytes, "mel_128"), Err(NpyError::NoMember(_))));
        assert!(matches!(read_npz(b"PK", "mel_80"), Err(NpyError::NoMember(_))));
    }

    #[test]
    fn what_is_not_f32_in_c_order_or_of_another_length_is_refused() {
        let read = |header: &str, data: &[u8]| read_npy(&npy(1, header, data)).unwrap_err();
        assert!(matches!(read(&HEADER.replace("<f4", "<f8"), &[0; 16]), NpyError::Kind(_)));
        assert!(matches!(read(&HEADER.replace("False", "True"), &[0; 8]), NpyError::Kind(_)));
        assert!(matches!(read(HEADER, &[0; 7]), NpyError::Length { expected: 8, found: 7 }));
        let huge = HEADER.replace("2, 1", "9223372036854775807, 9");
        assert!(matches!(read(&huge, &[]), NpyError::Length { .. }));
        assert!(matches!(read_npy(b"\x93NUMPY\x09\0"), Err(NpyError::NoArray)));
    }
}

//! Damaged model files: an error that says what, never a panic, never memory that is not there.

#![allow(clippy::unwrap_used)] // Tests, though not all of it stands in a #[test].

use models::ct2::{Ct2Error, F16, Model};
use models::npy;
use proptest::prelude::*;

fn name(text: &str) -> Vec<u8> {
    let mut bytes = (text.len() as u16 + 1).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes.push(0);
    bytes
}

/// A CTranslate2 file with one f16 variable of 2 × 3 and an alias of it.
fn ct2() -> Vec<u8> {
    let mut bytes = 6u32.to_le_bytes().to_vec();
    bytes.extend(name("WhisperSpec"));
    bytes.extend(3u32.to_le_bytes());
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(name("a/weight"));
    bytes.push(2);
    bytes.extend(2u32.to_le_bytes());
    bytes.extend(3u32.to_le_bytes());
    bytes.push(F16);
    bytes.extend(12u32.to_le_bytes());
    bytes.extend(0..12);
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(name("b/weight"));
    bytes.extend(name("a/weight"));
    bytes
}

fn npy() -> Vec<u8> {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }\n";
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend([0; 8]);
    bytes
}

#[test]
fn a_variable_is_found_by_its_name_and_its_alias_and_only_in_its_shape() {
    let bytes = ct2();
    let model = Model::read(&bytes).unwrap();
    assert_eq!(model.specification, "WhisperSpec");
    for name in ["a/weight", "b/weight"] {
        assert_eq!(model.f16(name, &[2, 3]).unwrap(), (0..12).collect::<Vec<u8>>());
        assert!(matches!(model.f16(name, &[3, 2]), Err(Ct2Error::Missing { .. })));
    }
}

#[test]
fn every_cut_of_a_file_is_refused() {
    let (ct2, npy) = (ct2(), npy());
    for length in 0..ct2.len() {
        assert!(Model::read(&ct2[..length]).is_err(), "{length} octets");
    }
    for length in 0..npy.len() {
        assert!(npy::read_npy(&npy[..length]).is_err(), "{length} octets");
    }
    let longer = [&ct2[..], &[0]].concat();
    assert_eq!(Model::read(&longer).unwrap_err(), Ct2Error::Trailing(1));
}

proptest! {
    #[test]
    fn no_damage_makes_a_reader_panic(
        changes in prop::collection::vec((0usize..200, any::<u8>()), 1..8),
    ) {
        let (mut ct2, mut npy) = (ct2(), npy());
        for (at, octet) in changes {
            let (c, n) = (at % ct2.len(), at % npy.len());
            ct2[c] = octet;
            npy[n] = octet;
        }
        if let Ok(model) = Model::read(&ct2) {
            let held: usize = model.variables.values().map(|variable| variable.data.len()).sum();
            prop_assert!(held <= 2 * ct2.len());
        }
        if let Ok(array) = npy::read_npy(&npy) {
            prop_assert_eq!(array.shape.iter().product::<usize>(), array.data.len());
        }
    }
}

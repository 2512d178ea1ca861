//! Every entry over its corpus and over seeded mutations of it: what a fuzzer does for hours, for
//! some seconds in each run of the tests.

// What the lints allow in a test they do not allow in what tests share.
#![allow(clippy::unwrap_used, clippy::panic)]

use fuzz_entries::{ENTRIES, Entry};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Mutations are drawn from this, and so are the same in each run.
const SEED: u64 = 0x7e11_0b0d;
/// Mutated octets for each entry, all its mutations together.
const OCTETS: usize = 1 << 21;
/// Mutations for each entry, at most.
const MUTATIONS: usize = 20_000;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// An entry's seeds, by name.
fn seeds(entry: &Entry) -> Vec<(String, Vec<u8>)> {
    let corpus = folder().join("corpus").join(entry.name);
    let files = std::fs::read_dir(&corpus).unwrap_or_else(|error| panic!("{corpus:?}: {error}"));
    let mut seeds: Vec<(String, Vec<u8>)> = files
        .map(|file| file.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    seeds.sort();
    seeds
}

/// One change as transport, disks and adversaries make them.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], chance: &mut ChaCha8Rng) {
    const TELLING: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'\n', 0xe4];
    let at = chance.random_range(0..=bytes.len());
    let end = chance.random_range(at..=bytes.len());
    match chance.random_range(0..8) {
        0 if at < bytes.len() => bytes[at] ^= 1 << chance.random_range(0..8),
        1 if at < bytes.len() => bytes[at] = TELLING[chance.random_range(0..TELLING.len())],
        2 if at < bytes.len() => bytes[at] = chance.random(),
        3 => drop(bytes.drain(at..end)),
        4 => bytes.truncate(at),
        5 => {
            let twice = bytes[at..end].to_vec();
            bytes.splice(at..at, twice);
        }
        6 => {
            let mut noise = [0; 8];
            chance.fill_bytes(&mut noise);
            bytes.splice(at..end.min(at + 8), noise);
        }
        _ => {
            let from = chance.random_range(0..=other.len());
            bytes.splice(at.., other[from..].iter().copied());
        }
    }
}

#[test]
fn every_seed_of_a_corpus_is_taken_for_what_it_is() {
    for entry in ENTRIES {
        let seeds = seeds(entry);
        assert!(!seeds.is_empty(), "{} has no seed", entry.name);
        for (name, bytes) in seeds {
            assert!((entry.run)(&bytes), "{}/{name} is not taken", entry.name);
        }
    }
}

#[test]
fn no_entry_takes_nothing_for_something() {
    for entry in ENTRIES {
        assert!(!(entry.run)(&[]) || entry.name == "tokens", "{} takes nothing", entry.name);
    }
}

#[test]
fn no_entry_panics_on_what_a_seed_was_mutated_into() {
    println!("seed {SEED:#x}");
    for (number, entry) in ENTRIES.iter().enumerate() {
        let mut chance = ChaCha8Rng::seed_from_u64(SEED ^ number as u64);
        let seeds = seeds(entry);
        let (mut octets, mut refused) = (0, 0);
        for _ in 0..MUTATIONS {
            let mut bytes = seeds[chance.random_range(0..seeds.len())].1.clone();
            let other = &seeds[chance.random_range(0..seeds.len())].1;
            for _ in 0..chance.random_range(1..=4) {
                mutate(&mut bytes, other, &mut chance);
            }
            let kept = bytes.clone();
            let done = std::panic::catch_unwind(|| (entry.run)(&bytes));
            let taken = done.unwrap_or_else(|_| panic!("{} panics on {kept:02x?}", entry.name));
            refused += usize::from(!taken);
            octets += bytes.len();
            if octets > OCTETS {
                break;
            }
        }
        assert!(refused > 0, "{} refuses nothing of what was mutated", entry.name);
    }
}

#[test]
fn every_entry_has_a_target_and_every_target_an_entry() {
    let targets = std::fs::read_dir(folder().join("fuzz_targets")).unwrap();
    let targets: BTreeSet<String> = targets
        .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let entries: BTreeSet<String> = ENTRIES.iter().map(|entry| entry.name.to_owned()).collect();
    assert_eq!(targets, entries);
    let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    for name in entries {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not in Cargo.toml");
    }
}

//! The bytes of keys and rings, and bytes of every other kind.

use call::CallId;
use proptest::prelude::*;
use vault::ring::{Day, DayRing, KeyError, RingError, parse_any};
use vault::{CallKey, DeviceKey, MasterKey};

const RING: &[u8] = include_bytes!("golden/ring-v1.bin");
const DEVICE: &[u8] = include_bytes!("golden/device-key-v1.bin");
const MASTER: &[u8] = include_bytes!("golden/master-key-v1.bin");

fn master() -> MasterKey {
    MasterKey::from_bytes(&[0x22; 32])
}

#[test]
fn key_files_are_these_bytes() {
    assert_eq!(*DeviceKey::from_seed(&[0x11; 32]).to_file(), DEVICE);
    assert_eq!(*master().to_file(), MASTER);
    assert_eq!(
        DeviceKey::from_file(DEVICE).unwrap().device().to_string(),
        DeviceKey::from_seed(&[0x11; 32]).device().to_string()
    );
}

/// The ring of 2026-11-23 with two calls; a third was erased, so it has been rolled once. Keys and
/// nonces are random, so the bytes are read, not written, again; the layout is in `vault::ring`.
#[test]
fn a_ring_of_these_bytes_opens_and_its_keys_open_what_they_sealed() {
    let ring = DayRing::decode(RING, &master()).unwrap();
    assert_eq!(ring.day(), Day(20_780));
    assert_eq!(ring.day().file_name(), "2026-11-23.ring");
    assert_eq!(ring.generation(), 1);
    let calls: Vec<CallId> = ring.calls().collect();
    assert_eq!(calls, [call(1), call(3)]);
    assert_eq!(ring.key(call(2)).unwrap_err(), KeyError::Gone);
    assert_eq!(ring.encode(), RING);
    // Sealed with the keys when the golden ring was made: the first octet and the tag of a zero.
    let sealed = include_bytes!("golden/ring-v1.sealed");
    for (call, sealed) in calls.iter().zip(sealed.chunks_exact(17)) {
        let mut text = [sealed[0]];
        let tag = sealed[1..].try_into().unwrap();
        ring.key(*call).unwrap().open(&[0; 12], &[], &mut text, tag).unwrap();
        assert_eq!(text, [0]);
    }
}

fn call(n: u128) -> CallId {
    CallId::new(1_795_392_000_000, n)
}

#[test]
fn every_cut_and_every_changed_octet_of_a_ring_is_refused() {
    for end in 0..RING.len() {
        assert!(DayRing::decode(&RING[..end], &master()).is_err(), "cut at {end}");
    }
    for at in 0..RING.len() {
        let mut changed = RING.to_vec();
        changed[at] ^= 0x40;
        assert!(DayRing::decode(&changed, &master()).is_err(), "octet {at}");
    }
    let mut longer = RING.to_vec();
    longer.push(0);
    assert_eq!(DayRing::decode(&longer, &master()).unwrap_err(), RingError::Damaged);
}

#[test]
fn every_changed_octet_of_a_key_file_is_refused() {
    for at in 0..MASTER.len() {
        let mut changed = MASTER.to_vec();
        changed[at] ^= 0x02;
        assert!(MasterKey::from_file(&changed).is_err(), "octet {at}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_without_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        at in 0_usize..400,
        octet in any::<u8>(),
    ) {
        // What is no ring is none, and a ring's body with one octet changed is looked at, too.
        let mut body = RING[22..].to_vec();
        if let Some(place) = body.get_mut(at) {
            *place = octet;
        }
        parse_any(&body);
        if parse_any(&bytes) {
            prop_assert!(bytes.len() >= 75, "a ring needs a day key");
        }
        prop_assert!(DayRing::decode(&bytes, &master()).is_err());
        prop_assert!(MasterKey::from_file(&bytes).is_err());
    }

    #[test]
    fn what_one_key_seals_no_other_opens(
        key in any::<[u8; 32]>(),
        other in any::<[u8; 32]>(),
        text in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        prop_assume!(key != other);
        let mut sealed = text.clone();
        let tag = CallKey::from_bytes(&key).seal(&[0; 12], b"", &mut sealed).unwrap();
        prop_assert!(CallKey::from_bytes(&other).open(&[0; 12], b"", &mut sealed, &tag).is_err());
        CallKey::from_bytes(&key).open(&[0; 12], b"", &mut sealed, &tag).unwrap();
        prop_assert_eq!(sealed, text);
    }
}

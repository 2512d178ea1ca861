//! A day's ring: the keys of the calls that were opened on that day.
//!
//! A ring is one small file, `rings/2026-11-23.ring`, that is replaced whole. Each call's key is
//! wrapped under the day's key, the day's key under the storage master key; both bound to the day,
//! the call's also to the call, so that no wrapped key can be moved to another place.
//!
//! ```text
//! offset  size  field
//!      0     4  magic "TPRG"
//!      4     2  format version (1), little-endian
//!      6    16  first 16 bytes of BLAKE3 over bytes 22.., against a damaged file
//!     22     …  postcard: day (zigzag varint, days since 1970-01-01 UTC)
//!               generation (varint: counts the rollings)
//!               day key wrapped: nonce 24, key 32, tag 16
//!               calls (varint count), each: call 16, nonce 24, key 32, tag 16; in order of the call
//! ```
//!
//! Erasing a call = taking its key out and rolling the ring: a new day key, every other call's key
//! wrapped anew. So an old copy of the file, if the flash memory still holds one, needs the old day
//! key, which lies nowhere but in that copy under the master key; docs/journal.md says what that is
//! worth.

use crate::identity::MasterKey;
use crate::key::{CallKey, Entropy, SealBroken, Wrapped, fill_random};
use call::CallId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

const MAGIC: [u8; 4] = *b"TPRG";
const VERSION: u16 = 1;
const HEAD: usize = 22;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A day, in days since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i32);

impl Day {
    /// The day of an instant, in milliseconds since the Unix epoch.
    pub fn of_unix_ms(unix_ms: i64) -> Day {
        Day(i32::try_from(unix_ms.div_euclid(DAY_MS)).unwrap_or(i32::MAX))
    }

    /// The day whose ring holds a call's key: the UTC day of its opening, as its identity says.
    pub fn of_call(call: CallId) -> Day {
        Day::of_unix_ms(call.unix_ms())
    }

    /// From a ring's file name.
    pub fn from_file_name(name: &str) -> Option<Day> {
        let date = name.strip_suffix(".ring")?;
        let mut parts = date.rsplitn(3, '-');
        let day: i64 = parts.next()?.parse().ok()?;
        let month: i64 = parts.next()?.parse().ok()?;
        let year: i64 = parts.next()?.parse().ok()?;
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || year.abs() > 20_000 {
            return None;
        }
        let found = Day(i32::try_from(days_from_civil(year, month, day)).ok()?);
        // One name a day: `2026-2-30.ring` is nobody's.
        (found.file_name() == name).then_some(found)
    }

    /// The name of the day's ring file.
    pub fn file_name(self) -> String {
        format!("{self}.ring")
    }
}

impl core::fmt::Display for Day {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (year, month, day) = civil_from_days(i64::from(self.0));
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Why bytes are no ring, or not this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RingError {
    /// Shorter than its head.
    #[error("a ring starts with {HEAD} bytes of head; these are fewer")]
    Short,
    /// Another magic.
    #[error("these bytes do not start with a ring's magic")]
    Magic,
    /// A format that this firmware does not know.
    #[error("ring version {0}; this firmware reads version {VERSION}")]
    Version(u16),
    /// The check does not match, or the body does not parse.
    #[error("the ring is damaged")]
    Damaged,
    /// The master key does not open it.
    #[error("the ring does not open under this device's master key")]
    Foreign,
}

/// Why a call's key is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The ring holds none: erased, or never there.
    #[error("no key for this call: it was erased, or its day is past retention")]
    Gone,
    /// It is there and does not open.
    #[error("the call's key in its ring is damaged")]
    Damaged,
}

#[derive(Serialize, Deserialize)]
struct Body {
    day: Day,
    generation: u32,
    day_key: Wrapped,
    calls: Vec<(CallId, Wrapped)>,
}

/// The keys of one day's calls, open for use.
pub struct DayRing {
    day: Day,
    generation: u32,
    day_key: Zeroizing<[u8; 32]>,
    wrapped_day_key: Wrapped,
    calls: BTreeMap<CallId, Wrapped>,
}

impl DayRing {
    /// An empty ring with a fresh day key.
    pub fn new(day: Day, master: &MasterKey) -> Result<DayRing, Entropy> {
        DayRing::with_calls(day, 0, master, BTreeMap::new())
    }

    fn with_calls(
        day: Day,
        generation: u32,
        master: &MasterKey,
        keys: BTreeMap<CallId, Zeroizing<[u8; 32]>>,
    ) -> Result<DayRing, Entropy> {
        let mut day_key = Zeroizing::new([0; 32]);
        fill_random(day_key.as_mut())?;
        let wrapped_day_key = Wrapped::wrap(master.bytes(), &day_key, &day_bytes(day))?;
        let mut calls = BTreeMap::new();
        for (call, key) in keys {
            calls.insert(call, Wrapped::wrap(&day_key, &key, &call_bytes(day, call))?);
        }
        Ok(DayRing { day, generation, day_key, wrapped_day_key, calls })
    }

    /// Reads a ring. Takes any bytes.
    pub fn decode(bytes: &[u8], master: &MasterKey) -> Result<DayRing, RingError> {
        let body = parse(bytes)?;
        let day_key = body
            .day_key
            .unwrap_by(master.bytes(), &day_bytes(body.day))
            .map_err(|SealBroken| RingError::Foreign)?;
        Ok(DayRing {
            day: body.day,
            generation: body.generation,
            day_key,
            wrapped_day_key: body.day_key,
            calls: body.calls.into_iter().collect(),
        })
    }

    /// The ring's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let body = Body {
            day: self.day,
            generation: self.generation,
            day_key: self.wrapped_day_key.clone(),
            calls: self.calls.iter().map(|(call, key)| (*call, key.clone())).collect(),
        };
        let mut bytes = Vec::with_capacity(HEAD + 96 + self.calls.len() * 88);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&[0; 16]);
        // A `Vec` takes what is written to it, and every field has a serialised form.
        let mut bytes = postcard::to_extend(&body, bytes).unwrap_or_default();
        if bytes.len() >= HEAD {
            let check = blake3::hash(&bytes[HEAD..]);
            bytes[6..HEAD].copy_from_slice(&check.as_bytes()[..16]);
        }
        bytes
    }

    /// The day.
    pub fn day(&self) -> Day {
        self.day
    }

    /// How often the ring was rolled.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The calls whose keys it holds, in order.
    pub fn calls(&self) -> impl Iterator<Item = CallId> + '_ {
        self.calls.keys().copied()
    }

    /// A new call's key: fresh, and from now on in the ring. If the ring has one for this call
    /// already, that one.
    pub fn add(&mut self, call: CallId) -> Result<CallKey, Entropy> {
        if let Ok(key) = self.key(call) {
            return Ok(key);
        }
        let key = CallKey::generate()?;
        let wrapped = Wrapped::wrap(&self.day_key, key.bytes(), &call_bytes(self.day, call))?;
        self.calls.insert(call, wrapped);
        Ok(key)
    }

    /// A call's key.
    pub fn key(&self, call: CallId) -> Result<CallKey, KeyError> {
        let wrapped = self.calls.get(&call).ok_or(KeyError::Gone)?;
        wrapped
            .unwrap_by(&self.day_key, &call_bytes(self.day, call))
            .map(|key| CallKey::from_bytes(&key))
            .map_err(|SealBroken| KeyError::Damaged)
    }

    /// The ring without these calls, rolled: a new day key, every other key wrapped anew. A wrapped
    /// key that is damaged goes with them, since it opens nothing.
    pub fn without(&self, erased: &[CallId], master: &MasterKey) -> Result<DayRing, Entropy> {
        let mut kept = BTreeMap::new();
        for (&call, wrapped) in &self.calls {
            if erased.contains(&call) {
                continue;
            }
            if let Ok(key) = wrapped.unwrap_by(&self.day_key, &call_bytes(self.day, call)) {
                kept.insert(call, key);
            }
        }
        DayRing::with_calls(self.day, self.generation.saturating_add(1), master, kept)
    }
}

impl core::fmt::Debug for DayRing {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "DayRing({}, {} calls)", self.day, self.calls.len())
    }
}

fn parse(bytes: &[u8]) -> Result<Body, RingError> {
    let (head, body) = bytes.split_at_checked(HEAD).ok_or(RingError::Short)?;
    if head[..4] != MAGIC {
        return Err(RingError::Magic);
    }
    let version = u16::from_le_bytes([head[4], head[5]]);
    if version != VERSION {
        return Err(RingError::Version(version));
    }
    if blake3::hash(body).as_bytes()[..16] != head[6..] {
        return Err(RingError::Damaged);
    }
    match postcard::take_from_bytes(body) {
        Ok((body, [])) => Ok(body),
        _ => Err(RingError::Damaged),
    }
}

/// Fuzz entry: parses bytes as a ring's body would be, past the check that random bytes never meet.
/// Returns whether they were one.
pub fn parse_any(bytes: &[u8]) -> bool {
    parse(bytes).is_ok() || matches!(postcard::take_from_bytes::<Body>(bytes), Ok((_, [])))
}

fn day_bytes(day: Day) -> [u8; 8] {
    let mut bytes = *b"day \0\0\0\0";
    bytes[4..].copy_from_slice(&day.0.to_le_bytes());
    bytes
}

fn call_bytes(day: Day, call: CallId) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes[..4].copy_from_slice(b"call");
    bytes[4..8].copy_from_slice(&day.0.to_le_bytes());
    bytes[8..].copy_from_slice(&call.to_bytes());
    bytes
}

/// Proleptic Gregorian date of a day number. Years are counted from March, so that the leap day is
/// a year's last; 400 years are one era of 146,097 days, and 1970-01-01 is day 719,468 of era 0.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The inverse of [`civil_from_days`].
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master() -> MasterKey {
        MasterKey::from_bytes(&[5; 32])
    }

    #[test]
    fn a_day_names_its_file_and_the_file_its_day() {
        for (days, name) in [
            (0, "1970-01-01.ring"),
            (20_780, "2026-11-23.ring"),
            (19_782, "2024-02-29.ring"),
            (-1, "1969-12-31.ring"),
        ] {
            assert_eq!(Day(days).file_name(), name);
            assert_eq!(Day::from_file_name(name), Some(Day(days)));
        }
        for days in (-1_000_000..1_000_000).step_by(997) {
            assert_eq!(Day::from_file_name(&Day(days).file_name()), Some(Day(days)), "{days}");
        }
        for name in ["", "2026-11-23", "2026-02-30.ring", "2026-1-1.ring", "x-1-1.ring"] {
            assert_eq!(Day::from_file_name(name), None, "{name}");
        }
    }

    #[test]
    fn keys_come_back_from_the_rings_bytes() {
        let mut ring = DayRing::new(Day(20_780), &master()).unwrap();
        let calls: Vec<CallId> = (0..5).map(|n| CallId::new(n, 9)).collect();
        let keys: Vec<CallKey> = calls.iter().map(|&call| ring.add(call).unwrap()).collect();
        let again = DayRing::decode(&ring.encode(), &master()).unwrap();
        for (call, key) in calls.iter().zip(&keys) {
            assert_eq!(again.key(*call).unwrap().bytes(), key.bytes());
        }
        assert_eq!(again.calls().collect::<Vec<_>>(), calls);
    }

    #[test]
    fn an_erased_call_has_no_key_and_the_old_day_key_opens_nothing_of_the_rolled_ring() {
        let mut ring = DayRing::new(Day(1), &master()).unwrap();
        let (gone, kept) = (CallId::new(1, 1), CallId::new(1, 2));
        ring.add(gone).unwrap();
        let kept_key = ring.add(kept).unwrap();
        let rolled = ring.without(&[gone], &master()).unwrap();
        assert_eq!(rolled.key(gone).unwrap_err(), KeyError::Gone);
        assert_eq!(rolled.key(kept).unwrap().bytes(), kept_key.bytes());
        assert_eq!(rolled.generation(), 1);
        let wrapped = &rolled.calls[&kept];
        assert!(wrapped.unwrap_by(&ring.day_key, &call_bytes(Day(1), kept)).is_err());
    }

    #[test]
    fn another_devices_master_key_opens_no_ring() {
        let ring = DayRing::new(Day(1), &master()).unwrap();
        let other = MasterKey::from_bytes(&[6; 32]);
        assert_eq!(DayRing::decode(&ring.encode(), &other).unwrap_err(), RingError::Foreign);
    }

    #[test]
    fn a_key_moved_to_another_call_does_not_open() {
        let mut ring = DayRing::new(Day(1), &master()).unwrap();
        let (one, two) = (CallId::new(1, 1), CallId::new(1, 2));
        ring.add(one).unwrap();
        let moved = ring.calls[&one].clone();
        ring.calls.insert(two, moved);
        assert_eq!(ring.key(two).unwrap_err(), KeyError::Damaged);
    }
}

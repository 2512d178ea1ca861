//! Identities of calls and devices.

use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

/// A call's identity: a ULID, so identities sort by the time of opening.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(Ulid);

impl CallId {
    /// From the opening instant (milliseconds since the Unix epoch) and 80 bits of randomness, of
    /// which the low bits of `random` are taken.
    pub fn new(unix_ms: i64, random: u128) -> Self {
        CallId(Ulid::from_parts(u64::try_from(unix_ms).unwrap_or(0), random))
    }

    /// The identity in 16 bytes, big-endian.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_bytes()
    }

    /// From 16 bytes, big-endian.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        CallId(Ulid::from_bytes(bytes))
    }

    /// The opening instant in milliseconds since the Unix epoch.
    pub fn unix_ms(self) -> i64 {
        i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CallId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Ulid::from_string(text).map(CallId).map_err(|_| IdError::Call)
    }
}

/// A device's identity: the first 16 bytes of the BLAKE3 hash of its Ed25519 public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub [u8; 16]);

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for DeviceId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let digits = text.as_bytes();
        if digits.len() != 32 {
            return Err(IdError::Device);
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = core::str::from_utf8(pair).map_err(|_| IdError::Device)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| IdError::Device)?;
        }
        Ok(DeviceId(bytes))
    }
}

/// Why a text is no identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a ULID.
    #[error("a call's identity is 26 letters and digits, as `tipring calls` prints it")]
    Call,
    /// Not 32 hexadecimal digits.
    #[error("a device's identity is 32 hexadecimal digits")]
    Device,
}

/// Text where people read (JSON), 16 bytes where machines do (postcard).
macro_rules! serde_as_text_or_bytes {
    ($type:ty, $bytes:expr, $from:expr) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    $bytes(*self).serialize(serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = String::deserialize(deserializer)?;
                    text.parse().map_err(serde::de::Error::custom)
                } else {
                    <[u8; 16]>::deserialize(deserializer).map($from)
                }
            }
        }
    };
}

serde_as_text_or_bytes!(CallId, CallId::to_bytes, CallId::from_bytes);
serde_as_text_or_bytes!(DeviceId, |id: DeviceId| id.0, DeviceId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_sort_by_opening_and_come_back_from_text() {
        let early = CallId::new(1_000, u128::MAX);
        let late = CallId::new(1_001, 0);
        assert!(early < late);
        assert_eq!(late.to_string().parse::<CallId>().unwrap(), late);
        assert_eq!(early.unix_ms(), 1_000);
        let device = DeviceId([0xa5; 16]);
        assert_eq!(device.to_string().parse::<DeviceId>().unwrap(), device);
    }

    #[test]
    fn what_is_no_identity_is_refused_with_a_sentence() {
        assert_eq!("".parse::<CallId>(), Err(IdError::Call));
        assert_eq!("zz".repeat(16).parse::<DeviceId>(), Err(IdError::Device));
        assert_eq!("好".repeat(11).parse::<DeviceId>(), Err(IdError::Device));
    }
}

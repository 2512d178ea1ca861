//! What headquarters and a branch tell each other once, before anything is delivered.
//!
//! Headquarters gives the branch an `enrolment.toml` ([`Enrolment`]); it carries the look-up key, so
//! it is a secret. The branch gives headquarters its [`DeviceCard`], which is public.

use crate::envelope::SealingKey;
use crate::identity::device_of;
use crate::lookup::LookupKey;
use crate::receipt::CollectorId;
use call::DeviceId;
use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The file format that this firmware reads and writes.
const VERSION: u32 = 1;
const MAX_NAME: usize = 64;
const MAX_FILE: usize = 64 << 10;

/// What headquarters gives a branch.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// Where to deliver: `https://host:port`, without a path.
    pub url: String,
    /// The key to seal records to.
    pub sealing: SealingKey,
    /// The key to check receipts with, Ed25519.
    pub receipts: [u8; 32],
    /// The key to tag customers' numbers with.
    pub lookup: LookupKey,
    /// The only certificate authority that the collector's certificate may come from, PEM.
    pub ca_certificate: String,
}

/// What a device gives headquarters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCard {
    /// The branch's name for it, 1 to 64 characters.
    pub name: String,
    /// Its Ed25519 public key.
    pub public: [u8; 32],
}

/// Why a text is no enrolment and no device card.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnrolError {
    /// Not TOML of the right fields; the message names the line, never a value of a key.
    #[error("not a file of this kind: {0}")]
    Form(String),
    /// A format that this version does not know.
    #[error("version = {0}; this firmware reads version {VERSION}: update it")]
    Version(u32),
    /// A key that is none.
    #[error("{0} must be 64 hexadecimal digits, a key as `tipring-collector init` writes it")]
    Key(&'static str),
    /// A URL that is none.
    #[error("url must be https://HOST or https://HOST:PORT, without a path")]
    Url,
    /// No certificate.
    #[error("ca_certificate must hold a certificate in PEM, from its BEGIN line to its END line")]
    Certificate,
    /// A name that is none.
    #[error("name must have 1 to {MAX_NAME} characters, none of them a control character")]
    Name,
    /// Identity and key do not belong together.
    #[error("device and public_key do not belong together: the file was changed")]
    Device,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnrolmentFile {
    version: u32,
    url: String,
    collector: String,
    hpke_public_key: String,
    receipt_public_key: String,
    lookup_key: String,
    ca_certificate: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceFile {
    version: u32,
    name: String,
    device: String,
    public_key: String,
}

impl Enrolment {
    /// Reads `enrolment.toml`.
    pub fn from_toml(text: &str) -> Result<Enrolment, EnrolError> {
        let file: EnrolmentFile = read(text)?;
        let lookup_key = Zeroizing::new(file.lookup_key);
        if file.version != VERSION {
            return Err(EnrolError::Version(file.version));
        }
        if !is_url(&file.url) {
            return Err(EnrolError::Url);
        }
        let pem = file.ca_certificate.trim();
        if !pem.starts_with("-----BEGIN CERTIFICATE-----")
            || !pem.ends_with("-----END CERTIFICATE-----")
        {
            return Err(EnrolError::Certificate);
        }
        let receipts = key(&file.receipt_public_key, "receipt_public_key")?;
        if file.collector != CollectorId::of(&receipts).to_string() {
            return Err(EnrolError::Key("receipt_public_key"));
        }
        let sealing = SealingKey::from_bytes(&key(&file.hpke_public_key, "hpke_public_key")?)
            .ok_or(EnrolError::Key("hpke_public_key"))?;
        Ok(Enrolment {
            url: file.url.trim_end_matches('/').to_owned(),
            sealing,
            receipts,
            lookup: LookupKey::from_bytes(&Zeroizing::new(key(&lookup_key, "lookup_key")?)),
            ca_certificate: file.ca_certificate,
        })
    }

    /// Writes `enrolment.toml`: a secret, since the look-up key is in it.
    pub fn to_toml(&self) -> Zeroizing<String> {
        let file = EnrolmentFile {
            version: VERSION,
            url: self.url.clone(),
            collector: CollectorId::of(&self.receipts).to_string(),
            hpke_public_key: HEX.encode(&self.sealing.to_bytes()),
            receipt_public_key: HEX.encode(&self.receipts),
            lookup_key: HEX.encode(self.lookup.as_bytes()),
            ca_certificate: self.ca_certificate.clone(),
        };
        Zeroizing::new(toml::to_string(&file).unwrap_or_default())
    }

    /// The collector's identity, as receipts give it.
    pub fn collector(&self) -> CollectorId {
        CollectorId::of(&self.receipts)
    }
}

impl DeviceCard {
    /// A device's card; refused if the name cannot be one.
    pub fn new(name: &str, public: [u8; 32]) -> Result<DeviceCard, EnrolError> {
        let length = name.chars().count();
        if length == 0 || length > MAX_NAME || name.chars().any(char::is_control) {
            return Err(EnrolError::Name);
        }
        Ok(DeviceCard { name: name.to_owned(), public })
    }

    /// The identity that belongs to the key.
    pub fn device(&self) -> DeviceId {
        device_of(&self.public)
    }

    /// Reads `device.toml`.
    pub fn from_toml(text: &str) -> Result<DeviceCard, EnrolError> {
        let file: DeviceFile = read(text)?;
        if file.version != VERSION {
            return Err(EnrolError::Version(file.version));
        }
        let card = DeviceCard::new(&file.name, key(&file.public_key, "public_key")?)?;
        if file.device != card.device().to_string() {
            return Err(EnrolError::Device);
        }
        Ok(card)
    }

    /// Writes `device.toml`.
    pub fn to_toml(&self) -> String {
        let file = DeviceFile {
            version: VERSION,
            name: self.name.clone(),
            device: self.device().to_string(),
            public_key: HEX.encode(&self.public),
        };
        toml::to_string(&file).unwrap_or_default()
    }
}

/// Takes any bytes through both parsers: for fuzzing.
pub fn fuzz(bytes: &[u8]) {
    if let Ok(text) = core::str::from_utf8(bytes) {
        drop(Enrolment::from_toml(text));
        drop(DeviceCard::from_toml(text));
    }
}

/// Reads TOML; what is wrong is told by place, since the text around it may be a secret.
fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, EnrolError> {
    if text.len() > MAX_FILE {
        return Err(EnrolError::Form(format!("it has more than {MAX_FILE} bytes")));
    }
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let message = error.message().lines().next().unwrap_or_default();
        EnrolError::Form(format!("line {line}: {message}"))
    })
}

fn key(text: &str, field: &'static str) -> Result<[u8; 32], EnrolError> {
    let bytes = HEX.decode(text.trim().as_bytes()).map_err(|_| EnrolError::Key(field))?;
    bytes.as_slice().try_into().map_err(|_| EnrolError::Key(field))
}

fn is_url(url: &str) -> bool {
    let host = url.strip_prefix("https://").map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || ".-_:[]".contains(letter);
    host.is_some_and(|host| !host.is_empty() && host.chars().all(allowed))
}

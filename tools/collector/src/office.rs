//! The folder of a collector (0700): its keys, its certificate, what it gives to branches.
//!
//! ```text
//! enrolment.toml     what a branch is given (the look-up key is in it: 0600)
//! headquarters.key   opens envelopes; needed by `query` and `export` only: move it away (0600)
//! receipt.key        signs receipts (0600)
//! tls/ca.pem         the authority that branches pin
//! tls/ca.key         signs new server certificates; not needed to serve (0600)
//! tls/server.pem     the certificate served
//! tls/server.key     its key (0600)
//! collector.sqlite   the envelopes
//! ```
//!
//! `enrolment.toml` is written last and by renaming, so a folder that has it is whole.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use vault::enrol::{EnrolError, Enrolment};
use vault::envelope::OpeningKey;
use vault::identity::KeyFileError;
use vault::key::Entropy;
use vault::lookup::LookupKey;
use vault::receipt::ReceiptKey;
use zeroize::Zeroizing;

/// A collector's folder.
#[derive(Clone, Debug)]
pub struct Office {
    folder: PathBuf,
}

/// Why a folder cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// A file could not be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is no collector in the folder.
    #[error("{0} holds no collector: run `tipring-collector init --data {0}` first")]
    Missing(PathBuf),
    /// A key file that is none.
    #[error("{path}: {error}")]
    Key {
        /// Which.
        path: PathBuf,
        /// Why.
        error: KeyFileError,
    },
    /// An enrolment file that is none.
    #[error("{path}: {error}")]
    Enrolment {
        /// Which.
        path: PathBuf,
        /// Why.
        error: EnrolError,
    },
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] Entropy),
    /// The certificates could not be made.
    #[error(
        "the certificate could not be made: {0}; --address is HOST:PORT, --name is a host name or an address"
    )]
    Certificate(#[from] rcgen::Error),
}

impl Office {
    /// The collector in `folder`, whether it is there yet or not.
    pub fn new(folder: &Path) -> Office {
        Office { folder: folder.to_owned() }
    }

    /// Makes keys and certificates for a collector that branches reach at `address` (HOST:PORT),
    /// certified for its host and for `names`. A folder that is whole is left as it is: `false`.
    pub fn init(&self, address: &str, names: &[String]) -> Result<bool, OfficeError> {
        if self.enrolment_path().exists() {
            self.enrolment()?;
            return Ok(false);
        }
        let folder = |path: &Path| {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(path)
                .map_err(|error| file_error(path, error))
        };
        folder(&self.folder)?;
        folder(&self.folder.join("tls"))?;

        let opening = OpeningKey::generate()?;
        let receipts = ReceiptKey::generate()?;
        write_secret(&self.opening_key_path(), &opening.to_file())?;
        write_secret(&self.receipt_key_path(), &receipts.to_file())?;

        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let mut served: Vec<String> = vec![host.trim_matches(['[', ']']).to_owned()];
        served.extend(names.iter().filter(|name| *name != &served[0]).cloned().collect::<Vec<_>>());
        let tls = Certificates::new(&served)?;
        let tls_file = |name: &str| self.folder.join("tls").join(name);
        write_secret(&tls_file("ca.key"), tls.authority_key.as_bytes())?;
        write_secret(&tls_file("ca.pem"), tls.authority.as_bytes())?;
        write_secret(&self.server_key_path(), tls.server_key.as_bytes())?;
        write_secret(&self.server_certificate_path(), tls.server.as_bytes())?;

        let enrolment = Enrolment {
            url: format!("https://{address}"),
            sealing: opening.public().clone(),
            receipts: receipts.public(),
            lookup: LookupKey::generate()?,
            ca_certificate: tls.authority,
        };
        let text = enrolment.to_toml();
        // What a branch could not read must not be written.
        Enrolment::from_toml(&text)
            .map_err(|error| OfficeError::Enrolment { path: self.enrolment_path(), error })?;
        write_secret(&self.enrolment_path(), text.as_bytes())?;
        Ok(true)
    }

    /// What branches are given.
    pub fn enrolment(&self) -> Result<Enrolment, OfficeError> {
        let path = self.enrolment_path();
        if !path.exists() {
            return Err(OfficeError::Missing(self.folder.clone()));
        }
        let text = fs::read_to_string(&path).map(Zeroizing::new);
        let text = text.map_err(|error| file_error(&path, error))?;
        Enrolment::from_toml(&text).map_err(|error| OfficeError::Enrolment { path, error })
    }

    /// The key that signs receipts.
    pub fn receipt_key(&self) -> Result<ReceiptKey, OfficeError> {
        let path = self.receipt_key_path();
        let bytes = read_secret(&path)?;
        ReceiptKey::from_file(&bytes).map_err(|error| OfficeError::Key { path, error })
    }

    /// The key that opens envelopes, from `path` or from the folder.
    pub fn opening_key(&self, path: Option<&Path>) -> Result<OpeningKey, OfficeError> {
        let path = path.map_or_else(|| self.opening_key_path(), Path::to_owned);
        let bytes = read_secret(&path)?;
        OpeningKey::from_file(&bytes).map_err(|error| OfficeError::Key { path, error })
    }

    /// Where `enrolment.toml` is.
    pub fn enrolment_path(&self) -> PathBuf {
        self.folder.join("enrolment.toml")
    }

    /// Where the certificate served is.
    pub fn server_certificate_path(&self) -> PathBuf {
        self.folder.join("tls/server.pem")
    }

    /// Where its key is.
    pub fn server_key_path(&self) -> PathBuf {
        self.folder.join("tls/server.key")
    }

    /// Where the envelopes are.
    pub fn database_path(&self) -> PathBuf {
        self.folder.join("collector.sqlite")
    }

    fn opening_key_path(&self) -> PathBuf {
        self.folder.join("headquarters.key")
    }

    fn receipt_key_path(&self) -> PathBuf {
        self.folder.join("receipt.key")
    }
}

/// An authority of our own and one server certificate by it, as PEM.
struct Certificates {
    authority: String,
    authority_key: Zeroizing<String>,
    server: String,
    server_key: Zeroizing<String>,
}

impl Certificates {
    /// Both are valid from the clock's beginning to far beyond: branches pin the authority and have
    /// no clock to rely on, so a date would only be an outage.
    fn new(names: &[String]) -> Result<Certificates, rcgen::Error> {
        let authority_key = KeyPair::generate()?;
        let (begin, end) = (rcgen::date_time_ymd(1970, 1, 1), rcgen::date_time_ymd(4096, 1, 1));
        let mut authority = CertificateParams::new(Vec::new())?;
        (authority.not_before, authority.not_after) = (begin, end);
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        authority.distinguished_name.push(DnType::CommonName, "Tipring collector authority");
        let certificate = authority.self_signed(&authority_key)?;

        let server_key = KeyPair::generate()?;
        let mut server = CertificateParams::new(names.to_vec())?;
        (server.not_before, server.not_after) = (begin, end);
        server.use_authority_key_identifier_extension = true;
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.distinguished_name.push(DnType::CommonName, "Tipring collector");
        let issuer = Issuer::from_params(&authority, &authority_key);
        Ok(Certificates {
            authority: certificate.pem(),
            server: server.signed_by(&server_key, &issuer)?.pem(),
            server_key: Zeroizing::new(server_key.serialize_pem()),
            authority_key: Zeroizing::new(authority_key.serialize_pem()),
        })
    }
}

fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, OfficeError> {
    fs::read(path).map(Zeroizing::new).map_err(|error| file_error(path, error))
}

/// Writes a file that only its owner can read: beside its place, synced, then renamed into it.
fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), OfficeError> {
    let write = || {
        let fresh = path.with_extension("new");
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().map_err(|error| file_error(path, error))
}

fn file_error(path: &Path, error: io::Error) -> OfficeError {
    OfficeError::File { path: path.to_owned(), error }
}

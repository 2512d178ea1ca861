//! Wheels from the Python registry, by its own client.
//!
//! `pip download` gets the file and the pinned hash, and only wheels, so nothing of a package is
//! ever run. What is there already with the right hash is not fetched again, so a broken run goes
//! on where it stopped; a damaged file is removed by name first.

use crate::hash;
use crate::manifest::Wheel;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How pip may be called.
const CLIENTS: &[&[&str]] = &[&["python3", "-m", "pip"], &["pip3"], &["pip"]];

/// Why a wheel is not there.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No pip.
    #[error("pip is missing; on Debian: apt install python3-pip")]
    NoClient,
    /// pip says why.
    #[error("pip could not fetch {package} {version}: {why}")]
    Client {
        /// Which.
        package: String,
        /// Which.
        version: String,
        /// pip's last words.
        why: String,
    },
    /// pip was content, the file is not there or another.
    #[error("{file} is not the pinned file after its download; its SHA-256 is {found}")]
    Other {
        /// Which.
        file: String,
        /// Hexadecimal, or why there is none.
        found: String,
    },
    /// The disk.
    #[error("{path}: {why}; check the folder's owner and the space left")]
    Disk {
        /// Where.
        path: PathBuf,
        /// The system's words.
        why: io::Error,
    },
}

/// Sees to it that a wheel is in a folder; its path.
pub fn wheel(wheel: &Wheel, folder: &Path) -> Result<PathBuf, FetchError> {
    let disk = |path: &Path| {
        let path = path.to_owned();
        move |why| FetchError::Disk { path, why }
    };
    std::fs::create_dir_all(folder).map_err(disk(folder))?;
    let path = folder.join(&wheel.file);
    if is_there(wheel, &path) {
        return Ok(path);
    }
    if path.exists() {
        std::fs::remove_file(&path).map_err(disk(&path))?;
    }
    let wanted = folder.join(format!("{}.txt", wheel.package));
    let line = format!("{}=={} --hash=sha256:{}\n", wheel.package, wheel.version, wheel.sha256);
    std::fs::write(&wanted, line).map_err(disk(&wanted))?;
    download(wheel, &wanted, folder)?;
    std::fs::remove_file(&wanted).map_err(disk(&wanted))?;
    if is_there(wheel, &path) {
        return Ok(path);
    }
    let found = hash::file(&path).map_or_else(|why| why.to_string(), |found| hash::text(&found));
    Err(FetchError::Other { file: wheel.file.clone(), found })
}

/// Whether the folder has the very file.
pub fn is_there(wheel: &Wheel, path: &Path) -> bool {
    let same_length = path.metadata().is_ok_and(|meta| meta.len() == wheel.bytes);
    same_length && hash::file(path).ok() == hash::parse(&wheel.sha256)
}

fn download(wheel: &Wheel, wanted: &Path, folder: &Path) -> Result<(), FetchError> {
    for client in CLIENTS {
        let [program, arguments @ ..] = client else { continue };
        let output = Command::new(program)
            .args(arguments)
            .args(["download", "--no-deps", "--only-binary", ":all:", "--require-hashes"])
            .args(["--no-input", "--disable-pip-version-check", "--progress-bar", "off"])
            .arg("--dest")
            .arg(folder)
            .arg("--requirement")
            .arg(wanted)
            .stdin(Stdio::null())
            .output();
        let output = match output {
            Ok(output) => output,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(client_error(wheel, error.to_string())),
        };
        if output.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        if words.contains("No module named pip") {
            continue;
        }
        let last = words.lines().rfind(|line| line.contains("ERROR"));
        let last = last.or(words.lines().next_back()).unwrap_or("no reason given");
        return Err(client_error(wheel, last.trim().to_owned()));
    }
    Err(FetchError::NoClient)
}

fn client_error(wheel: &Wheel, why: String) -> FetchError {
    FetchError::Client { package: wheel.package.clone(), version: wheel.version.clone(), why }
}

//! The page's password: its Argon2id hash in a file, and the code for setting it the first time.
//!
//! The file holds one line, the hash as a PHC string (`$argon2id$v=19$…`). It is written whole
//! under another name and then renamed, readable by its owner only.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// Unicode scalar values that a password has at least.
pub(crate) const SHORTEST: usize = 10;
/// Bytes that a password has at most.
const LONGEST: usize = 1024;
/// Letters and digits that are not taken for one another.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// The password file, and the set-up code while there is no password.
pub struct Access {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    hash: Option<String>,
    setup_code: Option<Zeroizing<String>>,
}

/// Why the password file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// It cannot be read or written.
    #[error("the password file {path}: {error}; check the folder's owner and free space")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It is no password hash.
    #[error(
        "the password file {0} holds no Argon2id hash; move it away and set the password again"
    )]
    Damaged(PathBuf),
    /// The system gives no random numbers.
    #[error("the operating system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

/// Why a password was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordFault {
    /// Too short.
    #[error("a password has at least {SHORTEST} characters")]
    Short,
    /// Too long.
    #[error("a password has at most {LONGEST} bytes")]
    Long,
    /// The set-up code or the old password is wrong, or there is nothing to set up any more.
    #[error("wrong code or password")]
    Wrong,
    /// It could not be hashed or kept.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl Access {
    /// Opens the password file. If there is none, a set-up code is made for this run.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, AccessError> {
        let path = path.into();
        let hash = match fs::read_to_string(&path) {
            Ok(text) => Some(text.trim().to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(AccessError::File { path, error }),
        };
        if hash.as_deref().is_some_and(|hash| PasswordHash::new(hash).is_err()) {
            return Err(AccessError::Damaged(path));
        }
        let setup_code = if hash.is_none() { Some(random_code()?) } else { None };
        Ok(Access { path, state: Mutex::new(State { hash, setup_code }) })
    }

    /// The code that the first visitor has to know, while no password is set. The gateway prints it
    /// on its console, and nowhere else.
    pub fn setup_code(&self) -> Option<String> {
        self.lock().setup_code.as_deref().cloned()
    }

    /// Whether a password is set.
    pub fn is_set_up(&self) -> bool {
        self.lock().hash.is_some()
    }

    /// Sets the first password. Takes some tens of milliseconds.
    pub fn set_up(&self, code: &str, password: &str) -> Result<(), PasswordFault> {
        check_length(password)?;
        let mut state = self.lock();
        let right = state.hash.is_none()
            && state.setup_code.as_deref().is_some_and(|known| same_code(known, code));
        if !right {
            return Err(PasswordFault::Wrong);
        }
        self.keep(&mut state, password)
    }

    /// Replaces the password by another. Takes some tens of milliseconds.
    pub fn change(&self, old: &str, new: &str) -> Result<(), PasswordFault> {
        check_length(new)?;
        if !self.verify(old) {
            return Err(PasswordFault::Wrong);
        }
        self.keep(&mut self.lock(), new)
    }

    /// Whether this is the password. Takes some tens of milliseconds.
    pub fn verify(&self, password: &str) -> bool {
        let hash = self.lock().hash.clone();
        let Some(hash) = hash else { return false };
        password.len() <= LONGEST
            && PasswordHash::new(&hash).is_ok_and(|hash| {
                Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
            })
    }

    fn keep(&self, state: &mut State, password: &str) -> Result<(), PasswordFault> {
        let hash = Argon2::default()
            .hash_password(password.as_bytes())
            .map_err(|_| AccessError::Damaged(self.path.clone()))?
            .to_string();
        write_private(&self.path, &hash)
            .map_err(|error| AccessError::File { path: self.path.clone(), error })?;
        *state = State { hash: Some(hash), setup_code: None };
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_length(password: &str) -> Result<(), PasswordFault> {
    if password.chars().count() < SHORTEST {
        return Err(PasswordFault::Short);
    }
    if password.len() > LONGEST {
        return Err(PasswordFault::Long);
    }
    Ok(())
}

/// Twelve letters and digits in three groups: 60 bits.
fn random_code() -> Result<Zeroizing<String>, AccessError> {
    let mut bytes = Zeroizing::new([0; 12]);
    getrandom::fill(bytes.as_mut_slice()).map_err(AccessError::Random)?;
    let mut code = Zeroizing::new(String::with_capacity(14));
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    Ok(code)
}

/// Compares codes in constant time, whatever the case, the dashes and the spaces.
fn same_code(known: &str, given: &str) -> bool {
    let plain = |code: &str| -> Zeroizing<String> {
        let letters = code.chars().filter(char::is_ascii_alphanumeric);
        Zeroizing::new(letters.map(|letter| letter.to_ascii_uppercase()).collect())
    };
    // Hashes compare in constant time.
    blake3::hash(plain(known).as_bytes()) == blake3::hash(plain(given).as_bytes())
}

fn write_private(path: &Path, hash: &str) -> io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    // A file left by a run that was cut off may be writable by others: it makes room.
    if let Err(error) = fs::remove_file(&fresh)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    writeln!(file, "{hash}")?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_first_password_needs_the_code_from_the_console() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page-password");
        let access = Access::open(&path).unwrap();
        let code = access.setup_code().unwrap();
        assert!(!access.verify("correct horse battery"));
        assert!(matches!(
            access.set_up("AAAA-AAAA-AAAA", "correct horse battery"),
            Err(PasswordFault::Wrong)
        ));
        assert!(matches!(access.set_up(&code, "short"), Err(PasswordFault::Short)));
        access.set_up(&code.to_lowercase().replace('-', " "), "correct horse battery").unwrap();
        assert!(access.verify("correct horse battery"));
        assert!(!access.verify("correct horse batterz"));
        assert_eq!(access.setup_code(), None, "the code works once");
        assert!(matches!(access.set_up(&code, "another long password"), Err(PasswordFault::Wrong)));

        let kept = fs::read_to_string(&path).unwrap();
        assert!(kept.starts_with("$argon2id$"), "{kept}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = Access::open(&path).unwrap();
        assert_eq!(again.setup_code(), None);
        assert!(again.verify("correct horse battery"));
    }

    #[test]
    fn a_changed_password_replaces_the_old() {
        let folder = tempfile::tempdir().unwrap();
        let access = Access::open(folder.path().join("page-password")).unwrap();
        access.set_up(&access.setup_code().unwrap(), "correct horse battery").unwrap();
        assert!(matches!(
            access.change("wrong horse battery", "a new long one"),
            Err(PasswordFault::Wrong)
        ));
        access.change("correct horse battery", "换一个足够长的新密码").unwrap();
        assert!(access.verify("换一个足够长的新密码"));
        assert!(!access.verify("correct horse battery"));
    }

    #[test]
    fn a_damaged_file_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page-password");
        fs::write(&path, "hunter2").unwrap();
        let error = Access::open(&path).err().unwrap().to_string();
        assert!(error.contains("page-password") && error.contains("move it away"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "hunter2");
    }
}

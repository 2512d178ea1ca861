//! The people who may sign in, in a file, and the code for setting up the first of them.
//!
//! `page.people` in the data folder is JSON: `{"version":1,"people":[{"name":…,"role":…,"hash":…}]}`,
//! each hash an Argon2id one as a PHC string. It is written whole under another name and then
//! renamed, readable by its owner only.
//!
//! `page.password` of an earlier version holds one hash. Where there is no `page.people` it is the
//! password of an [`Role::Administrator`] named [`FIRST`]; with the first change that is made here
//! it becomes part of `page.people` and goes.
//!
//! There is always an administrator: the last one can neither be removed nor become anything else.

use super::secret::{Secret, SecretError};
use super::{Role, code};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// The name of the first account where nobody chose another.
pub const FIRST: &str = "administrator";
/// Characters that a name has at most.
const LONGEST_NAME: usize = 40;
/// Accounts at most.
const MOST: usize = 200;
const VERSION: u32 = 1;

/// The accounts, and the set-up code while there is none.
pub struct Access {
    file: PathBuf,
    old_file: PathBuf,
    state: Mutex<State>,
}

struct State {
    people: Vec<Account>,
    setup_code: Option<Zeroizing<String>>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Account {
    name: String,
    role: Role,
    #[serde(with = "hash")]
    hash: Secret,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    people: Vec<Account>,
}

/// A person who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Their name, as the access log has it.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Changes with role and password: what was begun under another one is over.
    #[serde(skip)]
    pub(crate) stamp: [u8; 32],
}

/// Why the accounts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The file cannot be read or written.
    #[error("{path}: {error}; check the folder's owner and free space")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It does not hold accounts.
    #[error(
        "{0} holds no accounts that this version reads; move it away and set the page up again"
    )]
    Damaged(PathBuf),
    /// The system gives no random numbers.
    #[error("the operating system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

/// Why an account was not made, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum AccountFault {
    /// The password.
    #[error(transparent)]
    Password(#[from] SecretError),
    /// The set-up code or the old password is wrong, or there is nothing to set up any more.
    #[error("wrong code or password")]
    Wrong,
    /// A name that is none.
    #[error("a name has 1 to {LONGEST_NAME} letters, digits, spaces and . _ - @")]
    Name,
    /// There is such a person already.
    #[error("{0} is there already")]
    Taken(String),
    /// There is no such person.
    #[error("there is nobody named {0}")]
    Unknown(String),
    /// It would leave nobody who may manage people.
    #[error("{0} is the last administrator; make somebody else one first")]
    LastAdministrator(String),
    /// Too many.
    #[error("there are {MOST} people already; remove somebody first")]
    Full,
    /// It could not be kept.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl Access {
    /// Reads the accounts in a data folder. If there are none, a set-up code is made for this run.
    pub fn open(folder: &Path) -> Result<Self, AccessError> {
        let (file, old_file) = (folder.join("page.people"), folder.join("page.password"));
        let people = match read(&file)? {
            Some(text) => {
                let kept: Kept =
                    serde_json::from_str(&text).map_err(|_| AccessError::Damaged(file.clone()))?;
                if kept.version != VERSION || !has_administrator(&kept.people) {
                    return Err(AccessError::Damaged(file));
                }
                kept.people
            }
            None => match read(&old_file)? {
                Some(text) => {
                    let hash = Secret::parse(text.trim());
                    let hash = hash.map_err(|_| AccessError::Damaged(old_file.clone()))?;
                    vec![Account { name: FIRST.to_owned(), role: Role::Administrator, hash }]
                }
                None => Vec::new(),
            },
        };
        let setup_code = if people.is_empty() { Some(code::random()?) } else { None };
        Ok(Access { file, old_file, state: Mutex::new(State { people, setup_code }) })
    }

    /// The code that the first visitor has to know, while there is no account. The gateway prints
    /// it on its console, and nowhere else.
    pub fn setup_code(&self) -> Option<String> {
        self.lock().setup_code.as_deref().cloned()
    }

    /// Whether somebody can sign in.
    pub fn is_set_up(&self) -> bool {
        !self.lock().people.is_empty()
    }

    /// Makes the first account, an administrator's. Takes some tens of milliseconds.
    pub fn set_up(&self, code: &str, name: &str, password: &str) -> Result<Person, AccountFault> {
        let (name, hash) = (checked(name)?, Secret::of(password)?);
        let mut state = self.lock();
        let right = state.people.is_empty()
            && state.setup_code.as_deref().is_some_and(|known| code::same(known, code));
        if !right {
            return Err(AccountFault::Wrong);
        }
        let first = Account { name, role: Role::Administrator, hash };
        let person = first.person();
        self.keep(&mut state, vec![first])?;
        state.setup_code = None;
        Ok(person)
    }

    /// Who has this name and password; where there is one account only, no name is needed. Takes
    /// some tens of milliseconds, whether or not there is such a person.
    pub fn verify(&self, name: &str, password: &str) -> Option<Person> {
        let account = {
            let state = self.lock();
            match state.people.as_slice() {
                [only] if name.trim().is_empty() => Some(only.clone()),
                people => people.iter().find(|one| one.is(name)).cloned(),
            }
        };
        let Some(account) = account else {
            Secret::of_nobody(password);
            return None;
        };
        account.hash.is(password).then(|| account.person())
    }

    /// Everybody, in the order of their names.
    pub fn people(&self) -> Vec<Person> {
        let mut people: Vec<Person> = self.lock().people.iter().map(Account::person).collect();
        people.sort_by_key(|person| person.name.to_lowercase());
        people
    }

    /// One person, as they are now.
    pub(crate) fn person(&self, name: &str) -> Option<Person> {
        self.lock().people.iter().find(|one| one.is(name)).map(Account::person)
    }

    /// Adds somebody.
    pub fn add(&self, name: &str, role: Role, secret: Secret) -> Result<Person, AccountFault> {
        let name = checked(name)?;
        let mut state = self.lock();
        let mut people = state.people.clone();
        if people.iter().any(|one| one.is(&name)) {
            return Err(AccountFault::Taken(name));
        }
        if people.len() >= MOST {
            return Err(AccountFault::Full);
        }
        if people.is_empty() && role != Role::Administrator {
            return Err(AccountFault::LastAdministrator(name));
        }
        let account = Account { name, role, hash: secret };
        let person = account.person();
        people.push(account);
        self.keep(&mut state, people)?;
        state.setup_code = None;
        Ok(person)
    }

    /// Gives somebody another role.
    pub fn set_role(&self, name: &str, role: Role) -> Result<Person, AccountFault> {
        self.alter(name, |account| account.role = role)
    }

    /// Gives somebody another password.
    pub fn set_password(&self, name: &str, secret: Secret) -> Result<Person, AccountFault> {
        self.alter(name, |account| account.hash = secret)
    }

    /// Replaces one's own password. Takes some tens of milliseconds.
    pub fn change(&self, name: &str, old: &str, new: &str) -> Result<Person, AccountFault> {
        let secret = Secret::of(new)?;
        if self.verify(name, old).is_none() {
            return Err(AccountFault::Wrong);
        }
        self.set_password(name, secret)
    }

    /// Removes somebody; as they were.
    pub fn remove(&self, name: &str) -> Result<Person, AccountFault> {
        let mut state = self.lock();
        let mut people = state.people.clone();
        let at = people.iter().position(|one| one.is(name));
        let at = at.ok_or_else(|| AccountFault::Unknown(name.trim().to_owned()))?;
        let gone = people.remove(at);
        if !has_administrator(&people) {
            return Err(AccountFault::LastAdministrator(gone.name));
        }
        self.keep(&mut state, people)?;
        Ok(gone.person())
    }

    fn alter(&self, name: &str, change: impl FnOnce(&mut Account)) -> Result<Person, AccountFault> {
        let mut state = self.lock();
        let mut people = state.people.clone();
        let account = people.iter_mut().find(|one| one.is(name));
        let account = account.ok_or_else(|| AccountFault::Unknown(name.trim().to_owned()))?;
        change(account);
        let person = account.person();
        if !has_administrator(&people) {
            return Err(AccountFault::LastAdministrator(person.name));
        }
        self.keep(&mut state, people)?;
        Ok(person)
    }

    fn keep(&self, state: &mut State, people: Vec<Account>) -> Result<(), AccessError> {
        let text = serde_json::to_string(&Kept { version: VERSION, people: people.clone() });
        let text = text.map_err(|_| AccessError::Damaged(self.file.clone()))?;
        write_private(&self.file, &text)
            .map_err(|error| AccessError::File { path: self.file.clone(), error })?;
        state.people = people;
        // What is in the new file would come back to life if the old one stayed.
        match fs::remove_file(&self.old_file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(AccessError::File { path: self.old_file.clone(), error })
            }
            _ => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    /// Names differ in more than the case of letters.
    fn is(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.trim().to_lowercase()
    }

    fn person(&self) -> Person {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.role.name().as_bytes()).update(self.hash.as_str().as_bytes());
        let stamp = *hasher.finalize().as_bytes();
        Person { name: self.name.clone(), role: self.role, stamp }
    }
}

fn has_administrator(people: &[Account]) -> bool {
    people.iter().any(|one| one.role == Role::Administrator)
}

fn checked(name: &str) -> Result<String, AccountFault> {
    let name = name.trim();
    let fine = |letter: char| letter.is_alphanumeric() || " ._-@·".contains(letter);
    let length = name.chars().count();
    if !(1..=LONGEST_NAME).contains(&length) || !name.chars().all(fine) {
        return Err(AccountFault::Name);
    }
    Ok(name.to_owned())
}

fn read(path: &Path) -> Result<Option<String>, AccessError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(AccessError::Damaged(path.to_owned()))
        }
        Err(error) => Err(AccessError::File { path: path.to_owned(), error }),
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
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
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// A hash in the file.
mod hash {
    use super::Secret;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(secret: &Secret, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
        Secret::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;

//! Passwords: how long they are, and their Argon2id hashes.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};

/// Unicode scalar values that a password has at least.
pub(crate) const SHORTEST: usize = 10;
/// Bytes that a password has at most.
const LONGEST: usize = 1024;

/// The Argon2id hash of a password, as a PHC string (`$argon2id$v=19$…`).
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why a password is not taken, or a text is no hash of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Too short.
    #[error("a password has at least {SHORTEST} characters")]
    Short,
    /// Too long.
    #[error("a password has at most {LONGEST} bytes")]
    Long,
    /// No hash of this kind, or one that could not be made.
    #[error("that is no Argon2id hash")]
    NoHash,
}

impl Secret {
    /// Hashes a password. Takes some tens of milliseconds.
    pub fn of(password: &str) -> Result<Secret, SecretError> {
        if password.chars().count() < SHORTEST {
            return Err(SecretError::Short);
        }
        if password.len() > LONGEST {
            return Err(SecretError::Long);
        }
        let hash = Argon2::default().hash_password(password.as_bytes());
        hash.map(|hash| Secret(hash.to_string())).map_err(|_| SecretError::NoHash)
    }

    /// A hash that was made before.
    pub fn parse(text: &str) -> Result<Secret, SecretError> {
        let fine = text.starts_with("$argon2id$") && PasswordHash::new(text).is_ok();
        if fine { Ok(Secret(text.to_owned())) } else { Err(SecretError::NoHash) }
    }

    /// The hash as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the password. Takes some tens of milliseconds.
    pub(crate) fn is(&self, password: &str) -> bool {
        password.len() <= LONGEST
            && PasswordHash::new(&self.0).is_ok_and(|hash| {
                Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
            })
    }

    /// Takes as long as [`Secret::is`], so that it does not show whether there was anything to
    /// compare with.
    pub(crate) fn of_nobody(password: &str) {
        if password.len() <= LONGEST {
            // Only the time counts.
            let _ = Argon2::default().hash_password(password.as_bytes());
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_and_no_other_is() {
        let secret = Secret::of("correct horse battery").unwrap();
        assert!(secret.is("correct horse battery") && !secret.is("correct horse batterz"));
        assert_eq!(Secret::parse(secret.as_str()), Ok(secret.clone()));
        assert!(!format!("{secret:?}").contains("argon"), "a hash does not print itself");
        assert_eq!(Secret::of("short"), Err(SecretError::Short));
        assert_eq!(Secret::of(&"x".repeat(1025)), Err(SecretError::Long));
        for text in ["", "hunter2", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv"] {
            assert_eq!(Secret::parse(text), Err(SecretError::NoHash), "{text}");
        }
    }
}

//! Who may look: the password, the sessions, the forms' tokens, the guard against guessing.

mod attempts;
mod password;
mod session;
mod token;

pub(crate) use attempts::Attempts;
pub use password::{Access, AccessError, PasswordFault};
pub(crate) use session::{Session, Sessions};
pub(crate) use token::Token;

/// What a signed-in person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sees lines, calls and records with masked words and numbers.
    Agent,
    /// Also listens, takes audio away, and reveals a customer's number.
    Supervisor,
}

impl Role {
    /// Whether audio may be heard and taken away.
    pub const fn may_listen(self) -> bool {
        matches!(self, Role::Supervisor)
    }

    /// Whether a customer's number may be made visible.
    pub const fn may_reveal(self) -> bool {
        matches!(self, Role::Supervisor)
    }

    /// The name in the access log.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Agent => "agent",
            Role::Supervisor => "supervisor",
        }
    }
}

//! Who may look: the people, their roles and passwords, the sessions, the forms' tokens, the guard
//! against guessing.

mod attempts;
mod code;
mod people;
mod role;
mod secret;
mod session;
mod token;

pub(crate) use attempts::Attempts;
pub use people::{Access, AccessError, AccountFault, FIRST, Person};
pub use role::{Role, UnknownRole};
pub use secret::{Secret, SecretError};
pub(crate) use session::{Session, Sessions};
pub(crate) use token::Token;

//! What the pages look like: templates and the words in them. No I/O; text from outside is escaped
//! by the templates, and nothing here marks any as safe.

pub(crate) mod account;
pub(crate) mod calls;
pub(crate) mod clock;
pub(crate) mod health;
pub(crate) mod label;
pub(crate) mod layout;
pub(crate) mod line_tests;
pub(crate) mod lines;
pub(crate) mod log;
pub(crate) mod mask;
pub(crate) mod overview;
pub(crate) mod people;
pub(crate) mod record;
pub(crate) mod sign_in;
mod sounds;
pub(crate) mod system;

//! Who touched what, when and why.
//!
//! Audit entries are frames of the journal's chain: each is bound to the one before by its hash, so
//! none can be taken out, swapped or written in afterwards without the chain showing it.

use call::{CallId, WallTime};
use serde::{Deserialize, Serialize};

/// What was done. Append only: the order is part of the journal's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Signed in.
    SignIn,
    /// Was refused at sign-in.
    SignInRefused,
    /// Listened to a call.
    Listen,
    /// Read a record with its unmasked words.
    Read,
    /// Took a call out of the appliance.
    Export,
    /// Erased a call.
    Erase,
    /// Put a hold on a call: neither erasure nor retention touches it.
    Hold,
    /// Lifted a hold.
    Release,
    /// Let a day past retention go.
    Retire,
    /// Changed the configuration.
    Configure,
    /// Started the appliance.
    Start,
    /// Stopped the appliance.
    Stop,
    /// Tested a line, which is seized for it without a call.
    TestLine,
}

/// One entry of the audit chain. The `why` and `who` are sealed like everything else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: WallTime,
    /// Who: an account's name, or `tipring` for the appliance itself.
    pub who: String,
    /// What.
    pub action: Action,
    /// Which call, if it was about one.
    pub call: Option<CallId>,
    /// Why, in that person's words, or what exactly.
    pub why: String,
}

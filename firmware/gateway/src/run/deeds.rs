//! How what is done on the page lies in the audit chain, and how it is read back.
//!
//! An entry's `why` is `WORD from ADDRESS` or `WORD from ADDRESS: NOTE`; the word is
//! [`status::What::word`]. What was not done on the page keeps the reason that was given as it is,
//! and goes by the word of its action.

use status::{Deed, Logged, What};
use vault::audit::{Action, AuditEntry};

/// The action of the audit chain that a deed is.
pub fn action(what: What) -> Action {
    match what {
        What::SetUp
        | What::PasswordChanged
        | What::PersonAdded
        | What::RoleChanged
        | What::PasswordReset
        | What::PersonRemoved => Action::Configure,
        What::SignedIn | What::SignedOut => Action::SignIn,
        What::SignInRefused => Action::SignInRefused,
        What::Listed | What::LogRead | What::Viewed(_) | What::NumberRevealed(_) => Action::Read,
        What::Listened(_) => Action::Listen,
        What::AudioExported(_) | What::VconExported(_) | What::ListExported => Action::Export,
        What::Held(_) => Action::Hold,
        What::Released(_) => Action::Release,
        What::Erased(_) => Action::Erase,
    }
}

/// What stands as the reason.
pub fn why(deed: &Deed) -> String {
    let from = deed.from.map_or("unknown".into(), |from| from.to_string());
    let note = if deed.note.is_empty() { String::new() } else { format!(": {}", deed.note) };
    format!("{} from {from}{note}", deed.what.word())
}

/// An entry as the page's log shows it.
pub fn logged(entry: AuditEntry) -> Logged {
    let AuditEntry { at, who, action, call, why } = entry;
    let on_the_page = KINDS.iter().find_map(|&(word, of)| {
        let rest = why.strip_prefix(word)?.strip_prefix(" from ")?;
        (of == action).then(|| {
            let (from, note) = rest.split_once(": ").unwrap_or((rest, ""));
            (word.to_owned(), from.to_owned(), note.to_owned())
        })
    });
    let (what, from, note) =
        on_the_page.unwrap_or_else(|| (word(action).to_owned(), String::new(), why));
    Logged { at, who, what, call, from, note }
}

/// The words of what is done on the page, each with its action. Never take one out: older entries
/// have it.
const KINDS: &[(&str, Action)] = &[
    ("set_up", Action::Configure),
    ("password_changed", Action::Configure),
    ("person_added", Action::Configure),
    ("role_changed", Action::Configure),
    ("password_reset", Action::Configure),
    ("person_removed", Action::Configure),
    ("signed_in", Action::SignIn),
    ("signed_out", Action::SignIn),
    ("sign_in_refused", Action::SignInRefused),
    ("listed", Action::Read),
    ("log_read", Action::Read),
    ("viewed", Action::Read),
    ("number_revealed", Action::Read),
    ("listened", Action::Listen),
    ("audio_exported", Action::Export),
    ("vcon_exported", Action::Export),
    ("list_exported", Action::Export),
    ("held", Action::Hold),
    ("released", Action::Release),
    ("erased", Action::Erase),
];

/// The word of an action that was not done on the page.
fn word(action: Action) -> &'static str {
    match action {
        Action::SignIn => "signed_in",
        Action::SignInRefused => "sign_in_refused",
        Action::Listen => "listened",
        Action::Read => "read",
        Action::Export => "export",
        Action::Erase => "erased",
        Action::Hold => "held",
        Action::Release => "released",
        Action::Retire => "retire",
        Action::Configure => "configure",
        Action::Start => "start",
        Action::Stop => "stop",
        Action::TestLine => "line_test",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use call::{CallId, WallTime};

    const AT: WallTime = WallTime { unix_ms: 1_700_000_000_000, offset_min: 480 };

    fn entry(deed: &Deed) -> AuditEntry {
        AuditEntry {
            at: AT,
            who: deed.who.clone(),
            action: action(deed.what),
            call: deed.what.call(),
            why: why(deed),
        }
    }

    #[test]
    fn everything_done_on_the_page_comes_back_as_it_was_done() {
        let call = CallId::new(1, 1);
        for what in [
            What::SetUp,
            What::PasswordChanged,
            What::PersonAdded,
            What::RoleChanged,
            What::PasswordReset,
            What::PersonRemoved,
            What::SignedIn,
            What::SignedOut,
            What::SignInRefused,
            What::Listed,
            What::LogRead,
            What::Viewed(call),
            What::NumberRevealed(call),
            What::Listened(call),
            What::AudioExported(call),
            What::VconExported(call),
            What::ListExported,
            What::Held(call),
            What::Released(call),
            What::Erased(call),
        ] {
            for (from, note) in [(None, ""), (Some("::1"), "case 7: as agreed, from counsel")] {
                let deed = Deed {
                    who: "王芳".to_owned(),
                    from: from.map(|from| from.parse().unwrap()),
                    what,
                    note: note.to_owned(),
                };
                let back = logged(entry(&deed));
                assert_eq!((back.what.as_str(), back.call), (what.word(), what.call()));
                assert_eq!((back.who.as_str(), back.note.as_str()), ("王芳", note));
                assert_eq!(back.from, from.unwrap_or("unknown"));
            }
        }
    }

    #[test]
    fn what_was_done_elsewhere_keeps_its_reason_whatever_it_looks_like() {
        for why in ["the customer asked", "viewed from afar", "erased", ""] {
            let entry = AuditEntry {
                at: AT,
                who: "command line".to_owned(),
                action: Action::Erase,
                call: None,
                why: why.to_owned(),
            };
            let back = logged(entry);
            assert_eq!((back.what.as_str(), back.note.as_str()), ("erased", why));
            assert_eq!(back.from, "");
        }
    }
}

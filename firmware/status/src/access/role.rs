//! What a person may do.

use serde::{Deserialize, Serialize};

/// What a signed-in person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees lines, calls and records with masked words and numbers.
    Agent,
    /// Also listens, takes calls away, and reveals a customer's number.
    Supervisor,
    /// Also reads the access log, holds calls and erases them.
    Compliance,
    /// Sees the lines and the system, and nothing of what was said or by whom.
    Installer,
    /// May do everything, and manages the people.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: &[Role] =
        &[Role::Agent, Role::Supervisor, Role::Compliance, Role::Installer, Role::Administrator];

    /// Whether calls and records may be seen, words and numbers masked.
    pub const fn may_read(self) -> bool {
        !matches!(self, Role::Installer)
    }

    /// Whether audio may be heard, calls taken away, and numbers made visible.
    pub const fn may_listen(self) -> bool {
        matches!(self, Role::Supervisor | Role::Compliance | Role::Administrator)
    }

    /// Whether the access log may be read, and calls held and erased.
    pub const fn may_answer_for(self) -> bool {
        matches!(self, Role::Compliance | Role::Administrator)
    }

    /// Whether lines may be tested, which seizes them for some seconds.
    pub const fn may_test_lines(self) -> bool {
        matches!(self, Role::Supervisor | Role::Installer | Role::Administrator)
    }

    /// Whether people may be added, changed and removed.
    pub const fn may_manage(self) -> bool {
        matches!(self, Role::Administrator)
    }

    /// The name on the command line and in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Agent => "agent",
            Role::Supervisor => "supervisor",
            Role::Compliance => "compliance",
            Role::Installer => "installer",
            Role::Administrator => "administrator",
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no role {0}; there are agent, supervisor, compliance, installer, administrator")]
pub struct UnknownRole(String);

impl std::str::FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let found = Role::ALL.iter().copied().find(|role| role.name() == text);
        found.ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_comes_back_from_its_name_and_another_word_is_none() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(*role));
        }
        let told = "boss".parse::<Role>().unwrap_err().to_string();
        assert!(told.contains("boss") && told.contains("installer"), "{told}");
    }

    #[test]
    fn who_installs_sees_no_customer_and_only_who_answers_for_it_sees_the_log() {
        let may = |right: fn(Role) -> bool| -> Vec<&str> {
            Role::ALL.iter().filter(|role| right(**role)).map(|role| role.name()).collect()
        };
        assert_eq!(may(Role::may_read), ["agent", "supervisor", "compliance", "administrator"]);
        assert_eq!(may(Role::may_listen), ["supervisor", "compliance", "administrator"]);
        assert_eq!(may(Role::may_answer_for), ["compliance", "administrator"]);
        assert_eq!(may(Role::may_manage), ["administrator"]);
    }
}

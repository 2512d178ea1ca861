use super::*;
use std::os::unix::fs::PermissionsExt;

const PASSWORD: &str = "correct horse battery";

fn secret() -> Secret {
    Secret::of("another long password").unwrap()
}

fn set_up(folder: &Path) -> Access {
    let access = Access::open(folder).unwrap();
    access.set_up(&access.setup_code().unwrap(), "王芳", PASSWORD).unwrap();
    access
}

#[test]
fn the_first_account_needs_the_code_from_the_console_and_is_an_administrator() {
    let folder = tempfile::tempdir().unwrap();
    let access = Access::open(folder.path()).unwrap();
    let code = access.setup_code().unwrap();
    assert_eq!(access.verify("王芳", PASSWORD), None);
    let wrong = access.set_up("AAAA-AAAA-AAAA", "王芳", PASSWORD);
    assert!(matches!(wrong, Err(AccountFault::Wrong)));
    let short = access.set_up(&code, "王芳", "short");
    assert!(matches!(short, Err(AccountFault::Password(SecretError::Short))));
    let person = access.set_up(&code.to_lowercase().replace('-', " "), "王芳", PASSWORD).unwrap();
    assert_eq!((person.name.as_str(), person.role), ("王芳", Role::Administrator));
    assert_eq!(access.verify("王芳", PASSWORD), Some(person.clone()));
    assert_eq!(access.verify("王芳", "correct horse batterz"), None);
    assert_eq!(access.setup_code(), None, "the code works once");
    assert!(matches!(access.set_up(&code, "Li", PASSWORD), Err(AccountFault::Wrong)));

    let file = folder.path().join("page.people");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let again = Access::open(folder.path()).unwrap();
    assert_eq!(again.setup_code(), None);
    assert_eq!(again.verify(" 王芳 ", PASSWORD), Some(person));
}

#[test]
fn the_file_has_its_golden_text() {
    let folder = tempfile::tempdir().unwrap();
    const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$/nF9wqfDbNKM/XzEyv9u3YEBPT+NKKGKdNTuEUVPWc4";
    let golden = format!(
        r#"{{"version":1,"people":[{{"name":"王芳","role":"administrator","hash":"{HASH}"}},{{"name":"Li","role":"installer","hash":"{HASH}"}}]}}"#
    );
    fs::write(folder.path().join("page.people"), &golden).unwrap();
    let access = Access::open(folder.path()).unwrap();
    let roles: Vec<_> = access.people().into_iter().map(|one| (one.name, one.role)).collect();
    let expected = [("Li".to_owned(), Role::Installer), ("王芳".to_owned(), Role::Administrator)];
    assert_eq!(roles, expected);
    access.add("Zhou", Role::Agent, Secret::parse(HASH).unwrap()).unwrap();
    access.remove("Zhou").unwrap();
    let kept = fs::read_to_string(folder.path().join("page.people")).unwrap();
    assert_eq!(kept, format!("{golden}\n"));
}

#[test]
fn the_one_password_of_an_earlier_version_is_the_administrators() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("page.password");
    fs::write(&old, format!("{}\n", Secret::of(PASSWORD).unwrap().as_str())).unwrap();
    let access = Access::open(folder.path()).unwrap();
    assert_eq!(access.setup_code(), None);
    assert_eq!(access.verify("", PASSWORD).unwrap().name, FIRST);
    assert_eq!(access.verify("Administrator", PASSWORD).unwrap().role, Role::Administrator);
    assert!(old.exists(), "nothing was changed yet");

    access.add("Li", Role::Agent, secret()).unwrap();
    assert!(!old.exists(), "it would come back to life once the new file is moved away");
    let again = Access::open(folder.path()).unwrap();
    assert!(again.verify(FIRST, PASSWORD).is_some());
    assert!(again.verify("", PASSWORD).is_none(), "with two people a name is needed");
}

#[test]
fn people_are_added_changed_and_removed_and_what_they_began_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let access = set_up(folder.path());
    let li = access.add("Li Na", Role::Agent, secret()).unwrap();
    assert!(matches!(access.add("li na", Role::Agent, secret()), Err(AccountFault::Taken(_))));
    assert_eq!(access.person("LI NA"), Some(li.clone()));
    let promoted = access.set_role("Li Na", Role::Supervisor).unwrap();
    assert_ne!(promoted.stamp, li.stamp);
    let renewed = access.set_password("Li Na", secret()).unwrap();
    assert_ne!(renewed.stamp, promoted.stamp, "the same password, and still another hash");
    assert!(matches!(access.change("Li Na", "wrong", PASSWORD), Err(AccountFault::Wrong)));
    access.change("Li Na", "another long password", "换一个足够长的新密码").unwrap();
    assert!(access.verify("Li Na", "换一个足够长的新密码").is_some());
    assert!(access.verify("Li Na", "another long password").is_none());
    access.remove("Li Na").unwrap();
    assert_eq!(access.person("Li Na"), None);
    assert!(matches!(access.remove("Li Na"), Err(AccountFault::Unknown(_))));
    assert!(matches!(access.set_role("nobody", Role::Agent), Err(AccountFault::Unknown(_))));
}

#[test]
fn the_last_administrator_stays_one() {
    let folder = tempfile::tempdir().unwrap();
    let access = set_up(folder.path());
    access.add("Li", Role::Compliance, secret()).unwrap();
    assert!(matches!(access.remove("王芳"), Err(AccountFault::LastAdministrator(_))));
    let demoted = access.set_role("王芳", Role::Agent);
    assert!(matches!(demoted, Err(AccountFault::LastAdministrator(_))));
    assert_eq!(access.person("王芳").unwrap().role, Role::Administrator);
    access.set_role("Li", Role::Administrator).unwrap();
    access.remove("王芳").unwrap();
    assert_eq!(access.people().len(), 1);
}

#[test]
fn names_are_short_and_hold_nothing_but_letters_and_what_joins_them() {
    let folder = tempfile::tempdir().unwrap();
    let access = set_up(folder.path());
    for name in ["", "  ", "a\nb", "<b>", "a/b", "\u{202e}x", &"x".repeat(41)] {
        let refused = access.add(name, Role::Agent, secret());
        assert!(matches!(refused, Err(AccountFault::Name)), "{name:?}");
    }
    for name in ["j.smith@branch", "阿依古丽·买买提", "Zoë Ångström"] {
        access.add(name, Role::Agent, secret()).unwrap();
    }
}

#[test]
fn a_damaged_file_is_named_and_left_alone() {
    for (name, text) in [
        ("page.people", "{}"),
        ("page.people", r#"{"version":1,"people":[]}"#),
        ("page.people", r#"{"version":2,"people":[]}"#),
        ("page.people", r#"{"version":1,"people":[{"name":"a","role":"agent","hash":"x"}]}"#),
        ("page.password", "hunter2"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        let error = Access::open(folder.path()).err().unwrap().to_string();
        assert!(error.contains(name) && error.contains("move it away"), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), text);
    }
}

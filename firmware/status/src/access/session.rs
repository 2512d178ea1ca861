//! Sessions: who holds which token, until when. Time is an argument.

use super::{Person, Token};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Sessions at one time; the one that was idle longest makes room.
const MAX_SESSIONS: usize = 128;

/// One signed-in browser. It stands only as long as the person does: who was given another role or
/// password has another [`Person::stamp`], and signs in again.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// Who has signed in.
    pub(crate) person: Person,
    /// The token that its forms carry.
    pub(crate) form: Token,
    /// What the table knows it by.
    pub(crate) key: [u8; 32],
}

struct Held {
    session: Session,
    signed_in: Instant,
    seen: Instant,
}

/// The table of sessions; lost at a restart, so everybody signs in again.
pub(crate) struct Sessions {
    held: HashMap<[u8; 32], Held>,
    idle: Duration,
    longest: Duration,
}

impl Sessions {
    /// Sessions that end after `idle` without a request, and after `longest` in any case.
    pub(crate) fn new(idle: Duration, longest: Duration) -> Self {
        Sessions { held: HashMap::new(), idle, longest }
    }

    /// Begins a person's session for the holder of `token`.
    pub(crate) fn begin(&mut self, token: &Token, person: Person, now: Instant) {
        self.sweep(now);
        if self.held.len() >= MAX_SESSIONS {
            let oldest = self.held.iter().min_by_key(|(_, held)| held.seen).map(|(key, _)| *key);
            oldest.and_then(|key| self.held.remove(&key));
        }
        let key = token.fingerprint();
        let session = Session { person, form: token.derive("form"), key };
        self.held.insert(key, Held { session, signed_in: now, seen: now });
    }

    /// The session of a token, kept awake by this request.
    pub(crate) fn of(&mut self, token: &Token, now: Instant) -> Option<Session> {
        self.sweep(now);
        let held = self.held.get_mut(&token.fingerprint())?;
        held.seen = now;
        Some(held.session.clone())
    }

    /// Whose session this is, while it stands; does not keep it awake.
    pub(crate) fn standing(&self, key: &[u8; 32], now: Instant) -> Option<&Person> {
        let held = self.held.get(key).filter(|held| self.alive(held, now))?;
        Some(&held.session.person)
    }

    /// The person has changed their own password in this session: it goes on.
    pub(crate) fn renew(&mut self, key: &[u8; 32], person: Person) {
        if let Some(held) = self.held.get_mut(key) {
            held.session.person = person;
        }
    }

    /// Ends one session.
    pub(crate) fn end(&mut self, key: &[u8; 32]) {
        self.held.remove(key);
    }

    fn alive(&self, held: &Held, now: Instant) -> bool {
        now.saturating_duration_since(held.seen) < self.idle
            && now.saturating_duration_since(held.signed_in) < self.longest
    }

    fn sweep(&mut self, now: Instant) {
        let mut held = core::mem::take(&mut self.held);
        held.retain(|_, one| self.alive(one, now));
        self.held = held;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    fn person(role: Role) -> Person {
        Person { name: "Li".to_owned(), role, stamp: [0; 32] }
    }

    const MINUTE: Duration = Duration::from_secs(60);

    fn sessions() -> Sessions {
        Sessions::new(30 * MINUTE, 100 * MINUTE)
    }

    #[test]
    fn a_session_ends_when_it_is_idle_too_long() {
        let (mut sessions, token, start) = (sessions(), Token::random().unwrap(), Instant::now());
        sessions.begin(&token, person(Role::Supervisor), start);
        assert!(sessions.of(&token, start + 29 * MINUTE).is_some());
        assert!(sessions.of(&token, start + 58 * MINUTE).is_some(), "a request keeps it awake");
        assert!(sessions.of(&token, start + 88 * MINUTE).is_none());
    }

    #[test]
    fn a_session_ends_at_its_longest_however_busy() {
        let (mut sessions, token, start) = (sessions(), Token::random().unwrap(), Instant::now());
        sessions.begin(&token, person(Role::Supervisor), start);
        for minute in (10..100).step_by(10) {
            assert!(sessions.of(&token, start + minute * MINUTE).is_some());
        }
        assert!(sessions.of(&token, start + 100 * MINUTE).is_none());
    }

    #[test]
    fn watching_does_not_keep_a_session_awake() {
        let (mut sessions, token, start) = (sessions(), Token::random().unwrap(), Instant::now());
        sessions.begin(&token, person(Role::Agent), start);
        let key = token.fingerprint();
        assert!(sessions.standing(&key, start + 20 * MINUTE).is_some());
        assert!(sessions.standing(&key, start + 30 * MINUTE).is_none());
    }

    #[test]
    fn the_table_is_bounded_and_the_idlest_makes_room() {
        let (mut sessions, start) = (sessions(), Instant::now());
        let tokens: Vec<Token> = (0..=MAX_SESSIONS).map(|_| Token::random().unwrap()).collect();
        for (at, token) in tokens.iter().enumerate() {
            sessions.begin(
                token,
                person(Role::Supervisor),
                start + Duration::from_millis(at as u64),
            );
        }
        assert_eq!(sessions.held.len(), MAX_SESSIONS);
        assert!(sessions.of(&tokens[0], start + MINUTE).is_none());
        assert!(sessions.of(&tokens[MAX_SESSIONS], start + MINUTE).is_some());
    }

    #[test]
    fn another_token_is_nobody() {
        let (mut sessions, token, now) = (sessions(), Token::random().unwrap(), Instant::now());
        sessions.begin(&token, person(Role::Supervisor), now);
        assert!(sessions.of(&Token::random().unwrap(), now).is_none());
        assert!(
            sessions.of(&token.derive("form"), now).is_none(),
            "a form's token signs nobody in"
        );
    }
}

//! The way from the command line into the running appliance: a socket in the data folder.
//!
//! One request line of JSON, one answer line of JSON. Only the owner of the data folder can open
//! the socket; what is asked through it stands in the audit chain with the asking user's name, as
//! the kernel tells it.

use alsa_pcm::Press;
use call::CallId;
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::unistd::{Uid, User};
use serde::{Deserialize, Serialize};
use status::Role;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

/// The socket's name in the data folder.
const NAME: &str = "control.sock";
/// The longest line either side takes.
const LONGEST: u64 = 1 << 20;
/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(30);

/// What can be asked of the running appliance.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// The lines and what they do.
    Lines,
    /// Test a line, or every line, as soon as it is free.
    TestLines { line: Option<String> },
    /// How the lines' tests go, and what they came to.
    LineTests,
    /// The sound cards and how they are.
    Sounds,
    /// Do something at a handset on a sound card.
    Handset {
        /// Which.
        name: String,
        /// What.
        press: Press,
    },
    /// Listen to a line on the monitor loudspeaker, or to none.
    Monitor {
        /// Which.
        line: Option<String>,
    },
    /// Erase a call.
    Erase { call: CallId, why: String },
    /// The people who may sign in on the page.
    People,
    /// Add somebody; `hash` is their password's Argon2id hash.
    AddPerson { name: String, role: Role, hash: String },
    /// Give somebody another role.
    SetRole { name: String, role: Role },
    /// Give somebody another password; `hash` as above.
    SetPassword { name: String, hash: String },
    /// Take somebody's account away.
    RemovePerson { name: String },
    /// Write into the audit chain that a call was looked at or taken away.
    Accessed { call: CallId, how: Access },
}

/// How a call was accessed from the command line.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Its words and number were shown unmasked.
    Revealed,
    /// Its audio was taken away.
    AudioExported,
    /// It was taken away as vCon.
    VconExported,
}

/// An answer: a value, or a sentence.
pub type Answer = Result<serde_json::Value, String>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No appliance runs on this data folder.
    #[error("no appliance runs on this data folder; start it with `tipring run`")]
    NotRunning,
    /// It answered with a sentence.
    #[error("{0}")]
    Refused(String),
    /// The socket does not work.
    #[error("the appliance's control socket does not answer: {0}")]
    Io(#[from] io::Error),
}

/// Asks the appliance that runs on a data folder.
pub fn ask(data: &Path, request: &Request) -> Result<serde_json::Value, AskError> {
    use io::ErrorKind::{ConnectionRefused, NotFound};
    let mut stream = match UnixStream::connect(data.join(NAME)) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), NotFound | ConnectionRefused) => {
            return Err(AskError::NotRunning);
        }
        Err(error) => return Err(AskError::Io(error)),
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_string(request).map_err(io::Error::from)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream).take(LONGEST).read_line(&mut answer)?;
    let answer: Answer = serde_json::from_str(&answer).map_err(io::Error::from)?;
    answer.map_err(AskError::Refused)
}

/// Serves the socket on a thread of its own, until the process ends. A socket left by a process
/// that was killed is replaced: the journal's lock has shown that no other appliance runs here.
///
/// `answer` is told who asks.
pub fn serve(
    data: &Path,
    answer: impl Fn(Request, &str) -> Answer + Send + 'static,
) -> io::Result<()> {
    let path = data.join(NAME);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let serve = move || {
        for stream in listener.incoming().flatten() {
            if let Err(error) = serve_one(stream, &answer) {
                tracing::debug!(%error, "a control connection broke off");
            }
        }
    };
    std::thread::Builder::new().name("control".into()).spawn(serve)?;
    Ok(())
}

fn serve_one(mut stream: UnixStream, answer: &impl Fn(Request, &str) -> Answer) -> io::Result<()> {
    let who = asker(&stream);
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(&stream).take(LONGEST).read_line(&mut line)?;
    let answer: Answer = match serde_json::from_str(&line) {
        Ok(request) => answer(request, &who),
        Err(_) => Err("that is no request of this version's; use the `tipring` beside it".into()),
    };
    let mut line = serde_json::to_string(&answer)?;
    line.push('\n');
    stream.write_all(line.as_bytes())
}

/// The user at the other end, as the kernel knows it: by name, or by number where it has none.
fn asker(stream: &UnixStream) -> String {
    let user = match getsockopt(stream, PeerCredentials) {
        Ok(peer) => {
            let uid = Uid::from_raw(peer.uid());
            let known = User::from_uid(uid).ok().flatten();
            known.map_or_else(|| format!("user {uid}"), |user| user.name)
        }
        Err(_) => "unknown user".into(),
    };
    format!("{user} (command line)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_comes_back_with_its_answer_and_nonsense_with_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(ask(folder.path(), &Request::Lines), Err(AskError::NotRunning)));
        serve(folder.path(), |request, who| match request {
            Request::Lines => Ok(serde_json::json!([who])),
            _ => Err("not now".into()),
        })
        .unwrap();
        let told = ask(folder.path(), &Request::Lines).unwrap();
        let user = User::from_uid(Uid::effective()).unwrap();
        let user = user.map_or_else(|| format!("user {}", Uid::effective()), |user| user.name);
        assert_eq!(told, serde_json::json!([format!("{user} (command line)")]));
        let call = CallId::new(1, 1);
        let refused = ask(folder.path(), &Request::Erase { call, why: "asked".into() });
        assert!(matches!(refused, Err(AskError::Refused(why)) if why == "not now"));

        let mut stream = UnixStream::connect(folder.path().join(NAME)).unwrap();
        stream.write_all(b"\xff\xfe\n").unwrap();
        let mut stream = UnixStream::connect(folder.path().join(NAME)).unwrap();
        stream.write_all(b"{\"dance\":1}\n").unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        assert!(answer.contains("no request"), "{answer}");
    }

    #[test]
    fn a_socket_left_by_a_killed_process_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        drop(UnixListener::bind(folder.path().join(NAME)).unwrap());
        assert!(matches!(ask(folder.path(), &Request::Lines), Err(AskError::NotRunning)));
        serve(folder.path(), |_, _| Ok(serde_json::Value::Null)).unwrap();
        assert!(ask(folder.path(), &Request::Lines).is_ok());
    }
}

//! `tipring user`: who may sign in on the page, and what they may do there.
//!
//! A password is asked for on the terminal and never stands in the command; where standard input is
//! no terminal, its first line is the password. What leaves this process is its Argon2id hash.

use super::{Done, Trouble, print, print_json};
use crate::control::{Request, ask};
use crate::folder::Folder;
use clap::Subcommand;
use status::{Role, Secret};
use std::io::{BufRead, IsTerminal, stdin};
use std::path::Path;
use std::process::ExitCode;
use zeroize::Zeroizing;

/// What to do.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Subcommand)]
enum Deed {
    /// List who may sign in
    List,
    /// Give somebody an account; their first password is asked for
    Add {
        /// Their name: the access log goes by it
        name: String,
        /// agent, supervisor, compliance, installer or administrator
        #[arg(long)]
        role: Role,
    },
    /// Give somebody another role; signs them out
    Role {
        /// Their name
        name: String,
        /// agent, supervisor, compliance, installer or administrator
        #[arg(long)]
        role: Role,
    },
    /// Give somebody another password, which is asked for; signs them out
    Password {
        /// Their name
        name: String,
    },
    /// Take somebody's account away; signs them out
    Remove {
        /// Their name
        name: String,
    },
}

/// Has the running appliance list or change its people.
pub fn main(config: &Path, json: bool, arguments: &Arguments) -> Done {
    let folder = Folder::named_in(config)?;
    let request = match &arguments.deed {
        Deed::List => Request::People,
        Deed::Add { name, role } => {
            Request::AddPerson { name: name.clone(), role: *role, hash: secret(name)? }
        }
        Deed::Role { name, role } => Request::SetRole { name: name.clone(), role: *role },
        Deed::Password { name } => Request::SetPassword { name: name.clone(), hash: secret(name)? },
        Deed::Remove { name } => Request::RemovePerson { name: name.clone() },
    };
    let answer = ask(&folder.path, &request).map_err(Trouble::found)?;
    let people = answer.as_array().cloned().unwrap_or_else(|| vec![answer]);
    for person in people {
        if json {
            print_json(&person)?;
            continue;
        }
        let word = |key: &str| person[key].as_str().unwrap_or("-").to_owned();
        print(format_args!("{:<14} {}", word("role"), word("name")))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks for a password, twice on a terminal; its hash.
fn secret(name: &str) -> Result<String, Trouble> {
    let password = if stdin().is_terminal() {
        let ask = |question: String| {
            let answer = rpassword::prompt_password(question);
            answer.map(Zeroizing::new).map_err(|error| Trouble::Found(format!("terminal: {error}")))
        };
        let first = ask(format!("New password for {name}: "))?;
        if *first != *ask("Once more: ".to_owned())? {
            return Err(Trouble::Used("the two passwords differ".into()));
        }
        first
    } else {
        let mut line = Zeroizing::new(String::new());
        let read = stdin().lock().read_line(&mut line);
        read.map_err(|error| Trouble::Found(format!("standard input: {error}")))?;
        Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned())
    };
    let secret = Secret::of(&password).map_err(|error| Trouble::Used(error.to_string()))?;
    Ok(secret.as_str().to_owned())
}

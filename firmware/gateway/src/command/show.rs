//! `tipring show`: one call's record.

use super::{Done, Trouble, print, print_json};
use crate::control::{Access, AskError, Request, ask};
use crate::folder::{Folder, call_id};
use call::{CallId, Finding, Number, Record, Samples, Side};
use journal::Standing;
use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

/// Which call, and how much of it.
#[derive(clap::Args)]
pub struct Arguments {
    /// The call, as `tipring calls` prints it
    #[arg(value_parser = call_id, value_name = "ID")]
    call: CallId,
    /// Words and number in full; the audit chain says that they were shown
    #[arg(long)]
    reveal: bool,
}

/// Shows a record; masked unless asked otherwise.
pub fn main(config: &Path, json: bool, arguments: &Arguments) -> Done {
    let folder = Folder::named_in(config)?;
    let record = closed(&folder, arguments.call)?;
    if arguments.reveal {
        note(&folder, arguments.call, Access::Revealed)?;
    }
    let record = if arguments.reveal { record } else { masked(record) };
    if json {
        print_json(&record)?
    } else {
        people(&record)?
    }
    Ok(ExitCode::SUCCESS)
}

/// The newest record of a call that is closed; any other standing is named.
pub fn closed(folder: &Folder, call: CallId) -> Result<Record, Trouble> {
    let standing = folder.reader()?.call(call).map_err(Trouble::found)?;
    let why = match standing {
        Some(Standing::Closed(record)) => return Ok(*record),
        Some(Standing::Running(_)) => "still runs; its record comes with its release",
        Some(Standing::WithoutRecord) => {
            "was closed without a record: its opening could not be read"
        }
        Some(Standing::Erased) => "was erased",
        Some(Standing::Unreadable) => {
            "cannot be read: its key or its frames are damaged (tipring verify)"
        }
        None => "is not in this journal",
    };
    Err(Trouble::Found(format!("call {call} {why}")))
}

/// Has the running appliance write into the audit chain that a call was accessed. Without one the
/// journal cannot be written, and the access is refused.
pub fn note(folder: &Folder, call: CallId, how: Access) -> Result<(), Trouble> {
    match ask(&folder.path, &Request::Accessed { call, how }) {
        Ok(_) => Ok(()),
        Err(AskError::NotRunning) => Err(Trouble::Found(
            "what is shown unmasked or taken away must stand in the audit chain, which the running \
             appliance writes; start it with `tipring run`"
                .into(),
        )),
        Err(error) => Err(Trouble::found(error)),
    }
}

/// A record without the customer's number and with masked words.
pub fn masked(mut record: Record) -> Record {
    let hide = |number: &mut Option<Number>| {
        // `*` can be dialled, so what is masked is still a number's form.
        *number = number.take().and_then(|number| number.masked().parse().ok());
    };
    hide(&mut record.cdr.customer);
    hide(&mut record.cdr.caller.number);
    record.cdr.caller.name = None;
    for (index, said) in record.utterances.iter_mut().enumerate() {
        let found = record.findings.as_ref().and_then(|all| all.utterances.get(index));
        said.text = found.map_or_else(|| insight::masked(&said.text), |found| found.masked.clone());
    }
    record
}

fn people(record: &Record) -> Result<(), Trouble> {
    let cdr = &record.cdr;
    let number = |number: &Option<Number>| {
        number.as_ref().map_or("unknown".to_owned(), |number| number.digits().to_owned())
    };
    let at = |at: Option<Samples>| {
        at.map_or("-".to_owned(), |at| format!("{:.2} s", at.ms() as f64 / 1000.0))
    };
    print(format_args!("call       {}, revision {}", record.call, record.revision))?;
    print(format_args!(
        "opened     {}  {:?}  {}  {}",
        cdr.opened_at, cdr.direction, cdr.line, cdr.station
    ))?;
    print(format_args!("customer   {}", number(&cdr.customer)))?;
    print(format_args!(
        "dialled    {}   rang {}   answered {}   released {}",
        at(cdr.dialled_at),
        at(cdr.rang_at),
        at(cdr.answered_at),
        at(Some(cdr.released_at))
    ))?;
    print(format_args!("cause      {:?} (Q.850 {})", cdr.cause, cdr.cause.q850()))?;
    print(format_args!("speech     {:?}", record.speech))?;
    if let Some(all) = &record.findings {
        finding("interest", all.interest.as_ref())?;
        finding("outcome", all.outcome.as_ref())?;
        finding("sentiment", all.sentiment.as_ref())?;
        for need in &all.needs {
            finding("need", Some(need))?;
        }
        finding("follow-up", all.follow_up_at.as_ref())?;
        for (name, text) in [("summary", &all.summary), ("suggestion", &all.suggestion)] {
            if !text.is_empty() {
                print(format_args!("{name:<10} {text}"))?;
            }
        }
    }
    for (index, said) in record.utterances.iter().enumerate() {
        let who = match said.side {
            Side::Agent => "agent",
            Side::Customer => "customer",
        };
        print(format_args!(
            "{index:>4}  {:>7.2} s  {who:<8}  {}",
            said.start.ms() as f64 / 1000.0,
            said.text
        ))?;
    }
    Ok(())
}

fn finding<T: Display>(name: &str, finding: Option<&Finding<T>>) -> Result<(), Trouble> {
    let Some(Finding { value, p, evidence, .. }) = finding else { return Ok(()) };
    print(format_args!("{name:<10} {value} ({:.0} %, from {evidence:?})", p * 100.0))
}

//! The journal as the page and the control socket see it.

use super::clock::Clock;
use super::line_tests::LineTests;
use super::sound::Switches;
use super::{deeds, saying};
use crate::command::export::vcon;
use crate::control::{self, Answer, Request};
use call::{CallId, Number, Record, Side};
use journal::{AppendError, Filter, Journal, ReadError, Standing};
use status::{
    Access, AccountFault, Deed, Entry, Listing, Live, LogPage, LogQuery, Person, Query, Receipt,
    Row, Secret, Sound, Source, SourceError, What,
};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use vault::audit::{Action, AuditEntry};

/// Rows shown among the newest after a start.
const NEWEST: usize = 50;
/// Calls read at once while searching.
const PAGE: usize = 64;
/// Calls searched for one page at most; a search that finds less says so by ending.
const SEARCHED: usize = 20_000;

/// From where, where it was done on the command line.
const COMMAND_LINE: &str = "command line";

/// Records, audio and access log over the journal.
pub struct JournalSource {
    journal: Journal,
    /// Knows the times of the receipts that came since the start.
    live: Live,
    /// What a record without a receipt is: queued, or local where there is no headquarters.
    without: Receipt,
    clock: Clock,
    country_code: &'static str,
    line_tests: LineTests,
}

impl JournalSource {
    /// Over an open journal.
    pub fn new(
        journal: Journal,
        live: Live,
        without: Receipt,
        clock: Clock,
        country_code: &'static str,
        line_tests: LineTests,
    ) -> Self {
        JournalSource { journal, live, without, clock, country_code, line_tests }
    }

    /// Tells the page the newest records, oldest first, as after a start.
    pub fn tell_newest(&self) {
        let query = Query { page_size: NEWEST as u32, ..Query::default() };
        match self.search(&query) {
            Ok(found) => {
                for record in found.records.iter().rev() {
                    self.live.call_finished(record, self.receipt(record, &found.waiting));
                }
            }
            Err(error) => tracing::error!(%error, "the newest calls cannot be read"),
        }
    }

    fn search(&self, query: &Query) -> Result<Found, ReadError> {
        let reader = self.journal.reader();
        let number = query.text.as_deref().and_then(|text| text.parse::<Number>().ok());
        let mut filter = Filter {
            since: query.since,
            until: query.until,
            line: query.line.clone(),
            ..Filter::default()
        };
        let skip = query.page as usize * query.page_size as usize;
        let wanted = query.page_size as usize;
        let (mut seen, mut searched, mut records, mut more) = (0, 0, Vec::new(), false);
        'pages: while searched < SEARCHED {
            let page = reader.calls(&filter, PAGE)?;
            let Some(last) = page.last() else { break };
            filter.before = Some(last.call);
            searched += page.len();
            for listed in page {
                let Standing::Closed(record) = listed.standing else { continue };
                if !matches(&record, query, number.as_ref()) {
                    continue;
                }
                seen += 1;
                if seen <= skip {
                    continue;
                }
                if records.len() == wanted {
                    more = true;
                    break 'pages;
                }
                records.push(*record);
            }
        }
        Ok(Found { records, more, waiting: reader.calls_undelivered()? })
    }

    /// How the latest revision's delivery stands, given the calls that wait for theirs.
    fn receipt(&self, record: &Record, waiting: &BTreeSet<CallId>) -> Receipt {
        if waiting.contains(&record.call) {
            return self.without;
        }
        let told = self.live.receipt_of(record.call, record.revision);
        told.unwrap_or(Receipt::Delivered(None))
    }

    /// Writes into the audit chain.
    pub fn note(
        &self,
        action: Action,
        call: Option<CallId>,
        who: &str,
        why: &str,
    ) -> Result<(), String> {
        let entry = AuditEntry {
            at: self.clock.now(),
            who: who.to_owned(),
            action,
            call,
            why: why.to_owned(),
        };
        self.journal.audit(entry).map_err(|error| error.to_string())
    }
}

/// What a search found.
struct Found {
    records: Vec<Record>,
    more: bool,
    /// The calls whose latest record waits for delivery.
    waiting: BTreeSet<CallId>,
}

fn matches(record: &Record, query: &Query, number: Option<&Number>) -> bool {
    let findings = record.findings.as_ref();
    let outcome = findings.and_then(|all| all.outcome.as_ref()).map(|one| one.value);
    let interest = findings.and_then(|all| all.interest.as_ref()).map(|one| one.value);
    let customer = record.cdr.customer.as_ref().or(record.cdr.caller.number.as_ref());
    let text = query.text.as_deref().is_none_or(|text| {
        if number.is_some() {
            return customer == number;
        }
        findings.is_some_and(|all| {
            let words = all.utterances.iter().map(|said| said.masked.as_str());
            let keywords = all.keywords.iter().map(String::as_str);
            let text = text.to_lowercase();
            std::iter::once(all.summary.as_str())
                .chain(keywords)
                .chain(words)
                .any(|part| part.to_lowercase().contains(&text))
        })
    });
    text && query.outcome.is_none_or(|wanted| outcome == Some(wanted))
        && query.interest.is_none_or(|wanted| interest == Some(wanted))
}

fn unreadable(error: ReadError) -> SourceError {
    SourceError::Unreadable(error.to_string())
}

impl Source for JournalSource {
    fn list(&self, query: &Query) -> Result<Listing, SourceError> {
        let found = self.search(query).map_err(unreadable)?;
        let receipt = |record: &Record| self.receipt(record, &found.waiting);
        let rows = found.records.iter().map(|record| Row::of(record, receipt(record)));
        Ok(Listing { rows: rows.collect(), more: found.more, total: None })
    }

    fn record(&self, call: CallId) -> Result<Option<Entry>, SourceError> {
        let reader = self.journal.reader();
        let record = match reader.call(call).map_err(unreadable)? {
            Some(Standing::Closed(record)) => *record,
            _ => return Ok(None),
        };
        let waiting = reader.calls_undelivered().map_err(unreadable)?;
        let receipt = self.receipt(&record, &waiting);
        Ok(Some(Entry { record, receipt }))
    }

    fn audio(&self, call: CallId, side: Side) -> Result<Option<Sound>, SourceError> {
        let sides = match self.journal.reader().audio(call) {
            Ok(sides) => sides,
            Err(ReadError::Unknown(_)) => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        let sound = sides.into_iter().find(|sound| sound.side == side);
        Ok(sound.map(|sound| Sound { codec: sound.codec, payload: sound.octets }))
    }

    fn vcon(&self, call: CallId) -> Result<Option<String>, SourceError> {
        let reader = self.journal.reader();
        let record = match reader.record(call) {
            Ok(Some(record)) => record,
            Ok(None) | Err(ReadError::Unknown(_)) => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        let sides = reader.audio(call).map_err(unreadable)?;
        let vcon = vcon(&record, &sides, self.clock.now(), self.country_code);
        vcon.map(Some).map_err(|error| SourceError::Unreadable(error.to_string()))
    }

    fn offers_vcon(&self) -> bool {
        true
    }

    fn test_lines(
        &self,
        who: &str,
        from: Option<IpAddr>,
        line: Option<&str>,
    ) -> Result<(), SourceError> {
        let from = from.map_or("unknown".into(), |from| from.to_string());
        self.line_tests.begin(who, &from, line).map_err(SourceError::Unwritable)
    }

    fn audit(&self, deed: &Deed) -> Result<(), SourceError> {
        let (action, call) = (deeds::action(deed.what), deed.what.call());
        self.note(action, call, &deed.who, &deeds::why(deed)).map_err(SourceError::Unwritable)
    }

    fn log(&self, query: &LogQuery) -> Result<LogPage, SourceError> {
        let (skip, wanted) =
            (query.page as usize * query.page_size as usize, query.page_size as usize);
        let is_wanted = |entry: &AuditEntry| {
            query.who.as_ref().is_none_or(|who| entry.who == *who)
                && query.call.is_none_or(|call| entry.call == Some(call))
                && query.what.as_ref().is_none_or(|what| deeds::logged(entry.clone()).what == *what)
        };
        let reader = self.journal.reader();
        let found = reader.audit_newest(skip.saturating_add(wanted + 1), is_wanted);
        let mut entries: Vec<_> = found.map_err(unreadable)?.into_iter().skip(skip).collect();
        let more = entries.len() > wanted;
        entries.truncate(wanted);
        Ok(LogPage { entries: entries.into_iter().map(deeds::logged).collect(), more })
    }

    fn is_held(&self, call: CallId) -> Result<bool, SourceError> {
        self.journal.reader().is_held(call).map_err(unreadable)
    }

    fn keep(&self, deed: &Deed) -> Result<(), SourceError> {
        let (now, who, why) = (self.clock.now(), deed.who.as_str(), deeds::why(deed));
        let done = match deed.what {
            What::Held(call) => self.journal.hold(call, true, now, who, &why),
            What::Released(call) => self.journal.hold(call, false, now, who, &why),
            What::Erased(call) => {
                self.journal.erase(call, now, who, &why).inspect(|()| self.live.call_dropped(call))
            }
            // The page keeps nothing by any other deed.
            _ => return Ok(()),
        };
        done.map_err(|error| match &error {
            AppendError::Held(_) => SourceError::Refused(saying::call_held()),
            AppendError::Io(_) | AppendError::Full | AppendError::Low => {
                SourceError::Unwritable(error.to_string())
            }
            _ => SourceError::Refused(error.to_string().into()),
        })
    }
}

/// What answers on the control socket.
pub struct Control {
    source: Arc<JournalSource>,
    live: Live,
    access: Arc<Access>,
    switches: Switches,
}

impl Control {
    /// Over the journal, the live state, the people of the page, and the sound cards' switches.
    pub fn new(
        source: Arc<JournalSource>,
        live: Live,
        access: Arc<Access>,
        switches: Switches,
    ) -> Self {
        Control { source, live, access, switches }
    }

    /// Answers one request of `who`.
    pub fn answer(&self, request: Request, who: &str) -> Answer {
        match request {
            Request::Lines => {
                serde_json::to_value(self.live.snapshot().lines).map_err(|error| error.to_string())
            }
            Request::TestLines { line } => {
                self.source.line_tests.begin(who, "this machine", line.as_deref())?;
                Ok(serde_json::Value::Null)
            }
            Request::LineTests => serde_json::to_value(self.source.line_tests.standing())
                .map_err(|error| error.to_string()),
            Request::Sounds => {
                serde_json::to_value(self.live.snapshot().sounds).map_err(|error| error.to_string())
            }
            Request::Handset { name, press } => self.switches.handset(&name, press),
            Request::Monitor { line } => self.switches.monitor(line, who, &self.live, &self.source),
            Request::Erase { call, why } => {
                let erased = self.source.journal.erase(call, self.source.clock.now(), who, &why);
                erased.map_err(|error| error.to_string())?;
                self.live.call_dropped(call);
                Ok(serde_json::Value::Null)
            }
            Request::Accessed { call, how } => {
                let (action, why) = match how {
                    control::Access::Revealed => (Action::Read, "shown unmasked"),
                    control::Access::AudioExported => (Action::Export, "audio exported"),
                    control::Access::VconExported => (Action::Export, "vCon exported"),
                };
                self.source.note(action, Some(call), who, why)?;
                Ok(serde_json::Value::Null)
            }
            Request::People => {
                serde_json::to_value(self.access.people()).map_err(|error| error.to_string())
            }
            Request::AddPerson { name, role, hash } => {
                let secret = Secret::parse(&hash).map_err(|error| error.to_string())?;
                self.manage(who, What::PersonAdded, self.access.add(&name, role, secret))
            }
            Request::SetRole { name, role } => {
                self.manage(who, What::RoleChanged, self.access.set_role(&name, role))
            }
            Request::SetPassword { name, hash } => {
                let secret = Secret::parse(&hash).map_err(|error| error.to_string())?;
                self.manage(who, What::PasswordReset, self.access.set_password(&name, secret))
            }
            Request::RemovePerson { name } => {
                self.manage(who, What::PersonRemoved, self.access.remove(&name))
            }
        }
    }

    /// Writes down what `who` did with a person.
    fn manage(&self, who: &str, what: What, done: Result<Person, AccountFault>) -> Answer {
        let person = done.map_err(|fault| fault.to_string())?;
        let why = format!("{} ({})", person.name, person.role);
        let why = format!("{} from {COMMAND_LINE}: {why}", what.word());
        self.source.note(deeds::action(what), None, who, &why)?;
        serde_json::to_value(person).map_err(|error| error.to_string())
    }
}

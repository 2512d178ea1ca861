//! The journal's undelivered records, as the uplink sees them.

use crate::config::{Config, country_code};
use journal::{Content, Journal};
use status::Live;
use std::sync::Arc;
use std::time::Duration;
use uplink::{Country, Https, Outbox, OutboxError, Parcel, Uplink};
use vault::Vault;
use vault::enrol::Enrolment;
use vault::receipt::Receipt;

/// One delivery may take so long before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The outbox over the journal.
struct JournalOutbox {
    journal: Journal,
    live: Live,
    country: Country,
}

impl Outbox for JournalOutbox {
    fn next(&mut self, after: u64) -> Result<Option<Parcel>, OutboxError> {
        let found = self.journal.reader().outgoing(after, 1);
        let mut found = found.map_err(|error| OutboxError(error.to_string()))?;
        Ok(found.pop().map(|found| match found.content {
            Content::Record(record) => Parcel::of(found.number, &record, &self.country),
            Content::Unrecorded(unrecorded) => Parcel::unrecorded(found.number, &unrecorded),
        }))
    }

    fn keep(&mut self, receipt: &Receipt, bytes: &[u8]) -> Result<(), OutboxError> {
        let waiting = self.journal.undelivered(receipt.sequence.saturating_sub(1), 1);
        self.journal
            .receipt(receipt.sequence, bytes)
            .map_err(|error| OutboxError(error.to_string()))?;
        if let Ok([delivery]) = waiting.as_deref()
            && delivery.number == receipt.sequence
        {
            let at = call::WallTime {
                unix_ms: receipt.stored_at,
                offset_min: delivery.record.cdr.opened_at.offset_min,
            };
            let (call, revision) = (delivery.record.call, delivery.record.revision);
            self.live.receipt(call, revision, status::Receipt::Delivered(Some(at)));
        }
        Ok(())
    }

    fn waiting(&mut self) -> u64 {
        self.journal.reader().undelivered_count().map_or(0, |count| count as u64)
    }
}

/// How numbers are written in a country of lines.
fn country(country: fxo::Country) -> Country {
    let international_prefix = match country {
        fxo::Country::Usa => "011",
        fxo::Country::China | fxo::Country::Uk => "00",
    };
    Country {
        code: country_code(country).into(),
        international_prefix: international_prefix.into(),
    }
}

/// Rung when a record has been put into the outbox, so that it leaves at once.
#[derive(Clone, Default)]
pub struct Bell(Option<Arc<Uplink>>);

impl Bell {
    /// A bell at this uplink; one that nobody hears where there is none.
    pub fn at(way: Option<&Way>) -> Bell {
        Bell(way.map(|way| way.uplink.clone()))
    }

    /// A record is on disk.
    pub fn ring(&self) {
        if let Some(uplink) = &self.0 {
            uplink.wake();
        }
    }
}

/// The uplink, and where it delivers to.
pub struct Way {
    /// The running uplink.
    pub uplink: Arc<Uplink>,
    /// Host and port.
    pub endpoint: String,
}

/// Starts the uplink that the configuration names, if it names one. What is wrong with the file that
/// it names comes back as a sentence: calls are recorded all the same, and wait.
pub fn start(
    config: &Config,
    vault: Arc<Vault>,
    journal: &Journal,
    live: &Live,
) -> Result<Option<Way>, String> {
    let Some(file) = &config.uplink.enrolment else { return Ok(None) };
    let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| {
        wrong(&format!("{error}; it is the enrolment.toml that headquarters gave"))
    })?;
    let enrolment = Enrolment::from_toml(&text).map_err(|error| wrong(&error))?;
    let endpoint = enrolment.url.trim_start_matches("https://").to_owned();
    let transport = Https::new(&enrolment, PATIENCE).map_err(|error| wrong(&error))?;
    let country = country(config.fxo.country);
    let outbox = JournalOutbox { journal: journal.clone(), live: live.clone(), country };
    let seed = vault.device_id().0.iter().fold(0, |seed: u64, byte| seed << 8 ^ u64::from(*byte));
    let uplink = Uplink::start(vault, enrolment, Box::new(outbox), Box::new(transport), seed)
        .map_err(|error| format!("the uplink cannot be started: {error}"))?;
    Ok(Some(Way { uplink: Arc::new(uplink), endpoint }))
}

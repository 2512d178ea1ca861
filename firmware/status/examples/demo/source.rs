//! Records in memory.

use call::{CallId, Codec, Record, SAMPLE_RATE, Side, WallTime};
use status::{
    Deed, Entry, Listing, LogPage, LogQuery, Logged, Query, Receipt, Row, Saying, Sound, Source,
    SourceError, What,
};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) struct Made {
    /// Newest first.
    pub(crate) records: Vec<Record>,
    erased: Mutex<BTreeSet<CallId>>,
    held: Mutex<BTreeSet<CallId>>,
    log: Mutex<Vec<Logged>>,
}

impl Made {
    pub(crate) fn new(mut records: Vec<Record>) -> Self {
        records.sort_by_key(|record| std::cmp::Reverse(record.call));
        Made { records, erased: Mutex::default(), held: Mutex::default(), log: Mutex::default() }
    }

    fn entry(&self, record: &Record) -> Entry {
        let at = record.cdr.opened_at.after(record.cdr.released_at);
        let newest = self.records.first().is_some_and(|newest| newest.call == record.call);
        let receipt = if newest { Receipt::Queued } else { Receipt::Delivered(Some(at)) };
        Entry { record: record.clone(), receipt }
    }
}

impl Source for Made {
    fn list(&self, query: &Query) -> Result<Listing, SourceError> {
        let rows: Vec<Row> = self
            .records
            .iter()
            .filter(|record| !locked(&self.erased).contains(&record.call))
            .map(|record| Row::of(record, self.entry(record).receipt))
            .filter(|row| query.outcome.is_none_or(|outcome| row.outcome == Some(outcome)))
            .filter(|row| query.interest.is_none_or(|interest| row.interest == Some(interest)))
            .filter(|row| query.line.as_ref().is_none_or(|line| row.line == *line))
            .filter(|row| query.since.is_none_or(|since| row.opened_at.unix_ms >= since.unix_ms))
            .filter(|row| query.until.is_none_or(|until| row.opened_at.unix_ms < until.unix_ms))
            .filter(|row| {
                query.text.as_ref().is_none_or(|text| row.summary.contains(text.as_str()))
            })
            .collect();
        let total = rows.len() as u64;
        let from = (query.page * query.page_size) as usize;
        let rows: Vec<Row> = rows.into_iter().skip(from).take(query.page_size as usize).collect();
        let more = total > (from + rows.len()) as u64;
        Ok(Listing { rows, more, total: Some(total) })
    }

    fn record(&self, call: CallId) -> Result<Option<Entry>, SourceError> {
        let there = |record: &&Record| record.call == call;
        let found = self.records.iter().find(there).map(|record| self.entry(record));
        Ok(found.filter(|_| !locked(&self.erased).contains(&call)))
    }

    /// A hum where somebody speaks, silence elsewhere.
    fn audio(&self, call: CallId, side: Side) -> Result<Option<Sound>, SourceError> {
        let Some(record) = self.records.iter().find(|record| record.call == call) else {
            return Ok(None);
        };
        let mut payload = vec![0xD5; record.cdr.released_at.0 as usize];
        for utterance in record.utterances.iter().filter(|utterance| utterance.side == side) {
            let span = utterance.start.0 as usize..(utterance.end.0 as usize).min(payload.len());
            for (at, octet) in payload[span].iter_mut().enumerate() {
                let time = at as f64 / f64::from(SAMPLE_RATE);
                let syllable = (time * 3.7).sin().abs() * (time * 0.9).cos().abs().max(0.25);
                let sample = (time * 1100.0).sin() * syllable * 9000.0;
                *octet = a_law(sample as i16);
            }
        }
        Ok(Some(Sound { codec: Codec::ALaw, payload }))
    }

    fn vcon(&self, call: CallId) -> Result<Option<String>, SourceError> {
        Ok(Some(format!("{{\"vcon\":\"0.0.2\",\"uuid\":\"{call}\"}}")))
    }

    fn offers_vcon(&self) -> bool {
        true
    }

    fn audit(&self, deed: &Deed) -> Result<(), SourceError> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        locked(&self.log).push(Logged {
            at: WallTime { unix_ms, offset_min: 480 },
            who: deed.who.clone(),
            what: deed.what.word().to_owned(),
            call: deed.what.call(),
            from: deed.from.map(|from| from.to_string()).unwrap_or_default(),
            note: deed.note.clone(),
        });
        Ok(())
    }

    fn log(&self, query: &LogQuery) -> Result<LogPage, SourceError> {
        let log = locked(&self.log);
        let mut found = log
            .iter()
            .rev()
            .filter(|entry| query.who.as_ref().is_none_or(|who| entry.who == *who))
            .filter(|entry| query.what.as_ref().is_none_or(|what| entry.what == *what))
            .filter(|entry| query.call.is_none_or(|call| entry.call == Some(call)))
            .skip((query.page * query.page_size) as usize);
        let entries = found.by_ref().take(query.page_size as usize).cloned().collect();
        Ok(LogPage { entries, more: found.next().is_some() })
    }

    fn is_held(&self, call: CallId) -> Result<bool, SourceError> {
        Ok(locked(&self.held).contains(&call))
    }

    fn keep(&self, deed: &Deed) -> Result<(), SourceError> {
        match deed.what {
            What::Held(call) => drop(locked(&self.held).insert(call)),
            What::Released(call) => drop(locked(&self.held).remove(&call)),
            What::Erased(call) if locked(&self.held).contains(&call) => {
                let why = "这通电话已保留，请先解除保留。";
                return Err(SourceError::Refused(Saying::new(
                    why,
                    "The call is held; lift the hold first.",
                )));
            }
            What::Erased(call) => drop(locked(&self.erased).insert(call)),
            _ => {}
        }
        self.audit(deed)
    }
}

fn locked<T>(made: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    made.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// ITU-T G.711 table 1a, coarsely: for looking at, not for listening.
fn a_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0 } else { 0x80 };
    let size = sample.unsigned_abs().min(32_000) >> 4;
    let segment = (16 - size.leading_zeros()).saturating_sub(4).min(7) as u16;
    let within = if segment > 1 { size >> (segment - 1) } else { size };
    (sign | ((segment as u8) << 4) | (within as u8 & 15)) ^ 0x55
}

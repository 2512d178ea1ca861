//! SQLite: one file, write-ahead log, a sync at every commit.
//!
//! One task owns the writing connection. It takes what has queued up, writes it in one transaction,
//! commits (which syncs), and only then answers, so a crowd of branches shares one sync. Readers
//! have connections of their own. The tables are in `schema.sql`; `user_version` is their version,
//! `application_id` says that the file is a collector's.

use super::{Conflict, Deposit, Enrolled, Gap, Kept, Search, Store, StoreError, Stored};
use call::DeviceId;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Row};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use vault::enrol::DeviceCard;
use vault::envelope::EnvelopeHash;

const SCHEMA: &str = include_str!("schema.sql");
const SCHEMA_VERSION: i64 = 1;
/// "TPco": a collector's database.
const APPLICATION: i64 = 0x5450_636f;
const PAGE: u64 = 4096;
/// Deposits that may wait for the writer; beyond it senders wait.
const QUEUE: usize = 256;
/// Deposits in one transaction.
const BATCH: usize = 64;
const BUSY: Duration = Duration::from_secs(10);

/// Envelopes in a SQLite file.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    writer: mpsc::Sender<Job>,
    readers: SqlitePool,
}

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

#[derive(Debug)]
enum Job {
    Deposit(Box<Deposit>, Answer<Stored>),
    Enrol(Box<Enrolled>, Answer<()>),
    Close(Answer<()>),
}

impl SqliteStore {
    /// Opens the file, or makes it. It will not grow beyond `max_bytes`, if given.
    pub async fn open(path: &Path, max_bytes: Option<u64>) -> Result<SqliteStore, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY)
            .disable_statement_logging();
        let mut pen = Pen { options: options.clone(), max_bytes, connection: None };
        prepare(pen.connected().await?).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.create_if_missing(false).read_only(true))
            .await
            .map_err(meaning)?;
        let (writer, jobs) = mpsc::channel(QUEUE);
        tokio::spawn(write(pen, jobs));
        Ok(SqliteStore { writer, readers })
    }

    /// Closes the file, which folds the log into it. Whoever deposits afterwards is told that the
    /// store is busy.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.readers.close().await;
        self.ask(Job::Close).await
    }

    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        // The writer ends with the last sender only, so both failures mean: the runtime stops.
        self.writer.send(job(answer)).await.map_err(|_| StoreError::Busy)?;
        answered.await.map_err(|_| StoreError::Busy)?
    }
}

/// The writing connection, made anew after each transaction that failed: SQLite may have ended such a
/// transaction by itself, as it does on a full disk, and sqlx then takes it for open for good.
struct Pen {
    options: SqliteConnectOptions,
    max_bytes: Option<u64>,
    connection: Option<SqliteConnection>,
}

impl Pen {
    async fn connected(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await.map_err(meaning)?,
        };
        Ok(self.connection.insert(connection))
    }

    async fn connect(&self) -> Result<SqliteConnection, sqlx::Error> {
        let mut connection = self.options.connect().await?;
        if let Some(bytes) = self.max_bytes {
            let pages = i64::try_from(bytes / PAGE).unwrap_or(i64::MAX).max(1);
            sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}")))
                .execute(&mut connection)
                .await?;
        }
        Ok(connection)
    }

    /// Writes a batch; see [`transact`].
    async fn write(&mut self, batch: &[Job]) -> Result<Vec<Stored>, StoreError> {
        let outcome = transact(self.connected().await?, batch).await;
        if outcome.is_err()
            && let Some(connection) = self.connection.take()
        {
            // What does not close well is dropped.
            let _ = connection.close().await;
        }
        outcome
    }

    async fn close(self) -> Result<(), StoreError> {
        match self.connection {
            Some(connection) => connection.close().await.map_err(meaning),
            None => Ok(()),
        }
    }
}

/// Makes the tables, or checks that they are ours.
async fn prepare(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let pragma = async |connection: &mut SqliteConnection, sql: &'static str| {
        sqlx::query_scalar::<_, i64>(sql).fetch_one(connection).await.map_err(meaning)
    };
    let application = pragma(connection, "PRAGMA application_id").await?;
    let version = pragma(connection, "PRAGMA user_version").await?;
    let tables = pragma(connection, "SELECT count(*) FROM sqlite_master").await?;
    match (application, version, tables) {
        (APPLICATION, SCHEMA_VERSION, _) => Ok(()),
        (0, 0, 0) => {
            let script = format!(
                "BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id = {APPLICATION}; \
                 PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(script))
                .execute(connection)
                .await
                .map_err(meaning)?;
            Ok(())
        }
        (APPLICATION, version, _) => Err(StoreError::Foreign(format!(
            "the database has version {version}, this collector knows {SCHEMA_VERSION}: update it"
        ))),
        _ => Err(StoreError::Foreign(
            "the file is a database, but no collector's: give another --data folder".to_owned(),
        )),
    }
}

async fn write(mut pen: Pen, mut jobs: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut batch, BATCH).await > 0 {
        let outcome = pen.write(&batch).await;
        let mut stored = outcome.as_ref().map(|stored| stored.iter()).ok();
        let mut closed = None;
        // Whoever asked may have hung up meanwhile; what they sent is kept all the same.
        for job in batch.drain(..) {
            match job {
                Job::Deposit(_, answer) => {
                    let kept = stored.as_mut().and_then(|stored| stored.next()).cloned();
                    drop(answer.send(kept.ok_or_else(|| failure(&outcome))));
                }
                Job::Enrol(_, answer) => {
                    drop(answer.send(if outcome.is_ok() {
                        Ok(())
                    } else {
                        Err(failure(&outcome))
                    }));
                }
                Job::Close(answer) => closed = Some(answer),
            }
        }
        if let Some(answer) = closed {
            drop(answer.send(pen.close().await));
            return;
        }
    }
}

/// Why a transaction failed, for each of those who had a part in it.
fn failure(outcome: &Result<Vec<Stored>, StoreError>) -> StoreError {
    outcome.as_ref().err().cloned().unwrap_or(StoreError::Busy)
}

/// Writes a batch in one transaction; gives what became of its deposits, in their order. Nothing of
/// it stays if any of it fails.
async fn transact(
    connection: &mut SqliteConnection,
    batch: &[Job],
) -> Result<Vec<Stored>, StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(meaning)?;
    let mut results = Vec::with_capacity(batch.len());
    for job in batch {
        match job {
            Job::Deposit(deposit, _) => results.push(keep(&mut transaction, deposit).await?),
            Job::Enrol(device, _) => admit(&mut transaction, device).await?,
            Job::Close(_) => {}
        }
    }
    transaction.commit().await.map_err(meaning)?;
    Ok(results)
}

async fn keep(to: &mut SqliteConnection, deposit: &Deposit) -> Result<Stored, StoreError> {
    let header = &deposit.header;
    let sequence = signed(header.sequence)?;
    let there = sqlx::query("SELECT hash, receipt FROM envelope WHERE device = ? AND sequence = ?")
        .bind(header.device.0.as_slice())
        .bind(sequence)
        .fetch_optional(&mut *to)
        .await
        .map_err(meaning)?;
    if let Some(row) = there {
        let hash: Vec<u8> = row.try_get(0).map_err(meaning)?;
        if hash == deposit.hash.0 {
            return Ok(Stored::Again(row.try_get(1).map_err(meaning)?));
        }
        sqlx::query(
            "INSERT INTO conflict (device, sequence, hash, seen_at) VALUES (?, ?, ?, ?) \
             ON CONFLICT DO NOTHING",
        )
        .bind(header.device.0.as_slice())
        .bind(sequence)
        .bind(deposit.hash.0.as_slice())
        .bind(deposit.stored_at)
        .execute(&mut *to)
        .await
        .map_err(meaning)?;
        return Ok(Stored::Conflict);
    }
    sqlx::query(
        "INSERT INTO envelope \
         (device, sequence, hash, kind, written_at, customer, stored_at, clock_differs, receipt, body) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(header.device.0.as_slice())
    .bind(sequence)
    .bind(deposit.hash.0.as_slice())
    .bind(i64::from(header.kind.number()))
    .bind(header.unix_ms)
    .bind(header.customer.map(|tag| tag.0.to_vec()))
    .bind(deposit.stored_at)
    .bind(deposit.clock_differs)
    .bind(deposit.receipt.as_slice())
    .bind(deposit.envelope.as_slice())
    .execute(&mut *to)
    .await
    .map_err(meaning)?;
    Ok(Stored::New(deposit.receipt.to_vec()))
}

async fn admit(to: &mut SqliteConnection, device: &Enrolled) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO device (device, public_key, name, enrolled_at) VALUES (?, ?, ?, ?) \
         ON CONFLICT (device) DO UPDATE SET name = excluded.name",
    )
    .bind(device.card.device().0.as_slice())
    .bind(device.card.public.as_slice())
    .bind(device.card.name.as_str())
    .bind(device.since)
    .execute(to)
    .await
    .map_err(meaning)?;
    Ok(())
}

impl Store for SqliteStore {
    async fn deposit(&self, deposit: Deposit) -> Result<Stored, StoreError> {
        self.ask(|answer| Job::Deposit(Box::new(deposit), answer)).await
    }

    async fn public_key(&self, device: DeviceId) -> Result<Option<[u8; 32]>, StoreError> {
        let row = sqlx::query("SELECT public_key FROM device WHERE device = ?")
            .bind(device.0.as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(meaning)?;
        row.map(|row| bytes(&row, 0)).transpose()
    }

    async fn enrol(&self, device: Enrolled) -> Result<(), StoreError> {
        self.ask(|answer| Job::Enrol(Box::new(device), answer)).await
    }

    async fn enrolled(&self) -> Result<Vec<Enrolled>, StoreError> {
        let rows = sqlx::query("SELECT name, public_key, enrolled_at FROM device ORDER BY name")
            .fetch_all(&self.readers)
            .await
            .map_err(meaning)?;
        let device = |row: SqliteRow| {
            let name = row.try_get(0).map_err(meaning)?;
            let card = DeviceCard { name, public: bytes(&row, 1)? };
            Ok(Enrolled { card, since: row.try_get(2).map_err(meaning)? })
        };
        rows.into_iter().map(device).collect()
    }

    async fn search(
        &self,
        search: &Search,
        after: Option<(DeviceId, u64)>,
        limit: u32,
    ) -> Result<Vec<Kept>, StoreError> {
        let (device, sequence) = after.unwrap_or((DeviceId([0; 16]), 0));
        let rows = sqlx::query(
            "SELECT device, sequence, stored_at, clock_differs, body FROM envelope \
             WHERE (device, sequence) > (?1, ?2) \
             AND (?3 IS NULL OR customer = ?3) AND (?4 IS NULL OR device = ?4) \
             AND (?5 IS NULL OR written_at >= ?5) AND (?6 IS NULL OR written_at < ?6) \
             ORDER BY device, sequence LIMIT ?7",
        )
        .bind(device.0.to_vec())
        .bind(signed(sequence)?)
        .bind(search.customer.map(|tag| tag.0.to_vec()))
        .bind(search.device.map(|device| device.0.to_vec()))
        .bind(search.since)
        .bind(search.until)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(meaning)?;
        let kept = |row: SqliteRow| {
            Ok(Kept {
                device: DeviceId(bytes(&row, 0)?),
                sequence: unsigned(row.try_get(1).map_err(meaning)?),
                stored_at: row.try_get(2).map_err(meaning)?,
                clock_differs: row.try_get(3).map_err(meaning)?,
                envelope: row.try_get(4).map_err(meaning)?,
            })
        };
        rows.into_iter().map(kept).collect()
    }

    async fn gaps(&self, device: Option<DeviceId>) -> Result<Vec<Gap>, StoreError> {
        let rows = sqlx::query(
            "SELECT device, before + 1, sequence - 1 FROM ( \
               SELECT device, sequence, \
                 lag(sequence, 1, 0) OVER (PARTITION BY device ORDER BY sequence) AS before \
               FROM envelope WHERE ?1 IS NULL OR device = ?1) \
             WHERE sequence > before + 1 ORDER BY device, sequence",
        )
        .bind(device.map(|device| device.0.to_vec()))
        .fetch_all(&self.readers)
        .await
        .map_err(meaning)?;
        let gap = |row: SqliteRow| {
            Ok(Gap {
                device: DeviceId(bytes(&row, 0)?),
                from: unsigned(row.try_get(1).map_err(meaning)?),
                to: unsigned(row.try_get(2).map_err(meaning)?),
            })
        };
        rows.into_iter().map(gap).collect()
    }

    async fn conflicts(&self, device: Option<DeviceId>) -> Result<Vec<Conflict>, StoreError> {
        let rows = sqlx::query(
            "SELECT device, sequence, hash, seen_at FROM conflict \
             WHERE ?1 IS NULL OR device = ?1 ORDER BY device, sequence, seen_at",
        )
        .bind(device.map(|device| device.0.to_vec()))
        .fetch_all(&self.readers)
        .await
        .map_err(meaning)?;
        let conflict = |row: SqliteRow| {
            Ok(Conflict {
                device: DeviceId(bytes(&row, 0)?),
                sequence: unsigned(row.try_get(1).map_err(meaning)?),
                hash: EnvelopeHash(bytes(&row, 2)?),
                seen_at: row.try_get(3).map_err(meaning)?,
            })
        };
        rows.into_iter().map(conflict).collect()
    }
}

fn bytes<const N: usize>(row: &SqliteRow, column: usize) -> Result<[u8; N], StoreError> {
    let bytes: Vec<u8> = row.try_get(column).map_err(meaning)?;
    bytes.as_slice().try_into().map_err(|_| {
        StoreError::Foreign("the database holds an identity or a key of another length".to_owned())
    })
}

/// SQLite's integers are signed. A device that has counted beyond them is lying.
fn signed(sequence: u64) -> Result<i64, StoreError> {
    i64::try_from(sequence)
        .map_err(|_| StoreError::Foreign("a sequence beyond 2^63 cannot be kept".to_owned()))
}

fn unsigned(sequence: i64) -> u64 {
    u64::try_from(sequence).unwrap_or(0)
}

/// What an error of the database means to whoever asked.
fn meaning(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code());
    // https://sqlite.org/rescode.html; the low byte is the primary code. 4874 is
    // SQLITE_IOERR_SHMSIZE: the log's index could not grow.
    let code = code.and_then(|code| code.parse::<i32>().ok());
    match code.map(|code| if code == 4874 { 13 } else { code & 0xff }) {
        Some(13) => StoreError::Full,
        Some(5 | 6) => StoreError::Busy,
        Some(26) => StoreError::Foreign(
            "the file is no database: move it away, or give another --data folder".to_owned(),
        ),
        _ => StoreError::Database(Arc::new(error)),
    }
}

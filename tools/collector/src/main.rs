//! `tipring-collector`: the command line of headquarters' end.
//!
//! JSON Lines on standard output where `--json` is given or a program reads; people's words on
//! standard error. Exit status 0 worked, 1 found trouble, 2 used wrongly.

mod ask;

use axum_server::Handle;
use clap::{Args, Parser, Subcommand};
use collector::office::Office;
use collector::server::{Limits, router, tls};
use collector::store::sqlite::SqliteStore;
use collector::store::{Enrolled, Store};
use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use vault::enrol::DeviceCard;

/// Receives sealed call records from Tipring gateways, signs for them, keeps them, finds them again.
#[derive(Debug, Parser)]
#[command(name = "tipring-collector", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the keys, the certificate and the enrolment file of a collector.
    Init(Init),
    /// Let a device deliver here.
    Enroll(Enroll),
    /// Receive envelopes over HTTPS until told to stop.
    Serve(Serve),
    /// Find calls in what has come, or what has not come.
    Query(ask::Query),
    /// Write one call in an exchange format.
    Export(ask::Export),
}

#[derive(Debug, Args)]
struct Data {
    /// The collector's folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

#[derive(Debug, Args)]
struct Init {
    #[command(flatten)]
    data: Data,
    /// Where branches reach this collector.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8443", value_parser = address)]
    address: String,
    /// A further host name or address that the certificate is to cover; may be repeated.
    #[arg(long, value_name = "HOST")]
    name: Vec<String>,
}

#[derive(Debug, Args)]
struct Enroll {
    #[command(flatten)]
    data: Data,
    /// The device.toml that the gateway wrote.
    #[arg(value_name = "device.toml")]
    card: PathBuf,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    data: Data,
    /// The address to listen on; port 0 takes a free one and says which.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// The size that the database may reach; beyond it, envelopes are refused, not lost.
    #[arg(long, value_name = "BYTES")]
    max_bytes: Option<u64>,
}

/// How long requests under way may take when the collector is told to stop.
const FAREWELL: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let command = CommandLine::parse().command;
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .init();
    let runtime = tokio::runtime::Runtime::new();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(command)),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tipring-collector: {error}");
            ExitCode::from(1)
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Command::Query(arguments) => return ask::query(&arguments).await,
        Command::Export(arguments) => return ask::export(&arguments).await,
        Command::Init(arguments) => init(&arguments)?,
        Command::Enroll(arguments) => enroll(&arguments).await?,
        Command::Serve(arguments) => serve(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn init(arguments: &Init) -> Result<(), Box<dyn Error>> {
    let office = Office::new(&arguments.data.data);
    if office.init(&arguments.address, &arguments.name)? {
        eprintln!("made a collector in {}", arguments.data.data.display());
    } else {
        eprintln!("{} holds a collector already; nothing changed", arguments.data.data.display());
    }
    eprintln!("give each branch a copy of {}, in confidence", office.enrolment_path().display());
    Ok(())
}

async fn enroll(arguments: &Enroll) -> Result<(), Box<dyn Error>> {
    let office = Office::new(&arguments.data.data);
    office.enrolment()?;
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", arguments.card.display());
    let text = std::fs::read_to_string(&arguments.card).map_err(|error| named(&error))?;
    let card = DeviceCard::from_toml(&text).map_err(|error| named(&error))?;
    let device = card.device();
    let store = SqliteStore::open(&office.database_path(), None).await?;
    store.enrol(Enrolled { card, since: unix_ms() }).await?;
    store.close().await?;
    eprintln!("device {device} may deliver");
    Ok(())
}

async fn serve(arguments: &Serve) -> Result<(), Box<dyn Error>> {
    let office = Office::new(&arguments.data.data);
    office.enrolment()?;
    let tls = tls::configuration(&office.server_certificate_path(), &office.server_key_path())?;
    let store = SqliteStore::open(&office.database_path(), arguments.max_bytes).await?;
    let router = router(store.clone(), office.receipt_key()?, Limits::default());
    let listener = TcpListener::bind(arguments.listen)
        .map_err(|error| format!("cannot listen on {}: {error}", arguments.listen))?;
    eprintln!("receiving envelopes on https://{}", listener.local_addr()?);
    let handle = Handle::new();
    let stop = handle.clone();
    tokio::spawn(async move {
        told_to_stop().await;
        stop.graceful_shutdown(Some(FAREWELL));
    });
    tls::serve(listener, tls, router, handle).await?;
    store.close().await?;
    Ok(())
}

/// Waits for an interrupt from the keyboard or the service manager's word.
async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

fn address(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    match port {
        Some(_) => Ok(text.to_owned()),
        None => Err("HOST:PORT is wanted, for instance collector.example:8443".to_owned()),
    }
}

fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

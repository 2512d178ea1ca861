//! The page over calls that are made up, for working on its looks: `cargo run -p status --example
//! demo [-- PORT]`. Nothing of it is in the product.

mod calls;
mod source;

use status::{Access, Live, Receipt, Settings};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = match std::env::args().nth(1) {
        Some(port) => port.parse()?,
        None => 8081,
    };
    let folder = std::env::temp_dir().join(format!("tipring-demo-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let access = Arc::new(Access::open(&folder)?);
    if let Some(code) = access.setup_code() {
        println!("set-up code: {code}");
    }

    let live = Live::new();
    let source = Arc::new(source::Made::new(calls::records()));
    calls::tell_standing(&live);
    for record in source.records.iter().rev() {
        let delivered =
            Receipt::Delivered(Some(record.cdr.opened_at.after(record.cdr.released_at)));
        live.call_finished(
            record,
            if record.call == source.records[0].call { Receipt::Queued } else { delivered },
        );
    }
    tokio::spawn(calls::act(live.clone()));

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://127.0.0.1:{port}");
    let stop = async {
        // Run until it is stopped from outside.
        loop {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
    };
    status::serve(listener, live, source, Settings::new(access), stop).await?;
    Ok(())
}

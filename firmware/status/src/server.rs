//! The shell that listens.

use crate::{Live, Settings, Source};
use axum::Router;
use axum::routing::get;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Serves the page on `listener` until `shutdown` resolves.
pub async fn serve(
    listener: TcpListener,
    live: Live,
    source: Arc<dyn Source>,
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let service =
        router(live, source, settings).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(shutdown).await
}

/// The page as a service without a socket.
pub fn router(_live: Live, _source: Arc<dyn Source>, _settings: Settings) -> Router {
    Router::new().route("/healthz", get(|| async { "ok\n" }))
}

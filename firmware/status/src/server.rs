//! The shell that listens.

use crate::web::{self, Site};
use crate::{Live, Settings, Source};
use axum::Router;
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

/// The page as a service without a socket. Without axum's `ConnectInfo` of a peer's address, every
/// request counts as coming from one and the same foreign address.
pub fn router(live: Live, source: Arc<dyn Source>, settings: Settings) -> Router {
    web::router(Site::new(live, source, settings))
}

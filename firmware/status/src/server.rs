//! The shell that listens.

use crate::web::{self, Site};
use crate::{Live, Settings, Source};
use axum::Router;
use axum::serve::{Listener, ListenerExt};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections at one time; further ones wait in the operating system's queue.
const CONNECTIONS: usize = 128;

/// Serves the page on `listener` until `shutdown` resolves.
pub async fn serve(
    listener: TcpListener,
    live: Live,
    source: Arc<dyn Source>,
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let site = Site::new(live, source, settings);
    let service = web::router(site.clone()).into_make_service_with_connect_info::<SocketAddr>();
    // The tap taps nothing: axum knows the peer's address of a tapped listener of any kind.
    let door = Door { listener, room: Arc::new(Semaphore::new(CONNECTIONS)) }.tap_io(|_| ());
    let closing = async move {
        shutdown.await;
        // Streams of events have no end of their own.
        site.close();
    };
    axum::serve(door, service).with_graceful_shutdown(closing).await
}

/// The page as a service without a socket. Without axum's `ConnectInfo<SocketAddr>` every request
/// counts as coming from one and the same unknown address.
pub fn router(live: Live, source: Arc<dyn Source>, settings: Settings) -> Router {
    web::router(Site::new(live, source, settings))
}

/// A listener that lets in only so many at a time.
struct Door {
    listener: TcpListener,
    room: Arc<Semaphore>,
}

impl Listener for Door {
    type Io = Guest;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guest, SocketAddr) {
        // Nobody closes this semaphore.
        let permit = self.room.clone().acquire_owned().await.ok();
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        (Guest { stream, _permit: permit }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One connection, and its place in the room.
struct Guest {
    stream: TcpStream,
    _permit: Option<OwnedSemaphorePermit>,
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Guest {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

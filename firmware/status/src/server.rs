//! The shell that listens.
//!
//! A guest who takes up room without business is shown out: who has been written nothing for
//! [`PATIENCE`] (the request does not come to its end, the answer is not taken, or there is no
//! further request) loses the connection. A stream of events is written to more often than that.

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
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// Connections at one time; further ones wait in the operating system's queue.
const CONNECTIONS: usize = 128;
/// How long a connection may go without an octet written to it.
const PATIENCE: Duration = Duration::from_secs(40);

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
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let door = Door { listener, room, patience: PATIENCE }.tap_io(|_| ());
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
    patience: Duration,
}

impl Listener for Door {
    type Io = Guest;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guest, SocketAddr) {
        // Nobody closes this semaphore.
        let permit = self.room.clone().acquire_owned().await.ok();
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        let deadline = Box::pin(sleep(self.patience));
        (Guest { stream, deadline, patience: self.patience, _permit: permit }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One connection, and its place in the room.
struct Guest {
    stream: TcpStream,
    /// Moves on with every octet written.
    deadline: Pin<Box<Sleep>>,
    patience: Duration,
    _permit: Option<OwnedSemaphorePermit>,
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Pending if self.deadline.as_mut().poll(context).is_ready() => {
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            read => read,
        }
    }
}

impl AsyncWrite for Guest {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(written, Poll::Ready(Ok(1..))) {
            let next = Instant::now() + self.patience;
            self.deadline.as_mut().reset(next);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const QUICK: Duration = Duration::from_millis(100);

    /// A page of one word behind a door with room for one guest.
    async fn open() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let door = Door { listener, room: Arc::new(Semaphore::new(1)), patience: QUICK };
        let page = Router::new().route("/", get(|| async { "welcome" }));
        tokio::spawn(async move { axum::serve(door, page).await });
        address
    }

    #[tokio::test]
    async fn who_never_ends_a_request_or_never_begins_one_makes_room_for_others() {
        let address = open().await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHost: a").await.unwrap();
        let silent = TcpStream::connect(address).await.unwrap();
        // There is room for one: this guest is let in when both others are gone.
        let mut honest = TcpStream::connect(address).await.unwrap();
        honest.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        // And is shown out as well when there is no further request.
        honest.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("welcome"), "{answer}");
        let mut rest = Vec::new();
        let told = slow.read_to_end(&mut rest).await;
        assert!(told.is_err() || !rest.ends_with(b"welcome"));
        drop(silent);
    }
}

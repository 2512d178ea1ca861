//! The collector on a socket: TLS by rustls with the ring provider, one certificate.

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A connection that has not said anything for this long is closed.
const FIRST_REQUEST: Duration = Duration::from_secs(15);
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Why the collector does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A certificate or key that cannot be used.
    #[error("{0}: no certificate or key in PEM that can be used: {1}")]
    Pem(PathBuf, String),
    /// Certificate and key do not belong together.
    #[error("the certificate and its key cannot be used together: {0}")]
    Tls(#[from] rustls::Error),
    /// The socket.
    #[error("cannot listen: {0}")]
    Socket(#[from] io::Error),
}

/// TLS with the certificate and the key in these files.
pub fn configuration(certificate: &Path, key: &Path) -> Result<RustlsConfig, ServeError> {
    let pem = |path: &Path, error: &dyn std::fmt::Display| {
        ServeError::Pem(path.to_owned(), error.to_string())
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| pem(certificate, &error))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| pem(key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, secret)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

/// Serves on a listening socket until `handle` says stop; requests under way are finished.
pub async fn serve(
    listener: TcpListener,
    tls: RustlsConfig,
    router: Router,
    handle: Handle<SocketAddr>,
) -> Result<(), ServeError> {
    listener.set_nonblocking(true)?;
    let server = axum_server::from_tcp_rustls(listener, tls)?;
    server
        .map(|acceptor| acceptor.handshake_timeout(HANDSHAKE))
        .http1_only()
        .first_request_timeout(FIRST_REQUEST)
        .handle(handle)
        .serve(router.into_make_service())
        .await?;
    Ok(())
}

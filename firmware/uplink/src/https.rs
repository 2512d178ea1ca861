//! The transport that is used: HTTPS to the enrolled collector, its authority pinned.

use crate::transport::{Answer, Transport, Unreachable};
use core::time::Duration;
use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use vault::enrol::Enrolment;

/// More than a receipt, less than trouble.
const LONGEST_ANSWER: u64 = 4096;
const ENVELOPE_TYPE: &str = "application/vnd.tipring.envelope";

/// Sends envelopes to one collector, over one connection while it lasts.
#[derive(Debug)]
pub struct Https {
    agent: ureq::Agent,
    url: String,
}

/// Why the enrolment does not make a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpsError {
    /// No usable certificate.
    #[error("the enrolment's ca_certificate holds no certificate that can be read: enrol anew")]
    Certificate,
}

impl Https {
    /// To the collector of an enrolment. Only a certificate by the enrolment's authority is
    /// believed. `patience` bounds one delivery; 60 s suit a bad line.
    pub fn new(enrolment: &Enrolment, patience: Duration) -> Result<Https, HttpsError> {
        let items = parse_pem(enrolment.ca_certificate.as_bytes());
        let roots: Vec<Certificate<'static>> = items
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if roots.is_empty() {
            return Err(HttpsError::Certificate);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_global(Some(patience))
            .timeout_connect(Some(patience / 3))
            .user_agent(concat!("tipring/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Https { agent, url: format!("{}/v1/envelopes", enrolment.url) })
    }
}

impl Transport for Https {
    fn send(&mut self, envelope: &[u8]) -> Answer {
        let sent = self
            .agent
            .post(&self.url)
            .header("content-type", ENVELOPE_TYPE)
            .header("tipring-sent-at", unix_ms().to_string())
            .send(envelope);
        let mut response = match sent {
            Ok(response) => response,
            Err(error) => return Answer::Unreachable(meaning(&error)),
        };
        let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = header.and_then(|value| value.parse().ok()).map(Duration::from_secs);
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_vec();
        match body {
            Ok(body) => Answer::Http { status, retry_after, body },
            // Longer than any collector's: what it says does not matter.
            Err(ureq::Error::BodyExceedsLimit(_)) => {
                Answer::Http { status, retry_after, body: Vec::new() }
            }
            Err(error) => Answer::Unreachable(meaning(&error)),
        }
    }
}

fn meaning(error: &ureq::Error) -> Unreachable {
    use io::ErrorKind;
    match error {
        ureq::Error::HostNotFound => Unreachable::Name,
        ureq::Error::Timeout(_) => Unreachable::TimedOut,
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) | ureq::Error::Pem(_) => {
            Unreachable::Certificate
        }
        ureq::Error::ConnectionFailed => Unreachable::Connection,
        ureq::Error::Io(error) => match error.kind() {
            // rustls reports what it refuses as invalid data.
            ErrorKind::InvalidData => Unreachable::Certificate,
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Unreachable::TimedOut,
            ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable => Unreachable::Connection,
            _ => Unreachable::Broken,
        },
        _ => Unreachable::Broken,
    }
}

fn unix_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}

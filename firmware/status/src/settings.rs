//! What the gateway decides about the page.

use crate::Access;
use std::sync::Arc;
use std::time::Duration;

/// Settings of the page.
pub struct Settings {
    /// The people who may sign in.
    pub access: Arc<Access>,
    /// Names, beside `localhost` and IP addresses, by which browsers may ask for the page. Any
    /// other `Host` is refused, so that a foreign name bound to this address gets nothing.
    pub hosts: Vec<String>,
    /// Whether the page is reached by HTTPS (through a proxy): cookies are then marked `Secure`.
    pub https: bool,
    /// Whether `/metrics` answers others than this machine itself.
    pub open_metrics: bool,
    /// Further metrics in Prometheus' text format, put behind the page's own.
    pub more_metrics: Option<Arc<dyn Fn() -> String + Send + Sync>>,
    /// A session without a request for so long is over.
    pub idle: Duration,
    /// A session this old is over.
    pub longest: Duration,
}

impl Settings {
    /// The usual: plain HTTP for this machine and its IP addresses, one hour idle, twelve hours
    /// in all.
    pub fn new(access: Arc<Access>) -> Self {
        Settings {
            access,
            hosts: Vec::new(),
            https: false,
            open_metrics: false,
            more_metrics: None,
            idle: Duration::from_secs(60 * 60),
            longest: Duration::from_secs(12 * 60 * 60),
        }
    }
}

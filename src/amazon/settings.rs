//! The client's settings.

use std::time::Duration;

use super::region::RegionHosts;
use crate::vault::Secret;

#[derive(Clone, Debug)]
pub struct Settings {
    /// The application's id at Login with Amazon (`amzn1.application-oa2-client.…`).
    pub client_id: String,
    /// The application's secret.
    pub client_secret: Secret,
    pub hosts: RegionHosts,
    pub timeouts: Timeouts,
}

/// The client's time limits. When one is reached the call fails with [`super::Network`].
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For opening a connection.
    pub connect: Duration,
    /// For a complete API response, including connecting. Downloads have no such limit: a large result may take any
    /// time as long as bytes arrive.
    pub answer: Duration,
    /// Between two pieces of a download.
    pub silence: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), answer: Duration::from_secs(30), silence: Duration::from_secs(30) }
    }
}

//! What the client is told from outside.

use std::time::Duration;

use super::region::RegionHosts;
use crate::vault::Secret;

/// Everything that the client is told from outside.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The application's id at Login with Amazon (`amzn1.application-oa2-client.…`).
    pub client_id: String,
    /// The application's secret.
    pub client_secret: Secret,
    /// Where each region is.
    pub hosts: RegionHosts,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// How long the client waits. At a limit the call ends with [`super::Network`].
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a connection to open.
    pub connect: Duration,
    /// For a whole answer of an API, connecting included. Downloads have no such limit: a large
    /// result takes as long as it takes while bytes arrive.
    pub answer: Duration,
    /// Between two pieces of a download.
    pub silence: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), answer: Duration::from_secs(30), silence: Duration::from_secs(30) }
    }
}

//! Shared state for all rooms.

use std::ops::Deref;
use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, Memo};
use crate::ids::Random;
use crate::telemetry::metrics::Metrics;
use crate::vault::Vault;
use crate::workers::{Statuses, WakeUps};

use super::Person;

/// Shared state. A room stores it and uses the parts it needs; functions below the handlers get single parts. Every
/// layer of every request clones it, so it is one pointer.
#[derive(Clone, Debug)]
pub struct Site(Arc<SiteParts>);

impl From<SiteParts> for Site {
    fn from(parts: SiteParts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Site {
    type Target = SiteParts;

    fn deref(&self) -> &SiteParts {
        &self.0
    }
}

/// See [`Site`].
#[derive(Debug)]
pub struct SiteParts {
    pub db: Db,
    pub clock: Clock,
    /// Randomness for ids and secrets.
    pub random: Random,
    /// Encrypts and decrypts tokens.
    pub vault: Vault,
    pub config: Arc<Config>,
    /// Why background work must not start and no grant may be encrypted, if so: the key ring is the wrong one.
    pub held: Option<String>,
    pub wakes: WakeUps,
    pub statuses: Statuses,
    /// Metrics of this process.
    pub metrics: Metrics,
    /// The person signed in with each session cookie.
    pub persons: Memo<tower_sessions::session::Id, Person>,
}

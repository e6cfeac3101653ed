//! What every room is handed: the parts of the program that exist once.

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

/// The parts that exist once. A room keeps this in its own state and takes from it what it needs; functions
/// below the handlers are handed single parts. Every layer of every request clones it, so it is one pointer.
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
    /// Seals and opens tokens.
    pub vault: Vault,
    pub config: Arc<Config>,
    /// Why background work must not start and no grant may be sealed, if so: the key ring is the wrong one.
    pub held: Option<String>,
    /// Makes a worker's tick sooner.
    pub wakes: WakeUps,
    /// What each worker last did.
    pub statuses: Statuses,
    /// Figures about this process.
    pub metrics: Metrics,
    /// Who signed in, by the session's cookie.
    pub persons: Memo<tower_sessions::session::Id, Person>,
}

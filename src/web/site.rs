//! What every room is handed: the parts of the program that exist once.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, Memo};
use crate::ids::Random;
use crate::telemetry::metrics::Metrics;
use crate::vault::Vault;
use crate::workers::{Statuses, Wakes};

use super::Person;

/// The parts that exist once; cheap to clone. A room keeps one in its own state and takes from it
/// what it needs; functions below the handlers are handed single parts.
#[derive(Clone, Debug)]
pub struct Site {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Randomness for ids and secrets.
    pub random: Random,
    /// Seals and opens tokens.
    pub vault: Vault,
    /// The settings.
    pub config: Arc<Config>,
    /// Makes a worker's tick sooner.
    pub wakes: Wakes,
    /// What each worker last did.
    pub statuses: Statuses,
    /// Figures about this process.
    pub metrics: Metrics,
    /// Who signed in, by the session's cookie.
    pub persons: Memo<tower_sessions::session::Id, Person>,
}

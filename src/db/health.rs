//! The health of the database: logged when it changes, not for each request that fails.
//!
//! An unreachable database fails every request and every tick of a worker. The first failure and the first success
//! after it are logged; readiness and error pages ask here for the current state.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgPoolOptions;

use super::Error;

/// Why the database isn't usable. This is transient: retrying later may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is unreachable, locked, or out of connections.
    Silent,
    /// It is read-only: a standby server after a failover, or a write-protected file.
    ReadOnly,
    /// Its disk is full.
    Full,
}

impl Trouble {
    pub const ALL: [Self; 3] = [Self::Silent, Self::ReadOnly, Self::Full];

    /// What is wrong, as a clause for logs and checks.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Silent => "the database does not answer",
            Self::ReadOnly => "the database is read-only",
            Self::Full => "the disk of the database is full",
        }
    }

    /// What is wrong and what to do, for visitors.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Silent => "The database isn't responding. Nothing was changed; try again in a minute.",
            Self::ReadOnly => {
                "The database is read-only right now, as during a failover. Nothing was changed; try again in a minute."
            }
            Self::Full => {
                "The database's disk is full. Nothing was changed. Ask your RecomAMP administrator to make \
                 room, then try again."
            }
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::Silent => 1,
            Self::ReadOnly => 2,
            Self::Full => 3,
        }
    }
}

/// The health of one database, as last seen by this process.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// [`Trouble::code`] of the last failure; 0 for none.
    code: AtomicU8,
    /// When a server last refused a write as read-only.
    read_only_at: Mutex<Option<Instant>>,
}

impl Health {
    /// The current problem, if any.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        let code = self.code.load(Ordering::Relaxed);
        Trouble::ALL.into_iter().find(|trouble| trouble.code() == code)
    }

    /// Records a failure; logs it if it is new.
    pub(super) fn failed(&self, error: &Error) {
        let Some(trouble) = error.trouble() else { return };
        if trouble == Trouble::ReadOnly {
            *self.read_only_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        // A full disk makes SQLite end transactions, which then also fail with other errors.
        if trouble == Trouble::Silent && self.trouble() == Some(Trouble::Full) {
            return;
        }
        if self.code.swap(trouble.code(), Ordering::Relaxed) != trouble.code() {
            let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            tracing::error!(cause, "{}; logged once until it changes", trouble.what());
        }
    }

    /// Whether a connection of this age may lead to a read-only server.
    fn is_stale(&self, age: Duration) -> bool {
        if self.trouble() == Some(Trouble::ReadOnly) {
            return age >= YOUNG;
        }
        let refused = *self.read_only_at.lock().unwrap_or_else(PoisonError::into_inner);
        refused.is_some_and(|at| at.elapsed() < age)
    }

    /// A write transaction began: the database responds and is writable, if it isn't full.
    pub(super) fn began(&self) {
        if matches!(self.trouble(), Some(Trouble::Silent | Trouble::ReadOnly)) {
            self.well();
        }
    }

    /// A commit succeeded: the database is healthy.
    pub(super) fn well(&self) {
        // OK to read first: the database is nearly always healthy, and a read doesn't slow down other processors.
        if self.trouble().is_some() && self.code.swap(0, Ordering::Relaxed) != 0 {
            tracing::info!("the database takes changes again");
        }
    }
}

/// A connection up to this age is kept although its server is read-only.
const YOUNG: Duration = Duration::from_secs(1);

/// A pool that closes connections to a read-only server: after a failover the same address leads to another server,
/// which only a new connection reaches. In the meantime, connections younger than [`YOUNG`] are kept, so that a
/// server that stays read-only doesn't get a new connection for each request; afterwards, all connections made before
/// the last refusal are closed.
pub(super) fn served(health: &Arc<Health>) -> PgPoolOptions {
    let health = Arc::clone(health);
    PgPoolOptions::new().before_acquire(move |_, about| {
        let leads_nowhere = health.is_stale(about.age);
        Box::pin(async move { Ok(!leads_nowhere) })
    })
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn error(kind: io::ErrorKind) -> Error {
        Error::from(sqlx::Error::Io(io::Error::from(kind)))
    }

    #[test]
    fn what_was_met_last_counts_and_a_full_disk_is_not_taken_for_less() {
        let health = Health::default();
        health.failed(&Error::Missing);
        assert_eq!(health.trouble(), None);
        health.failed(&error(io::ErrorKind::ConnectionRefused));
        assert_eq!(health.trouble(), Some(Trouble::Silent));
        health.failed(&error(io::ErrorKind::ReadOnlyFilesystem));
        assert_eq!(health.trouble(), Some(Trouble::ReadOnly));
        health.began();
        assert_eq!(health.trouble(), None);
        health.failed(&error(io::ErrorKind::StorageFull));
        health.failed(&error(io::ErrorKind::ConnectionRefused));
        health.began();
        assert_eq!(health.trouble(), Some(Trouble::Full), "a transaction may begin without room");
        health.well();
        assert_eq!(health.trouble(), None);
    }
}

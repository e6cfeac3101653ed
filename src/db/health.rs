//! How the database stands: told once when it changes, not once for each request that meets it.
//!
//! A database that is out of reach fails every request and every tick of a worker. The first failure is logged,
//! and the first success after it; readiness and the error pages ask here for what lies between.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgPoolOptions;

use super::Error;

/// What keeps a database from taking changes. It passes: the same call works later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is gone, locked, or out of connections.
    Silent,
    /// It can be read and takes no changes: a standby server after a fail-over, or a file that is write-protected.
    ReadOnly,
    /// There is no room left on its disk.
    Full,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Silent, Self::ReadOnly, Self::Full];

    /// What is wrong, as a clause for logs and checks.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Silent => "the database does not answer",
            Self::ReadOnly => "the database is read-only",
            Self::Full => "the disk of the database is full",
        }
    }

    /// What is wrong and what to do, for the visitor of a page.
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

/// How one database stands, as this process met it last.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// [`Trouble::code`] of what was met last; 0 for nothing.
    code: AtomicU8,
    /// When a server last said that it takes no changes.
    read_only_at: Mutex<Option<Instant>>,
}

impl Health {
    /// What is wrong, if anything is.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        let code = self.code.load(Ordering::Relaxed);
        Trouble::ALL.into_iter().find(|trouble| trouble.code() == code)
    }

    /// Takes note of a failure; logs it if it is news.
    pub(super) fn failed(&self, error: &Error) {
        let Some(trouble) = error.trouble() else { return };
        if trouble == Trouble::ReadOnly {
            *self.read_only_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        // A full disk makes SQLite end transactions, which then fail in other words as well.
        if trouble == Trouble::Silent && self.trouble() == Some(Trouble::Full) {
            return;
        }
        if self.code.swap(trouble.code(), Ordering::Relaxed) != trouble.code() {
            let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            tracing::error!(cause, "{}; logged once until it changes", trouble.what());
        }
    }

    /// Whether a connection of this age may lead to a server that takes no changes.
    fn is_stale(&self, age: Duration) -> bool {
        if self.trouble() == Some(Trouble::ReadOnly) {
            return age >= YOUNG;
        }
        let refused = *self.read_only_at.lock().unwrap_or_else(PoisonError::into_inner);
        refused.is_some_and(|at| at.elapsed() < age)
    }

    /// A transaction for writing began: the database answers and takes changes, if there is room for them.
    pub(super) fn began(&self) {
        if matches!(self.trouble(), Some(Trouble::Silent | Trouble::ReadOnly)) {
            self.well();
        }
    }

    /// A change was kept: nothing is wrong.
    pub(super) fn well(&self) {
        // OK to look first: nearly always nothing was wrong, and a look costs other processors nothing.
        if self.trouble().is_some() && self.code.swap(0, Ordering::Relaxed) != 0 {
            tracing::info!("the database takes changes again");
        }
    }
}

/// A connection of at most this age is kept although its server takes no changes.
const YOUNG: Duration = Duration::from_secs(1);

/// A pool that gives up connections to a server that takes no changes: after a fail-over the same address leads to
/// another server, which only a new connection reaches. While it lasts, one that is younger than [`YOUNG`] stays, so
/// that a server that is read-only for long is not connected to anew by each request; afterwards all are given up that
/// were made before the last refusal.
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

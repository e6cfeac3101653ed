//! Database errors that code distinguishes.

use std::io;

use sqlx::migrate::MigrateError;

use super::health::Trouble;
use super::value::WrongValue;

/// The result of a database operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A database error. Code matches on the kind, never on a constraint's name, since SQLite doesn't report one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A required row is missing.
    #[error("a row that should exist does not")]
    Missing,
    /// A unique index rejected the row.
    #[error("a row with the same key exists")]
    Duplicate(#[source] sqlx::Error),
    /// A foreign key or a check rejected the row.
    #[error("the row breaks a rule of the database")]
    Refused(#[source] sqlx::Error),
    /// The database is unreachable, locked, read-only, full or out of connections: retrying later may succeed.
    #[error("{}", trouble(.0).what())]
    Unavailable(#[source] sqlx::Error),
    /// A stored value isn't what the program writes there.
    #[error("the stored value of column `{column}` cannot be read")]
    Inconsistent { column: &'static str, source: WrongValue },
    /// It couldn't be opened; the message says why, and what to do.
    #[error("{0}")]
    Unreachable(String),
    /// The SQLite file is corrupt.
    #[error(
        "The database file is damaged. Keep a copy of it, restore the newest backup (`recomamp restore`), and look at the \
         disk"
    )]
    Damaged(#[source] sqlx::Error),
    /// The schema has a migration that this program doesn't know.
    #[error(
        "it was written by a newer RecomAMP (its schema has the step {0}, which this one does not know): start that \
         version again, or restore a backup from before it"
    )]
    Newer(i64),
    /// A migration failed.
    #[error("a migration failed")]
    Migration(#[source] MigrateError),
    /// Anything else: a bug.
    #[error("the database refused a statement")]
    Other(#[source] sqlx::Error),
}

/// What a store found; `None` if it is missing.
pub fn found<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(Error::Missing) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Error {
    /// The kind of outage, if this is one.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Unavailable(cause) => Some(trouble(cause)),
            _ => None,
        }
    }
}

/// Which kind of outage a transient error means.
fn trouble(cause: &sqlx::Error) -> Trouble {
    if let sqlx::Error::Io(error) = cause {
        return match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem => Trouble::ReadOnly,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Trouble::Full,
            _ => Trouble::Silent,
        };
    }
    let code = cause.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default();
    match sqlite_code(&code) {
        Some(8) => Trouble::ReadOnly,
        Some(13) => Trouble::Full,
        _ if code == READ_ONLY => Trouble::ReadOnly,
        _ if code == "53100" => Trouble::Full,
        _ => Trouble::Silent,
    }
}

/// SQLSTATE for a write in a read-only transaction; on a standby server, all are read-only.
const READ_ONLY: &str = "25006";

/// SQLSTATE classes of transient errors: connection, resources, operator intervention, and lock conflicts.
const PASSING: [&str; 5] = ["08", "53", "57", "40", "55"];

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::error::ErrorKind;
        match &error {
            sqlx::Error::Database(database) => match database.kind() {
                ErrorKind::UniqueViolation => Self::Duplicate(error),
                ErrorKind::ForeignKeyViolation | ErrorKind::NotNullViolation | ErrorKind::CheckViolation => {
                    Self::Refused(error)
                }
                _ if is_damage(&error) => Self::Damaged(error),
                _ if is_passing(database.code().as_deref().unwrap_or("")) => Self::Unavailable(error),
                _ => Self::Other(error),
            },
            sqlx::Error::RowNotFound => Self::Missing,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            // SQLite ended this transaction itself, on a full disk.
            | sqlx::Error::BeginFailed
            | sqlx::Error::InvalidSavePointStatement
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            _ => Self::Other(error),
        }
    }
}

impl From<MigrateError> for Error {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(step) => Self::Newer(step),
            MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) if is_damage(&cause) => {
                Self::Damaged(cause)
            }
            error => Self::Migration(error),
        }
    }
}

/// Whether SQLite reports a corrupt file (11) or a file of another format (26).
fn is_damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default();
    matches!(sqlite_code(&code), Some(11 | 26))
}

/// SQLite's primary error code, in the low byte of a decimal number; PostgreSQL's codes have five characters.
fn sqlite_code(code: &str) -> Option<u32> {
    (code.len() < 5).then(|| code.parse::<u32>().ok()).flatten().map(|code| code & 0xff)
}

/// SQLite's primary codes are 5 busy, 6 locked, 8 read-only, 10 I/O, 13 full.
fn is_passing(code: &str) -> bool {
    match sqlite_code(code) {
        Some(number) => matches!(number, 5 | 6 | 8 | 10 | 13),
        None => code == READ_ONLY || (code.len() == 5 && PASSING.iter().any(|class| code.starts_with(class))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_and_lost_databases_are_passing_and_wrong_statements_are_not() {
        for code in ["5", "261", "6", "8", "1544", "13", "57P01", "08006", "40P01", "55P03", "25006"] {
            assert!(is_passing(code), "{code}");
        }
        for code in ["1", "787", "42P01", "23505", ""] {
            assert!(!is_passing(code), "{code}");
        }
    }
}

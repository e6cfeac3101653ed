//! What can go wrong with the database, as far as code decides on it.

use std::io;

use sqlx::migrate::MigrateError;

use super::health::Trouble;
use super::value::WrongValue;

/// The result of anything that asks the database.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of the database. Code branches on the kind, never on a constraint's name, since SQLite
/// does not give one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row that had to be there is not.
    #[error("a row that should exist does not")]
    Missing,
    /// A unique index refused the row.
    #[error("a row with the same key exists")]
    Duplicate(#[source] sqlx::Error),
    /// A foreign key or a check refused the row.
    #[error("the row breaks a rule of the database")]
    Refused(#[source] sqlx::Error),
    /// The database is gone, locked, read-only, out of room or out of connections: the same call may work later.
    #[error("{}", trouble(.0).what())]
    Unavailable(#[source] sqlx::Error),
    /// A stored value is not what the program writes there.
    #[error("the stored value of column `{column}` cannot be read")]
    Inconsistent {
        /// The column's name.
        column: &'static str,
        /// What was expected.
        source: WrongValue,
    },
    /// It could not be opened; the words say why, and what to do.
    #[error("{0}")]
    Unreachable(String),
    /// The file of SQLite does not hold what SQLite wrote.
    #[error(
        "The database file is damaged. Keep a copy of it, restore the newest backup (`recomamp restore`), and look at the \
         disk"
    )]
    Damaged(#[source] sqlx::Error),
    /// The schema has a step that this program does not know.
    #[error(
        "it was written by a newer RecomAMP (its schema has the step {0}, which this one does not know): start that \
         version again, or restore a backup from before it"
    )]
    Newer(i64),
    /// The schema could not be brought up to date.
    #[error("a migration failed")]
    Migration(#[source] MigrateError),
    /// Anything else: a defect.
    #[error("the database refused a statement")]
    Other(#[source] sqlx::Error),
}

impl Error {
    /// What keeps the database from answering, if that is what happened.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Unavailable(cause) => Some(trouble(cause)),
            _ => None,
        }
    }
}

/// What an error that passes means.
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

/// SQLSTATE of a change in a transaction that is read-only, as all are on a standby server.
const READ_ONLY: &str = "25006";

/// SQLSTATE classes that say "not now": connection, resources, operator, and lock trouble.
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
            // What SQLite has ended by itself, on a full disk.
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

/// Whether SQLite says that the file is malformed (11) or none of its own (26).
fn is_damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default();
    matches!(sqlite_code(&code), Some(11 | 26))
}

/// The primary code of SQLite in the low byte of a decimal number; PostgreSQL's codes are five characters.
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

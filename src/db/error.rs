//! What can go wrong with the database, as far as code decides on it.

use sqlx::migrate::MigrateError;

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
    /// The database is gone, locked or out of connections: the same call may work later.
    #[error("the database does not answer")]
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
    code.len() < 5 && code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 11 | 26))
}

/// SQLite's codes are decimal numbers whose low byte is the primary code (5 busy, 6 locked, 10 I/O,
/// 13 full); PostgreSQL's are five characters.
fn is_passing(code: &str) -> bool {
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6 | 10 | 13),
        _ => code.len() == 5 && PASSING.iter().any(|class| code.starts_with(class)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_and_lost_databases_are_passing_and_wrong_statements_are_not() {
        for code in ["5", "261", "6", "13", "57P01", "08006", "40P01", "55P03"] {
            assert!(is_passing(code), "{code}");
        }
        for code in ["1", "787", "42P01", "23505", ""] {
            assert!(!is_passing(code), "{code}");
        }
    }
}

//! PostgreSQL databases to which results are delivered: connecting, checking, and writing one table at a time.
//!
//! This isn't the program's own database (see [`db`](crate::db)): people name the server, and the names of tables and
//! columns come from them and from results. So statements are put together here, with every name quoted and every
//! value bound.

mod columns;
mod shape;
mod write;

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{Connection as _, Row as _};

use crate::vault::Secret;

pub use columns::{Column, ColumnType};
pub use write::{Rows, Source, Table, WriteMode};

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(10);
/// Classes of SQLSTATE that stay the same however often a statement is repeated: data, constraints, statements that
/// don't fit the tables, features, missing schemas.
const LASTING: [&str; 6] = ["21", "22", "23", "42", "0A", "3F"];
/// A missing permission, which somebody may give meanwhile.
const NOT_ALLOWED: &str = "42501";

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Encrypted, with a certificate of a public authority for this host.
    #[default]
    Verify,
    /// Encrypted, whatever the certificate.
    Require,
    /// Not encrypted.
    Off,
}

/// A database and the user who writes there.
#[derive(Clone, Debug)]
pub struct Warehouse {
    pub host: String,
    pub port: u16,
    pub database: String,
    pub user: String,
    pub password: Secret,
    pub tls: Tls,
}

/// Why nothing was written. The texts are sentences for people.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It may work later: the server is unreachable, or refuses the user.
    #[error("{0}")]
    Passing(String),
    /// Somebody has to change something first.
    #[error("{0}")]
    Lasting(String),
}

/// A name in a statement.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Warehouse {
    async fn connect(&self) -> Result<PgConnection, Error> {
        let mode = match self.tls {
            Tls::Verify => PgSslMode::VerifyFull,
            Tls::Require => PgSslMode::Require,
            Tls::Off => PgSslMode::Disable,
        };
        // Poolers reject `extra_float_digits`, and don't keep prepared statements.
        let options = PgConnectOptions::new_without_pgpass()
            .host(&self.host)
            .port(self.port)
            .database(&self.database)
            .username(&self.user)
            .password(self.password.expose())
            .ssl_mode(mode)
            .application_name("recomamp")
            .extra_float_digits(None)
            .statement_cache_capacity(0);
        match tokio::time::timeout(CONNECT, PgConnection::connect_with(&options)).await {
            Ok(connected) => connected.map_err(|error| self.unreachable(&error)),
            Err(_) => Err(Error::Passing(format!("{}:{} didn't respond within 10 seconds.", self.host, self.port))),
        }
    }

    fn unreachable(&self, error: &sqlx::Error) -> Error {
        Error::Passing(match error {
            sqlx::Error::Database(said) => format!("The database refused the connection: {}.", bare(said.message())),
            error => format!("Couldn't connect to {}:{}: {}.", self.host, self.port, bare(&error.to_string())),
        })
    }

    /// Connects, and says whether tables can be created in the schema.
    pub async fn test(&self, schema: &str) -> Result<bool, Error> {
        const ALLOWED: &str = "select has_schema_privilege($1, 'CREATE')";
        let mut connection = self.connect().await?;
        let row = query(ALLOWED.to_owned()).bind(schema.to_owned()).fetch_one(&mut connection).await.map_err(failed)?;
        let allowed = row.try_get::<bool, _>(0).map_err(failed)?;
        // OK to ignore: the answer is here, and the server notices that the connection is gone.
        let _ = connection.close().await;
        Ok(allowed)
    }
}

/// A message without the full stop at its end.
fn bare(message: &str) -> String {
    message.trim().trim_end_matches('.').chars().take(500).collect()
}

/// The error of a statement, as a sentence.
fn failed(error: sqlx::Error) -> Error {
    let sqlx::Error::Database(said) = &error else {
        return Error::Passing(format!(
            "The connection to the database was interrupted: {}.",
            bare(&error.to_string())
        ));
    };
    let code = said.code().unwrap_or_default();
    let sentence = format!("The database refused it: {}.", bare(said.message()));
    match code.get(..2) {
        Some(class) if LASTING.contains(&class) && code != NOT_ALLOWED => Error::Lasting(sentence),
        _ => Error::Passing(sentence),
    }
}

/// A statement with values to bind. Its names are quoted by [`quoted`].
#[expect(clippy::disallowed_methods, reason = "not the program's own database: names of tables are part of the text")]
fn query(text: String) -> sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments> {
    sqlx::query(sqlx::AssertSqlSafe(text)).persistent(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_stays_a_name() {
        assert_eq!(quoted("a\"; drop table x; --"), "\"a\"\"; drop table x; --\"");
    }

    #[test]
    fn a_server_that_does_not_answer_may_answer_later() {
        let gone = sqlx::Error::Io(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
        assert!(matches!(failed(gone), Error::Passing(_)));
    }
}

//! Explains to administrators why a database couldn't be opened.
//!
//! A pool only reports a time-out, whatever prevented it from connecting, and drops the database's message. So one
//! more connection is tried without the pool, and its error is reported. No message contains a password.

use std::io;
use std::path::Path;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Error as Cause, Executor as _, Row as _};

use super::error::Error;

/// Time limit for finding the cause.
const LOOK: Duration = Duration::from_secs(2);

/// Refuses a missing or empty SQLite file. RecomAMP leaves no empty file behind, so it means data loss; opening it
/// would write a header, and the loss would look like a new installation.
pub(super) fn holds_something(address: &str) -> Result<(), Error> {
    let Some(file) = super::file(address) else { return Ok(()) };
    let shown = file.display();
    Err(Error::Unreachable(match std::fs::metadata(&file) {
        Ok(file) if file.len() > 0 => return Ok(()),
        Ok(_) => format!(
            "the file {shown} is empty, which RecomAMP never leaves behind: restore the newest backup (`recomamp \
             restore`); for a new installation, remove the file"
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound => format!(
            "there is no file {shown}: check RECOMAMP_DATA_DIR and RECOMAMP_DATABASE_URL, or restore the newest backup \
             (`recomamp restore`)"
        ),
        Err(error) => format!("the file {shown} cannot be read ({error}): run this as the user who runs RecomAMP"),
    }))
}

/// Explains why an SQLite file couldn't be opened.
pub(super) fn of_file(error: Cause, file: &Path) -> Error {
    // SQLite's primary code 14: "unable to open database file".
    let cannot =
        error.as_database_error().and_then(|message| message.code()?.parse::<u32>().ok()).map(|code| code & 0xff);
    if cannot != Some(14) {
        return error.into();
    }
    Error::Unreachable(format!(
        "the file {} cannot be opened ({error}): check RECOMAMP_DATA_DIR and RECOMAMP_DATABASE_URL, and give file and \
         folder to the user who runs RecomAMP",
        file.display()
    ))
}

/// Explains why a server couldn't be reached.
pub(super) async fn of_server(error: Cause, options: &PgConnectOptions) -> Error {
    let cause = match error {
        Cause::PoolTimedOut => match tokio::time::timeout(LOOK, PgConnection::connect_with(options)).await {
            Ok(Err(cause)) => cause,
            // OK because a server that responds now will do so at the next start.
            Ok(Ok(_)) | Err(_) => Cause::PoolTimedOut,
        },
        other => other,
    };
    tracing::debug!(error = ?cause, "the database cannot be opened");
    explain(&cause, options).map_or_else(|| cause.into(), Error::Unreachable)
}

/// Rejects a pooler that assigns another session to each transaction (`PgBouncer` with `pool_mode = transaction`):
/// prepared statements, `LISTEN` and the migration lock belong to a session.
///
/// Only behind such a pooler do two open connections have the same server process. It returns a session to its pool
/// after each transaction and reuses the most recently returned one first. Because other clients can interfere, this
/// is checked several times.
pub(super) async fn has_sessions(options: &PgConnectOptions) -> Result<(), Error> {
    const LOOKS: usize = 3;
    // With their own application name, so that they aren't mistaken for another RecomAMP until PostgreSQL ends them.
    let options = options.clone().application_name("recomamp start");
    let (mut one, mut other) =
        (PgConnection::connect_with(&options).await?, PgConnection::connect_with(&options).await?);
    for _ in 0..LOOKS {
        let first = server_process(&mut one).await?;
        let mut tx = other.begin().await?;
        let second = server_process(&mut tx).await?;
        tx.rollback().await?;
        if first == second {
            return Err(Error::Unreachable(format!(
                "PostgreSQL at {} is behind a pooler that changes the session between transactions, which RecomAMP \
                 cannot use: set the pooler's mode for this database to `session` (PgBouncer: `pool_mode = session`), \
                 or let RECOMAMP_DATABASE_URL lead to PostgreSQL itself",
                place(&options)
            )));
        }
    }
    one.close().await?;
    other.close().await?;
    Ok(())
}

/// The process id of the server. A text without parameters isn't prepared, so that nothing is left behind.
async fn server_process(connection: &mut PgConnection) -> Result<i32, Error> {
    Ok(connection.fetch_one("select pg_backend_pid()").await?.try_get(0)?)
}

/// The address of a server, without user and password.
fn place(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

fn explain(cause: &Cause, options: &PgConnectOptions) -> Option<String> {
    let (place, user) = (place(options), options.get_username());
    Some(match cause {
        Cause::PoolTimedOut => format!(
            "PostgreSQL at {place} does not answer: check host and port in RECOMAMP_DATABASE_URL, and the firewall on \
             the way"
        ),
        Cause::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => format!(
            "nothing listens at {place} (connection refused): start PostgreSQL, or correct host and port in \
             RECOMAMP_DATABASE_URL"
        ),
        // The system resolver has no error kind of its own.
        Cause::Io(error) if error.to_string().contains("lookup address") => format!(
            "there is no host {} ({error}): correct RECOMAMP_DATABASE_URL, or this machine's name resolution",
            options.get_host()
        ),
        Cause::Io(error) => {
            format!("PostgreSQL at {place} cannot be reached ({error}): check RECOMAMP_DATABASE_URL and the network")
        }
        Cause::Tls(error) => format!(
            "no protected connection to {place} can be made ({error}): check `sslmode` in RECOMAMP_DATABASE_URL"
        ),
        Cause::Database(message) => refused(message.code()?.as_ref(), message.message(), &place, user, options),
        _ => return None,
    })
}

/// Explains PostgreSQL's refusals by their codes (PostgreSQL documentation, error codes).
fn refused(code: &str, message: &str, place: &str, user: &str, options: &PgConnectOptions) -> String {
    match code {
        "28P01" | "28000" => format!(
            "PostgreSQL at {place} does not let `{user}` in ({message}): correct user and password in \
             RECOMAMP_DATABASE_URL, or the server's pg_hba.conf"
        ),
        "3D000" => format!(
            "PostgreSQL at {place} has no database `{}`: create it, or correct RECOMAMP_DATABASE_URL",
            options.get_database().unwrap_or(user)
        ),
        "53300" => format!("PostgreSQL at {place} has no connection left ({message}): raise its max_connections"),
        "57P03" => format!("PostgreSQL at {place} does not take connections yet ({message}): start again in a moment"),
        _ => format!("PostgreSQL at {place} refuses ({message}): check RECOMAMP_DATABASE_URL and the server's log"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_refuses_is_reported_with_what_to_do() {
        let options = PgConnectOptions::new_without_pgpass()
            .host("db")
            .port(5433)
            .username("ada")
            .password("hush-hush")
            .database("recomamp");
        for (code, what, todo) in [
            ("28P01", "does not let `ada` in", "correct user and password"),
            ("3D000", "has no database `recomamp`", "create it"),
            ("53300", "has no connection left", "max_connections"),
            ("57P03", "does not take connections yet", "start again"),
            ("42501", "refuses (why)", "the server's log"),
        ] {
            let message = refused(code, "why", "db:5433", "ada", &options);
            assert!(message.contains("db:5433") && message.contains(what) && message.contains(todo), "{message}");
        }
        for cause in [Cause::PoolTimedOut, Cause::Io(io::Error::other("no route to host"))] {
            let message = explain(&cause, &options).unwrap();
            assert!(message.contains("db:5433") && !message.contains("hush"), "{message}");
        }
    }
}

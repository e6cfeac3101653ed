//! Notifications between the processes on one PostgreSQL (`NOTIFY`, `LISTEN`): short texts that may be lost.
//!
//! A notification is lost if it was sent while the connection was down, or behind a pooler that doesn't forward
//! notifications. So nothing may depend on one: it only speeds up what would be found anyway. SQLite has one process.

use sqlx::postgres::{PgListener, PgPoolOptions};

use super::value::Value;
use super::{ACQUIRE, Db, Pools, Result, statement};

/// Subscription to one channel, including this process's own notifications.
#[derive(Debug)]
pub struct Notices(PgListener);

impl Notices {
    /// Waits for the next notification. A lost connection is reopened; an error means that this failed.
    pub async fn next(&mut self) -> Result<String> {
        Ok(self.0.recv().await?.payload().to_owned())
    }
}

impl Db {
    /// Subscribes to a channel, on its own connection; `None` on SQLite.
    pub async fn listen(&self, channel: &str) -> Result<Option<Notices>> {
        let Pools::Postgres(pool) = &self.pools else { return Ok(None) };
        let options = pool.connect_options().as_ref().clone();
        let own = PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE).connect_with(options).await?;
        let mut listener = PgListener::connect_with(&own).await?;
        listener.listen(channel).await?;
        Ok(Some(Notices(listener)))
    }

    /// Sends a notification on a channel; does nothing on SQLite.
    pub async fn notify(&self, channel: &str, words: &str) -> Result<()> {
        const NOTIFY: &str = "select pg_notify($1, $2)";
        let Pools::Postgres(pool) = &self.pools else { return Ok(()) };
        let values = vec![Value::Text(channel.to_owned()), Value::Text(words.to_owned())];
        // OK without a transaction: it is a single statement and touches no table.
        statement::with(NOTIFY, statement::postgres_arguments(values)?).execute(pool).await?;
        Ok(())
    }
}

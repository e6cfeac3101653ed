//! Notices between the processes on one PostgreSQL (`NOTIFY`, `LISTEN`): short texts that may be lost.
//!
//! A notice that is lost is one that came while the connection was away, or behind a pooler that does not pass
//! notices on. So nothing may depend on one: it only makes sooner what is looked for anyway. SQLite has one process.

use sqlx::postgres::{PgListener, PgPoolOptions};

use super::value::Value;
use super::{ACQUIRE, Db, Pools, Result, statement};

/// What other processes, and this one, say on one channel.
#[derive(Debug)]
pub struct Notices(PgListener);

impl Notices {
    /// Waits for the next notice. A connection that was lost is made again; an error says that it could not be.
    pub async fn next(&mut self) -> Result<String> {
        Ok(self.0.recv().await?.payload().to_owned())
    }
}

impl Db {
    /// Listens on a channel, by a connection of its own; nothing on SQLite.
    pub async fn listen(&self, channel: &str) -> Result<Option<Notices>> {
        let Pools::Postgres(pool) = &self.pools else { return Ok(None) };
        let options = pool.connect_options().as_ref().clone();
        let own = PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE).connect_with(options).await?;
        let mut listener = PgListener::connect_with(&own).await?;
        listener.listen(channel).await?;
        Ok(Some(Notices(listener)))
    }

    /// Says something on a channel; nothing on SQLite.
    pub async fn notify(&self, channel: &str, words: &str) -> Result<()> {
        const NOTIFY: &str = "select pg_notify($1, $2)";
        let Pools::Postgres(pool) = &self.pools else { return Ok(()) };
        let values = vec![Value::Text(channel.to_owned()), Value::Text(words.to_owned())];
        // OK without a transaction: the statement is one, and touches no table.
        statement::with(NOTIFY, statement::postgres_arguments(values)?).execute(pool).await?;
        Ok(())
    }
}

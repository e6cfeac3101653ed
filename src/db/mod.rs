//! The database behind one door: SQLite and PostgreSQL, one text for each statement.
//!
//! An enum of two concrete pools, not a trait with two implementations (they drift apart) and not
//! `sqlx::Any` (it reads neither SQLite's booleans nor PostgreSQL's times). A statement is a constant
//! text with `$1` binds, run by [`sql`] on whichever database is behind the [`Tx`].
//!
//! Everything happens in a transaction that knows its [`Scope`]: whose rows it may touch. Each
//! statement states that rule itself; on PostgreSQL row-level security states it again, because the
//! transaction takes a role that owns nothing and names the person to the policies.
//!
//! What must stay true: no [`Tx`] is held across a call to the network; no statement uses the
//! database's own clock; columns have one of six types (`text bigint boolean "double precision"
//! timestamptz jsonb`). The one statement with two texts is the claim of a [`lease`].

pub mod address;
mod error;
mod gaps;
mod health;
pub mod lease;
pub mod lock;
mod memo;
mod migrations;
mod notices;
mod opening;
mod place;
mod policies;
mod revisions;
pub mod schema;
mod cached;
mod page_range;
mod statement;
pub mod transfer;
mod tx;
mod upkeep;
mod value;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

pub use address::{file, shown};
pub use error::{Error, Result};
pub use health::Trouble;
pub use memo::{Memo, Stamp};
pub use notices::Notices;
pub use page_range::{LATEST, PageRange, containing};
pub use statement::{FromRow, Row, Single, Statement, sql};
pub use tx::Tx;
pub use value::{Column, FromValue, Kind, Value, WrongValue};

use cached::Cache;
use health::Health;
use memo::Changes;
use place::Place;
pub use place::network_file_system;
use revisions::Revisions;

use crate::ids::PersonId;

/// How long a caller waits for a connection before [`Error::Unavailable`].
const ACQUIRE: Duration = Duration::from_secs(5);
/// How long SQLite waits for another writer's lock before [`Error::Unavailable`].
const BUSY: Duration = Duration::from_secs(5);
/// Connections for reading (SQLite) or for everything (PostgreSQL); callers beyond wait.
const CONNECTIONS: u32 = 8;

/// Whose rows a transaction may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A signed-in person: their own rows, and rows of instances to which they have access.
    Person(PersonId),
    /// The program itself: workers and sign-in.
    System,
    /// Whoever owns the tables, past every policy: for copies of everything, and for taking old lines of the
    /// audit log away, which nobody else may.
    Owner,
}

/// What the name of a file ends with until it has been restored whole.
pub const RESTORING: &str = ".restoring";

/// The pools of one database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    pools: Pools,
    shared: Arc<Shared>,
    health: Arc<Health>,
}

/// What all transactions of this process share.
#[derive(Debug, Default)]
struct Shared {
    changes: Changes,
    revisions: Revisions,
    cache: Cache,
}

#[derive(Clone, Debug)]
enum Pools {
    Sqlite { read: SqlitePool, write: SqlitePool, place: Arc<Place> },
    Postgres(PgPool),
}

/// Which database is behind a [`Db`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file inside the data folder.
    Sqlite,
    /// A server.
    Postgres,
}

impl Engine {
    /// The name that people use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

impl Db {
    /// Opens `sqlite:FILE` or `postgres://…` and brings the schema up to date.
    pub async fn open(address: &str) -> Result<Self> {
        let db = Self::connect(address).await?;
        db.migrate().await?;
        Ok(db)
    }

    /// Opens without touching the schema. A file of SQLite that is not there is made.
    pub async fn connect(address: &str) -> Result<Self> {
        Self::connected(address, true).await
    }

    /// Opens what is there already, without touching the schema.
    pub async fn existing(address: &str) -> Result<Self> {
        opening::holds_something(address)?;
        Self::connected(address, false).await
    }

    async fn connected(address: &str, make: bool) -> Result<Self> {
        if address.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(address)?
                .create_if_missing(make)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .foreign_keys(true)
                .busy_timeout(BUSY);
            // The writer comes first: it makes the file and switches it to WAL, which a reader may not.
            let write = whole()
                .max_connections(1)
                .min_connections(1)
                .acquire_timeout(ACQUIRE)
                .connect_with(options.clone())
                .await
                .map_err(|error| opening::of_file(error, options.get_filename()))?;
            let place = Arc::new(Place::of(options.get_filename()));
            let read = whole()
                .max_connections(CONNECTIONS)
                .acquire_timeout(ACQUIRE)
                .connect_lazy_with(options.pragma("query_only", "on"));
            return Ok(Self::over(Pools::Sqlite { read, write, place }, Arc::default()));
        }
        // PgBouncer refuses the parameter `extra_float_digits`; numbers come in binary, without any loss.
        let options = PgConnectOptions::from_str(address)?.application_name("recomamp").extra_float_digits(None);
        let health = Arc::<Health>::default();
        match health::served(&health)
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .connect_with(options.clone())
            .await
        {
            Ok(pool) => {
                opening::has_sessions(&pool).await?;
                Ok(Self::over(Pools::Postgres(pool), health))
            }
            Err(error) => Err(opening::of_server(error, &options).await),
        }
    }

    fn over(pools: Pools, health: Arc<Health>) -> Self {
        Self { pools, shared: Arc::default(), health }
    }

    /// What keeps the database from taking changes, as this process met it last.
    pub fn trouble(&self) -> Option<Trouble> {
        self.health.trouble()
    }

    fn changes(&self) -> &Changes {
        &self.shared.changes
    }

    /// Which database this is.
    pub fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<()> {
        self.migrate_to(schema::newest()).await
    }

    /// Brings the schema to the step of this number; it never goes back.
    pub async fn migrate_to(&self, newest: i64) -> Result<()> {
        let migrator = migrations::migrator(self.engine(), newest);
        match &self.pools {
            Pools::Sqlite { write, .. } => migrator.run(write).await?,
            Pools::Postgres(pool) => migrator.run(pool).await?,
        }
        Ok(())
    }

    /// The number of the last step that its schema has; none where it has no tables.
    pub async fn version(&self) -> Result<Option<i64>> {
        let mut tx = self.read(&Scope::Owner).await?;
        schema::version(&mut tx).await
    }

    /// A transaction that only looks. Dropping it ends it. It begins with its first statement, so that one which finds
    /// everything in memory takes no connection.
    #[expect(clippy::unused_async, reason = "a transaction for reading is opened as one for writing is")]
    pub async fn read(&self, scope: &Scope) -> Result<Tx> {
        self.in_place().inspect_err(|error| self.health.failed(error))?;
        Ok(Tx::reading(self, scope))
    }

    /// A transaction that changes rows; [`Tx::commit`] keeps them, dropping it does not.
    pub async fn write(&self, scope: &Scope) -> Result<Tx> {
        let tx = self.begin_writing(scope).await.inspect_err(|error| self.health.failed(error))?;
        self.health.began();
        Ok(tx)
    }

    async fn begin_writing(&self, scope: &Scope) -> Result<Tx> {
        self.in_place()?;
        Tx::writing(self, scope).await
    }

    /// Whether the file of SQLite is where it was opened.
    fn in_place(&self) -> Result<()> {
        match &self.pools {
            Pools::Sqlite { place, .. } => place.check(),
            Pools::Postgres(_) => Ok(()),
        }
    }

    /// A transaction that sees everything as it is now, whatever others change meanwhile.
    async fn snapshot(&self) -> Result<Tx> {
        Tx::snapshot(self).await
    }

    /// Ends all connections, after the transactions in hand.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write, .. } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// Pools that hand out no connection that still counts a transaction. On a full disk and on an error of the disk
/// SQLite ends a transaction by itself (SQLite documentation, `ROLLBACK`), which sqlx does not learn: it would
/// refuse to begin another one on that connection for ever.
fn whole() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .before_acquire(|connection, _| Box::pin(async { Ok(!Connection::is_in_transaction(connection)) }))
}

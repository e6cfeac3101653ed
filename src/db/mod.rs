//! The database: SQLite and PostgreSQL, with one text for each statement.
//!
//! An enum of two concrete pools, not a trait with two implementations (they drift apart) and not `sqlx::Any` (it
//! can't read SQLite's booleans or PostgreSQL's times). A statement is a constant text with `$1` parameters, run by
//! [`sql`] on the database of the [`Tx`].
//!
//! Everything happens in a transaction with a [`Scope`]: whose rows it may touch. Each statement contains that
//! condition; on PostgreSQL, row-level security enforces it a second time, because the transaction switches to a role
//! that owns nothing and passes the person to the policies.
//!
//! Invariants: no [`Tx`] is held across a network call; no statement uses the database's own clock; columns have one
//! of six types (`text bigint boolean "double precision" timestamptz jsonb`). Only the claim of a [`lease`] and a search
//! with non-ASCII letters (`cases`) have two texts.

pub mod address;
mod cases;
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
pub use error::{Error, Result, found};
pub use health::Trouble;
pub use memo::{Memo, Stamp};
pub use notices::Notices;
pub use page_range::{LATEST, PageRange, containing};
pub use statement::{FromRow, Row, Single, Statement, from_json, sql};
pub use tx::Tx;
pub use value::{Column, FromValue, Kind, Value, WrongValue};

use cached::Cache;
use health::Health;
use memo::Changes;
use place::Place;
pub use place::network_file_system;
use revisions::Revisions;

use crate::ids::{InstanceId, LinkId, PersonId, TokenId};

/// How long a caller waits for a connection before [`Error::Unavailable`].
const ACQUIRE: Duration = Duration::from_secs(5);
/// How long SQLite waits for another writer's lock before [`Error::Unavailable`].
const BUSY: Duration = Duration::from_secs(5);
/// Connections for reading (SQLite) or for everything (PostgreSQL); callers beyond wait.
const CONNECTIONS: u32 = 8;

/// Whose rows a transaction may access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A signed-in person: their own rows, and rows of instances to which they have access.
    Person(PersonId),
    /// A public link: the one execution or report that it shows.
    Link(LinkId),
    /// A program with a person's token: as the person, without tokens and sessions, and only what belongs to the
    /// token's instances or to none.
    Token(Arc<TokenScope>),
    /// The program itself: workers and sign-in.
    System,
    /// The owner of the tables, not subject to any policy: for full copies, and for deleting old audit entries, which
    /// no one else may do.
    Owner,
}

/// The scope of a personal token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenScope {
    pub token: TokenId,
    pub person: PersonId,
    /// The instances to which it is limited; `None` for all of the person's.
    pub instances: Option<Vec<InstanceId>>,
}

impl TokenScope {
    /// Whether it reaches what belongs to an instance.
    pub fn reaches(&self, instance: &InstanceId) -> bool {
        self.instances.as_ref().is_none_or(|instances| instances.contains(instance))
    }

    /// Its instances as text, `,ins_1,ins_2,`; empty for all.
    fn within(&self) -> String {
        let Some(instances) = &self.instances else { return String::new() };
        instances.iter().fold(",".to_owned(), |text, id| text + id.as_str() + ",")
    }
}

/// The suffix of a file while it is being restored.
pub const RESTORING: &str = ".restoring";

/// The pools of one database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    pools: Pools,
    shared: Arc<Shared>,
    health: Arc<Health>,
}

/// State shared by all transactions of this process.
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in the data folder.
    Sqlite,
    /// A server.
    Postgres,
}

impl Engine {
    /// The name for display.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

impl Db {
    /// Opens `sqlite:FILE` or `postgres://…` and migrates the schema.
    pub async fn open(address: &str) -> Result<Self> {
        let db = Self::connect(address).await?;
        db.migrate().await?;
        Ok(db)
    }

    /// Opens without touching the schema. A missing SQLite file is created.
    pub async fn connect(address: &str) -> Result<Self> {
        Self::connected(address, true).await
    }

    /// Opens an existing database without touching the schema.
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
            // The writer opens first: it creates the file and switches it to WAL, which a reader can't.
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
        // PgBouncer rejects the parameter `extra_float_digits`; numbers are transferred in binary, without loss.
        let options = PgConnectOptions::from_str(address)?.application_name("recomamp").extra_float_digits(None);
        let health = Arc::<Health>::default();
        match health::served(&health)
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .connect_with(options.clone())
            .await
        {
            Ok(pool) => {
                opening::has_sessions(&options).await?;
                Ok(Self::over(Pools::Postgres(pool), health))
            }
            Err(error) => Err(opening::of_server(error, &options).await),
        }
    }

    fn over(pools: Pools, health: Arc<Health>) -> Self {
        Self { pools, shared: Arc::default(), health }
    }

    /// Why the database isn't usable, as last seen by this process.
    pub fn trouble(&self) -> Option<Trouble> {
        self.health.trouble()
    }

    fn changes(&self) -> &Changes {
        &self.shared.changes
    }

    pub fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// Migrates the schema to the latest version.
    pub async fn migrate(&self) -> Result<()> {
        self.migrate_to(schema::newest()).await
    }

    /// Migrates the schema to this version; it never goes back.
    pub async fn migrate_to(&self, newest: i64) -> Result<()> {
        let migrator = migrations::migrator(self.engine(), newest);
        match &self.pools {
            Pools::Sqlite { write, .. } => migrator.run(write).await?,
            Pools::Postgres(pool) => migrator.run(pool).await?,
        }
        Ok(())
    }

    /// The schema version; `None` without tables.
    pub async fn version(&self) -> Result<Option<i64>> {
        let mut tx = self.read(&Scope::Owner).await?;
        schema::version(&mut tx).await
    }

    /// A read-only transaction. Dropping it ends it. It begins with its first statement, so one that is served from
    /// the cache takes no connection.
    #[expect(clippy::unused_async, reason = "a transaction for reading is opened as one for writing is")]
    pub async fn read(&self, scope: &Scope) -> Result<Tx> {
        self.in_place().inspect_err(|error| self.health.failed(error))?;
        Ok(Tx::reading(self, scope))
    }

    /// A transaction that can change rows; [`Tx::commit`] commits, dropping it rolls back.
    pub async fn write(&self, scope: &Scope) -> Result<Tx> {
        let tx = self.begin_writing(scope).await.inspect_err(|error| self.health.failed(error))?;
        self.health.began();
        Ok(tx)
    }

    async fn begin_writing(&self, scope: &Scope) -> Result<Tx> {
        self.in_place()?;
        Tx::writing(self, scope).await
    }

    /// Checks that the SQLite file is still where it was opened.
    fn in_place(&self) -> Result<()> {
        match &self.pools {
            Pools::Sqlite { place, .. } => place.check(),
            Pools::Postgres(_) => Ok(()),
        }
    }

    /// A transaction that sees everything as of now, regardless of concurrent changes.
    async fn snapshot(&self) -> Result<Tx> {
        Tx::snapshot(self).await
    }

    /// Closes all connections, after running transactions have ended.
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

/// Pools that never hand out a connection with an open transaction. On a full disk or a disk error SQLite ends a
/// transaction itself (SQLite documentation, `ROLLBACK`), which sqlx doesn't notice: it would refuse to begin another
/// one on that connection forever.
fn whole() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .before_acquire(|connection, _| Box::pin(async { Ok(!Connection::is_in_transaction(connection)) }))
}

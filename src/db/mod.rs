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
mod statement;
mod page_range;
pub mod transfer;
mod upkeep;
mod value;

use std::any::Any;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Postgres, Sqlite, Transaction};

pub use address::{file, shown};
pub use error::{Error, Result};
pub use health::Trouble;
pub use memo::{Memo, Stamp};
pub use notices::Notices;
pub use page_range::{LATEST, PageRange, containing};
pub use statement::{FromRow, Row, Single, Statement, sql};
pub use value::{Column, FromValue, Kind, Value, WrongValue};

use health::Health;
use memo::{Changes, Tables};
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
    changes: Arc<Changes>,
    revisions: Arc<Revisions>,
    health: Arc<Health>,
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
        let options = PgConnectOptions::from_str(address)?.application_name("recomamp");
        let health = Arc::<Health>::default();
        match health::served(&health)
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .connect_with(options.clone())
            .await
        {
            Ok(pool) => Ok(Self::over(Pools::Postgres(pool), health)),
            Err(error) => Err(opening::of_server(error, &options).await),
        }
    }

    fn over(pools: Pools, health: Arc<Health>) -> Self {
        Self { pools, changes: Arc::default(), revisions: Arc::default(), health }
    }

    fn tx(&self, inner: Inner, begun: u64) -> Tx {
        Tx {
            inner,
            begun,
            tables: Tables::default(),
            touched: 0,
            changes: Arc::clone(&self.changes),
            revisions: Arc::clone(&self.revisions),
            health: Arc::clone(&self.health),
        }
    }

    /// What keeps the database from taking changes, as this process met it last.
    pub fn trouble(&self) -> Option<Trouble> {
        self.health.trouble()
    }

    fn changes(&self) -> &Changes {
        &self.changes
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

    /// A transaction that only looks. Dropping it ends it.
    pub async fn read(&self, scope: &Scope) -> Result<Tx> {
        self.begin_reading(scope).await.inspect_err(|error| self.health.failed(error))
    }

    async fn begin_reading(&self, scope: &Scope) -> Result<Tx> {
        let begun = self.changes.now();
        match &self.pools {
            Pools::Sqlite { read, place, .. } => {
                place.check()?;
                Ok(self.tx(Inner::Sqlite(read.begin().await?), begun))
            }
            Pools::Postgres(pool) => Ok(entered(self.tx(Inner::Postgres(pool.begin().await?), begun), scope).await?.0),
        }
    }

    /// A transaction that changes rows; [`Tx::commit`] keeps them, dropping it does not.
    pub async fn write(&self, scope: &Scope) -> Result<Tx> {
        let tx = self.begin_writing(scope).await.inspect_err(|error| self.health.failed(error))?;
        self.health.began();
        Ok(tx)
    }

    async fn begin_writing(&self, scope: &Scope) -> Result<Tx> {
        let begun = self.changes.now();
        match &self.pools {
            Pools::Sqlite { write, place, .. } => {
                place.check()?;
                Ok(self.tx(Inner::Sqlite(write.begin_with("begin immediate").await?), begun))
            }
            Pools::Postgres(pool) => {
                match entered(self.tx(Inner::Postgres(pool.begin().await?), begun), scope).await? {
                    (tx, false) => Ok(tx),
                    (_, true) => Err(Error::Unavailable(sqlx::Error::Io(std::io::Error::new(
                        std::io::ErrorKind::ReadOnlyFilesystem,
                        "the server takes no changes: it is a standby, or its transactions are set to read-only",
                    )))),
                }
            }
        }
    }

    /// A transaction that sees everything as it is now, whatever others change meanwhile.
    async fn snapshot(&self) -> Result<Tx> {
        const BEGIN: &str = "begin isolation level repeatable read read only";
        let begun = self.changes.now();
        match &self.pools {
            // OK because a transaction of SQLite always reads one state of the file.
            Pools::Sqlite { read, .. } => Ok(self.tx(Inner::Sqlite(read.begin().await?), begun)),
            Pools::Postgres(pool) => {
                Ok(entered(self.tx(Inner::Postgres(pool.begin_with(BEGIN).await?), begun), &Scope::Owner).await?.0)
            }
        }
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

/// Takes the role that owns nothing and names the person to the policies, for this transaction only; says whether
/// the transaction can only read.
async fn entered(mut tx: Tx, scope: &Scope) -> Result<(Tx, bool)> {
    const ENTER: &str = "select set_config('role', 'recomamp_app', true), set_config('app.person', $1, true), \
        current_setting('transaction_read_only') as value";
    const STAY: &str = "select set_config('app.person', $1, true), current_setting('transaction_read_only') as value";
    let (text, person) = match scope {
        Scope::Person(person) => (ENTER, person.as_str()),
        Scope::System => (ENTER, "system"),
        Scope::Owner => (STAY, "system"),
    };
    let Single(read_only) = sql(text).bind(person).one::<Single<String>>(&mut tx).await?;
    Ok((tx, read_only == "on"))
}

/// A transaction in a scope.
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    /// How many commits there were when it began.
    begun: u64,
    tables: Tables,
    /// Rows that its statements touched.
    touched: u64,
    changes: Arc<Changes>,
    revisions: Arc<Revisions>,
    health: Arc<Health>,
}

#[derive(Debug)]
enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Which database it is in.
    pub const fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// Waits until no other writing transaction that asked for this name is under way, in any process, and
    /// keeps others waiting until its own end: what is then counted stays so until it is acted upon.
    pub async fn alone(&mut self, name: &str) -> Result<()> {
        const ALONE: &str = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
        match self.engine() {
            // OK because a file of SQLite has one writing transaction at a time.
            Engine::Sqlite => Ok(()),
            Engine::Postgres => sql(ALONE).bind(name).execute(self).await.map(drop),
        }
    }

    /// What [`Tx::share`] kept of this revision, which this transaction has read from the row.
    pub fn shared<T: Any + Send + Sync>(&self, revision: &str) -> Option<Arc<T>> {
        self.revisions.get(revision)
    }

    /// Shares what was made of a stored text with whoever reads the same revision of it. `revision` names the
    /// content, whoever stored it: equal revisions of one type are equal values.
    pub fn share<T: Any + Send + Sync>(&self, revision: String, value: T) -> Arc<T> {
        self.revisions.keep(revision, value)
    }

    /// What a statement of this text runs on.
    fn inner(&mut self, statement: &'static str) -> &mut Inner {
        self.tables.take_in(statement);
        &mut self.inner
    }

    /// What the database answered, noted if it could not.
    fn met<T>(&self, answer: sqlx::Result<T>) -> Result<T> {
        answer.map_err(Error::from).inspect_err(|error| self.health.failed(error))
    }

    fn tables(&self) -> &Tables {
        &self.tables
    }

    fn begun(&self) -> u64 {
        self.begun
    }

    /// Keeps what was changed.
    pub async fn commit(self) -> Result<()> {
        let kept = match self.inner {
            Inner::Sqlite(tx) => tx.commit().await,
            Inner::Postgres(tx) => tx.commit().await,
        };
        kept.map_err(Error::from).inspect_err(|error| self.health.failed(error))?;
        if self.touched > 0 && !self.tables.changed.is_empty() {
            self.health.well();
        }
        self.changes.note(&self.tables.changed);
        Ok(())
    }
}

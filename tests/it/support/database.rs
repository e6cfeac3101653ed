//! A database for one story: a file, or a copy of a migrated template on the private cluster.

use std::path::Path;
use std::str::FromStr as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use recomamp::db::Db;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection};
use tokio::sync::{Mutex, MutexGuard};

/// The variable with the cluster's address.
const CLUSTER: &str = "RECOMAMP_TEST_POSTGRES";

/// The database of a story.
pub(crate) enum Database {
    /// A file in the story's folder.
    Sqlite,
    /// A separate database on the cluster.
    Postgres(String),
}

impl Database {
    /// SQLite.
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite
    }

    /// PostgreSQL; without a cluster the story fails.
    pub(crate) async fn postgres() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let cluster = cluster();
        let template = template(&cluster).await;
        let name = format!("story_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        run(&cluster, &format!("create database {name} template {template}")).await;
        Self::Postgres(with_database(&cluster, &name))
    }

    /// PostgreSQL without any table.
    pub(crate) async fn empty_postgres() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let cluster = cluster();
        let name = format!("empty_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        run(&cluster, &format!("create database {name}")).await;
        Self::Postgres(with_database(&cluster, &name))
    }

    /// A database of the same kind, without any table.
    pub(crate) async fn empty_like(&self) -> Self {
        match self {
            Self::Sqlite => Self::Sqlite,
            Self::Postgres(_) => Self::empty_postgres().await,
        }
    }

    /// Its address, for the settings.
    pub(crate) fn url(&self, folder: &Path) -> String {
        match self {
            Self::Sqlite => format!("sqlite:{}", folder.join("story.sqlite").display()),
            Self::Postgres(url) => url.clone(),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the test command says by this variable where its cluster is")]
fn cluster() -> String {
    std::env::var(CLUSTER).unwrap_or_else(|_| {
        panic!(
            "{CLUSTER} is not set, so that this story cannot run: scripts/test starts a private PostgreSQL and sets it"
        )
    })
}

/// Creates the template once per process: a database with all migrations.
async fn template(cluster: &str) -> String {
    static READY: OnceLock<Mutex<bool>> = OnceLock::new();
    let name = format!("template_{}", std::process::id());
    let mut ready: MutexGuard<'_, bool> = READY.get_or_init(|| Mutex::new(false)).lock().await;
    if !*ready {
        run(cluster, &format!("create database {name}")).await;
        let db = Db::open(&with_database(cluster, &name)).await.expect("the migrations run");
        db.close().await;
        *ready = true;
    }
    name
}

async fn run(cluster: &str, statement: &str) {
    execute(cluster, statement).await;
}

/// Does what no part of the program may: a statement from outside, on either database.
pub(crate) async fn execute(url: &str, statement: &str) {
    macro_rules! done {
        ($options:ty, $connection:ty) => {{
            let options = <$options>::from_str(url).expect("an address");
            let mut connection: $connection = options.connect().await.expect("the database answers");
            #[expect(clippy::disallowed_methods, reason = "a statement from outside of the program")]
            sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.expect("it is done");
            connection.close().await.expect("the connection closes");
        }};
    }
    if url.starts_with("sqlite:") {
        done!(SqliteConnectOptions, SqliteConnection);
    } else {
        done!(PgConnectOptions, PgConnection);
    }
}

fn with_database(cluster: &str, name: &str) -> String {
    let mut url = url::Url::parse(cluster).expect("the cluster's address");
    url.set_path(name);
    url.to_string()
}

/// An outage of the database.
pub(crate) enum Outage {
    /// Another program has locked the file.
    Locked(SqliteConnection),
    /// The server refuses connections; the name of the database.
    Closed(String),
    /// New connections are read-only; the name of the database.
    ReadOnly(String),
}

impl Outage {
    pub(super) async fn begin(database: &Database, url: &str) -> Self {
        match database {
            Database::Sqlite => {
                let options = SqliteConnectOptions::from_str(url).expect("an address");
                let mut connection = options.connect().await.expect("the file opens");
                #[expect(clippy::disallowed_methods, reason = "a statement from outside of the program")]
                sqlx::raw_sql("begin exclusive").execute(&mut connection).await.expect("the file is held");
                Self::Locked(connection)
            }
            Database::Postgres(_) => {
                let name = url.rsplit('/').next().expect("a name").to_owned();
                let cluster = cluster();
                run(&cluster, &format!("alter database {name} with allow_connections false")).await;
                let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname";
                run(&cluster, &format!("{end} = '{name}'")).await;
                Self::Closed(name)
            }
        }
    }

    /// A server after a failover, on which nothing can be changed.
    pub(super) async fn read_only(url: &str) -> Self {
        let name = url.rsplit('/').next().expect("a name").to_owned();
        let cluster = cluster();
        run(&cluster, &format!("alter database {name} set default_transaction_read_only = on")).await;
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname";
        run(&cluster, &format!("{end} = '{name}'")).await;
        Self::ReadOnly(name)
    }

    /// Ends the outage.
    pub(crate) async fn end(self) {
        match self {
            Self::Locked(connection) => connection.close().await.expect("the file is let go"),
            Self::Closed(name) => {
                run(&cluster(), &format!("alter database {name} with allow_connections true")).await;
            }
            Self::ReadOnly(name) => {
                run(&cluster(), &format!("alter database {name} reset default_transaction_read_only")).await;
            }
        }
    }
}

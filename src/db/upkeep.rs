//! Maintenance from the command line: copy, inspect, check integrity, detect use.

use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::place::Place;
use super::{
    ACQUIRE, BUSY, Db, Engine, Error, Pools, Result, Scope, Single, Trouble, Value, file, opening, schema, sql,
    statement, whole,
};

impl Db {
    /// Opens an existing database for inspection. An SQLite file is opened read-only: nothing is created, and an
    /// empty file stays empty.
    pub async fn inspect(address: &str) -> Result<Self> {
        let Some(file) = file(address) else { return Self::connected(address, false).await };
        opening::holds_something(address)?;
        let options = SqliteConnectOptions::new().filename(&file).read_only(true).busy_timeout(BUSY);
        let pool = || whole().max_connections(1).acquire_timeout(ACQUIRE);
        let read = pool().connect_with(options.clone()).await.map_err(|error| opening::of_file(error, &file))?;
        let (write, place) = (pool().connect_lazy_with(options), Arc::new(Place::of(&file)));
        Ok(Self::over(Pools::Sqlite { read, write, place }, Arc::default()))
    }

    /// Whether the database responds, is writable, and doesn't have a newer schema than this program. After its disk
    /// was full, a write tests whether there is space again.
    pub async fn ready(&self) -> Result<()> {
        const NEWEST: &str = "select max(version) as value from _sqlx_migrations where success";
        const WRITE_SQLITE: &str = "pragma user_version = 0";
        const WRITE_POSTGRES: &str =
            "create temporary table is_there_room on commit drop as select repeat('x', 9000) as x";
        let was_full = self.trouble() == Some(Trouble::Full);
        if !was_full {
            let mut tx = self.write(&Scope::Owner).await?;
            let found: Option<i64> = sql(NEWEST).value(&mut tx).await?;
            let newer = found.filter(|found| *found > schema::newest());
            return newer.map_or(Ok(()), |newer| Err(Error::Newer(newer)));
        }
        let mut tx = self.write(&Scope::Owner).await?;
        let write = if self.engine() == Engine::Sqlite { WRITE_SQLITE } else { WRITE_POSTGRES };
        sql(write).execute(&mut tx).await?;
        tx.commit().await?;
        self.health.well();
        Ok(())
    }

    /// Opens an SQLite file read-only; nothing is written beside it.
    pub async fn look_at(file: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new().filename(file).read_only(true).immutable(true);
        let open = || SqlitePoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE);
        let pools = Pools::Sqlite {
            read: open().connect_with(options.clone()).await?,
            write: open().connect_lazy_with(options),
            place: Arc::new(Place::of(file)),
        };
        Ok(Self::over(pools, Arc::default()))
    }

    /// Writes a consistent, compact copy of an SQLite database to a new file, while others keep writing. PostgreSQL
    /// has no equivalent: see [`transfer`].
    pub async fn copy_into(&self, file: &Path) -> Result<()> {
        const COPY: &str = "vacuum into $1";
        let Pools::Sqlite { write, .. } = &self.pools else { return Err(Error::Missing) };
        // OK without a transaction: it is a single statement and doesn't allow one.
        let arguments = statement::sqlite_arguments(vec![Value::Text(file.display().to_string())])?;
        statement::with(COPY, arguments).execute(write).await?;
        Ok(())
    }

    /// How many connections other RecomAMP processes have to a PostgreSQL database. Call it first: other connections
    /// of this process would be counted too.
    pub async fn others(&self) -> Result<i64> {
        const OTHERS: &str = "select count(*) as value from pg_stat_activity where datname = current_database() \
            and application_name = 'recomamp' and pid <> pg_backend_pid()";
        if self.engine() == Engine::Sqlite {
            return Ok(0);
        }
        let mut tx = self.read(&Scope::Owner).await?;
        sql(OTHERS).count(&mut tx).await
    }

    /// Damage in the stored bytes that the database can detect; empty if it does its own checks (PostgreSQL).
    pub async fn damage(&self) -> Result<Vec<String>> {
        const PAGES: &str =
            "select integrity_check as value from pragma_integrity_check where integrity_check <> 'ok' limit 10";
        const REFERENCES: &str = "select 'a row of ' || \"table\" || ' refers to one of ' || parent || ' that is not there' as value \
            from pragma_foreign_key_check limit 10";
        if self.engine() == Engine::Postgres {
            return Ok(Vec::new());
        }
        let mut tx = self.read(&Scope::Owner).await?;
        let mut damage: Vec<Single<String>> = sql(PAGES).all(&mut tx).await?;
        damage.extend(sql(REFERENCES).all::<Single<String>>(&mut tx).await?);
        Ok(damage.into_iter().map(|Single(what)| what).collect())
    }
}

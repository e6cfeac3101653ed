//! What is done to a database from the command line: copied, looked at, found whole, found in use.

use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::place::Place;
use super::{ACQUIRE, Db, Engine, Error, Pools, Result, Scope, Single, Value, sql, statement};

impl Db {
    /// Opens a file of SQLite only to read it; nothing is written beside it.
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

    /// Writes a whole and tidy copy of a database of SQLite to a file that is not there yet, while others go
    /// on writing. PostgreSQL has no such thing: see [`transfer`].
    pub async fn copy_into(&self, file: &Path) -> Result<()> {
        const COPY: &str = "vacuum into $1";
        let Pools::Sqlite { write, .. } = &self.pools else { return Err(Error::Missing) };
        // OK without a transaction: the statement is one, and takes none around it.
        let arguments = statement::sqlite_arguments(vec![Value::Text(file.display().to_string())])?;
        statement::with(COPY, arguments).execute(write).await?;
        Ok(())
    }

    /// How many connections of other processes of RecomAMP there are to a database of PostgreSQL. Ask it first of
    /// all: what this process opens besides is counted as well.
    pub async fn others(&self) -> Result<i64> {
        const OTHERS: &str = "select count(*) as value from pg_stat_activity where datname = current_database() \
            and application_name = 'recomamp' and pid <> pg_backend_pid()";
        if self.engine() == Engine::Sqlite {
            return Ok(0);
        }
        let mut tx = self.read(&Scope::Owner).await?;
        Ok(sql(OTHERS).one::<Single<i64>>(&mut tx).await?.0)
    }

    /// What is broken in the stored bytes, as far as the database itself can tell; nothing where it keeps its
    /// own checks (PostgreSQL).
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

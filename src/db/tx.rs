//! A transaction in a scope.

use std::any::Any;
use std::sync::Arc;

use sqlx::{Postgres, Row as _, Sqlite, Transaction};

use super::memo::Tables;
use super::value::Value;
use super::{Db, Engine, Error, Pools, Result, Scope, TokenScope, sql, statement};
use crate::ids::InstanceId;

/// A transaction in a scope.
#[derive(Debug)]
pub struct Tx {
    pub(super) db: Db,
    /// `None` before the first statement of a read-only transaction.
    inner: Option<Inner>,
    pub(super) scope: Scope,
    /// Whether it is read-only.
    pub(super) is_reading: bool,
    /// The number of commits when it began.
    begun: u64,
    pub(super) tables: Tables,
    /// Rows affected by its statements.
    pub(super) touched: u64,
}

#[derive(Debug)]
pub(super) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Begins a read-only transaction.
async fn begin(db: &Db, scope: &Scope) -> Result<Inner> {
    match &db.pools {
        Pools::Sqlite { read, .. } => Ok(Inner::Sqlite(read.begin().await?)),
        Pools::Postgres(pool) => Ok(Inner::Postgres(entered(pool.begin().await?, scope).await?.0)),
    }
}

/// Switches to the role that owns nothing and passes the person to the policies, for this transaction only; returns
/// whether the transaction can only read.
async fn entered(
    mut tx: Transaction<'static, Postgres>,
    scope: &Scope,
) -> Result<(Transaction<'static, Postgres>, bool)> {
    const ENTER: &str = "select set_config('role', 'recomamp_app', true), set_config('app.person', $1, true), \
        set_config('app.token', $2, true), set_config('app.instances', $3, true), \
        current_setting('transaction_read_only') as value";
    const STAY: &str = "select set_config('app.person', $1, true), set_config('app.token', $2, true), \
        set_config('app.instances', $3, true), current_setting('transaction_read_only') as value";
    let (text, person, token) = match scope {
        Scope::Person(person) => (ENTER, person.as_str(), None),
        Scope::Token(token) => (ENTER, token.person.as_str(), Some(token)),
        Scope::Link(link) => (ENTER, link.as_str(), None),
        Scope::System => (ENTER, "system", None),
        Scope::Owner => (STAY, "system", None),
    };
    let id = token.map(|token| token.token.as_str()).unwrap_or_default();
    let within = token.map(|token| token.within()).unwrap_or_default();
    let arguments = statement::postgres_arguments(vec![Value::from(person), Value::from(id), Value::from(within)])?;
    let row = statement::with(text, arguments).fetch_one(&mut *tx).await?;
    let read_only: String = row.try_get("value")?;
    Ok((tx, read_only == "on"))
}

impl Tx {
    fn of(db: &Db, scope: &Scope, inner: Option<Inner>, begun: u64) -> Self {
        let is_reading = inner.is_none();
        Self { db: db.clone(), inner, scope: scope.clone(), is_reading, begun, tables: Tables::default(), touched: 0 }
    }

    pub(super) fn reading(db: &Db, scope: &Scope) -> Self {
        Self::of(db, scope, None, db.changes().now())
    }

    pub(super) async fn writing(db: &Db, scope: &Scope) -> Result<Self> {
        let begun = db.changes().now();
        let inner = match &db.pools {
            Pools::Sqlite { write, .. } => Inner::Sqlite(write.begin_with("begin immediate").await?),
            Pools::Postgres(pool) => match entered(pool.begin().await?, scope).await? {
                (tx, false) => Inner::Postgres(tx),
                (_, true) => {
                    return Err(Error::Unavailable(sqlx::Error::Io(std::io::Error::new(
                        std::io::ErrorKind::ReadOnlyFilesystem,
                        "the server takes no changes: it is a standby, or its transactions are set to read-only",
                    ))));
                }
            },
        };
        Ok(Self::of(db, scope, Some(inner), begun))
    }

    pub(super) async fn snapshot(db: &Db) -> Result<Self> {
        const BEGIN: &str = "begin isolation level repeatable read read only";
        let begun = db.changes().now();
        let inner = match &db.pools {
            // OK because an SQLite transaction always reads one state of the file.
            Pools::Sqlite { .. } => begin(db, &Scope::Owner).await?,
            Pools::Postgres(pool) => Inner::Postgres(entered(pool.begin_with(BEGIN).await?, &Scope::Owner).await?.0),
        };
        Ok(Self::of(db, &Scope::Owner, Some(inner), begun))
    }

    pub fn engine(&self) -> Engine {
        self.db.engine()
    }

    /// The personal token in whose scope this happens.
    pub fn token(&self) -> Option<&TokenScope> {
        if let Scope::Token(token) = &self.scope { Some(token) } else { None }
    }

    /// Whether what belongs to this instance is in scope: a personal token may be limited to some instances. Access of
    /// the person is checked elsewhere.
    pub fn reaches(&self, instance: &InstanceId) -> bool {
        self.token().is_none_or(|token| token.reaches(instance))
    }

    /// The instances in scope as a value for statements, `,ins_1,ins_2,`; empty for all. A statement over rows of many
    /// instances has the condition `($n = '' or $n like '%,' || instance_id || ',%')`.
    pub fn within(&self) -> String {
        self.token().map(TokenScope::within).unwrap_or_default()
    }

    /// Takes a lock by name, which other writing transactions in any process wait for until this one ends: a count
    /// made now stays correct until it is acted upon.
    pub async fn alone(&mut self, name: &str) -> Result<()> {
        const ALONE: &str = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
        match self.engine() {
            // OK because an SQLite file has one writing transaction at a time.
            Engine::Sqlite => Ok(()),
            Engine::Postgres => sql(ALONE).bind(name).execute(self).await.map(drop),
        }
    }

    /// What [`Tx::share`] stored for this revision, which this transaction has read from the row.
    pub fn shared<T: Any + Send + Sync>(&self, revision: &str) -> Option<Arc<T>> {
        self.db.shared.revisions.get(revision)
    }

    /// Shares a value parsed from a stored text with everyone who reads the same revision of it. `revision`
    /// identifies the content, regardless of who stored it: equal revisions of one type are equal values.
    pub fn share<T: Any + Send + Sync>(&self, revision: String, value: T) -> Arc<T> {
        self.db.shared.revisions.insert(revision, value)
    }

    /// The connection for a statement with this text.
    pub(super) async fn running(&mut self, statement: &'static str) -> Result<&mut Inner> {
        self.tables.take_in(statement);
        self.inner().await
    }

    /// The transaction, begun if necessary.
    pub(super) async fn inner(&mut self) -> Result<&mut Inner> {
        let inner = match self.inner.take() {
            Some(inner) => inner,
            None => begin(&self.db, &self.scope).await.inspect_err(|error| self.db.health.failed(error))?,
        };
        Ok(self.inner.insert(inner))
    }

    /// Records a failed answer of the database.
    pub(super) fn met<T>(&self, answer: sqlx::Result<T>) -> Result<T> {
        answer.map_err(Error::from).inspect_err(|error| self.db.health.failed(error))
    }

    pub(super) fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(super) fn begun(&self) -> u64 {
        self.begun
    }

    pub async fn commit(self) -> Result<()> {
        let kept = match self.inner {
            Some(Inner::Sqlite(tx)) => tx.commit().await,
            Some(Inner::Postgres(tx)) => tx.commit().await,
            None => Ok(()),
        };
        kept.map_err(Error::from).inspect_err(|error| self.db.health.failed(error))?;
        if self.touched > 0 && !self.tables.changed.is_empty() {
            self.db.health.well();
        }
        self.db.changes().note(&self.tables.changed);
        Ok(())
    }
}

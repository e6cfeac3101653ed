//! One statement: a text for both databases, its values, and its results.

use std::time::Instant;

use serde::de::DeserializeOwned;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Row as _, SqlSafeStr};

use super::cases::{self, Syntax};
use super::tx::Inner;
use super::value::{FromValue, Kind, Value, WrongValue};
use super::{Error, Result, Tx};

/// Statements that take longer are logged as slow.
const SLOW: std::time::Duration = std::time::Duration::from_millis(200);

/// A statement without values yet. The text is constant: user input is never part of it.
pub fn sql(text: &'static str) -> Statement {
    Statement { text, values: Vec::new() }
}

/// A struct that can be read from a row.
pub trait FromRow: Sized {
    /// Reads the columns by name.
    fn from_row(row: &Row) -> Result<Self>;
}

/// A text with the values for its `$1`, `$2`, ….
#[derive(Debug)]
pub struct Statement {
    pub(super) text: &'static str,
    pub(super) values: Vec<Value>,
}

impl Statement {
    /// Adds the next value.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Executes it; returns the number of affected rows.
    pub async fn execute(self, tx: &mut Tx) -> Result<u64> {
        let started = Instant::now();
        let text = self.text;
        let touched = match tx.running(self.text).await? {
            Inner::Sqlite(tx) => {
                let done = with(self.text, sqlite_arguments(self.values)?).execute(&mut **tx).await;
                done.map(|done| done.rows_affected())
            }
            Inner::Postgres(tx) => {
                let done = with(self.text, postgres_arguments(self.values)?).execute(&mut **tx).await;
                done.map(|done| done.rows_affected())
            }
        };
        let touched = tx.met(touched)?;
        tx.touched += touched;
        note(text, started, touched);
        Ok(touched)
    }

    pub async fn all<T: FromRow>(self, tx: &mut Tx) -> Result<Vec<T>> {
        let rows = self.rows(tx).await?;
        rows.iter().map(T::from_row).collect()
    }

    pub async fn optional<T: FromRow>(self, tx: &mut Tx) -> Result<Option<T>> {
        let rows = self.rows(tx).await?;
        rows.first().map(T::from_row).transpose()
    }

    /// The only row; [`Error::Missing`] when there is none.
    pub async fn one<T: FromRow>(self, tx: &mut Tx) -> Result<T> {
        self.optional(tx).await?.ok_or(Error::Missing)
    }

    /// The value of the only row that `select … as value …` returns; [`Error::Missing`] when there is none.
    pub async fn value<T: FromValue>(self, tx: &mut Tx) -> Result<T> {
        self.one::<Single<T>>(tx).await.map(|Single(value)| value)
    }

    /// The values that `select … as value …` returns.
    pub async fn column<T: FromValue>(self, tx: &mut Tx) -> Result<Vec<T>> {
        Ok(self.all::<Single<T>>(tx).await?.into_iter().map(|Single(value)| value).collect())
    }

    /// The number that `select count(*) as value …` returns.
    pub async fn count(self, tx: &mut Tx) -> Result<i64> {
        self.value(tx).await
    }

    async fn rows(mut self, tx: &mut Tx) -> Result<Vec<Row>> {
        let started = Instant::now();
        let text = self.text;
        let rows: sqlx::Result<Vec<Row>> = match tx.running(self.text).await? {
            Inner::Sqlite(tx) => {
                let text = cases::matched(self.text, &mut self.values, Syntax::Glob);
                let rows = with(text, sqlite_arguments(self.values)?).fetch_all(&mut **tx).await;
                rows.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Inner::Postgres(tx) => {
                let text = cases::matched(self.text, &mut self.values, Syntax::Regex);
                let rows = with(text, postgres_arguments(self.values)?).fetch_all(&mut **tx).await;
                rows.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        };
        let rows = tx.met(rows)?;
        tx.touched += rows.len() as u64;
        note(text, started, rows.len() as u64);
        Ok(rows)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one door through which statements go")]
pub(super) fn with<DB: sqlx::Database, A: sqlx::IntoArguments<DB>>(
    text: impl SqlSafeStr,
    arguments: A,
) -> sqlx::query::Query<'static, DB, A> {
    sqlx::query_with(text, arguments)
}

fn note(text: &'static str, started: Instant, rows: u64) {
    let took = started.elapsed();
    if took >= SLOW {
        tracing::warn!(db.statement = text, duration_ms = took.as_millis() as u64, rows, "slow statement");
    } else {
        tracing::trace!(db.statement = text, duration_us = took.as_micros() as u64, rows, "statement");
    }
}

macro_rules! arguments {
    ($values:ident, $arguments:ty) => {{
        let mut arguments = <$arguments>::default();
        for value in $values {
            match value {
                Value::Text(value) => arguments.add(value),
                Value::Int(value) => arguments.add(value),
                Value::Real(value) => arguments.add(value),
                Value::Bool(value) => arguments.add(value),
                Value::Time(value) => arguments.add(value),
                Value::Json(value) => arguments.add(sqlx::types::Json(value)),
                Value::Null(Kind::Text) => arguments.add(None::<String>),
                Value::Null(Kind::Int) => arguments.add(None::<i64>),
                Value::Null(Kind::Real) => arguments.add(None::<f64>),
                Value::Null(Kind::Bool) => arguments.add(None::<bool>),
                Value::Null(Kind::Time) => arguments.add(None::<chrono::DateTime<chrono::Utc>>),
                Value::Null(Kind::Json) => arguments.add(None::<sqlx::types::Json<serde_json::Value>>),
            }
            .map_err(|error| Error::Other(sqlx::Error::Encode(error)))?;
        }
        Ok(arguments)
    }};
}

pub(super) fn sqlite_arguments(values: Vec<Value>) -> Result<SqliteArguments> {
    arguments!(values, SqliteArguments)
}

pub(super) fn postgres_arguments(values: Vec<Value>) -> Result<PgArguments> {
    arguments!(values, PgArguments)
}

/// A row of either database.
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of the column with this name, read as the kind of `T`.
    pub fn get<T: FromValue>(&self, column: &'static str) -> Result<T> {
        let value = self.value(column, T::KIND)?;
        T::from_value(value).map_err(|source| Error::Inconsistent { column, source })
    }

    /// The text in a column as `parse` reads it, such as the name of a state ([`Error::Inconsistent`] if it can't).
    pub fn parsed<T>(&self, column: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        let text: String = self.get(column)?;
        parse(&text).ok_or(Error::Inconsistent { column, source: WrongValue::new("known word") })
    }

    /// The JSON in a column as a `T`.
    pub fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        from_json(column, self.get(column)?)
    }

    /// The value of the column at this index, from 0.
    pub(super) fn at(&self, column: usize, kind: Kind) -> Result<Value> {
        self.value(column, kind)
    }

    fn value<I>(&self, column: I, kind: Kind) -> Result<Value>
    where
        I: sqlx::ColumnIndex<SqliteRow> + sqlx::ColumnIndex<PgRow>,
    {
        macro_rules! read {
            ($row:ident, $rust:ty, $variant:ident) => {
                $row.try_get_unchecked::<Option<$rust>, _>(column)?.map_or(Value::Null(kind), Value::$variant)
            };
        }
        macro_rules! any {
            ($row:ident) => {
                match kind {
                    Kind::Text => read!($row, String, Text),
                    Kind::Int => read!($row, i64, Int),
                    Kind::Real => read!($row, f64, Real),
                    Kind::Bool => read!($row, bool, Bool),
                    Kind::Time => read!($row, chrono::DateTime<chrono::Utc>, Time),
                    Kind::Json => $row
                        .try_get_unchecked::<Option<sqlx::types::Json<serde_json::Value>>, _>(column)?
                        .map_or(Value::Null(kind), |json| Value::Json(json.0)),
                }
            };
        }
        Ok(match self {
            Self::Sqlite(row) => any!(row),
            Self::Postgres(row) => any!(row),
        })
    }
}

/// The JSON that was read from this column as a `T`.
pub fn from_json<T: DeserializeOwned>(column: &'static str, json: serde_json::Value) -> Result<T> {
    serde_json::from_value(json).map_err(|_| Error::Inconsistent { column, source: WrongValue::new("known shape") })
}

/// A row with one column named `value`.
#[derive(Clone)]
pub struct Single<T>(pub T);

impl<T: FromValue> FromRow for Single<T> {
    fn from_row(row: &Row) -> Result<Self> {
        row.get("value").map(Self)
    }
}

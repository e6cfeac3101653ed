//! Copies all rows of all tables from one database to another, without knowing their meaning.
//!
//! A [`Snapshot`] reads everything as of one instant, while others keep writing. A [`Filling`] inserts everything in
//! one transaction: the target gets all of it or nothing. Rows are copied in batches, so memory doesn't grow with the
//! tables.

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use sqlx::AssertSqlSafe;

use super::schema::{self, Table};
use super::statement::{Row, postgres_arguments, sqlite_arguments, with};
use super::tx::Inner;
use super::value::{Kind, Value};
use super::{Db, Engine, Error, Result, Scope, Tx};

/// Rows per batch. Multiplied by the columns of the widest table, this is far below the 65,535 values that PostgreSQL
/// accepts in one statement, and the 32,766 of SQLite.
const BATCH: usize = 200;

/// One row, its values in the order of the table's columns.
pub type Values = Vec<Value>;

/// Everything as of the moment the reading began.
#[derive(Debug)]
pub struct Snapshot {
    tx: Tx,
    tables: Vec<Table>,
}

impl Snapshot {
    /// Begins to read, without blocking anyone.
    pub async fn begin(db: &Db) -> anyhow::Result<Self> {
        let mut tx = db.snapshot().await?;
        let tables = schema::tables(&mut tx).await?;
        Ok(Self { tx, tables })
    }

    /// The tables, parents before children.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The version of the latest migration.
    pub async fn version(&mut self) -> Result<Option<i64>> {
        schema::version(&mut self.tx).await
    }

    /// The row count of a table.
    pub async fn count(&mut self, table: &Table) -> Result<u64> {
        count(&mut self.tx, table).await
    }

    /// Passes all rows of a table to `each`, in batches; returns their number.
    pub async fn read(
        &mut self,
        table: &Table,
        mut each: impl AsyncFnMut(Vec<Values>) -> anyhow::Result<()>,
    ) -> anyhow::Result<u64> {
        let text = format!("select {} from {}", table.column_list(), table.quoted());
        let mut rows = stream(&mut self.tx, text).await?;
        let (mut batch, mut read) = (Vec::with_capacity(BATCH), 0);
        while let Some(row) = rows.try_next().await.map_err(Error::from)? {
            let values = table.columns.iter().enumerate().map(|(at, column)| row.at(at, column.kind));
            batch.push(values.collect::<Result<Values>>().with_context(|| format!("table {}", table.name))?);
            read += 1;
            if batch.len() == BATCH {
                each(std::mem::take(&mut batch)).await?;
            }
        }
        if !batch.is_empty() {
            each(batch).await?;
        }
        Ok(read)
    }
}

async fn stream(tx: &mut Tx, text: String) -> Result<BoxStream<'_, sqlx::Result<Row>>> {
    bound_stream(tx, text, Vec::new()).await
}

async fn bound_stream(tx: &mut Tx, text: String, values: Vec<Value>) -> Result<BoxStream<'_, sqlx::Result<Row>>> {
    let text = AssertSqlSafe(text);
    Ok(match tx.inner().await? {
        Inner::Sqlite(tx) => with(text, sqlite_arguments(values)?).fetch(&mut **tx).map_ok(Row::Sqlite).boxed(),
        Inner::Postgres(tx) => with(text, postgres_arguments(values)?).fetch(&mut **tx).map_ok(Row::Postgres).boxed(),
    })
}

async fn run(tx: &mut Tx, text: String, values: Vec<Value>) -> Result<u64> {
    let text = AssertSqlSafe(text);
    Ok(match tx.inner().await? {
        Inner::Sqlite(tx) => with(text, sqlite_arguments(values)?).execute(&mut **tx).await?.rows_affected(),
        Inner::Postgres(tx) => with(text, postgres_arguments(values)?).execute(&mut **tx).await?.rows_affected(),
    })
}

/// Some rows of one table, to be copied into another database: all those with one value in a column.
#[derive(Clone, Debug)]
pub struct Excerpt {
    table: Table,
    rows: Vec<Values>,
}

impl Excerpt {
    /// Reads the rows of the named table, one of `tables`, whose `column` has this text; at most `most`.
    pub async fn read(
        tx: &mut Tx,
        tables: &[Table],
        name: &str,
        (column, text): (&str, &str),
        most: usize,
    ) -> anyhow::Result<Self> {
        let table = tables.iter().find(|table| table.name == name);
        let table = table.with_context(|| format!("there is no table {name}"))?.clone();
        anyhow::ensure!(table.columns.iter().any(|known| known.name == column), "table {name} has no column {column}");
        let statement =
            format!("select {} from {} where \"{column}\" = $1 limit {most}", table.column_list(), table.quoted());
        let mut rows = bound_stream(tx, statement, vec![Value::Text(text.to_owned())]).await?;
        let mut read = Vec::new();
        while let Some(row) = rows.try_next().await.map_err(Error::from)? {
            let values = table.columns.iter().enumerate().map(|(at, column)| row.at(at, column.kind));
            read.push(values.collect::<Result<Values>>().with_context(|| format!("table {name}"))?);
        }
        drop(rows);
        Ok(Self { table, rows: read })
    }

    fn position(&self, column: &str) -> Option<usize> {
        self.table.columns.iter().position(|known| known.name == column)
    }

    /// The texts in a column; rows without one are left out.
    pub fn texts(&self, column: &str) -> Vec<String> {
        let Some(at) = self.position(column) else { return Vec::new() };
        let text = |row: &Values| match row.get(at) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        self.rows.iter().filter_map(text).collect()
    }

    /// Keeps the rows whose text in a column passes; rows without one are dropped.
    pub fn keep(&mut self, column: &str, mut passes: impl FnMut(&str) -> bool) {
        let Some(at) = self.position(column) else { return };
        self.rows.retain(|row| matches!(row.get(at), Some(Value::Text(text)) if passes(text)));
    }

    /// Drops the rows that have a value in a column.
    pub fn keep_without(&mut self, column: &str) {
        let Some(at) = self.position(column) else { return };
        self.rows.retain(|row| matches!(row.get(at), Some(Value::Null(_))));
    }

    /// Writes a value into a column of every row where the column has one.
    pub fn put(&mut self, column: &str, value: &Value) {
        self.change(column, |_| Some(value.clone()));
    }

    /// Clears a column where its text doesn't pass.
    pub fn clear(&mut self, column: &str, mut passes: impl FnMut(&str) -> bool) {
        self.change(column, |found| match found {
            Value::Text(text) if !passes(text) => Some(Value::Null(Kind::Text)),
            _ => None,
        });
    }

    fn change(&mut self, column: &str, mut change: impl FnMut(&Value) -> Option<Value>) {
        let Some(at) = self.position(column) else { return };
        for value in self.rows.iter_mut().filter_map(|row| row.get_mut(at)) {
            if !matches!(value, Value::Null(_))
                && let Some(changed) = change(value)
            {
                *value = changed;
            }
        }
    }

    /// Adds the rows of the same table that `other` has.
    pub fn extend(&mut self, other: Self) {
        self.rows.extend(other.rows);
    }

    /// Inserts the rows.
    pub async fn write(self, into: &mut Filling) -> anyhow::Result<()> {
        into.write(&self.table, self.rows).await
    }
}

/// The row count of a table as seen by a transaction.
pub(super) async fn count(tx: &mut Tx, table: &Table) -> Result<u64> {
    let text = format!("select count(*) from {}", table.quoted());
    let row = stream(tx, text).await?.try_next().await?.ok_or(Error::Missing)?;
    match row.at(0, Kind::Int)? {
        Value::Int(rows) => Ok(u64::try_from(rows).unwrap_or(0)),
        _ => Err(Error::Missing),
    }
}

/// A database that receives everything, or nothing.
#[derive(Debug)]
pub struct Filling {
    tx: Tx,
    tables: Vec<Table>,
    replaced_nuls: u64,
}

impl Filling {
    /// Begins; nobody else can write until [`Filling::commit`], or until the value is dropped without changes.
    pub async fn begin(db: &Db) -> anyhow::Result<Self> {
        let mut tx = db.write(&Scope::Owner).await?;
        let tables = schema::tables(&mut tx).await?;
        if tx.engine() == Engine::Postgres && !tables.is_empty() {
            run(&mut tx, "set local lock_timeout = '10s'".to_owned(), Vec::new()).await?;
            let names: Vec<String> = tables.iter().map(Table::quoted).collect();
            let lock = format!("lock table {} in exclusive mode", names.join(", "));
            run(&mut tx, lock, Vec::new()).await.context("another process uses the target: stop it first")?;
        }
        Ok(Self { tx, tables, replaced_nuls: 0 })
    }

    /// The tables, parents before children.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The row count of a table.
    pub async fn count(&mut self, table: &Table) -> Result<u64> {
        count(&mut self.tx, table).await
    }

    /// The non-empty tables with their row counts.
    pub async fn occupied(&mut self) -> Result<Vec<(String, u64)>> {
        let mut occupied = Vec::new();
        for table in &self.tables {
            let rows = count(&mut self.tx, table).await?;
            if rows > 0 {
                occupied.push((table.name.clone(), rows));
            }
        }
        Ok(occupied)
    }

    /// Deletes all rows, children before parents.
    pub async fn clear(&mut self) -> Result<()> {
        for table in self.tables.iter().rev() {
            run(&mut self.tx, format!("delete from {}", table.quoted()), Vec::new()).await?;
        }
        Ok(())
    }

    /// Inserts rows, with values in the order of `table`'s columns. NULs in texts, which PostgreSQL can't store, are
    /// replaced by the replacement character; see [`Filling::replaced_nuls`].
    pub async fn write(&mut self, table: &Table, rows: Vec<Values>) -> anyhow::Result<()> {
        for batch in rows.chunks(BATCH) {
            let width = table.columns.len();
            let places: Vec<String> = (0..batch.len())
                .map(|row| (1..=width).map(|column| format!("${}", row * width + column)).collect::<Vec<_>>())
                .map(|places| format!("({})", places.join(", ")))
                .collect();
            let text = format!("insert into {} ({}) values {}", table.quoted(), table.column_list(), places.join(", "));
            let mut values: Vec<Value> = batch.iter().flatten().cloned().collect();
            self.replaced_nuls += values.iter_mut().map(|value| u64::from(replace_nuls(value))).sum::<u64>();
            run(&mut self.tx, text, values).await.with_context(|| format!("table {}", table.name))?;
        }
        Ok(())
    }

    /// How many values had NULs replaced.
    pub const fn replaced_nuls(&self) -> u64 {
        self.replaced_nuls
    }

    pub async fn commit(self) -> Result<()> {
        self.tx.commit().await
    }
}

/// Replaces NULs by the replacement character; returns whether there were any.
fn replace_nuls(value: &mut Value) -> bool {
    const NUL: char = '\0';
    match value {
        Value::Text(text) if text.contains(NUL) => {
            *text = text.replace(NUL, "\u{fffd}");
            true
        }
        Value::Json(json) => fix_json(json),
        _ => false,
    }
}

fn fix_json(json: &mut serde_json::Value) -> bool {
    match json {
        serde_json::Value::String(text) if text.contains('\0') => {
            *text = text.replace('\0', "\u{fffd}");
            true
        }
        // OK to recurse: stored JSON was parsed, and the parser limits the depth.
        serde_json::Value::Array(items) => items.iter_mut().fold(false, |any, item| fix_json(item) | any),
        serde_json::Value::Object(members) => {
            let mut any = members.values_mut().fold(false, |any, item| fix_json(item) | any);
            if members.keys().any(|key| key.contains('\0')) {
                any = true;
                *members = std::mem::take(members)
                    .into_iter()
                    .map(|(key, item)| (key.replace('\0', "\u{fffd}"), item))
                    .collect();
            }
            any
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nuls_become_a_character_that_postgresql_stores() {
        let mut value = Value::Text("a\0b".to_owned());
        assert!(replace_nuls(&mut value));
        assert_eq!(value, Value::Text("a\u{fffd}b".to_owned()));
        assert!(!replace_nuls(&mut value));
        let mut value = Value::Json(json!({ "a\0": [1, { "b": "\0" }], "c": "d" }));
        assert!(replace_nuls(&mut value));
        assert_eq!(value, Value::Json(json!({ "a\u{fffd}": [1, { "b": "\u{fffd}" }], "c": "d" })));
    }
}

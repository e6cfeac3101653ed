//! Writing the rows of a result into a table, in one transaction.
//!
//! The rows are copied into a temporary table first, so that their number and their keys are checked before anything
//! is changed, and all ways of writing share one path. Each row carries the execution it came from: writing the same
//! execution again replaces its own rows, so repeating a write doubles nothing.

use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};

use super::columns::{Column, ColumnType};
use super::{Error, Warehouse, failed, query, quoted, shape};

/// The columns that each row gets.
const EXECUTION: &str = "recomamp_execution_id";
const START: &str = "recomamp_window_start";
const END: &str = "recomamp_window_end";
/// Where the rows are before they are in the table.
const STAGE: &str = "pg_temp.recomamp_rows";
/// Bytes of a name, after which PostgreSQL cuts it.
const NAME: usize = 63;

/// What happens to the rows that are in the table already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// They stay, except those of the same execution.
    Append,
    /// Those of the same time window go.
    Replace,
    /// Those with the same values in these columns are replaced.
    Upsert(Vec<String>),
}

/// A table to write into.
#[derive(Clone, Debug)]
pub struct Table {
    pub schema: String,
    pub name: String,
    /// The result's columns, in their order.
    pub columns: Vec<Column>,
    pub mode: WriteMode,
    /// Whether columns that the table lacks are added to it.
    pub may_add: bool,
}

/// Rows as CSV with a header; the error is a sentence about reading the result.
pub type Rows = BoxStream<'static, Result<bytes::Bytes, String>>;

/// A result.
pub struct Source {
    /// The execution's id.
    pub execution: String,
    /// Its time window, if it is known; the end is exclusive.
    pub window: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub count: u64,
    pub rows: Rows,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Source").field("execution", &self.execution).finish_non_exhaustive()
    }
}

impl Table {
    fn full_name(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.name))
    }

    /// The name in sentences.
    fn shown(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// All columns of the table: those that each row gets, and the result's.
    fn all(&self) -> Vec<Column> {
        let own = [
            Column::new(EXECUTION, ColumnType::Text),
            Column::new(START, ColumnType::Instant),
            Column::new(END, ColumnType::Instant),
        ];
        own.into_iter().chain(self.columns.iter().cloned()).collect()
    }

    /// Checks names that PostgreSQL would cut or that are taken.
    fn check(&self) -> Result<(), Error> {
        let long = self.columns.iter().find(|column| column.name.len() > NAME);
        if let Some(long) = long {
            return Err(Error::Lasting(format!(
                "The column {} has a name of more than {NAME} bytes, which PostgreSQL would cut. Give it a shorter one in \
                 the query.",
                long.name
            )));
        }
        if let Some(own) = self.columns.iter().find(|column| [EXECUTION, START, END].contains(&column.name.as_str())) {
            return Err(Error::Lasting(format!(
                "The column {} has a name that RecomAMP uses itself. Give it another one in the query.",
                own.name
            )));
        }
        let lost = match &self.mode {
            WriteMode::Upsert(keys) => keys.iter().find(|key| !self.columns.iter().any(|column| column.name == **key)),
            WriteMode::Append | WriteMode::Replace => None,
        };
        match lost {
            Some(key) => Err(Error::Lasting(format!(
                "The result has no column {key}, which is a key of the rule. Put it back into the query, or change the rule."
            ))),
            None => Ok(()),
        }
    }
}

async fn run(connection: &mut PgConnection, text: String) -> Result<u64, Error> {
    query(text).execute(connection).await.map(|done| done.rows_affected()).map_err(failed)
}

impl Warehouse {
    /// Writes a result into a table, which is created if it is missing; returns the number of bytes that were copied.
    pub async fn write(&self, table: &Table, source: Source) -> Result<u64, Error> {
        table.check()?;
        if table.mode == WriteMode::Replace && source.window.is_none() {
            return Err(Error::Lasting(
                "AMC chose the time window of this execution, so it isn't known which rows it replaces. Run the query \
                 for fixed dates, or append."
                    .to_owned(),
            ));
        }
        let mut connection = self.connect().await?;
        let mut tx = connection.begin().await.map_err(failed)?;
        run(&mut tx, "set local lock_timeout = '60s'".to_owned()).await?;
        let lock = query("select pg_advisory_xact_lock(hashtextextended($1, 0))".to_owned());
        lock.bind(format!("recomamp {}", table.full_name())).execute(&mut *tx).await.map_err(failed)?;
        prepare(&mut tx, table).await?;
        let (execution, window, count) = (source.execution.clone(), source.window, source.count);
        let bytes = copy(&mut tx, table, source.rows, count).await?;
        if let WriteMode::Upsert(keys) = &table.mode {
            check_keys(&mut tx, table, keys).await?;
        }
        let gone = format!("delete from {} where {} = $1", table.full_name(), quoted(EXECUTION));
        query(gone).bind(execution.clone()).execute(&mut *tx).await.map_err(failed)?;
        if let (WriteMode::Replace, Some((start, end))) = (&table.mode, window) {
            let gone =
                format!("delete from {} where {} = $1 and {} = $2", table.full_name(), quoted(START), quoted(END));
            query(gone).bind(start).bind(end).execute(&mut *tx).await.map_err(failed)?;
        }
        insert(&mut tx, table, &execution, window).await?;
        tx.commit().await.map_err(failed)?;
        // OK to ignore: everything is committed.
        let _ = connection.close().await;
        Ok(bytes)
    }
}

/// Creates the table, or checks that it takes the rows and adds what it lacks.
async fn prepare(tx: &mut PgConnection, table: &Table) -> Result<(), Error> {
    let (name, all) = (table.full_name(), table.all());
    let line = |column: &Column| format!("{} {}", quoted(&column.name), column.kind.sql());
    match shape::columns(tx, &table.schema, &table.name).await? {
        None => {
            let columns: Vec<String> = all.iter().map(line).collect();
            run(tx, format!("create table {name} ({})", columns.join(", "))).await?;
            run(tx, format!("create index on {name} ({})", quoted(EXECUTION))).await?;
            if let WriteMode::Upsert(keys) = &table.mode {
                run(tx, format!("create unique index on {name} ({})", list(keys))).await?;
            }
        }
        Some(found) => {
            let missing = shape::missing(&table.shown(), &found, &all, table.may_add).map_err(Error::Lasting)?;
            for column in missing {
                run(tx, format!("alter table {name} add column {}", line(column))).await?;
            }
            if let WriteMode::Upsert(keys) = &table.mode
                && !shape::has_key(tx, &table.schema, &table.name, keys).await?
            {
                return Err(Error::Lasting(format!(
                    "The table {} has no unique index on its key columns, by which rows are found. Create it: create \
                     unique index on {name} ({}).",
                    table.shown(),
                    list(keys)
                )));
            }
        }
    }
    Ok(())
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// Copies the rows into the temporary table; returns the number of bytes.
async fn copy(tx: &mut PgConnection, table: &Table, mut rows: Rows, count: u64) -> Result<u64, Error> {
    let columns = table.columns.iter().enumerate();
    let columns: Vec<String> = columns.map(|(at, column)| format!("c{at} {}", column.kind.sql())).collect();
    run(tx, "drop table if exists pg_temp.recomamp_rows".to_owned()).await?;
    run(tx, format!("create temp table recomamp_rows ({}) on commit drop", columns.join(", "))).await?;
    // In a file with one column, NULL is `""`, because readers skip empty lines.
    let alone = if columns.len() == 1 { ", force_null (c0)" } else { "" };
    let statement = format!("copy {STAGE} from stdin (format csv, header true{alone})");
    let mut copying = tx.copy_in_raw(&statement).await.map_err(failed)?;
    let mut bytes = 0;
    while let Some(part) = rows.next().await {
        match part {
            Ok(part) => {
                bytes += part.len() as u64;
                copying.send(part).await.map_err(failed)?;
            }
            Err(why) => {
                // OK to ignore: the transaction isn't committed.
                let _ = copying.abort("the result could not be read").await;
                return Err(Error::Passing(why));
            }
        }
    }
    let copied = copying.finish().await.map_err(failed)?;
    if copied != count {
        return Err(Error::Lasting(format!(
            "The database read {copied} rows where the result has {count}, so nothing was written."
        )));
    }
    Ok(bytes)
}

/// The name that a key column has in the temporary table.
fn staged(table: &Table, key: &str) -> String {
    let at = table.columns.iter().position(|column| column.name == key);
    at.map_or_else(String::new, |at| format!("c{at}"))
}

/// Refuses rows that no key distinguishes.
async fn check_keys(tx: &mut PgConnection, table: &Table, keys: &[String]) -> Result<(), Error> {
    for key in keys {
        let text = format!("select count(*) from {STAGE} where {} is null", staged(table, key));
        let row = query(text).fetch_one(&mut *tx).await.map_err(failed)?;
        let empty: i64 = row.try_get(0).map_err(failed)?;
        if empty > 0 {
            return Err(Error::Lasting(format!(
                "The key column {key} is NULL in {empty} of the result's rows, so they can't be found again. Use COALESCE \
                 in the query, or other key columns in the rule."
            )));
        }
    }
    let columns: Vec<String> = keys.iter().map(|key| staged(table, key)).collect();
    let columns = columns.join(", ");
    let text = format!(
        "select count(*) from (select {columns} from {STAGE} group by {columns} having count(*) > 1) as repeated"
    );
    let row = query(text).fetch_one(tx).await.map_err(failed)?;
    let repeated: i64 = row.try_get(0).map_err(failed)?;
    if repeated > 0 {
        return Err(Error::Lasting(format!(
            "Several rows of the result have the same key ({}), {repeated} times, so it isn't known which one counts. \
             Group by these columns in the query, or add key columns to the rule.",
            keys.join(", ")
        )));
    }
    Ok(())
}

async fn insert(
    tx: &mut PgConnection,
    table: &Table,
    execution: &str,
    window: Option<(DateTime<Utc>, DateTime<Utc>)>,
) -> Result<(), Error> {
    let all: Vec<String> = table.all().into_iter().map(|column| column.name).collect();
    let values: Vec<String> = (0..table.columns.len()).map(|at| format!(", c{at}")).collect();
    let conflict = match &table.mode {
        WriteMode::Upsert(keys) => {
            let others = all.iter().filter(|name| !keys.contains(name));
            let set: Vec<String> = others.map(|name| format!("{0} = excluded.{0}", quoted(name))).collect();
            format!(" on conflict ({}) do update set {}", list(keys), set.join(", "))
        }
        WriteMode::Append | WriteMode::Replace => String::new(),
    };
    let (name, columns, values) = (table.full_name(), list(&all), values.concat());
    let text = format!("insert into {name} ({columns}) select $1, $2, $3{values} from {STAGE}{conflict}");
    let (start, end) = window.unzip();
    query(text).bind(execution.to_owned()).bind(start).bind(end).execute(tx).await.map(drop).map_err(failed)
}

//! The tables of the database, read from the database itself, in insertion order.
//!
//! Full copies use this instead of a list in the code, so a table added by a migration is automatically part of every
//! copy.

use anyhow::{Context as _, bail};

use super::value::Kind;
use super::{Engine, FromRow, Result, Row, Single, Tx, migrations, sql};

/// A table as the database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<TableColumn>,
    /// Other tables that its rows reference.
    refers_to: Vec<String>,
}

/// A column as the database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableColumn {
    pub name: String,
    /// The type of its values.
    pub kind: Kind,
}

impl Table {
    /// The quoted table name for use in a statement.
    pub(super) fn quoted(&self) -> String {
        quoted(&self.name)
    }

    /// The quoted names of all columns for use in a statement.
    pub(super) fn column_list(&self) -> String {
        self.columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ")
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

struct Described {
    name: String,
    declared: String,
}

impl FromRow for Described {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { name: row.get("name")?, declared: row.get("declared")? })
    }
}

/// All tables of the program, referenced tables first. The migrations table isn't included: each database keeps its
/// own.
pub async fn tables(tx: &mut Tx) -> anyhow::Result<Vec<Table>> {
    const SQLITE: [&str; 3] = [
        "select name as value from sqlite_master where type = 'table' and name not like 'sqlite|_%' escape '|' \
         and name <> '_sqlx_migrations' order by name",
        "select name, type as declared from pragma_table_info($1) order by cid",
        "select distinct \"table\" as value from pragma_foreign_key_list($1)",
    ];
    const POSTGRES: [&str; 3] = [
        "select table_name::text as value from information_schema.tables where table_schema = current_schema() \
         and table_type = 'BASE TABLE' and table_name <> '_sqlx_migrations' order by table_name",
        "select column_name::text as name, data_type::text as declared from information_schema.columns \
         where table_schema = current_schema() and table_name = $1 order by ordinal_position",
        "select distinct parent.relname::text as value from pg_constraint rule \
         join pg_class child on child.oid = rule.conrelid join pg_class parent on parent.oid = rule.confrelid \
         join pg_namespace place on place.oid = child.relnamespace \
         where rule.contype = 'f' and place.nspname = current_schema() and child.relname = $1",
    ];
    let [names, columns, parents] = match tx.engine() {
        Engine::Sqlite => SQLITE,
        Engine::Postgres => POSTGRES,
    };
    let mut tables = Vec::new();
    for Single(name) in sql(names).all::<Single<String>>(tx).await? {
        let described: Vec<Described> = sql(columns).bind(&name).all(tx).await?;
        let columns: anyhow::Result<Vec<TableColumn>> =
            described.into_iter().map(|column| known(column).with_context(|| format!("table {name}"))).collect();
        let parents: Vec<Single<String>> = sql(parents).bind(&name).all(tx).await?;
        let refers_to = parents.into_iter().map(|Single(parent)| parent).filter(|parent| *parent != name).collect();
        tables.push(Table { columns: columns?, refers_to, name });
    }
    ordered(tables)
}

fn known(column: Described) -> anyhow::Result<TableColumn> {
    let kind = match column.declared.to_lowercase().as_str() {
        "text" => Kind::Text,
        "bigint" => Kind::Int,
        "double precision" => Kind::Real,
        "boolean" => Kind::Bool,
        "timestamptz" | "timestamp with time zone" => Kind::Time,
        "jsonb" => Kind::Json,
        other => bail!("column {} has the type {other}, which RecomAMP does not use", column.name),
    };
    Ok(TableColumn { name: column.name, kind })
}

/// Sorts parents before children, otherwise by name.
fn ordered(mut left: Vec<Table>) -> anyhow::Result<Vec<Table>> {
    let mut done: Vec<Table> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free = left.iter().position(|table| !left.iter().any(|other| table.refers_to.contains(&other.name)));
        let Some(free) = free else { bail!("the tables {left:?} refer to each other in a circle") };
        done.push(left.remove(free));
    }
    Ok(done)
}

/// The version of the latest migration of this database; `None` without migrations.
pub async fn version(tx: &mut Tx) -> Result<Option<i64>> {
    const SQLITE: &str = "select count(*) as value from sqlite_master where name = '_sqlx_migrations'";
    const POSTGRES: &str = "select count(*) as value from information_schema.tables \
        where table_schema = current_schema() and table_name = '_sqlx_migrations'";
    const NEWEST: &str = "select max(version) as value from _sqlx_migrations where success";
    let there = match tx.engine() {
        Engine::Sqlite => SQLITE,
        Engine::Postgres => POSTGRES,
    };
    let there = sql(there).count(tx).await?;
    if there == 0 {
        return Ok(None);
    }
    sql(NEWEST).value(tx).await
}

/// The latest migration that this program knows.
pub fn newest() -> i64 {
    migrations::newest()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, refers_to: &[&str]) -> Table {
        Table {
            name: name.to_owned(),
            columns: Vec::new(),
            refers_to: refers_to.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn parents_come_before_their_children() {
        let tables = vec![table("a", &["c", "b"]), table("b", &["c"]), table("c", &[]), table("d", &[])];
        let names: Vec<String> = ordered(tables).unwrap().into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["c", "b", "a", "d"]);
    }

    #[test]
    fn a_circle_of_tables_is_reported() {
        assert!(ordered(vec![table("a", &["b"]), table("b", &["a"])]).is_err());
    }

    #[test]
    fn names_cannot_leave_their_quotes() {
        assert_eq!(table("a\"; drop table b; --", &[]).quoted(), "\"a\"\"; drop table b; --\"");
    }
}

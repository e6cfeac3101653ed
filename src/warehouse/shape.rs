//! The columns of an existing table, compared with those of a result.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::columns::Column;
use super::{Error, failed, query, quoted};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) name: String,
    /// As PostgreSQL writes it: `numeric(10,2)`.
    pub(super) kind: String,
    /// Whether a row may leave it out because the database fills it.
    pub(super) is_filled: bool,
}

/// The columns of a table; `None` if there is no such table.
pub(super) async fn columns(
    connection: &mut PgConnection,
    schema: &str,
    table: &str,
) -> Result<Option<Vec<Found>>, Error> {
    const SCHEMA: &str = "select 1 from pg_namespace where nspname = $1";
    const TABLE: &str = "select c.relkind::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
        where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')";
    const COLUMNS: &str = "select a.attname::text, format_type(a.atttypid, a.atttypmod), \
        (a.atthasdef or a.attidentity <> '') from pg_attribute a join pg_class c on c.oid = a.attrelid \
        join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2 and a.attnum > 0 \
        and not a.attisdropped and c.relkind in ('r', 'p') order by a.attnum";
    let schemas = query(SCHEMA.to_owned()).bind(schema.to_owned()).fetch_all(&mut *connection).await.map_err(failed)?;
    if schemas.is_empty() {
        return Err(Error::Lasting(format!(
            "The database has no schema {schema}. Create it (create schema {}), or change the destination.",
            quoted(schema)
        )));
    }
    let bound = |text: &str| query(text.to_owned()).bind(schema.to_owned()).bind(table.to_owned());
    let Some(kind) = bound(TABLE).fetch_optional(&mut *connection).await.map_err(failed)? else { return Ok(None) };
    let kind: String = kind.try_get(0).map_err(failed)?;
    if !matches!(kind.as_str(), "r" | "p") {
        return Err(Error::Lasting(format!("{schema}.{table} is not a table. Choose another name in the rule.")));
    }
    let rows = bound(COLUMNS).fetch_all(&mut *connection).await.map_err(failed)?;
    let found =
        rows.iter().map(|row| Ok(Found { name: row.try_get(0)?, kind: row.try_get(1)?, is_filled: row.try_get(2)? }));
    found.collect::<sqlx::Result<Vec<_>>>().map(Some).map_err(failed)
}

/// The columns that are added to a table so that it takes these; or why it doesn't take them.
pub(super) fn missing<'a>(
    table: &str,
    found: &[Found],
    wanted: &'a [Column],
    may_add: bool,
) -> Result<Vec<&'a Column>, String> {
    let mut added = Vec::new();
    for column in wanted {
        let name = &column.name;
        let Some(there) = found.iter().find(|found| found.name == *name) else {
            if !may_add {
                return Err(format!(
                    "The result has a column {name} ({}), which the table {table} lacks. Allow new columns in the rule, \
                     or add it: alter table {table} add column {} {}.",
                    column.kind.sql(),
                    quoted(name),
                    column.kind.sql()
                ));
            }
            added.push(column);
            continue;
        };
        if !column.kind.fits(&there.kind) {
            return Err(format!(
                "The column {name} of the table {table} has the type {}, and the result has {}. Change the column's type \
                 or the query, or choose another table in the rule.",
                there.kind,
                column.kind.sql()
            ));
        }
    }
    let is_wanted = |found: &Found| wanted.iter().any(|column| column.name == found.name);
    if let Some(lost) = found.iter().find(|found| !found.is_filled && !is_wanted(found)) {
        return Err(format!(
            "The table {table} has a column {} ({}), which the result lacks. Put it back into the query, give the column \
             a default or drop it, or choose another table in the rule.",
            lost.name, lost.kind
        ));
    }
    Ok(added)
}

/// Whether a unique index has exactly these columns.
pub(super) async fn has_key(
    connection: &mut PgConnection,
    schema: &str,
    table: &str,
    keys: &[String],
) -> Result<bool, Error> {
    const INDEXES: &str = "select i.indexrelid::bigint, a.attname::text from pg_index i \
        join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace \
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey) \
        where n.nspname = $1 and c.relname = $2 and i.indisunique and i.indisvalid and i.indpred is null \
        and i.indexprs is null";
    let rows = query(INDEXES.to_owned()).bind(schema.to_owned()).bind(table.to_owned());
    let mut indexes: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for row in rows.fetch_all(connection).await.map_err(failed)? {
        let (index, name) = (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
        indexes.entry(index).or_default().insert(name);
    }
    let keys: BTreeSet<String> = keys.iter().cloned().collect();
    Ok(indexes.values().any(|columns| *columns == keys))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::ColumnType;

    fn found(name: &str, kind: &str, is_filled: bool) -> Found {
        Found { name: name.to_owned(), kind: kind.to_owned(), is_filled }
    }

    #[test]
    fn a_changed_shape_is_refused_with_what_differs() {
        let wanted = [Column::new("campaign", ColumnType::Text), Column::new("reach", ColumnType::Integer)];
        let same = [found("campaign", "text", false), found("reach", "bigint", false), found("at", "date", true)];
        assert_eq!(missing("t", &same, &wanted, false), Ok(Vec::new()));
        let other = [found("campaign", "text", false), found("reach", "text", false)];
        let why = missing("t", &other, &wanted, true).unwrap_err();
        assert!(why.contains("reach") && why.contains("type text") && why.contains("bigint"), "{why}");
        let more = [same.to_vec(), vec![found("clicks", "bigint", false)]].concat();
        assert!(missing("t", &more, &wanted, true).unwrap_err().contains("clicks (bigint), which the result lacks"));
        let why = missing("t", &same[..1], &wanted, false).unwrap_err();
        assert!(why.contains("add column \"reach\" bigint"), "{why}");
        assert_eq!(missing("t", &same[..1], &wanted, true), Ok(vec![&wanted[1]]));
    }
}

//! A table as a file: one row per line, a JSON array of its values.

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value as Json;

use super::files;
use super::progress::Progress;
use crate::db::schema::Table;
use crate::db::transfer::{Filling, Snapshot, Values};
use crate::db::{Kind, Value};

/// Rows inserted at a time.
const BATCH: usize = 1_000;

/// Writes all rows of a table; returns how many.
pub(super) async fn write(
    snapshot: &mut Snapshot,
    table: &Table,
    path: &Path,
    progress: &mut Progress,
) -> anyhow::Result<u64> {
    let mut file = BufWriter::new(files::private(path)?);
    let mut written = 0;
    let rows = snapshot
        .read(table, async |batch| {
            for row in &batch {
                let line: Vec<Json> = row.iter().map(to_json).collect();
                serde_json::to_writer(&mut file, &line)?;
                file.write_all(b"\n")?;
            }
            written += batch.len();
            progress.at(|| format!("{} rows of {}", written, table.name));
            Ok(())
        })
        .await?;
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    Ok(rows)
}

/// Reads all rows of a file without storing them; returns how many. A row that can't be restored is an error.
pub(super) fn check(path: &Path, columns: usize) -> anyhow::Result<u64> {
    let file = std::fs::File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut rows = 0;
    for line in BufReader::new(file).lines() {
        rows += 1;
        let values: Vec<Json> =
            serde_json::from_str(&line?).with_context(|| format!("{}, line {rows}", path.display()))?;
        if values.len() != columns {
            bail!("{}, line {rows}: {} values where the table has {columns} columns", path.display(), values.len());
        }
    }
    Ok(rows)
}

/// Inserts the rows of a file into a table; returns how many.
pub async fn read(path: &Path, filling: &mut Filling, table: &Table, progress: &mut Progress) -> anyhow::Result<u64> {
    let file = std::fs::File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let (mut batch, mut rows) = (Vec::new(), 0);
    for line in BufReader::new(file).lines() {
        rows += 1;
        let row = row(&line?, table).with_context(|| format!("{}, line {rows}", path.display()))?;
        batch.push(row);
        if batch.len() == BATCH {
            filling.write(table, std::mem::take(&mut batch)).await?;
            progress.at(|| format!("{rows} rows of {}", table.name));
        }
    }
    filling.write(table, batch).await?;
    Ok(rows)
}

fn row(line: &str, table: &Table) -> anyhow::Result<Values> {
    let values: Vec<Json> = serde_json::from_str(line)?;
    if values.len() != table.columns.len() {
        bail!("{} values where the table has {} columns", values.len(), table.columns.len());
    }
    values.into_iter().zip(&table.columns).map(|(value, column)| from_json(value, column.kind)).collect()
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Int(number) => (*number).into(),
        Value::Real(number) => (*number).into(),
        Value::Bool(truth) => (*truth).into(),
        Value::Time(at) => at.to_rfc3339_opts(SecondsFormat::Micros, true).into(),
        Value::Json(json) => json.clone(),
        Value::Null(_) => Json::Null,
    }
}

fn from_json(json: Json, kind: Kind) -> anyhow::Result<Value> {
    Ok(match (kind, json) {
        (_, Json::Null) => Value::Null(kind),
        (Kind::Text, Json::String(text)) => Value::Text(text),
        (Kind::Int, Json::Number(number)) => Value::Int(number.as_i64().context("a whole number is expected")?),
        (Kind::Real, Json::Number(number)) => Value::Real(number.as_f64().context("a number is expected")?),
        (Kind::Bool, Json::Bool(truth)) => Value::Bool(truth),
        (Kind::Time, Json::String(text)) => Value::Time(text.parse::<DateTime<Utc>>()?),
        (Kind::Json, json @ (Json::Array(_) | Json::Object(_))) => Value::Json(json),
        (kind, _) => bail!("a value is not what a column of the kind {kind:?} holds"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_come_back_as_they_were() {
        for value in [
            Value::Text("a\n\"ü\"".to_owned()),
            Value::Int(i64::MIN),
            Value::Real(0.1),
            Value::Bool(true),
            Value::Time(DateTime::from_timestamp_micros(1_750_000_000_123_456).unwrap()),
            Value::Json(json!({ "a": [1, null] })),
            Value::Null(Kind::Time),
        ] {
            let kind = match &value {
                Value::Text(_) => Kind::Text,
                Value::Int(_) => Kind::Int,
                Value::Real(_) => Kind::Real,
                Value::Bool(_) => Kind::Bool,
                Value::Time(_) => Kind::Time,
                Value::Json(_) => Kind::Json,
                Value::Null(kind) => *kind,
            };
            let text = serde_json::to_string(&to_json(&value)).unwrap();
            assert_eq!(from_json(serde_json::from_str(&text).unwrap(), kind).unwrap(), value);
        }
        assert!(from_json(json!("x"), Kind::Int).is_err());
        assert!(from_json(json!(1), Kind::Json).is_err());
    }
}

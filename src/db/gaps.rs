//! What is missing in a database compared with the schema version it claims.
//!
//! The expected schema isn't listed here: its tables, columns and indexes come from an in-memory database created by
//! the same migrations, and its policies from the texts of the migrations.

use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::place::Place;
use super::{Db, Engine, Pools, Result, Scope, Single, Tx, migrations, schema, sql};

impl Db {
    /// Descriptions of the tables, columns, indexes and policies that are missing for this schema version.
    pub async fn gaps(&self, version: i64) -> anyhow::Result<Vec<String>> {
        let reference = made(version).await?;
        let mut expected = parts(&mut reference.read(&Scope::Owner).await?).await?;
        let mut tx = self.read(&Scope::Owner).await?;
        let mut found = parts(&mut tx).await?;
        if self.engine() == Engine::Postgres {
            expected.extend(migrations::policies(version).into_iter().map(|(name, on)| policy(&name, &on)));
            found.extend(policies(&mut tx).await?);
        }
        reference.close().await;
        let missing: Vec<String> = expected.into_iter().filter(|part| !found.contains(part)).collect();
        // A missing table covers its columns.
        let stands_alone = |part: &&String| {
            let table = part.strip_prefix("the column ").and_then(|column| column.split('.').next());
            table.is_none_or(|table| !missing.contains(&format!("the table {table}")))
        };
        Ok(missing.iter().filter(stands_alone).cloned().collect())
    }
}

fn policy(name: &str, on: &str) -> String {
    format!("the policy {name} on {on}")
}

/// An in-memory database with this schema version.
async fn made(version: i64) -> Result<Db> {
    let options = SqliteConnectOptions::new().in_memory(true);
    // OK because the single connection is the database: it lives as long as the pool.
    let pool = SqlitePoolOptions::new().max_connections(1).min_connections(1).connect_with(options).await?;
    let place = Arc::new(Place::of(Path::new("")));
    let db = Db::over(Pools::Sqlite { read: pool.clone(), write: pool, place }, Arc::default());
    db.migrate_to(version).await?;
    Ok(db)
}

/// Descriptions of the tables, columns and indexes.
async fn parts(tx: &mut Tx) -> anyhow::Result<Vec<String>> {
    const SQLITE: &str = "select name as value from sqlite_master where type = 'index' and sql is not null";
    const POSTGRES: &str = "select indexname::text as value from pg_indexes where schemaname = current_schema()";
    let mut parts = Vec::new();
    for table in schema::tables(tx).await? {
        parts.push(format!("the table {}", table.name));
        parts.extend(table.columns.iter().map(|column| format!("the column {}.{}", table.name, column.name)));
    }
    let indexes = if tx.engine() == Engine::Sqlite { SQLITE } else { POSTGRES };
    let indexes: Vec<Single<String>> = sql(indexes).all(tx).await?;
    parts.extend(indexes.into_iter().map(|Single(name)| format!("the index {name}")));
    Ok(parts)
}

async fn policies(tx: &mut Tx) -> Result<Vec<String>> {
    const POLICIES: &str = "select 'the policy ' || policyname || ' on ' || tablename as value from pg_policies \
        where schemaname = current_schema()";
    sql(POLICIES).column(tx).await
}

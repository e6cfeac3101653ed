//! What a database lacks of the schema that it says to have.
//!
//! What belongs to a schema is not listed here: its tables, columns and indexes are those of a database in memory
//! that the same migrations have made, and its policies are those that the texts of the migrations create.

use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::place::Place;
use super::{Db, Engine, Pools, Result, Scope, Single, Tx, migrations, schema, sql};

impl Db {
    /// Tables, columns, indexes and policies that belong to the schema of this number and are not there, in words.
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
        // A table that is missing stands for its columns.
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

/// A database in memory with this schema.
async fn made(version: i64) -> Result<Db> {
    let options = SqliteConnectOptions::new().in_memory(true);
    // OK because the one connection is the database: it is kept as long as the pool is.
    let pool = SqlitePoolOptions::new().max_connections(1).min_connections(1).connect_with(options).await?;
    let place = Arc::new(Place::of(Path::new("")));
    let db = Db::over(Pools::Sqlite { read: pool.clone(), write: pool, place }, Arc::default());
    db.migrate_to(version).await?;
    Ok(db)
}

/// The tables, columns and indexes, each in words.
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
    Ok(sql(POLICIES).all::<Single<String>>(tx).await?.into_iter().map(|Single(policy)| policy).collect())
}

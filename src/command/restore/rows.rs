//! Restores the rows of a PostgreSQL backup, in one transaction.

use std::path::Path;

use anyhow::{Context as _, bail};

use crate::backup::{self, DATABASE_FOLDER, Manifest, Progress};
use crate::command::say;
use crate::db::transfer::Filling;
use crate::db::{self, Db, Scope, schema};

/// Opens the database, migrates its schema to the version of the backup, and checks that it is empty.
pub(super) async fn prepare(address: &str, manifest: &Manifest, replace: bool) -> anyhow::Result<Filling> {
    let shown = db::shown(address);
    let db = Db::connect(address).await.with_context(|| format!("the database {shown} cannot be opened"))?;
    if db.others().await? > 0 {
        bail!("another RecomAMP uses {shown}: stop it first, or name another database");
    }
    let mut tx = db.read(&Scope::Owner).await?;
    let found = schema::version(&mut tx).await?;
    drop(tx);
    match found {
        None => db.migrate_to(manifest.schema).await.context("the tables cannot be made")?,
        Some(found) if found == manifest.schema => {}
        Some(found) => bail!(
            "the database {shown} has the schema {found} and the backup {}: restore into a database without tables",
            manifest.schema
        ),
    }
    let mut filling = Filling::begin(&db).await?;
    let occupied = filling.occupied().await?;
    if !occupied.is_empty() && !replace {
        let names: Vec<String> = occupied.iter().map(|(name, rows)| format!("{name} ({rows})")).collect();
        bail!(
            "the database {shown} has rows already: {}. Nothing was changed. Name another database, or say --replace: \
             then these rows go",
            names.join(", ")
        );
    }
    filling.clear().await?;
    Ok(filling)
}

/// Inserts all rows, and commits if their number matches the manifest.
pub(super) async fn fill(mut filling: Filling, backup: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let mut progress = Progress::begin("Restoring the database", say);
    let mut tables = filling.tables().to_vec();
    let unknown = manifest.tables.iter().find(|kept| !tables.iter().any(|table| table.name == kept.name));
    if let Some(unknown) = unknown {
        bail!("the backup has a table {}, which this database does not have", unknown.name);
    }
    for table in &mut tables {
        let Some(kept) = manifest.tables.iter().find(|kept| kept.name == table.name) else { continue };
        // The file's own column order applies.
        let column = |name: &String| table.columns.iter().find(|column| column.name == *name).cloned();
        let columns: Option<Vec<_>> = kept.columns.iter().map(column).collect();
        table.columns = columns
            .filter(|columns| columns.len() == table.columns.len())
            .with_context(|| format!("the table {} has other columns than the backup's", table.name))?;
        let path = backup.join(DATABASE_FOLDER).join(format!("{}.jsonl", table.name));
        backup::read_rows(&path, &mut filling, table, &mut progress).await?;
        let rows = filling.count(table).await?;
        if rows != kept.rows {
            bail!("the table {} has {rows} rows where the backup has {}", table.name, kept.rows);
        }
    }
    Ok(filling.commit().await?)
}

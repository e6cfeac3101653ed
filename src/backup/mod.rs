//! Backups: a consistent copy of everything in a folder, made while the program runs; and checking one.
//!
//! The database is copied first, as of one instant: files are only ever added before a row refers to them, so files
//! copied afterwards contain at least what the rows refer to. PostgreSQL is read in one transaction, with the tables
//! taken from the schema, so that no client programs are needed. The key ring is only included on request: with it, a
//! backup decrypts every grant. The command line and the nightly backup use the same functions.

mod files;
mod manifest;
mod progress;
mod rows;

use std::path::Path;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};

pub use files::{below, copy, verify};
pub use manifest::{DATABASE_FILE, DATABASE_FOLDER, EMULATOR, Entry, KEYS, Manifest, RESULTS};
pub use progress::Progress;
pub use rows::read as read_rows;

use crate::config::Config;
use crate::db::transfer::Snapshot;
use crate::db::{Db, Engine};
use crate::web::words;

/// Writes a backup of everything into an existing empty folder; the progress is reported to `say`. `db` should have been
/// opened for it alone: a copy of SQLite occupies its connection.
pub async fn make(
    config: &Config,
    db: &Db,
    folder: &Path,
    now: DateTime<Utc>,
    with_keys: bool,
    say: fn(&str),
) -> anyhow::Result<Manifest> {
    let mut manifest = database(db, folder, now, say).await?;
    let (config, folder) = (config.clone(), folder.to_owned());
    let copying = tokio::task::spawn_blocking(move || {
        files_of(&config, &folder, with_keys, &mut manifest, say)?;
        manifest.write(&folder)?;
        Ok(manifest)
    });
    copying.await?
}

/// Opens a backup and checks it: every file against its checksum, the database for damage, every row for its form, and
/// the number of rows of each table.
pub async fn check(folder: &Path, say: fn(&str)) -> anyhow::Result<Manifest> {
    let path = folder.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        let manifest = Manifest::read(&path)?;
        verify(&path, &manifest.files, Progress::begin("Checking the backup", say))?;
        if manifest.is_of(Engine::Postgres) {
            for table in &manifest.tables {
                let file = path.join(DATABASE_FOLDER).join(format!("{}.jsonl", table.name));
                fits(table, rows::check(&file, table.columns.len())?)?;
            }
        }
        anyhow::Ok(manifest)
    });
    let manifest = reading.await??;
    if manifest.is_of(Engine::Sqlite) {
        let copy = Db::look_at(&folder.join(DATABASE_FILE)).await?;
        let damage = copy.damage().await?;
        if !damage.is_empty() {
            bail!("the database in the backup is damaged: {}", damage.join("; "));
        }
        let mut snapshot = Snapshot::begin(&copy).await?;
        for table in snapshot.tables().to_vec() {
            let counted = manifest.tables.iter().find(|counted| counted.name == table.name);
            let counted = counted.with_context(|| format!("the manifest doesn't name the table {}", table.name))?;
            fits(counted, snapshot.count(&table).await?)?;
        }
        drop(snapshot);
        copy.close().await;
    }
    Ok(manifest)
}

fn fits(table: &manifest::Counted, rows: u64) -> anyhow::Result<()> {
    if rows != table.rows {
        bail!("the table {} has {rows} rows in the backup and {} in its manifest", table.name, table.rows);
    }
    Ok(())
}

async fn database(db: &Db, folder: &Path, now: DateTime<Utc>, say: fn(&str)) -> anyhow::Result<Manifest> {
    if db.engine() == Engine::Sqlite {
        let file = folder.join(DATABASE_FILE);
        let mut progress = Progress::begin("Copying the database", say);
        let size = || file.metadata().map_or_else(|_| "begun".to_owned(), |file| words::bytes(file.len()));
        progress.during(db.copy_into(&file), size).await.context("the database cannot be copied")?;
        let copy = Db::look_at(&file).await?;
        let manifest = counted(&mut Snapshot::begin(&copy).await?, Manifest::new(now, Engine::Sqlite, 0)).await?;
        copy.close().await;
        return listed(manifest, folder, DATABASE_FILE.to_owned());
    }
    std::fs::create_dir_all(folder.join(DATABASE_FOLDER))?;
    let mut snapshot = Snapshot::begin(db).await?;
    let mut manifest = counted(&mut snapshot, Manifest::new(now, Engine::Postgres, 0)).await?;
    let mut progress = Progress::begin("Copying the database", say);
    for table in snapshot.tables().to_vec() {
        let name = format!("{DATABASE_FOLDER}/{}.jsonl", table.name);
        rows::write(&mut snapshot, &table, &folder.join(&name), &mut progress).await?;
        manifest = listed(manifest, folder, name)?;
    }
    Ok(manifest)
}

/// Records the schema version and the row count of every table.
async fn counted(snapshot: &mut Snapshot, mut manifest: Manifest) -> anyhow::Result<Manifest> {
    let Some(schema) = snapshot.version().await? else {
        bail!("the database is empty: RecomAMP never ran on it, so there is nothing to back up");
    };
    manifest.schema = schema;
    for table in snapshot.tables().to_vec() {
        let columns = table.columns.iter().map(|column| column.name.clone()).collect();
        let rows = snapshot.count(&table).await?;
        manifest.tables.push(manifest::Counted { name: table.name, rows, columns });
    }
    Ok(manifest)
}

fn listed(mut manifest: Manifest, folder: &Path, path: String) -> anyhow::Result<Manifest> {
    let (bytes, sha256) = files::sum(&folder.join(&path))?;
    manifest.files.push(Entry { path, bytes, sha256 });
    Ok(manifest)
}

/// The files beside the database: results, the AMC emulator, and the keys on request.
fn files_of(
    config: &Config,
    folder: &Path,
    with_keys: bool,
    manifest: &mut Manifest,
    say: fn(&str),
) -> anyhow::Result<()> {
    let results = config.data_dir.join(RESULTS);
    // OK without unfinished files: their execution's result is downloaded again.
    let unfinished = |path: &Path| path.starts_with("unfinished");
    manifest.files.extend(files::take(
        &results,
        folder,
        RESULTS,
        Progress::begin("Copying results", say),
        &unfinished,
    )?);
    let emulator = config.data_dir.join(EMULATOR);
    if emulator.exists() {
        let progress = Progress::begin("Copying the AMC emulator", say);
        manifest.files.extend(files::take(&emulator, folder, EMULATOR, progress, &is_made_again)?);
    }
    if with_keys {
        let (bytes, sha256) = files::copy(&config.keys_file, &folder.join(KEYS))
            .with_context(|| format!("the key file {} cannot be copied", config.keys_file.display()))?;
        manifest.files.push(Entry { path: KEYS.to_owned(), bytes, sha256 });
    }
    Ok(())
}

/// Whether the AMC emulator can recreate a file: generated data, which follows from the seed, and temporary files.
pub fn is_made_again(path: &Path) -> bool {
    let passing = path.extension().is_some_and(|ending| ending == "lock" || ending == "new");
    path.starts_with("world") || (passing && path.components().count() == 1)
}

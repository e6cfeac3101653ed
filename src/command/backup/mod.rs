//! `recomamp backup`: a consistent copy of everything, while the program runs.
//!
//! The database is copied first, as of one instant: files are only ever added before a row refers to them, so files
//! copied afterwards contain at least what the rows refer to. PostgreSQL is read in one transaction, with the tables
//! taken from the schema, so that no client programs are needed. The key ring is only included on request: with it, a
//! backup decrypts every grant.

mod files;
mod manifest;
mod rows;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

pub(super) use files::{below, copy, verify};
pub(super) use manifest::{DATABASE_FILE, DATABASE_FOLDER, EMULATOR, Entry, KEYS, Manifest, RESULTS};
pub(super) use rows::read as read_rows;

use super::progress::Progress;
use super::{give, say, schema};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::transfer::Snapshot;
use crate::db::{self, Db, Engine};
use crate::vault::private_folder;
use crate::web::words;

/// Where a backup goes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The folder for the backup; it must be empty or not exist yet.
    folder: PathBuf,
    /// Include the key ring. Anyone who has such a backup can use every grant in it.
    #[arg(long)]
    with_keys: bool,
}

/// Makes a backup, and prints what it contains.
pub(super) async fn run(config: Config, options: Options) -> anyhow::Result<ExitCode> {
    let folder = options.folder;
    empty(&folder)?;
    let address = &config.database_url;
    let db =
        Db::inspect(address).await.with_context(|| format!("the database {} cannot be opened", db::shown(address)))?;
    schema::known(&db, address).await?;
    fresh(&folder)?;
    let mut manifest = database(&db, &folder).await?;
    db.close().await;
    files_of(&config, &folder, options.with_keys, &mut manifest)?;
    manifest.write(&folder)?;
    print_report(&config, &manifest, &folder);
    Ok(ExitCode::SUCCESS)
}

/// Refuses a folder that isn't empty.
fn empty(folder: &Path) -> anyhow::Result<()> {
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty: name a folder that is empty or not there yet", folder.display());
    }
    Ok(())
}

/// Creates the folder, readable only by its owner.
fn fresh(folder: &Path) -> anyhow::Result<()> {
    private_folder(folder).with_context(|| format!("{} cannot be made", folder.display()))
}

async fn database(db: &Db, folder: &Path) -> anyhow::Result<Manifest> {
    let now = Clock::system().now();
    if db.engine() == Engine::Sqlite {
        let file = folder.join(DATABASE_FILE);
        let mut progress = Progress::begin("Copying the database");
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
    let mut progress = Progress::begin("Copying the database");
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
fn files_of(config: &Config, folder: &Path, with_keys: bool, manifest: &mut Manifest) -> anyhow::Result<()> {
    let results = config.data_dir.join(RESULTS);
    // OK without unfinished files: their execution's result is downloaded again.
    let unfinished = |path: &Path| path.starts_with("unfinished");
    manifest.files.extend(files::take(&results, folder, RESULTS, Progress::begin("Copying results"), &unfinished)?);
    let emulator = config.data_dir.join(EMULATOR);
    if emulator.exists() {
        let progress = Progress::begin("Copying the AMC emulator");
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
pub(super) fn is_made_again(path: &Path) -> bool {
    let passing = path.extension().is_some_and(|ending| ending == "lock" || ending == "new");
    path.starts_with("world") || (passing && path.components().count() == 1)
}

fn print_report(config: &Config, manifest: &Manifest, folder: &Path) {
    let results = manifest.below(RESULTS).count();
    give(&format!(
        "{}: {} rows in {} tables, {results} results, {} in {} files, as of {}.",
        folder.display(),
        manifest.rows(),
        manifest.tables.len(),
        words::bytes(manifest.bytes()),
        manifest.files.len(),
        manifest.made_at.format("%Y-%m-%d %H:%M:%S UTC"),
    ));
    if let Some(bucket) = &config.results_bucket {
        say(&format!(
            "Results are in the bucket {}, which is not part of this backup: use the service's versioning or replication.",
            bucket.name
        ));
    }
    if manifest.has_keys() {
        say("The key ring is in this backup: whoever has it can use every grant. Keep it as you keep passwords.");
    } else {
        say("The key ring is not in this backup. Keep a copy of the key file apart: without it the stored grants do \
             not open, and everybody has to sign in again. (--with-keys puts it in.)");
    }
}

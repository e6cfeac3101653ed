//! `recomamp restore`: restores a backup into an empty installation.
//!
//! Every file is compared with its checksum before anything is changed. Nothing is ever overwritten: existing files
//! make the program stop, or, with `--replace`, are renamed. PostgreSQL rows can't be renamed; with `--replace` they
//! are deleted in the same transaction that inserts the new ones.

mod place;
mod rows;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::{give, say};
use crate::backup::{self, Manifest, Progress};
use crate::clock::Clock;
use crate::command;
use crate::config::Config;
use crate::connections;
use crate::db::{self, Db, Engine, schema};
use crate::ids::Random;
use crate::vault::Vault;
use crate::web::words::{self, counted};
use place::Place;

/// What is restored.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The folder of the backup.
    folder: PathBuf,
    /// Restore even if something exists: files are renamed, PostgreSQL rows are deleted.
    #[arg(long)]
    replace: bool,
}

/// Restores a backup to where the settings point.
pub(super) async fn run(config: Config, options: Options) -> anyhow::Result<ExitCode> {
    let backup = &options.folder;
    let manifest = Manifest::read(backup)?;
    fits(&manifest, &config)?;
    backup::verify(backup, &manifest.files, Progress::begin("Checking the backup", say))?;
    let now = Clock::system().now();
    let place = Place::new(&config);
    let _lock = place.hold()?;
    if db::file(&config.database_url).is_some() {
        place.make_room(&manifest, options.replace, now)?;
        place.take_files(backup, &manifest)?;
    } else {
        let filling = rows::prepare(&config.database_url, &manifest, options.replace).await?;
        place.make_room(&manifest, options.replace, now)?;
        place.take_files(backup, &manifest)?;
        rows::fill(filling, backup, &manifest).await?;
    }
    let db = Db::existing(&config.database_url).await.context("the restored database cannot be opened")?;
    let damage = db.damage().await?;
    if !damage.is_empty() {
        bail!("the restored database is damaged: {}. Use another backup", damage.join("; "));
    }
    command::schema::bring_up_to_date(&db, &config.database_url)
        .await
        .context("the restored database cannot be brought up to date")?;
    print_report(&manifest, &config, &db).await?;
    db.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Refuses a backup that doesn't fit this program or these settings.
fn fits(manifest: &Manifest, config: &Config) -> anyhow::Result<()> {
    let engine = if db::file(&config.database_url).is_some() { Engine::Sqlite } else { Engine::Postgres };
    if !manifest.is_of(engine) {
        bail!(
            "the backup was made of another kind of database ({}) than RECOMAMP_DATABASE_URL names ({}). Restore it \
             into its own kind; `recomamp copy` moves from SQLite to PostgreSQL",
            manifest.engine,
            engine.name()
        );
    }
    if manifest.schema > schema::newest() {
        bail!(
            "the backup was made by the newer version {}: restore it with that version, or a later one",
            manifest.version
        );
    }
    Ok(())
}

async fn print_report(manifest: &Manifest, config: &Config, db: &Db) -> anyhow::Result<()> {
    give(&format!(
        "Restored the backup of {}: {} rows in {} tables, {} results, {}.",
        manifest.made_at.format("%Y-%m-%d %H:%M:%S UTC"),
        manifest.rows(),
        manifest.tables.len(),
        manifest.below(backup::RESULTS).count(),
        words::bytes(manifest.bytes()),
    ));
    for name in ["people", "queries", "executions", "connections"] {
        if let Some(table) = manifest.tables.iter().find(|table| table.name == name) {
            say(&format!("  {name}: {}", table.rows));
        }
    }
    let file = config.keys_file.display();
    if !config.keys_file.exists() {
        let grants = manifest.tables.iter().find(|table| table.name == "connections").map_or(0, |table| table.rows);
        if grants > 0 {
            say(&format!(
                "There is no key file at {file}. Put the one that belongs to this backup there before you start; \
                 otherwise a new one is made and nothing runs in the background."
            ));
        }
        return Ok(());
    }
    let proof = connections::prove(db, &Vault::from_file(&config.keys_file, &Random::system())?).await?;
    let grants = i64::try_from(proof.grants).unwrap_or(i64::MAX);
    if proof.closed.is_empty() {
        say(&format!("The key file {file} opens {}.", counted(grants, "stored grant", "stored grants")));
    } else {
        say(&format!(
            "The key file {file} does not open {} of {grants} stored grants ({}). Put the right one there before you \
             start; otherwise their owners have to sign in again.",
            proof.closed.len(),
            proof.owners()
        ));
    }
    Ok(())
}

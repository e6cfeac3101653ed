//! `recomamp backup`: a consistent copy of everything, while the program runs; see [`crate::backup`].

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::{give, say, schema};
use crate::backup::{self, Manifest, RESULTS};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{self, Db};
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
    let manifest = backup::make(&config, &db, &folder, Clock::system().now(), options.with_keys, say).await?;
    db.close().await;
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

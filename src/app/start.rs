//! Checks before the program starts: the database belongs to the data folder, its schema has the right version, and
//! the key ring decrypts what is stored in it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{self, Db, schema};
use crate::ids::Random;
use crate::vault::{self, Vault};
use crate::{connections, executions};

/// Creates the data folder if it is missing, and checks that this process can write there.
pub(super) fn data_folder(folder: &Path) -> anyhow::Result<()> {
    let who = vault::user_id().map(|id| format!(" by user id {id}")).unwrap_or_default();
    let todo = "give it to that user, or set RECOMAMP_DATA_DIR to another place";
    vault::private_folder(folder)
        .with_context(|| format!("the data folder {} cannot be made{who}: {todo}", folder.display()))?;
    let probe = folder.join(format!(".start-{}", std::process::id()));
    let made = std::fs::File::create(&probe);
    // OK because a file that couldn't be created doesn't exist.
    let _ = std::fs::remove_file(&probe);
    made.map(drop).with_context(|| format!("the data folder {} cannot be written{who}: {todo}", folder.display()))
}

/// Opens the database and migrates its schema. A missing or empty one is refused if there are signs of a previous
/// one: its results, or an interrupted restore. Otherwise the next visitor would find an empty program and become its
/// administrator.
pub(super) async fn database(config: &Config) -> anyhow::Result<Db> {
    let file = db::file(&config.database_url);
    let is_there = file.as_ref().is_none_or(|file| std::fs::metadata(file).is_ok_and(|file| file.len() > 0));
    if !is_there {
        refuse_loss(config, "is missing or empty")?;
    }
    if file.is_some()
        && let Some(kind) = db::network_file_system(&config.data_dir)
    {
        tracing::warn!(
            folder = %config.data_dir.display(),
            "the data folder is on a network file system ({kind}), where SQLite may be damaged: move it to a disk of this \
             machine, or use PostgreSQL (RECOMAMP_DATABASE_URL)"
        );
    }
    let db = Db::connect(&config.database_url).await.context("the database cannot be opened")?;
    let others = db.others().await.unwrap_or_default();
    let found = db.version().await.context("the database cannot be read")?;
    if found.is_none() {
        refuse_loss(config, "has no tables")?;
    }
    db.migrate().await.context("the database cannot be opened")?;
    let newest = schema::newest();
    if let Some(found) = found.filter(|found| *found < newest) {
        tracing::warn!(from = found, to = newest, "the database's schema was brought up to date");
        if others > 0 {
            tracing::warn!(
                connections = others,
                "other processes use this database; those of an older version are no longer ready: start them again \
                 with this version"
            );
        }
    }
    Ok(db)
}

fn refuse_loss(config: &Config, what: &str) -> anyhow::Result<()> {
    let shown = db::shown(&config.database_url);
    if let Some(results) = executions::orphaned_results(&config.data_dir) {
        anyhow::bail!(
            "the database {shown} {what}, but {} contains results of its executions. Put the database back (`recomamp restore`), \
             or, to begin anew, move the folder of results away",
            results.display()
        );
    }
    let Some(file) = db::file(&config.database_url) else { return Ok(()) };
    let mut restoring = file.into_os_string();
    restoring.push(db::RESTORING);
    let restoring = PathBuf::from(restoring);
    anyhow::ensure!(
        !restoring.exists(),
        "the database {shown} {what}, and {} is left of a restore that did not come to its end. Run `recomamp restore` \
         again, or, to begin anew, remove that file",
        restoring.display()
    );
    Ok(())
}

/// Why background work must not start: the key ring decrypts none of the stored grants, so it is the wrong one. If it
/// decrypts some, the others are marked so that their owners sign in again, and work continues; grants that were
/// marked earlier and can be decrypted again are restored.
pub(super) async fn held(db: &Db, vault: &Vault, random: &Random, clock: &Clock) -> anyhow::Result<Option<String>> {
    let proof = connections::prove(db, vault).await?;
    if proof.is_wrong_ring() {
        let reason = format!(
            "The key file opens none of {} stored grants. Put the right key file back (RECOMAMP_KEYS_FILE) and start \
             again; until then nothing runs in the background, and grants that people give are not kept.",
            proof.grants
        );
        tracing::error!(reason, "background work is held back");
        return Ok(Some(reason));
    }
    connections::settle(db, vault, random, clock.now(), &proof).await?;
    Ok(None)
}

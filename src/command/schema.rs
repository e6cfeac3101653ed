//! Checks whether a database's schema fits this program, and migrates it.

use anyhow::{Context as _, bail};

use super::say;
use crate::db::{self, Db, schema};

/// Refuses a database with an unknown schema, or without tables; returns its schema version.
pub(super) async fn known(db: &Db, address: &str) -> anyhow::Result<i64> {
    let (shown, newest) = (db::shown(address), schema::newest());
    match db.version().await.with_context(|| format!("the database {shown} cannot be read"))? {
        Some(found) if found > newest => bail!(
            "the database {shown} has the schema {found}, and this version of RecomAMP knows {newest} at most. Nothing was \
             changed; use the version that runs on it"
        ),
        Some(found) => Ok(found),
        None => bail!(
            "the database {shown} has no tables: RecomAMP never ran on it, or what was in it is lost. Nothing was changed; \
             check RECOMAMP_DATABASE_URL, or restore the newest backup (`recomamp restore`)"
        ),
    }
}

/// Refuses any other schema version than this program's, for commands that change rows.
pub(super) async fn current(db: &Db, address: &str) -> anyhow::Result<()> {
    let (found, newest) = (known(db, address).await?, schema::newest());
    if found < newest {
        bail!(
            "the database {} has the schema {found}, and this version of RecomAMP works with {newest}. Nothing was \
             changed; make a backup and start this version once, which brings the schema up to date",
            db::shown(address)
        );
    }
    Ok(())
}

/// Migrates the schema, and reports the old and the new version.
pub(super) async fn bring_up_to_date(db: &Db, address: &str) -> anyhow::Result<()> {
    let (found, newest) = (db.version().await?, schema::newest());
    db.migrate().await?;
    if let Some(found) = found.filter(|found| *found < newest) {
        say(&format!("The schema of {} was brought from {found} to {newest}.", db::shown(address)));
    }
    Ok(())
}

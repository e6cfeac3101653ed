//! Checks the database: reachable, migrated, intact, row-level security effective, keys right.

use super::Finding;
use crate::amazon::Region;
use crate::config::Config;
use crate::connections;
use crate::db::{self, Db, Engine, Scope, Trouble, schema};
use crate::executions;
use crate::ids::Random;
use crate::vault::Vault;

const CHECK: &str = "database";
const LOST: &str = "Stop RecomAMP and restore the newest backup (`recomamp restore`). To begin anew, move the folder of results \
                    away.";
const DAMAGED: &str = "Stop RecomAMP, keep a copy of the file, and restore the newest backup.";

/// The findings, and the regions with grants.
pub(super) async fn examine(config: &Config) -> (Vec<Finding>, Vec<Region>) {
    let address = &config.database_url;
    let shown = db::shown(address);
    if let Some(finding) = missing(config, &shown) {
        return (vec![finding], Vec::new());
    }
    let db = match Db::inspect(address).await {
        Ok(db) => db,
        Err(error) => return (vec![unopened(&shown, &error)], Vec::new()),
    };
    let mut findings = Vec::new();
    let regions = match look(config, &db, &mut findings).await {
        Ok(regions) => regions,
        Err(error) => {
            findings.push(unwell(&shown, &error));
            Vec::new()
        }
    };
    db.close().await;
    (findings, regions)
}

/// A missing or empty file: normal in a new installation, data loss in another.
fn missing(config: &Config, shown: &str) -> Option<Finding> {
    let file = db::file(&config.database_url)?;
    let is_empty = match std::fs::metadata(&file) {
        Ok(file) if file.len() > 0 => return None,
        found => found.is_ok(),
    };
    let what = if is_empty {
        format!("The database file {shown} is empty")
    } else {
        format!("There is no database at {shown}")
    };
    if let Some(results) = executions::orphaned_results(&config.data_dir) {
        let what =
            format!("{what}, but {} contains results of its executions: the database is lost.", results.display());
        return Some(Finding::fault(CHECK, what, LOST));
    }
    if is_empty {
        let todo = "Restore the newest backup; for a new installation, remove the file: the first start makes it.";
        return Some(Finding::fault(CHECK, format!("{what}, which RecomAMP never leaves behind."), todo));
    }
    let todo = "Nothing, if this is a new installation: the first start makes it. Otherwise set RECOMAMP_DATA_DIR or \
                RECOMAMP_DATABASE_URL, or restore a backup.";
    Some(Finding::warning(CHECK, format!("{what} yet."), todo))
}

/// A database that can't be opened.
fn unopened(shown: &str, error: &db::Error) -> Finding {
    let todo = "Start it, or check RECOMAMP_DATABASE_URL: host, port, name, user and password.";
    match error {
        db::Error::Unreachable(why) => {
            Finding::fault(CHECK, format!("The database {shown} cannot be opened: {why}."), todo)
        }
        error if error.trouble() == Some(Trouble::Silent) => {
            // OK without the cause's message: it may quote the address, including the password.
            tracing::debug!(?error, "the database cannot be opened");
            Finding::fault(CHECK, format!("The database {shown} does not answer."), todo)
        }
        error => unwell(shown, error),
    }
}

/// A database that responds with an error.
fn unwell(shown: &str, error: &db::Error) -> Finding {
    match error {
        db::Error::Damaged(_) => damaged(shown),
        error => match error.trouble() {
            Some(Trouble::Full) => {
                Finding::fault(CHECK, format!("The disk of the database {shown} is full."), super::files::ROOM)
            }
            Some(Trouble::ReadOnly) => read_only(shown),
            _ => {
                let what = format!("The database {shown} answers, but not well: {error}.");
                Finding::fault(CHECK, what, "Look at the database's own log; restore a backup if it is damaged.")
            }
        },
    }
}

fn read_only(shown: &str) -> Finding {
    let todo = "PostgreSQL: let RECOMAMP_DATABASE_URL name the primary server, and set default_transaction_read_only off. \
                SQLite: give the file to the user who runs RecomAMP, and mount its disk writable.";
    Finding::fault(CHECK, format!("The database {shown} is read-only: nothing can be saved."), todo)
}

fn damaged(shown: &str) -> Finding {
    Finding::fault("integrity", format!("The database file is damaged: {shown}."), DAMAGED)
}

async fn look(config: &Config, db: &Db, findings: &mut Vec<Finding>) -> db::Result<Vec<Region>> {
    let shown = db::shown(&config.database_url);
    let mut tx = db.read(&Scope::Owner).await?;
    let (found, newest) = (schema::version(&mut tx).await?, schema::newest());
    drop(tx);
    match found {
        None => {
            findings.push(without_tables(config, db, &shown));
            findings.extend(may_create(db).await?);
            return Ok(Vec::new());
        }
        Some(found) if found < newest => findings.push(Finding::warning(
            CHECK,
            format!("{shown} has the schema {found} of {newest}."),
            "Make a backup, then start this version: it brings the schema up to date.",
        )),
        Some(found) if found > newest => {
            let what = format!("{shown} has the schema {found}; this program knows {newest}.");
            findings.push(Finding::fault(CHECK, what, "Start the newer version that made it."));
            return Ok(Vec::new());
        }
        Some(found) => {
            let what = format!("{} {shown} answers and has the schema {found}.", db.engine().name());
            findings.push(Finding::ok(CHECK, what));
        }
    }
    takes_changes(config, db, &shown, findings).await?;
    if found < Some(newest) {
        findings.extend(may_create(db).await?);
    }
    if has_gaps(db, found.unwrap_or(newest), findings).await {
        return Ok(Vec::new());
    }
    integrity(db, findings).await?;
    opens(config, db, findings).await
}

fn without_tables(config: &Config, db: &Db, shown: &str) -> Finding {
    let what = format!("{} {shown} answers and has no tables", db.engine().name());
    match (executions::orphaned_results(&config.data_dir), db.engine()) {
        (Some(results), _) => {
            let what = format!(
                "{what}, but {} contains results of its executions: what was in it is lost.",
                results.display()
            );
            Finding::fault(CHECK, what, LOST)
        }
        (None, Engine::Sqlite) => {
            let todo = "Restore the newest backup; for a new installation, remove the file: the first start makes it.";
            Finding::fault(CHECK, format!("{what}, which RecomAMP never leaves behind."), todo)
        }
        (None, Engine::Postgres) => Finding::ok(CHECK, format!("{what} yet.")),
    }
}

/// Whether the role has the privileges that a new schema needs; `None` if it does.
async fn may_create(db: &Db) -> db::Result<Option<Finding>> {
    let lacking = db.lacking_privileges().await?;
    Ok((!lacking.is_empty()).then(|| {
        let what = format!("The role that RecomAMP signs in with may not {}.", lacking.join(", and may not "));
        let todo = "As a superuser: grant create, usage on the schema to it, and alter role … createrole (the policies need \
                    a role of their own).";
        Finding::fault("privileges", what, todo)
    }))
}

/// Whether the database is writable, tested in a transaction that is rolled back.
async fn takes_changes(config: &Config, db: &Db, shown: &str, findings: &mut Vec<Finding>) -> db::Result<()> {
    let is_read_only = match db::file(&config.database_url) {
        Some(file) => !super::files::is_writable(&file),
        None => match db.write(&Scope::System).await {
            Ok(_) => false,
            Err(error) if error.trouble() == Some(Trouble::ReadOnly) => true,
            Err(error) => return Err(error),
        },
    };
    if is_read_only {
        findings.push(read_only(shown));
    }
    Ok(())
}

/// Whether a table, a column, an index or a policy of this schema is missing.
async fn has_gaps(db: &Db, version: i64, findings: &mut Vec<Finding>) -> bool {
    match db.gaps(version).await {
        Ok(gaps) if gaps.is_empty() => false,
        Ok(gaps) => {
            let what = format!("The schema lacks what belongs to it: {}.", gaps.join(", "));
            let todo = "Stop RecomAMP and restore the newest backup. A policy or an index alone can be made again by its \
                        statement in the migrations.";
            findings.push(Finding::fault("schema", what, todo));
            true
        }
        Err(error) => {
            let what = format!("The schema cannot be compared with what this version needs: {error:#}.");
            findings.push(Finding::fault("schema", what, "Restore the newest backup."));
            true
        }
    }
}

async fn integrity(db: &Db, findings: &mut Vec<Finding>) -> db::Result<()> {
    if db.engine() == Engine::Sqlite {
        let damage = db.damage().await?;
        findings.push(if damage.is_empty() {
            Finding::ok("integrity", "The database file is whole.")
        } else {
            Finding::fault("integrity", format!("The database file is damaged: {}.", damage.join("; ")), DAMAGED)
        });
        return Ok(());
    }
    let open = db.open_locks(&Random::system()).await?;
    findings.push(if open.is_empty() {
        Finding::ok("policies", "Row-level security keeps people apart: who is nobody sees nothing.")
    } else {
        let todo = "Give the tables back to the role that RecomAMP signs in with, and run its migrations on an empty \
                    database to compare.";
        Finding::fault("policies", format!("Row-level security does not hold: {}.", open.join("; ")), todo)
    });
    Ok(())
}

/// Whether the keys decrypt the stored grants; returns the regions of the grants.
async fn opens(config: &Config, db: &Db, findings: &mut Vec<Finding>) -> db::Result<Vec<Region>> {
    const GRANTS: &str = "grants";
    let regions = connections::regions(db).await?;
    let file = config.keys_file.as_path();
    if !file.exists() {
        let grants = connections::in_use(db).await?;
        if grants > 0 {
            let what = format!("There is no key file at {}, and {grants} stored grants need it.", file.display());
            let todo = "Put it back from where its copy is, before the next start: a start without it makes a new key that \
                        opens none of them.";
            findings.push(Finding::fault(GRANTS, what, todo));
        }
        return Ok(regions);
    }
    // OK to report nothing: an invalid key file has its own finding.
    let Ok(ring) = Vault::from_file(file, &Random::system()) else { return Ok(regions) };
    let proof = connections::prove(db, &ring).await?;
    let seals = connections::seals(db, &ring).await?;
    let all = proof.grants;
    findings.push(if proof.is_wrong_ring() {
        Finding::fault(
            GRANTS,
            format!("The key file opens none of {all} stored grants ({}): nothing runs in the background.", proof.owners()),
            "Put the right key file back (RECOMAMP_KEYS_FILE). If it is lost, their owners have to sign in again.",
        )
    } else if !proof.closed.is_empty() {
        Finding::fault(
            GRANTS,
            format!("The key file does not open {} of {all} stored grants: {}.", proof.closed.len(), proof.owners()),
            "Start RecomAMP once: it asks these people to sign in again. Or put the key back with which they were sealed.",
        )
    } else if seals.older > 0 {
        Finding::warning(
            GRANTS,
            format!("The keys open all of {all} stored grants, {} with an older key.", seals.older),
            "A rotation was not finished: run `recomamp keys rotate`.",
        )
    } else {
        Finding::ok(GRANTS, format!("The newest key opens all of {all} stored grants."))
    });
    Ok(regions)
}

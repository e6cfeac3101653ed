//! The database: whether it answers, is up to date, is whole, keeps people apart, and opens with the keys.

use super::Finding;
use crate::amazon::Region;
use crate::config::Config;
use crate::connections;
use crate::db::{self, Db, Engine, Scope, schema};
use crate::ids::Random;
use crate::vault::Vault;

const CHECK: &str = "database";
const DAMAGED: &str = "Stop RecomAMP, keep a copy of the file, and restore the newest backup.";

/// What was found, and the regions in which there are grants.
pub(super) async fn examine(config: &Config) -> (Vec<Finding>, Vec<Region>) {
    let address = &config.database_url;
    let shown = db::shown(address);
    if db::file(address).is_some_and(|file| !file.exists()) {
        let todo = "Nothing, if this is a new installation: the first start makes it. Otherwise set \
                    RECOMAMP_DATA_DIR or RECOMAMP_DATABASE_URL, or restore a backup.";
        return (vec![Finding::warning(CHECK, format!("There is no database at {shown} yet."), todo)], Vec::new());
    }
    let db = match Db::existing(address).await {
        Ok(db) => db,
        Err(error) => {
            let todo = "Start it, or check RECOMAMP_DATABASE_URL: host, port, name, user and password.";
            let finding = match &error {
                db::Error::Damaged(_) => damaged(&shown),
                db::Error::Unreachable(why) => {
                    Finding::fault(CHECK, format!("The database {shown} cannot be opened: {why}."), todo)
                }
                _ => {
                    // OK without the cause's own words: they may quote the address, and with it the password.
                    tracing::debug!(?error, "the database cannot be opened");
                    Finding::fault(CHECK, format!("The database {shown} does not answer."), todo)
                }
            };
            return (vec![finding], Vec::new());
        }
    };
    let mut findings = Vec::new();
    let regions = match look(config, &db, &mut findings).await {
        Ok(regions) => regions,
        Err(db::Error::Damaged(_)) => {
            findings.push(damaged(&shown));
            Vec::new()
        }
        Err(error) => {
            let what = format!("The database {shown} answers, but not well: {error}.");
            findings.push(Finding::fault(
                CHECK,
                what,
                "Look at the database's own log; restore a backup if it is damaged.",
            ));
            Vec::new()
        }
    };
    db.close().await;
    (findings, regions)
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
            let what = format!("{} {shown} answers and has no tables yet.", db.engine().name());
            findings.push(Finding::ok(CHECK, what));
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
    integrity(db, findings).await?;
    opens(config, db, findings).await
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

/// Whether the keys open what is stored; gives the regions of the grants.
async fn opens(config: &Config, db: &Db, findings: &mut Vec<Finding>) -> db::Result<Vec<Region>> {
    let regions = connections::regions(db).await?;
    let file = config.keys_file.as_path();
    let ring = file.exists().then(|| Vault::from_file(file, &Random::system()).ok()).flatten();
    let Some(ring) = ring else { return Ok(regions) };
    let seals = connections::seals(db, &ring).await?;
    let all = seals.current + seals.older + seals.closed;
    findings.push(match (seals.closed, seals.older) {
        (0, 0) => Finding::ok("grants", format!("The newest key opens all of {all} stored grants.")),
        (0, older) => Finding::warning(
            "grants",
            format!("The keys open all of {all} stored grants, {older} with an older key."),
            "A rotation was not finished: run `recomamp keys rotate`.",
        ),
        (closed, _) => Finding::fault(
            "grants",
            format!("The key file does not open {closed} of {all} stored grants: nothing runs for them."),
            "Put the right key file back (RECOMAMP_KEYS_FILE). If it is lost, their owners have to sign in again.",
        ),
    });
    Ok(regions)
}

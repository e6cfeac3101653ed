//! `recomamp keys rotate`: creates a new key, re-encrypts everything with it, and removes old keys.
//!
//! It works while the program is running, which rereads the key file before each encryption and whenever it finds an
//! unknown key. The next rotation completes an interrupted one, and then adds no key of its own. A key is only
//! removed when nothing is encrypted with it any more.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::{give, say, schema};
use crate::accounts::audit::{self, Action};
use crate::backup::Progress;
use crate::clock::Clock;
use crate::config::Config;
use crate::connections::{self, SealedTokens};
use crate::db::{self, Db, Scope};
use crate::deliveries;
use crate::ids::Random;
use crate::notices;
use crate::vault::{self, Vault};
use crate::web::words::counted;

/// How long a process may still use an old ring for a write in progress; checked again afterwards.
const SETTLE: Duration = Duration::from_secs(2);

/// Manage the key ring.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Keys {
    /// Create a new key and re-encrypt everything with it.
    Rotate(Rotate),
}

#[derive(Debug, clap::Args)]
pub(super) struct Rotate {
    /// Only add the new key and encrypt nothing yet: for several machines that must all get the new key file first.
    #[arg(long, conflicts_with = "retire")]
    add: bool,
    /// Remove all keys but the newest, if nothing is encrypted with them.
    #[arg(long)]
    retire: bool,
}

/// Runs the command.
pub(super) async fn run(config: Config, Keys::Rotate(options): Keys) -> anyhow::Result<ExitCode> {
    let file = config.keys_file.as_path();
    if !file.exists() {
        bail!("there is no key file at {}: the program makes one at its first start", file.display());
    }
    let held = vault::hold_ring(file).with_context(|| format!("{} cannot be changed", file.display()))?;
    let Some(_held) = held else { bail!("another process changes {}: wait for it", file.display()) };
    let address = &config.database_url;
    let db = Db::existing(address).await;
    let db = db.with_context(|| format!("the database {} cannot be opened", db::shown(address)))?;
    schema::current(&db, address).await?;
    right_ring(&db, file).await?;
    if options.retire {
        retire(&db, file).await?;
    } else {
        rotate(&db, file, options.add).await?;
    }
    db.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Refuses a ring that doesn't decrypt what is in use: with the wrong one, a rotation would encrypt nothing and look
/// complete.
async fn right_ring(db: &Db, file: &Path) -> anyhow::Result<()> {
    let proof = connections::prove(db, &Vault::from_file(file, &Random::system())?).await?;
    if proof.closed.is_empty() {
        return Ok(());
    }
    let (number, owners) = (grants(proof.closed.len()), proof.owners());
    if proof.is_wrong_ring() {
        bail!(
            "the key file {} opens none of the stored grants, so it is not the one that belongs to this database ({number} \
             of {owners}). Nothing was changed; put the right key file back (RECOMAMP_KEYS_FILE)",
            file.display()
        );
    }
    bail!(
        "the key file {} does not open {number} of {owners}. Nothing was changed; put the key back with which they were \
         sealed, or start RecomAMP once, which asks their owners to sign in again",
        file.display()
    )
}

async fn rotate(db: &Db, file: &Path, only_add: bool) -> anyhow::Result<()> {
    let random = Random::system();
    let seals = connections::seals(db, &Vault::from_file(file, &random)?).await?;
    let webhooks = notices::seals(db, &Vault::from_file(file, &random)?).await?;
    let destinations = deliveries::seals(db, &Vault::from_file(file, &random)?).await?;
    if seals.older + webhooks.older + destinations.older > 0 {
        say(&format!("{} sealed with an older key: finishing that rotation, without another key.", are(seals.older)));
    } else {
        vault::add_key(file, &random)?;
        say("A new key is on the ring. Running processes that read this key file seal with it from now on.");
    }
    if only_add {
        give("Copy the key file to every machine now, then run `recomamp keys rotate` to seal everything with it.");
        return Ok(());
    }
    let vault = Vault::from_file(file, &random)?;
    let mut progress = Progress::begin("Sealing again", say);
    let sealed =
        connections::reseal(db, &vault, |done| progress.at(|| format!("{done} of {}", seals.older + seals.current)))
            .await
            .context("not everything could be sealed again; run it again, it goes on where it stopped")?;
    let webhooks = notices::reseal(db, &vault).await.context("the secrets of webhooks could not be sealed again")?;
    let destinations =
        deliveries::reseal(db, &vault).await.context("the secrets of destinations could not be sealed again")?;
    let after = connections::seals(db, &vault).await?;
    let detail = json!({
        "key": vault.names().first(), "sealed": sealed, "webhooks": webhooks, "destinations": destinations,
        "keys": vault.names().len(),
    });
    note(db, Action::KeysRotated, detail).await?;
    give(&format!("The newest key seals everything: {} sealed again.", grants(sealed)));
    warn(after);
    if vault.names().len() > 1 {
        say("The older keys are still on the ring. `recomamp keys rotate --retire` takes them off.");
    }
    Ok(())
}

async fn retire(db: &Db, file: &Path) -> anyhow::Result<()> {
    let random = Random::system();
    let before = Vault::from_file(file, &random)?;
    let seals = connections::seals(db, &before).await?;
    if seals.older > 0 {
        bail!("{} still sealed with older keys: run `recomamp keys rotate` first", are(seals.older));
    }
    if notices::seals(db, &before).await?.older > 0 {
        bail!("secrets of webhooks are still sealed with older keys: run `recomamp keys rotate` first");
    }
    if deliveries::seals(db, &before).await?.older > 0 {
        bail!("secrets of destinations are still sealed with older keys: run `recomamp keys rotate` first");
    }
    let retired = before.names().split_off(1);
    if retired.is_empty() {
        give("There is one key only; nothing has to leave.");
        return Ok(());
    }
    // OK because the vault with the old ring stays in memory, as does the file's text.
    let text = vault::retire_keys(file)?;
    let old = Vault::from_text(&text, &random)?;
    tokio::time::sleep(SETTLE).await;
    let meanwhile = connections::seals(db, &old).await?;
    let others = notices::seals(db, &old).await?.older + deliveries::seals(db, &old).await?.older;
    if meanwhile.older > 0 || others > 0 {
        vault::write_ring(file, &text)?;
        bail!(
            "a running process sealed with an older key meanwhile, so the keys were put back. Run `recomamp keys \
             rotate`, then this again"
        );
    }
    note(db, Action::KeysRetired, json!({ "keys": retired })).await?;
    let number = i64::try_from(retired.len()).unwrap_or(i64::MAX);
    give(&format!(
        "{} left the ring. Backups of the database from before need the old key file.",
        counted(number, "key", "keys")
    ));
    warn(meanwhile);
    Ok(())
}

async fn note(db: &Db, action: Action, detail: serde_json::Value) -> anyhow::Result<()> {
    let mut tx = db.write(&Scope::System).await?;
    audit::write(&mut tx, &Random::system(), Clock::system().now(), None, action, "keys", detail).await?;
    Ok(tx.commit().await?)
}

fn warn(seals: SealedTokens) {
    if seals.closed > 0 {
        say(&format!("No key opens {}: their owners have to sign in again.", grants(seals.closed)));
    }
}

fn grants(number: usize) -> String {
    counted(i64::try_from(number).unwrap_or(i64::MAX), "grant", "grants")
}

fn are(number: usize) -> String {
    format!("{} {}", grants(number), if number == 1 { "is" } else { "are" })
}

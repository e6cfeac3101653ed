//! The state of the sealed addresses and secrets of endpoints, and resealing them with the newest key.

use super::store::{self, SealedText};
use super::webhooks::{sealed_place, url_place};
use crate::connections::SealedTokens;
use crate::db::{Db, Result, Scope};
use crate::vault::Vault;

impl SealedText {
    fn place(&self) -> String {
        match self {
            Self::Address(id, _) => url_place(id),
            Self::Secret(id, _) => sealed_place(id),
        }
    }

    fn sealed(&self) -> &str {
        match self {
            Self::Address(_, sealed) | Self::Secret(_, sealed) => sealed,
        }
    }
}

/// Counts the sealed texts by key.
pub async fn seals(db: &Db, vault: &Vault) -> Result<SealedTokens> {
    let mut seals = SealedTokens::default();
    let mut tx = db.read(&Scope::System).await?;
    for text in store::sealed_texts(&mut tx).await? {
        match vault.open(text.sealed(), &text.place()) {
            Ok(_) if vault.is_current(text.sealed()) => seals.current += 1,
            Ok(_) => seals.older += 1,
            Err(_) => seals.closed += 1,
        }
    }
    Ok(seals)
}

/// Reseals texts that weren't sealed with the first key; returns their number. Texts that a running program writes at
/// the same time aren't overwritten: it already uses the first key.
pub async fn reseal(db: &Db, vault: &Vault) -> Result<usize> {
    let mut tx = db.write(&Scope::System).await?;
    let mut done = 0;
    for text in store::sealed_texts(&mut tx).await? {
        if vault.is_current(text.sealed()) {
            continue;
        }
        // OK to skip because no key opens it; its owner has to enter it again.
        let Ok(open) = vault.open(text.sealed(), &text.place()) else { continue };
        let again = vault.seal(&open, &text.place());
        done += usize::from(store::seal_again(&mut tx, &text, &again).await?);
    }
    tx.commit().await?;
    Ok(done)
}

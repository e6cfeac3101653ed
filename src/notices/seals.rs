//! Which keys seal the addresses and secrets of endpoints, and sealing them again with the newest.

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

/// How all of them are sealed.
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

/// Seals again what is sealed with another key than the first; says how many. What a running program writes meanwhile
/// wins: it seals with the first key itself.
pub async fn reseal(db: &Db, vault: &Vault) -> Result<usize> {
    let mut tx = db.write(&Scope::System).await?;
    let mut done = 0;
    for text in store::sealed_texts(&mut tx).await? {
        if vault.is_current(text.sealed()) {
            continue;
        }
        // OK to pass over: no key opens it, and its owner enters it again.
        let Ok(open) = vault.open(text.sealed(), &text.place()) else { continue };
        let again = vault.seal(&open, &text.place());
        done += usize::from(store::seal_again(&mut tx, &text, &again).await?);
    }
    tx.commit().await?;
    Ok(done)
}

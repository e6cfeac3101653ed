//! Which keys seal the secrets of destinations, and sealing them again with the newest.

use super::store;
use crate::connections::SealedTokens;
use crate::db::{Db, Result, Scope};
use crate::ids::DestinationId;
use crate::vault::Vault;

/// What the secret of a destination is sealed for.
pub(super) fn secret_place(id: &DestinationId) -> String {
    format!("destinations/{id}/secret")
}

/// How all of them are sealed.
pub async fn seals(db: &Db, vault: &Vault) -> Result<SealedTokens> {
    let mut seals = SealedTokens::default();
    let mut tx = db.read(&Scope::System).await?;
    for (id, sealed) in store::sealed_secrets(&mut tx).await? {
        match vault.open(&sealed, &secret_place(&id)) {
            Ok(_) if vault.is_current(&sealed) => seals.current += 1,
            Ok(_) => seals.older += 1,
            Err(_) => seals.closed += 1,
        }
    }
    Ok(seals)
}

/// Seals again what is sealed with another key than the first; says how many. A secret that a running program stores
/// meanwhile stays: it is sealed with the first key.
pub async fn reseal(db: &Db, vault: &Vault) -> Result<usize> {
    let mut tx = db.write(&Scope::System).await?;
    let mut done = 0;
    for (id, sealed) in store::sealed_secrets(&mut tx).await? {
        if vault.is_current(&sealed) {
            continue;
        }
        // OK to pass over: no key opens it, and an administrator enters it again.
        let Ok(open) = vault.open(&sealed, &secret_place(&id)) else { continue };
        let again = vault.seal(&open, &secret_place(&id));
        done += usize::from(store::seal_again(&mut tx, &id, &sealed, &again).await?);
    }
    tx.commit().await?;
    Ok(done)
}

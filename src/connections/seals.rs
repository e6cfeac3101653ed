//! Which keys encrypt the stored grants, and encrypting them again with the newest.

use super::model::belongs_to;
use crate::db::{Db, FromRow, Result, Row, Scope, Tx, sql};
use crate::ids::ConnectionId;
use crate::vault::{OpenError, Vault};

/// Grants per transaction: few enough not to block a running program.
const BATCH: i64 = 50;
/// How many passes are made while a running program keeps writing.
const PASSES: usize = 10;

/// Which keys encrypt the stored grants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealedTokens {
    /// With the first key of the ring.
    pub current: usize,
    /// With another key of the ring.
    pub older: usize,
    /// With none of them, or modified; only their owners can renew these.
    pub closed: usize,
}

/// The encrypted tokens of one grant.
pub(super) struct Sealed {
    pub(super) id: ConnectionId,
    pub(super) access: String,
    pub(super) refresh: String,
}

impl FromRow for Sealed {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { id: row.get("id")?, access: row.get("sealed_access")?, refresh: row.get("sealed_refresh")? })
    }
}

impl Sealed {
    fn is_current(&self, vault: &Vault) -> bool {
        vault.is_current(&self.access) && vault.is_current(&self.refresh)
    }

    /// Both tokens, encrypted with the first key.
    fn again(&self, vault: &Vault) -> std::result::Result<[String; 2], OpenError> {
        let again = |text: &str, which: &str| {
            let place = belongs_to(&self.id, which);
            Ok(vault.seal(&vault.open(text, &place)?, &place))
        };
        Ok([again(&self.access, "access")?, again(&self.refresh, "refresh")?])
    }
}

async fn batch(tx: &mut Tx, after: &str) -> Result<Vec<Sealed>> {
    const BATCH_OF: &str = "select id, sealed_access, sealed_refresh from connections \
        where id > $1 and sealed_refresh <> '' order by id limit $2";
    sql(BATCH_OF).bind(after).bind(BATCH).all(tx).await
}

/// Counts all stored grants by key.
pub async fn seals(db: &Db, vault: &Vault) -> Result<SealedTokens> {
    let (mut seals, mut after) = (SealedTokens::default(), String::new());
    let mut tx = db.read(&Scope::System).await?;
    loop {
        let grants = batch(&mut tx, &after).await?;
        let Some(last) = grants.last() else { return Ok(seals) };
        after = last.id.to_string();
        for grant in &grants {
            match grant.again(vault) {
                Ok(_) if grant.is_current(vault) => seals.current += 1,
                Ok(_) => seals.older += 1,
                Err(_) => seals.closed += 1,
            }
        }
    }
}

/// Encrypts every grant again that uses another key than the first, a few at a time; reports progress to `each`.
/// Concurrent writes of a running program win: it uses the first key itself.
pub async fn reseal(db: &Db, vault: &Vault, mut each: impl FnMut(usize)) -> Result<usize> {
    let mut done = 0;
    for _ in 0..PASSES {
        let (mut after, before, mut missed) = (String::new(), done, false);
        loop {
            let mut tx = db.write(&Scope::System).await?;
            let grants = batch(&mut tx, &after).await?;
            let Some(last) = grants.last() else { break };
            after = last.id.to_string();
            for grant in grants.iter().filter(|grant| !grant.is_current(vault)) {
                // OK to skip: no key decrypts it, and its owner is asked to sign in again.
                let Ok([access, refresh]) = grant.again(vault) else { continue };
                if super::store::sealed_again(&mut tx, grant, &access, &refresh).await? {
                    done += 1;
                } else {
                    missed = true;
                }
            }
            tx.commit().await?;
            each(done);
        }
        if !missed && done == before {
            break;
        }
    }
    Ok(done)
}

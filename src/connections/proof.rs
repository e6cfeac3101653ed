//! Checks whether the key ring decrypts the stored grants, and marks those that it doesn't.
//!
//! A ring that decrypts none is the wrong one: nothing is changed then, since the right one may come back. A ring
//! that decrypts some is right, and the others were encrypted with another key: their owners are asked to sign in
//! again. The ciphertext is kept, so that a ring with the missing key restores such a grant at the next start.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::model::belongs_to;
use super::store;
use crate::accounts::audit::{self, Action};
use crate::amazon::Region;
use crate::db::{Db, FromRow, Result, Row, Scope};
use crate::ids::{ConnectionId, PersonId, Random};
use crate::vault::Vault;

/// The message for a grant that no key decrypts.
pub(super) const CLOSED: &str = "The key file can't decrypt this connection's tokens. Reconnect, or ask your RecomAMP \
                                 administrator to put back the key file that encrypted them.";

/// A grant that no key of the ring decrypts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedGrant {
    pub id: ConnectionId,
    pub person: PersonId,
    pub owner: String,
    pub region: Region,
    pub(super) revision: i64,
    sealed: [String; 2],
}

impl FromRow for ClosedGrant {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            person: row.get("person_id")?,
            owner: row.get("owner")?,
            region: row.get("region")?,
            revision: row.get("revision")?,
            sealed: [row.get("sealed_access")?, row.get("sealed_refresh")?],
        })
    }
}

impl ClosedGrant {
    fn opens(&self, vault: &Vault) -> bool {
        let opens = |text: &str, which| vault.open(text, &belongs_to(&self.id, which)).is_ok();
        opens(&self.sealed[0], "access") && opens(&self.sealed[1], "refresh")
    }
}

/// The outcome of [`prove`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// Stored grants that are in use.
    pub grants: usize,
    /// Those that no key of the ring decrypts, by their owners' names.
    pub closed: Vec<ClosedGrant>,
}

impl Proof {
    /// Whether nothing can be decrypted, so that the ring itself is the wrong one.
    pub fn is_wrong_ring(&self) -> bool {
        self.grants > 0 && self.closed.len() == self.grants
    }

    /// `Ada Park (NA), Ben Ito (EU)`: the owners of undecryptable grants, for administrators.
    pub fn owners(&self) -> String {
        let named = self.closed.iter().map(|grant| format!("{} ({})", grant.owner, grant.region.code()));
        named.collect::<Vec<_>>().join(", ")
    }
}

/// Tries the key ring on every grant that is in use, before anything depends on it.
pub async fn prove(db: &Db, vault: &Vault) -> Result<Proof> {
    let mut tx = db.read(&Scope::System).await?;
    let mut closed = store::sealed_grants(&mut tx, true).await?;
    let grants = closed.len();
    closed.retain(|grant| !grant.opens(vault));
    Ok(Proof { grants, closed })
}

/// How many grants are in use, whether they can be decrypted or not.
pub async fn in_use(db: &Db) -> Result<usize> {
    let mut tx = db.read(&Scope::System).await?;
    Ok(store::sealed_grants(&mut tx, true).await?.len())
}

/// Marks the grants that can't be decrypted, and restores those that were marked and can be decrypted now.
pub async fn settle(db: &Db, vault: &Vault, random: &Random, now: DateTime<Utc>, proof: &Proof) -> Result<()> {
    let mut tx = db.read(&Scope::System).await?;
    let marked = store::sealed_grants(&mut tx, false).await?;
    drop(tx);
    let open: Vec<_> = marked.iter().filter(|grant| grant.opens(vault)).collect();
    if open.is_empty() && proof.closed.is_empty() {
        return Ok(());
    }
    let mut tx = db.write(&Scope::System).await?;
    for grant in &proof.closed {
        if store::close(&mut tx, grant, CLOSED).await? {
            let detail = json!({ "region": grant.region.code(), "why": CLOSED });
            audit::write(&mut tx, random, now, Some(&grant.person), Action::Revoked, grant.id.as_str(), detail).await?;
            tracing::error!(
                connection.id = %grant.id, person.id = %grant.person,
                "the key file does not open this grant: its owner has to sign in again"
            );
        }
    }
    for grant in open {
        if store::take_back(&mut tx, grant, now).await? {
            tracing::info!(connection.id = %grant.id, "the key file opens this grant again");
        }
    }
    tx.commit().await
}

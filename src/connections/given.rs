//! A grant that is given without the consent page: for a rehearsal, whose Amazon is the AMC emulator.

use super::model::Grant;
use super::store;
use crate::amazon::Region;
use crate::db::{self, Tx};
use crate::ids::PersonId;
use crate::vault::Secret;
use crate::web::Site;

/// Stores a refresh token as a person's connection, active again if it wasn't. The first call gets the access token.
pub async fn give(tx: &mut Tx, site: &Site, person: &PersonId, region: Region, refresh: Secret) -> db::Result<()> {
    let now = site.clock.now();
    let grant = Grant { access: Secret::new(""), refresh, expires_at: now };
    store::put(tx, &site.vault, &site.random, now, person, region, &grant).await.map(drop)
}

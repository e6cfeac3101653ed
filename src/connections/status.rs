//! How a person's connections stand, for pages that say it in one line.

use chrono::{DateTime, Utc};

use super::model::State;
use super::store;
use crate::amazon::Region;
use crate::db::{PageRange, Result, Tx};
use crate::ids::{ConnectionId, PersonId};

/// How one connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionStatus {
    pub id: ConnectionId,
    /// Where it reaches.
    pub region: Region,
    /// Whether only its owner can bring it back.
    pub is_lost: bool,
    /// Renewals that failed in a row; they are retried automatically.
    pub failures: i64,
    /// When its token was last renewed.
    pub refreshed_at: DateTime<Utc>,
}

/// How a person's own connections stand, by region.
pub async fn standing(tx: &mut Tx, person: &PersonId) -> Result<Vec<ConnectionStatus>> {
    let filter = store::Filter { of: Some(person.clone()), ..store::Filter::default() };
    let connections = store::health(tx, &filter, PageRange::first(i64::MAX)).await?;
    Ok(connections
        .into_iter()
        .filter(|connection| connection.disconnected_at.is_none())
        .map(|connection| ConnectionStatus {
            id: connection.id,
            region: connection.region,
            is_lost: connection.state == State::Reconnect,
            failures: connection.failures,
            refreshed_at: connection.refreshed_at,
        })
        .collect())
}

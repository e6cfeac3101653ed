//! The status of a person's connections, for pages that show it in one line.

use chrono::{DateTime, Utc};

use super::model::State;
use super::store;
use crate::amazon::Region;
use crate::db::{PageRange, Result, Tx};
use crate::ids::{ConnectionId, PersonId};

/// The status of one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionStatus {
    pub id: ConnectionId,
    pub region: Region,
    /// Whether its owner must reconnect it.
    pub is_lost: bool,
    /// Consecutive failed refreshes; they are retried automatically.
    pub failures: i64,
    /// When its token was last refreshed.
    pub refreshed_at: DateTime<Utc>,
}

/// The status of a person's own connections, by region.
pub async fn statuses(tx: &mut Tx, person: &PersonId) -> Result<Vec<ConnectionStatus>> {
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

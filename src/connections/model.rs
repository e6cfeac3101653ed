//! Connections, and when their tokens are refreshed.

use chrono::{DateTime, TimeDelta, Utc};

use crate::amazon::Region;
use crate::ids::{ConnectionId, PersonId};
use crate::vault::Secret;

/// A token is refreshed when its remaining lifetime is less than this.
pub(super) const BUFFER: TimeDelta = TimeDelta::minutes(15);
/// A token with less remaining lifetime isn't used for a call: it could expire on the way.
const TOO_SHORT: TimeDelta = TimeDelta::seconds(30);

/// Whether a connection can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Active,
    /// Its owner revoked the grant, or it can't be decrypted: they must sign in again.
    Reconnect,
}

impl State {
    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Reconnect => "reconnect",
        }
    }
}

/// A connection's row; tokens are still encrypted.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) person: PersonId,
    pub(super) region: Region,
    pub(super) state: State,
    pub(super) sealed_access: String,
    pub(super) sealed_refresh: String,
    pub(super) access_expires_at: DateTime<Utc>,
    pub(super) failures: i64,
    pub(super) revision: i64,
}

impl Connection {
    /// Whether the access token is valid long enough for a call that starts now.
    pub(super) fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        now + TOO_SHORT < self.access_expires_at
    }
}

/// The associated data for encrypting a connection's token.
pub(super) fn belongs_to(id: &ConnectionId, which: &str) -> String {
    format!("connections/{id}/{which}")
}

/// Tokens, and when the access token expires.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) access: Secret,
    pub(super) refresh: Secret,
    pub(super) expires_at: DateTime<Utc>,
}

/// When to retry after this many consecutive failures: half a minute, doubling, at most ten minutes.
pub(super) fn retry_at(now: DateTime<Utc>, failures: i64) -> DateTime<Utc> {
    let seconds = 30_i64 << failures.clamp(0, 5);
    now + TimeDelta::seconds(seconds.min(600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_refreshes_are_tried_again_less_and_less_often() {
        let now = DateTime::UNIX_EPOCH;
        let waits: Vec<i64> = (0..8).map(|failures| (retry_at(now, failures) - now).num_seconds()).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 600, 600, 600]);
    }
}

//! The durations of a query's recent executions.

use chrono::{DateTime, TimeDelta, Utc};

use crate::executions::model::State as Stage;
use crate::ids::ExecutionId;
use crate::queries::PastRun;
use crate::web::components;

/// Another run of the same query.
pub(super) struct Earlier {
    pub(super) id: ExecutionId,
    pub(super) is_this: bool,
    pub(super) state: Stage,
    pub(super) created_at: DateTime<Utc>,
    pub(super) took: String,
    /// The duration in whole seconds, if it is in progress.
    pub(super) seconds: Option<i64>,
    pub(super) rows: String,
    /// Its duration as a percentage of the longest.
    pub(super) share: u32,
}

/// The last runs of the same query, newest first; empty if this is the only one.
pub(super) fn earlier(past: &[PastRun], this: &ExecutionId, now: DateTime<Utc>) -> Vec<Earlier> {
    if past.len() < 2 {
        return Vec::new();
    }
    let took = |one: &PastRun| (one.finished_at.unwrap_or(now) - one.created_at).max(TimeDelta::zero());
    let longest = past.iter().map(|one| took(one).num_milliseconds()).max().unwrap_or(0).max(1);
    let one = |one: &PastRun| Earlier {
        id: one.id.clone(),
        is_this: one.id == *this,
        state: one.state,
        created_at: one.created_at,
        took: components::duration(took(one)),
        seconds: (!one.state.is_final()).then(|| took(one).num_seconds()),
        rows: one.rows.map(components::count).unwrap_or_default(),
        share: u32::try_from(took(one).num_milliseconds() * 100 / longest).unwrap_or(0).max(1),
    };
    past.iter().map(one).collect()
}

//! A schedule and its next slot, for rooms that act on its results.

use super::store;
use crate::db::{Result, Tx};
use crate::ids::{InstanceId, PersonId, ScheduleId};
use crate::queries::WindowChoice;

/// A schedule with its next slot.
#[derive(Clone, Debug)]
pub struct Upcoming {
    pub id: ScheduleId,
    pub name: String,
    pub instance: InstanceId,
    pub instance_name: String,
    /// The saved query's name, or the schedule's own if its query isn't visible.
    pub query_name: String,
    /// Whether the reader may change it.
    pub can_change: bool,
    pub is_deleted: bool,
    /// The next slot and the time window that it will have.
    pub next: Option<(String, WindowChoice)>,
}

/// A schedule of an instance to which the person has access.
pub async fn upcoming(tx: &mut Tx, person: &PersonId, id: &ScheduleId) -> Result<Upcoming> {
    let schedule = store::find(tx, person, id).await?;
    let next = schedule.next.zip(schedule.next_at).and_then(|(name, at)| {
        let window = schedule.text_input().window.at(at).ok()?;
        Some((name.to_string(), window.choice()))
    });
    Ok(Upcoming {
        can_change: schedule.can_change() && schedule.deleted_at.is_none(),
        is_deleted: schedule.deleted_at.is_some(),
        query_name: schedule.query_name.clone().unwrap_or_else(|| schedule.name.clone()),
        id: schedule.id,
        name: schedule.name,
        instance: schedule.instance,
        instance_name: schedule.instance_name,
        next,
    })
}

//! What happens to a schedule whose owner can no longer run it: somebody else takes over, or it pauses once.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Ran, Scheduler, Step};
use crate::accounts::audit::{self, Action};
use crate::db::lease::Lease;
use crate::db::{self, Tx};
use crate::executions::Refusal;
use crate::schedules::calendar::Slot;
use crate::schedules::model::{Schedule, SlotState};
use crate::schedules::store;

/// Maximum number of people who are tried.
const MOST: i64 = 20;

/// Whether a refusal is due to the person's access, so that somebody else may be able to run it.
pub(super) const fn is_access(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Missing | Refusal::Role(_) | Refusal::NoConnection(_))
}

impl Scheduler {
    /// Starts the slot with the access of the first other person who can run it, and makes them the owner of the
    /// schedule. Returns `None` if nobody can.
    pub(super) async fn take_over(
        &self,
        lease: &Lease,
        schedule: &Schedule,
        (slot, is_late): (Slot, bool),
        next: Option<(Slot, DateTime<Utc>)>,
        refusal: &Refusal,
    ) -> db::Result<Option<Step>> {
        let now = self.site.clock.now();
        let others = {
            let mut tx = self.site.db.read(&db::Scope::System).await?;
            store::others_who_run(&mut tx, &schedule.instance, &schedule.owner, MOST).await?
        };
        for (person, name) in others {
            let heir = Schedule { owner: person, owner_name: name, ..schedule.clone() };
            let mut tx = self.write().await?;
            match self.execute(&mut tx, &heir, slot.name, slot.at, false).await {
                Ok(Ran::Started(execution) | Ran::ByHand(execution, _)) => {
                    let reason = format!(
                        "Started with the access of {}, who now owns the schedule: {} can no longer run it. \
                         {}",
                        heir.owner_name,
                        schedule.owner_name,
                        refusal.about(&schedule.owner_name)
                    );
                    let started = (SlotState::Started, reason.as_str());
                    store::put_slot(&mut tx, now, &schedule.id, &slot, started, is_late, Some(&execution)).await?;
                    store::set_owner(&mut tx, &schedule.id, &heir.owner).await?;
                    let detail = json!({ "name": schedule.name, "from": schedule.owner_name, "to": heir.owner_name });
                    let (random, entry) = (&self.site.random, Action::ScheduleTakenOver);
                    audit::write(&mut tx, random, now, None, entry, schedule.id.as_str(), detail).await?;
                    return self.arm(tx, lease, next).await.map(Some);
                }
                Err(Refusal::Db(error)) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// Pauses a schedule that nobody can run: otherwise each following slot would fail for the same reason.
    pub(super) async fn pause_without_access(&self, tx: &mut Tx, schedule: &Schedule, why: &str) -> db::Result<()> {
        let reason = format!(
            "Paused automatically: {} can no longer run it, and nobody else on the instance can take it over. {why}",
            schedule.owner_name
        );
        store::pause(tx, self.site.clock.now(), &schedule.id, &reason, None).await?;
        store::skip_queued(tx, &schedule.id, "The schedule was paused: nobody could run it.").await?;
        Ok(())
    }
}

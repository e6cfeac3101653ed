//! Reports backfills: failures once for each cause, and all windows in one message at the end.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::{CONNECTION, MOST, Notifier};
use crate::db::{self, Tx};
use crate::executions::Report;
use crate::ids::PersonId;
use crate::notices::compose::{self, BACKFILL_ENDED, WINDOW_FAILED};
use crate::notices::model::{Audience, Draft, Kind};
use crate::notices::store;
use crate::workers::Tick;

/// A backfill that ended longer ago is no news.
const NEWS: TimeDelta = TimeDelta::days(30);

impl Notifier {
    /// Reports a failed window, unless an earlier one of the same backfill failed for the same cause.
    pub(super) async fn window_failed(&self, tx: &mut Tx, report: &Report) -> db::Result<bool> {
        let Some(backfill) = report.origin_ref.as_deref() else { return Ok(false) };
        let draft = compose::window_failed(report, backfill, &store::instance_name(tx, &report.instance).await?);
        if store::has_open(tx, CONNECTION, &report.person).await?
            || !store::open(tx, self.now(), &draft.cause, Some(&report.person)).await?
        {
            return Ok(false);
        }
        self.notify_owner(tx, &report.person, &draft).await
    }

    /// Reports backfills that have finished or were paused automatically.
    pub(super) async fn backfills(&self, tick: &mut Tick) -> db::Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        for one in store::ended_backfills(&mut tx, now - NEWS, MOST).await? {
            tick.looked += 1;
            let windows = store::windows_of(&mut tx, &one.id).await?;
            let draft = compose::backfill_ended(&one, &windows);
            if !store::open(&mut tx, now, &draft.cause, Some(&one.owner)).await? {
                continue;
            }
            // One message per cause: the owner already received one about the lost connection.
            let is_known = one.is_paused && store::has_open(&mut tx, CONNECTION, &one.owner).await?;
            if !is_known {
                tick.changed += usize::from(self.notify_owner(&mut tx, &one.owner, &draft).await?);
            }
        }
        store::close_older(&mut tx, BACKFILL_ENDED, now - NEWS).await?;
        for cause in store::open_causes(&mut tx, WINDOW_FAILED).await? {
            let id = cause.trim_start_matches(WINDOW_FAILED).split(':').next().unwrap_or_default();
            if !store::is_backfill_open(&mut tx, id).await? {
                store::close(&mut tx, &cause).await?;
            }
        }
        tx.commit().await
    }

    /// Writes to the owner of a backfill, if they want to know of such an event.
    async fn notify_owner(&self, tx: &mut Tx, owner: &PersonId, draft: &Draft) -> db::Result<bool> {
        let Some(reader) = store::reader(tx, owner, draft.instance.as_ref()).await? else { return Ok(false) };
        let wants = match draft.kind {
            Kind::BackfillFinished => reader.preferences.results || reader.preferences.manual,
            _ => reader.preferences.failures,
        };
        let concerned = BTreeSet::from([owner.clone()]);
        let readers = if wants { concerned.clone() } else { BTreeSet::new() };
        self.open_with(tx, draft, &Audience { concerned, readers }).await
    }
}

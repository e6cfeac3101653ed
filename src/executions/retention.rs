//! Deletes results older than the retention period; the executions stay.
//!
//! The file is deleted first and the row marked afterwards: a crash in between leaves a row whose file is gone, and
//! the next tick marks it.

use std::time::Duration;

use chrono::{DateTime, Days, TimeDelta, Utc};
use futures::future::BoxFuture;

use super::store;
use super::submit::Executions;
use crate::db::Scope;
use crate::ids::ExecutionId;
use crate::results::Key;
use crate::workers::{Tick, Worker};

/// Results per tick; the next tick handles the rest immediately.
const MOST: i64 = 200;
/// The age at which temporary files left by a crash are deleted: longer than any download takes.
const UNFINISHED: TimeDelta = TimeDelta::days(1);

/// How long the feed of outcomes is kept: longer than any reader is ever behind.
const OUTCOMES: TimeDelta = TimeDelta::days(90);
/// Feed rows deleted per tick.
const MOST_OUTCOMES: i64 = 10_000;

#[derive(Debug)]
pub(super) struct Retention(Executions);

impl Retention {
    pub(super) const fn new(room: Executions) -> Self {
        Self(room)
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let site = &self.0.site;
        let now = site.clock.now();
        let swept = self.0.result_store.sweep(now - UNFINISHED).await?;
        let mut tick = Tick { looked: swept, changed: swept, ..Tick::default() };
        let mut tx = site.db.write(&Scope::System).await?;
        let forgotten = store::forget_outcomes(&mut tx, now - OUTCOMES, MOST_OUTCOMES).await?;
        tx.commit().await?;
        tick.changed += usize::try_from(forgotten).unwrap_or(usize::MAX);
        let Some(before) =
            site.config.limits.keep_results_days.and_then(|days| now.checked_sub_days(Days::new(days.into())))
        else {
            return Ok(tick);
        };
        let mut tx = site.db.read(&Scope::System).await?;
        let due = store::expired(&mut tx, before, MOST).await?;
        drop(tx);
        for id in &due {
            match self.remove(id, now).await {
                Ok(()) => tick.changed += 1,
                Err(error) => {
                    tracing::error!(execution.id = %id, %error, "an old result could not be removed");
                    tick.failed += 1;
                }
            }
        }
        tick.looked += due.len();
        if tick.failed == 0 && i64::try_from(due.len()).is_ok_and(|found| found == MOST) {
            tick.next = Some(now);
        }
        Ok(tick)
    }

    async fn remove(&self, id: &ExecutionId, now: DateTime<Utc>) -> anyhow::Result<()> {
        self.0.result_store.delete(&Key::from(id)).await?;
        let mut tx = self.0.site.db.write(&Scope::System).await?;
        store::mark_removed(&mut tx, id, now).await?;
        tx.commit().await?;
        self.0.tags.forget(id.as_str());
        Ok(())
    }
}

impl Worker for Retention {
    fn name(&self) -> &'static str {
        "retention"
    }

    fn duty(&self) -> &'static str {
        "Removes results past their retention."
    }

    fn period(&self) -> Duration {
        Duration::from_hours(1)
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

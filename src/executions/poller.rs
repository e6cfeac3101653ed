//! Moves executions along: sends, asks, fetches, one step for each that is due.

mod ask;
mod fetch;
mod send;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use futures::{StreamExt as _, stream};

use super::model::{Execution, Problem, State};
use super::store::{self, Change};
use super::submit::Executions;
use crate::amazon::{self, AmcInstanceId, EntityId, MarketplaceId, backoff};
use crate::connections::CallError;
use crate::db::{self, FromRow, Row, Scope, lease, sql};
use crate::ids::{InstanceId, ProcessId};
use crate::workers::{Tick, Worker};

/// The worker's name, for wakes.
pub(super) const NAME: &str = "poller";
/// A step takes seconds; after this another process may try. A long fetch renews its claim.
const LEASE: TimeDelta = TimeDelta::seconds(90);
/// Executions of one tick; the next tick takes the rest at once.
const MOST: i64 = 200;
/// Instances that are called at the same time.
const AT_ONCE: usize = 8;
/// First and longest wait between tries of a step that fails for a passing reason.
const RETRY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(2));

/// The worker.
#[derive(Debug)]
pub struct Poller {
    room: Executions,
    process: ProcessId,
}

/// How an instance is called.
#[derive(Clone, Debug)]
struct Address {
    amc_id: AmcInstanceId,
    entity: EntityId,
    marketplace: MarketplaceId,
}

impl FromRow for Address {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self { amc_id: row.get("amc_id")?, entity: row.get("entity_id")?, marketplace: row.get("marketplace_id")? })
    }
}

impl Poller {
    /// Works on `room`, claiming as `process`.
    pub fn new(room: Executions, process: ProcessId) -> Self {
        Self { room, process }
    }

    /// Ends the claims that a process before this one left. Only where no other process can be alive:
    /// on SQLite, whose file one process holds.
    pub async fn take_over(&self) -> db::Result<()> {
        let mut tx = self.room.site.db.write(&Scope::System).await?;
        let released = store::release_all(&mut tx, &self.process).await?;
        tx.commit().await?;
        if released > 0 {
            tracing::info!(executions = released, "took over executions of the process before");
        }
        Ok(())
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let due = self.claim().await?;
        let mut tick = Tick { looked: due.len(), ..Tick::default() };
        let mut groups: BTreeMap<InstanceId, Vec<Execution>> = BTreeMap::new();
        for execution in due {
            groups.entry(execution.instance.clone()).or_default().push(execution);
        }
        let mut groups = stream::iter(groups.into_values().map(|group| self.group(group))).buffer_unordered(AT_ONCE);
        while let Some(done) = groups.next().await {
            let (changed, failed) = done?;
            tick.changed += changed;
            tick.failed += failed;
        }
        drop(groups);
        let mut tx = self.room.site.db.read(&Scope::System).await?;
        tick.next = store::next_due(&mut tx).await?;
        Ok(tick)
    }

    async fn claim(&self) -> db::Result<Vec<Execution>> {
        let now = self.room.site.clock.now();
        let mut tx = self.room.site.db.write(&Scope::System).await?;
        let leases = lease::claim(&mut tx, store::DUE, &self.process, now, LEASE, MOST).await?;
        let mut due = Vec::with_capacity(leases.len());
        for lease in leases {
            due.extend(store::find_any(&mut tx, &lease.id).await?);
        }
        tx.commit().await?;
        // The oldest first, so that slots go to those who waited longest.
        due.sort_by(|left, right| left.id.cmp(&right.id));
        Ok(due)
    }

    /// One step for each execution of one instance; those that AMC has are asked after together.
    async fn group(&self, group: Vec<Execution>) -> db::Result<(usize, usize)> {
        const ADDRESS: &str = "select amc_id, entity_id, marketplace_id from instances where id = $1";
        let Some(first) = group.first() else { return Ok((0, 0)) };
        let mut tx = self.room.site.db.read(&Scope::System).await?;
        let address: Address = sql(ADDRESS).bind(&first.instance).one(&mut tx).await?;
        drop(tx);
        let (mut changed, mut failed) = (0, 0);
        let (running, others): (Vec<_>, Vec<_>) =
            group.into_iter().partition(|one| matches!(one.state, State::Pending | State::Running));
        for (execution, change) in self.ask(&address, running).await? {
            let ready = change.state == State::Fetching;
            self.write(&execution, &change, &mut changed, &mut failed).await?;
            if ready && let Some(execution) = self.again(&execution).await? {
                let change = self.fetch(&address, &execution).await?;
                self.write(&execution, &change, &mut changed, &mut failed).await?;
            }
        }
        for execution in others {
            let change = match execution.state {
                State::Waiting => self.send(&address, &execution).await?,
                State::Sending => self.look_up(&address, &execution).await?,
                State::Fetching => self.fetch(&address, &execution).await?,
                // OK because only unfinished executions are ever due.
                _ => Change::to(execution.state, None),
            };
            self.write(&execution, &change, &mut changed, &mut failed).await?;
        }
        Ok((changed, failed))
    }

    /// Writes a step and wakes what waits for it.
    async fn write(
        &self,
        execution: &Execution,
        change: &Change,
        changed: &mut usize,
        failed: &mut usize,
    ) -> db::Result<bool> {
        let now = self.room.site.clock.now();
        let mut tx = self.room.site.db.write(&Scope::System).await?;
        let ours = store::change(&mut tx, now, execution, change).await?;
        tx.commit().await?;
        self.room.tags.forget(execution.id.as_str());
        if !ours {
            tracing::warn!(execution.id = %execution.id, "the claim had lapsed; another process has it");
            return Ok(false);
        }
        *changed += usize::from(change.state != execution.state);
        *failed += usize::from(change.attempts > 0);
        if change.state != execution.state {
            let (from, to) = (execution.state.name(), change.state.name());
            tracing::info!(execution.id = %execution.id, from, to, "execution moved");
        }
        Ok(true)
    }

    /// The row after a step of this tick, still under the same claim.
    async fn again(&self, execution: &Execution) -> db::Result<Option<Execution>> {
        let mut tx = self.room.site.db.read(&Scope::System).await?;
        let found = store::find_any(&mut tx, execution.id.as_str()).await?;
        Ok(found.filter(|found| found.epoch == execution.epoch))
    }

    /// The same state again, after a failure that may pass.
    fn retry(&self, execution: &Execution, error: &CallError) -> Change {
        let site = &self.room.site;
        let asked = match error {
            CallError::Amazon(error) => error.retry_after(),
            CallError::Reconnect | CallError::Db(_) => None,
        };
        let attempt = u32::try_from(execution.attempts).unwrap_or(u32::MAX).min(16);
        let wait = backoff::delay(attempt, RETRY.0, RETRY.1, &site.random, asked);
        let next = site.clock.now() + TimeDelta::from_std(wait).unwrap_or(TimeDelta::minutes(2));
        let mut change = Change::to(execution.state, Some(next));
        change.attempts = execution.attempts + 1;
        change.lookups = execution.lookups;
        change.waiting_for = Some(match error {
            CallError::Reconnect => {
                change.next = Some(site.clock.now() + TimeDelta::minutes(1));
                "The connection to Amazon has to be renewed by its owner, under Connections.".to_owned()
            }
            error => format!("{error} It is tried again by itself."),
        });
        change
    }

    fn after(&self, span: TimeDelta) -> DateTime<Utc> {
        self.room.site.clock.now() + span
    }
}

/// What Amazon said, for the run's page.
fn problem(what: impl Into<String>, error: &amazon::Error) -> Problem {
    Problem {
        what: what.into(),
        words: error.amazons_words().unwrap_or_default().to_owned(),
        request_id: error.request_id().map(str::to_owned),
    }
}

impl Worker for Poller {
    fn name(&self) -> &'static str {
        NAME
    }

    fn duty(&self) -> &'static str {
        "Sends waiting runs, asks AMC how they go, fetches and keeps their results."
    }

    fn period(&self) -> Duration {
        self.room.site.config.limits.poll
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

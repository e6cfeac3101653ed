//! Advances executions: send, poll or download, one step for each that is due.
//!
//! Two workers share the steps. The poller does the short ones; downloading a result may take minutes, so the fetcher
//! does it, and no execution waits behind somebody else's large result.
//!
//! A step runs under a lease, and a lease never expires during a step: every call is [`bounded`], no step begins
//! later than [`BEGIN`] after the claim, and remaining leases are then released. A row that can't be read or written
//! is skipped; the others continue.

mod ask;
mod fetch;
mod send;
mod walk;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use futures::{StreamExt as _, stream};

pub(super) use fetch::Fetcher;
pub(super) use fetch::NAME as FETCHER;

use super::model::{Claimed, Problem, RETRYING, State};
use super::store::{self, Change, Happened};
use super::submit::Executions;
use crate::amazon::{self, ErrorKind, Network, backoff};
use crate::connections::CallError;
use crate::db::{self, Scope, lease};
use crate::ids::{InstanceId, ProcessId};
use crate::instances::Address;
use crate::workers::{Tick, Worker};
use ask::PolledLists;

/// The worker's name, for wake-ups.
pub(super) const NAME: &str = "poller";
/// Lease duration: longer than [`BEGIN`] plus the two calls of the longest step. A download renews its lease.
const LEASE: TimeDelta = TimeDelta::seconds(120);
/// No step begins later than this after its claim.
const BEGIN: TimeDelta = TimeDelta::seconds(30);
/// The time limit of a call, including all that its token needs; then it counts as unanswered. Shorter than
/// [`SETTLED`](super::model::SETTLED), so that an execution is never sent again while it is still being sent.
const CALL: Duration = Duration::from_secs(40);
/// Executions per tick; the next tick handles the rest immediately. This covers a large agency.
const MOST: i64 = 1_000;
/// How far before a send AMC's lists are requested, since its clock may be behind. This costs nothing: a list of one
/// workflow has one entry, and a list of an instance is read from its newest entry.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::days(1);
/// Instances that are called concurrently.
const AT_ONCE: usize = 8;
/// First and longest wait between retries of a transient failure.
const RETRY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(2));

#[derive(Debug)]
pub struct Poller {
    room: Executions,
    process: ProcessId,
}

impl Poller {
    /// Works on `room`, with leases of `process`.
    pub fn new(room: Executions, process: ProcessId) -> Self {
        Self { room, process }
    }

    /// Releases the leases of a previous process. Call it only if no other process can be running: with SQLite, whose
    /// file only one process uses.
    pub async fn take_over(&self) -> db::Result<()> {
        let mut tx = self.room.site.db.write(&Scope::System).await?;
        let released = store::release_all(&mut tx, &self.process).await?;
        tx.commit().await?;
        if released > 0 {
            tracing::info!(executions = released, "took over executions of the process before");
        }
        Ok(())
    }

    /// Releases the leases of this process, except those of executions being sent: that call may still arrive at AMC,
    /// and another process that looks it up too early wouldn't find it and would send it again.
    pub async fn release(&self) -> db::Result<()> {
        let mut tx = self.room.site.db.write(&Scope::System).await?;
        let given = store::release(&mut tx, &self.process).await?;
        tx.commit().await?;
        if given > 0 {
            tracing::info!(executions = given, "gave claims back");
        }
        Ok(())
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let begin_by = self.room.site.clock.now() + BEGIN;
        let due = self.claim(store::DUE, MOST).await?;
        let mut tick = Tick { looked: due.len(), ..Tick::default() };
        let mut groups: BTreeMap<InstanceId, Vec<Claimed>> = BTreeMap::new();
        for execution in due {
            groups.entry(execution.instance.clone()).or_default().push(execution);
        }
        let groups = groups.into_values().map(|group| self.group(group, begin_by));
        let mut groups = stream::iter(groups).buffer_unordered(AT_ONCE);
        while let Some(steps) = groups.next().await {
            for step in steps {
                count(&mut tick, step);
            }
        }
        drop(groups);
        tick.next = self.next_due(false).await?;
        Ok(tick)
    }

    async fn next_due(&self, fetching: bool) -> db::Result<Option<DateTime<Utc>>> {
        let mut tx = self.room.site.db.read(&Scope::System).await?;
        store::next_due(&mut tx, fetching).await
    }

    async fn claim(&self, queue: lease::Queue, most: i64) -> db::Result<Vec<Claimed>> {
        let now = self.room.site.clock.now();
        let mut tx = self.room.site.db.write(&Scope::System).await?;
        let pulled = store::pull_back(&mut tx, now).await?;
        let due = store::claim(&mut tx, queue, &self.process, (now, LEASE), most).await?;
        tx.commit().await?;
        if pulled > 0 {
            tracing::warn!(executions = pulled, "the clock was set back: what was planned for later is due now");
        }
        Ok(due)
    }

    async fn address(&self, instance: &InstanceId) -> db::Result<Address> {
        let mut tx = self.room.site.db.read(&Scope::System).await?;
        Address::find(&mut tx, instance).await
    }

    /// One step for each execution of one instance; those that AMC has are polled together.
    async fn group(&self, group: Vec<Claimed>, begin_by: DateTime<Utc>) -> Vec<Step> {
        let Some(first) = group.first() else { return Vec::new() };
        let address = match self.address(&first.instance).await {
            Ok(address) => address,
            Err(error) => return vec![step_failed(first, &error); group.len()],
        };
        let (at_amc, others): (Vec<_>, Vec<_>) = group.into_iter().partition(is_at_amc);
        let lists = if self.late(begin_by) { PolledLists::default() } else { self.lists(&address, &at_amc).await };
        let (updates, mut queue) = self.status_updates(&lists, at_amc);
        queue.extend(others);
        let mut steps = match self.write_all(&updates).await {
            Ok(steps) => steps,
            Err(error) => updates.iter().map(|(execution, _)| step_failed(execution, &error)).collect(),
        };
        for (at, execution) in queue.iter().enumerate() {
            if self.late(begin_by) {
                steps.extend(self.give_back(&queue[at..]).await.err().map(|error| step_failed(execution, &error)));
                break;
            }
            let step = match self.step(&address, execution, &lists).await {
                Ok(change) => self.write(execution, change).await,
                Err(error) => Err(error),
            };
            steps.push(step.unwrap_or_else(|error| step_failed(execution, &error)));
        }
        steps
    }

    fn late(&self, begin_by: DateTime<Utc>) -> bool {
        self.room.site.clock.now() >= begin_by
    }

    async fn step(&self, address: &Address, execution: &Claimed, lists: &PolledLists) -> db::Result<Change> {
        match execution.state {
            State::Waiting => self.send(address, &mut execution.clone()).await,
            State::Sending => self.look_up(address, execution).await,
            State::Pending | State::Running | State::Lost => self.ask(address, execution, lists).await,
            // OK because only unfinished executions are ever due, and the fetcher handles those that are ready.
            _ => Ok(Change::to(execution.state, None)),
        }
    }

    async fn give_back(&self, executions: &[Claimed]) -> db::Result<()> {
        let mut tx = self.room.site.db.write(&Scope::System).await?;
        store::give_back(&mut tx, executions).await?;
        tx.commit().await
    }

    /// Writes a step and wakes its followers.
    async fn write(&self, execution: &Claimed, change: Change) -> db::Result<Step> {
        let written = self.write_all(&[(execution.clone(), change)]).await?;
        Ok(written.first().copied().unwrap_or(Step::Nothing))
    }

    /// Writes steps in one transaction and wakes their followers.
    async fn write_all(&self, steps: &[(Claimed, Change)]) -> db::Result<Vec<Step>> {
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.room.site.clock.now();
        let mut tx = self.room.site.db.write(&Scope::System).await?;
        let mut ours = Vec::with_capacity(steps.len());
        for (execution, change) in steps {
            ours.push(store::change(&mut tx, now, execution, change).await?);
        }
        let ends = |(execution, change): &(Claimed, Change)| {
            // An execution that is polled after its end has nothing new until its state changes.
            change.state.is_final() && change.state != execution.state
        };
        for ((execution, change), _) in steps.iter().zip(&ours).filter(|(step, ours)| **ours && ends(step)) {
            store::announce(&mut tx, now, (&execution.id, &execution.instance), Happened::Ended, change.state).await?;
        }
        tx.commit().await?;
        Ok(steps.iter().zip(ours).map(|((execution, change), ours)| self.written(execution, change, ours)).collect())
    }

    fn written(&self, execution: &Claimed, change: &Change, ours: bool) -> Step {
        self.room.tags.forget(execution.id.as_str());
        if !ours {
            tracing::warn!(execution.id = %execution.id, "the claim had lapsed; another process has it");
            return Step::Nothing;
        }
        if change.state == State::Fetching && execution.state != State::Fetching {
            self.room.site.wakes.wake(fetch::NAME);
        }
        if change.state != execution.state {
            let (from, to) = (execution.state.name(), change.state.name());
            tracing::info!(execution.id = %execution.id, from, to, "execution moved");
        }
        if change.state.is_final() && change.state != execution.state {
            self.room.site.wakes.wake(super::OUTCOMES);
        }
        if change.attempts > 0 {
            Step::Failed
        } else if change.state != execution.state {
            Step::Moved
        } else {
            Step::Nothing
        }
    }

    /// Stays in the same state after a transient failure.
    fn retry(&self, execution: &Claimed, error: &CallError) -> Change {
        let site = &self.room.site;
        let asked = match error {
            CallError::Amazon(error) | CallError::Token(error) => error.retry_after(),
            CallError::Reconnect | CallError::Db(_) => None,
        };
        let attempt = u32::try_from(execution.attempts).unwrap_or(u32::MAX).min(16);
        let wait = backoff::delay(attempt, RETRY.0, RETRY.1, &site.random, asked);
        let next = site.clock.now() + TimeDelta::from_std(wait).unwrap_or(TimeDelta::minutes(2));
        let mut change = Change::to(execution.state, Some(next));
        // A grant that waits for its owner isn't a failure: it doesn't count as an attempt.
        change.attempts = execution.attempts + i64::from(!matches!(error, CallError::Reconnect));
        change.lookups = execution.lookups;
        change.waiting_for = Some(match error {
            CallError::Reconnect => {
                change.next = Some(site.clock.now() + TimeDelta::minutes(1));
                let owner = execution.connection_owner.as_deref();
                let whose = owner.map_or_else(|| "The".to_owned(), |owner| format!("{owner}'s"));
                format!("{whose} connection to Amazon needs reconnecting.")
            }
            error => format!("{} {RETRYING}", error.happened()),
        });
        change
    }

    fn after(&self, span: TimeDelta) -> DateTime<Utc> {
        self.room.site.clock.now() + span
    }
}

/// The outcome of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The execution has a new state.
    Moved,
    /// Its state is unchanged.
    Nothing,
    /// It failed, and is retried.
    Failed,
}

fn count(tick: &mut Tick, step: Step) {
    tick.changed += usize::from(step == Step::Moved);
    tick.failed += usize::from(step == Step::Failed);
}

/// A step that failed because of the database. The lease expires, and then it is retried.
fn step_failed(execution: &Claimed, error: &db::Error) -> Step {
    if error.trouble().is_some() {
        // OK because the database logs its problem once until it changes, and the step is retried.
        tracing::debug!(execution.id = %execution.id, %error, "a step of an execution could not be kept");
    } else {
        tracing::error!(execution.id = %execution.id, %error, "a step of an execution could not be kept");
    }
    Step::Failed
}

fn is_at_amc(execution: &Claimed) -> bool {
    matches!(execution.state, State::Pending | State::Running)
}

/// A call with the time limit [`CALL`]; after that it counts as unanswered.
async fn bounded<T>(call: impl Future<Output = Result<T, CallError>>) -> Result<T, CallError> {
    let unanswered = || amazon::Error::from(ErrorKind::Network(Network::Timeout));
    tokio::time::timeout(CALL, call).await.unwrap_or_else(|_| Err(unanswered().into()))
}

/// Amazon's message, for the execution's page.
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
        "Sends waiting executions and checks their status with AMC."
    }

    fn period(&self) -> Duration {
        self.room.site.config.limits.poll
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

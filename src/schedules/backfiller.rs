//! The worker that runs the windows of backfills at their configured pace.
//!
//! Each window is a row from the beginning, so missing ones are always visible. An execution is started in the
//! transaction that updates its window's row, with a key for this window: after a crash, the next tick continues with
//! the first waiting window.

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::BoxFuture;

use super::backfill::{Backfill, Stage, WindowRow, WindowState};
use super::feed::{self, Follower};
use super::model::SlotState;
use super::store;
use crate::db::lease::Lease;
use crate::db::{self, Db, Scope, Tx};
use crate::executions::{Actor, Cursor, Executions, Happened, Origin, Outcome, Refusal, Request, What};
use crate::ids::{ExecutionId, ProcessId};
use crate::queries::{self, Privacy, RunInput, Script, WindowForm};
use crate::web::run_state::RunState;
use crate::web::{Fields, Site};
use crate::workers::{Tick, Worker};

/// The worker's name, for wake-ups.
pub(super) const NAME: &str = "backfiller";
/// Maximum number of backfills claimed per tick.
const MOST: i64 = 50;
/// Maximum number of windows decided for one backfill; the next tick, immediately, handles the rest.
const WINDOWS: usize = 20;
/// After this time another process can take over.
const LEASE: TimeDelta = TimeDelta::seconds(120);
/// How long a backfill waits for an execution to end before it is checked anyway. Normally the outcome feed wakes it
/// earlier.
const WAITING: TimeDelta = TimeDelta::minutes(5);
/// A backfill pauses after this many consecutive failures.
const MOST_FAILURES: i64 = 3;

#[derive(Debug)]
pub(super) struct Backfiller {
    site: Site,
    executions: Executions,
    process: ProcessId,
}

impl Backfiller {
    /// Creates a worker that claims backfills as `process`.
    pub(super) fn new(site: Site, executions: Executions, process: ProcessId) -> Self {
        Self { site, executions, process }
    }

    async fn write(&self) -> db::Result<Tx> {
        self.site.db.write(&Scope::System).await
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let mut tick = Tick { changed: feed::read_on(self).await?, ..Tick::default() };
        let mut tx = self.write().await?;
        let due = store::claim_backfills(&mut tx, &self.process, (self.site.clock.now(), LEASE), MOST).await?;
        tx.commit().await?;
        for lease in due {
            tick.looked += 1;
            let mut decided = 0;
            loop {
                match self.step(&lease).await {
                    Ok(true) if decided < WINDOWS => decided += 1,
                    Ok(_) => break,
                    Err(error) => {
                        tick.failed += 1;
                        tracing::error!(backfill.id = lease.id, %error, "a window wasn't started; it will be retried");
                        break;
                    }
                }
            }
            tick.changed += decided;
        }
        if tick.changed > 0 {
            self.executions.wake();
        }
        let mut tx = self.site.db.read(&Scope::System).await?;
        tick.next = store::next_backfill(&mut tx).await?;
        Ok(tick)
    }

    /// Decides the next window; returns false if none can be started now.
    async fn step(&self, lease: &Lease) -> db::Result<bool> {
        let now = self.site.clock.now();
        let mut tx = self.write().await?;
        let Some(backfill) = store::claimed_backfill(&mut tx, lease).await? else { return Ok(false) };
        let (running, last) = store::running(&mut tx, &backfill.id).await?;
        let window = store::next_window(&mut tx, &backfill.id).await?;
        let free_at = last.map_or(now, |last| last + TimeDelta::minutes(backfill.every_minutes));
        let is_left = window.is_some();
        let Some(window) = window.filter(|_| running < backfill.at_once && free_at <= now) else {
            if running == 0 && !is_left {
                store::turn(&mut tx, now, &backfill.id, &[Stage::Active], (Stage::Finished, "")).await?;
                return tx.commit().await.map(|()| false);
            }
            let due = if running < backfill.at_once { free_at.max(now) } else { now + WAITING };
            let due = if due <= now { now + WAITING } else { due };
            if store::rearm_backfill(&mut tx, lease, Some(due), true).await? {
                tx.commit().await?;
            }
            return Ok(false);
        };
        let outcome = self.execute(&mut tx, &backfill, &window).await;
        let (state, reason, execution) = match outcome {
            Ok((state, execution)) => (state, String::new(), Some(execution)),
            Err(Refusal::Db(error)) => return Err(error),
            Err(refusal) => {
                // OK because a transaction with a refusal must not be committed.
                drop(tx);
                tx = self.write().await?;
                (WindowState::Failed, refusal.about(&backfill.owner_name), None)
            }
        };
        let at = (&backfill.id, window.position);
        let put = store::put_window(&mut tx, now, at, (state, &reason), execution.as_ref()).await?;
        if !put || !store::rearm_backfill(&mut tx, lease, Some(now), false).await? {
            // OK to drop everything: another process has taken over the backfill and decides the window itself.
            return Ok(false);
        }
        if state == WindowState::Failed {
            self.failed(&mut tx, &backfill, &reason).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Starts the execution of a window, unless there is already a result for it.
    async fn execute(
        &self,
        tx: &mut Tx,
        backfill: &Backfill,
        window: &WindowRow,
    ) -> Result<(WindowState, ExecutionId), Refusal> {
        let (owner, name) = (backfill.owner.clone(), backfill.owner_name.clone());
        let actor = Actor::backfill(owner, name, backfill.id.as_str());
        let fields: Fields = backfill.input.iter().cloned().collect();
        let input_of = |script: &Script<'_>| {
            let (mut input, _) = RunInput::of_form(script, &fields);
            input.window = window.window.choice(backfill.zone);
            input
        };
        let instance = backfill.instance.clone();
        let what = if let Some(id) = &backfill.query {
            let query = queries::find(tx, &backfill.owner, id).await?;
            What::Query { id: id.clone(), revision: None, instance, input: input_of(&query.script()) }
        } else if backfill.is_query_gone() {
            return Err(Refusal::Gone);
        } else {
            let (window, privacy) = (WindowForm::default(), Privacy::default());
            let script =
                Script { sql: &backfill.sql, fields: &backfill.parameters, window: &window, privacy: &privacy };
            What::Text {
                name: backfill.name.clone(),
                sql: backfill.sql.clone(),
                fields: backfill.parameters.clone(),
                instance,
                input: input_of(&script),
            }
        };
        if let Some(earlier) = self.executions.earlier(tx, &actor, &what).await? {
            return Ok((WindowState::Present, earlier));
        }
        let started = self.executions.start(tx, &actor, &Request { what, key: Some(window.key()) }).await?;
        Ok((WindowState::Started, started.id))
    }

    /// Counts a failure, and pauses the backfill after the maximum number of consecutive ones.
    async fn failed(&self, tx: &mut Tx, backfill: &Backfill, why: &str) -> db::Result<()> {
        let failures = store::count_window_failure(tx, &backfill.id, true).await?;
        if failures >= MOST_FAILURES {
            let reason = format!("Paused automatically after {failures} failures in a row. The last one: {why}");
            let to = (Stage::Paused, reason.as_str());
            store::turn(tx, self.site.clock.now(), &backfill.id, &[Stage::Active], to).await?;
        }
        Ok(())
    }
}

impl Follower for Backfiller {
    const CURSOR: Cursor = Cursor::new(NAME);

    fn db(&self) -> &Db {
        &self.site.db
    }

    async fn follow(&self, tx: &mut Tx, row: &Outcome) -> db::Result<bool> {
        if row.origin != Origin::Backfill || row.happened != Happened::Ended {
            return Ok(false);
        }
        let (ended, reason) = super::scheduler::ending(tx, row).await?;
        let state = if ended == SlotState::Succeeded { WindowState::Succeeded } else { WindowState::Failed };
        let Some(id) = store::settle_window(tx, row.at, &row.execution, (state, &reason)).await? else {
            return Ok(false);
        };
        match row.state {
            RunState::Succeeded => {
                store::count_window_failure(tx, &id, false).await?;
            }
            // OK not to count: somebody canceled it.
            RunState::Cancelled => {}
            _ => {
                if let Some(backfill) = store::backfill_by_id(tx, &id).await? {
                    self.failed(tx, &backfill, &reason).await?;
                }
            }
        }
        Ok(true)
    }
}

impl Worker for Backfiller {
    fn name(&self) -> &'static str {
        NAME
    }

    fn duty(&self) -> &'static str {
        "Runs the time windows of backfills at their pace."
    }

    fn period(&self) -> Duration {
        Duration::from_mins(1)
    }

    fn wakes_on(&self) -> &'static [&'static str] {
        &[crate::executions::OUTCOMES]
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

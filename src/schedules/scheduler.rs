//! The worker that decides due slots and starts their executions.
//!
//! At each tick the clock and the ledger determine which slots are due; no run triggers the next. A slot is decided,
//! its execution stored and the next slot set in one transaction: after a crash either all of it is there or nothing,
//! and the next tick continues. The ledger's key and the execution's key are the slot, so no race runs it twice.

mod takeover;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;

use super::calendar::{Plan, Reading, Slot, SlotName, Zones};
use super::feed::{self, Follower};
use super::model::{Schedule, SlotState};
use super::policies::{Decision, Facts, Missed, ON_TIME};
use super::request;
use super::store;
use crate::db::lease::Lease;
use crate::db::{self, Db, Scope, Tx};
use crate::executions::{Actor, Cursor, Executions, Happened, Origin, Outcome, Refusal, Request};
use crate::ids::{ExecutionId, ProcessId};
use crate::web::Site;
use crate::web::run_state::RunState;
use crate::workers::{Tick, Worker};

/// The worker's name, for wake-ups.
pub(super) const NAME: &str = "scheduler";
/// Schedules claimed at a time.
const MOST: i64 = 100;
/// Slots decided for one schedule at a time; the next tick, immediately, handles the rest.
const SLOTS: usize = 50;
/// If somebody manually started the same execution this long before a slot, the slot uses it. Without this rule, the
/// predecessor of this program ran every tenth slot twice.
pub(super) const BY_HAND: TimeDelta = TimeDelta::minutes(5);
const LEASE: TimeDelta = TimeDelta::seconds(120);
/// How soon a queued slot is checked again.
const QUEUED: TimeDelta = TimeDelta::seconds(15);

#[derive(Debug)]
pub(super) struct Scheduler {
    site: Site,
    executions: Executions,
    process: ProcessId,
    zones: Zones,
}

/// The outcome of one step of a schedule.
enum Step {
    /// A slot was decided, and the next one may also be due.
    Decided,
    /// Nothing more is due, or another process has the schedule.
    Over,
}

/// The outcome of starting a slot.
enum Ran {
    Started(ExecutionId),
    /// Somebody manually started the same execution at this time, shortly before the slot.
    ByHand(ExecutionId, DateTime<Utc>),
}

impl Scheduler {
    /// Uses these zones, with leases of `process`.
    pub(super) fn new(site: Site, executions: Executions, process: ProcessId, zones: Zones) -> Self {
        Self { site, executions, process, zones }
    }

    async fn write(&self) -> db::Result<Tx> {
        self.site.db.write(&Scope::System).await
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        self.follow_zones().await?;
        let mut tick = Tick { changed: feed::read_on(self).await?, ..Tick::default() };
        let now = self.site.clock.now();
        let mut tx = self.write().await?;
        store::end_pauses(&mut tx, now).await?;
        let due = store::claim(&mut tx, &self.process, (now, LEASE), MOST).await?;
        tx.commit().await?;
        for lease in due {
            tick.looked += 1;
            match self.decide_due(&lease).await {
                Ok(decided) => tick.changed += decided,
                Err(error) => {
                    tick.failed += 1;
                    tracing::error!(schedule.id = lease.id, %error, "a slot was not decided; it will be retried");
                }
            }
        }
        let waiting = self.start_queued(&mut tick).await?;
        if tick.changed > 0 {
            self.executions.wake();
        }
        let mut tx = self.site.db.read(&Scope::System).await?;
        let next = store::next_due(&mut tx).await?;
        let again = waiting.then(|| self.site.clock.now() + QUEUED);
        tick.next = next.into_iter().chain(again).min();
        Ok(tick)
    }

    /// Replans the next slots that were planned with other zone data: the slots keep their names.
    async fn follow_zones(&self) -> db::Result<()> {
        let mut tx = self.write().await?;
        let others = store::planned_otherwise(&mut tx, self.zones.version(), 1_000).await?;
        for schedule in &others {
            let planned = schedule.plan(&self.zones).zip(schedule.next).zip(schedule.next_at);
            let Some(((plan, name), was)) = planned else { continue };
            let at = instant(&plan, name, was);
            let due = schedule.due(at);
            store::plan_anew(&mut tx, &schedule.id, self.zones.version(), (at, due)).await?;
        }
        tx.commit().await
    }

    /// Decides the due slots of one schedule, one transaction each; returns how many.
    async fn decide_due(&self, lease: &Lease) -> db::Result<usize> {
        let mut decided = 0;
        while decided < SLOTS {
            match self.step(lease).await? {
                Step::Decided => decided += 1,
                Step::Over => break,
            }
        }
        let mut tx = self.write().await?;
        store::release(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(decided)
    }

    async fn step(&self, lease: &Lease) -> db::Result<Step> {
        let now = self.site.clock.now();
        let mut tx = self.write().await?;
        let Some(schedule) = store::claimed(&mut tx, lease).await? else { return Ok(Step::Over) };
        let (Some(name), Some(at)) = (schedule.next, schedule.next_at) else { return Ok(Step::Over) };
        let Some(plan) = schedule.plan(&self.zones) else {
            let reason = format!("The time zone {} is no longer known.", schedule.timing.zone);
            store::pause(&mut tx, now, &schedule.id, &reason, None).await?;
            tx.commit().await?;
            return Ok(Step::Over);
        };
        let due = schedule.due(at);
        if due > now {
            return Ok(Step::Over);
        }
        let (slot, next) = around(&plan, name, at);
        let (running, queued) = store::open(&mut tx, &schedule.id).await?;
        let facts = Facts {
            now,
            due,
            is_excluded: plan.excludes(slot.name.civil),
            has_later: next.is_some_and(|next| schedule.due(next.at) <= now),
            is_running: running > 0,
            queued,
            resumed_with: resumed_with(&schedule, at),
        };
        let next = next.map(|next| (next, schedule.due(next.at)));
        let is_late = now - due > ON_TIME;
        let decision = match schedule.text_input().window.at(at) {
            Err(reason) if !facts.is_excluded => Decision::Skip(reason),
            _ => schedule.policies.decide(&slot, &facts),
        };
        let (state, reason) = match decision {
            Decision::Start => return self.start(tx, lease, &schedule, (slot, is_late), next).await,
            Decision::Queue => (SlotState::Queued, "Waiting for the previous execution to end.".to_owned()),
            Decision::Skip(reason) => (SlotState::Skipped, reason),
            Decision::Missed(reason) => (SlotState::Missed, reason),
        };
        store::put_slot(&mut tx, now, &schedule.id, &slot, (state, &reason), is_late, None).await?;
        self.arm(tx, lease, next).await
    }

    /// Sets the next slot and commits.
    async fn arm(&self, mut tx: Tx, lease: &Lease, next: Option<(Slot, DateTime<Utc>)>) -> db::Result<Step> {
        if !store::arm(&mut tx, self.site.clock.now(), lease, next).await? {
            // OK to drop everything: another process has the schedule by now, and decides the slot itself.
            return Ok(Step::Over);
        }
        tx.commit().await?;
        Ok(Step::Decided)
    }

    /// Starts a slot's execution. A refusal is recorded with its reason.
    async fn start(
        &self,
        mut tx: Tx,
        lease: &Lease,
        schedule: &Schedule,
        (slot, is_late): (Slot, bool),
        next: Option<(Slot, DateTime<Utc>)>,
    ) -> db::Result<Step> {
        let now = self.site.clock.now();
        let refusal = match self.execute(&mut tx, schedule, slot.name, slot.at, !is_late).await {
            Ok(Ran::ByHand(execution, at)) => {
                let reason = by_hand_text(at);
                let skipped = (SlotState::Skipped, reason.as_str());
                store::put_slot(&mut tx, now, &schedule.id, &slot, skipped, is_late, Some(&execution)).await?;
                return self.arm(tx, lease, next).await;
            }
            Ok(Ran::Started(execution)) => {
                let started = (SlotState::Started, "");
                store::put_slot(&mut tx, now, &schedule.id, &slot, started, is_late, Some(&execution)).await?;
                return self.arm(tx, lease, next).await;
            }
            Err(Refusal::Db(error)) => return Err(error),
            Err(refusal) => refusal,
        };
        // OK because a transaction with a refusal must not be committed.
        drop(tx);
        let is_locked_out = takeover::is_access(&refusal);
        if is_locked_out && let Some(step) = self.take_over(lease, schedule, (slot, is_late), next, &refusal).await? {
            return Ok(step);
        }
        let outcome = refusal.about(&schedule.owner_name);
        let mut tx = self.write().await?;
        let refused = (SlotState::Refused, outcome.as_str());
        store::put_slot(&mut tx, now, &schedule.id, &slot, refused, is_late, None).await?;
        if is_locked_out {
            self.pause_without_access(&mut tx, schedule, &outcome).await?;
        } else {
            self.failed(&mut tx, schedule, &outcome).await?;
        }
        if !store::arm(&mut tx, now, lease, next).await? {
            // The schedule has just been paused, which ends the lease: the next slot is set anyway.
            store::arm_paused(&mut tx, &schedule.id, next).await?;
        }
        tx.commit().await?;
        Ok(Step::Decided)
    }

    /// Stores the execution of a slot. With the guard, none is stored if somebody has just started the same one
    /// manually.
    async fn execute(
        &self,
        tx: &mut Tx,
        schedule: &Schedule,
        slot: SlotName,
        at: DateTime<Utc>,
        is_guarded: bool,
    ) -> Result<Ran, Refusal> {
        let actor =
            Actor::schedule(schedule.owner.clone(), schedule.owner_name.clone(), schedule.id.as_str()).as_of(at);
        let what = request::what(tx, &schedule.owner, schedule).await?;
        let since = self.site.clock.now().min(at) - BY_HAND;
        if is_guarded && let Some((execution, at)) = self.executions.by_hand_since(tx, &actor, &what, since).await? {
            return Ok(Ran::ByHand(execution, at));
        }
        let request = Request { what, key: Some(slot.to_string()) };
        Ok(Ran::Started(self.executions.start(tx, &actor, &request).await?.id))
    }

    /// Counts a failure, and pauses the schedule after the maximum number of consecutive ones.
    async fn failed(&self, tx: &mut Tx, schedule: &Schedule, why: &str) -> db::Result<()> {
        let failures = store::count_failure(tx, &schedule.id, true).await?;
        let most = i64::from(schedule.policies.pause_after);
        if most > 0 && failures >= most {
            let reason = format!("Paused automatically after {failures} failures in a row. The last one: {why}");
            store::pause(tx, self.site.clock.now(), &schedule.id, &reason, None).await?;
            store::skip_queued(tx, &schedule.id, "The schedule was paused after failures.").await?;
            tracing::warn!(schedule.id = %schedule.id, failures, "a schedule was paused after failures");
        }
        Ok(())
    }

    /// Starts queued slots whose predecessor has ended; returns whether some are still waiting.
    async fn start_queued(&self, tick: &mut Tick) -> db::Result<bool> {
        let mut tx = self.write().await?;
        let ready = store::start_queued(&mut tx, MOST).await?;
        drop(tx);
        for (id, slot, at) in ready {
            let mut tx = self.write().await?;
            let Some(schedule) = store::by_id(&mut tx, &id).await? else { continue };
            match self.execute(&mut tx, &schedule, slot, at, false).await {
                Ok(Ran::Started(execution) | Ran::ByHand(execution, _)) => {
                    if store::settle_queued(&mut tx, (&id, slot), (SlotState::Started, ""), Some(&execution)).await? {
                        tx.commit().await?;
                        tick.changed += 1;
                    }
                }
                Err(Refusal::Db(error)) => return Err(error),
                Err(refusal) => {
                    drop(tx);
                    let (mut tx, reason) = (self.write().await?, refusal.about(&schedule.owner_name));
                    store::settle_queued(&mut tx, (&id, slot), (SlotState::Refused, &reason), None).await?;
                    self.failed(&mut tx, &schedule, &reason).await?;
                    tx.commit().await?;
                }
            }
        }
        let mut tx = self.site.db.read(&Scope::System).await?;
        store::has_queued(&mut tx).await
    }
}

fn by_hand_text(at: DateTime<Utc>) -> String {
    format!(
        "The same query, values and time window were run manually at {} UTC, less than five minutes before; that \
         execution serves this slot.",
        at.format("%H:%M")
    )
}

/// The choice for slots before the last resume, if this is one.
fn resumed_with(schedule: &Schedule, at: DateTime<Utc>) -> Option<Missed> {
    let is_before = schedule.resumed_at.is_some_and(|resumed| at < resumed);
    schedule.resume_with.as_deref().filter(|_| is_before).and_then(Missed::parse)
}

/// The slot with this name, and the next one. If the zone's rules have changed so that there is no such slot any
/// more, it is used as it was.
fn around(plan: &Plan, name: SlotName, at: DateTime<Utc>) -> (Slot, Option<Slot>) {
    let mut slots = plan.after(at - TimeDelta::days(1)).skip_while(|slot| slot.name != name && slot.at <= at);
    match slots.next() {
        Some(slot) if slot.name == name => (slot, slots.next()),
        later => (Slot { name, at, note: None }, later),
    }
}

/// The instant of a slot in the plan's zone.
fn instant(plan: &Plan, name: SlotName, was: DateTime<Utc>) -> DateTime<Utc> {
    match (plan.zone.read(name.civil), name.is_second) {
        (Reading::Once(at) | Reading::Skipped(at) | Reading::Twice(at, _), false) | (Reading::Twice(_, at), true) => at,
        _ => was,
    }
}

/// How an execution ended, and why.
pub(super) async fn ending(tx: &mut Tx, row: &Outcome) -> db::Result<(SlotState, String)> {
    Ok(match row.state {
        RunState::Succeeded => (SlotState::Succeeded, String::new()),
        RunState::Cancelled => (SlotState::Failed, "Canceled.".to_owned()),
        _ => (SlotState::Failed, store::problem(tx, &row.execution).await?),
    })
}

impl Follower for Scheduler {
    const CURSOR: Cursor = Cursor::new(NAME);

    fn db(&self) -> &Db {
        &self.site.db
    }

    async fn follow(&self, tx: &mut Tx, row: &Outcome) -> db::Result<bool> {
        if row.origin != Origin::Schedule || row.happened != Happened::Ended {
            return Ok(false);
        }
        let (state, reason) = ending(tx, row).await?;
        let Some(id) = store::settle(tx, row.at, &row.execution, (state, &reason)).await? else { return Ok(false) };
        match row.state {
            RunState::Succeeded => {
                store::count_failure(tx, &id, false).await?;
            }
            // OK not to count: somebody canceled it.
            RunState::Cancelled => {}
            _ => {
                if let Some(schedule) = store::by_id(tx, &id).await? {
                    self.failed(tx, &schedule, &reason).await?;
                }
            }
        }
        Ok(true)
    }
}

impl Worker for Scheduler {
    fn name(&self) -> &'static str {
        NAME
    }

    fn duty(&self) -> &'static str {
        "Starts executions of schedules when they are due."
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

//! The worker that writes messages about entries of the outcome feed and about problems that it detects.
//!
//! A feed entry is handled in the transaction that moves the cursor past it, so it is reported only once. Problems
//! without a feed entry (a revoked grant, an automatically paused schedule, an undecided slot) are detected at each
//! tick. The first message opens an incident and the last one closes it, so an ongoing problem is reported only once.

mod backfills;
mod connections;
mod deliveries;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;

use connections::CONNECTION;

use super::compose::{self, About};
use super::model::{Audience, Detail, Draft, Fact, Kind};
use super::outbox::Outbox;
use super::store;
use super::usual::Unusual;
use crate::db::{self, Scope, Tx};
use crate::executions::{Cursor, Executions, Happened, Origin, Outcome, Report, State};
use crate::ids::{ExecutionId, MessageId, PersonId};
use crate::web::components::date_time;
use crate::web::words::counted;
use crate::workers::{Tick, Worker};

const NAME: &str = "notifier";
const CURSOR: Cursor = Cursor::new(NAME);
/// Rows of the feed that are read at a time.
const OUTCOMES: i64 = 100;
/// The maximum number of problems of a kind per tick; the next tick handles the rest.
const MOST: i64 = 200;
/// A slot that hasn't been decided for this long is reported.
const OVERDUE: TimeDelta = TimeDelta::minutes(5);
/// How long messages are kept.
const KEPT: TimeDelta = TimeDelta::days(180);
/// The maximum number of old messages deleted per tick.
const FORGOTTEN: i64 = 500;

/// The worker that turns outcomes and problems into messages.
#[derive(Debug)]
pub(super) struct Notifier {
    outbox: Outbox,
    executions: Executions,
}

impl Notifier {
    /// Creates a notifier that writes to this outbox.
    pub(super) fn new(outbox: Outbox, executions: Executions) -> Self {
        Self { outbox, executions }
    }

    async fn write(&self) -> db::Result<Tx> {
        self.outbox.site.db.write(&Scope::System).await
    }

    fn now(&self) -> DateTime<Utc> {
        self.outbox.site.clock.now()
    }

    async fn run(&self) -> anyhow::Result<Tick> {
        let mut tick = Tick::default();
        // Connections come first: failures caused by a lost connection aren't reported separately.
        self.connections(&mut tick).await?;
        self.read_outcomes(&mut tick).await?;
        self.failing(&mut tick).await?;
        self.paused(&mut tick).await?;
        self.overdue(&mut tick).await?;
        self.late(&mut tick).await?;
        self.backups(&mut tick).await?;
        self.deliveries(&mut tick).await?;
        self.backfills(&mut tick).await?;
        let mut tx = self.write().await?;
        for cause in store::gone(&mut tx).await? {
            store::close(&mut tx, &cause).await?;
        }
        store::forget(&mut tx, self.now() - KEPT, FORGOTTEN).await?;
        tx.commit().await?;
        if tick.changed > 0 {
            self.outbox.wake();
        }
        Ok(tick)
    }

    /// Reads the next entries of the outcome feed.
    async fn read_outcomes(&self, tick: &mut Tick) -> db::Result<()> {
        while let Some(batch) = CURSOR.next(&self.outbox.site.db, OUTCOMES).await? {
            // OK outside of the transaction because ended executions don't change, and results are read from files.
            let mut reports = Vec::new();
            for row in batch.rows.iter().filter(|row| is_reported(row)) {
                reports.extend(self.executions.report(&row.execution).await?);
            }
            let mut tx = self.write().await?;
            if !batch.pass(&mut tx).await? {
                break;
            }
            for report in &reports {
                tick.looked += 1;
                tick.changed += usize::from(self.ended(&mut tx, report).await?);
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// Reports an ended execution; returns whether anyone receives a message.
    async fn ended(&self, tx: &mut Tx, report: &Report) -> db::Result<bool> {
        if report.origin == Origin::Schedule {
            return match report.state {
                State::Succeeded => self.slot_succeeded(tx, report).await,
                // OK because failures are reported from the schedule's ledger: see `failing`.
                _ => Ok(false),
            };
        }
        if report.origin == Origin::Backfill {
            return self.window_failed(tx, report).await;
        }
        let succeeded = report.state == State::Succeeded;
        if !succeeded && store::has_open(tx, CONNECTION, &report.person).await? {
            return Ok(false);
        }
        let Some(reader) = store::reader(tx, &report.person, Some(&report.instance)).await? else { return Ok(false) };
        let wants = if succeeded { reader.preferences.manual } else { reader.preferences.failures };
        let concerned = BTreeSet::from([report.person.clone()]);
        let audience = Audience { readers: if wants { concerned.clone() } else { BTreeSet::new() }, concerned };
        let instance = store::instance_name(tx, &report.instance).await?;
        let draft = if succeeded {
            compose::execution_succeeded(report, &instance)
        } else {
            compose::execution_failed(report, &instance)
        };
        Ok(self.outbox.put(tx, self.now(), &draft, &audience).await?.is_some())
    }

    /// Reports the result of a slot; what counts as unusual depends on each subscriber's conditions.
    async fn slot_succeeded(&self, tx: &mut Tx, report: &Report) -> db::Result<bool> {
        let Some((id, at)) = store::slot_before(tx, &report.id).await? else { return Ok(false) };
        let Some(schedule) = store::schedule(tx, &id).await? else { return Ok(false) };
        let past = store::past(tx, &id, at).await?;
        let was_failing = store::close(tx, &compose::failing(&id)).await?.and_then(|closed| closed.message);
        let notified: BTreeSet<PersonId> = match &was_failing {
            Some(message) => store::recipients_of(tx, message).await?.into_iter().collect(),
            None => BTreeSet::new(),
        };
        let mut groups: BTreeMap<Vec<String>, (Vec<Unusual>, Audience)> = BTreeMap::new();
        for subscriber in store::subscribers(tx, &id).await? {
            let person = &subscriber.person;
            let Some(reader) = store::reader(tx, person, Some(&report.instance)).await? else { continue };
            let unusual = report.result.as_ref().map(|it| subscriber.conditions.met(it, &past)).unwrap_or_default();
            let wants = subscriber.results.unwrap_or(reader.preferences.results);
            let key = unusual.iter().map(|it| it.sentence.clone()).collect();
            let audience = &mut groups.entry(key).or_insert_with(|| (unusual.clone(), Audience::default())).1;
            if wants || !unusual.is_empty() || notified.contains(person) {
                audience.readers.insert(person.clone());
            }
            audience.concerned.insert(person.clone());
        }
        let mut is_reported = false;
        for (unusual, audience) in groups.into_values() {
            let recovered = was_failing.is_some();
            let draft = compose::schedule_result(&schedule, report, past.first(), &unusual, recovered);
            is_reported |= self.outbox.put(tx, self.now(), &draft, &audience).await?.is_some();
        }
        Ok(is_reported)
    }

    /// Reports schedules that started failing.
    async fn failing(&self, tick: &mut Tick) -> db::Result<()> {
        let mut tx = self.outbox.site.db.read(&Scope::System).await?;
        let failing = store::failing(&mut tx, MOST).await?;
        drop(tx);
        for one in failing {
            tick.looked += 1;
            let report = self.report(one.execution.as_ref()).await?;
            let mut tx = self.write().await?;
            let cause = compose::failing(&one.about.id);
            if !store::open(&mut tx, self.now(), &cause, Some(&one.owner)).await? {
                continue;
            }
            // One message per cause: the owner already received one about the lost connection.
            if !store::has_open(&mut tx, CONNECTION, &one.owner).await? {
                let draft = compose::schedule_failed(&one.about, report.as_ref(), &one.reason);
                tick.changed += usize::from(self.notify_followers(&mut tx, &one.about, &draft).await?);
            }
            tx.commit().await?;
        }
        Ok(())
    }

    async fn report(&self, execution: Option<&ExecutionId>) -> db::Result<Option<Report>> {
        match execution {
            Some(execution) => self.executions.report(execution).await,
            None => Ok(None),
        }
    }

    /// Writes a message about a problem to the subscribers of a schedule, and records it in the open incident of its
    /// cause.
    async fn notify_followers(&self, tx: &mut Tx, about: &About, draft: &Draft) -> db::Result<bool> {
        let mut audience = Audience::default();
        for subscriber in store::subscribers(tx, &about.id).await? {
            let Some(reader) = store::reader(tx, &subscriber.person, Some(&about.instance)).await? else { continue };
            if subscriber.failures.unwrap_or(reader.preferences.failures) {
                audience.readers.insert(subscriber.person.clone());
            }
            audience.concerned.insert(subscriber.person);
        }
        self.open_with(tx, draft, &audience).await
    }

    async fn open_with(&self, tx: &mut Tx, draft: &Draft, audience: &Audience) -> db::Result<bool> {
        let Some(message) = self.outbox.put(tx, self.now(), draft, audience).await? else { return Ok(false) };
        store::set_message(tx, &draft.cause, &message).await?;
        Ok(true)
    }

    /// Reports automatically paused schedules.
    async fn paused(&self, tick: &mut Tick) -> db::Result<()> {
        let mut tx = self.write().await?;
        for one in store::paused(&mut tx, MOST).await? {
            tick.looked += 1;
            let draft = compose::schedule_paused(&one.about, &one.reason);
            if store::open(&mut tx, self.now(), &draft.cause, None).await? {
                tick.changed += usize::from(self.notify_followers(&mut tx, &one.about, &draft).await?);
            }
        }
        tx.commit().await
    }

    /// Reports undecided slots to the owners of their schedules and to administrators; also reports when this has
    /// ended.
    async fn overdue(&self, tick: &mut Tick) -> db::Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        let overdue = store::overdue(&mut tx, now - OVERDUE, MOST).await?;
        tick.looked += overdue.len();
        if overdue.is_empty() {
            if let Some(message) = store::close(&mut tx, OVERDUE_CAUSE).await?.and_then(|closed| closed.message) {
                let draft = Draft {
                    kind: Kind::ScheduleRecovered,
                    cause: format!("{OVERDUE_CAUSE}-over"),
                    title: "Schedules run again".to_owned(),
                    detail: Detail { lines: vec!["No execution is overdue any more.".to_owned()], ..Detail::default() },
                    href: "/schedules".to_owned(),
                    instance: None,
                };
                tick.changed += usize::from(self.notify_again(&mut tx, &message, &draft).await?);
            }
        } else if store::open(&mut tx, now, OVERDUE_CAUSE, None).await? {
            let mut people: BTreeSet<PersonId> = overdue.iter().map(|one| one.owner.clone()).collect();
            people.extend(store::administrators(&mut tx).await?);
            let oldest = overdue.first().map(|one| date_time(&one.due_at)).unwrap_or_default();
            let draft = Draft {
                kind: Kind::ScheduleLate,
                cause: OVERDUE_CAUSE.to_owned(),
                title: "Scheduled executions are overdue".to_owned(),
                detail: Detail {
                    // OK not to name them because they belong to several people.
                    lines: vec![format!("The oldest was expected on {oldest} UTC and has not started. None is lost.")],
                    facts: vec![Fact::new("Overdue", counted(overdue.len() as i64, "schedule", "schedules"))],
                    fix: "Open the operations page: background work is late or stopped.".to_owned(),
                    about: Vec::new(),
                },
                href: "/schedules".to_owned(),
                instance: None,
            };
            tick.changed += usize::from(self.open_with(&mut tx, &draft, &Audience::of(people)).await?);
        }
        tx.commit().await
    }

    /// Writes to the recipients of an earlier message.
    async fn notify_again(&self, tx: &mut Tx, message: &MessageId, draft: &Draft) -> db::Result<bool> {
        let people = store::recipients_of(tx, message).await?;
        Ok(self.outbox.put(tx, self.now(), draft, &Audience::of(people)).await?.is_some())
    }

    /// Reports slots without a result after the time that a subscriber chose.
    async fn late(&self, tick: &mut Tick) -> db::Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        for one in store::late_slots(&mut tx, now, MOST).await? {
            tick.looked += 1;
            if now - one.at < TimeDelta::minutes(one.late_minutes) {
                continue;
            }
            let cause = format!("schedule-late:{}:{}:{}", one.about.id, one.slot, one.person);
            if store::open(&mut tx, now, &cause, Some(&one.person)).await? {
                let expected = format!("{} UTC", date_time(&one.at));
                let draft = compose::schedule_late(&one.about, &one.slot, &expected);
                let put = self.outbox.put(&mut tx, now, &draft, &Audience::of([one.person])).await?;
                tick.changed += usize::from(put.is_some());
            }
        }
        tx.commit().await
    }

    /// Tells administrators that the nightly backup failed, and when one succeeds again.
    async fn backups(&self, tick: &mut Tick) -> db::Result<()> {
        let mut tx = self.write().await?;
        match store::last_backup(&mut tx).await? {
            Some(last) if last.is_failed => {
                tick.looked += 1;
                if store::open(&mut tx, self.now(), BACKUP, None).await? {
                    let people = store::administrators(&mut tx).await?;
                    let draft = compose::backup_failed(BACKUP, &last.night, &last.problem);
                    tick.changed += usize::from(self.open_with(&mut tx, &draft, &Audience::of(people)).await?);
                }
            }
            Some(last) => {
                if let Some(message) = store::close(&mut tx, BACKUP).await?.and_then(|closed| closed.message) {
                    let draft = compose::backup_recovered(BACKUP, &last.night);
                    tick.changed += usize::from(self.notify_again(&mut tx, &message, &draft).await?);
                }
            }
            None => {}
        }
        tx.commit().await
    }

    /// Reports connections that only their owners can reconnect, and reconnected ones.
    async fn connections(&self, tick: &mut Tick) -> db::Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        let lost = store::lost(&mut tx).await?;
        for one in &lost {
            tick.looked += 1;
            let draft = connections::lost(one);
            if store::open(&mut tx, now, &draft.cause, Some(&one.owner)).await? {
                tick.changed += usize::from(self.open_with(&mut tx, &draft, &Audience::of([one.owner.clone()])).await?);
            }
        }
        for cause in store::open_causes(&mut tx, CONNECTION).await? {
            if lost.iter().any(|one| format!("{CONNECTION}{}", one.id) == cause) {
                continue;
            }
            let works = store::works(&mut tx, cause.trim_start_matches(CONNECTION)).await?;
            // OK not to report a connection that doesn't work because its owner removed it.
            let closed = store::close(&mut tx, &cause).await?.and_then(|closed| closed.message);
            if let Some(message) = closed.filter(|_| works) {
                let draft = connections::restored(&cause);
                tick.changed += usize::from(self.notify_again(&mut tx, &message, &draft).await?);
            }
        }
        tx.commit().await
    }
}

/// The cause for failed backups.
const BACKUP: &str = "backup-failed";
/// The cause for undecided slots.
const OVERDUE_CAUSE: &str = "schedules-overdue";

/// Whether a feed entry is reported: only executions that were started here and didn't end by someone's decision. The
/// results of a backfill are reported together, at its end.
fn is_reported(row: &Outcome) -> bool {
    let is_window = row.origin == Origin::Backfill && row.state == State::Succeeded;
    row.happened == Happened::Ended && row.state != State::Cancelled && row.origin != Origin::Adopted && !is_window
}

impl Worker for Notifier {
    fn name(&self) -> &'static str {
        NAME
    }

    fn duty(&self) -> &'static str {
        "Writes notices about executions, schedules and connections."
    }

    fn period(&self) -> Duration {
        Duration::from_secs(15)
    }

    fn wakes_on(&self) -> &'static [&'static str] {
        &[crate::executions::OUTCOMES]
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(self.run())
    }
}

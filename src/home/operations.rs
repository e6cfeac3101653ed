//! The operations page: background work of this process, and its dependencies.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};

use super::Home;
use crate::amazon::{Place, Traffic};
use crate::backups::{self, Backup};
use crate::connections::{self, ConnectionStatus};
use crate::db::Scope;
use crate::deliveries;
use crate::executions::{self, Queue};
use crate::schedules::{self, Zones};
use crate::web::components::{self, duration};
use crate::web::shell::{Section, Shell};
use crate::web::words::counted;
use crate::web::{self, Html, Person, Visit};
use crate::workers::{Outcome, Status, Tick};

#[derive(Template)]
#[template(path = "home/operations.html")]
pub(super) struct OperationsPage {
    shell: Shell,
    workers: Vec<Row>,
    /// Why background work is paused, if it is.
    held: Option<String>,
    /// Names of late workers.
    late: Vec<&'static str>,
    engine: &'static str,
    /// Whether this process does background work at all.
    works: bool,
    /// The retention period of results.
    keeps: String,
    hosts: Vec<Host>,
    /// The load of the person's instances.
    queues: Vec<Queue>,
    slots: i64,
    account_slots: i64,
    /// The number of everybody's schedules with an overdue slot.
    overdue: i64,
    /// The numbers of everybody's deliveries that wait, are retried and have failed.
    deliveries: [(&'static str, i64); 3],
    /// The time zone data that schedules use.
    zones: Zones,
    connections: Vec<ConnectionStatus>,
    /// The state of the latest nightly backup, and its night.
    backup: (&'static str, String),
    now: DateTime<Utc>,
}

/// The state of the latest nightly backup, and its night.
fn last_backup(newest: Option<&Backup>, is_on: bool) -> (&'static str, String) {
    match newest {
        Some(backup) => (backup.state.label(), backup.night.clone()),
        None if is_on => ("None yet", String::new()),
        None => ("Off", String::new()),
    }
}

/// One of Amazon's hosts, or an instance there whose calls are paused.
struct Host {
    name: String,
    traffic: Traffic,
    state: components::State,
    word: &'static str,
}

/// The hosts that were called, and their instances with paused calls: others show nothing new.
fn hosts(traffic: Vec<(Place, Traffic)>, now: DateTime<Utc>) -> Vec<Host> {
    let paused = traffic.into_iter().filter(|(place, traffic)| place.instance.is_none() || traffic.rests(now));
    paused
        .map(|(place, traffic)| {
            let rests = traffic.rests(now);
            let (state, word) =
                if rests { (components::State::Failed, "Paused") } else { (components::State::Done, "Available") };
            let name = match place.instance {
                Some(instance) => format!("Instance {instance}"),
                None => place.host,
            };
            Host { name, traffic, state, word }
        })
        .collect()
}

impl OperationsPage {
    fn zones_from(&self) -> &'static str {
        if self.zones.is_bundled() { "part of RecomAMP" } else { "of this system" }
    }

    /// `2 waiting, 1 retrying, 0 failed`.
    fn delivering(&self) -> String {
        let parts = self.deliveries.map(|(state, number)| format!("{} {state}", components::count(number)));
        parts.join(", ")
    }

    /// The number of deliveries that are not done.
    fn undelivered(&self) -> i64 {
        self.deliveries.iter().map(|(_, number)| number).sum()
    }

    fn unfinished(&self) -> i64 {
        self.queues.iter().map(|queue| queue.in_use + queue.waiting + queue.fetching).sum()
    }
}

/// A row of the workers table.
struct Row {
    status: Status,
    state: components::State,
    word: &'static str,
    said: String,
    is_late: bool,
}

impl Row {
    fn new(status: Status, now: DateTime<Utc>, tells_all: bool) -> Self {
        let is_late = status.is_late(now);
        let works = status.began_at.is_some_and(|began| status.ended_at.is_none_or(|ended| ended < began));
        let (state, word) = match (&status.outcome, is_late, works) {
            (Outcome::Held(_), _, _) => (components::State::Stopped, "Held back"),
            (_, true, _) => (components::State::Failed, "Late"),
            (_, _, true) => (components::State::Running, "Working"),
            (Outcome::NotYet, _, _) => (components::State::Waiting, "Not yet"),
            (Outcome::Done(tick), _, _) if tick.failed > 0 => (components::State::Failed, "Failed in part"),
            (Outcome::Done(_), _, _) => (components::State::Done, "Done"),
            (Outcome::Failed(_), _, _) => (components::State::Failed, "Failed"),
        };
        let said = match &status.outcome {
            Outcome::NotYet => String::new(),
            Outcome::Done(tick) => sentence(*tick),
            // OK because errors may quote hosts and rows of other people.
            Outcome::Failed(_) if !tells_all => "An administrator sees the reason here.".to_owned(),
            Outcome::Failed(reason) | Outcome::Held(reason) => reason.clone(),
        };
        Self { status, state, word, said, is_late }
    }

    fn period(&self) -> String {
        duration(TimeDelta::from_std(self.status.period).unwrap_or(TimeDelta::MAX))
    }
}

fn sentence(tick: Tick) -> String {
    match (tick.looked, tick.failed) {
        (0, _) => "Nothing due.".to_owned(),
        (looked, 0) => format!("{looked} due, {} changed.", tick.changed),
        (looked, failed) => format!("{looked} due, {} changed, {failed} failed (retrying).", tick.changed),
    }
}

pub(super) async fn show(State(home): State<Home>, person: Person, visit: Visit) -> web::Result<Html<OperationsPage>> {
    let site = &home.site;
    let mut tx = site.db.read(&person.scope()).await?;
    let now = site.clock.now();
    let connections = connections::statuses(&mut tx, &person.id).await?;
    let queues = executions::queues(&mut tx, &person.id).await?;
    drop(tx);
    let mut tx = site.db.read(&Scope::System).await?;
    let overdue = schedules::overdue(&mut tx, now).await?;
    let newest = backups::newest(&mut tx).await?;
    let deliveries = deliveries::unfinished(&mut tx).await?;
    drop(tx);
    let limits = &site.config.limits;
    let rows: Vec<Row> =
        site.statuses.all().into_iter().map(|status| Row::new(status, now, person.is_administrator)).collect();
    let held = rows.iter().find_map(|row| match &row.status.outcome {
        Outcome::Held(reason) => Some(reason.clone()),
        _ => None,
    });
    Ok(Html(OperationsPage {
        shell: visit.shell("Operations", Section::None).await,
        late: rows.iter().filter(|row| row.is_late).map(|row| row.status.name).collect(),
        workers: rows,
        held,
        engine: site.db.engine().name(),
        works: site.config.workers,
        keeps: limits.keep_results_days.map_or("Forever".to_owned(), |days| counted(days.into(), "day", "days")),
        queues,
        slots: limits.runs_per_instance,
        account_slots: limits.runs_per_account,
        overdue,
        deliveries,
        zones: Zones::newest(),
        backup: last_backup(newest.as_ref(), site.config.backup.is_some()),
        connections,
        hosts: hosts(home.grants.client().traffic(), now),
        now,
    }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn status(outcome: Outcome) -> Status {
        let at = DateTime::UNIX_EPOCH;
        Status {
            name: "poller",
            duty: "Polls.",
            period: Duration::from_mins(1),
            began_at: Some(at),
            ended_at: Some(at),
            next_at: Some(at + TimeDelta::seconds(60)),
            outcome,
            ticks: 1,
            failures: 0,
        }
    }

    #[test]
    fn a_worker_that_should_have_begun_is_late_whatever_it_did_last() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(121);
        let row = Row::new(status(Outcome::Done(Tick::default())), now, false);
        assert_eq!((row.word, row.is_late), ("Late", true));
        assert_eq!(Row::new(status(Outcome::Done(Tick::default())), DateTime::UNIX_EPOCH, false).word, "Done");
    }

    #[test]
    fn only_administrators_read_why_a_worker_failed() {
        let row = |tells_all| Row::new(status(Outcome::Failed("host secret".into())), DateTime::UNIX_EPOCH, tells_all);
        assert_eq!(row(true).said, "host secret");
        assert!(!row(false).said.contains("secret"));
    }

    #[test]
    fn a_tick_that_failed_in_part_says_so() {
        let tick = Tick { looked: 3, changed: 2, failed: 1, next: None };
        let row = Row::new(status(Outcome::Done(tick)), DateTime::UNIX_EPOCH, false);
        assert_eq!(row.word, "Failed in part");
        assert!(row.said.contains("1 failed"));
    }
}

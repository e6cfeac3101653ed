//! Schedules: when queries run automatically, and the ledger with the outcome of each slot.
//!
//! A schedule has a saved query, or the text of an execution that worked, with its input and a rule over local dates
//! and times in a zone. For any schedule and period, the ledger has a row for each expected slot: ran, skipped,
//! missed, or not started, with the reason. The [`Scheduler`] decides them; executions start through
//! [`Executions::start`] with the slot as their key.

mod backfill;
mod backfiller;
mod calendar;
mod feed;
mod model;
mod pages;
mod policies;
mod programs;
mod request;
mod scheduler;
mod staging;
mod store;
mod timing;
mod upcoming;
mod uses;

pub use calendar::{Cron, Note, Plan, Slot, SlotName, Zones};
pub use model::{LedgerRow, SlotState};
pub use programs::{Changed, ScheduleFilter, ScheduleLine, ScheduleSlot, ScheduleView};
pub use staging::{Ledger, Staged};
pub use store::{overdue, owned, transfer};
pub use upcoming::{Upcoming, upcoming};

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::FutureExt as _;

use crate::accounts::audit::Action;
use crate::db::{self, PageRange, Tx};
use crate::executions::Executions;
use crate::ids::ProcessId;
use crate::queries::Trials;
use crate::web::room::{Find, Hit, PageEntry, Room, Search, Subject};
use crate::web::shell::Section;
use crate::web::{Person, Site};
use backfiller::Backfiller;
use calendar::{Rule, Zone};
use scheduler::Scheduler;

/// State shared by the room's pages.
#[derive(Clone)]
pub struct Schedules {
    site: Site,
    executions: Executions,
    trials: Arc<Trials>,
    zones: Zones,
}

impl Schedules {
    /// Schedules with the newest time zones of this machine.
    pub fn new(site: Site, executions: Executions, trials: Arc<Trials>) -> Self {
        Self { site, executions, trials, zones: Zones::newest() }
    }
}

const RUNS_QUERY: &[Find] = &[uses::of_query];

/// The room, with a worker that starts executions as `process`.
pub fn room(schedules: Schedules, process: &ProcessId) -> Room {
    let Schedules { site, executions, zones, .. } = schedules.clone();
    let worker = Scheduler::new(site.clone(), executions.clone(), process.clone(), zones);
    let backfiller = Backfiller::new(site, executions, process.clone());
    Room {
        section: Some(Section::Schedules),
        pages: const {
            &[
                PageEntry::new("/schedules", "Schedules", "cron recurring automatic weekly daily monthly"),
                PageEntry::new("/schedules/backfills", "Backfills", "backfill past history windows range"),
            ]
        },
        searches: const {
            &[Search {
                name: "Schedules",
                list: "/schedules",
                find: |tx, person, q, range| found(tx, person, q, range).boxed(),
            }]
        },
        runs_query: RUNS_QUERY,
        actions: &[Action::ScheduleChanged, Action::ScheduleDeleted, Action::ScheduleTakenOver],
        subjects: const {
            &[
                Subject::new("sch", "/schedules/", |tx, person, id| opens(tx, person, id).boxed()),
                Subject::new("bkf", "/schedules/backfills/", |tx, person, id| opens_backfill(tx, person, id).boxed()),
            ]
        },
        workers: vec![Arc::new(worker), Arc::new(backfiller)],
        ..Room::new(pages::routes(schedules))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/schedules` and below.
    pub const Schedules: Self = Self::new("/schedules", "Schedules", "calendar");
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Action {
    /// A schedule uses somebody else's access because its owner can no longer run it.
    pub const ScheduleTakenOver: Self = Self::new("schedule-taken-over", "Schedule taken over");
    /// A schedule was created, changed, paused or resumed.
    pub const ScheduleChanged: Self = Self::new("schedule-changed", "Schedule created, changed, paused or resumed");
    pub const ScheduleDeleted: Self = Self::new("schedule-deleted", "Schedule deleted or restored");
}

async fn found(tx: &mut Tx, person: &Person, q: &str, range: PageRange) -> db::Result<Vec<Hit>> {
    let filter = store::Filter { text: q.to_owned(), ..store::Filter::default() };
    // OK with any time: the results don't depend on it.
    let lines = store::list(tx, &person.id, &filter, chrono::DateTime::UNIX_EPOCH, range).await?;
    let hit = |line: store::Line| Hit {
        href: format!("/schedules/{}", line.id),
        note: format!("{} on {}", line.timing.describe(), line.instance_name),
        title: line.name,
    };
    Ok(lines.into_iter().map(hit).collect())
}

/// The plan of a cron expression alone.
pub fn cron_plan(cron: Cron, zone: Zone) -> Plan {
    Plan { rule: Rule::Cron(cron), zone, starts: None, ends: None, excluded: BTreeSet::new() }
}

/// Whether somebody can open the page of a schedule.
async fn opens(tx: &mut Tx, person: &Person, id: &str) -> db::Result<bool> {
    let Ok(id) = id.parse() else { return Ok(false) };
    Subject::is_found(store::find(tx, &person.id, &id).await)
}

/// Whether somebody can open the page of a backfill.
async fn opens_backfill(tx: &mut Tx, person: &Person, id: &str) -> db::Result<bool> {
    let Ok(id) = id.parse() else { return Ok(false) };
    Subject::is_found(store::backfill(tx, &person.id, &id).await)
}

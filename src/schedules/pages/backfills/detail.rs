//! A backfill: the calendar of its windows, and actions.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::own;
use crate::accounts::audit::{self, Action as Entry};
use crate::db::Tx;
use crate::instances::{self, Action};
use crate::queries::Query;
use crate::schedules::Schedules;
use crate::schedules::backfill::{Backfill, Stage, Unit, WindowRow, WindowState};
use crate::schedules::backfiller::NAME;
use crate::schedules::pages::detail::deleted_query;
use crate::schedules::store;
use crate::web::components::{Address, days};
use crate::web::live::{self, Shown};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Html, Person, Visit};

/// The windows that begin in the same month, or in the same year if each window is a month.
struct Period {
    name: String,
    cells: Vec<Cell>,
}

struct Cell {
    days: String,
    row: WindowRow,
}

#[derive(Template)]
#[template(path = "schedules/backfill.html")]
pub(in crate::schedules::pages) struct DetailPage {
    shell: Shell,
    backfill: Backfill,
    periods: Vec<Period>,
    done: usize,
    failed: usize,
    running: usize,
    all: usize,
    /// The address of the form for a schedule that continues with the same query; empty if the backfill belongs to a
    /// schedule.
    onwards: String,
    /// The deleted query, if there is one and the person may see it.
    deleted: Option<Query>,
    /// The tag of what the page shows.
    tag: String,
}

impl DetailPage {
    /// Whether the page polls itself: windows start or end without anybody's doing.
    fn is_live(&self) -> bool {
        self.backfill.state == Stage::Active || self.running > 0
    }

    fn range(&self) -> String {
        days(self.backfill.first, self.backfill.last)
    }

    fn missing(&self) -> usize {
        self.all - self.done - self.failed - self.running
    }

    /// The windows that have a reason to show.
    fn without_result(&self) -> Vec<&Cell> {
        let cells = self.periods.iter().flat_map(|period| &period.cells);
        cells.filter(|cell| !cell.row.reason.is_empty()).collect()
    }

    fn can_retry(&self) -> bool {
        let cells = self.periods.iter().flat_map(|period| &period.cells);
        let mut states = cells.map(|cell| cell.row.state);
        states.any(|state| matches!(state, WindowState::Failed | WindowState::Cancelled))
    }
}

pub(in crate::schedules::pages) async fn show(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    shown: Shown,
) -> web::Result<Response> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let backfill = store::backfill(&mut tx, &person.id, &own(&id)?).await?;
    let rows = store::windows(&mut tx, &backfill.id).await?;
    let deleted = deleted_query(&mut tx, &person, backfill.is_query_deleted, backfill.query.as_ref()).await?;
    drop(tx);
    let state = (backfill.state, &backfill.state_reason, backfill.is_query_deleted);
    let tag = live::tag(&(&rows, state, &backfill.name));
    if let Some(unchanged) = shown.unchanged(&tag) {
        return Ok(unchanged);
    }
    let count = |is: fn(WindowState) -> bool| rows.iter().filter(|row| is(row.state)).count();
    let page = DetailPage {
        shell: visit.shell(backfill.name.clone(), Section::Schedules).await,
        done: count(WindowState::is_done),
        failed: count(|state| state == WindowState::Failed),
        running: count(|state| state == WindowState::Started),
        all: rows.len(),
        periods: periods(&backfill, rows),
        onwards: onwards(&backfill),
        deleted,
        backfill,
        tag: tag.clone(),
    };
    Ok(live::tagged(&tag, Html(page)))
}

fn periods(backfill: &Backfill, rows: Vec<WindowRow>) -> Vec<Period> {
    let form = if backfill.unit == Unit::Month { "%Y" } else { "%b %Y" };
    let mut periods: Vec<Period> = Vec::new();
    for row in rows {
        let name = row.window.start.format(form).to_string();
        let choice = row.window.choice(backfill.zone);
        let cell = Cell { days: choice.days().unwrap_or_else(|| choice.exact()), row };
        match periods.last_mut().filter(|period| period.name == name) {
            Some(period) => period.cells.push(cell),
            None => periods.push(Period { name, cells: vec![cell] }),
        }
    }
    periods
}

/// The address of the form for a schedule with the same query, values and kind of window.
fn onwards(backfill: &Backfill) -> String {
    let Some(query) = backfill.query.as_ref().filter(|_| backfill.schedule.is_none()) else { return String::new() };
    let is_window = |name: &str| matches!(name, "window" | "start" | "end" | "window_days" | "window_before");
    let kept = backfill.input.iter().filter(|(name, _)| !is_window(name));
    let repeat = if backfill.unit == Unit::Month { "monthly" } else { "weekly" };
    let repeat = if backfill.unit == Unit::Day { "daily" } else { repeat };
    let start = Address::new("/schedules/new", "")
        .and("query", query.as_str())
        .and("instance", backfill.instance.as_str())
        .and("window", &backfill.unit.rule().name())
        .and("repeat", repeat)
        .and("weekday", "mon")
        .and("timing_zone", backfill.zone.name());
    kept.fold(start, |address, (name, value)| address.and(name, value)).to_string()
}

/// A backfill that this person may change, with a write transaction.
async fn to_change(room: &Schedules, person: &Person, id: &str) -> web::Result<(Tx, Backfill)> {
    let mut tx = room.site.db.write(&person.scope()).await?;
    let backfill = store::backfill(&mut tx, &person.id, &own(id)?).await?;
    instances::require(&mut tx, &person.id, &backfill.instance, Action::Run).await?;
    Ok((tx, backfill))
}

/// The action of a button.
struct Transition {
    from: &'static [Stage],
    to: Stage,
    /// The change as written to the audit log.
    change: &'static str,
    message: &'static str,
}

const PAUSE: Transition =
    Transition { from: &[Stage::Active], to: Stage::Paused, change: "paused", message: "The backfill was paused." };
const RESUME: Transition =
    Transition { from: &[Stage::Paused], to: Stage::Active, change: "resumed", message: "The backfill was resumed." };
const CANCEL: Transition = Transition {
    from: &[Stage::Active, Stage::Paused],
    to: Stage::Cancelled,
    change: "cancelled",
    message: "The backfill was canceled. Executions that have started continue.",
};
const RETRY: [Transition; 2] = [
    Transition {
        from: &[Stage::Finished, Stage::Cancelled],
        to: Stage::Active,
        change: "retried",
        message: "Time windows without a result run again.",
    },
    Transition {
        from: &[Stage::Active, Stage::Paused],
        to: Stage::Active,
        change: "retried",
        message: "Time windows without a result run again.",
    },
];

async fn apply(
    room: &Schedules,
    (person, visit): (&Person, &Visit),
    (mut tx, backfill): (Tx, Backfill),
    transition: &Transition,
) -> web::Result<Redirect> {
    let now: DateTime<Utc> = room.site.clock.now();
    let reason = match transition.to {
        Stage::Active | Stage::Finished => String::new(),
        Stage::Paused => format!("Paused by {}.", person.name),
        Stage::Cancelled => format!("Canceled by {}.", person.name),
    };
    if !store::turn(&mut tx, now, &backfill.id, transition.from, (transition.to, &reason)).await? {
        let state = backfill.state.label().to_lowercase();
        return Err(web::Error::conflict("Not possible now", format!("This backfill is {state}. Reload its page.")));
    }
    if transition.to == Stage::Cancelled {
        store::cancel_windows(&mut tx, &backfill.id, &reason).await?;
    }
    let detail = json!({ "change": format!("backfill {}", transition.change), "name": backfill.name });
    let (by, random) = (Some(&person.id), &room.site.random);
    audit::write(&mut tx, random, now, by, Entry::ScheduleChanged, backfill.id.as_str(), detail).await?;
    tx.commit().await?;
    room.site.wakes.wake(NAME);
    visit.flash(Tone::Success, transition.message).await;
    Ok(Redirect::to(&format!("/schedules/backfills/{}", backfill.id)))
}

pub(in crate::schedules::pages) async fn pause(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let found = to_change(&room, &person, &id).await?;
    apply(&room, (&person, &visit), found, &PAUSE).await
}

pub(in crate::schedules::pages) async fn resume(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let found = to_change(&room, &person, &id).await?;
    apply(&room, (&person, &visit), found, &RESUME).await
}

pub(in crate::schedules::pages) async fn cancel(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let found = to_change(&room, &person, &id).await?;
    apply(&room, (&person, &visit), found, &CANCEL).await
}

/// Runs the windows without a result again.
pub(in crate::schedules::pages) async fn retry(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let (mut tx, backfill) = to_change(&room, &person, &id).await?;
    if store::retry_windows(&mut tx, &backfill.id).await? == 0 {
        return Err(web::Error::conflict("Nothing to rerun", "Every time window of this backfill has a result."));
    }
    let is_over = matches!(backfill.state, Stage::Finished | Stage::Cancelled);
    let transition = &RETRY[usize::from(!is_over)];
    apply(&room, (&person, &visit), (tx, backfill), transition).await
}

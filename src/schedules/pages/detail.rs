//! The page of a schedule: its next slots, and its ledger.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Datelike as _, Days, TimeDelta, Utc};
use serde_json::{Value, json};

use super::month::Month;
use super::own;
use super::preview::{self, Row};
use crate::db::{self, Tx};
use crate::ids::QueryId;
use crate::queries::{self, Query};
use crate::schedules::Schedules;
use crate::schedules::model::{LedgerRow, Schedule, SlotState, State as Stage};
use crate::schedules::policies::Wait;
use crate::schedules::store::{self, DayGroup, Ledger};
use crate::web::components::{Choice, Pager, duration};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Html, Person, Visit};

const SIZE: u64 = 50;
const MOST: u64 = 500;
/// Maximum number of executions used for the typical duration.
const RECENT: i64 = 30;

#[derive(Template)]
#[template(path = "schedules/detail.html")]
pub(super) struct DetailPage {
    shell: Shell,
    schedule: Schedule,
    list: List,
    slots: Vec<LedgerRow>,
    pager: Pager,
    states: Vec<Choice>,
    state: &'static str,
    next: Vec<Row>,
    window: String,
    values: Vec<(String, String)>,
    is_overdue: bool,
    /// The deleted query, if there is one and the person may see it.
    deleted: Option<Query>,
    /// The month shown in the calendar, and whether the calendar is shown instead of the list.
    month: Month,
    is_calendar: bool,
    /// The success rate and the typical duration; empty if no execution has ended.
    success: String,
    typical: String,
    /// Why a due slot hasn't started yet; empty if none is due.
    waits: String,
    once: String,
}

fn ledger(schedule: &Schedule, params: &mut ListParams) -> Ledger {
    Ledger { schedule: schedule.id.clone(), state: params.value("state", "state", SlotState::parse) }
}

pub(super) async fn show(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    mut params: ListParams,
) -> web::Result<Html<DetailPage>> {
    let now = room.site.clock.now();
    let mut tx = room.site.db.read(&person.scope()).await?;
    let schedule = store::find(&mut tx, &person.id, &own(&id)?).await?;
    let ledger = ledger(&schedule, &mut params);
    let wanted = params.page_of_size(SIZE, MOST);
    let pager = wanted.pager(store::count_slots(&mut tx, &ledger, wanted.most()).await?);
    let slots = store::slots(&mut tx, &ledger, pager.range()).await?;
    let plan = schedule.plan(&room.zones);
    let today = plan.as_ref().map_or_else(|| now.date_naive(), |plan| plan.zone.civil(now).date());
    let first = params.value("month", "month", Month::parse).or_else(|| today.with_day(1)).unwrap_or(today);
    let groups = store::days(&mut tx, &schedule.id, Month::days(first)).await?;
    let lately = store::days(&mut tx, &schedule.id, (today - Days::new(30), today + Days::new(1))).await?;
    let durations = store::durations(&mut tx, &schedule.id, RECENT).await?;
    let deleted = deleted_query(&mut tx, &person, schedule.is_query_deleted, schedule.query.as_ref()).await?;
    drop(tx);
    let month = Month::of(&schedule, plan.as_ref(), first, &groups, now);
    let is_calendar = params.is("view", "calendar");
    let input = schedule.text_input();
    let plan = plan.filter(|_| schedule.state == Stage::Active && schedule.deleted_at.is_none());
    let next = plan.map(|plan| preview::rows(&plan, &schedule.policies, schedule.id.as_str(), &input.window, now));
    let states = SlotState::ALL.map(|state| Choice::new(state.name(), state.label()));
    let value = |(name, value): &(String, String)| {
        let name = name.strip_prefix("param.")?;
        Some((name.to_owned(), value.lines().collect::<Vec<_>>().join(", ")))
    };
    let mut list = params.list(&["size"]);
    let path = format!("/schedules/{}/slots", schedule.id);
    list.csv = params.here().at(format!("{path}.csv")).with("page", "").to_string();
    list.json = params.here().at(format!("{path}.json")).with("page", "").to_string();
    Ok(Html(DetailPage {
        shell: visit.shell(schedule.name.clone(), Section::Schedules).await,
        list,
        slots,
        pager,
        states: Choice::optional("All states", states),
        state: ledger.state.map_or("", SlotState::name),
        next: next.unwrap_or_default(),
        window: input.window.kind.label().into_owned(),
        values: schedule.input.iter().filter_map(value).collect(),
        is_overdue: schedule.is_overdue(now),
        deleted,
        month,
        is_calendar,
        success: success(&lately),
        typical: typical(durations),
        waits: waits(&schedule, now),
        once: room.site.random.token(),
        schedule,
    }))
}

/// A deleted query, for restoring it; `None` if the person may not see it.
pub(in crate::schedules::pages) async fn deleted_query(
    tx: &mut Tx,
    person: &Person,
    is_deleted: bool,
    query: Option<&QueryId>,
) -> db::Result<Option<Query>> {
    let Some(id) = query.filter(|_| is_deleted) else { return Ok(None) };
    match queries::find(tx, &person.id, id).await {
        Ok(query) => Ok(Some(query)),
        Err(db::Error::Missing) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The success rate of the last 30 days: `96% of 26`.
fn success(groups: &[DayGroup]) -> String {
    let count =
        |is: fn(SlotState) -> bool| groups.iter().filter(|group| is(group.state)).map(|group| group.count).sum();
    let succeeded: i64 = count(|state| state == SlotState::Succeeded);
    let ended: i64 = count(|state| matches!(state, SlotState::Succeeded | SlotState::Failed | SlotState::Refused));
    store::share(succeeded, ended)
}

/// The median of these seconds, for display.
fn typical(mut seconds: Vec<i64>) -> String {
    seconds.sort_unstable();
    let median = seconds.get(seconds.len() / 2).copied();
    median.map(|seconds| duration(TimeDelta::seconds(seconds))).unwrap_or_default()
}

/// Why a due slot hasn't been decided yet.
fn waits(schedule: &Schedule, now: DateTime<Utc>) -> String {
    let (Some(at), Some(due)) = (schedule.next_at, schedule.due_at) else { return String::new() };
    if schedule.state != Stage::Active || at > now || due <= now {
        return String::new();
    }
    let policies = &schedule.policies;
    let waits = if policies.wait != Wait::Slot {
        "executions of this schedule wait until the data of their time window is complete"
    } else if policies.hold_hours > 0 {
        "executions of this schedule start later than their slots"
    } else {
        "the starts of schedules are spread over several minutes"
    };
    format!("The slot is due, but {waits}.")
}

impl Export for LedgerRow {
    const COLUMNS: &'static [&'static str] =
        &["slot", "at", "state", "reason", "is_late", "execution", "decided_at", "ended_at"];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.name.to_string()),
            rfc3339(self.at),
            json!(self.state.name()),
            json!(self.reason),
            json!(self.is_late),
            json!(self.execution),
            rfc3339(self.decided_at),
            rfc3339(self.ended_at),
        ]
    }
}

/// The export of the ledger.
pub(super) async fn export(
    State(room): State<Schedules>,
    person: Person,
    Path(id): Path<String>,
    mut params: ListParams,
) -> web::Result<Response> {
    let mut tx = room.site.db.read(&person.scope()).await?;
    let schedule = store::find(&mut tx, &person.id, &own(&id)?).await?;
    drop(tx);
    let ledger = ledger(&schedule, &mut params);
    let rows = RowSource::new(&room.site.db, person.scope(), ledger, |tx, ledger, range, _| {
        Box::pin(store::slots(tx, ledger, range))
    });
    let file = list::export_rows(&params, rows).await?;
    Ok(file.answer(&["slots", &schedule.name], room.site.clock.now()))
}

//! The page of a schedule: its next slots, and its ledger.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::own;
use super::preview::{self, Row};
use crate::schedules::Schedules;
use crate::schedules::model::{LedgerRow, Schedule, SlotState, State as Stage};
use crate::schedules::store::{self, Ledger};
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Html, Person, Visit};

const SIZE: u64 = 50;
const MOST: u64 = 500;

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
    drop(tx);
    let input = schedule.text_input();
    let plan = schedule.plan(&room.zones).filter(|_| schedule.state == Stage::Active && schedule.deleted_at.is_none());
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
        states: std::iter::once(Choice::new("", "All states")).chain(states).collect(),
        state: ledger.state.map_or("", SlotState::name),
        next: next.unwrap_or_default(),
        window: input.window.kind.label().to_owned(),
        values: schedule.input.iter().filter_map(value).collect(),
        is_overdue: schedule.is_overdue(now),
        schedule,
    }))
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
            self.ended_at.map_or(Value::Null, rfc3339),
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

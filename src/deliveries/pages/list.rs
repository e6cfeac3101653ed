//! The ledger of deliveries, and its export.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use crate::db::PageRange;
use crate::deliveries::Deliveries;
use crate::deliveries::model::{Delivery, DeliveryState};
use crate::deliveries::store::{self, DeliveryFilter, LedgerKey};
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Days, Export, List, ListParams, RowSource, rfc3339};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Visit};

const SIZE: u64 = 50;
const MOST: u64 = 500;

#[derive(Template)]
#[template(path = "deliveries/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    lines: Vec<Delivery>,
    pager: Pager,
    states: Vec<Choice>,
    state: &'static str,
    destinations: Vec<Choice>,
    destination: String,
    days: Days,
    q: String,
}

fn filter(params: &mut ListParams) -> DeliveryFilter {
    DeliveryFilter {
        text: params.text("q"),
        state: params.value("state", "state", DeliveryState::parse),
        destination: params.id("destination", "destination"),
        schedule: params.id("schedule", "schedule"),
        rule: params.id("rule", "rule"),
        execution: params.id("execution", "execution"),
        days: params.days(),
        before: None,
    }
}

pub(super) async fn show(
    State(room): State<Deliveries>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ListPage>> {
    let filter = filter(&mut params);
    let wanted = params.page_of_size(SIZE, MOST);
    let mut tx = room.site.db.read(&person.scope()).await?;
    let pager = wanted.pager(store::count(&mut tx, &person.id, &filter, wanted.most()).await?);
    let lines = store::list(&mut tx, &person.id, &filter, pager.range()).await?;
    let usable = store::usable(&mut tx, &person.id).await?;
    drop(tx);
    let states = DeliveryState::ALL.map(|state| Choice::new(state.name(), state.label()));
    let destinations = usable.iter().map(|one| Choice::new(one.id.as_str(), &one.name));
    Ok(Html(ListPage {
        shell: visit.shell("Deliveries", Section::Schedules).await,
        list: params.list(&["size", "schedule", "rule", "execution"]),
        lines,
        pager,
        states: Choice::optional("All states", states),
        state: filter.state.map_or("", DeliveryState::name),
        destinations: Choice::optional("All destinations", destinations),
        destination: filter.destination.map(|id| id.to_string()).unwrap_or_default(),
        days: filter.days,
        q: filter.text,
    }))
}

impl Export for Delivery {
    const COLUMNS: &'static [&'static str] = &[
        "delivery",
        "schedule",
        "query",
        "instance",
        "slot",
        "execution",
        "destination",
        "form",
        "object",
        "state",
        "reason",
        "rows",
        "bytes",
        "duration_ms",
        "attempts",
        "requested_by",
        "created_at",
        "ended_at",
        "next_attempt_at",
    ];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.id),
            json!(self.schedule_name),
            json!(self.query_name),
            json!(self.instance_name),
            json!(self.slot),
            json!(self.execution),
            json!(self.destination_name),
            json!(self.target.form()),
            json!(self.object),
            json!(self.state.name()),
            json!(self.reason),
            json!(self.rows),
            json!(self.bytes),
            json!(self.took_ms),
            json!(self.attempts),
            json!(self.person_name),
            rfc3339(self.created_at),
            rfc3339(self.ended_at),
            rfc3339(self.due_at),
        ]
    }
}

/// All that the filter leaves, as a file.
pub(super) async fn export(
    State(room): State<Deliveries>,
    person: Person,
    mut params: ListParams,
) -> web::Result<Response> {
    let (filter, scope) = (filter(&mut params), person.scope());
    let rows = RowSource::new(&room.site.db, scope, (person.id, filter), |tx, (person, filter), range, last| {
        filter.before = last.map(|line: &Delivery| -> LedgerKey { (line.created_at, line.id.to_string()) });
        Box::pin(store::list(tx, person, filter, PageRange::first(range.most)))
    });
    Ok(list::export_rows(&params, rows).await?.answer(&["deliveries"], room.site.clock.now()))
}

//! The list of schedules.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::instances::{self, Instance};
use crate::schedules::Schedules;
use crate::schedules::model::State as Stage;
use crate::schedules::policies::Missed;
use crate::schedules::store::{self, Filter, Line};
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Visit};

/// Default page size.
const SIZE: u64 = 50;
const MOST: u64 = 500;

#[derive(Template)]
#[template(path = "schedules/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    lines: Vec<Line>,
    pager: Pager,
    instances: Vec<Choice>,
    instance: String,
    states: Vec<Choice>,
    state: &'static str,
    brands: Vec<Choice>,
    brand: String,
    shows: Vec<Choice>,
    missed: Vec<Choice>,
    shown: &'static str,
    q: String,
    now: DateTime<Utc>,
}

fn filter(params: &mut ListParams) -> Filter {
    Filter {
        text: params.text("q"),
        instance: params.id("instance", "instance"),
        query: params.id("query", "query"),
        brand: params.id("brand", "brand"),
        state: params.value("state", "state", Stage::parse),
        deleted: params.is("show", "deleted"),
    }
}

pub(super) async fn show(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ListPage>> {
    let filter = filter(&mut params);
    let wanted = params.page_of_size(SIZE, MOST);
    let now = room.site.clock.now();
    let mut tx = room.site.db.read(&person.scope()).await?;
    let pager = wanted.pager(store::count(&mut tx, &person.id, &filter, wanted.most()).await?);
    let lines = store::list(&mut tx, &person.id, &filter, now, pager.range()).await?;
    let mut brands = vec![Choice::new("", "All brands")];
    if let Some(instance) = &filter.instance {
        let found = instances::brands(&mut tx, &person.id, instance).await?;
        brands.extend(found.into_iter().map(|brand| Choice::new(brand.id.as_str(), brand.name)));
    }
    let on_list = instances::list(&mut tx, &person.id, &instances::Filter::default()).await?;
    drop(tx);
    let states = Stage::ALL.map(|state| Choice::new(state.name(), state.label()));
    Ok(Html(ListPage {
        shell: visit.shell("Schedules", Section::Schedules).await,
        list: params.list(&["query", "size"]),
        lines,
        pager,
        instances: Choice::optional("All instances", on_list.iter().map(Instance::choice)),
        instance: filter.instance.map(|id| id.to_string()).unwrap_or_default(),
        states: Choice::optional("All states", states),
        state: filter.state.map_or("", Stage::name),
        brands,
        brand: filter.brand.map(|id| id.to_string()).unwrap_or_default(),
        missed: Missed::choices(),
        shows: vec![Choice::new("", "Current"), Choice::new("deleted", "Deleted")],
        shown: if filter.deleted { "deleted" } else { "" },
        q: filter.text,
        now,
    }))
}

impl Export for Line {
    const COLUMNS: &'static [&'static str] = &[
        "schedule",
        "name",
        "query",
        "instance",
        "owner",
        "timing",
        "state",
        "state_reason",
        "next_at",
        "last_slot_at",
        "last_slot_state",
        "last_execution",
        "succeeded_30_days",
        "ended_30_days",
        "typical_seconds",
    ];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.id),
            json!(self.name),
            json!(self.query_name),
            json!(self.instance_name),
            json!(self.owner_name),
            json!(self.timing.describe()),
            json!(self.state.name()),
            json!(self.state_reason),
            rfc3339(self.next_at),
            rfc3339(self.last_at),
            json!(self.last.map(crate::schedules::model::SlotState::name)),
            json!(self.last_execution),
            json!(self.succeeded),
            json!(self.ended),
            json!(self.took_seconds),
        ]
    }
}

/// The export of the filtered schedules.
pub(super) async fn export(
    State(room): State<Schedules>,
    person: Person,
    mut params: ListParams,
) -> web::Result<Response> {
    let (filter, now) = (filter(&mut params), room.site.clock.now());
    let scope = person.scope();
    let rows = RowSource::new(&room.site.db, scope, (person.id, filter, now), |tx, (person, filter, now), range, _| {
        Box::pin(store::list(tx, person, filter, *now, range))
    });
    Ok(list::export_rows(&params, rows).await?.answer(&["schedules"], now))
}

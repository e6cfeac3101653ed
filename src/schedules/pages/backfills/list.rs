//! The list of backfills.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use crate::schedules::Schedules;
use crate::schedules::backfill::Stage;
use crate::schedules::store::{self, BackfillFilter, BackfillLine};
use crate::web::components::{Choice, Pager, days};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Visit};

/// Default page size.
const SIZE: u64 = 50;
const MOST: u64 = 500;

#[derive(Template)]
#[template(path = "schedules/backfills.html")]
pub(in crate::schedules::pages) struct ListPage {
    shell: Shell,
    list: List,
    lines: Vec<BackfillLine>,
    pager: Pager,
    states: Vec<Choice>,
    state: &'static str,
    q: String,
}

fn filter(params: &mut ListParams) -> BackfillFilter {
    BackfillFilter {
        text: params.text("q"),
        schedule: params.id("schedule", "schedule"),
        state: params.value("state", "state", Stage::parse),
    }
}

pub(in crate::schedules::pages) async fn show(
    State(room): State<Schedules>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<ListPage>> {
    let filter = filter(&mut params);
    let wanted = params.page_of_size(SIZE, MOST);
    let mut tx = room.site.db.read(&person.scope()).await?;
    let pager = wanted.pager(store::count_backfills(&mut tx, &person.id, &filter, wanted.most()).await?);
    let lines = store::backfills(&mut tx, &person.id, &filter, pager.range()).await?;
    drop(tx);
    let states = Stage::ALL.map(|state| Choice::new(state.name(), state.label()));
    Ok(Html(ListPage {
        shell: visit.shell("Backfills", Section::Schedules).await,
        list: params.list(&["schedule", "size"]),
        lines,
        pager,
        states: Choice::optional("All states", states),
        state: filter.state.map_or("", Stage::name),
        q: filter.text,
    }))
}

impl BackfillLine {
    fn days(&self) -> String {
        days(self.first, self.last)
    }
}

impl Export for BackfillLine {
    const COLUMNS: &'static [&'static str] = &[
        "backfill",
        "name",
        "instance",
        "owner",
        "first_day",
        "last_day",
        "state",
        "windows",
        "done",
        "failed",
        "created_at",
    ];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.id),
            json!(self.name),
            json!(self.instance_name),
            json!(self.owner_name),
            json!(self.first.to_string()),
            json!(self.last.to_string()),
            json!(self.state.name()),
            json!(self.all),
            json!(self.done),
            json!(self.failed),
            rfc3339(self.created_at),
        ]
    }
}

/// The export of the filtered backfills.
pub(in crate::schedules::pages) async fn export(
    State(room): State<Schedules>,
    person: Person,
    mut params: ListParams,
) -> web::Result<Response> {
    let filter = filter(&mut params);
    let scope = person.scope();
    let rows = RowSource::new(&room.site.db, scope, (person.id, filter), |tx, (person, filter), range, _| {
        Box::pin(store::backfills(tx, person, filter, range))
    });
    Ok(list::export_rows(&params, rows).await?.answer(&["backfills"], room.site.clock.now()))
}

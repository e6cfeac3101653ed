//! The list of executions, as it is filtered.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::db::{Db, Memo, PageRange, Stamp, Tx};
use crate::executions::model::State as Stage;
use crate::executions::store::{self, Filter, Line};
use crate::executions::submit::Executions;
use crate::ids::{PersonId, QueryId};
use crate::instances;
use crate::queries::{self, WindowChoice};
use crate::web::components::{Address, Choice, Pager};
use crate::web::list::{self, Days, Export, List, ListParams, PageRequest, RowSource, rfc3339};
use crate::web::live::{self, Shown};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Visit};

/// Rows of a page unless the address asks for another number.
const SIZE: u64 = 50;
/// Most rows of a page; an address that asks for more gets this many.
const MOST: u64 = 500;
/// Pages of lists that are kept in memory, of all people together.
const KEPT: usize = 200;

/// Pages of lists as they were last read, by whose they are and by their address.
pub(in crate::executions) type Lists = Memo<(PersonId, String), Arc<Listed>>;

/// Lists read from `db`.
pub(in crate::executions) fn lists(db: Db) -> Lists {
    Memo::new(db, KEPT)
}

/// What one page of a list shows of the database.
#[derive(Debug)]
pub(in crate::executions) struct Listed {
    /// The rows, as they are sent.
    rows: String,
    instances: Vec<Choice>,
    /// The query whose runs alone are listed, and the way to all.
    of: Option<(String, String)>,
    moves: bool,
    /// Of the rows, but for how long those that go on have taken.
    tag: String,
}

/// The rows of a page, with what leads to other pages.
#[derive(Template)]
#[template(path = "executions/rows.html")]
struct Rows<'a> {
    lines: Vec<Line>,
    pager: Pager,
    list: &'a List,
    here: &'a str,
    moves: bool,
    tag: &'a str,
    now: DateTime<Utc>,
}

#[derive(Template)]
#[template(path = "executions/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    listed: Arc<Listed>,
    instance: String,
    states: Vec<Choice>,
    state: String,
    q: String,
    whose: Vec<Choice>,
    by: &'static str,
    days: Days,
}

/// The filter of an address, and its days as the form shows them.
fn filter(params: &mut ListParams, person: &Person) -> (Filter, Days) {
    let known = |state: &str| matches!(state, "active" | "problem") || Stage::parse(state).is_some();
    let days = params.days();
    let filter = Filter {
        instance: params.id("instance", "instance"),
        query: params.id("query", "query"),
        state: params.value("state", "state", |state| known(state).then(|| state.to_owned())).unwrap_or_default(),
        text: params.text("q"),
        by: params.is("by", "me").then(|| person.id.clone()),
        from: days.start(),
        before: days.end(),
        after: None,
    };
    (filter, days)
}

fn states() -> Vec<Choice> {
    let groups = [
        Choice::new("", "All states"),
        Choice::new("active", "In progress"),
        Choice::new("problem", "Failed, for any reason"),
    ];
    groups.into_iter().chain(Stage::ALL.map(|state| Choice::new(state.name(), state.label()))).collect()
}

/// A page of the list, with all that it is read by.
struct Look<'a> {
    person: &'a Person,
    filter: &'a Filter,
    wanted: &'a PageRequest,
    here: &'a Address,
    list: &'a List,
}

impl Look<'_> {
    /// Reads the page, or takes it from memory where nothing of it can have changed.
    async fn load(&self, room: &Executions) -> web::Result<Arc<Listed>> {
        let key = (self.person.id.clone(), self.here.to_string());
        if let Some(known) = room.lists.get(&key) {
            return Ok(known);
        }
        let mut tx = room.site.db.read(&self.person.scope()).await?;
        let listed = Arc::new(self.read(&mut tx, room.site.clock.now()).await?);
        if !listed.moves {
            // What moves shows how long it has taken so far, which is another number each time.
            room.lists.keep(key, Stamp::of(&tx), Arc::clone(&listed));
        }
        Ok(listed)
    }

    async fn read(&self, tx: &mut Tx, now: DateTime<Utc>) -> web::Result<Listed> {
        let Self { person, filter, wanted, here, list } = *self;
        let pager = wanted.pager(store::count(tx, &person.id, filter, wanted.most()).await?);
        let lines = store::list(tx, &person.id, filter, pager.range()).await?;
        let on_list = instances::list(tx, &person.id, &instances::Filter::default()).await?;
        let of = match &filter.query {
            Some(id) => Some((self.name(tx, id).await, here.with("query", "").with("page", "").to_string())),
            None => None,
        };
        let mut choices = vec![Choice::new("", "All instances")];
        choices.extend(on_list.iter().map(|one| Choice::new(one.id.as_str(), one.name())));
        let moves = lines.iter().any(|line| !line.state.is_final());
        let tag = live::tag(&(&lines, &pager));
        let rows = Rows { lines, pager, list, here: &here.to_string(), moves, tag: &tag, now };
        Ok(Listed { rows: rows.render()?, instances: choices, of, moves, tag })
    }

    /// What a query is called; its id where it is gone, or never was this person's.
    async fn name(&self, tx: &mut Tx, id: &QueryId) -> String {
        queries::find(tx, &self.person.id, id).await.map_or_else(|_| id.to_string(), |query| query.name)
    }
}

pub(super) async fn show(
    State(room): State<Executions>,
    person: Person,
    visit: Visit,
    shown: Shown,
    mut params: ListParams,
) -> web::Result<Response> {
    let (filter, days) = filter(&mut params, &person);
    let wanted = params.page_of_size(SIZE, MOST);
    let list = params.list(&["query", "size"]);
    let look = Look { person: &person, filter: &filter, wanted: &wanted, here: params.here(), list: &list };
    let listed = look.load(&room).await?;
    if let Some(unchanged) = shown.unchanged(&listed.tag) {
        return Ok(unchanged);
    }
    let tag = listed.tag.clone();
    let page = ListPage {
        shell: visit.shell("Executions", Section::Executions).await,
        listed,
        list,
        instance: filter.instance.map(|id| id.to_string()).unwrap_or_default(),
        states: states(),
        state: filter.state,
        q: filter.text,
        whose: vec![Choice::new("", "Everyone"), Choice::new("me", "Me")],
        by: if filter.by.is_some() { "me" } else { "" },
        days,
    };
    Ok(live::tagged(&tag, Html(page)))
}

impl Export for Line {
    const COLUMNS: &'static [&'static str] = &[
        "execution",
        "query",
        "instance",
        "person",
        "state",
        "created_at",
        "finished_at",
        "seconds",
        "rows",
        "waiting_for",
        "problem",
        "origin",
        "window_kind",
        "window_start",
        "window_end",
        "window_zone",
    ];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.id),
            json!(self.query_name),
            json!(self.instance_name),
            json!(self.person_name),
            json!(self.state.name()),
            rfc3339(self.created_at),
            self.finished_at.map_or(Value::Null, rfc3339),
            json!(self.finished_at.map(|end| (end - self.created_at).num_seconds())),
            json!(self.rows),
            json!(self.waiting_for),
            json!(self.problem.as_ref().map(|problem| &problem.what)),
            json!(self.origin.name()),
            json!(self.window.kind.name()),
            json!(self.window.start.map(WindowChoice::stored)),
            json!(self.window.end.map(WindowChoice::stored)),
            json!(self.window.zone.name()),
        ]
    }
}

/// All that the filter leaves, as a file.
pub(super) async fn export(
    State(room): State<Executions>,
    person: Person,
    mut params: ListParams,
) -> web::Result<Response> {
    let (filter, _) = filter(&mut params, &person);
    let lines =
        RowSource::new(&room.site.db, person.scope(), (person.id, filter), |tx, (person, filter), range, last| {
            filter.after = last.map(|line: &Line| (line.created_at, line.id.clone()));
            Box::pin(store::list(tx, person, filter, PageRange::first(range.most)))
        });
    let file = list::export_rows(&params, lines).await?;
    Ok(file.answer(&["executions"], room.site.clock.now()))
}

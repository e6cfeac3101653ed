//! The list of executions.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::db::{Db, Memo, PageRange, Stamp, Tx};
use crate::executions::model::State as Stage;
use crate::executions::store::{self, Filter, Group, Line};
use crate::executions::submit::Executions;
use crate::ids::{PersonId, QueryId};
use crate::instances::{self, Instance};
use crate::queries::{self, WindowChoice};
use crate::web::components::{Address, Choice, Pager};
use crate::web::list::{self, Days, Export, List, ListParams, PageRequest, RowSource, rfc3339};
use crate::web::live::{self, Shown};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Html, Person, Visit};

/// Default page size.
const SIZE: u64 = 50;
/// Maximum page size.
const MOST: u64 = 500;
/// Cached list pages, of all people together.
const KEPT: usize = 200;

/// Cached list pages by person and address.
pub(in crate::executions) type Lists = Memo<(PersonId, String), Arc<Listed>>;

/// A cache of lists read from `db`.
pub(in crate::executions) fn lists(db: Db) -> Lists {
    Memo::new(db, KEPT)
}

/// What one page of a list reads from the database.
#[derive(Debug)]
pub(in crate::executions) struct Listed {
    /// The rendered rows.
    rows: String,
    instances: Vec<Choice>,
    /// The query or account that the list is limited to, with links that remove the limit.
    of: Vec<(String, String)>,
    moves: bool,
    /// Covers the rows except running times.
    tag: String,
}

/// The rows of a page and its pagination.
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

/// The queries of a page with links to their executions, and its pagination.
#[derive(Template)]
#[template(path = "executions/groups.html")]
struct Groups<'a> {
    lines: Vec<Group>,
    pager: Pager,
    list: &'a List,
    here: &'a Address,
    moves: bool,
    tag: &'a str,
}

impl Groups<'_> {
    /// The executions of a query with the list's filter, and of one `state` if it isn't empty.
    fn rows_of(&self, group: &Group, state: &str) -> String {
        let list = self.here.with("group", "").with("page", "");
        let list = match &group.query {
            Some(query) => list.with("query", query.as_str()),
            None => list.with("q", &group.query_name),
        };
        if state.is_empty() { list.to_string() } else { list.with("state", state).to_string() }
    }
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
    /// The addresses of the same list with a row for each execution, and with one for each query.
    rows_address: String,
    groups_address: String,
    is_grouped: bool,
}

/// The filter of an address, and its dates as shown in the form.
fn filter(params: &mut ListParams, person: &Person) -> (Filter, Days) {
    let known = |state: &str| matches!(state, "active" | "problem") || Stage::parse(state).is_some();
    let days = params.days();
    let filter = Filter {
        instance: params.id("instance", "instance"),
        account: params.text("account"),
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

/// A request for a list page.
struct Look<'a> {
    person: &'a Person,
    filter: &'a Filter,
    wanted: &'a PageRequest,
    here: &'a Address,
    list: &'a List,
    is_grouped: bool,
}

impl Look<'_> {
    /// Reads the page, or takes it from the cache.
    async fn load(&self, room: &Executions) -> web::Result<Arc<Listed>> {
        let key = (self.person.id.clone(), self.here.to_string());
        if let Some(known) = room.lists.get(&key) {
            return Ok(known);
        }
        let mut tx = room.site.db.read(&self.person.scope()).await?;
        let listed = Arc::new(self.read(&mut tx, room.site.clock.now()).await?);
        if !listed.moves {
            // Rows in progress show their elapsed time, which is different each time.
            room.lists.insert(key, Stamp::of(&tx), Arc::clone(&listed));
        }
        Ok(listed)
    }

    async fn read(&self, tx: &mut Tx, now: DateTime<Utc>) -> web::Result<Listed> {
        let on_list = instances::list(tx, &self.person.id, &instances::Filter::default()).await?;
        let of = self.narrowed(tx, &on_list).await;
        let choices = Choice::optional("All instances", on_list.iter().map(Instance::choice));
        let (rows, moves, tag) = if self.is_grouped { self.groups(tx).await? } else { self.rows(tx, now).await? };
        Ok(Listed { rows, instances: choices, of, moves, tag })
    }

    /// A row for each execution; also whether any is in progress, and the tag.
    async fn rows(&self, tx: &mut Tx, now: DateTime<Utc>) -> web::Result<(String, bool, String)> {
        let Self { person, filter, wanted, here, list, .. } = *self;
        let pager = wanted.pager(store::count(tx, &person.id, filter, wanted.most()).await?);
        let lines = store::list(tx, &person.id, filter, pager.range()).await?;
        let (moves, tag) = (lines.iter().any(|line| !line.state.is_final()), live::tag(&(&lines, &pager)));
        let rows = Rows { lines, pager, list, here: &here.to_string(), moves, tag: &tag, now }.render()?;
        Ok((rows, moves, tag))
    }

    /// The same with a row for each query.
    async fn groups(&self, tx: &mut Tx) -> web::Result<(String, bool, String)> {
        let Self { person, filter, wanted, here, list, .. } = *self;
        let pager = wanted.pager(store::count_groups(tx, &person.id, filter, wanted.most()).await?);
        let groups = store::groups(tx, &person.id, filter, pager.range()).await?;
        let (moves, tag) = (groups.iter().any(|group| group.active > 0), live::tag(&(&groups, &pager)));
        let rows = Groups { lines: groups, pager, list, here, moves, tag: &tag }.render()?;
        Ok((rows, moves, tag))
    }

    /// The query and account that the list is limited to, each with a link that removes the limit.
    async fn narrowed(&self, tx: &mut Tx, on_list: &[Instance]) -> Vec<(String, String)> {
        let without = |name| self.here.with(name, "").with("page", "").to_string();
        let mut narrowed = Vec::new();
        if let Some(id) = &self.filter.query {
            narrowed.push((format!("Query: {}", self.name(tx, id).await), without("query")));
        }
        if !self.filter.account.is_empty() {
            let known = on_list.iter().find(|one| one.entity.as_str() == self.filter.account);
            let name = known.map_or(self.filter.account.as_str(), |one| &one.account_name);
            narrowed.push((format!("Account: {name}"), without("account")));
        }
        narrowed
    }

    /// The query's name, or its id if it was deleted or this person can't see it.
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
    let is_grouped = params.view("group", &["query"]).is_some();
    let list = params.list(&["query", "account", "group", "size"]);
    let look = Look { person: &person, filter: &filter, wanted: &wanted, here: params.here(), list: &list, is_grouped };
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
        rows_address: params.here().with("group", "").with("page", "").to_string(),
        groups_address: params.here().with("group", "query").with("page", "").to_string(),
        is_grouped,
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
            rfc3339(self.finished_at),
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

impl Export for Group {
    const COLUMNS: &'static [&'static str] =
        &["query", "query_id", "executions", "instances", "active", "succeeded", "failed", "last_state", "last_at"];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.query_name),
            json!(self.query),
            json!(self.executions),
            json!(self.instances),
            json!(self.active),
            json!(self.succeeded),
            json!(self.failed),
            json!(self.last_state.name()),
            rfc3339(self.last_at),
        ]
    }
}

/// The export: all filtered rows, one for each execution or for each query.
pub(super) async fn export(
    State(room): State<Executions>,
    person: Person,
    mut params: ListParams,
) -> web::Result<Response> {
    let (filter, _) = filter(&mut params, &person);
    let (db, scope, now) = (&room.site.db, person.scope(), room.site.clock.now());
    if params.view("group", &["query"]).is_some() {
        let groups = RowSource::new(db, scope, (person.id, filter), |tx, (person, filter), range, _| {
            Box::pin(store::groups(tx, person, filter, range))
        });
        return Ok(list::export_rows(&params, groups).await?.answer(&["executions", "by-query"], now));
    }
    let lines = RowSource::new(db, scope, (person.id, filter), |tx, (person, filter), range, last| {
        filter.after = last.map(|line: &Line| (line.created_at, line.id.clone()));
        Box::pin(store::list(tx, person, filter, PageRange::first(range.most)))
    });
    Ok(list::export_rows(&params, lines).await?.answer(&["executions"], now))
}

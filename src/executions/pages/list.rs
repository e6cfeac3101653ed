//! The list of executions, as it is filtered.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::db::{Db, Memo, Stamp, Tx};
use crate::executions::model::State as Stage;
use crate::executions::store::{self, Filter, Line};
use crate::executions::submit::Executions;
use crate::ids::{InstanceId, PersonId, QueryId};
use crate::instances;
use crate::queries;
use crate::web::components::{self, Address, Choice, Pager};
use crate::web::shell::{Section, Shell};
use crate::web::{self, Fields, Html, Person, Visit};

/// Rows of a page unless the address asks for another number.
const SIZE: u64 = 50;
/// Most rows of a page; an address that asks for more gets this many.
const MOST: u64 = 500;
/// Most rows of an exported list; the filter narrows it.
const MOST_EXPORTED: i64 = 100_000;

/// Rows are counted at least so far beyond the page; more are said to be more.
const COUNTED: u64 = 10_000;
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
    of: Option<(QueryId, String, String)>,
    moves: bool,
}

/// The rows of a page, with what leads to other pages.
#[derive(Template)]
#[template(path = "executions/rows.html")]
struct Rows<'a> {
    lines: Vec<Line>,
    pager: Pager,
    is_filtered: bool,
    here: &'a str,
    moves: bool,
    now: DateTime<Utc>,
}

#[derive(Template)]
#[template(path = "executions/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    listed: Arc<Listed>,
    instance: String,
    states: Vec<Choice>,
    state: String,
    q: String,
    whose: Vec<Choice>,
    by: String,
    from: String,
    until: String,
    export: String,
}

impl Rows<'_> {
    fn took(&self, line: &Line) -> String {
        components::duration(line.finished_at.unwrap_or(self.now) - line.created_at)
    }
}

/// Days are UTC's; the last one is meant to its end.
fn filter(fields: &Fields, person: &Person) -> Filter {
    let day = |name: &str| fields.trimmed(name).parse::<NaiveDate>().ok();
    let start = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let state = fields.trimmed("state");
    let known = matches!(state, "active" | "problem") || Stage::parse(state).is_some();
    Filter {
        instance: fields.trimmed("instance").parse::<InstanceId>().ok(),
        query: fields.trimmed("query").parse::<QueryId>().ok(),
        state: if known { state.to_owned() } else { String::new() },
        text: fields.trimmed("q").chars().take(200).collect(),
        by: (fields.trimmed("by") == "me").then(|| person.id.clone()),
        from: day("from").map(start),
        before: day("until").and_then(|day| day.succ_opt()).map(start),
    }
}

fn states() -> Vec<Choice> {
    let groups =
        [Choice::new("", "Any state"), Choice::new("active", "Not ended"), Choice::new("problem", "Ended badly")];
    groups.into_iter().chain(Stage::ALL.map(|state| Choice::new(state.name(), state.label()))).collect()
}

impl Listed {
    /// Reads a page, or takes it from memory where nothing of it can have changed.
    async fn load(room: &Executions, person: &Person, query: &str, fields: &Fields) -> web::Result<Arc<Self>> {
        let key = (person.id.clone(), query.to_owned());
        if let Some(known) = room.lists.get(&key) {
            return Ok(known);
        }
        let mut tx = room.site.db.read(&person.scope()).await?;
        let listed = Arc::new(Self::read(&mut tx, person, query, fields, room.site.clock.now()).await?);
        if !listed.moves {
            // What moves shows how long it has taken so far, which is another number each time.
            room.lists.keep(key, Stamp::of(&tx), Arc::clone(&listed));
        }
        Ok(listed)
    }

    async fn read(tx: &mut Tx, person: &Person, query: &str, fields: &Fields, now: DateTime<Utc>) -> web::Result<Self> {
        let filter = filter(fields, person);
        let number =
            |name: &str, default: u64| fields.trimmed(name).parse().ok().filter(|n| *n >= 1).unwrap_or(default);
        let (size, asked) = (number("size", SIZE).min(MOST), number("page", 1));
        let most = asked.saturating_mul(size).saturating_add(COUNTED).min(i64::MAX as u64);
        let counted = store::count(tx, &person.id, &filter, most as i64).await?;
        let here = Address::new("/executions", query);
        let pager = Pager::counted_to(most, &here, asked, size, u64::try_from(counted).unwrap_or(0));
        let offset = i64::try_from(pager.offset()).unwrap_or(0);
        let lines = store::list(tx, &person.id, &filter, i64::try_from(size).unwrap_or(50), offset).await?;
        let on_list = instances::list(tx, &person.id, &instances::Filter::default()).await?;
        let of = match &filter.query {
            Some(id) => {
                let name = queries::find(tx, &person.id, id).await.map_or_else(|_| id.to_string(), |query| query.name);
                Some((id.clone(), name, here.with("query", "").with("page", "").to_string()))
            }
            None => None,
        };
        let mut choices = vec![Choice::new("", "Any instance")];
        choices.extend(on_list.iter().map(|one| Choice::new(one.id.as_str(), one.name())));
        let moves = lines.iter().any(|line| !line.state.is_final());
        let rows = Rows { lines, pager, is_filtered: filter.narrows(), here: &here.to_string(), moves, now };
        Ok(Self { rows: rows.render().map_err(anyhow::Error::from)?, instances: choices, of, moves })
    }
}

pub(super) async fn show(
    State(room): State<Executions>,
    person: Person,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> web::Result<Html<ListPage>> {
    let query = query.unwrap_or_default();
    let fields = Fields::parse(query.as_bytes());
    let filter = filter(&fields, &person);
    let listed = Listed::load(&room, &person, &query, &fields).await?;
    Ok(Html(ListPage {
        shell: visit.shell("Executions", Section::Executions).await,
        listed,
        instance: filter.instance.as_ref().map(ToString::to_string).unwrap_or_default(),
        states: states(),
        state: filter.state.clone(),
        q: filter.text.clone(),
        whose: vec![Choice::new("", "Anybody's"), Choice::new("me", "Mine")],
        by: if filter.by.is_some() { "me".to_owned() } else { String::new() },
        from: filter.from.map(|at| at.format("%Y-%m-%d").to_string()).unwrap_or_default(),
        until: filter.before.map(|_| fields.trimmed("until").to_owned()).unwrap_or_default(),
        export: Address::new("/executions.csv", &query).with("page", "").to_string(),
    }))
}

/// The list as it is filtered, for spreadsheets.
pub(super) async fn export(
    State(room): State<Executions>,
    person: Person,
    RawQuery(query): RawQuery,
) -> web::Result<Response> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let mut tx = room.site.db.read(&person.scope()).await?;
    let lines = store::list(&mut tx, &person.id, &filter(&fields, &person), MOST_EXPORTED, 0).await?;
    drop(tx);
    let mut csv = csv::Writer::from_writer(Vec::new());
    let head = [
        "execution",
        "query",
        "instance",
        "person",
        "state",
        "created_utc",
        "finished_utc",
        "seconds",
        "rows",
        "problem",
    ];
    csv.write_record(head).map_err(anyhow::Error::from)?;
    let exact = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    for line in &lines {
        let row = [
            line.id.to_string(),
            line.query_name.clone(),
            line.instance_name.clone(),
            line.person_name.clone(),
            line.state.name().to_owned(),
            exact(line.created_at),
            line.finished_at.map(exact).unwrap_or_default(),
            line.finished_at.map(|end| (end - line.created_at).num_seconds().to_string()).unwrap_or_default(),
            line.rows.map(|rows| rows.to_string()).unwrap_or_default(),
            line.problem.as_ref().map(|problem| problem.what.clone()).unwrap_or_default(),
        ];
        csv.write_record(row).map_err(anyhow::Error::from)?;
    }
    let body = csv.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?;
    let headers = [
        ("content-type", "text/csv; charset=utf-8"),
        ("content-disposition", "attachment; filename=\"executions.csv\""),
    ];
    Ok((headers, body).into_response())
}

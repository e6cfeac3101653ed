//! The list of executions, one execution as it goes, and what people do with it.

mod detail;
mod result;

pub(super) use detail::source_map;

use askama::Template;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::model::State as Stage;
use super::store::{self, Filter, Line};
use super::submit::{Executions, NewRun};
use crate::ids::{ExecutionId, InstanceId, QueryId};
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

pub(super) fn routes(room: Executions) -> Router {
    Router::new()
        .route("/executions", get(list).post(run))
        .route("/executions.csv", get(export))
        .route("/executions/{id}", get(detail::show))
        .route("/executions/{id}/live", get(detail::live))
        .route("/executions/{id}/cancel", post(detail::cancel))
        .route("/executions/{id}/rerun", post(detail::rerun))
        .route("/executions/{id}/problem.json", get(detail::problem))
        .route("/executions/{id}/result.csv", get(result::csv))
        .route("/executions/{id}/result.json", get(result::json))
        .route("/executions/{id}/result.xlsx", get(result::xlsx))
        .route("/executions/{id}/result.parquet", get(result::parquet))
        .with_state(room)
}

/// The id in an address; one that is none names nothing.
fn own(id: &str) -> web::Result<ExecutionId> {
    id.parse().map_err(|_| web::Error::Missing)
}

#[derive(Template)]
#[template(path = "executions/list.html", blocks = ["rows"])]
struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
    pager: Pager,
    instances: Vec<Choice>,
    instance: String,
    states: Vec<Choice>,
    state: String,
    q: String,
    whose: Vec<Choice>,
    by: String,
    from: String,
    until: String,
    /// The query whose runs alone are listed, and the way to all.
    of: Option<(QueryId, String, String)>,
    export: String,
    here: String,
    is_filtered: bool,
    moves: bool,
    now: DateTime<Utc>,
}

impl ListPage {
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

async fn list(
    State(room): State<Executions>,
    person: Person,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> web::Result<Html<ListPage>> {
    let query = query.unwrap_or_default();
    let fields = Fields::parse(query.as_bytes());
    let filter = filter(&fields, &person);
    let number = |name: &str, default: u64| fields.trimmed(name).parse().ok().filter(|n| *n >= 1).unwrap_or(default);
    let size = number("size", SIZE).min(MOST);
    let mut tx = room.site.db.read(&person.scope()).await?;
    let total = store::count(&mut tx, &person.id, &filter).await?;
    let pager =
        Pager::new(&Address::new("/executions", &query), number("page", 1), size, u64::try_from(total).unwrap_or(0));
    let offset = i64::try_from(pager.offset()).unwrap_or(0);
    let lines = store::list(&mut tx, &person.id, &filter, i64::try_from(size).unwrap_or(50), offset).await?;
    let on_list = instances::list(&mut tx, &person.id, &instances::Filter::default()).await?;
    let of = match &filter.query {
        Some(id) => {
            let name = queries::find(&mut tx, &person.id, id).await.map_or_else(|_| id.to_string(), |query| query.name);
            Some((id.clone(), name, Address::new("/executions", &query).with("query", "").with("page", "").to_string()))
        }
        None => None,
    };
    drop(tx);
    let mut choices = vec![Choice::new("", "Any instance")];
    choices.extend(on_list.iter().map(|one| Choice::new(one.id.as_str(), one.name())));
    Ok(Html(ListPage {
        shell: visit.shell("Executions", Section::Executions).await,
        moves: lines.iter().any(|line| !line.state.is_final()),
        lines,
        pager,
        instances: choices,
        instance: filter.instance.as_ref().map(ToString::to_string).unwrap_or_default(),
        states: states(),
        state: filter.state.clone(),
        q: filter.text.clone(),
        whose: vec![Choice::new("", "Anybody's"), Choice::new("me", "Mine")],
        by: if filter.by.is_some() { "me".to_owned() } else { String::new() },
        from: filter.from.map(|at| at.format("%Y-%m-%d").to_string()).unwrap_or_default(),
        until: filter.before.map(|_| fields.trimmed("until").to_owned()).unwrap_or_default(),
        of,
        export: Address::new("/executions.csv", &query).with("page", "").to_string(),
        here: Address::new("/executions", &query).to_string(),
        is_filtered: filter.narrows(),
        now: room.site.clock.now(),
    }))
}

/// The list as it is filtered, for spreadsheets.
async fn export(State(room): State<Executions>, person: Person, RawQuery(query): RawQuery) -> web::Result<Response> {
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

/// Runs a saved query: stores the intent and leads to its page. A form that does not fit comes back.
async fn run(State(room): State<Executions>, person: Person, visit: Visit, fields: Fields) -> web::Result<Response> {
    let site = &room.site;
    let id: QueryId = fields.trimmed("query").parse().map_err(|_| web::Error::Missing)?;
    let mut tx = site.db.read(&person.scope()).await?;
    let query = queries::find(&mut tx, &person.id, &id).await?;
    if query.deleted_at.is_some() {
        return Err(web::Error::Conflict(
            "This query was deleted, so it is not run. Restore it on its page first.".to_owned(),
        ));
    }
    let instance = instances::find_for_run(&mut tx, &person.id, &query.instance).await?;
    let catalogue = instances::catalogue(&mut tx, &instance.id).await?;
    drop(tx);
    let prepared = queries::prepare(&query.script(), &fields, &catalogue, site.clock.now(), instance.is_sandbox);
    if !prepared.is_ready() {
        return queries::run_page(site, &person, &visit, &query, &fields, Some(prepared)).await;
    }
    let run = NewRun {
        instance: &instance,
        query: Some(&query.id),
        query_name: &query.name,
        rerun_of: None,
        author_sql: &query.sql,
        sent: detail::sent(&prepared, queries::filled(&fields)),
        source_map: serde_json::json!({ "pieces": prepared.source_map }),
        field_values: prepared.values.clone(),
    };
    let mut tx = site.db.write(&person.scope()).await?;
    let execution = room.submit(&mut tx, &person, run).await?;
    tx.commit().await?;
    room.wake();
    Ok(Redirect::to(&format!("/executions/{execution}")).into_response())
}

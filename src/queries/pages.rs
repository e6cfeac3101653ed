//! The room's routes; the list of queries; deleting and restoring.

use askama::Template;
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::model::Query;
use super::store::{self, Draft, Filter, Line};
use super::{editor, run};
use crate::accounts::audit::{self, Action};
use crate::db::{self, Tx};
use crate::ids::{DraftId, PersonId, QueryId};
use crate::instances::{self, Instance, Role};
use crate::web::components::{Address, Choice, Pager, SortLink};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Site, Visit};

/// Lines on a page of the list.
const PAGE: u64 = 50;
/// Most lines of the exported list.
const EXPORTED: i64 = 100_000;
/// Drafts shown above the list.
const DRAFTS: usize = 5;

pub(super) fn routes(site: Site) -> Router {
    Router::new()
        .route("/queries", get(list))
        .route("/queries.csv", get(export))
        .route("/queries/new", get(editor::new).post(editor::create))
        .route("/queries/check", post(editor::check))
        .route("/queries/drafts", post(editor::keep_draft))
        .route("/queries/drafts/{id}/delete", post(delete_draft))
        .route("/queries/{id}", get(run::show))
        .route("/queries/{id}/preview", get(run::preview_link).post(run::preview))
        .route("/queries/{id}/edit", get(editor::edit).post(editor::save))
        .route("/queries/{id}/delete", post(delete))
        .route("/queries/{id}/restore", post(restore))
        .with_state(site)
}

#[derive(Template)]
#[template(path = "queries/list.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
    drafts: Vec<Draft>,
    deleted: Option<Query>,
    pager: Pager,
    instances: Vec<Choice>,
    has_instances: bool,
    q: String,
    instance: String,
    sort: String,
    export: String,
    name: SortLink,
    by_instance: SortLink,
    changed: SortLink,
    by: SortLink,
}

async fn list(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> web::Result<Html<ListPage>> {
    let query = query.unwrap_or_default();
    let fields = Fields::parse(query.as_bytes());
    let filter = filter(&fields);
    let here = Address::new("/queries", &query).with("deleted", "");
    let mut tx = site.db.read(&person.scope()).await?;
    let total = store::count(&mut tx, &person.id, &filter).await?;
    let asked = fields.get("page").parse().unwrap_or(1);
    let pager = Pager::new(&here, asked, PAGE, total as u64);
    let lines = store::list(&mut tx, &person.id, &filter, pager.offset() as i64, PAGE as i64).await?;
    let instances = instances::list(&mut tx, &person.id, &instances::Filter::default()).await?;
    let mut drafts = store::drafts(&mut tx, &person.id).await?;
    drafts.truncate(DRAFTS);
    let deleted = deleted(&mut tx, &person.id, fields.get("deleted")).await?;
    drop(tx);
    let link = |column| SortLink::new(&here, column, if filter.sort.is_empty() { "-changed" } else { &filter.sort });
    Ok(Html(ListPage {
        shell: visit.shell("Queries", Section::Queries).await,
        lines,
        drafts,
        deleted,
        has_instances: !instances.is_empty(),
        instances: std::iter::once(Choice::new("", "All instances")).chain(instances.iter().map(choice)).collect(),
        export: Address::new("/queries.csv", &query).with("page", "").with("deleted", "").to_string(),
        name: link("name"),
        by_instance: link("instance"),
        changed: link("changed"),
        by: link("by"),
        pager,
        q: filter.text,
        instance: filter.instance,
        sort: filter.sort,
    }))
}

/// An instance as a choice: name and account, since names repeat.
pub(super) fn choice(instance: &Instance) -> Choice {
    Choice::new(instance.id.as_str(), format!("{} · {}", instance.name(), instance.account_name))
}

/// The query that was deleted by the step before, for taking it back.
async fn deleted(tx: &mut Tx, person: &PersonId, id: &str) -> db::Result<Option<Query>> {
    let Ok(id) = id.parse::<QueryId>() else { return Ok(None) };
    match store::find(tx, person, &id).await {
        Ok(query) => Ok(Some(query).filter(|query| query.deleted_at.is_some())),
        Err(db::Error::Missing) => Ok(None),
        Err(error) => Err(error),
    }
}

fn filter(fields: &Fields) -> Filter {
    // OK to drop NUL: no name holds one, and PostgreSQL takes none.
    let plain = |name: &str| fields.trimmed(name).replace('\0', "");
    Filter { text: plain("q"), instance: plain("instance"), sort: plain("sort") }
}

/// The list as it is filtered, for spreadsheets.
async fn export(State(site): State<Site>, person: Person, RawQuery(query): RawQuery) -> web::Result<Response> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let mut tx = site.db.read(&person.scope()).await?;
    let lines = store::list(&mut tx, &person.id, &filter(&fields), 0, EXPORTED).await?;
    drop(tx);
    let mut csv = csv::Writer::from_writer(Vec::new());
    let head = ["name", "description", "instance", "account", "changed_at", "changed_by", "last_run_at", "id"];
    csv.write_record(head).map_err(anyhow::Error::from)?;
    let exact = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    for line in &lines {
        let ran_at = line.ran_at.map(exact).unwrap_or_default();
        let updated_at = exact(line.updated_at);
        let row = [
            line.name.as_str(),
            &line.description,
            &line.instance_name,
            &line.account_name,
            &updated_at,
            &line.updated_by,
            &ran_at,
            line.id.as_str(),
        ];
        csv.write_record(row).map_err(anyhow::Error::from)?;
    }
    let body = csv.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?;
    let headers =
        [("content-type", "text/csv; charset=utf-8"), ("content-disposition", "attachment; filename=\"queries.csv\"")];
    Ok((headers, body).into_response())
}

/// The id in an address; one that is none names nothing.
pub(super) fn own(id: &str) -> web::Result<QueryId> {
    id.parse().map_err(|_| web::Error::Missing)
}

/// A query and its instance, if the person may change what is there.
pub(super) async fn for_change(tx: &mut Tx, person: &PersonId, id: &QueryId) -> web::Result<(Query, Instance)> {
    let query = store::find(tx, person, id).await?;
    let instance = instances::find(tx, person, &query.instance).await?;
    if instance.role < Role::Analyst {
        let why = "You may look at the queries of this instance, not change or run them. Ask one of its managers.";
        return Err(web::Error::Forbidden(why.to_owned()));
    }
    Ok((query, instance))
}

async fn delete(State(site): State<Site>, person: Person, Path(id): Path<String>) -> web::Result<Redirect> {
    let id = set_deleted(&site, &person, &id, true).await?;
    Ok(Redirect::to(&format!("/queries?deleted={id}")))
}

async fn restore(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let id = set_deleted(&site, &person, &id, false).await?;
    visit.flash(Tone::Success, "The query is back.").await;
    Ok(Redirect::to(&format!("/queries/{id}")))
}

async fn set_deleted(site: &Site, person: &Person, id: &str, deleted: bool) -> web::Result<QueryId> {
    let (id, now) = (own(id)?, site.clock.now());
    let mut tx = site.db.write(&person.scope()).await?;
    for_change(&mut tx, &person.id, &id).await?;
    store::set_deleted(&mut tx, &id, deleted.then_some(now)).await?;
    let detail = json!({ "deleted": deleted });
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::QueryDeleted, id.as_str(), detail).await?;
    tx.commit().await?;
    Ok(id)
}

async fn delete_draft(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let id: DraftId = id.parse().map_err(|_| web::Error::Missing)?;
    let mut tx = site.db.write(&person.scope()).await?;
    store::drop_draft(&mut tx, &person.id, &id).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The draft is thrown away.").await;
    Ok(Redirect::to("/queries"))
}

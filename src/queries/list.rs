//! The list of queries: search, tags, stars, order, pages, exports.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::model::Query;
use super::pages::own;
use super::store::{self, Draft, Filter, Line};
use crate::db::{self, Tx};
use crate::ids::{DraftId, PersonId, QueryId};
use crate::instances::{self, Instance};
use crate::web::components::{Address, Choice, Pager, SortLink};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Site, Visit};

/// Lines on a page of the list.
const PAGE: u64 = 50;
/// Most lines of the exported list.
const EXPORTED: i64 = 100_000;
/// Drafts shown above the list.
const DRAFTS: usize = 5;
/// Tags offered above the list; the most used ones.
const TAGS: usize = 12;

#[derive(Template)]
#[template(path = "queries/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
    drafts: Vec<Draft>,
    /// What the step before deleted, for taking it back.
    deleted: Option<Query>,
    discarded: Option<Draft>,
    pager: Pager,
    instances: Vec<Choice>,
    has_instances: bool,
    tags: Vec<TagLink>,
    stars: TagLink,
    filter: Filter,
    is_filtered: bool,
    here: String,
    csv: String,
    json: String,
    name: SortLink,
    by_instance: SortLink,
    changed: SortLink,
    by: SortLink,
    ran: SortLink,
}

/// A link that narrows the list, or widens it again where it is narrowed already.
struct TagLink {
    label: String,
    count: i64,
    href: String,
    is_on: bool,
}

impl ListPage {
    /// The list with this tag only.
    #[expect(clippy::unused_self, reason = "a template calls it on its page")]
    fn of_tag(&self, tag: &str) -> String {
        Address::new("/queries", "").with("tag", tag).to_string()
    }
}

/// The tags that are offered; the one that is chosen is always among them.
fn tag_links(here: &Address, chosen: &str, counts: Vec<(String, i64)>) -> Vec<TagLink> {
    let offered = counts.into_iter().enumerate().filter(|(at, (tag, _))| *at < TAGS || tag == chosen);
    let link = |(tag, count): (String, i64)| {
        let is_on = tag == chosen;
        let href = here.with("page", "").with("tag", if is_on { "" } else { &tag }).to_string();
        TagLink { label: tag, count, href, is_on }
    };
    offered.map(|(_, tag)| link(tag)).collect()
}

pub(super) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> web::Result<Html<ListPage>> {
    let query = query.unwrap_or_default();
    let fields = Fields::parse(query.as_bytes());
    let filter = filter(&fields);
    let here = Address::new("/queries", &query).with("deleted", "").with("discarded", "");
    let mut tx = site.db.read(&person.scope()).await?;
    let total = store::count(&mut tx, &person.id, &filter).await?;
    let asked = fields.get("page").parse().unwrap_or(1);
    let pager = Pager::new(&here, asked, PAGE, total as u64);
    let lines = store::list(&mut tx, &person.id, &filter, pager.offset() as i64, PAGE as i64).await?;
    let instances = instances::list(&mut tx, &person.id, &instances::Filter::default()).await?;
    let counts = store::tags(&mut tx, &person.id).await?;
    let mut drafts = store::drafts(&mut tx, &person.id).await?;
    drafts.truncate(DRAFTS);
    let deleted = deleted(&mut tx, &person.id, fields.get("deleted")).await?;
    let discarded = discarded(&mut tx, &person.id, fields.get("discarded")).await?;
    drop(tx);
    let link = |column| SortLink::new(&here, column, if filter.sort.is_empty() { "-changed" } else { &filter.sort });
    let stars = here.with("page", "").with("stars", if filter.favourites { "" } else { "mine" }).to_string();
    let export = |path: &str| Address::new(path, &query).with("page", "").with("deleted", "").with("discarded", "");
    Ok(Html(ListPage {
        shell: visit.shell("Queries", Section::Queries).await,
        lines,
        drafts,
        deleted,
        discarded,
        has_instances: !instances.is_empty(),
        instances: std::iter::once(Choice::new("", "All instances")).chain(instances.iter().map(choice)).collect(),
        tags: tag_links(&here, &filter.tag, counts),
        stars: TagLink { label: "Favourites".to_owned(), count: 0, href: stars, is_on: filter.favourites },
        is_filtered: !filter.text.is_empty()
            || !filter.instance.is_empty()
            || !filter.tag.is_empty()
            || filter.favourites,
        csv: export("/queries.csv").to_string(),
        json: export("/queries.json").to_string(),
        name: link("name"),
        by_instance: link("instance"),
        changed: link("changed"),
        by: link("by"),
        ran: link("ran"),
        here: here.to_string(),
        pager,
        filter,
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

/// The draft that was thrown away by the step before.
async fn discarded(tx: &mut Tx, person: &PersonId, id: &str) -> db::Result<Option<Draft>> {
    let Ok(id) = id.parse::<DraftId>() else { return Ok(None) };
    Ok(store::discarded(tx, person).await?.into_iter().find(|draft| draft.id == id))
}

fn filter(fields: &Fields) -> Filter {
    // OK to drop NUL and to cut: no name holds one or is longer, and PostgreSQL takes none.
    let plain = |name: &str| fields.trimmed(name).replace('\0', "").chars().take(200).collect::<String>();
    Filter {
        text: plain("q"),
        instance: plain("instance"),
        tag: plain("tag").to_lowercase(),
        favourites: fields.get("stars") == "mine",
        deleted: false,
        sort: plain("sort"),
    }
}

fn exact(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

async fn lines(site: &Site, person: &Person, query: Option<String>) -> web::Result<Vec<Line>> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let mut tx = site.db.read(&person.scope()).await?;
    Ok(store::list(&mut tx, &person.id, &filter(&fields), 0, EXPORTED).await?)
}

/// The list as it is filtered, for spreadsheets.
pub(super) async fn csv(State(site): State<Site>, person: Person, RawQuery(query): RawQuery) -> web::Result<Response> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let head = ["name", "description", "instance", "account", "changed_at", "changed_by", "last_run_at", "id", "tags"];
    csv.write_record(head).map_err(anyhow::Error::from)?;
    for line in lines(&site, &person, query).await? {
        let row = [
            line.name,
            line.description,
            line.instance_name,
            line.account_name,
            exact(line.updated_at),
            line.updated_by,
            line.ran_at.map(exact).unwrap_or_default(),
            line.id.to_string(),
            line.tags.line(),
        ];
        csv.write_record(row).map_err(anyhow::Error::from)?;
    }
    let body = csv.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?;
    let headers =
        [("content-type", "text/csv; charset=utf-8"), ("content-disposition", "attachment; filename=\"queries.csv\"")];
    Ok((headers, body).into_response())
}

/// The same for programs.
pub(super) async fn json(State(site): State<Site>, person: Person, RawQuery(query): RawQuery) -> web::Result<Response> {
    let lines = lines(&site, &person, query).await?;
    let queries: Vec<serde_json::Value> = lines
        .into_iter()
        .map(|line| {
            json!({
                "id": line.id, "name": line.name, "description": line.description, "tags": line.tags,
                "instance": { "id": line.instance, "name": line.instance_name, "account": line.account_name },
                "changedAt": exact(line.updated_at), "changedBy": line.updated_by,
                "lastRunAt": line.ran_at.map(exact), "favourite": line.is_favourite,
            })
        })
        .collect();
    let body = serde_json::to_string_pretty(&queries).map_err(anyhow::Error::from)?;
    let headers =
        [("content-type", "application/json"), ("content-disposition", "attachment; filename=\"queries.json\"")];
    Ok((headers, body).into_response())
}

/// Gives a query a star (`on=true`) or takes it back, and leads back to where the star was pressed.
pub(super) async fn favourite(
    State(site): State<Site>,
    person: Person,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let mut tx = site.db.write(&person.scope()).await?;
    let query = store::find(&mut tx, &person.id, &own(&id)?).await?;
    let at = (fields.get("on") == "true").then(|| site.clock.now());
    store::set_favourite(&mut tx, &person.id, &query.id, at).await?;
    tx.commit().await?;
    let next = fields.get("next");
    let here = format!("/queries/{}", query.id);
    Ok(Redirect::to(if next.is_empty() { &here } else { web::local_or_home(next) }))
}

//! The list of queries: search, tags, stars, sorting, paging, exports.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use serde_json::{Value, json};

use super::own;
use crate::db::{self, PageRange, Tx};
use crate::ids::{DraftId, PersonId, QueryId};
use crate::instances::{self, Instance};
use crate::queries::model::Query;
use crate::queries::store::{self, Draft, Filter, Line, SORTS};
use crate::web::components::{Address, Choice, Pager, SortLink};
use crate::web::list::{self, Export, List, ListParams, RowSource, rfc3339};
use crate::web::room::Hit;
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Site, Visit};

/// Rows per page.
pub(super) const PAGE: u64 = 50;
/// Drafts shown above the list; all are one link away.
const DRAFTS: usize = 5;
/// The number of most used tags shown above the list.
const TAGS: usize = 12;
/// Schedules, and backfills, that are named beside the query that they run.
const USES: i64 = 20;
/// Address parameters about the previous step.
const ONCE: [&str; 2] = ["deleted", "discarded"];

#[derive(Template)]
#[template(path = "queries/list.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    lines: Vec<Line>,
    drafts: Vec<Draft>,
    more_drafts: bool,
    /// The query deleted by the previous step, for undoing.
    deleted: Option<Query>,
    /// What runs the deleted query.
    uses: Vec<Hit>,
    discarded: Option<Draft>,
    pager: Pager,
    instances: Vec<Choice>,
    homes: Vec<Choice>,
    has_instances: bool,
    tags: Vec<TagLink>,
    stars: TagLink,
    filter: Filter,
    here: String,
    heads: Heads,
}

/// The sortable column headers of a list of queries.
pub(super) struct Heads {
    pub(super) name: SortLink,
    pub(super) instance: SortLink,
    changed: SortLink,
    by: SortLink,
    ran: SortLink,
}

impl Heads {
    pub(super) fn new(params: &ListParams, sort: &str) -> Self {
        let head = |column| params.head(column, sort);
        Self {
            name: head("name"),
            instance: head("instance"),
            changed: head("changed"),
            by: head("by"),
            ran: head("ran"),
        }
    }
}

/// A link that adds a tag filter, or removes it if it is active.
struct TagLink {
    label: String,
    count: i64,
    href: String,
    is_on: bool,
}

impl ListPage {
    /// The list with only this tag.
    #[expect(clippy::unused_self, reason = "a template calls it on its page")]
    fn of_tag(&self, tag: &str) -> String {
        Address::new("/queries", "").with("tag", tag).to_string()
    }
}

/// The tags that are offered; the active one is always among them.
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
    params: ListParams,
) -> web::Result<Html<ListPage>> {
    let mut params = params.without(&ONCE);
    let filter = filter(&mut params);
    let wanted = params.page(PAGE);
    let here = params.here().clone();
    let mut tx = site.db.read(&person.scope()).await?;
    let pager = wanted.pager(store::count(&mut tx, &person.id, &filter, wanted.most()).await?);
    let lines = store::list(&mut tx, &person.id, &filter, pager.range()).await?;
    let instances = choices(&mut tx, &person.id).await?;
    let counts = store::tags(&mut tx, &person.id).await?;
    let mut drafts = store::drafts(&mut tx, &person.id).await?;
    let more_drafts = drafts.len() > DRAFTS;
    drafts.truncate(DRAFTS);
    let deleted = deleted(&mut tx, &person.id, params.fields().get("deleted")).await?;
    let uses = match &deleted {
        Some(query) => uses(&mut tx, &person, &visit, &query.id).await?,
        None => Vec::new(),
    };
    let discarded = discarded(&mut tx, &person.id, params.fields().get("discarded")).await?;
    drop(tx);
    let stars = here.with("page", "").with("stars", if filter.favourites { "" } else { "mine" }).to_string();
    Ok(Html(ListPage {
        shell: visit.shell("Queries", Section::Queries).await,
        list: params.list(&["sort", "tag", "stars"]),
        lines,
        drafts,
        more_drafts,
        deleted,
        uses,
        discarded,
        has_instances: instances.len() > 1,
        homes: Choice::optional("Anyone", HOMES.map(|(value, label)| Choice::new(value, label))),
        instances,
        tags: tag_links(&here, &filter.tag, counts),
        stars: TagLink { label: "Favorites".to_owned(), count: 0, href: stars, is_on: filter.favourites },
        heads: Heads::new(&params, &filter.sort),
        here: here.to_string(),
        pager,
        filter,
    }))
}

/// The instances to filter a list of queries by.
pub(super) async fn choices(tx: &mut Tx, person: &PersonId) -> db::Result<Vec<Choice>> {
    let instances = instances::list(tx, person, &instances::Filter::default()).await?;
    Ok(Choice::optional("All instances", instances.iter().map(Instance::choice)))
}

/// What runs a query, as far as the person may see it.
pub(super) async fn uses(tx: &mut Tx, person: &Person, visit: &Visit, query: &QueryId) -> db::Result<Vec<Hit>> {
    visit.rooms().runs_query(tx, person, query.as_str(), PageRange::first(USES)).await
}

/// The query deleted by the previous step, for undoing.
async fn deleted(tx: &mut Tx, person: &PersonId, id: &str) -> db::Result<Option<Query>> {
    let Ok(id) = id.parse::<QueryId>() else { return Ok(None) };
    let query = db::found(store::find(tx, person, &id).await)?;
    Ok(query.filter(|query| query.deleted_at.is_some()))
}

/// The draft discarded by the previous step.
async fn discarded(tx: &mut Tx, person: &PersonId, id: &str) -> db::Result<Option<Draft>> {
    let Ok(id) = id.parse::<DraftId>() else { return Ok(None) };
    Ok(store::discarded(tx, person).await?.into_iter().find(|draft| draft.id == id))
}

/// The filter by home, as in the address.
const HOMES: [(&str, &str); 3] =
    [("private", "Only the owner"), ("instance", "People of an instance"), ("everyone", "Everyone")];

fn home(sent: &str) -> Option<&'static str> {
    HOMES.into_iter().map(|(value, _)| value).find(|value| *value == sent)
}

pub(super) fn filter(params: &mut ListParams) -> Filter {
    Filter {
        text: params.text("q"),
        instance: params.id("instance", "instance"),
        tag: params.text("tag").to_lowercase(),
        favourites: params.is("stars", "mine"),
        home: params.value("home", "visibility", home).unwrap_or_default().to_owned(),
        deleted: false,
        after: None,
        sort: params.sort(&SORTS, "-changed"),
    }
}

/// The filtered queries.
pub(super) fn lines(site: &Site, person: Person, filter: Filter) -> RowSource<(PersonId, Filter), Line> {
    RowSource::new(&site.db, person.scope(), (person.id, filter), |tx, (person, filter), range, _| {
        Box::pin(store::list(tx, person, filter, range))
    })
}

impl Export for Line {
    const COLUMNS: &'static [&'static str] = &[
        "name",
        "description",
        "tags",
        "home",
        "home_instance",
        "owner",
        "instance",
        "instance_id",
        "account",
        "changed_at",
        "changed_by",
        "last_run_at",
        "favourite",
        "deleted_at",
        "id",
    ];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.name),
            json!(self.description),
            json!(self.tags),
            json!(self.home.name()),
            json!(self.home_name),
            json!(self.owner),
            json!(self.instance_name),
            json!(self.instance),
            json!(self.account_name),
            rfc3339(self.updated_at),
            json!(self.updated_by),
            rfc3339(self.ran_at),
            json!(self.is_favourite),
            rfc3339(self.deleted_at),
            json!(self.id),
        ]
    }
}

/// The export of the filtered queries.
pub(super) async fn export(State(site): State<Site>, person: Person, mut params: ListParams) -> web::Result<Response> {
    let filter = filter(&mut params);
    let file = list::export_rows(&params, lines(&site, person, filter)).await?;
    Ok(file.answer(&["queries"], site.clock.now()))
}

/// Sets or removes the star of a query (`on=true`), and redirects back.
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

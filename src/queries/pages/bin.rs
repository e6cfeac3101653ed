//! The bin: deleted items stay there for thirty days and can be restored.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::list::{Heads, PAGE, choices, lines};
use super::{for_change, own};
use crate::accounts::audit::{self, Action};
use crate::db::Tx;
use crate::ids::QueryId;
use crate::queries::bin_purger::KEPT;
use crate::queries::store::{self, Draft, Filter, Line, SORTS};
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, List, ListParams};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Html, Person, Site, Visit};

/// Discarded drafts shown above the list; all are one link away.
const DRAFTS: usize = 5;

#[derive(Template)]
#[template(path = "queries/bin.html")]
pub(super) struct BinPage {
    shell: Shell,
    list: List,
    lines: Vec<Line>,
    drafts: Vec<Draft>,
    more_drafts: bool,
    pager: Pager,
    instances: Vec<Choice>,
    filter: Filter,
    heads: Heads,
}

impl BinPage {
    /// When a query is permanently deleted.
    #[expect(clippy::unused_self, reason = "a template calls it on its page")]
    fn until(&self, line: &Line) -> Option<DateTime<Utc>> {
        line.deleted_at.map(|at| at + KEPT)
    }
}

fn filter(params: &mut ListParams) -> Filter {
    Filter {
        text: params.text("q"),
        instance: params.id("instance", "instance"),
        deleted: true,
        sort: params.sort(&SORTS[..2], ""),
        ..Filter::default()
    }
}

pub(super) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<BinPage>> {
    let filter = filter(&mut params);
    let wanted = params.page(PAGE);
    let mut tx = site.db.read(&person.scope()).await?;
    let pager = wanted.pager(store::count(&mut tx, &person.id, &filter, wanted.most()).await?);
    let lines = store::list(&mut tx, &person.id, &filter, pager.range()).await?;
    let instances = choices(&mut tx, &person.id).await?;
    let mut drafts = store::discarded(&mut tx, &person.id).await?;
    drop(tx);
    let more_drafts = drafts.len() > DRAFTS;
    drafts.truncate(DRAFTS);
    Ok(Html(BinPage {
        shell: visit.shell("Bin", Section::Queries).await,
        list: params.list(&["sort"]),
        heads: Heads::new(&params, &filter.sort),
        lines,
        drafts,
        more_drafts,
        pager,
        instances,
        filter,
    }))
}

/// The export of the filtered bin.
pub(super) async fn export(State(site): State<Site>, person: Person, mut params: ListParams) -> web::Result<Response> {
    let filter = filter(&mut params);
    let file = list::export_rows(&params, lines(&site, person, filter)).await?;
    Ok(file.answer(&["deleted-queries"], site.clock.now()))
}

pub(super) async fn delete(State(site): State<Site>, person: Person, Path(id): Path<String>) -> web::Result<Redirect> {
    let id = set_deleted(&site, &person, &id, true).await?;
    Ok(Redirect::to(&format!("/queries?deleted={id}")))
}

pub(super) async fn restore(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let id = set_deleted(&site, &person, &id, false).await?;
    visit.flash(Tone::Success, "The query is restored.").await;
    Ok(Redirect::to(&format!("/queries/{id}")))
}

async fn set_deleted(site: &Site, person: &Person, id: &str, deleted: bool) -> web::Result<QueryId> {
    let id = own(id)?;
    let mut tx = site.db.write(&person.scope()).await?;
    binned(&mut tx, site, person, &id, deleted).await?;
    tx.commit().await?;
    Ok(id)
}

/// Moves a query that the person may change to the bin, or restores it from there.
pub(in crate::queries) async fn binned(
    tx: &mut Tx,
    site: &Site,
    person: &Person,
    id: &QueryId,
    deleted: bool,
) -> web::Result<()> {
    let now = site.clock.now();
    for_change(tx, &person.id, id).await?;
    store::set_deleted(tx, id, deleted.then_some(now)).await?;
    let action = if deleted { Action::QueryDeleted } else { Action::QueryRestored };
    audit::write(tx, &site.random, now, Some(&person.id), action, id.as_str(), json!({})).await?;
    Ok(())
}

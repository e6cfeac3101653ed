//! The bin: what was deleted waits there for thirty days, and can be taken back.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Redirect;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use serde_json::json;

use super::pages::{for_change, own};
use super::store::{self, Draft, Filter, Line};
use crate::accounts::audit::{self, Action};
use crate::db::Scope;
use crate::ids::QueryId;
use crate::web::components::{Address, Pager};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Site, Visit};
use crate::workers::{Tick, Worker};

/// How long the bin keeps what was deleted; then it goes for good.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Lines on a page.
const PAGE: u64 = 50;

#[derive(Template)]
#[template(path = "queries/bin.html")]
pub(super) struct BinPage {
    shell: Shell,
    lines: Vec<Line>,
    drafts: Vec<Draft>,
    pager: Pager,
    q: String,
}

impl BinPage {
    /// When a query goes for good.
    #[expect(clippy::unused_self, reason = "a template calls it on its page")]
    fn until(&self, line: &Line) -> Option<DateTime<Utc>> {
        line.deleted_at.map(|at| at + KEPT)
    }
}

pub(super) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> web::Result<Html<BinPage>> {
    let raw = query.unwrap_or_default();
    let fields = Fields::parse(raw.as_bytes());
    let q: String = fields.trimmed("q").replace('\0', "").chars().take(200).collect();
    let filter = Filter { text: q.clone(), deleted: true, ..Filter::default() };
    let mut tx = site.db.read(&person.scope()).await?;
    let total = store::count(&mut tx, &person.id, &filter).await?;
    let asked = fields.get("page").parse().unwrap_or(1);
    let pager = Pager::new(&Address::new("/queries/bin", &raw), asked, PAGE, total as u64);
    let lines = store::list(&mut tx, &person.id, &filter, pager.offset() as i64, PAGE as i64).await?;
    let drafts = store::discarded(&mut tx, &person.id).await?;
    drop(tx);
    Ok(Html(BinPage { shell: visit.shell("Bin", Section::Queries).await, lines, drafts, pager, q }))
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

/// The worker that empties the bin.
#[derive(Debug)]
pub struct Emptier(Site);

impl Emptier {
    /// Works on the bin of everybody.
    pub const fn new(site: Site) -> Self {
        Self(site)
    }
}

impl Worker for Emptier {
    fn name(&self) -> &'static str {
        "emptier"
    }

    fn duty(&self) -> &'static str {
        "Removes queries and drafts that were deleted thirty days ago."
    }

    fn period(&self) -> Duration {
        Duration::from_hours(1)
    }

    fn tick(&self) -> BoxFuture<'_, anyhow::Result<Tick>> {
        Box::pin(async {
            let before = self.0.clock.now() - KEPT;
            let mut tx = self.0.db.write(&Scope::System).await?;
            let gone = store::purge(&mut tx, before).await? + store::purge_drafts(&mut tx, before).await?;
            tx.commit().await?;
            let gone = usize::try_from(gone).unwrap_or(usize::MAX);
            Ok(Tick { looked: gone, changed: gone, ..Tick::default() })
        })
    }
}

//! Changes of data sources, their uses, and fixes on request.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{Redirect, Response};
use serde_json::{Value, json};

use super::{instance_choices, of_instance};
use crate::amcsql::catalogue::Catalogue;
use crate::data_sources::described;
use crate::data_sources::directory::{Known, View};
use crate::data_sources::drift::{self, Drift, Texts, User};
use crate::db::{self, PageRange, Tx};
use crate::guides::Guides;
use crate::ids::QueryId;
use crate::instances::{self, ChangeKind};
use crate::queries;
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Export, Few, List, ListParams, rfc3339};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, Site, Visit, words};

/// Changes per page: the uses of each are searched when it is shown.
const SIZE: u64 = 20;
/// Maximum number of changes read; older ones are no longer relevant.
const READ: i64 = 2_000;
/// Maximum number of instances named for a change; more are counted.
const NAMED: usize = 4;

#[derive(Template)]
#[template(path = "data_sources/drift.html")]
pub(super) struct DriftPage {
    shell: Shell,
    list: List,
    lines: Vec<Line>,
    pager: Pager,
    q: String,
    kinds: Vec<Choice>,
    kind: &'static str,
    instances: Vec<Choice>,
    instance: String,
}

/// A change with its uses.
pub(super) struct Line {
    drift: Drift,
    users: Vec<User>,
}

impl Line {
    fn href(&self) -> String {
        let change = &self.drift.change;
        described::address(&change.source, Some(change.column.as_str()).filter(|column| !column.is_empty()))
    }

    /// The instances, for display.
    fn on(&self) -> String {
        let names: Vec<&str> = self.drift.instances.iter().take(NAMED).map(|(_, name)| name.as_str()).collect();
        let more = self.drift.instances.len().saturating_sub(NAMED);
        if more == 0 { names.join(", ") } else { format!("{} and {more} more", names.join(", ")) }
    }

    /// Queries to which the change can be applied, except those whose default instance has not changed.
    fn fixable(&self) -> Vec<String> {
        let fixable = self.users.iter().filter(|user| !user.is_elsewhere).filter_map(|user| user.fixable.as_ref());
        fixable.map(|(id, revision)| format!("{id}:{revision}")).collect()
    }

    /// Whether the change can be applied to queries that `fixable` leaves out.
    fn has_elsewhere(&self) -> bool {
        self.users.iter().any(|user| user.is_elsewhere && user.fixable.is_some())
    }

    /// Its uses, for display.
    fn used(&self) -> String {
        words::counted(i64::try_from(self.users.len()).unwrap_or(i64::MAX), "place uses it", "places use it")
    }
}

impl Export for Line {
    const COLUMNS: &'static [&'static str] =
        &["change", "data_source", "column", "replacement", "certain", "note", "instances", "seen_at", "used_by"];

    fn cells(&self) -> Vec<Value> {
        let change = &self.drift.change;
        vec![
            json!(change.kind.name()),
            json!(change.source),
            json!(change.column),
            json!(change.replacement),
            json!(change.is_certain),
            json!(change.note),
            json!(self.drift.instances.iter().map(|(_, name)| name).collect::<Vec<_>>()),
            rfc3339(self.drift.seen_at),
            json!(self.users.iter().map(|user| format!("{}: {}", user.what, user.name)).collect::<Vec<_>>()),
        ]
    }
}

struct Filter {
    q: String,
    kind: Option<ChangeKind>,
}

impl Filter {
    fn read(params: &mut ListParams) -> Self {
        Self { q: params.text("q"), kind: params.value("change", "kind of change", ChangeKind::parse) }
    }

    fn fits(&self, drift: &Drift, instance: Option<&Known>) -> bool {
        let text = format!("{} {}", drift.name(), drift.change.replacement.as_deref().unwrap_or_default());
        self.kind.is_none_or(|kind| drift.change.kind == kind)
            && text.contains(&self.q.to_lowercase())
            && instance.is_none_or(|known| drift.instances.iter().any(|(id, _)| *id == known.listing.id))
    }
}

/// The changes visible to a person, with lists in which old names resolve.
async fn known(tx: &mut Tx, person: &Person, view: &View) -> db::Result<(Vec<Drift>, Catalogue)> {
    let drifts = drift::grouped(instances::source_changes(tx, &person.id, PageRange::first(READ)).await?);
    let catalogue = drift::with_old_names(view, &drifts);
    Ok((drifts, catalogue))
}

async fn lines(
    tx: &mut Tx,
    person: &Person,
    drifts: Vec<Drift>,
    catalogue: &Catalogue,
    texts: &Texts,
) -> db::Result<Vec<Line>> {
    let mut lines = Vec::with_capacity(drifts.len());
    for drift in drifts {
        let users = drift::users(tx, &person.id, &drift, catalogue, texts).await?;
        lines.push(Line { drift, users });
    }
    Ok(lines)
}

pub(super) async fn show(
    State(site): State<Site>,
    Extension(guides): Extension<Guides>,
    person: Person,
    visit: Visit,
    mut params: ListParams,
) -> web::Result<Html<DriftPage>> {
    let texts = Texts::read(&guides).await;
    let mut tx = site.db.read(&person.scope()).await?;
    let view = View::read(&mut tx, &person.id).await?;
    let instance = of_instance(&view, &mut params)?;
    let filter = Filter::read(&mut params);
    let (mut drifts, catalogue) = known(&mut tx, &person, &view).await?;
    drifts.retain(|drift| filter.fits(drift, instance));
    let (pager, drifts) = params.page(SIZE).cut(drifts);
    let lines = lines(&mut tx, &person, drifts, &catalogue, &texts).await?;
    drop(tx);
    let kinds = ChangeKind::ALL.iter().map(|kind| Choice::new(kind.name(), kind.label()));
    Ok(Html(DriftPage {
        shell: visit.shell("Data source changes", Section::DataSources).await,
        list: params.list(&[]),
        lines,
        pager,
        kinds: Choice::optional("All changes", kinds),
        instances: instance_choices(&view, "All instances"),
        instance: instance.map(|known| known.listing.id.to_string()).unwrap_or_default(),
        q: filter.q,
        kind: filter.kind.map(ChangeKind::name).unwrap_or_default(),
    }))
}

/// The export of the filtered changes.
pub(super) async fn export(
    State(site): State<Site>,
    Extension(guides): Extension<Guides>,
    person: Person,
    mut params: ListParams,
) -> web::Result<Response> {
    let texts = Texts::read(&guides).await;
    let mut tx = site.db.read(&person.scope()).await?;
    let view = View::read(&mut tx, &person.id).await?;
    let instance = of_instance(&view, &mut params)?;
    let filter = Filter::read(&mut params);
    let (mut drifts, catalogue) = known(&mut tx, &person, &view).await?;
    drifts.retain(|drift| filter.fits(drift, instance));
    let lines = lines(&mut tx, &person, drifts, &catalogue, &texts).await?;
    drop(tx);
    let file = list::export_rows(&params, Few(lines)).await?;
    Ok(file.answer(&["changes of data sources"], site.clock.now()))
}

/// Applies the new name to the queries in the form, each as a new version.
pub(super) async fn fix(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Redirect> {
    let mut tx = site.db.write(&person.scope()).await?;
    let view = View::read(&mut tx, &person.id).await?;
    let (drifts, catalogue) = known(&mut tx, &person, &view).await?;
    let is_named = |drift: &&Drift| {
        let change = &drift.change;
        change.source == fields.trimmed("source")
            && change.column == fields.trimmed("column")
            && change.replacement.as_deref() == Some(fields.trimmed("replacement"))
    };
    let drift = drifts.iter().find(is_named).ok_or(web::Error::Missing)?;
    let mut changed = Vec::new();
    for named in fields.all("query") {
        let (id, revision) = named.split_once(':').ok_or(web::Error::Missing)?;
        let id: QueryId = id.parse().map_err(|_| web::Error::Missing)?;
        let revision: i64 = revision.parse().map_err(|_| web::Error::Missing)?;
        let query = queries::find(&mut tx, &person.id, &id).await?;
        let Some(sql) = drift::fix(&drift.change, &query.sql, &query.fields, &catalogue) else { continue };
        queries::amend(&mut tx, site.clock.now(), &person.id, (&id, revision), sql).await?;
        changed.push(query.name);
    }
    tx.commit().await?;
    let (tone, message) = told(&changed, fields.trimmed("replacement"));
    visit.flash(tone, message).await;
    let next = fields.get("next");
    Ok(Redirect::to(if next.is_empty() { "/data-sources/drift" } else { web::local_or_home(next) }))
}

/// Which queries were changed, and how to undo it.
fn told(changed: &[String], new: &str) -> (Tone, String) {
    let undo = "To undo this, restore the previous version on the query's Versions page.";
    match changed {
        [] => (Tone::Info, "Nothing was changed: these queries no longer use the old name.".to_owned()),
        [one] => (Tone::Success, format!("“{one}” reads {new} now. {undo}")),
        more => {
            let queries = words::counted(i64::try_from(more.len()).unwrap_or(i64::MAX), "query", "queries");
            let names: Vec<String> = more.iter().take(NAMED).map(|name| format!("“{name}”")).collect();
            let others = if more.len() > NAMED { " and others" } else { "" };
            (Tone::Success, format!("{queries} read {new} now: {}{others}. {undo}", names.join(", ")))
        }
    }
}

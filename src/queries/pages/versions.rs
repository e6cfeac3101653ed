//! Versions of a query: the list, comparison, and restoring.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use serde_json::{Value, json};

use super::changes::{self, Changes};
use super::list::PAGE;
use super::meaning::{self, Comparison};
use super::{for_change, own};
use crate::db::{self, Tx};
use crate::ids::{InstanceId, PersonId, QueryId};
use crate::instances;
use crate::queries::model::Query;
use crate::queries::model::home::Placement;
use crate::queries::store::{self, Version};
use crate::web::components::{Choice, Pager};
use crate::web::list::{self, Days, Export, Few, List, ListParams, rfc3339};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Fields, Html, Person, QueryString, Site, Visit};

#[derive(Template)]
#[template(path = "queries/versions.html")]
pub(super) struct ListPage {
    shell: Shell,
    list: List,
    query: Query,
    versions: Vec<Version>,
    pager: Pager,
    /// The versions to compare; empty if there is only one.
    choices: Vec<Choice>,
    can_change: bool,
    q: String,
    days: Days,
}

impl ListPage {
    /// The previous version, for comparison; `None` for the first stored one.
    fn before(&self, version: &Version) -> Option<i64> {
        let older = self.choices.iter().filter_map(|choice| choice.value.parse::<i64>().ok());
        older.filter(|revision| *revision < version.revision).max()
    }
}

/// The filter of the list.
struct Filter {
    /// Part of the name, the description, a tag, or who saved it.
    text: String,
    days: Days,
}

impl Filter {
    fn read(params: &mut ListParams) -> Self {
        Self { text: params.text("q"), days: params.days() }
    }

    fn fits(&self, version: &Version) -> bool {
        let Version { written, saved_by, .. } = version;
        let text = [&written.name, &written.description, &written.tags.line(), saved_by].map(String::as_str).join("\n");
        text.to_lowercase().contains(&self.text.to_lowercase()) && self.days.hold(version.saved_at)
    }
}

/// The query with its previous versions, newest first; the first is the current query.
async fn all(tx: &mut Tx, person: &PersonId, id: &QueryId) -> db::Result<(Query, Vec<Version>)> {
    let query = store::find(tx, person, id).await?;
    let mut versions = vec![Version::from(query.clone())];
    versions.extend(store::versions(tx, person, id).await?);
    Ok((query, versions))
}

pub(super) async fn show(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    mut params: ListParams,
) -> web::Result<Html<ListPage>> {
    let filter = Filter::read(&mut params);
    let mut tx = site.db.read(&person.scope()).await?;
    let (query, mut versions) = all(&mut tx, &person.id, &own(&id)?).await?;
    drop(tx);
    let choice = |version: &Version| {
        let at = crate::web::components::date_time(&version.saved_at);
        let now = if version.revision == query.revision { " (current)" } else { "" };
        let label = format!("Version {}: {at} UTC, {}{now}", version.revision, version.saved_by);
        Choice::new(version.revision.to_string(), label)
    };
    let choices = if versions.len() > 1 { versions.iter().map(choice).collect() } else { Vec::new() };
    versions.retain(|version| filter.fits(version));
    let (pager, versions) = params.page(PAGE).cut(versions);
    Ok(Html(ListPage {
        shell: visit.shell(format!("Versions of {}", query.name), Section::Queries).await,
        list: params.list(&[]),
        choices,
        versions,
        pager,
        can_change: query.rights.change && query.deleted_at.is_none(),
        query,
        q: filter.text,
        days: filter.days,
    }))
}

impl Export for Version {
    const COLUMNS: &'static [&'static str] = &["version", "name", "description", "tags", "saved_at", "saved_by"];

    fn cells(&self) -> Vec<Value> {
        vec![
            json!(self.revision),
            json!(self.written.name),
            json!(self.written.description),
            json!(self.written.tags),
            rfc3339(self.saved_at),
            json!(self.saved_by),
        ]
    }
}

/// The export of the filtered versions.
pub(super) async fn export(
    State(site): State<Site>,
    person: Person,
    Path(id): Path<String>,
    mut params: ListParams,
) -> web::Result<Response> {
    let filter = Filter::read(&mut params);
    let mut tx = site.db.read(&person.scope()).await?;
    let (query, mut versions) = all(&mut tx, &person.id, &own(&id)?).await?;
    drop(tx);
    versions.retain(|version| filter.fits(version));
    let file = list::export_rows(&params, Few(versions)).await?;
    Ok(file.answer(&["versions", &query.name], site.clock.now()))
}

#[derive(Template)]
#[template(path = "queries/compare.html")]
pub(super) struct ComparePage {
    shell: Shell,
    query: Query,
    from: Version,
    to: Version,
    meaning: Comparison,
    /// Which data sources the comparison of meaning uses, for display.
    against: String,
    sql: Changes,
    settings: Changes,
    can_change: bool,
}

async fn one(tx: &mut Tx, person: &PersonId, query: &Query, revision: i64) -> db::Result<Version> {
    if revision == query.revision {
        return Ok(query.clone().into());
    }
    store::version(tx, person, &query.id, revision).await
}

/// Compares two versions: `from` and `to`, by default the current query. The earlier one is always on the left.
pub(super) async fn compare(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    QueryString(fields): QueryString,
) -> web::Result<Html<ComparePage>> {
    let mut tx = site.db.read(&person.scope()).await?;
    let query = store::find(&mut tx, &person.id, &own(&id)?).await?;
    let params = |name: &str| fields.trimmed(name).parse::<i64>().unwrap_or(query.revision);
    let (from, to) = (params("from").min(params("to")), params("from").max(params("to")));
    let from = one(&mut tx, &person.id, &query, from).await?;
    let to = one(&mut tx, &person.id, &query, to).await?;
    let placed =
        [placed(&mut tx, &person.id, &from.placement).await?, placed(&mut tx, &person.id, &to.placement).await?];
    let default = match &query.placement.default_instance {
        Some(id) => db::found(instances::find(&mut tx, &person.id, id).await)?,
        None => None,
    };
    let catalogue = match &default {
        Some(instance) => instances::catalogue(&mut tx, &instance.id).await?,
        None => std::sync::Arc::clone(crate::amcsql::catalogue::Catalogue::standard()),
    };
    drop(tx);
    let (before, after) = ((from.revision, &from.written), (to.revision, &to.written));
    Ok(Html(ComparePage {
        meaning: meaning::compare(before, after, &catalogue, site.clock.now()),
        against: super::target::against(default.as_ref()),
        shell: visit.shell(format!("Versions of {}", query.name), Section::Queries).await,
        sql: Changes::between(&from.written.sql, &to.written.sql),
        settings: Changes::between(
            &changes::settings(&from.written, &placed[0]),
            &changes::settings(&to.written, &placed[1]),
        ),
        can_change: query.rights.change && query.deleted_at.is_none(),
        from,
        to,
        query,
    }))
}

/// The home and default instance of a version, in lines.
async fn placed(tx: &mut Tx, person: &PersonId, placement: &Placement) -> db::Result<Vec<String>> {
    let home = match placement.home.instance() {
        Some(id) => named(tx, person, id).await?,
        None => None,
    };
    let default = match &placement.default_instance {
        Some(id) => named(tx, person, id).await?.unwrap_or_else(|| "one you have no access to".to_owned()),
        None => "none".to_owned(),
    };
    let seen_by = placement.home.seen_by(home.as_deref());
    Ok(vec![format!("Seen by: {seen_by}"), format!("Default instance: {default}")])
}

/// The name of an instance to which the person has access.
async fn named(tx: &mut Tx, person: &PersonId, id: &InstanceId) -> db::Result<Option<String>> {
    Ok(db::found(instances::find(tx, person, id).await)?.map(|instance| instance.name().to_owned()))
}

/// Saves an earlier version again, as the newest; the current query becomes a version. Its home and default instance
/// stay unchanged, so restoring shows nothing to other people.
pub(super) async fn restore(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let id = own(&id)?;
    let mut tx = site.db.write(&person.scope()).await?;
    let query = for_change(&mut tx, &person.id, &id).await?;
    let revision = fields.trimmed("revision").parse().map_err(|_| web::Error::Missing)?;
    let version = one(&mut tx, &person.id, &query, revision).await?;
    let now = site.clock.now();
    if version.revision == query.revision || version.written == query.clone().into() {
        drop(tx);
        visit.flash(Tone::Info, format!("Nothing changed: the query already matches version {revision}.")).await;
    } else if store::change(&mut tx, &id, query.revision, now, &person.id, &query.placement, &version.written).await? {
        tx.commit().await?;
        let said = format!("Restored version {revision}. The previous text is version {}.", query.revision);
        visit.flash(Tone::Success, said).await;
    } else {
        let why = "The query was saved again at the same moment. Review its versions, then restore one.";
        let error = web::Error::conflict("Somebody saved this query", why);
        return Err(error.with_way("Versions", format!("/queries/{id}/versions")));
    }
    Ok(Redirect::to(&format!("/queries/{id}")))
}

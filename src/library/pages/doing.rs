//! Actions on templates: create a query from one, or a template from a query.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use chrono::{DateTime, Utc};

use super::detail::{Answer, page};
use super::{Desk, find};
use crate::amcsql::catalogue::Catalogue;
use crate::db::{self, Tx};
use crate::guides::Guides;
use crate::ids::{InstanceId, QueryId, TemplateId};
use crate::instances;
use crate::library::store;
use crate::queries::{self, Home, Placement, QueryInput, RunInput};
use crate::web::shell::Tone;
use crate::web::{self, Fields, Html, Person, Site, Visit};

/// Shows the template's result on synthetic data; empty inputs use the author's values.
pub(super) async fn try_it(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    Path(slug): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let mut tx = desk.site.db.read(&person.scope()).await?;
    let entry = find(&desk.guides, &mut tx, &person, &slug).await?;
    drop(tx);
    let is_filled =
        |(name, value): &(&str, &str)| *name != "instance" && (!name.starts_with("param.") || !value.trim().is_empty());
    let form: Fields =
        fields.iter().filter(is_filled).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let input = entry.input(desk.site.clock.now(), true);
    let tried = desk.trials.run(&desk.site, &person, &input, &form).await?;
    let sent = fields.trimmed("instance").to_owned();
    let answer = Answer { form: fields, tried: Some(tried), ..Answer::default() };
    Ok(Html(page(&desk, &person, &visit, &slug, &sent, answer).await?).into_response())
}

/// Creates a query with the values of the form.
pub(super) async fn make(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    Path(slug): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let now = desk.site.clock.now();
    let mut tx = desk.site.db.write(&person.scope()).await?;
    let entry = find(&desk.guides, &mut tx, &person, &slug).await?;
    let errors = entry.input(now, desk.site.config.is_demo()).default_errors(&fields);
    if !errors.is_empty() {
        drop(tx);
        let sent = fields.trimmed("instance").to_owned();
        let answer = Answer { form: fields, errors, ..Answer::default() };
        return Ok(Html(page(&desk, &person, &visit, &slug, &sent, answer).await?).unprocessable());
    }
    let query = made(&mut tx, &desk.site, &desk.guides, &person, &slug, &fields).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "Your query was created. Only you can see it; the template is unchanged.").await;
    Ok(Redirect::to(&format!("/queries/{query}")).into_response())
}

/// Creates a query from a template, with the values, the window and the instance of the form.
pub(in crate::library) async fn made(
    tx: &mut Tx,
    site: &Site,
    guides: &Guides,
    person: &Person,
    slug: &str,
    fields: &Fields,
) -> web::Result<QueryId> {
    let now = site.clock.now();
    let entry = find(guides, tx, person, slug).await?;
    let mut input = entry.input(now, site.config.is_demo());
    let base = queries::to_file(&input);
    input.window = input.window.with(fields);
    input.with_values(fields);
    let chosen = fields.trimmed("instance").parse::<InstanceId>().ok().or_else(|| entry.pinned_to().cloned());
    let default_instance = match chosen {
        Some(id) => db::found(instances::find(tx, &person.id, &id).await)?.map(|instance| instance.id),
        None => None,
    };
    let placement = Placement { home: Home::Private, default_instance };
    let query = queries::create(tx, &site.random, now, &person.id, &placement, &input).await?;
    let id = site.random.id(now);
    store::add_use(tx, now, &person.id, &id, (&entry.slug, &query, entry.version, &base)).await?;
    Ok(query)
}

/// Opens a template in the editor as a draft.
pub(super) async fn open(
    State(desk): State<Desk>,
    person: Person,
    Path(slug): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let now = desk.site.clock.now();
    let mut tx = desk.site.db.write(&person.scope()).await?;
    let entry = find(&desk.guides, &mut tx, &person, &slug).await?;
    let mut input = entry.input(now, desk.site.config.is_demo());
    input.window = input.window.with(&fields);
    input.with_values(&fields);
    let source = format!("Template: {}", entry.query.name());
    let draft = queries::seed_draft(&mut tx, &desk.site.random, now, &person.id, &source, input).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/queries/new?draft={draft}")))
}

/// The query named by a form, as a file, with its name.
async fn text_of(tx: &mut Tx, now: DateTime<Utc>, person: &Person, fields: &Fields) -> web::Result<(String, String)> {
    let id: QueryId = fields.trimmed("query").parse().map_err(|_| web::Error::Missing)?;
    let query = queries::find(tx, &person.id, &id).await?;
    // A template declares all parameters; undeclared ones of the query are declared with their inferred types.
    let run_input = RunInput::of_form(&query.script(), &Fields::default()).0;
    let fields = queries::prepare(&query.script(), &run_input, Catalogue::standard(), now, false).asked;
    let name = query.name.clone();
    Ok((name, queries::to_file(&QueryInput { fields, ..query.into() })))
}

/// Creates a template from a query; only its owner can see it until it is shared.
pub(super) async fn add(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Redirect> {
    let now = desk.site.clock.now();
    let mut tx = desk.site.db.write(&person.scope()).await?;
    let (name, text) = text_of(&mut tx, now, &person, &fields).await?;
    let id: TemplateId = desk.site.random.id(now);
    store::add(&mut tx, now, &person.id, &id, (&name, &text)).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "Your template was created. Only you can see it; share it below.").await;
    Ok(Redirect::to(&format!("/library/{id}")))
}

fn own(slug: &str) -> web::Result<TemplateId> {
    slug.parse().map_err(|_| web::Error::Missing)
}

/// Sets who can see a template: only the owner, or the members of an instance, optionally with the instance as the
/// default for queries.
pub(super) async fn share(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    Path(slug): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let id = own(&slug)?;
    let mut tx = desk.site.db.write(&person.scope()).await?;
    let home = match fields.trimmed("home") {
        "" => None,
        sent => {
            let instance: InstanceId = sent.parse().map_err(|_| web::Error::Missing)?;
            Some(instances::require(&mut tx, &person.id, &instance, instances::Action::Write).await?.id)
        }
    };
    let is_pinned = home.is_some() && fields.get("pinned") == "true";
    store::share(&mut tx, &person.id, &id, home.as_ref(), is_pinned).await?;
    tx.commit().await?;
    let message = if home.is_some() { "The template was shared." } else { "Only you can see the template now." };
    visit.flash(Tone::Success, message).await;
    Ok(Redirect::to(&format!("/library/{id}")))
}

/// Updates a template with the text of a query. This is its next version, and everyone who used the template is
/// notified.
pub(super) async fn change(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    Path(slug): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let id = own(&slug)?;
    let now = desk.site.clock.now();
    let mut tx = desk.site.db.write(&person.scope()).await?;
    let (name, text) = text_of(&mut tx, now, &person, &fields).await?;
    store::change(&mut tx, now, &person.id, &id, (&name, &text)).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The template has a new version.").await;
    Ok(Redirect::to(&format!("/library/{id}")))
}

pub(super) async fn delete(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    Path(slug): Path<String>,
) -> web::Result<Redirect> {
    let id = own(&slug)?;
    let mut tx = desk.site.db.write(&person.scope()).await?;
    store::delete(&mut tx, &person.id, &id).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "The template was deleted. Queries created from it remain.").await;
    Ok(Redirect::to("/library"))
}

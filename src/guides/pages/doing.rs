//! Actions on a guide's page: favorites, progress, and trying, running and copying its queries.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use super::detail::{Answer, page};
use super::{Desk, languages, query, seen};
use crate::db;
use crate::executions::{Actor, Request, What};
use crate::guides::content::GuideQuery;
use crate::guides::store::{self, GuideRun};
use crate::ids::InstanceId;
use crate::instances;
use crate::queries::{self, Home, Placement, QueryInput, RunInput};
use crate::web::shell::Tone;
use crate::web::{self, Fields, Html, Person, Visit};

/// Stars or unstars a guide.
pub(super) async fn favourite(
    State(desk): State<Desk>,
    person: Person,
    Path(slug): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    seen(&*desk.guides.current().await, &person, &slug, &[])?;
    let mut tx = desk.site.db.write(&person.scope()).await?;
    store::set_favourite(&mut tx, &person.id, &slug, fields.get("on") == "true").await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/guides/{slug}")))
}

/// Marks a section as done or not done, and redirects to it.
pub(super) async fn progress(
    State(desk): State<Desk>,
    person: Person,
    Path(slug): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let seen = seen(&*desk.guides.current().await, &person, &slug, &[])?;
    let section = fields.get("section");
    let chapters: Vec<_> = seen.guide.chapters().collect();
    let at = chapters.iter().position(|heading| heading.id == section).ok_or(web::Error::Missing)?;
    let now = desk.site.clock.now();
    let is_done = fields.get("done") == "true";
    let mut tx = desk.site.db.write(&person.scope()).await?;
    store::set_done(&mut tx, &person.id, (&slug, section), is_done.then_some(now)).await?;
    tx.commit().await?;
    let next = chapters.get(at + usize::from(is_done)).or(chapters.get(at));
    let here = address(&slug, fields.trimmed("instance").parse().ok().as_ref(), &fields);
    Ok(Redirect::to(&format!("{here}#{}", next.map_or("", |heading| heading.id.as_str()))))
}

/// The address of a guide with the chosen instance and language.
fn address(slug: &str, instance: Option<&InstanceId>, fields: &Fields) -> String {
    let language = fields.trimmed("lang");
    let is_language = language.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !language.is_empty();
    let parts = [instance.map(|id| format!("instance={id}")), is_language.then(|| format!("lang={language}"))];
    let query: Vec<String> = parts.into_iter().flatten().collect();
    if query.is_empty() { format!("/guides/{slug}") } else { format!("/guides/{slug}?{}", query.join("&")) }
}

/// The form without empty parameters, which then use their values for synthetic data.
fn filled(form: &Fields) -> Fields {
    let is_filled = |(name, value): &(&str, &str)| !name.starts_with("param.") || !value.trim().is_empty();
    form.iter().filter(is_filled).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The guide with the result of its query on synthetic data. Empty inputs use the author's values.
pub(super) async fn try_it(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    headers: HeaderMap,
    Path((slug, id)): Path<(String, String)>,
    fields: Fields,
) -> web::Result<Response> {
    let languages = languages(&headers, fields.trimmed("lang"));
    let seen = seen(&*desk.guides.current().await, &person, &slug, &languages)?;
    let input = query(&seen.guide, &id)?.input(desk.site.clock.now(), true);
    // OK without the instance because synthetic data has all sources.
    let form: Fields = filled(&fields).iter().filter(|(name, _)| *name != "instance").map(owned).collect();
    let tried = desk.trials.run(&desk.site, &person, &input, &form).await?;
    let sent = fields.trimmed("instance").to_owned();
    let answer = Answer { query: id, form: fields, tried: Some(tried), ..Answer::default() };
    Ok(Html(page(&desk, &person, &visit, &slug, &languages, &sent, answer).await?).into_response())
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Runs a query on the selected instance and redirects back to it.
pub(super) async fn run(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    headers: HeaderMap,
    Path((slug, id)): Path<(String, String)>,
    fields: Fields,
) -> web::Result<Response> {
    let languages = languages(&headers, fields.trimmed("lang"));
    let seen = seen(&*desk.guides.current().await, &person, &slug, &languages)?;
    let query = query(&seen.guide, &id)?;
    let refusal = "The query can't run yet";
    let mut answer = Answer { query: id.clone(), form: fields.clone(), refusal, ..Answer::default() };
    let sent = fields.trimmed("instance").to_owned();
    let Ok(instance) = sent.parse::<InstanceId>() else {
        answer.errors.add("", "Choose an instance above, then run the query there.");
        let page = page(&desk, &person, &visit, &slug, &languages, &sent, answer).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
    };
    let now = desk.site.clock.now();
    let input = query.input(now, desk.site.config.is_demo());
    let (run_input, errors) = RunInput::of_form(&input.script(), &fields);
    let mut tx = desk.site.db.write(&person.scope()).await?;
    let what = What::Text {
        name: input.name.clone(),
        sql: input.sql.clone(),
        fields: input.fields.clone(),
        instance: instance.clone(),
        input: run_input,
    };
    let key = fields.once(&id);
    let started = if errors.is_empty() {
        desk.executions.start(&mut tx, &Actor::person_by_hand(&person), &Request { what, key }).await
    } else {
        drop(tx);
        answer.errors = errors;
        let page = page(&desk, &person, &visit, &slug, &languages, &sent, answer).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
    };
    match started {
        Ok(started) => {
            if started.is_new {
                let run = GuideRun { slug: slug.clone(), query: id, instance: instance.clone(), execution: started.id };
                store::add_run(&mut tx, now, &desk.site.random.id(now), &person.id, &run).await?;
            }
            tx.commit().await?;
            desk.executions.wake();
            let here = address(&slug, Some(&instance), &fields);
            Ok(Redirect::to(&format!("{here}#{}-run", query.anchor())).into_response())
        }
        Err(refusal) => {
            drop(tx);
            let (errors, findings) = (refusal.errors(), refusal.findings().to_vec());
            if errors.is_empty() && findings.is_empty() {
                return Err(refusal.into());
            }
            answer.errors = errors;
            answer.mistakes = findings.into_iter().map(|finding| finding.message).collect();
            let page = page(&desk, &person, &visit, &slug, &languages, &sent, answer).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
    }
}

/// Opens a query in the editor as a draft, with the submitted values.
pub(super) async fn open(
    State(desk): State<Desk>,
    person: Person,
    Path((slug, id)): Path<(String, String)>,
    fields: Fields,
) -> web::Result<Redirect> {
    let seen = seen(&*desk.guides.current().await, &person, &slug, &[])?;
    let input = taken_along(&desk, query(&seen.guide, &id)?, &fields);
    let source = format!("Guide: {}", seen.guide.title);
    let now = desk.site.clock.now();
    let mut tx = desk.site.db.write(&person.scope()).await?;
    let draft = queries::seed_draft(&mut tx, &desk.site.random, now, &person.id, &source, input).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/queries/new?draft={draft}")))
}

/// The query with the person's values as new defaults.
fn taken_along(desk: &Desk, query: &GuideQuery, fields: &Fields) -> QueryInput {
    let mut input = query.input(desk.site.clock.now(), desk.site.config.is_demo());
    input.window = input.window.with(fields);
    input.with_values(fields);
    input
}

/// The page with what is wrong in the form of a query, if it can't be saved like this; `refusal` says what can't be
/// done.
async fn refused(
    desk: &Desk,
    (person, visit): (&Person, &Visit),
    headers: &HeaderMap,
    (slug, id): (&str, &str),
    fields: &Fields,
    refusal: &'static str,
) -> web::Result<Option<Response>> {
    let languages = languages(headers, fields.trimmed("lang"));
    let seen = seen(&*desk.guides.current().await, person, slug, &languages)?;
    let input = query(&seen.guide, id)?.input(desk.site.clock.now(), desk.site.config.is_demo());
    let errors = input.default_errors(fields);
    if errors.is_empty() {
        return Ok(None);
    }
    let answer = Answer { query: id.to_owned(), form: fields.clone(), errors, refusal, ..Answer::default() };
    let page = page(desk, person, visit, slug, &languages, fields.trimmed("instance"), answer).await?;
    Ok(Some(Html(page).unprocessable()))
}

/// Saves a query as the person's own.
async fn saved(
    desk: &Desk,
    person: &Person,
    slug: &str,
    id: &str,
    fields: &Fields,
) -> web::Result<crate::ids::QueryId> {
    let seen = seen(&*desk.guides.current().await, person, slug, &[])?;
    let input = taken_along(desk, query(&seen.guide, id)?, fields);
    let now = desk.site.clock.now();
    let mut tx = desk.site.db.write(&person.scope()).await?;
    let default_instance = match fields.trimmed("instance").parse::<InstanceId>() {
        Ok(id) => db::found(instances::find(&mut tx, &person.id, &id).await)?.map(|instance| instance.id),
        Err(_) => None,
    };
    let placement = Placement { home: Home::Private, default_instance };
    let query = queries::create(&mut tx, &desk.site.random, now, &person.id, &placement, &input).await?;
    tx.commit().await?;
    Ok(query)
}

pub(super) async fn save(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    headers: HeaderMap,
    Path((slug, id)): Path<(String, String)>,
    fields: Fields,
) -> web::Result<Response> {
    let refusal = "The query can't be saved yet";
    if let Some(page) = refused(&desk, (&person, &visit), &headers, (&slug, &id), &fields, refusal).await? {
        return Ok(page);
    }
    let query = saved(&desk, &person, &slug, &id, &fields).await?;
    visit.flash(Tone::Success, "Saved as your own query. Only you can see it.").await;
    Ok(Redirect::to(&format!("/queries/{query}")).into_response())
}

/// Saves a query and redirects to the form for its schedule.
pub(super) async fn schedule(
    State(desk): State<Desk>,
    person: Person,
    visit: Visit,
    headers: HeaderMap,
    Path((slug, id)): Path<(String, String)>,
    fields: Fields,
) -> web::Result<Response> {
    let refusal = "The query can't be scheduled yet";
    if let Some(page) = refused(&desk, (&person, &visit), &headers, (&slug, &id), &fields, refusal).await? {
        return Ok(page);
    }
    let query = saved(&desk, &person, &slug, &id, &fields).await?;
    visit.flash(Tone::Success, "Saved as your own query. Now choose when it runs.").await;
    let instance = match fields.trimmed("instance").parse::<InstanceId>() {
        Ok(id) => format!("&instance={id}"),
        Err(_) => String::new(),
    };
    Ok(Redirect::to(&format!("/schedules/new?query={query}{instance}")).into_response())
}

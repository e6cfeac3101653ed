//! Saving: a new query, changes, and what happens when somebody else was faster.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::editor::{What, editing, page};
use super::forms::written;
use super::{for_change, own};
use crate::db::Tx;
use crate::ids::{DraftId, InstanceId, QueryId};
use crate::instances;
use crate::queries::model::{NAME_LENGTH, QueryInput};
use crate::queries::store;
use crate::web::components::Errors;
use crate::web::shell::Tone;
use crate::web::{self, Fields, Html, Person, Site, Visit};

/// What the name of a copy ends with.
const COPY: &str = " (copy)";

/// Keeps a new query and leads to its page.
pub(super) async fn create(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Response> {
    let (what, written) = (What::sent(&fields), written(&fields));
    let mut errors = Errors::new();
    written.check(&mut errors);
    let instance = instance(&site, &person, &what, &mut errors).await?;
    let Some(instance) = instance.filter(|_| errors.is_empty()) else {
        let what = What { query: None, ..what };
        return Ok(
            Html(page(&site, &person, &visit, what, written, errors).await?).unprocessable_by(|page| &page.errors)
        );
    };
    let now = site.clock.now();
    let id: QueryId = site.random.id(now);
    let mut tx = site.db.write(&person.scope()).await?;
    store::add(&mut tx, &id, now, &person.id, &instance, &written).await?;
    drop_draft(&mut tx, &person, &what).await?;
    tx.commit().await?;
    saved(&visit, &written).await;
    Ok(Redirect::to(&format!("/queries/{id}")).into_response())
}

/// The instance of a new query, if the person may write there.
async fn instance(site: &Site, person: &Person, what: &What, errors: &mut Errors) -> web::Result<Option<InstanceId>> {
    let chosen = what.instance.parse::<InstanceId>();
    let mut tx = site.db.read(&person.scope()).await?;
    let found = match &chosen {
        Ok(id) => instances::require(&mut tx, &person.id, id, instances::Action::Write).await,
        Err(_) => Err(instances::Denied::Missing),
    };
    match found {
        Ok(instance) => Ok(Some(instance.id)),
        Err(instances::Denied::Missing) => {
            errors.add("instance", "Choose the instance in which the query runs.");
            Ok(None)
        }
        Err(denied) => Err(denied.into()),
    }
}

/// Removes the draft whose text is saved now. What another tab kept since stays.
pub(super) async fn drop_draft(tx: &mut Tx, person: &Person, what: &What) -> web::Result<()> {
    let of_query = match &what.query {
        Some(query) => store::draft_of(tx, &person.id, query).await?.map(|draft| draft.id),
        None => None,
    };
    for draft in what.draft.parse::<DraftId>().ok().into_iter().chain(of_query) {
        store::drop_draft(tx, &person.id, &draft, &what.tab, &what.was).await?;
    }
    Ok(())
}

/// Says that it is kept, and which fields nobody has given a type yet.
async fn saved(visit: &Visit, written: &QueryInput) {
    let mut new: Vec<String> =
        crate::amcsql::template::fields(&written.sql).into_iter().map(|field| field.name).collect();
    new.sort();
    new.dedup();
    new.retain(|name| !written.fields.iter().any(|field| field.name == *name));
    let text = match &new[..] {
        [] => "The query is saved.".to_owned(),
        [one] => format!("The query is saved. Its new field {one} has a type that was guessed; Edit sets another."),
        more => format!(
            "The query is saved. Its new fields {} have types that were guessed; Edit sets others.",
            more.join(", ")
        ),
    };
    visit.flash(Tone::Success, text).await;
}

/// Keeps changes, unless somebody else changed the query meanwhile: then both are shown.
pub(super) async fn save(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let written = written(&fields);
    let mut errors = Errors::new();
    written.check(&mut errors);
    let mut tx = site.db.write(&person.scope()).await?;
    let (query, _) = for_change(&mut tx, &person.id, &own(&id)?).await?;
    let sent = What::sent(&fields);
    let now_there = editing(&query);
    let what = What { query: now_there.query, instance: now_there.instance, ..sent };
    if !errors.is_empty() {
        drop(tx);
        return Ok(
            Html(page(&site, &person, &visit, what, written, errors).await?).unprocessable_by(|page| &page.errors)
        );
    }
    if what.revision == query.revision && written == query.clone().into() {
        drop_draft(&mut tx, &person, &what).await?;
        tx.commit().await?;
        visit.flash(Tone::Info, "Nothing was changed, so no version was added.").await;
        return Ok(Redirect::to(&format!("/queries/{id}")).into_response());
    }
    let now = site.clock.now();
    if !store::change(&mut tx, &query.id, what.revision, now, &person.id, &written).await? {
        drop(tx);
        // OK to take the new revision along: saving again is then a decision over what is shown.
        let what = What { revision: query.revision, ..what };
        let mut page = page(&site, &person, &visit, what, written, errors).await?;
        page.theirs = Some(query);
        return Ok((StatusCode::CONFLICT, Html(page)).into_response());
    }
    drop_draft(&mut tx, &person, &what).await?;
    tx.commit().await?;
    saved(&visit, &written).await;
    Ok(Redirect::to(&format!("/queries/{id}")).into_response())
}

/// Saves the same query once more under a name of its own, and opens it in the editor.
pub(super) async fn duplicate(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let mut tx = site.db.write(&person.scope()).await?;
    let (query, instance) = for_change(&mut tx, &person.id, &own(&id)?).await?;
    let mut written = QueryInput::from(query);
    let most = NAME_LENGTH - COPY.chars().count();
    written.name = written.name.chars().take(most).collect::<String>() + COPY;
    let now = site.clock.now();
    let copy: QueryId = site.random.id(now);
    store::add(&mut tx, &copy, now, &person.id, &instance.id, &written).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, "This is a copy, saved under a name of its own. Change what you need.").await;
    Ok(Redirect::to(&format!("/queries/{copy}/edit")))
}

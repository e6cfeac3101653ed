//! Saving: new queries, changes, and conflicts.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use serde_json::json;

use super::drafts::save_as_draft;
use super::editing::{Theirs, What};
use super::editor::page;
use super::forms::written;
use super::placing::{self, PlacementInput};
use super::{for_change, own};
use crate::accounts::audit::{self, Action};
use crate::db::Tx;
use crate::ids::{DraftId, QueryId};
use crate::queries::model::home::Placement;
use crate::queries::model::{Query, QueryInput};
use crate::queries::store::{self, NewQuery};
use crate::web::components::Errors;
use crate::web::shell::Tone;
use crate::web::{self, Fields, Html, Person, Site, Visit};

/// The outcome of saving an editor's form.
pub(super) enum Saved {
    /// It was saved as this query.
    Now(QueryId),
    /// The query already has this content.
    Unchanged(QueryId),
    /// It wasn't saved: the page says why.
    Not(Box<Response>),
}

/// Saves a new query and redirects to its page. If it is submitted again, from a page that the browser went back to,
/// it changes the query it created.
pub(super) async fn create(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Response> {
    let what = What { query: None, ..What::sent(&fields) };
    let saved = save_query(&site, &person, &visit, what, &fields).await?;
    Ok(lead(&visit, &fields, saved).await)
}

/// Redirects to the page of a saved query.
async fn lead(visit: &Visit, fields: &Fields, saved: Saved) -> Response {
    let id = match saved {
        Saved::Now(id) => {
            tell_saved(visit, &written(fields)).await;
            id
        }
        Saved::Unchanged(id) => {
            visit.flash(Tone::Info, "Nothing changed, so no version was added.").await;
            id
        }
        Saved::Not(page) => return *page,
    };
    Redirect::to(&format!("/queries/{id}")).into_response()
}

/// Saves an editor's form before it is run.
pub async fn save_to_run(
    site: &Site,
    person: &Person,
    visit: &Visit,
    fields: &Fields,
) -> web::Result<Result<Query, Response>> {
    let id = match save_query(site, person, visit, What::sent(fields), fields).await? {
        Saved::Now(id) | Saved::Unchanged(id) => id,
        Saved::Not(page) => return Ok(Err(*page)),
    };
    let mut tx = site.db.read(&person.scope()).await?;
    Ok(Ok(store::find(&mut tx, &person.id, &id).await?))
}

/// Saves an editor's form: a new query, or changes of the one that it names.
async fn save_query(site: &Site, person: &Person, visit: &Visit, what: What, fields: &Fields) -> web::Result<Saved> {
    if what.query.is_some() {
        return change(site, person, visit, what, fields).await;
    }
    let written = written(fields);
    let mut errors = Errors::new();
    written.check(&mut errors);
    let mut tx = site.db.write(&person.scope()).await?;
    let draft = what.draft.parse::<DraftId>().ok();
    if let Some(draft) = &draft
        && let Some(query) = store::saved_from(&mut tx, &person.id, draft).await?
    {
        drop(tx);
        let what = What { query: Some(query.id.clone()), revision: 1, ..what };
        return change(site, person, visit, what, fields).await;
    }
    let placement = placing::placed(&mut tx, &person.id, PlacementInput::of(fields), None, &mut errors).await?;
    if !errors.is_empty() {
        return unsaved(site, person, visit, tx, what, fields, errors).await;
    }
    let now = site.clock.now();
    let id: QueryId = site.random.id(now);
    let new = NewQuery { id: &id, draft: draft.as_ref(), placement: &placement, written: &written };
    store::add(&mut tx, now, &person.id, &new).await?;
    drop_draft(&mut tx, person, &what).await?;
    tx.commit().await?;
    Ok(Saved::Now(id))
}

/// Saves what couldn't be saved as a draft, and shows its errors.
async fn unsaved(
    site: &Site,
    person: &Person,
    visit: &Visit,
    mut tx: Tx,
    what: What,
    fields: &Fields,
    errors: Errors,
) -> web::Result<Saved> {
    let written = written(fields);
    save_as_draft(&mut tx, site, person, &what, &written, fields).await?;
    tx.commit().await?;
    let page = page(site, person, visit, what, written, fields, errors).await?;
    Ok(Saved::Not(Box::new(Html(page).unprocessable_by(|page| &page.errors))))
}

/// Removes the draft whose text was saved. What another tab has saved since stays.
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

/// The success message, with parameters that have no type yet.
async fn tell_saved(visit: &Visit, written: &QueryInput) {
    let mut new: Vec<String> =
        crate::amcsql::template::fields(&written.sql).into_iter().map(|field| field.name).collect();
    new.sort();
    new.dedup();
    new.retain(|name| !written.fields.iter().any(|field| field.name == *name));
    let text = match &new[..] {
        [] => "The query is saved.".to_owned(),
        [one] => format!(
            "The query is saved. The type of its new parameter {one} was guessed; edit the query to \
                          change it."
        ),
        more => format!(
            "The query is saved. The types of its new parameters {} were guessed; edit the query to change them.",
            more.join(", ")
        ),
    };
    visit.flash(Tone::Success, text).await;
}

/// Saves changes, unless the query was saved meanwhile: then both are shown.
pub(super) async fn save(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let what = What { query: Some(own(&id)?), ..What::sent(&fields) };
    let saved = change(&site, &person, &visit, what, &fields).await?;
    Ok(lead(&visit, &fields, saved).await)
}

/// Changes the query named by `what` according to a form.
async fn change(site: &Site, person: &Person, visit: &Visit, what: What, fields: &Fields) -> web::Result<Saved> {
    let written = written(fields);
    let mut errors = Errors::new();
    written.check(&mut errors);
    let id = what.query.clone().ok_or(web::Error::Missing)?;
    let mut tx = site.db.write(&person.scope()).await?;
    let query = for_change(&mut tx, &person.id, &id).await?;
    let placement = placing::placed(&mut tx, &person.id, PlacementInput::of(fields), Some(&query), &mut errors).await?;
    if !errors.is_empty() {
        return unsaved(site, person, visit, tx, what, fields, errors).await;
    }
    if written == query.clone().into() && placement == query.placement {
        drop_draft(&mut tx, person, &what).await?;
        tx.commit().await?;
        return Ok(Saved::Unchanged(id));
    }
    if !keep_change(&mut tx, site, person, (&query, what.revision), &placement, &written).await? {
        save_as_draft(&mut tx, site, person, &what, &written, fields).await?;
        tx.commit().await?;
        let theirs = Theirs::new(query, &written, &person.id);
        // OK to use the new revision: saving again is then a deliberate decision.
        let what = What { revision: theirs.query.revision, ..what };
        let mut page = page(site, person, visit, what, written, fields, errors).await?;
        page.theirs = Some(theirs);
        return Ok(Saved::Not(Box::new((StatusCode::CONFLICT, Html(page)).into_response())));
    }
    drop_draft(&mut tx, person, &what).await?;
    tx.commit().await?;
    Ok(Saved::Now(id))
}

/// Stores a change of a query that is still at `revision`; false if somebody else changed it meanwhile.
pub(in crate::queries) async fn keep_change(
    tx: &mut Tx,
    site: &Site,
    person: &Person,
    (query, revision): (&Query, i64),
    placement: &Placement,
    written: &QueryInput,
) -> web::Result<bool> {
    let now = site.clock.now();
    if !store::change(tx, &query.id, revision, now, &person.id, placement, written).await? {
        return Ok(false);
    }
    if placement.home != query.placement.home {
        let detail = json!({ "from": query.placement.home.value(), "to": placement.home.value() });
        let action = Action::QueryShared;
        audit::write(tx, &site.random, now, Some(&person.id), action, query.id.as_str(), detail).await?;
    }
    Ok(true)
}

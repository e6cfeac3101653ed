//! Saving: a new query, changes, and what happens when somebody else was faster.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use serde_json::json;

use super::drafts::keep_unsaved;
use super::editor::{Theirs, What, page};
use super::forms::written;
use super::placing;
use super::{for_change, own};
use crate::accounts::audit::{self, Action};
use crate::db::Tx;
use crate::ids::{DraftId, QueryId};
use crate::queries::model::QueryInput;
use crate::queries::store::{self, NewQuery};
use crate::web::components::Errors;
use crate::web::shell::Tone;
use crate::web::{self, Fields, Html, Person, Site, Visit};

/// Keeps a new query and leads to its page. Sent once more, from a page that the browser went back to, it changes the
/// query that it made.
pub(super) async fn create(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    fields: Fields,
) -> web::Result<Response> {
    let (what, written) = (What { query: None, ..What::sent(&fields) }, written(&fields));
    let mut errors = Errors::new();
    written.check(&mut errors);
    let mut tx = site.db.write(&person.scope()).await?;
    let draft = what.draft.parse::<DraftId>().ok();
    if let Some(draft) = &draft
        && let Some(query) = store::saved_from(&mut tx, &person.id, draft).await?
    {
        drop(tx);
        let what = What { query: Some(query.id.clone()), revision: 1, ..what };
        return change(&site, &person, &visit, what, &fields).await;
    }
    let placement = placing::placed(&mut tx, &person.id, &fields, None, &mut errors).await?;
    if !errors.is_empty() {
        keep_unsaved(&mut tx, &site, &person, &what, &written).await?;
        tx.commit().await?;
        return Ok(
            Html(page(&site, &person, &visit, what, written, errors).await?).unprocessable_by(|page| &page.errors)
        );
    }
    let now = site.clock.now();
    let id: QueryId = site.random.id(now);
    let new = NewQuery { id: &id, draft: draft.as_ref(), placement: &placement, written: &written };
    store::add(&mut tx, now, &person.id, &new).await?;
    drop_draft(&mut tx, &person, &what).await?;
    tx.commit().await?;
    saved(&visit, &written).await;
    Ok(Redirect::to(&format!("/queries/{id}")).into_response())
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

/// Keeps changes, unless the query was saved meanwhile: then both are shown.
pub(super) async fn save(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let what = What { query: Some(own(&id)?), ..What::sent(&fields) };
    change(&site, &person, &visit, what, &fields).await
}

/// Changes the query that `what` names by what a form says.
async fn change(site: &Site, person: &Person, visit: &Visit, what: What, fields: &Fields) -> web::Result<Response> {
    let written = written(fields);
    let mut errors = Errors::new();
    written.check(&mut errors);
    let id = what.query.clone().ok_or(web::Error::Missing)?;
    let mut tx = site.db.write(&person.scope()).await?;
    let query = for_change(&mut tx, &person.id, &id).await?;
    let placement = placing::placed(&mut tx, &person.id, fields, Some(&query), &mut errors).await?;
    if !errors.is_empty() {
        keep_unsaved(&mut tx, site, person, &what, &written).await?;
        tx.commit().await?;
        return Ok(Html(page(site, person, visit, what, written, errors).await?).unprocessable_by(|page| &page.errors));
    }
    if written == query.clone().into() && placement == query.placement {
        drop_draft(&mut tx, person, &what).await?;
        tx.commit().await?;
        visit.flash(Tone::Info, "Nothing changed, so no version was added.").await;
        return Ok(Redirect::to(&format!("/queries/{id}")).into_response());
    }
    let now = site.clock.now();
    if !store::change(&mut tx, &id, what.revision, now, &person.id, &placement, &written).await? {
        keep_unsaved(&mut tx, site, person, &what, &written).await?;
        tx.commit().await?;
        let theirs = Theirs::new(query, &written, &person.id);
        // OK to take the new revision along: saving again is then a decision over what is shown.
        let what = What { revision: theirs.query.revision, ..what };
        let mut page = page(site, person, visit, what, written, errors).await?;
        page.theirs = Some(theirs);
        return Ok((StatusCode::CONFLICT, Html(page)).into_response());
    }
    if placement.home != query.placement.home {
        let detail = json!({ "from": query.placement.home.value(), "to": placement.home.value() });
        let action = Action::QueryShared;
        audit::write(&mut tx, &site.random, now, Some(&person.id), action, id.as_str(), detail).await?;
    }
    drop_draft(&mut tx, person, &what).await?;
    tx.commit().await?;
    saved(visit, &written).await;
    Ok(Redirect::to(&format!("/queries/{id}")).into_response())
}

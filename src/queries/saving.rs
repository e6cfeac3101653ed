//! Creating, changing and deleting queries for programs, by the same rules as the editor's form.

use serde_json::json;

use super::model::QueryInput;
use super::pages::placing::{self, PlacementInput};
use super::pages::{bin, for_change, saving};
use super::store::{self, NewQuery};
use crate::accounts::audit::{self, Action};
use crate::db::{self, Tx};
use crate::ids::QueryId;
use crate::web::components::Errors;
use crate::web::{self, Person, Site};

/// The outcome of saving a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    Done,
    /// The query already has this content, so no version was added.
    Same,
    /// The query isn't at the given revision any more.
    Stale,
    /// What is wrong, by field.
    Invalid(Errors),
}

/// Stores a new query of this person.
pub async fn add(
    tx: &mut Tx,
    site: &Site,
    person: &Person,
    written: &QueryInput,
    place: PlacementInput<'_>,
) -> web::Result<Result<QueryId, Errors>> {
    let mut errors = Errors::new();
    written.check(&mut errors);
    let placement = placing::placed(tx, &person.id, place, None, &mut errors).await?;
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    let now = site.clock.now();
    let id: QueryId = site.random.id(now);
    store::add(tx, now, &person.id, &NewQuery { id: &id, draft: None, placement: &placement, written }).await?;
    note(tx, site, person, &id, "created").await?;
    Ok(Ok(id))
}

/// Changes a query that this person may change and that is at `revision`; `None` for any revision.
pub async fn change(
    tx: &mut Tx,
    site: &Site,
    person: &Person,
    (id, revision): (&QueryId, Option<i64>),
    written: &QueryInput,
    place: PlacementInput<'_>,
) -> web::Result<Saved> {
    let query = for_change(tx, &person.id, id).await?;
    if query.deleted_at.is_some() {
        let todo = "This query is deleted, so it can't be changed. Restore it first.";
        return Err(web::Error::conflict("This query is deleted", todo));
    }
    let revision = revision.unwrap_or(query.revision);
    if revision != query.revision {
        return Ok(Saved::Stale);
    }
    let mut errors = Errors::new();
    written.check(&mut errors);
    let placement = placing::placed(tx, &person.id, place, Some(&query), &mut errors).await?;
    if !errors.is_empty() {
        return Ok(Saved::Invalid(errors));
    }
    if *written == query.clone().into() && placement == query.placement {
        return Ok(Saved::Same);
    }
    let is_kept = saving::keep_change(tx, site, person, (&query, revision), &placement, written).await?;
    if !is_kept {
        return Ok(Saved::Stale);
    }
    note(tx, site, person, id, "changed").await?;
    Ok(Saved::Done)
}

/// Records what a program did with a query. A person's own changes are its versions.
pub async fn note(tx: &mut Tx, site: &Site, person: &Person, id: &QueryId, what: &str) -> db::Result<()> {
    let (now, detail) = (site.clock.now(), json!({ "change": what }));
    audit::write(tx, &site.random, now, Some(&person.id), Action::QueryWritten, id.as_str(), detail).await
}

/// Moves a query that this person may change to the bin, or restores it from there.
pub async fn set_deleted(tx: &mut Tx, site: &Site, person: &Person, id: &QueryId, deleted: bool) -> web::Result<()> {
    bin::binned(tx, site, person, id, deleted).await
}
